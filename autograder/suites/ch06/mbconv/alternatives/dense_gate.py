"""The gate by dense layers; dropped images are masked by torch.where."""

import torch
import torch.nn.functional as F
from torch import nn


class SqueezeExcitation(nn.Module):
    def __init__(self, channels, squeezed):
        super().__init__()
        self.fc = nn.Sequential(
            nn.Linear(channels, squeezed), nn.SiLU(), nn.Linear(squeezed, channels), nn.Sigmoid()
        )

    def forward(self, x):
        n, c, _, _ = x.size()
        return x * self.fc(x.view(n, c, -1).mean(-1) if x.is_contiguous() else x.flatten(2).mean(2)).view(
            n, c, 1, 1
        )


class StochasticDepth(nn.Module):
    def __init__(self, p):
        super().__init__()
        if not (p >= 0 and p <= 1):
            raise ValueError("p")
        self.keep = 1 - p

    def extra_repr(self):
        return f"keep={self.keep}"

    def forward(self, x):
        if self.training and self.keep < 1:
            dropped = (
                torch.rand(x.shape[0]) > self.keep
                if self.keep > 0
                else torch.ones(x.shape[0], dtype=torch.bool)
            )
            scaled = x / self.keep if self.keep > 0 else x
            return torch.where(dropped[:, None, None, None], torch.zeros_like(x), scaled)
        return x


class MBConv(nn.Module):
    def __init__(self, c_in, c_out, kernel=3, stride=1, expand=6, drop=0.0):
        super().__init__()
        e, bn = c_in * expand, {"eps": 1e-3, "momentum": 1e-2}
        self.expand_conv = nn.Conv2d(c_in, e, 1, bias=False) if expand > 1 else None
        self.bn0 = nn.BatchNorm2d(e, **bn) if expand > 1 else None
        self.depthwise = nn.Conv2d(e, e, kernel, stride, padding=kernel // 2, groups=e, bias=False)
        self.bn1 = nn.BatchNorm2d(e, **bn)
        self.gate = SqueezeExcitation(e, max(1, int(c_in * 0.25)))
        self.project = nn.Conv2d(e, c_out, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(c_out, **bn)
        self.path = StochasticDepth(drop)
        self.skip = (stride, c_in) == (1, c_out)

    def forward(self, x):
        y = x
        if self.expand_conv is not None:
            y = F.silu(self.bn0(self.expand_conv(y)))
        y = F.silu(self.bn1(self.depthwise(y)))
        y = self.bn2(self.project(self.gate(y)))
        return x + self.path(y) if self.skip else y
