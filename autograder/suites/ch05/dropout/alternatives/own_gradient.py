"""An autograd.Function that keeps its mask for the backward pass; drawn by torch.bernoulli."""

import torch
from torch import nn


class Mask(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, p):
        keep = torch.bernoulli(torch.full(x.shape, 1 - p, dtype=torch.float64)).to(x.dtype)
        ctx.scale = keep / max(1 - p, 1e-12)
        return x * ctx.scale

    @staticmethod
    def backward(ctx, grad):
        return grad * ctx.scale, None


class Dropout(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        if p != min(max(p, 0), 1):
            raise ValueError("not a probability")
        self.p = p

    def forward(self, x):
        return Mask.apply(x, self.p) if self.training else x
