"""As older public code writes it: m.weight.data, with a fan computed from the layer's settings."""

import math

import torch
from torch import nn


def fans(weight_shape, groups=1):
    receptive = int(torch.Size(weight_shape[2:]).numel())
    return weight_shape[1] * receptive, (weight_shape[0] // groups) * receptive


def he_init(module, mode="fan_in", zero_scales=(), generator=None):
    for name, m in module.named_modules():
        if isinstance(m, nn.Conv2d):
            channels = m.in_channels if mode == "fan_in" else m.out_channels
            n = m.kernel_size[0] * m.kernel_size[1] * (channels // m.groups)
            m.weight.data.normal_(0, math.sqrt(2.0 / n), generator=generator)
            if m.bias is not None:
                m.bias.data.zero_()
        elif isinstance(m, nn.BatchNorm2d):
            m.weight.data.fill_(1)
            m.bias.data.zero_()
            if name.split(".")[-1] in set(zero_scales):
                m.weight.data.zero_()
        elif isinstance(m, nn.Linear):
            n = m.in_features if mode == "fan_in" else m.out_features
            m.weight.data.normal_(0, math.sqrt(2.0 / n), generator=generator)
            if m.bias is not None:
                m.bias.data.zero_()
