"""All noise drawn at once; the times wait in a queue."""

import math

import torch


@torch.no_grad()
def ddim_sample(model, shape, alpha_bar, steps, eta=0.0, generator=None, clip=None):

    from collections import deque

    n = len(steps)
    noise = (
        torch.randn((n + 1,) + tuple(shape), generator=generator)
        if eta
        else torch.randn((1,) + tuple(shape), generator=generator)
    )
    x = noise[0]
    todo = deque(steps)
    k = 0
    while todo:
        t = todo.pop()
        s = todo[-1] if todo else -1
        a = alpha_bar[t]
        b = alpha_bar[s] if s >= 0 else torch.tensor(1.0, dtype=torch.float64)
        t_batch = torch.full((shape[0],), t, dtype=torch.int64)
        eps = model(x.clone(), t_batch)
        x0 = ((x - (1 - a).sqrt() * eps) / a.sqrt()).float()
        if clip is not None:
            x0 = torch.maximum(torch.minimum(x0, torch.tensor(clip)), torch.tensor(-clip))
            eps = ((x - a.sqrt() * x0) / (1 - a).sqrt()).float()
        std = float(eta * ((1 - b) / (1 - a) * (1 - a / b)).sqrt())
        k += 1
        x = (
            float(b.sqrt()) * x0
            + math.sqrt(max(0.0, float(1 - b) - std**2)) * eps
            + (std * noise[k] if eta else 0)
        )
    return x
