"""Bayes' rule with precisions; the first step, where the precision is infinite, apart."""

import torch


def posterior(x0, x_t, t, betas):
    shape = (len(t),) + (1,) * (x0.dim() - 1)
    alphas = 1 - betas
    alpha_bar = alphas.cumprod(0)
    first = (t == 0).view(shape)
    before = alpha_bar[(t - 1).clamp(min=0)].view(shape)
    beta, alpha = betas[t].view(shape), alphas[t].view(shape)
    variance = 1 / (alpha / beta + 1 / (1 - before))
    mean = variance * (alpha.sqrt() / beta * x_t.double() + before.sqrt() / (1 - before) * x0.double())
    mean = torch.where(first, x0.double(), mean)
    variance = torch.where(first, torch.zeros_like(variance), variance)
    return mean.to(x0.dtype), variance.to(x0.dtype)
