"""Compares uniform numbers with p and fills with zeros; remembers nothing."""

import torch
from torch import nn


class Dropout(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        if not (0.0 <= p <= 1.0):
            raise ValueError(p)
        self.p = p
        self.scale = 1.0 if p == 1 else 1 / (1 - p)

    def forward(self, x):
        if self.training and self.p > 0:
            dropped = torch.rand(x.shape) < self.p
            return (x * self.scale).masked_fill(dropped, 0.0)
        return x.clone()
