"""Rows one by one; the norm clipped by hand."""

import torch
import torch.nn.functional as F


def adding_problem(n, steps, generator):
    inputs, targets = torch.zeros(n, steps, 2), torch.zeros(n)
    inputs[:, :, 0] = torch.rand(n, steps, generator=generator)
    for row in range(n):
        for low, high in ((0, steps // 2), (steps // 2, steps)):
            place = int(torch.randint(low, high, (1,), generator=generator))
            inputs[row, place, 1] = 1
            targets[row] += inputs[row, place, 0]
    return inputs, targets


def copy_memory(n, delay, generator, symbols=8, length=5):
    inputs = torch.zeros(n, 2 * length + delay, symbols + 2)
    targets = torch.zeros(n, length, dtype=torch.int64)
    inputs[:, :, symbols] = 1
    inputs[:, length + delay - 1, symbols] = 0
    inputs[:, length + delay - 1, symbols + 1] = 1
    inputs[:, :length, symbols] = 0
    for row in range(n):
        targets[row] = torch.randint(0, symbols, (length,), generator=generator)
        inputs[row, range(length), targets[row]] = 1
    return inputs, targets


def train_memory(model, batches, lr=1e-2, max_norm=1.0):
    parameters = list(model.parameters())
    adam = torch.optim.Adam(parameters, lr)
    losses = []
    model.train(True)
    for inputs, targets in batches:
        out = model(inputs)
        if targets.is_floating_point():
            loss = ((out - targets) ** 2).mean()
        else:
            scores = out[:, -targets.shape[1] :].log_softmax(-1)
            loss = -scores.gather(2, targets[:, :, None]).mean()
        for p in parameters:
            p.grad = None
        loss.backward()
        norm = torch.sqrt(sum((p.grad**2).sum() for p in parameters))
        if norm > max_norm:
            for p in parameters:
                p.grad.mul_(max_norm / (norm + 1e-6))
        adam.step()
        losses.append(loss.item())
    return losses
