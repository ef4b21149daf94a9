"""torch.lerp for the points, a safe square root for the norm, clipping by the stored tensors."""

import torch


def between(real, fake, random=None):
    share = torch.rand(len(real), generator=random, dtype=real.dtype)
    share = share.reshape([-1] + [1] * (real.ndim - 1))
    with torch.no_grad():
        return torch.lerp(fake, real, share.expand_as(real))


def _slope(gradient):
    squared = gradient.square().sum(dim=tuple(range(1, gradient.ndim)))
    flat = squared == 0
    return torch.where(
        flat, torch.zeros_like(squared), torch.where(flat, torch.ones_like(squared), squared).sqrt()
    )


def gradient_penalty(critic, x, one_sided=False):
    with torch.set_grad_enabled(True):
        x = torch.empty_like(x).copy_(x.detach()).requires_grad_(True)
        total = torch.sum(critic(x)) + (x * 0).sum()
        gradient = torch.autograd.grad([total], [x], create_graph=True)[0]
        slope = _slope(gradient)
        charged = slope > 1 if one_sided else torch.ones_like(slope, dtype=torch.bool)
        return torch.where(charged, (slope - 1).square(), torch.zeros_like(slope)).sum() / len(slope)


def clip_weights(network, c):
    with torch.no_grad():
        for value in network.parameters():
            value.copy_(torch.minimum(torch.maximum(value, torch.tensor(-c)), torch.tensor(c)))
