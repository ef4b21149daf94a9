"""States in pieces of 4096, so that memory stays small."""

import itertools

import torch
import torch.nn.functional as F


def rbm_log_partition(weight, visible_bias, hidden_bias):
    listed, summed = hidden_bias, visible_bias
    to_summed = weight.T
    if len(visible_bias) < len(hidden_bias):
        listed, summed, to_summed = visible_bias, hidden_bias, weight
    if len(listed) > 20:
        raise ValueError("too many units in both layers")
    states, parts = itertools.product([0.0, 1.0], repeat=len(listed)), []
    while piece := list(itertools.islice(states, 4096)):
        x = torch.tensor(piece, dtype=weight.dtype)
        parts.append(torch.logsumexp(x @ listed + F.softplus(x @ to_summed + summed).sum(1), 0))
    return torch.logsumexp(torch.stack(parts), 0)


def rbm_log_likelihood(v, weight, visible_bias, hidden_bias):
    free = -v @ visible_bias - F.softplus(v @ weight + hidden_bias).sum(-1)
    return -free - rbm_log_partition(weight, visible_bias, hidden_bias)
