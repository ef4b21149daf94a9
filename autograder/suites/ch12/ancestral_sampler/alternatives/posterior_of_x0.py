"""Predicts the clean image, then draws from the posterior that it gives; Python numbers for the coefficients."""

import torch


@torch.no_grad()
def ancestral_sample(model, shape, betas, generator, clip=None):
    alpha_bar = torch.cumprod(1 - betas, dim=0)
    x = torch.randn(shape, generator=generator)
    for i in reversed(range(len(betas))):
        beta, now = float(betas[i]), float(alpha_bar[i])
        prev = float(alpha_bar[i - 1]) if i > 0 else 1.0
        t = torch.full((shape[0],), i, dtype=torch.int64)
        eps = model(x, t)
        x0 = (x - (1 - now) ** 0.5 * eps) / now**0.5
        if clip is not None:
            x0 = x0.clamp(-clip, clip)
        x = (prev**0.5 * beta * x0 + (1 - beta) ** 0.5 * (1 - prev) * x) / (1 - now)
        variance = beta * (1 - prev) / (1 - now)
        if i > 0:
            x = x + variance**0.5 * torch.randn(shape, generator=generator)
    return x
