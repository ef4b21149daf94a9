"""One step after the other in Python's floats."""

import math

import torch


def linear_betas(T, beta_start=1e-4, beta_end=0.02):
    step = (beta_end - beta_start) / max(T - 1, 1)
    return torch.tensor([beta_start + step * t for t in range(T)], dtype=torch.float64)


def cosine_betas(T, s=0.008, max_beta=0.999):
    def alpha_bar(u):
        return math.cos((u / T + s) / (1 + s) * math.pi / 2) ** 2

    betas = [min(1 - alpha_bar(t + 1) / alpha_bar(t), max_beta) for t in range(T)]
    return torch.tensor(betas, dtype=torch.float64)


def alpha_bars(betas):
    left, rest = [], betas.new_ones(())
    for beta in betas:
        rest = rest * (1 - beta)
        left.append(rest)
    return torch.stack(left)
