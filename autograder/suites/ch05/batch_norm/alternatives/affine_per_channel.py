"""Folds everything into one scale and one offset per channel; variance as the mean square less the squared mean."""

import torch
from torch import nn


class BatchNorm2d(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        for name, value in (("weight", 1.0), ("bias", 0.0)):
            self.register_parameter(name, nn.Parameter(torch.full((num_features,), value)))
        for name, value in (("running_mean", 0.0), ("running_var", 1.0)):
            self.register_buffer(name, torch.full((num_features,), value))

    def statistics(self, x):
        values = x.movedim(1, 0).flatten(1).double()
        if values.shape[1] == 1:
            raise ValueError("a single value per channel")
        mean = values.mean(1)
        var = (values.square().mean(1) - mean.square()).clamp(min=0)
        count = values.shape[1]
        with torch.no_grad():
            for running, new in ((self.running_mean, mean), (self.running_var, var * (count / (count - 1)))):
                running.copy_((1 - self.momentum) * running + self.momentum * new)
        return mean, var

    def forward(self, x):
        mean, var = self.statistics(x) if self.training else (self.running_mean, self.running_var)
        scale = self.weight / (var + self.eps).sqrt()
        offset = self.bias - mean * scale
        return (x * scale[:, None, None] + offset[:, None, None]).to(x.dtype)
