"""A common base: subclasses give the branch, the base adds the shortcut."""

import torch
import torch.nn.functional as F
from torch import nn


class Residual(nn.Module):
    def make_shortcut(self, c_in, c_out, stride, projected=True):
        self.step, self.grown = stride, c_out - c_in
        if projected and (stride > 1 or c_in != c_out):
            self.downsample = nn.Sequential()
            self.downsample.append(nn.Conv2d(c_in, c_out, (1, 1), (stride, stride), bias=False))
            self.downsample.append(nn.BatchNorm2d(c_out))

    def shortcut(self, x):
        if "downsample" in self._modules:
            return self.downsample(x)
        if self.step == 1 and self.grown == 0:
            return x
        few = F.max_pool2d(x, 1, self.step)
        return torch.nn.functional.pad(few, [0, 0, 0, 0, 0, self.grown])

    def forward(self, x):
        return torch.relu(self.shortcut(x) + self.branch(x))


class BasicBlock(Residual):
    expansion = 1

    def __init__(self, c_in, width, stride=1, shortcut="projection"):
        super().__init__()
        for i, (a, s) in enumerate(((c_in, stride), (width, 1)), 1):
            setattr(self, f"conv{i}", nn.Conv2d(a, width, 3, s, padding=1, bias=False))
            setattr(self, f"bn{i}", nn.BatchNorm2d(width))
        self.make_shortcut(c_in, width, stride, shortcut != "padding")

    def branch(self, x):
        return self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))


class Bottleneck(Residual):
    expansion = 4

    def __init__(self, c_in, width, stride=1, groups=1, base_width=64):
        super().__init__()
        d = (width * base_width // 64) * groups
        self.conv1, self.bn1 = nn.Conv2d(c_in, d, 1, bias=False), nn.BatchNorm2d(d)
        self.conv2 = nn.Conv2d(d, d, 3, stride, 1, groups=groups, bias=False)
        self.bn2 = nn.BatchNorm2d(d)
        self.conv3, self.bn3 = nn.Conv2d(d, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width)
        self.make_shortcut(c_in, 4 * width, stride)

    def branch(self, x):
        x = self.bn1(self.conv1(x)).clamp(min=0)
        x = self.bn2(self.conv2(x)).clamp(min=0)
        return self.bn3(self.conv3(x))


class ScaledSum(nn.Module):
    def __init__(self, branch, scale, relu=True):
        super().__init__()
        self.add_module("inner", branch)
        self.s, self.rectified = float(scale), relu

    def forward(self, x):
        y = self.inner(x).mul(self.s).add(x)
        return y.relu() if self.rectified else y
