"""How many pixels does a kernel of 3 taps reach across when its taps stand 2 apart?"""


def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    extent = kernel_size
    if size + 2 * padding < extent:
        raise ValueError("the kernel does not fit")
    return (size + 2 * padding - extent) // stride + 1


def receptive_field(layers):
    field, jump = 1, 1
    for kernel_size, stride, dilation in layers:
        field += dilation * (kernel_size - 1) * jump
        jump *= stride
    return field, jump
