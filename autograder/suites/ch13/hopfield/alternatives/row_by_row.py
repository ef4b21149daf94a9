"""Pattern by pattern, row by row, weights scaled by the largest score."""

import torch


def hopfield_weights(patterns):
    n = patterns.shape[1]
    weight = torch.zeros(n, n, dtype=patterns.dtype)
    for x in patterns:
        weight = weight + torch.outer(x, x)
    return weight * (1 - torch.eye(n, dtype=patterns.dtype)) / n


def hopfield_energy(s, weight):
    return torch.stack([-(x @ weight @ x) / 2 for x in s])


def hopfield_recall(s, weight, sweeps=5):
    rows = []
    for row in s:
        row = row.clone()
        for _ in range(sweeps):
            for i, couplings in enumerate(weight):
                field = torch.dot(couplings, row)
                if field != 0:
                    row[i] = torch.sign(field)
        rows.append(row)
    return torch.stack(rows)


def modern_step(query, patterns, beta):
    scores = beta * (query[:, None] * patterns).sum(-1)
    weights = torch.exp(scores - scores.max(1, keepdim=True).values)
    return weights / weights.sum(1, keepdim=True) @ patterns


def modern_energy(query, patterns, beta):
    scores = beta * (query[:, None] * patterns).sum(-1)
    top = scores.max(1).values
    return (
        0.5 * torch.linalg.vector_norm(query, dim=1) ** 2
        - (top + torch.exp(scores - top[:, None]).sum(1).log()) / beta
    )
