"""Runs over the taps of the window: a running maximum, a running sum, and a mask of windows already served."""

import torch
import torch.nn.functional as F


def both(value):
    return (value, value) if isinstance(value, int) else value


def shifted(x, kernel, stride):
    """One strided view per tap, in row-major order."""
    oh = (x.shape[2] - kernel[0]) // stride[0] + 1
    ow = (x.shape[3] - kernel[1]) // stride[1] + 1
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            rows = slice(i, i + (oh - 1) * stride[0] + 1, stride[0])
            columns = slice(j, j + (ow - 1) * stride[1] + 1, stride[1])
            yield (..., rows, columns), x[:, :, rows, columns]


def max_pool2d(x, kernel_size, stride=None, padding=0):
    kernel, (ph, pw) = both(kernel_size), both(padding)
    x = F.pad(x, (pw, pw, ph, ph), value=-torch.inf)
    largest = None
    for _, tap in shifted(x, kernel, both(stride or kernel)):
        largest = tap if largest is None else torch.maximum(largest, tap)
    return largest.clone()


def avg_pool2d(x, kernel_size, stride=None, padding=0):
    kernel, (ph, pw) = both(kernel_size), both(padding)
    x = F.pad(x, (pw, pw, ph, ph))
    return sum(tap for _, tap in shifted(x, kernel, both(stride or kernel))) / (kernel[0] * kernel[1])


def global_avg_pool2d(x):
    return torch.einsum("nchw->nc", x) / (x.size(2) * x.size(3))


def max_pool2d_backward(grad_output, x, kernel_size, stride=None):
    kernel = both(kernel_size)
    stride = both(stride or kernel)
    largest = max_pool2d(x, kernel, stride)
    waiting = torch.ones_like(largest, dtype=torch.bool)
    grad_x = torch.zeros_like(x, memory_format=torch.contiguous_format)
    for place, tap in shifted(x, kernel, stride):
        wins = waiting & (tap == largest)
        grad_x[place] += torch.where(wins, grad_output, 0)
        waiting &= ~wins
    return grad_x
