"""Uniform numbers compared with probabilities; outer products by einsum."""

import torch


def block_gibbs(v, weight, visible_bias, hidden_bias, k=1, generator=None):
    def draw(p):
        return (torch.rand(p.shape, generator=generator, dtype=p.dtype) < p).to(p.dtype)

    for _ in range(k):
        v = draw(torch.sigmoid(draw(torch.sigmoid(v @ weight + hidden_bias)) @ weight.t() + visible_bias))
    return v


def cd_gradients(v_data, v_chain, weight, visible_bias, hidden_bias):
    grads = [torch.zeros_like(weight), torch.zeros_like(visible_bias), torch.zeros_like(hidden_bias)]
    for v, sign in ((v_chain, 1), (v_data, -1)):
        h = torch.sigmoid(v @ weight + hidden_bias)
        n = v.shape[0]
        parts = torch.einsum("ni,nj->ij", v, h), v.sum(0), h.sum(0)
        grads = [g + sign * part / n for g, part in zip(grads, parts, strict=True)]
    return tuple(grads)
