"""A cosine is a sine a quarter turn later; frequencies by repeated multiplication."""

import math

import torch


def time_embedding(t, dim, max_period=10000.0):
    half, odd = divmod(dim, 2)
    if odd:
        raise ValueError(f"dim must be even, got {dim}")
    ratio = torch.full((half,), max_period ** (-1 / half), dtype=torch.float64)
    ratio[0] = 1.0
    phase = torch.tensor([0.0, math.pi / 2], dtype=torch.float64).repeat_interleave(half)
    return torch.sin(torch.outer(t.double(), ratio.cumprod(0)).repeat(1, 2) + phase).float()
