"""The average divides sums of windows by how many pixels they hold; padding by name."""

import torch
import torch.nn.functional as F
from torch import nn


class Average(nn.Module):
    def forward(self, x):
        inside = torch.ones_like(x[:1, :1])
        return F.avg_pool2d(x, 3, 1, 1) / F.avg_pool2d(inside, 3, 1, 1)


def cbr(c_in, c_out, *kernel):
    conv = nn.Conv2d(c_in, c_out, kernel, padding="same", bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(c_out, eps=1e-3), nn.ReLU())


class Joined(nn.ModuleList):
    def forward(self, x):
        return torch.cat([branch(x) for branch in self], dim=1)


def seq(*layers):
    return nn.Sequential(*layers)


def inception_v1(c_in, ones, threes, fives, pooled, kernel=5):
    three, five = cbr(*threes, 3, 3), cbr(*fives, kernel, kernel)
    first = [cbr(c_in, n, 1, 1) for n in (ones, threes[0], fives[0], pooled)]
    return Joined([first[0], seq(first[1], three), seq(first[2], five), seq(nn.MaxPool2d(3, 1, 1), first[3])])


def inception_v3(c_in, middle):
    m = middle
    a = seq(cbr(c_in, m, 1, 1), cbr(m, m, 1, 7), cbr(m, 192, 7, 1))
    b = seq(cbr(c_in, m, 1, 1), cbr(m, m, 7, 1), cbr(m, m, 1, 7), cbr(m, m, 7, 1), cbr(m, 192, 1, 7))
    return Joined([cbr(c_in, 192, 1, 1), a, b, seq(Average(), cbr(c_in, 192, 1, 1))])


def inception_v4(c_in=1024):
    a = seq(cbr(c_in, 192, 1, 1), cbr(192, 224, 1, 7), cbr(224, 256, 7, 1))
    b = seq(
        cbr(c_in, 192, 1, 1),
        cbr(192, 192, 7, 1),
        cbr(192, 224, 1, 7),
        cbr(224, 224, 7, 1),
        cbr(224, 256, 1, 7),
    )
    return Joined([cbr(c_in, 384, 1, 1), a, b, seq(Average(), cbr(c_in, 128, 1, 1))])
