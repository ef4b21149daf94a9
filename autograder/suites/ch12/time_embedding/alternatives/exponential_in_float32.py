"""Frequencies as exponentials in float32, as most papers' code has it."""

import math

import torch


def time_embedding(t, dim, max_period=10000.0):
    if dim % 2 == 1:
        raise ValueError(f"dim {dim} is odd")
    half = dim // 2
    frequencies = torch.exp(-math.log(max_period) * torch.arange(0, half, dtype=torch.float32) / half)
    angles = t.float()[:, None] * frequencies[None]
    return torch.cat([torch.sin(angles), torch.cos(angles)], dim=-1)
