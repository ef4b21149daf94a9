"""Turned clockwise, pair by pair in a loop: only the sense differs, and both sides have the same."""

import math

import torch


def rotary(x, positions, base=10_000.0):
    d = x.shape[3]
    if d % 2 == 1:
        raise ValueError("a pair is missing")
    where = positions if positions.dim() == 2 else positions[None]
    where = where[:, None, :].double()
    out = torch.empty_like(x)
    for i in range(d // 2):
        angle = where * math.exp(-2 * i / d * math.log(base))
        cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
        u, v = x[..., 2 * i], x[..., 2 * i + 1]
        out[..., 2 * i] = u * cos + v * sin
        out[..., 2 * i + 1] = v * cos - u * sin
    return out
