"""Reshaped states of layers and directions, as in public implementations."""

import torch


def stacked(layer, x, lengths, weights, states, between=None):
    num_layers, num_dirs = len(weights), len(weights[0])
    per_layer = [s.view(num_layers, num_dirs, *s.shape[1:]) for s in states]
    hidden = [[] for _ in states]
    for i, both in enumerate(weights):
        out_fwd, h_fwd = layer(x, lengths, both[0], tuple(p[i, 0] for p in per_layer), False)
        for store, h in zip(hidden, h_fwd, strict=True):
            store.append(h)
        out = out_fwd
        if num_dirs == 2:
            out_bwd, h_bwd = layer(x, lengths, both[1], tuple(p[i, 1] for p in per_layer), True)
            for store, h in zip(hidden, h_bwd, strict=True):
                store.append(h)
            out = torch.cat([out_fwd, out_bwd], dim=2)
        x = between(out) if between and i < num_layers - 1 else out
    return x, tuple(torch.stack(store, dim=0) for store in hidden)


def sentence_vectors(last, directions):
    n = last.size(1)
    top = last.reshape(-1, directions, n, last.size(2))[-1]
    return top.permute(1, 0, 2).reshape(n, -1)
