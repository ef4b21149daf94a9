"""divmod for the free places; a dataclass that each layer widens."""

from dataclasses import dataclass


@dataclass
class Axis:
    field: int = 1
    jump: int = 1

    def add(self, kernel, stride, dilation):
        self.field += (kernel - 1) * dilation * self.jump
        self.jump *= stride
        return self


def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    """places"""
    free, _ = divmod(size + padding + padding - (kernel_size + (kernel_size - 1) * (dilation - 1)), stride)
    if free < 0:
        raise ValueError("does not fit")
    return 1 + free


def receptive_field(layers):
    axis = Axis()
    for layer in layers:
        axis.add(*layer)
    return axis.field, axis.jump
