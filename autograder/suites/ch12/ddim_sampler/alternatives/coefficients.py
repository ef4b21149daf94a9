"""One coefficient for x and one for the predicted noise; the last step returns by itself."""

import math

import torch


@torch.no_grad()
def ddim_sample(model, shape, alpha_bar, steps, eta=0.0, generator=None, clip=None):

    x = torch.empty(shape, dtype=torch.float32).normal_(generator=generator)
    previous = [None] + list(steps)[:-1]
    for t, s in list(zip(steps, previous, strict=False))[::-1]:
        bt = alpha_bar[t].item()
        bs = 1.0 if s is None else alpha_bar[s].item()
        eps = model(x, torch.zeros(shape[0], dtype=torch.int64) + t)
        if clip is not None:
            kept = ((x - math.sqrt(1 - bt) * eps) / math.sqrt(bt)).clamp(-clip, clip)
            eps = (x - math.sqrt(bt) * kept) / math.sqrt(1 - bt)
        if s is None:
            return (x - math.sqrt(1 - bt) * eps) / math.sqrt(bt)
        var = eta * eta * (1 - bs) * (bs - bt) / ((1 - bt) * bs)
        scale = math.sqrt(bs / bt)
        x = scale * x + (math.sqrt(1 - bs - var) - scale * math.sqrt(1 - bt)) * eps
        if eta:
            x += math.sqrt(var) * torch.randn(shape, generator=generator)
    return x
