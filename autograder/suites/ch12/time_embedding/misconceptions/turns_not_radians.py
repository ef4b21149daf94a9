"""Angles are in radians, without a factor of 2 pi."""

import math

import torch


def time_embedding(t, dim, max_period=10000.0):
    if dim % 2:
        raise ValueError("dim must be even")
    half = dim // 2
    frequency = max_period ** (-torch.arange(half) / half)
    angle = 2 * math.pi * t[:, None].float() * frequency[None]
    return torch.cat([torch.sin(angle), torch.cos(angle)], dim=1)
