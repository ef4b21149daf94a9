"""As libraries write it: helper functions for convolutions, an in-place ReLU, the identity kept in a variable."""

import torch
from torch import nn


def conv3x3(c_in, c_out, stride=1, groups=1):
    return nn.Conv2d(c_in, c_out, kernel_size=3, stride=stride, padding=1, groups=groups, bias=False)


def conv1x1(c_in, c_out, stride=1):
    return nn.Conv2d(c_in, c_out, kernel_size=1, stride=stride, bias=False)


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, c_in, width, stride=1, shortcut="projection"):
        super().__init__()
        self.conv1 = conv3x3(c_in, width, stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = conv3x3(width, width)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = None
        self.stride, self.width = stride, width
        if shortcut == "projection" and (stride != 1 or c_in != width):
            self.downsample = nn.Sequential(conv1x1(c_in, width, stride), nn.BatchNorm2d(width))

    def forward(self, x):
        identity = x
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.downsample is not None:
            identity = self.downsample(x)
        else:
            identity = identity[:, :, :: self.stride, :: self.stride]
            missing = self.width - identity.size(1)
            if missing:
                n, _, h, w = identity.shape
                identity = torch.cat([identity, identity.new_zeros(n, missing, h, w)], dim=1)
        out += identity
        return self.relu(out)


class Bottleneck(nn.Module):
    expansion: int = 4

    def __init__(self, c_in, width, stride=1, groups=1, base_width=64):
        super().__init__()
        inner = int(width * (base_width / 64.0)) * groups
        self.conv1 = conv1x1(c_in, inner)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = conv3x3(inner, inner, stride, groups)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = conv1x1(inner, width * self.expansion)
        self.bn3 = nn.BatchNorm2d(width * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        if stride != 1 or c_in != width * self.expansion:
            self.downsample = nn.Sequential(
                conv1x1(c_in, width * self.expansion, stride), nn.BatchNorm2d(width * self.expansion)
            )
        else:
            self.downsample = None

    def forward(self, x):
        identity = x
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)


class ScaledSum(nn.Module):
    def __init__(self, branch, scale, relu=True):
        super().__init__()
        self.branch = branch
        self.scale = scale
        self.relu = nn.ReLU() if relu else nn.Identity()

    def forward(self, x):
        return self.relu(torch.add(x, self.branch(x), alpha=self.scale))
