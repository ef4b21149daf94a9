"""Places are computed; results are written by index."""

import torch


def stacked(layer, x, lengths, weights, states, between=None):
    layers, directions = len(weights), len(weights[0])
    finals = [None] * (layers * directions)
    inputs = x
    for level in range(layers):
        halves = []
        for k in range(directions):
            index = level * directions + k
            out, end = layer(inputs, lengths, weights[level][k], tuple(s[index] for s in states), bool(k))
            finals[index] = tuple(end)
            halves.append(out)
        inputs = halves[0] if directions == 1 else torch.cat(halves, -1)
        if between is not None and level + 1 < layers:
            inputs = between(inputs)
    return inputs, tuple(torch.stack([f[j] for f in finals]) for j in range(len(states)))


def sentence_vectors(last, directions):
    return last[-1] if directions == 1 else torch.cat((last[-2], last[-1]), dim=1)
