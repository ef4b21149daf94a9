"""A copy in which the dropped places are set to zero."""

import torch
from torch import nn


class Dropout(nn.Module):
    def __init__(self, p: float = 0.5):
        if not (0.0 <= p <= 1.0):
            raise ValueError("p")
        super().__init__()
        self.p = float(p)

    def forward(self, x):
        if not self.training or self.p == 0:
            return x.clone()
        y = x.clone()
        y[torch.rand(x.shape) < self.p] = 0
        return y if self.p == 1 else y / (1 - self.p)
