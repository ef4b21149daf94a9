"""The size is the length of a range of starts; the field grows from the last layer down to the input."""

import math


def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    reach = dilation * (kernel_size - 1) + 1
    starts = range(-padding, size + padding - reach + 1, stride)
    if not starts:
        raise ValueError("kernel does not fit")
    return len(starts)


def receptive_field(layers):
    field = 1
    for k, s, d in reversed(layers):
        field = (field - 1) * s + d * (k - 1) + 1
    return field, math.prod(s for _, s, _ in layers)
