"""Weights by torch.randn, copied in; modules of all kinds visited by modules()."""

import torch
from torch import nn


def fans(weight_shape, groups=1):
    c_out, c_in = weight_shape[0], weight_shape[1]
    places = 1
    for k in weight_shape[2:]:
        places *= int(k)
    return int(c_in) * places, int(c_out) * places // groups


def he_init(module, mode="fan_in", zero_scales=(), generator=None):
    with torch.no_grad():
        for layer in module.modules():
            if isinstance(layer, nn.Conv2d):
                fan = fans(tuple(layer.weight.shape), layer.groups)[mode == "fan_out"]
            elif isinstance(layer, nn.Linear):
                fan = fans(tuple(layer.weight.shape))[mode == "fan_out"]
            else:
                continue
            layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator) * (2.0 / fan) ** 0.5)
            if layer.bias is not None:
                layer.bias.copy_(torch.zeros_like(layer.bias))
        for name, layer in module.named_modules():
            if isinstance(layer, nn.BatchNorm2d):
                own = name.rpartition(".")[2]
                layer.weight.copy_(torch.full_like(layer.weight, float(own not in tuple(zero_scales))))
                layer.bias.copy_(torch.zeros_like(layer.bias))
