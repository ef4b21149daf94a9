"""Probabilities from energies and softplus; the entropy unit by unit."""

import torch
import torch.nn.functional as F


def upside_down(weight, visible_bias, hidden_bias):
    return torch.clone(weight.transpose(0, 1)), torch.clone(hidden_bias), torch.clone(visible_bias)


def dbn_bound(v, weight, visible_bias, hidden_bias, states, log_prior):
    up = v @ weight + hidden_bias
    down = states @ weight.T + visible_bias
    log_q = up @ states.T - F.softplus(up).sum(1, keepdim=True)
    log_p = v @ down.T - F.softplus(down).sum(1)
    entropy = (F.softplus(up) - up * torch.sigmoid(up)).sum(1)
    return (log_q.exp() * (log_p + log_prior)).sum(1) + entropy


def greedy_stack(data, sizes, fit):
    layer, stack = data, []
    for size in sizes:
        stack.append(tuple(fit(layer, size)))
        layer = (layer @ stack[-1][0] + stack[-1][2]).sigmoid()
    return stack
