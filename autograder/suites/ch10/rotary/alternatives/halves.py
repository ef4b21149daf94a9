"""Pairs of the two halves, with `rotate_half`, as most public code has it."""

import torch


def rotate_half(x):
    first, second = x.chunk(2, dim=-1)
    return torch.cat((-second, first), dim=-1)


def rotary(x, positions, base=10_000.0):
    d = x.shape[-1]
    if d % 2 != 0:
        raise ValueError("d is odd")
    dtype = torch.promote_types(x.dtype, torch.float32)
    inv_freq = 1.0 / (base ** (torch.arange(0, d, 2, dtype=dtype) / d))
    freqs = positions.to(dtype).unsqueeze(-1) * inv_freq
    emb = torch.cat((freqs, freqs), dim=-1)
    if emb.dim() == 3:
        emb = emb.unsqueeze(1)
    return (x * emb.cos() + rotate_half(x) * emb.sin()).to(x.dtype)
