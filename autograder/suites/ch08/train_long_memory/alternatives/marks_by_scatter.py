"""Marks by scatter, one-hot by comparison, the loss by a criterion."""

import torch
from torch import nn


def adding_problem(n, steps, generator):
    half = steps // 2
    places = torch.cat(
        [
            torch.randint(half, (n, 1), generator=generator),
            torch.randint(half, steps, (n, 1), generator=generator),
        ],
        1,
    )
    values = torch.empty(n, steps).uniform_(0, 1, generator=generator)
    marks = torch.zeros(n, steps).scatter_(1, places, 1.0)
    return torch.stack((values, marks), -1), values.gather(1, places).sum(1)


def copy_memory(n, delay, generator, symbols=8, length=5):
    targets = torch.randint(symbols, (n, length), generator=generator)
    blank = torch.full((n, delay - 1), symbols)
    signal = torch.full((n, 1), symbols + 1)
    ids = torch.cat([targets, blank, signal, torch.full((n, length), symbols)], dim=1)
    return (ids[..., None] == torch.arange(symbols + 2)).float(), targets


def train_memory(model, batches, lr=1e-2, max_norm=1.0):
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    squared, entropy = nn.MSELoss(), nn.CrossEntropyLoss()
    history = []
    model.train()
    for x, y in batches:
        optimiser.zero_grad()
        out = model(x)
        if y.dtype == torch.int64:
            loss = entropy(out[:, out.shape[1] - y.shape[1] :].transpose(1, 2), y)
        else:
            loss = squared(out, y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        optimiser.step()
        history.append(float(loss.detach()))
    return history
