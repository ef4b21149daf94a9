"""Tables of coefficients ahead; noise drawn at every step, times 0 at the last; clip by an infinite bound."""

import torch
from torch.nn import functional as F


@torch.no_grad()
def ancestral_sample(model, shape, betas, generator, clip=None):

    ab = (1 - betas).cumprod(0)
    prev = F.pad(ab[:-1], (1, 0), value=1.0)
    c0 = prev.sqrt() * betas / (1 - ab)
    ct = (1 - betas).sqrt() * (1 - prev) / (1 - ab)
    sd = ((1 - prev) / (1 - ab) * betas).sqrt()
    x = torch.empty(shape).normal_(generator=generator)
    lim = float("inf") if clip is None else clip
    for i in reversed(range(betas.numel())):
        t = torch.tensor([i] * shape[0])
        e = model(x, t)
        guess = ((x.double() - (1 - ab[i]).sqrt() * e.double()) / ab[i].sqrt()).clamp(min=-lim, max=lim)
        z = torch.randn(shape, generator=generator)
        x = (c0[i] * guess + ct[i] * x.double() + sd[i] * z.double()).float()
    return x
