"""Two kernels of 3 on top of each other see 5 pixels, not 6: what does each further layer add?"""


def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    extent = dilation * (kernel_size - 1) + 1
    if size + 2 * padding < extent:
        raise ValueError("the kernel does not fit")
    return (size + 2 * padding - extent) // stride + 1


def receptive_field(layers):
    field, jump = 0, 1
    for kernel_size, stride, dilation in layers:
        field += (dilation * (kernel_size - 1) + 1) * jump
        jump *= stride
    return field, jump
