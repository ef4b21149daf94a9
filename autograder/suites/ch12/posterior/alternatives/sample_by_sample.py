"""One sample after the other, in Python's own numbers."""

import math

import torch


def posterior(x0, x_t, t, betas):
    steps = betas.tolist()
    means, variances = [], []
    for data, noised, time in zip(x0, x_t, t.tolist(), strict=True):
        before = math.prod(1 - beta for beta in steps[:time])
        beta = steps[time]
        now = before * (1 - beta)
        on_data, on_noised = math.sqrt(before) * beta, math.sqrt(1 - beta) * (1 - before)
        means.append((on_data * data + on_noised * noised) / (1 - now))
        variances.append(beta * (1 - before) / (1 - now))
    spread = torch.tensor(variances, dtype=x0.dtype)
    return torch.stack(means), spread.reshape(-1, *[1] * (x0.dim() - 1))
