"""In the variable x / sqrt(alpha-bar), in double precision, where a step is one of Euler's, plus noise."""

import torch


@torch.no_grad()
def ddim_sample(model, shape, alpha_bar, steps, eta=0.0, generator=None, clip=None):
    x = torch.randn(shape, generator=generator).double()
    remaining = list(steps)
    while remaining:
        step = remaining.pop()
        now = alpha_bar[step]
        after = alpha_bar[remaining[-1]] if remaining else torch.ones((), dtype=torch.float64)
        eps = model(x.float(), torch.full((shape[0],), step)).double()
        if clip is not None:
            guess = ((x - (1 - now).sqrt() * eps) / now.sqrt()).clamp(-clip, clip)
            eps = (x - now.sqrt() * guess) / (1 - now).sqrt()
        variance = eta**2 * (1 - after) / (1 - now) * (1 - now / after)
        slope = ((1 - after - variance).clamp(min=0) / after).sqrt() - ((1 - now) / now).sqrt()
        scaled = x / now.sqrt() + slope * eps
        x = after.sqrt() * scaled
        if eta and remaining:
            x = x + variance.sqrt() * torch.randn(shape, generator=generator)
    return x.float()
