"""The cosine as the sine of what is left of the right angle, whose end is an exact 0; partial products one by one."""

import math

import torch


def linear_betas(T, beta_start=1e-4, beta_end=0.02):
    share = torch.linspace(0, 1, T, dtype=torch.float64)
    return (1 - share) * beta_start + share * beta_end


def cosine_betas(T, s=0.008, max_beta=0.999):
    left = torch.arange(T, -1, -1, dtype=torch.float64) / (T * (1 + s)) * (math.pi / 2)
    root = torch.sin(left)
    betas = 1 - (root[1:] / root[:-1]) ** 2
    return torch.where(betas > max_beta, max_beta, betas)


def alpha_bars(betas):
    alphas = 1.0 - betas
    return torch.stack([alphas[: t + 1].prod() for t in range(len(alphas))])
