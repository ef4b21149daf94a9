"""Two levels of two-convolution blocks, the time added after the first convolution, skips joined by channels."""

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self, inputs, outputs, width):
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.condition = nn.Linear(width, outputs)

    def forward(self, x, condition):
        h = self.first(x) + self.condition(condition)[:, :, None, None]
        return F.silu(self.second(F.silu(h)))


class UNet(nn.Module):
    def __init__(self, in_channels=1, base_channels=16, num_classes=None):
        super().__init__()
        c, width = base_channels, 4 * base_channels
        self.num_classes = num_classes
        self.time = nn.Sequential(nn.Linear(16, width), nn.SiLU())
        if num_classes is not None:
            self.label = nn.Embedding(num_classes + 1, width)
        self.down = nn.ModuleList([Block(in_channels, c, width), Block(c, 2 * c, width)])
        self.middle = Block(2 * c, 4 * c, width)
        self.up = nn.ModuleList([Block(6 * c, 2 * c, width), Block(3 * c, c, width)])
        self.out = nn.Conv2d(c, in_channels, 1)

    def forward(self, x, t, y=None):
        angle = t[:, None].float() * 0.3 ** torch.arange(8)
        condition = self.time(torch.cat([angle.sin(), angle.cos()], dim=1))
        if self.num_classes is not None:
            if y is None:
                y = torch.full_like(t, self.num_classes)
            condition = condition + self.label(y)
        skips, h = [], x
        for block in self.down:
            h = block(h, condition)
            skips.append(h)
            h = F.max_pool2d(h, 2)
        h = self.middle(h, condition)
        for block in self.up:
            h = F.interpolate(h, scale_factor=2)
            h = block(torch.cat([h, skips.pop()], dim=1), condition)
        return self.out(h)
