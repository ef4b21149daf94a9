"""Gathers alpha_bar at t, then takes the roots."""

import torch


def q_sample(x0, t, alpha_bar, noise):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return a.sqrt().to(x0.dtype) * x0 + (1 - a).sqrt().to(x0.dtype) * noise
