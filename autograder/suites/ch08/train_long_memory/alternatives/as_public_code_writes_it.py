"""Multinomial places and a helper for the loss, as in public implementations of the two tasks."""

import torch
import torch.nn.functional as F


def adding_problem(n, steps, generator):
    x = torch.rand((n, steps), generator=generator)
    half = steps // 2
    one = torch.multinomial(torch.ones(n, half), 1, generator=generator)
    two = torch.multinomial(torch.ones(n, steps - half), 1, generator=generator) + half
    mask = F.one_hot(one[:, 0], steps).float() + F.one_hot(two[:, 0], steps).float()
    return torch.cat([x.unsqueeze(2), mask.unsqueeze(2)], dim=2), (x * mask).sum(1)


def copy_memory(n, delay, generator, symbols=8, length=5):
    seq = torch.randint(0, symbols, (n, length), generator=generator)

    def pad(k):
        return symbols * torch.ones(n, k, dtype=torch.long)

    x = torch.cat([seq, pad(delay - 1), pad(1) + 1, pad(length)], 1)
    return torch.eye(symbols + 2)[x], seq


def _loss(output, target):
    if target.dim() == 2:
        output = output[:, -target.size(1) :].contiguous()
        return F.nll_loss(F.log_softmax(output, 2).view(-1, output.size(2)), target.reshape(-1))
    return F.mse_loss(output, target)


def train_memory(model, batches, lr=1e-2, max_norm=1.0):
    opt = torch.optim.Adam(model.parameters(), lr=lr, betas=(0.9, 0.999))
    model.train()
    total = []
    for data, target in batches:
        opt.zero_grad()
        loss = _loss(model(data), target)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        opt.step()
        total.append(loss.item())
    return total
