"""A nested function for one window, the mean by statistics."""

import statistics

import torch
from torch import nn


def train_char_rnn(model, windows, epochs=1, lr=8e-3, max_norm=1.0):
    criterion = nn.CrossEntropyLoss()
    optimiser = torch.optim.Adam(params=model.parameters(), lr=lr, betas=(0.9, 0.999), eps=1e-8)
    model.train()

    def one(inputs, targets, state):
        optimiser.zero_grad(set_to_none=True)
        logits, new_state = model(inputs) if state is None else model(inputs, state)
        loss = criterion(logits.reshape(targets.numel(), -1), targets.reshape(-1))
        loss.backward()
        nn.utils.clip_grad_norm_(list(model.parameters()), max_norm, norm_type=2.0)
        optimiser.step()
        return loss.detach().item(), new_state.detach()

    means = []
    for _ in range(epochs):
        state, losses = None, []
        for inputs, targets in windows:
            loss, state = one(inputs, targets, state)
            losses.append(loss)
        means.append(statistics.fmean(losses))
    return means
