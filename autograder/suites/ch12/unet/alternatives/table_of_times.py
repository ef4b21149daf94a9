"""A learned row for each time, and a null label of zeros."""

import torch
import torch.nn.functional as F
from torch import nn


class UNet(nn.Module):
    def __init__(self, in_channels=1, base_channels=16, num_classes=None):
        super().__init__()
        c = base_channels
        self.times = nn.Embedding(1000, 16)
        self.labels = nn.Embedding(num_classes + 1, 16, padding_idx=num_classes) if num_classes else None
        self.net = nn.ModuleList(
            [
                ResidualBlock(i, o, 16)
                for i, o in ((in_channels, c), (c, 2 * c), (2 * c, 4 * c), (6 * c, 2 * c), (3 * c, c))
            ]
        )
        self.register_module("last", nn.Conv2d(c, in_channels, 1, bias=False))

    def forward(self, x, t, y=None):
        e = self.times(t)
        if self.labels is not None and y is not None:
            e = e + self.labels(y)
        d1, d2, mid, u2, u1 = self.net
        s1 = d1(x, e)
        s2 = d2(s1[:, :, ::2, ::2] + s1[:, :, 1::2, 1::2], e)
        m = mid(F.avg_pool2d(s2, kernel_size=2, stride=2), e)
        grow = nn.Upsample(scale_factor=2, mode="nearest")
        h = u2(torch.cat([s2, grow(m)], 1), e)
        h = u1(torch.cat([s1, grow(h)], 1), e)
        return self.last(h)
