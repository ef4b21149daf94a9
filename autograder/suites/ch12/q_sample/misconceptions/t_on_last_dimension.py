"""Which dimension of the data belongs to t: the first, the batch, or the last?"""

import torch


def q_sample(x0, t, alpha_bar, noise):
    a = alpha_bar[t] if x0.shape[-1] in (1, len(t)) else alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return a.sqrt().to(x0.dtype) * x0 + (1 - a).sqrt().to(x0.dtype) * noise
