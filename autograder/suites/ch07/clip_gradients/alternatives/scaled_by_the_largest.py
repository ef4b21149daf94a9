"""The largest entry is divided out before squaring, so that float32 holds the squares."""

import math

import torch


def clip_gradients(grads, max_norm):
    top = max(float(g.abs().max()) for g in grads)
    if top == 0.0:
        return [torch.zeros_like(g) for g in grads], 0.0
    norm = top * math.sqrt(sum(((g / top) ** 2).sum().item() for g in grads))
    scale = max_norm / norm if norm > max_norm else 1.0
    return [torch.mul(g, scale) for g in grads], norm
