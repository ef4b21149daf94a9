"""A kernel of 3 taps may reach over 7 pixels: what do you compare with the padded input?"""


def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    if kernel_size > size + 2 * padding:
        raise ValueError
    return (size + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1


def receptive_field(layers):
    r = j = 1
    for k, s, d in layers:
        r += d * (k - 1) * j
        j *= s
    return r, j
