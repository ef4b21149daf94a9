"""Noise is drawn at every step, and multiplied by 0 where there is none; levels as tensors."""

import torch


@torch.no_grad()
def ddim_sample(model, shape, alpha_bar, steps, eta=0.0, generator=None, clip=None):

    bar = torch.cat([alpha_bar.new_ones(1), alpha_bar[torch.tensor(steps)]])
    now, nxt = bar[1:].flip(0), bar[:-1].flip(0)
    sigma = eta * ((1 - nxt) / (1 - now)).sqrt() * (1 - now / nxt).sqrt()
    x = torch.randn(*shape, generator=generator)
    for k, t in enumerate(reversed(steps)):
        e = model(x, torch.tensor([t] * shape[0]))
        z = torch.randn(*shape, generator=generator)
        x0 = (x - (1 - now[k]).sqrt().float() * e) / now[k].sqrt().float()
        if clip is not None:
            x0 = torch.clip(x0, -clip, clip)
            e = (x - now[k].sqrt().float() * x0) / (1 - now[k]).sqrt().float()
        x = (
            nxt[k].sqrt().float() * x0
            + (1 - nxt[k] - sigma[k] ** 2).clamp(min=0).sqrt().float() * e
            + sigma[k].float() * z
        )
    return x
