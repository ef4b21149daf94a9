"""Walks down the tree of modules by named_children."""

import torch
from torch import nn


def fans(weight_shape, groups=1):
    shape = tuple(weight_shape) + (1, 1)
    window = 1
    for size in shape[2:]:
        window *= size
    return shape[1] * window, shape[0] // groups * window


@torch.no_grad()
def he_init(module, mode="fan_in", zero_scales=(), generator=None, own_name=""):
    if isinstance(module, (nn.Conv2d, nn.Linear)):
        groups = module.groups if isinstance(module, nn.Conv2d) else 1
        fan_in, fan_out = fans(module.weight.shape, groups)
        fan = {"fan_in": fan_in, "fan_out": fan_out}[mode]
        module.weight.normal_(generator=generator).mul_((2 / fan) ** 0.5)
        if module.bias is not None:
            module.bias.fill_(0)
    if isinstance(module, nn.BatchNorm2d):
        module.weight.fill_(0 if own_name in zero_scales else 1)
        module.bias.fill_(0)
    for name, child in module.named_children():
        he_init(child, mode, zero_scales, generator, name)
