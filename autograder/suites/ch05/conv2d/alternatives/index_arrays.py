"""Gathers all windows by two index arrays, of rows and of columns; groups one by one, joined at the end."""

import torch


def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    s, p, d = pair(stride), pair(padding), pair(dilation)
    out, Cg, kh, kw = weight.shape
    if groups < 1 or x.shape[1] != groups * Cg or out % groups:
        raise ValueError("bad channels")
    big = torch.zeros(*x.shape[:2], x.shape[2] + 2 * p[0], x.shape[3] + 2 * p[1], dtype=x.dtype)
    big[:, :, p[0] : p[0] + x.shape[2], p[1] : p[1] + x.shape[3]] = x
    rows = torch.arange(0, big.shape[2] - d[0] * (kh - 1), s[0])[:, None] + d[0] * torch.arange(kh)
    cols = torch.arange(0, big.shape[3] - d[1] * (kw - 1), s[1])[:, None] + d[1] * torch.arange(kw)
    patches = big[:, :, rows[:, None, :, None], cols[None, :, None, :]]  # N C i j u v
    per_out = out // groups
    outs = []
    for g in range(groups):
        part = torch.tensordot(
            patches[:, g * Cg : (g + 1) * Cg],
            weight[g * per_out : (g + 1) * per_out],
            dims=([1, 4, 5], [1, 2, 3]),
        )
        outs.append(part.permute(0, 3, 1, 2))
    out = torch.cat(outs, dim=1)
    if bias is not None:
        out = out + bias[None, :, None, None]
    return out
