"""Each value is dropped or kept by a coin of its own: must the number of heads be the same every time?"""

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
        order = torch.randperm(x.numel()).reshape(x.shape)
        keep = (order >= round(self.p * x.numel())).to(x.dtype)
        return x * keep / (1 - self.p)
