"""NumPy throughout, tensors at the end."""

import numpy as np
import torch


def linear_betas(T, beta_start=1e-4, beta_end=0.02):
    return torch.from_numpy(np.linspace(beta_start, beta_end, T))


def cosine_betas(T, s=0.008, max_beta=0.999):
    f = np.cos((np.arange(T + 1) / T + s) / (1 + s) * np.pi / 2) ** 2
    return torch.from_numpy(np.minimum(1 - f[1:] / f[:-1], max_beta))


def alpha_bars(betas):
    return torch.from_numpy(np.cumprod(1.0 - betas.numpy()))
