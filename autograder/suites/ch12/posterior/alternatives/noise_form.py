"""The noise in x_t first, and the mean as x_t minus its share: the form that samplers use."""

import torch


def posterior(x0, x_t, t, betas):
    alpha_bar = torch.exp(torch.log1p(-betas).cumsum(0))
    previous = alpha_bar.roll(1)
    previous[0] = 1.0
    shape = [len(t)] + [1] * (x0.dim() - 1)
    a, b, p = (table[t].reshape(shape) for table in (alpha_bar, betas, previous))
    eps = (x_t - a.sqrt() * x0) / (1 - a).sqrt()
    mean = (x_t - b / (1 - a).sqrt() * eps) / (1 - b).sqrt()
    return mean.to(x0.dtype), ((1 - p) * b / (1 - a)).to(x0.dtype)
