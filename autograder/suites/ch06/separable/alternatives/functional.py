"""Activations and pooling from torch.nn.functional; the chain is a loop over units."""

import torch.nn.functional as F
from torch import nn


class SeparableConv(nn.Sequential):
    def __init__(self, c_in, c_out, kernel=3, stride=1, padding=1):
        super().__init__(
            nn.Conv2d(c_in, c_in, kernel, stride, padding, groups=c_in, bias=False),
            nn.Conv2d(c_in, c_out, 1, bias=False),
        )


class XceptionModule(nn.Module):
    def __init__(self, c_in, c_out, units, stride=1, relu_first=True, widen_first=True):
        super().__init__()
        self.stride, self.relu_first = stride, relu_first
        self.units = nn.ModuleList()
        for i in range(units):
            first, last = i == 0, i == units - 1
            a = c_in if first or not widen_first else c_out
            b = c_out if widen_first or last else c_in
            self.units.append(nn.ModuleList([SeparableConv(a, b), nn.BatchNorm2d(b)]))
        self.projection = None
        if (stride, c_in) != (1, c_out):
            self.projection = nn.Sequential(
                nn.Conv2d(c_in, c_out, 1, stride, bias=False), nn.BatchNorm2d(c_out)
            )

    def forward(self, x):
        y = x
        for i, (conv, norm) in enumerate(self.units):
            y = norm(conv(y if i == 0 and not self.relu_first else F.relu(y)))
        if self.stride > 1:
            y = F.max_pool2d(y, 3, stride=self.stride, padding=1)
        return y + (self.projection(x) if self.projection else x)


class InvertedResidual(nn.Module):
    def __init__(self, c_in, c_out, stride=1, expand=6):
        super().__init__()
        e = c_in * expand
        if expand > 1:
            self.widen, self.norm1 = nn.Conv2d(c_in, e, 1, bias=False), nn.BatchNorm2d(e)
        self.look, self.norm2 = nn.Conv2d(e, e, 3, stride, 1, groups=e, bias=False), nn.BatchNorm2d(e)
        self.narrow, self.norm3 = nn.Conv2d(e, c_out, 1, bias=False), nn.BatchNorm2d(c_out)
        self.keep = stride == 1 and c_in == c_out
        self.expand = expand

    def forward(self, x):
        h = F.hardtanh(self.norm1(self.widen(x)), 0.0, 6.0) if self.expand > 1 else x
        h = F.relu6(self.norm2(self.look(h)))
        h = self.norm3(self.narrow(h))
        return h + x if self.keep else h
