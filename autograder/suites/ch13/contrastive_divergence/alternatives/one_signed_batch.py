"""Data and chains in one batch with signed weights."""

import torch


def block_gibbs(v, weight, visible_bias, hidden_bias, k=1, generator=None):
    while k > 0:
        h = torch.bernoulli(torch.addmm(hidden_bias, v, weight).sigmoid(), generator=generator)
        v = torch.bernoulli(torch.addmm(visible_bias, h, weight.T).sigmoid(), generator=generator)
        k -= 1
    return v


def cd_gradients(v_data, v_chain, weight, visible_bias, hidden_bias):
    v = torch.cat([v_data, v_chain])
    n, m = len(v_data), len(v_chain)
    share = torch.cat([torch.full((n,), -1 / n, dtype=v.dtype), torch.full((m,), 1 / m, dtype=v.dtype)])
    h = torch.sigmoid(v @ weight + hidden_bias)
    weighted = share[:, None] * v
    return weighted.T @ h, weighted.sum(0), share @ h
