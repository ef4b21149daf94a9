"""The time is a uniform number times T, rounded down; the loss is PyTorch's."""

import torch
from torch.nn import functional


def eps_loss(model, x0, alpha_bar, generator):
    noise = torch.empty_like(x0).normal_(generator=generator)
    T = alpha_bar.numel()
    t = (torch.rand(x0.shape[0], generator=generator) * T).floor().long().clamp(max=T - 1)
    signal, level = (table[t].to(x0.dtype) for table in (alpha_bar.sqrt(), (1 - alpha_bar).sqrt()))
    x_t = (x0.movedim(0, -1) * signal + noise.movedim(0, -1) * level).movedim(-1, 0)
    return functional.mse_loss(model(x_t, t), noise)
