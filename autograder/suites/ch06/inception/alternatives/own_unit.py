"""A class of its own for the unit, blocks as classes with named branches, joined in forward."""

import torch
import torch.nn.functional as F
from torch import nn


class BasicConv2d(nn.Module):
    def __init__(self, c_in, c_out, **settings):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, bias=False, **settings)
        self.bn = nn.BatchNorm2d(c_out, eps=0.001)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)), inplace=True)


class InceptionV1(nn.Module):
    def __init__(self, c_in, ones, threes, fives, pooled, kernel):
        super().__init__()
        self.branch1 = BasicConv2d(c_in, ones, kernel_size=1)
        self.branch2 = nn.Sequential(
            BasicConv2d(c_in, threes[0], kernel_size=1),
            BasicConv2d(threes[0], threes[1], kernel_size=3, padding=1),
        )
        self.branch3 = nn.Sequential(
            BasicConv2d(c_in, fives[0], kernel_size=1),
            BasicConv2d(fives[0], fives[1], kernel_size=kernel, padding=kernel // 2),
        )
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(kernel_size=3, stride=1, padding=1, ceil_mode=True),
            BasicConv2d(c_in, pooled, kernel_size=1),
        )

    def forward(self, x):
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class Factorised(nn.Module):
    def __init__(self, c_in, ones, short, long, pooled):
        super().__init__()
        row, column = {"kernel_size": (1, 7), "padding": (0, 3)}, {"kernel_size": (7, 1), "padding": (3, 0)}
        self.branch1x1 = BasicConv2d(c_in, ones, kernel_size=1)
        self.a1 = BasicConv2d(c_in, short[0], kernel_size=1)
        self.a2 = BasicConv2d(short[0], short[1], **row)
        self.a3 = BasicConv2d(short[1], short[2], **column)
        self.b1 = BasicConv2d(c_in, long[0], kernel_size=1)
        self.b2 = BasicConv2d(long[0], long[1], **column)
        self.b3 = BasicConv2d(long[1], long[2], **row)
        self.b4 = BasicConv2d(long[2], long[3], **column)
        self.b5 = BasicConv2d(long[3], long[4], **row)
        self.pool = BasicConv2d(c_in, pooled, kernel_size=1)

    def forward(self, x):
        a = self.a3(self.a2(self.a1(x)))
        b = self.b5(self.b4(self.b3(self.b2(self.b1(x)))))
        p = self.pool(F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False))
        return torch.cat((self.branch1x1(x), a, b, p), dim=1)


def inception_v1(c_in, ones, threes, fives, pooled, kernel=5):
    return InceptionV1(c_in, ones, threes, fives, pooled, kernel)


def inception_v3(c_in, middle):
    m = middle
    return Factorised(c_in, 192, (m, m, 192), (m, m, m, m, 192), 192)


def inception_v4(c_in=1024):
    return Factorised(c_in, 384, (192, 224, 256), (192, 192, 224, 224, 256), 128)
