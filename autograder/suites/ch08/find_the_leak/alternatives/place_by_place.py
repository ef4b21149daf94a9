"""The text itself, then one batch for each place; outputs gathered in a loop."""

import torch


def reads(model, ids, vocab_size):
    before, columns = model(ids[None])[0], []
    for s in range(len(ids)):
        texts = ids[None].repeat(vocab_size, 1)
        texts[:, s] = torch.arange(vocab_size)
        after = model(texts)
        columns.append(((after - before).abs() > 1e-6).any(2).any(0))
    return torch.stack(columns, dim=1)


def two_sided(forwards, backwards):
    n, steps, h = forwards.shape
    sides = []
    for t in range(steps):
        left = forwards[:, t - 1] if t > 0 else forwards.new_zeros(n, h)
        right = backwards[:, t + 1] if t + 1 < steps else backwards.new_zeros(n, backwards.shape[2])
        sides.append(torch.cat([left, right], dim=1))
    return torch.stack(sides, dim=1)
