"""Networks that grow from the smallest size; dimension by unflatten; a count that recurses."""

import torch
from torch import nn


def transposed_size(n: int, kernel: int, stride: int, padding: int) -> int:
    if n == 1:
        return kernel - 2 * padding
    return transposed_size(n - 1, kernel, stride, padding) + stride


def _normal(module):
    for m in module.modules():
        if isinstance(m, nn.modules.conv._ConvNd):
            m.weight.data.normal_(0.0, 0.02)
        if isinstance(m, nn.BatchNorm2d):
            m.weight.data.normal_(1.0, 0.02)
            m.bias.data.fill_(0.0)


def _check(size):
    if size not in [2**k for k in range(3, 14)]:
        raise ValueError("8, 16, 32, ...")


def _grow(channels, size, latent):
    if size == 4:
        return [nn.ConvTranspose2d(latent, channels, 4, bias=False), nn.BatchNorm2d(channels), nn.ReLU()]
    deeper = _grow(2 * channels, size // 2, latent)
    up = nn.ConvTranspose2d(2 * channels, channels, 4, stride=2, padding=1, bias=False)
    return [*deeper, up, nn.BatchNorm2d(channels), nn.ReLU()]


class DCGANGenerator(nn.Sequential):
    def __init__(self, latent=100, width=64, channels=3, size=64):
        _check(size)
        last = nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1, bias=False)
        super().__init__(nn.Unflatten(1, (latent, 1, 1)), *_grow(width, size // 2, latent), last, nn.Tanh())
        _normal(self)


class DCGANDiscriminator(nn.Sequential):
    def __init__(self, width=64, channels=3, size=64):
        _check(size)
        layers, n = (
            [nn.Conv2d(channels, width, 4, stride=2, padding=1, bias=False), nn.LeakyReLU(0.2)],
            size // 2,
        )
        while n > 4:
            layers.append(nn.Conv2d(width, 2 * width, 4, stride=2, padding=1, bias=False))
            layers += [nn.BatchNorm2d(2 * width), nn.LeakyReLU(negative_slope=0.2)]
            width, n = 2 * width, n // 2
        super().__init__(*layers, nn.Conv2d(width, 1, 4, bias=False), nn.Flatten(0))
        _normal(self)


def generator_parameters(latent=100, width=64, channels=3, size=64):
    def grown(w, n):
        if n == 4:
            return 16 * latent * w + 2 * w
        return grown(2 * w, n // 2) + 16 * 2 * w * w + 2 * w

    return grown(width, size // 2) + 16 * width * channels
