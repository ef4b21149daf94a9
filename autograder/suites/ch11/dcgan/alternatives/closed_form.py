"""A count in closed form; layers kept in module lists and run by a loop."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def _middle(size):
    m = round(math.log2(size / 4)) if size >= 8 else 0
    if m < 1 or 4 * 2**m != size:
        raise ValueError(f"there is no table for {size}")
    return m


def _started(layer):
    with torch.no_grad():
        layer.weight.copy_(torch.randn(layer.weight.shape) * 0.02 + (layer.weight.dim() == 1))
    return layer


def transposed_size(n, kernel, stride, padding):
    last = (n - 1) * stride + kernel - 1
    return last + 1 - padding - padding


class DCGANGenerator(nn.Module):
    def __init__(self, latent=100, width=64, channels=3, size=64):
        super().__init__()
        m = _middle(size)
        self.steps = nn.ModuleList()
        now = latent
        for i in range(m - 1, -1, -1):
            stride, padding = (1, 0) if i == m - 1 else (2, 1)
            self.steps.append(_started(nn.ConvTranspose2d(now, width * 2**i, 4, stride, padding, bias=False)))
            now = width * 2**i
            self.steps.append(_started(nn.BatchNorm2d(now)))
        self.last = _started(nn.ConvTranspose2d(now, channels, 4, 2, 1, bias=False))

    def forward(self, z):
        x = z[..., None, None]
        for i in range(0, len(self.steps), 2):
            x = F.relu(self.steps[i + 1](self.steps[i](x)))
        return torch.tanh(self.last(x))


class DCGANDiscriminator(nn.Module):
    def __init__(self, width=64, channels=3, size=64):
        super().__init__()
        self.first = _started(nn.Conv2d(channels, width, 4, 2, 1, bias=False))
        self.steps = nn.ModuleList()
        for i in range(_middle(size) - 1):
            self.steps.append(_started(nn.Conv2d(width * 2**i, width * 2 ** (i + 1), 4, 2, 1, bias=False)))
            self.steps.append(_started(nn.BatchNorm2d(width * 2 ** (i + 1))))
        self.last = _started(nn.Conv2d(width * 2 ** (_middle(size) - 1), 1, 4, bias=False))

    def forward(self, x):
        x = F.leaky_relu(self.first(x), 0.2)
        for i in range(0, len(self.steps), 2):
            x = F.leaky_relu(self.steps[i + 1](self.steps[i](x)), 0.2)
        return self.last(x)[:, 0, 0, 0]


def generator_parameters(latent=100, width=64, channels=3, size=64):
    top = size // 8  # channels of the first map, in widths
    # 16 w^2 (2 + 8 + 32 + ...) for the middle layers, 2 w (1 + 2 + 4 + ...) for batch norm.
    middle = 16 * width**2 * 2 * (top**2 - 1) // 3
    return 16 * latent * width * top + middle + 16 * width * channels + 2 * width * (2 * top - 1)
