"""A loop over rows; log1p of the classes other than the largest; smoothing as a mean over all classes."""

import torch


def cross_entropy(logits, target, label_smoothing=0.0):
    total = 0
    for row, label in zip(logits, target.tolist(), strict=True):
        best = int(row.argmax())
        others = torch.cat((row[:best], row[best + 1 :]))
        log_normaliser = row[best] + torch.log1p((others - row[best]).exp().sum())
        losses = log_normaliser - row
        total = total + (1 - label_smoothing) * losses[label] + label_smoothing * losses.mean()
    return total / logits.size(0)
