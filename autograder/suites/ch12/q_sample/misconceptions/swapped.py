"""At the first step hardly anything is lost: which factor is then near 1?"""

import torch


def q_sample(x0, t, alpha_bar, noise):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return (1 - a).sqrt().to(x0.dtype) * x0 + a.sqrt().to(x0.dtype) * noise
