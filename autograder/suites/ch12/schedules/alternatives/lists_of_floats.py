"""Python's own numbers, a tensor made of the list."""

import math

import torch


def linear_betas(T, beta_start=1e-4, beta_end=0.02):
    step = (beta_end - beta_start) / (T - 1) if T > 1 else 0.0
    return torch.tensor([beta_start + i * step for i in range(T)], dtype=torch.double)


def cosine_betas(T, s=0.008, max_beta=0.999):
    curve = [math.cos((u / T + s) / (1 + s) * math.pi / 2) ** 2 for u in range(T + 1)]
    pairs = zip(curve, curve[1:], strict=False)
    return torch.tensor([min(1 - after / before, max_beta) for before, after in pairs], dtype=torch.double)


def alpha_bars(betas):
    left, kept = 1.0, []
    for beta in betas.tolist():
        left *= 1 - beta
        kept.append(left)
    return torch.tensor(kept, dtype=torch.float64)
