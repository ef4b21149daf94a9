"""Gathers the schedule's values at t first, then computes with them as the book writes it."""

import torch


def posterior(x0, x_t, t, betas):
    alpha_bar = torch.cumprod(1 - betas, dim=0)
    before = torch.cat([torch.ones(1, dtype=betas.dtype), alpha_bar[:-1]])
    shape = (-1, *[1] * (x0.dim() - 1))
    beta, now, prev = (values[t].reshape(shape) for values in (betas, alpha_bar, before))
    on_x0 = prev.sqrt() * beta / (1 - now)
    on_x_t = (1 - beta).sqrt() * (1 - prev) / (1 - now)
    variance = beta * (1 - prev) / (1 - now)
    mean = on_x0.to(x0.dtype) * x0 + on_x_t.to(x0.dtype) * x_t
    return mean, variance.to(x0.dtype)
