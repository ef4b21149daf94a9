"""The biases folded into a larger weight matrix with a constant unit in each layer."""

import torch


def _folded(weight, visible_bias, hidden_bias):
    corner = torch.zeros(1, 1, dtype=weight.dtype)
    top = torch.cat([corner, hidden_bias[None]], 1)
    return torch.cat([top, torch.cat([visible_bias[:, None], weight], 1)], 0)


def _with_one(x):
    return torch.cat([torch.ones_like(x[..., :1]), x], -1)


def rbm_energy(v, h, weight, visible_bias, hidden_bias):
    return -((_with_one(v) @ _folded(weight, visible_bias, hidden_bias)) * _with_one(h)).sum(-1)


def hidden_probabilities(v, weight, visible_bias, hidden_bias):
    return (_with_one(v) @ _folded(weight, visible_bias, hidden_bias))[..., 1:].sigmoid()


def visible_probabilities(h, weight, visible_bias, hidden_bias):
    return (_with_one(h) @ _folded(weight, visible_bias, hidden_bias).T)[..., 1:].sigmoid()


def free_energy(v, weight, visible_bias, hidden_bias):
    fields = _with_one(v) @ _folded(weight, visible_bias, hidden_bias)
    return -fields[..., 0] + torch.nn.functional.logsigmoid(-fields[..., 1:]).sum(-1)
