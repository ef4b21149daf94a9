"""Skips are added, not concatenated; strided convolutions go down, transposed ones up; zero at first."""

import math

import torch
from torch import nn
from torch.nn import functional


class UNet(nn.Module):
    def __init__(self, in_channels=1, base_channels=16, num_classes=None):
        super().__init__()
        c, self.null = base_channels, num_classes
        self.enter = nn.Conv2d(in_channels, c, 3, padding=1)
        self.down1, self.down2 = nn.Conv2d(c, 2 * c, 4, 2, 1), nn.Conv2d(2 * c, 4 * c, 4, 2, 1)
        self.middle = nn.Conv2d(4 * c, 4 * c, 3, padding=1)
        self.up2, self.up1 = nn.ConvTranspose2d(4 * c, 2 * c, 2, 2), nn.ConvTranspose2d(2 * c, c, 2, 2)
        self.mix = nn.Conv2d(c, c, 3, padding=1)
        self.leave = nn.Conv2d(c, in_channels, 3, padding=1)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)
        self.time = nn.Linear(32, 4 * c)
        if num_classes is not None:
            self.names = nn.Embedding(num_classes + 1, 4 * c)

    def forward(self, x, t, y=None):
        wave = t.float()[:, None] * torch.exp(-math.log(1e3) * torch.arange(16) / 16)
        told = self.time(torch.cat([wave.sin(), wave.cos()], 1))
        if self.null is not None:
            told = told + self.names(torch.full_like(t, self.null) if y is None else y)
        fine = functional.silu(self.enter(x))
        half = functional.silu(self.down1(fine))
        h = functional.silu(self.down2(half) + told[..., None, None])
        h = functional.silu(self.middle(h))
        h = functional.silu(self.up2(h) + half)
        h = functional.silu(self.mix(self.up1(h) + fine))
        return self.leave(h)
