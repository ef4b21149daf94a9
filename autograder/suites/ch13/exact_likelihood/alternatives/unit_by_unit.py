"""The table of fields grows unit by unit, doubling: no states are listed."""

import torch
import torch.nn.functional as F


def rbm_log_partition(weight, visible_bias, hidden_bias):
    if weight.shape[0] < weight.shape[1]:
        return rbm_log_partition(weight.T, hidden_bias, visible_bias)
    if weight.shape[1] > 20:
        raise ValueError(f"{weight.shape[1]} units on the smaller side")
    fields, own = visible_bias[None], torch.zeros(1, dtype=weight.dtype)
    for column, c in zip(weight.T, hidden_bias, strict=True):
        fields, own = torch.cat([fields, fields + column]), torch.cat([own, own + c])
    return (own + F.softplus(fields).sum(1)).logsumexp(0)


def rbm_log_likelihood(v, weight, visible_bias, hidden_bias):
    log_z = rbm_log_partition(weight, visible_bias, hidden_bias)
    return torch.stack([x @ visible_bias + F.softplus(x @ weight + hidden_bias).sum() - log_z for x in v])
