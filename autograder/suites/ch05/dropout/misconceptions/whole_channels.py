"""Does dropout zero whole feature maps here, or single values?"""

import torch
from torch import nn


class Dropout(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError("p must be a probability")
        self.p = p

    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        if self.p == 1:
            return torch.zeros_like(x)
        shape = x.shape[:2] + (1,) * (x.dim() - 2)
        keep = (torch.rand(shape) >= self.p).to(x.dtype)
        return x * keep / (1 - self.p)
