"""Logistic noise added to the fields decides; a mean of outer products, row by row."""

import torch


def _draw(field, generator):
    u = torch.rand(field.shape, generator=generator, dtype=torch.float64)
    return (field + torch.logit(u) > 0).to(field.dtype)


def block_gibbs(v, weight, visible_bias, hidden_bias, k=1, generator=None):
    for _ in range(k):
        h = _draw(v.matmul(weight) + hidden_bias, generator)
        v = _draw(h.matmul(weight.T) + visible_bias, generator)
    return v


def _phase(v, weight, hidden_bias):
    h = 1 / (1 + torch.exp(-(v @ weight) - hidden_bias))
    return (v[:, :, None] * h[:, None, :]).mean(0), v.mean(0), h.mean(0)


def cd_gradients(v_data, v_chain, weight, visible_bias, hidden_bias):
    positive, negative = _phase(v_data, weight, hidden_bias), _phase(v_chain, weight, hidden_bias)
    return tuple(b - a for a, b in zip(positive, negative, strict=True))
