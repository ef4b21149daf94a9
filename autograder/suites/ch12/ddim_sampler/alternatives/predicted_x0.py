"""Predicts the clean image, then goes to the next level of the list; Python numbers for the coefficients."""

import torch


@torch.no_grad()
def ddim_sample(model, shape, alpha_bar, steps, eta=0.0, generator=None, clip=None):
    x = torch.randn(shape, generator=generator)
    for k in reversed(range(len(steps))):
        now = float(alpha_bar[steps[k]])
        prev = float(alpha_bar[steps[k - 1]]) if k > 0 else 1.0
        t = torch.full((shape[0],), steps[k], dtype=torch.int64)
        eps = model(x, t)
        x0 = (x - (1 - now) ** 0.5 * eps) / now**0.5
        if clip is not None:
            x0 = x0.clamp(-clip, clip)
            eps = (x - now**0.5 * x0) / (1 - now) ** 0.5
        sigma = eta * ((1 - prev) / (1 - now) * (1 - now / prev)) ** 0.5
        x = prev**0.5 * x0 + (1 - prev - sigma**2) ** 0.5 * eps
        if sigma > 0:
            x = x + sigma * torch.randn(shape, generator=generator)
    return x
