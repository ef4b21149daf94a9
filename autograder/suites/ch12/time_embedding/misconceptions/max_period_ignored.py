"""max_period is an argument: what if it is not 10000?"""

import math

import torch


def time_embedding(t, dim, max_period=10000.0):
    if dim % 2:
        raise ValueError("dim must be even")
    half = dim // 2
    frequency = 10000.0 ** (-torch.arange(half) / half)
    angle = t[:, None].float() * frequency[None]
    return torch.cat([torch.sin(angle), torch.cos(angle)], dim=1)
