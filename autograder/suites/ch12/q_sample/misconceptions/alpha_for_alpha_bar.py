"""One jump from x0 to x_t uses the product of all steps up to t, not the last step alone."""

import torch


def q_sample(x0, t, alpha_bar, noise):
    alpha = torch.cat([alpha_bar[:1], alpha_bar[1:] / alpha_bar[:-1]])
    a = alpha[t].reshape(-1, *[1] * (x0.dim() - 1))
    return a.sqrt().to(x0.dtype) * x0 + (1 - a).sqrt().to(x0.dtype) * noise
