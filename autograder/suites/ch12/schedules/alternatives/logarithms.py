"""Products as sums of logarithms; the cosine schedule from half-angle identities."""

import math

import torch


def linear_betas(T, beta_start=1e-4, beta_end=0.02):
    share = torch.arange(T, dtype=torch.float64) / max(T - 1, 1)
    return torch.lerp(torch.full_like(share, beta_start), torch.full_like(share, beta_end), share)


def cosine_betas(T, s=0.008, max_beta=0.999):
    angle = (torch.linspace(0, 1, T + 1, dtype=torch.float64) + s) * (math.pi / (1 + s))
    f = 0.5 * (1 + torch.cos(angle))
    return torch.minimum(1 - f[1:] / f[:-1], torch.tensor(max_beta, dtype=torch.float64))


def alpha_bars(betas):
    return torch.log1p(-betas).cumsum(0).exp()
