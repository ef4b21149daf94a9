"""Plain loops over the grid."""

import math

import torch


def best_units(x, codebook):
    result = torch.zeros(len(x), 2, dtype=torch.int64)
    for n in range(len(x)):
        least = math.inf
        for r in range(codebook.shape[0]):
            for c in range(codebook.shape[1]):
                distance = float(torch.sum((x[n] - codebook[r, c]) ** 2))
                if distance < least:
                    least = distance
                    result[n, 0], result[n, 1] = r, c
    return result


def neighbourhood(best, rows, columns, radius):
    r = torch.arange(rows).view(1, rows, 1)
    c = torch.arange(columns).view(1, 1, columns)
    squared = (r - best[:, :1, None]) ** 2 + (c - best[:, 1:, None]) ** 2
    return (-squared / 2 / radius**2).exp()


def som_step(x, codebook, rate, radius):
    row, column = best_units(x[None], codebook)[0].tolist()
    new = torch.empty(codebook.shape, dtype=codebook.dtype)
    for r in range(codebook.shape[0]):
        for c in range(codebook.shape[1]):
            share = math.exp(-((r - row) ** 2 + (c - column) ** 2) / (2 * radius**2))
            new[r, c] = (1 - rate * share) * codebook[r, c] + rate * share * x
    return new
