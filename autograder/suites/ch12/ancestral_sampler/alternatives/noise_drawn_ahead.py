"""All noise drawn at once; the step in the form of DDIM with the ancestral variance."""

import math

import torch


@torch.no_grad()
def ancestral_sample(model, shape, betas, generator, clip=None):

    T = len(betas)
    z = torch.randn((T, *shape), generator=generator)
    ab = torch.cat([torch.ones(1, dtype=betas.dtype), torch.cumprod(1 - betas, 0)])
    x = z[0]
    n = shape[0]
    for k in range(T, 0, -1):
        t = torch.full((n,), k - 1, dtype=torch.int64)
        eps = model(x.clone(), t)
        x0 = (x - math.sqrt(1 - ab[k]) * eps) / math.sqrt(ab[k])
        if clip is not None:
            x0 = torch.minimum(torch.maximum(x0, torch.tensor(-float(clip))), torch.tensor(float(clip)))
        sigma2 = float((1 - ab[k - 1]) / (1 - ab[k]) * (1 - ab[k] / ab[k - 1]))
        direction = (x - math.sqrt(ab[k]) * x0) / math.sqrt(1 - ab[k])
        x = math.sqrt(ab[k - 1]) * x0 + math.sqrt(max(0.0, 1 - float(ab[k - 1]) - sigma2)) * direction
        if k > 1:
            x = x + math.sqrt(sigma2) * z[T - k + 1]
    return x
