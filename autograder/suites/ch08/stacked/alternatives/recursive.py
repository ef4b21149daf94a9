"""The lower layers by recursion."""

import torch


def stacked(layer, x, lengths, weights, states, between=None):
    *below, top = weights
    k = len(top)
    ends = ()
    if below:
        x, ends = stacked(layer, x, lengths, below, tuple(s[:-k] for s in states), between)
        if between is not None:
            x = between(x)
    results = [
        layer(x, lengths, w, tuple(s[len(s) - k + j] for s in states), j == 1) for j, w in enumerate(top)
    ]
    outputs = torch.cat([r[0] for r in results], dim=-1)
    new = tuple(torch.stack(parts) for parts in zip(*(r[1] for r in results), strict=True))
    return outputs, tuple(torch.cat(pair) for pair in zip(ends, new, strict=True)) if below else new


def sentence_vectors(last, directions):
    return last[-directions:].transpose(0, 1).flatten(1)
