"""Index t of alpha_bar is the step t itself: nothing has to be subtracted."""

import torch


def q_sample(x0, t, alpha_bar, noise):
    a = alpha_bar[(t - 1).clamp(min=0)].reshape(-1, *[1] * (x0.dim() - 1))
    return a.sqrt().to(x0.dtype) * x0 + (1 - a).sqrt().to(x0.dtype) * noise
