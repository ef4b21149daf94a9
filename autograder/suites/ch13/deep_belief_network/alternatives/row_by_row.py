"""One visible state after the other."""

import torch
from torch.nn.functional import logsigmoid


def upside_down(weight, visible_bias, hidden_bias):
    return tuple(p.clone() for p in (weight.T, hidden_bias, visible_bias))


def dbn_bound(v, weight, visible_bias, hidden_bias, states, log_prior):
    sign_h, bounds = 2 * states - 1, []
    down = torch.einsum("mj,ij->mi", states, weight) + visible_bias
    for x in v:
        log_q = logsigmoid(sign_h * (x @ weight + hidden_bias)).sum(1)
        log_p = logsigmoid((2 * x - 1) * down).sum(1)
        bounds.append(torch.sum(log_q.exp() * (log_p + log_prior - log_q)))
    return torch.stack(bounds)


def greedy_stack(data, sizes, fit):
    machines = []
    for i in range(len(sizes)):
        machines.append(fit(data, sizes[i]))
        w, _, c = machines[i]
        data = 1 / (1 + torch.exp(-(data @ w + c)))
    return machines
