"""States as columns; the diagonal by subtraction of P / n."""

import torch


def hopfield_weights(patterns):
    count, n = patterns.shape
    return (patterns.T @ patterns - count * torch.eye(n, dtype=patterns.dtype)) / n


def hopfield_energy(s, weight):
    columns = s.T
    return -0.5 * (columns * (weight @ columns)).sum(0)


def hopfield_recall(s, weight, sweeps=5):
    columns = list(s.T.unbind(0))
    for _ in range(sweeps):
        for i in range(len(columns)):
            field = weight[i] @ torch.stack(columns)
            columns[i] = torch.where(field > 0, 1, torch.where(field < 0, -1, columns[i])).to(s.dtype)
    return torch.stack(columns, 1)


def modern_step(query, patterns, beta):
    return (patterns.T @ torch.softmax(beta * (patterns @ query.T), dim=0)).T


def modern_energy(query, patterns, beta):
    log_sum = torch.logsumexp(patterns @ (beta * query.T), dim=0)
    return (query * query).sum(1) / 2 - log_sum / beta
