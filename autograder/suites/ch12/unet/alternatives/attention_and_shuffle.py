"""Resolution folded into channels and back, skips added, attention at the coarsest level, labels as one-hot rows."""

import torch
import torch.nn.functional as F
from torch import nn


class UNet(nn.Module):
    def __init__(self, in_channels=1, base_channels=16, num_classes=None):
        super().__init__()
        c, d = base_channels, 40
        self.null_label = num_classes
        self.time = nn.Sequential(nn.Linear(TIME_FEATURES, d), nn.Tanh())
        if num_classes is not None:
            self.label = nn.Linear(num_classes + 1, d, bias=False)
        self.enter = nn.Conv2d(in_channels, c, 3, padding=1)
        self.a, self.b = ResidualBlock(c, c, d), ResidualBlock(2 * c, 2 * c, d)
        self.m, self.m2 = ResidualBlock(4 * c, 4 * c, d), ResidualBlock(4 * c, 4 * c, d)
        self.to_b, self.to_m = nn.Conv2d(4 * c, 2 * c, 1), nn.Conv2d(8 * c, 4 * c, 1)
        self.from_m, self.from_b = nn.Conv2d(4 * c, 8 * c, 1), nn.Conv2d(2 * c, 4 * c, 1)
        self.attend = nn.MultiheadAttention(4 * c, 2, batch_first=True)
        self.ub, self.ua = ResidualBlock(2 * c, 2 * c, d), ResidualBlock(c, c, d)
        self.leave = nn.Conv2d(c, in_channels, 3, padding=1)

    def forward(self, x, t, y=None):
        e = self.time(time_features(t))
        if self.null_label is not None:
            if y is None:
                y = torch.tensor([self.null_label] * x.shape[0])
            e = e + self.label(F.one_hot(y, self.null_label + 1).float())
        a = self.a(self.enter(x), e)
        b = self.b(self.to_b(F.pixel_unshuffle(a, 2)), e)
        m = self.m(self.to_m(F.pixel_unshuffle(b, 2)), e)
        n, c, h, w = m.shape
        flat = m.flatten(2).transpose(1, 2)
        flat = flat + self.attend(flat, flat, flat, need_weights=False)[0]
        m = self.m2(flat.transpose(1, 2).reshape(n, c, h, w), e)
        u = self.ub(b + F.pixel_shuffle(self.from_m(m), 2), e)
        u = self.ua(a + F.pixel_shuffle(self.from_b(u), 2), e)
        return self.leave(u)
