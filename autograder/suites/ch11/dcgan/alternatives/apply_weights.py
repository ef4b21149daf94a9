"""As public code writes it: blocks by a function, weights by apply; widths as a list."""

import torch
from torch import nn


def transposed_size(n, kernel, stride, padding):
    return stride * (n - 1) + kernel - 2 * padding


def _widths(width, size):
    if size < 8 or size & (size - 1):
        raise ValueError("size must be a power of two, 8 at least")
    widths = [width]
    while 8 * widths[-1] < width * size:
        widths.append(2 * widths[-1])
    return widths


def weights_init(m):
    classname = m.__class__.__name__
    if classname.find("Conv") != -1:
        nn.init.normal_(m.weight.data, 0.0, 0.02)
    elif classname.find("BatchNorm") != -1:
        nn.init.normal_(m.weight.data, 1.0, 0.02)
        nn.init.constant_(m.bias.data, 0)


class DCGANGenerator(nn.Module):
    def __init__(self, latent=100, width=64, channels=3, size=64):
        super().__init__()
        widths, modules = _widths(width, size)[::-1], []
        for i, (a, b) in enumerate(zip([latent, *widths[:-1]], widths, strict=True)):
            stride, padding = (1, 0) if i == 0 else (2, 1)
            modules += [
                nn.ConvTranspose2d(a, b, 4, stride, padding, bias=False),
                nn.BatchNorm2d(b),
                nn.ReLU(True),
            ]
        self.main = nn.Sequential(
            *modules, nn.ConvTranspose2d(widths[-1], channels, 4, 2, 1, bias=False), nn.Tanh()
        )
        self.apply(weights_init)

    def forward(self, z):
        return self.main(z.view(z.shape[0], -1, 1, 1) if z.is_contiguous() else z.unsqueeze(-1).unsqueeze(-1))


class DCGANDiscriminator(nn.Module):
    def __init__(self, width=64, channels=3, size=64):
        super().__init__()
        widths = _widths(width, size)
        modules = [nn.Conv2d(channels, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, inplace=True)]
        for a, b in zip(widths, widths[1:], strict=False):
            modules += [
                nn.Conv2d(a, b, 4, 2, 1, bias=False),
                nn.BatchNorm2d(b),
                nn.LeakyReLU(0.2, inplace=True),
            ]
        self.main = nn.Sequential(*modules, nn.Conv2d(widths[-1], 1, 4, 1, 0, bias=False))
        self.apply(weights_init)

    def forward(self, x):
        return self.main(x).view(-1)


def generator_parameters(latent=100, width=64, channels=3, size=64):
    widths = _widths(width, size)[::-1]
    return (
        sum(16 * a * b + 2 * b for a, b in zip([latent, *widths], widths, strict=False))
        + 16 * widths[-1] * channels
    )
