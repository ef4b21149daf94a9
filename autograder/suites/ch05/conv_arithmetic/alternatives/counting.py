"""Counts the places one by one, and follows the outermost taps down to the input."""


def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    last_start = size + padding - 1 - dilation * (kernel_size - 1)
    places = len(range(-padding, last_start + 1, stride))
    if places == 0:
        raise ValueError("the kernel does not fit")
    return places


def receptive_field(layers):
    def pixels(position):
        lowest = highest = position
        for kernel_size, stride, dilation in reversed(layers):
            lowest, highest = lowest * stride, highest * stride + (kernel_size - 1) * dilation
        return lowest, highest

    (low, high), (next_low, _) = pixels(0), pixels(1)
    return high - low + 1, next_low - low
