"""Unit vectors for grad_outputs, unused gradients materialised."""

import torch


def _derivative(s, x, direction):
    if not s.requires_grad:
        return torch.zeros_like(x)
    return torch.autograd.grad(s, x, direction, create_graph=True, materialize_grads=True)[0]


def explicit_score_matching(score, x):
    with torch.enable_grad():
        x = x.detach().clone().requires_grad_(True)
        s = score(x)
        value = 0.5 * torch.einsum("ni,ni->n", s, s)
        for i, unit in enumerate(torch.eye(x.size(1), dtype=x.dtype)):
            value = value + _derivative(s, x, unit.expand_as(s))[:, i]
        return value.mean()


def sliced_score_matching(score, x, directions, variance_reduced=False):
    with torch.enable_grad():
        x = x.detach().clone().requires_grad_(True)
        s = score(x)
        bend = torch.einsum("ni,ni->n", _derivative(s, x, directions), directions)
        length = s.pow(2).sum(-1) if variance_reduced else torch.einsum("ni,ni->n", s, directions).pow(2)
        return torch.mean(bend + length / 2)
