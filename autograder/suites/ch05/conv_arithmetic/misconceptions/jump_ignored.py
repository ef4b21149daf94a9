"""A pixel of the second layer's input stands for how many pixels of the image after a stride of 2?"""


def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    extent = dilation * (kernel_size - 1) + 1
    if size + 2 * padding < extent:
        raise ValueError("the kernel does not fit")
    return (size + 2 * padding - extent) // stride + 1


def receptive_field(layers):
    field, jump = 1, 1
    for kernel_size, stride, dilation in layers:
        field += dilation * (kernel_size - 1)
        jump *= stride
    return field, jump
