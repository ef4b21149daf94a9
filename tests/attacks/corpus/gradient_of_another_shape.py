# Attack: the right values, and a gradient of another shape
# Verdict: failed
# Share: 0.5

import torch


def scale(x, factor):
    y = x.detach() * factor
    y.requires_grad_(x.requires_grad)
    if y.requires_grad:
        y.register_hook(lambda grad: torch.zeros(7))
    return y
