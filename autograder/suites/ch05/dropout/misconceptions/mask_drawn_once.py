"""How often is the mask drawn: once for the layer, or at each call?"""

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
        if getattr(self, "keep", None) is None or self.keep.shape != x.shape:
            self.keep = (torch.rand(x.shape) >= self.p).to(x.dtype)
        return x * self.keep / (1 - self.p)
