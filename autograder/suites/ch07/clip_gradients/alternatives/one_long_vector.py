"""All gradients in one long vector of float64."""

import torch


def clip_gradients(grads, max_norm):
    long = torch.cat([g.reshape(-1).double() for g in grads])
    norm = long.norm().item()
    if norm <= max_norm:
        return [g.clone() for g in grads], norm
    return [(g.double() * (max_norm / norm)).to(g.dtype) for g in grads], norm
