"""One wave after the other; a cosine is a sine a quarter turn ahead."""

import math

import torch


def time_embedding(t, dim, max_period=10000.0):
    half, odd = divmod(dim, 2)
    if odd:
        raise ValueError("dim must be even")
    rows = torch.empty(t.shape[0], dim)
    for i in range(half):
        angle = t.double() / max_period ** (i / half)
        rows[:, i] = angle.sin()
        rows[:, half + i] = (angle + math.pi / 2).sin()
    return rows
