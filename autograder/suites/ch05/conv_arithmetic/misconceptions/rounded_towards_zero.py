"""int() of a negative fraction rounds towards zero, // rounds down: what comes out for a kernel one pixel too large?"""


def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    out = int((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1
    if out <= 0:
        raise ValueError
    return out


def receptive_field(layers):
    r = j = 1
    for k, s, d in layers:
        r += d * (k - 1) * j
        j *= s
    return r, j
