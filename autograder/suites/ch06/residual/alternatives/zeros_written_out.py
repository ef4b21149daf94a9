"""The padded shortcut writes x into a map of zeros; modules for every activation."""

import torch
from torch import nn


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, c_in, width, stride=1, shortcut="projection"):
        super().__init__()
        self.conv1 = nn.Conv2d(c_in, width, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.act = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        same = stride == 1 and c_in == width
        self.how = "identity" if same else shortcut
        self.stride = stride
        if self.how == "projection":
            self.downsample = nn.Sequential(
                nn.Conv2d(c_in, width, 1, stride=stride, bias=False), nn.BatchNorm2d(width)
            )

    def forward(self, x):
        y = self.bn2(self.conv2(self.act(self.bn1(self.conv1(x)))))
        match self.how:
            case "identity":
                return self.act(y + x)
            case "projection":
                return self.act(y + self.downsample(x))
        extended = torch.zeros_like(y)
        extended[:, : x.shape[1]] = x[..., :: self.stride, :: self.stride]
        return self.act(y + extended)


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, c_in, width, stride=1, groups=1, base_width=64):
        super().__init__()
        inner, outer = groups * (width * base_width // 64), width * Bottleneck.expansion
        self.conv1 = nn.Conv2d(c_in, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride, 1, 1, groups, False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, outer, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outer)
        self.act = nn.ReLU()
        if stride != 1 or c_in != outer:
            self.downsample = nn.Sequential(
                nn.Conv2d(c_in, outer, 1, stride, bias=False), nn.BatchNorm2d(outer)
            )

    def forward(self, x):
        y = self.act(self.bn1(self.conv1(x)))
        y = self.act(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        skip = self.downsample(x) if hasattr(self, "downsample") else x
        return self.act(skip + y)


class ScaledSum(nn.Module):
    def __init__(self, branch, scale, relu=True):
        super().__init__()
        self.parts = nn.ModuleList([branch])
        self.scale = scale
        self.last = torch.relu if relu else lambda y: y

    def forward(self, x):
        return self.last(self.parts[0](x) * self.scale + x)
