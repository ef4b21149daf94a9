"""Ranks instead of sorted probabilities; drawn by the Gumbel trick."""

import torch


def next_probs(logits, temperature=1.0, top_k=None, top_p=None):
    order = torch.sort(-logits, dim=1, stable=True).indices
    ranks = torch.empty_like(order).scatter_(1, order, torch.arange(logits.shape[1]).expand_as(order).clone())
    if temperature == 0:
        return (ranks == 0).to(logits.dtype)
    p = torch.softmax((logits - logits.amax(1, keepdim=True)) / temperature, dim=1)
    if top_k is not None:
        p = torch.where(ranks < top_k, p, torch.zeros_like(p))
        p = p / p.sum(1, keepdim=True)
    if top_p is not None and top_p != 1:
        ranked = p.gather(1, order)
        reached = (ranked.cumsum(1) < top_p).sum(1, keepdim=True)
        p = torch.where(ranks <= reached, p, torch.zeros_like(p))
        p = p / p.sum(1, keepdim=True)
    return p


def generate(model, prompt, length, context, generator, temperature=1.0, top_k=None, top_p=None):
    out = prompt.new_empty(len(prompt) + length)
    out[: len(prompt)] = prompt
    with torch.no_grad():
        for i in range(len(prompt), len(out)):
            p = next_probs(model(out[max(0, i - context) : i][None])[:, -1], temperature, top_k, top_p)[0]
            noise = -torch.log(
                -torch.log(torch.rand(p.shape, generator=generator, dtype=torch.float64).clamp(1e-300))
            )
            out[i] = (p.double().log() + noise).argmax()
    return out
