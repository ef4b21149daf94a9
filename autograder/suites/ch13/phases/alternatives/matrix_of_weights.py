"""The model's states as weighted data, both phases by one helper."""

import torch


def _moments(states, weights):
    return states.T @ (weights[:, None] * states), weights @ states


def exact_gradient(data, J, b):
    n = b.shape[0]
    states = ((torch.arange(2**n)[:, None] >> torch.arange(n)) & 1).to(J) * 2 - 1
    logits = (states @ J * states).sum(-1) / 2 + (states * b).sum(-1)
    second, first = _moments(states, logits.softmax(0))
    data_second, data_first = _moments(data, torch.full((len(data),), 1 / len(data), dtype=data.dtype))
    return (second - data_second) * 0.5, first - data_first


def contrastive_loss(energy, x_data, x_model, alpha=0.0):
    loss = 0.0
    for x, sign in ((x_data, 1.0), (x_model.detach(), -1.0)):
        e = energy(x)
        loss = loss + sign * e.mean() + alpha * (e * e).mean()
    return loss
