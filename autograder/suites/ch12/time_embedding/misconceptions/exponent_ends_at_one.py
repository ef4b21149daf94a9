"""The exponents are i / half: they start at 0 and stop short of 1."""

import math

import torch


def time_embedding(t, dim, max_period=10000.0):
    if dim % 2:
        raise ValueError("dim must be even")
    half = dim // 2
    frequency = max_period ** (-torch.arange(half) / max(half - 1, 1))
    angle = t[:, None].float() * frequency[None]
    return torch.cat([torch.sin(angle), torch.cos(angle)], dim=1)
