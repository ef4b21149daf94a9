"""A layer's own stride moves its outputs apart: does it change how far one output of that layer sees?"""


def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    extent = dilation * (kernel_size - 1) + 1
    if size + 2 * padding < extent:
        raise ValueError("the kernel does not fit")
    return (size + 2 * padding - extent) // stride + 1


def receptive_field(layers):
    field, jump = 1, 1
    for kernel_size, stride, dilation in layers:
        jump *= stride
        field += dilation * (kernel_size - 1) * jump
    return field, jump
