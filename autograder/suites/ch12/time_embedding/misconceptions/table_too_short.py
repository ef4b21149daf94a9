"""A table made beforehand has a last row: what does your embedding say of a time beyond it?"""

import torch


def time_embedding(t, dim, max_period=10000.0):
    if dim % 2:
        raise ValueError("dim must be even")
    half = dim // 2
    angles = torch.arange(5000)[:, None] * max_period ** (-torch.arange(half) / half)
    return torch.cat([angles.sin(), angles.cos()], dim=1)[t]
