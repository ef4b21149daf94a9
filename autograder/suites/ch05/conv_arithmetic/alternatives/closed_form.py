"""Products of strides by math.prod, the field as one sum; the size by ceiling division of the free starts."""

import math


def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    starts = size + 2 * padding - dilation * (kernel_size - 1)
    if starts <= 0:
        raise ValueError("kernel larger than input")
    return -(-starts // stride)


def receptive_field(layers):
    strides = [stride for _, stride, _ in layers]
    field = 1 + sum(d * (k - 1) * math.prod(strides[:i]) for i, (k, _, d) in enumerate(layers))
    return field, math.prod(strides)
