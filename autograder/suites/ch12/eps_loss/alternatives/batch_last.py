"""The batch turned to the last dimension, where one number per sample broadcasts."""

import torch


def eps_loss(model, x0, alpha_bar, generator):

    t = torch.randint(len(alpha_bar), (len(x0),), generator=generator)
    noise = torch.randn(x0.shape, generator=generator).to(x0.dtype)
    dims = tuple(range(x0.dim() - 1, -1, -1))
    a = alpha_bar[t].to(x0.dtype)
    x_t = (x0.permute(dims) * a.sqrt() + noise.permute(dims) * (1 - a).sqrt()).permute(dims).contiguous()
    out = model(x_t, t)
    return ((out - noise) ** 2).mean()
