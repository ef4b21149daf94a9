"""A list of (time, level, next level), walked once; noise is drawn at every step and multiplied by sigma, 0 or not."""

import math

import torch


def ddim_sample(model, shape, alpha_bar, steps, eta=0.0, generator=None, clip=None):
    levels = [1.0] + [alpha_bar[s].item() for s in steps]
    walk = list(zip(steps, levels[1:], levels[:-1], strict=True))[::-1]
    x = torch.randn(*shape, generator=generator)
    with torch.no_grad():
        for time, now, after in walk:
            eps = model(x, torch.full(shape[:1], time))
            if clip is not None:
                low, high = (x - math.sqrt(now) * end for end in (clip, -clip))
                eps = eps.clamp(low / math.sqrt(1 - now), high / math.sqrt(1 - now))
            sigma = eta * math.sqrt((1 - after) * (1 - now / after) / (1 - now))
            towards = math.sqrt(after / now) * (x - math.sqrt(1 - now) * eps)
            x = towards + math.sqrt(max(1 - after - sigma * sigma, 0)) * eps
            x = x + sigma * torch.randn(*shape, generator=generator)
    return x
