"""Cross-entropies with logits, a recursive stack."""

import torch
import torch.nn.functional as F


def upside_down(weight, visible_bias, hidden_bias):
    return weight.detach().clone().t(), hidden_bias.detach().clone(), visible_bias.detach().clone()


def dbn_bound(v, weight, visible_bias, hidden_bias, states, log_prior):
    N, M = len(v), len(states)
    up = (v @ weight + hidden_bias)[:, None].expand(N, M, -1)
    down = (states @ weight.T + visible_bias)[None].expand(N, M, -1)
    h, x = states.expand(N, M, -1), v[:, None].expand(N, M, -1)
    log_q = -F.binary_cross_entropy_with_logits(up, h, reduction="none").sum(-1)
    log_p = -F.binary_cross_entropy_with_logits(down, x, reduction="none").sum(-1)
    q = log_q.exp()
    return (q * (log_p + log_prior)).sum(1) - torch.nan_to_num(q * log_q).sum(1)


def greedy_stack(data, sizes, fit):
    if not sizes:
        return []
    weight, a, c = fit(data, sizes[0])
    above = greedy_stack(torch.sigmoid(torch.addmm(c, data, weight)), sizes[1:], fit)
    return [(weight, a, c), *above]
