"""Einsum, fill_diagonal_, values from conditions."""

import torch


def hopfield_weights(patterns):
    weight = torch.einsum("pi,pj->ij", patterns, patterns) / patterns.size(1)
    return weight.fill_diagonal_(0.0)


def hopfield_energy(s, weight):
    return torch.einsum("ni,ij,nj->n", s, weight, s) / -2


def hopfield_recall(s, weight, sweeps=5):
    out = s.clone()
    for step in range(sweeps * s.size(1)):
        i = step % s.size(1)
        h = torch.mv(out, weight[:, i])
        out[h > 0, i] = 1.0
        out[h < 0, i] = -1.0
    return out


def modern_step(query, patterns, beta):
    return torch.einsum(
        "np,pd->nd", (beta * torch.einsum("nd,pd->np", query, patterns)).softmax(-1), patterns
    )


def modern_energy(query, patterns, beta):
    scores = beta * query.matmul(patterns.t())
    return query.pow(2).sum(-1) / 2 - scores.logsumexp(-1) / beta
