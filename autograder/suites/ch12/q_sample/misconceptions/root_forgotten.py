"""Variances add, so what multiplies a signal is the square root of a share of variance."""

import torch


def q_sample(x0, t, alpha_bar, noise):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return a.to(x0.dtype) * x0 + (1 - a).to(x0.dtype) * noise
