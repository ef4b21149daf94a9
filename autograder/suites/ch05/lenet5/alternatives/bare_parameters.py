"""Bare parameters and functional calls; average pooling as a mean over reshaped 2x2 blocks."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class LeNet5(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()

        def layer(*shape):
            bound = 1 / math.sqrt(math.prod(shape[1:]))
            weight = nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
            return nn.ParameterList([weight, nn.Parameter(torch.empty(shape[0]).uniform_(-bound, bound))])

        shapes = [(6, 1, 5, 5), (16, 6, 5, 5), (120, 16, 5, 5), (84, 120), (num_classes, 84)]
        self.layers = nn.ModuleList([layer(*shape) for shape in shapes])

    @staticmethod
    def halve(x):
        n, c, h, w = x.shape
        return x.reshape(n, c, h // 2, 2, w // 2, 2).mean(dim=(3, 5))

    def stages(self, x):
        (w1, b1), (w3, b3), (w5, b5), (w6, b6), (w7, b7) = self.layers
        c1 = torch.tanh(F.conv2d(x, w1, b1))
        s2 = self.halve(c1)
        c3 = torch.tanh(F.conv2d(s2, w3, b3))
        s4 = self.halve(c3)
        c5 = torch.tanh(F.conv2d(s4, w5, b5))[:, :, 0, 0]
        f6 = torch.tanh(F.linear(c5, w6, b6))
        return {"c1": c1, "s2": s2, "c3": c3, "s4": s4, "c5": c5, "f6": f6, "output": F.linear(f6, w7, b7)}

    def forward(self, x):
        return self.stages(x)["output"]
