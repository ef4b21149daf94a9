"""Padding marked by -100; a criterion; a helper for one batch."""

import torch
from torch import nn


def train_speller(model, batches, epochs=1, lr=5e-3):
    criterion = nn.CrossEntropyLoss(ignore_index=-100)
    adam = torch.optim.Adam(model.parameters(), lr)
    model.train()

    def one(source, source_lengths, targets, target_lengths):
        steps = targets.size(1)
        inputs = torch.nn.functional.pad(targets, (1, 0), value=1)[:, :steps]
        labels = targets.masked_fill(torch.arange(steps) >= target_lengths.unsqueeze(1), -100)
        loss = criterion(model(source, source_lengths, inputs).transpose(1, 2), labels)
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
        adam.step()
        return loss.item()

    history = []
    for _ in range(epochs):
        values = [one(*batch) for batch in batches]
        history.append(sum(values) / len(values))
    return history
