"""Sums and sums of squared deviations by hand, buffers assigned anew from detached tensors."""

import torch
from torch import nn


class BatchNorm2d(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps = eps
        self.momentum = momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        n, c, h, w = x.shape
        flat = x.transpose(0, 1).reshape(c, -1)
        if self.training:
            m = flat.shape[1]
            if m < 2:
                raise ValueError("need more than one value per channel")
            mean = flat.sum(1) / m
            deviations = ((flat - mean[:, None]) ** 2).sum(1)
            var = deviations / m
            keep = 1 - self.momentum
            self.running_mean = keep * self.running_mean + self.momentum * mean.detach()
            self.running_var = keep * self.running_var + self.momentum * deviations.detach() / (m - 1)
        else:
            mean, var = self.running_mean, self.running_var
        normalised = (flat - mean[:, None]) * (var[:, None] + self.eps).rsqrt()
        y = self.weight[:, None] * normalised + self.bias[:, None]
        return y.reshape(c, n, h, w).transpose(0, 1)
