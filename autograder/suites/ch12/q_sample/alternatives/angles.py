"""A rotation: the angle whose cosine is the root of alpha-bar."""

import torch


def q_sample(x0, t, alpha_bar, noise):
    angle = torch.acos(alpha_bar.index_select(0, t).sqrt())
    while angle.ndim < x0.ndim:
        angle = angle.unsqueeze(-1)
    return (angle.cos() * x0 + angle.sin() * noise).to(x0.dtype)
