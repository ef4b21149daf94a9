"""At t = 0 the precision of what came before is infinite: what does your formula divide by?"""

import torch


def posterior(x0, x_t, t, betas):
    alpha_bar = torch.cumprod(1 - betas, dim=0)
    before = torch.cat([torch.ones(1, dtype=betas.dtype), alpha_bar[:-1]])
    shape = (-1, *[1] * (x0.dim() - 1))
    beta, now, prev = (values[t].reshape(shape) for values in (betas, alpha_bar, before))
    variance = 1 / ((1 - beta) / beta + 1 / (1 - prev))
    on_x0 = prev.sqrt() / (1 - prev) * variance
    on_x_t = (1 - beta).sqrt() / beta * variance
    mean = on_x0.to(x0.dtype) * x0 + on_x_t.to(x0.dtype) * x_t
    return mean, variance.to(x0.dtype)
