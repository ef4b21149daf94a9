"""Sine features of the time; blocks that normalise first, then scale and shift by the condition."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class _Block(nn.Module):
    def __init__(self, cin, cout, d):
        super().__init__()
        self.norm1 = nn.GroupNorm(1, cin)
        self.conv1 = nn.Conv2d(cin, cout, 3, padding="same", padding_mode="replicate")
        self.film = nn.Linear(d, 2 * cout)
        self.norm2 = nn.GroupNorm(min(8, cout), cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, padding="same", padding_mode="replicate")
        self.short = nn.Identity() if cin == cout else nn.Conv2d(cin, cout, 1, bias=False)

    def forward(self, x, e):
        h = self.conv1(F.gelu(self.norm1(x)))
        scale, shift = self.film(e)[:, :, None, None].chunk(2, 1)
        h = self.norm2(h) * (1 + scale) + shift
        return self.short(x) + self.conv2(F.gelu(h))


class UNet(nn.Module):
    def __init__(self, in_channels=1, base_channels=16, num_classes=None):
        super().__init__()
        c, d = base_channels, 64
        self.K = num_classes
        self.embed = nn.Sequential(nn.Linear(32, d), nn.GELU(), nn.Linear(d, d))
        if num_classes is not None:
            self.label = nn.Embedding(num_classes + 1, d)
        self.inp = nn.Conv2d(in_channels, c, 3, padding=1)
        self.blocks = nn.ModuleDict(
            {
                "a": _Block(c, c, d),
                "b": _Block(c, 2 * c, d),
                "m1": _Block(2 * c, 4 * c, d),
                "m2": _Block(4 * c, 4 * c, d),
                "ub": _Block(6 * c, 2 * c, d),
                "ua": _Block(3 * c, c, d),
            }
        )
        self.out = nn.Sequential(nn.GroupNorm(1, c), nn.SiLU(), nn.Conv2d(c, in_channels, 3, padding=1))

    def forward(self, x, t, y=None):
        angle = t.float()[:, None] * torch.exp(-math.log(1000.0) * torch.arange(16) / 16)
        e = self.embed(torch.cat([angle.sin(), angle.cos()], 1))
        if self.K is not None:
            e = e + self.label(torch.full((x.size(0),), self.K, dtype=torch.long) if y is None else y)
        k = self.blocks
        a = k["a"](self.inp(x), e)
        b = k["b"](F.max_pool2d(a, 2), e)
        m = k["m2"](k["m1"](F.max_pool2d(b, 2), e), e)
        up = F.interpolate(m, size=b.shape[-2:], mode="bilinear", align_corners=False)
        up = k["ub"](torch.cat([up, b], 1), e)
        up = F.interpolate(up, size=a.shape[-2:], mode="bilinear", align_corners=False)
        return self.out(k["ua"](torch.cat([up, a], 1), e))
