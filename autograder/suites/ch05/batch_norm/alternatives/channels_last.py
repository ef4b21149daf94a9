"""Moves the channels last so that plain broadcasting works; statistics over the rows of one matrix."""

import torch
from torch import nn


class BatchNorm2d(nn.Module):
    """Channels moved last, so that plain broadcasting works."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.weight = nn.Parameter(torch.ones((num_features,)))
        self.bias = nn.Parameter(torch.zeros((num_features,)))
        self.register_buffer("running_mean", torch.zeros_like(self.bias.data))
        self.register_buffer("running_var", torch.ones_like(self.weight.data))
        self.extra = {"eps": eps, "momentum": momentum}

    def _statistics(self, x):
        if not self.training:
            return self.running_mean, self.running_var
        count = x.shape[0]
        if count == 1:
            raise ValueError("no spread in a single value")
        mean = x.sum(0) / count
        squares = ((x - mean) ** 2).sum(0)
        with torch.no_grad():
            for buffer, new in ((self.running_mean, mean), (self.running_var, squares / (count - 1))):
                buffer.copy_((1 - self.extra["momentum"]) * buffer + self.extra["momentum"] * new)
        return mean, squares / count

    def forward(self, x):
        last = x.permute(0, 2, 3, 1)
        mean, var = self._statistics(last.reshape(-1, last.shape[-1]))
        y = (last - mean) * torch.pow(var + self.extra["eps"], -0.5)
        return (y * self.weight + self.bias).permute(0, 3, 1, 2)
