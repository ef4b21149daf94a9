"""How many outputs has a kernel that does not fit anywhere? What should the caller learn?"""


def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    extent = dilation * (kernel_size - 1) + 1
    if size + 2 * padding < extent:
        return 0
    return (size + 2 * padding - extent) // stride + 1


def receptive_field(layers):
    field, jump = 1, 1
    for kernel_size, stride, dilation in layers:
        field += dilation * (kernel_size - 1) * jump
        jump *= stride
    return field, jump
