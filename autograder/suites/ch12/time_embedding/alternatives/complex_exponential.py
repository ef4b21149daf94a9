"""Sine and cosine are the parts of a rotation of unit length."""

import math

import torch


def time_embedding(t, dim, max_period=10000.0):
    if dim % 2 != 0:
        raise ValueError(f"dim must be even, not {dim}")
    half = dim // 2
    exponent = torch.arange(half, dtype=torch.float64) / half
    rotation = torch.exp(1j * torch.outer(t.double(), torch.exp(-math.log(max_period) * exponent)))
    return torch.cat([rotation.imag, rotation.real], dim=-1).float()
