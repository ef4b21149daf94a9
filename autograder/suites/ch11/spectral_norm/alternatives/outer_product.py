"""Sigma as a sum with the outer product; the output is scaled instead of the matrix."""

import math

import torch
from torch import nn


def _unit(x):
    return x * (x @ x).rsqrt()


def power_iteration(weight, u, rounds=1):
    matrix = weight.data
    for _ in range(rounds):
        v = _unit(u @ matrix)
        u = _unit(matrix @ v)
    return (weight * torch.outer(u, v)).sum(), u, v


class SpectralLinear(nn.Module):
    def __init__(self, n, m):
        super().__init__()
        bound = 1 / math.sqrt(n)
        self.weight = nn.Parameter(torch.empty(m, n).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(m).uniform_(-bound, bound))
        self.register_buffer("u", _unit(torch.randn(m)))

    def forward(self, x):
        if self.training:
            sigma, new, _ = power_iteration(self.weight, self.u)
            self.u = new
        else:
            v = _unit(self.u @ self.weight.data)
            sigma = self.u @ (self.weight @ v)
        return (x @ self.weight.T) / sigma + self.bias
