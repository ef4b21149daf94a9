"""As libraries write it: bernoulli noise for stochastic depth, average pooling and 1x1 convolutions in the gate."""

import torch
from torch import nn


class SqueezeExcitation(nn.Module):
    def __init__(self, channels, squeezed):
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.activation = nn.SiLU(inplace=True)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)
        self.scale_activation = nn.Sigmoid()

    def forward(self, x):
        scale = self.fc2(self.activation(self.fc1(self.avgpool(x))))
        return self.scale_activation(scale) * x


class StochasticDepth(nn.Module):
    def __init__(self, p):
        super().__init__()
        if p < 0.0 or p > 1.0:
            raise ValueError(f"drop probability has to be between 0 and 1, but got {p}")
        self.p = p

    def forward(self, x):
        if not self.training or self.p == 0.0:
            return x
        survival = 1.0 - self.p
        noise = torch.empty([x.shape[0]] + [1] * (x.ndim - 1), dtype=x.dtype, device=x.device)
        noise = noise.bernoulli_(survival)
        if survival > 0.0:
            noise.div_(survival)
        return x * noise


def conv_norm_silu(c_in, c_out, kernel=1, stride=1, groups=1):
    conv = nn.Conv2d(c_in, c_out, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(c_out, eps=0.001, momentum=0.01), nn.SiLU(inplace=True))


class MBConv(nn.Module):
    def __init__(self, c_in, c_out, kernel=3, stride=1, expand=6, drop=0.0):
        super().__init__()
        self.use_res_connect = stride == 1 and c_in == c_out
        expanded = c_in * expand
        layers = []
        if expanded != c_in:
            layers.append(conv_norm_silu(c_in, expanded))
        layers.append(conv_norm_silu(expanded, expanded, kernel, stride, expanded))
        layers.append(SqueezeExcitation(expanded, max(1, c_in // 4)))
        layers.append(conv_norm_silu(expanded, c_out)[:2])
        self.block = nn.Sequential(*layers)
        self.stochastic_depth = StochasticDepth(drop)

    def forward(self, x):
        result = self.block(x)
        if self.use_res_connect:
            result = self.stochastic_depth(result)
            result = result + x
        return result
