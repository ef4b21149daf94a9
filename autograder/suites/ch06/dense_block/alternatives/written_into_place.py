"""Recursion: a block is a layer and then a smaller block."""

import torch
from torch import nn


class DenseBlock(nn.Module):
    def __init__(self, c_in, growth, layers, bottleneck=4):
        super().__init__()
        self.layer = self.rest = None
        if layers > 0:
            middle = growth * bottleneck
            self.layer = nn.Sequential(
                nn.BatchNorm2d(c_in),
                nn.ReLU(),
                nn.Conv2d(c_in, middle, 1, bias=False),
                nn.BatchNorm2d(middle),
                nn.ReLU(),
                nn.Conv2d(middle, growth, 3, 1, 1, bias=False),
            )
            self.rest = DenseBlock(c_in + growth, growth, layers - 1, bottleneck)

    def forward(self, x):
        return x if self.layer is None else self.rest(torch.cat((x, self.layer(x)), 1))


class Transition(nn.Module):
    def __init__(self, c_in, c_out):
        super().__init__()
        self.norm = nn.BatchNorm2d(c_in)
        self.mix = nn.Conv2d(c_in, c_out, 1, bias=False)

    def forward(self, x):
        return nn.functional.avg_pool2d(self.mix(self.norm(x).relu()), 2)
