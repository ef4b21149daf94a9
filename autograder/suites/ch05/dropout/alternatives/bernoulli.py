"""Draws the kept values with bernoulli_ and scales the mask before it multiplies."""

import torch
from torch import nn


class Dropout(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        if p < 0 or p > 1:
            raise ValueError("dropout probability has to be between 0 and 1")
        self.keep = 1.0 - p

    def forward(self, x):
        if not self.training:
            return x
        mask = torch.empty_like(x).bernoulli_(self.keep)
        if self.keep > 0:
            mask = mask / self.keep
        return mask * x
