"""Strided convolutions down, transposed ones up, a bare parameter for the labels."""

import torch
import torch.nn.functional as F
from torch import nn


class UNet(nn.Module):
    def __init__(self, in_channels=1, base_channels=16, num_classes=None):
        super().__init__()
        c, d = base_channels, 32
        self.null = num_classes
        self.time = nn.Linear(TIME_FEATURES, d)
        if num_classes is not None:
            self.classes = nn.Parameter(torch.randn(num_classes + 1, d))
        self.inp = nn.Conv2d(in_channels, c, 3, padding=1)
        self.d1, self.d2, self.mid = (
            ResidualBlock(c, c, d),
            ResidualBlock(2 * c, 2 * c, d),
            ResidualBlock(4 * c, 4 * c, d),
        )
        self.halve = nn.Conv2d(c, 2 * c, 4, stride=2, padding=1)
        self.quarter = nn.Conv2d(2 * c, 4 * c, 4, stride=2, padding=1)
        self.back2 = nn.ConvTranspose2d(4 * c, 2 * c, 2, stride=2)
        self.back1 = nn.ConvTranspose2d(2 * c, c, 2, stride=2)
        self.u2, self.u1 = ResidualBlock(4 * c, 2 * c, d), ResidualBlock(2 * c, c, d)
        self.out = nn.Conv2d(c, in_channels, 3, padding=1)

    def forward(self, x, t, y=None):
        e = F.silu(self.time(time_features(t)))
        if self.null is not None:
            e = e + (self.classes[y] if y is not None else self.classes[self.null].expand(len(x), -1))
        a = self.d1(self.inp(x), e)
        b = self.d2(self.halve(a), e)
        m = self.mid(self.quarter(b), e)
        u = self.u2(torch.cat((b, self.back2(m)), dim=1), e)
        u = self.u1(torch.cat((a, self.back1(u)), dim=1), e)
        return self.out(u)
