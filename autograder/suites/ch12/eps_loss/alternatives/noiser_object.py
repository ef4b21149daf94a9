"""An object that noises a batch; einsum multiplies by one number per sample."""

import torch
from torch import nn


class _Noiser:
    def __init__(self, alpha_bar, generator):
        self.a, self.g = alpha_bar, generator

    def __call__(self, x0):
        t = torch.randint(0, self.a.shape[0], (x0.shape[0],), generator=self.g, dtype=torch.int64)
        noise = torch.randn(x0.shape, generator=self.g, dtype=x0.dtype, device=x0.device)
        s, r = self.a[t].sqrt().to(x0.dtype), (1 - self.a[t]).sqrt().to(x0.dtype)
        return torch.einsum("n...,n->n...", x0, s) + torch.einsum("n...,n->n...", noise, r), t, noise


def eps_loss(model, x0, alpha_bar, generator):

    x_t, t, noise = _Noiser(alpha_bar, generator)(x0)
    return nn.MSELoss()(model(x_t, t), noise)
