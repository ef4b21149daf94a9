"""logaddexp with 0, tanh for the sigmoid."""

import torch


def _probability(field):
    return (1 + torch.tanh(field / 2)) / 2


def rbm_energy(v, h, weight, visible_bias, hidden_bias):
    on_hidden = v @ weight + hidden_bias
    return -(on_hidden * h).sum(-1) - torch.matmul(v, visible_bias)


def hidden_probabilities(v, weight, visible_bias, hidden_bias):
    return _probability(torch.matmul(v, weight) + hidden_bias)


def visible_probabilities(h, weight, visible_bias, hidden_bias):
    return _probability(torch.einsum("...j,ij->...i", h, weight) + visible_bias)


def free_energy(v, weight, visible_bias, hidden_bias):
    field = torch.matmul(v, weight) + hidden_bias
    return -(v * visible_bias).sum(-1) - torch.logaddexp(torch.zeros_like(field), field).sum(-1)
