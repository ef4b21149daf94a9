"""Recurses from the last layer down; the number of places as the largest n whose windows fit."""

import math


def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    free = size + 2 * padding - dilation * (kernel_size - 1) - 1
    if free < 0:
        raise ValueError(f"{size} pixels with padding {padding} are too few")
    return math.floor(free / stride + 1)


def receptive_field(layers):
    if not layers:
        return 1, 1
    *below, (kernel_size, stride, dilation) = layers
    field, jump = receptive_field(below)
    return field + (kernel_size - 1) * dilation * jump, jump * stride
