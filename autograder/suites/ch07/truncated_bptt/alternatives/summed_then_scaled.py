"""Gradients of the sum, by torch.autograd.grad, scaled and added by hand."""

import torch
import torch.nn.functional as F


def truncated_bptt(model, ids, targets, state, window):
    parameters = list(model.parameters())
    n, steps = ids.shape
    total = 0.0
    for i in range((steps + window - 1) // window):
        now = slice(i * window, min((i + 1) * window, steps))
        logits, new = model(ids[:, now], None if state is None else state.detach())
        loss = F.cross_entropy(logits.transpose(1, 2), targets[:, now], reduction="none").sum()
        for p, g in zip(parameters, torch.autograd.grad(loss, parameters), strict=False):
            g = g / (n * steps)
            p.grad = g if p.grad is None else p.grad + g
        total += loss.item()
        state = new.detach()
    return total / (n * steps), state
