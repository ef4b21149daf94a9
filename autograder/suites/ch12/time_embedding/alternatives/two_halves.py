"""Powers of the longest period make the frequencies; sines and cosines are two halves."""

import math

import torch


def time_embedding(t, dim, max_period=10000.0):
    if dim % 2:
        raise ValueError("dim must be even")
    half = dim // 2
    frequency = max_period ** (-torch.arange(half) / half)
    angle = t[:, None].float() * frequency[None]
    return torch.cat([torch.sin(angle), torch.cos(angle)], dim=1)
