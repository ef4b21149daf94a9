"""Logits are set to minus infinity in sorted order and scattered back: the way of public libraries."""

import torch


def next_probs(logits, temperature=1.0, top_k=None, top_p=None):
    if temperature == 0:
        best = logits.argmax(-1, keepdim=True)
        # The first of equals: argmax is not bound to it.
        first = (logits == logits.gather(-1, best)).to(torch.int8).argmax(-1, keepdim=True)
        return torch.zeros_like(logits).scatter(-1, first, 1.0)
    scores = logits / temperature
    if top_k is not None and top_k < logits.shape[-1]:
        ranked = scores.sort(dim=-1, descending=True, stable=True).indices
        scores = scores.scatter(-1, ranked[:, top_k:], -torch.inf)
    if top_p is not None and top_p < 1.0:
        ranked, order = scores.sort(dim=-1, descending=True, stable=True)
        cumulative = ranked.softmax(-1).cumsum(-1)
        remove = cumulative >= top_p
        remove = torch.cat([torch.zeros_like(remove[:, :1]), remove[:, :-1]], dim=-1)
        scores = scores.masked_fill(torch.zeros_like(remove).scatter(-1, order, remove), -torch.inf)
    return scores.softmax(-1)


@torch.no_grad()
def generate(model, prompt, length, context, generator, temperature=1.0, top_k=None, top_p=None):
    idx = prompt.unsqueeze(0).clone()
    for _ in range(length):
        cond = idx if idx.size(1) <= context else idx[:, -context:]
        logits = model(cond)[:, -1, :]
        probs = next_probs(logits, temperature, top_k, top_p)
        idx = torch.cat((idx, torch.multinomial(probs, num_samples=1, generator=generator)), dim=1)
    return idx[0]
