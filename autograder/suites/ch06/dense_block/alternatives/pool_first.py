"""The transition averages before its convolution, which is the same for a 1x1, at a quarter of the work."""

import torch
import torch.nn.functional as F
from torch import nn


class DenseBlock(nn.Module):
    def __init__(self, c_in, growth, layers, bottleneck=4):
        super().__init__()
        parts = []
        channels = c_in
        for _ in range(layers):
            parts.append(nn.BatchNorm2d(channels))
            parts.append(nn.Conv2d(channels, bottleneck * growth, (1, 1), bias=False))
            parts.append(nn.BatchNorm2d(bottleneck * growth))
            parts.append(nn.Conv2d(bottleneck * growth, growth, (3, 3), padding="same", bias=False))
            channels += growth
        self.parts = nn.ModuleList(parts)

    def forward(self, x):
        for i in range(0, len(self.parts), 4):
            norm1, conv1, norm2, conv2 = self.parts[i : i + 4]
            new = conv2(F.relu(norm2(conv1(F.relu(norm1(x))))))
            x = torch.concat([x, new], dim=-3)
        return x


class Transition(nn.Module):
    def __init__(self, c_in, c_out):
        super().__init__()
        self.norm, self.conv = nn.BatchNorm2d(c_in), nn.Conv2d(c_in, c_out, 1, bias=False)
        self.pool = nn.AvgPool2d(2)

    def forward(self, x):
        return self.conv(self.pool(F.relu(self.norm(x))))
