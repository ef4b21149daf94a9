"""Padding (k - 1) // 2 keeps the size for odd kernels: does it for a kernel of 4?"""


def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    if dilation * (kernel_size - 1) + 1 > size + 2 * padding:
        raise ValueError
    if padding and padding == (kernel_size - 1) // 2 and dilation == 1:
        return -(-size // stride)
    return (size + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1


def receptive_field(layers):
    r = j = 1
    for k, s, d in layers:
        r += d * (k - 1) * j
        j *= s
    return r, j
