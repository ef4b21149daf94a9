"""Batch normalisation and rectifiers, features repeated for the way up."""

import torch
import torch.nn.functional as F
from torch import nn


class _B(nn.Module):
    def __init__(self, i, o, d):
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(i, o, 3, 1, 1), nn.Conv2d(o, o, 3, 1, 1)
        self.b1 = nn.BatchNorm2d(o)
        self.t = nn.Linear(d, o)

    def forward(self, x, e):
        h = F.relu(self.b1(self.c1(x)))
        return F.leaky_relu(self.c2(h + self.t(e)[:, :, None, None]), 0.1)


class UNet(nn.Module):
    def __init__(self, in_channels=1, base_channels=16, num_classes=None):
        super().__init__()
        widths = [base_channels, 2 * base_channels, 4 * base_channels]
        d = 24
        self.num_classes = num_classes
        self.time = nn.Sequential(nn.Linear(TIME_FEATURES, d), nn.ReLU(), nn.Linear(d, d))
        self.label = nn.Embedding(num_classes + 1, d) if num_classes is not None else None
        self.down = nn.ModuleList([_B(in_channels, widths[0], d), _B(widths[0], widths[1], d)])
        self.mid = _B(widths[1], widths[2], d)
        self.up = nn.ModuleList(
            [_B(widths[2] + widths[1], widths[1], d), _B(widths[1] + widths[0], widths[0], d)]
        )
        self.out = nn.Conv2d(widths[0], in_channels, 1)

    def forward(self, x, t, y=None):
        e = self.time(time_features(t))
        if self.label is not None:
            y = t.new_full(t.shape, self.num_classes) if y is None else y
            e = e + self.label(y)
        kept = []
        for block in self.down:
            x = block(x, e)
            kept.append(x)
            x = F.avg_pool2d(x, 2)
        x = self.mid(x, e)
        for block in self.up:
            x = block(torch.cat([x.repeat_interleave(2, 2).repeat_interleave(2, 3), kept.pop()], 1), e)
        return self.out(x)
