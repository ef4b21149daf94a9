"""Normalises one channel after the other and stacks them; running statistics are set entry by entry."""

import torch
from torch import nn


class BatchNorm2d(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.C, self.eps, self.alpha = num_features, eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        planes = []
        for c in range(self.C):
            v = x[:, c]
            if self.training:
                m = v.numel()
                if m == 1:
                    raise ValueError("one value")
                mu = v.mean()
                var = torch.mean((v - mu) ** 2)
                self.running_mean[c] = (1 - self.alpha) * self.running_mean[c] + self.alpha * mu.detach()
                self.running_var[c] = (1 - self.alpha) * self.running_var[c] + self.alpha * var.item() * m / (
                    m - 1
                )
            else:
                mu, var = self.running_mean[c], self.running_var[c]
            planes.append(self.weight[c] * (v - mu) / torch.sqrt(var + self.eps) + self.bias[c])
        return torch.stack(planes, 1)
