"""One sample after the other: a point, a score, a gradient, a charge."""

import torch
from torch import nn


def between(real, fake, random=None):
    points = []
    for a, b in zip(real.detach(), fake.detach(), strict=True):
        share = torch.rand((), generator=random, dtype=real.dtype)
        points.append(b + share * (a - b))
    return torch.stack(points)


def gradient_penalty(critic, x, one_sided=False):
    charges = []
    with torch.enable_grad():
        for row in x.detach():
            point = row[None].clone().requires_grad_()
            score = critic(point).reshape(())
            if score.requires_grad:
                (gradient,) = torch.autograd.grad(score, point, create_graph=True, allow_unused=True)
            else:
                gradient = None
            slope = torch.zeros((), dtype=x.dtype) if gradient is None else gradient.norm()
            excess = slope - 1
            charges.append(nn.functional.relu(excess) ** 2 if one_sided else excess**2)
    return torch.stack(charges).mean()


def clip_weights(network, c):
    nn.utils.vector_to_parameters(
        nn.utils.parameters_to_vector(network.parameters()).detach().clamp(-c, c), network.parameters()
    )
