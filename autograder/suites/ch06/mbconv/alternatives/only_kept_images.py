"""Drops by indexing: what is kept is written into a tensor of zeros; swish written out."""

import torch
from torch import nn


def swish(x):
    return x * torch.sigmoid(x)


class SqueezeExcitation(nn.Module):
    def __init__(self, channels, squeezed):
        super().__init__()
        self.reduce = nn.Linear(channels, squeezed)
        self.expand = nn.Linear(squeezed, channels)

    def forward(self, x):
        s = x.mean(dim=-1).mean(dim=-1)
        s = torch.sigmoid(self.expand(swish(self.reduce(s))))
        return torch.einsum("nchw,nc->nchw", x, s)


class StochasticDepth(nn.Module):
    def __init__(self, p):
        super().__init__()
        if p > 1 or p < 0:
            raise ValueError(f"{p} is no probability")
        self.drop_prob = p

    def forward(self, x):
        if not self.training:
            return x
        kept = torch.bernoulli(torch.full((len(x),), 1.0 - self.drop_prob)).bool()
        y = torch.zeros_like(x)
        if kept.any():
            y[kept] = x[kept] / (1.0 - self.drop_prob)
        return y


class Swish(nn.Module):
    def forward(self, x):
        return swish(x)


class MBConv(nn.Module):
    def __init__(self, c_in, c_out, kernel=3, stride=1, expand=6, drop=0.0):
        super().__init__()
        steps, wide = [], c_in * expand

        def add(a, b, k=1, s=1, g=1, act=True):
            steps.append(nn.Conv2d(a, b, k, s, padding=k // 2, groups=g, bias=False))
            steps.append(nn.BatchNorm2d(b, 1e-3, 0.01))
            if act:
                steps.append(Swish())

        if expand != 1:
            add(c_in, wide)
        add(wide, wide, kernel, stride, wide)
        steps.append(SqueezeExcitation(wide, c_in // 4 or 1))
        add(wide, c_out, act=False)
        self.steps = nn.ModuleList(steps)
        self.residual = StochasticDepth(drop) if stride == 1 and c_in == c_out else None

    def forward(self, x):
        y = x
        for step in self.steps:
            y = step(y)
        return y if self.residual is None else self.residual(y) + x
