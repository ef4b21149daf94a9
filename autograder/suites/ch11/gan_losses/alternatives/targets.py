"""The way of most public code: binary cross-entropy and mean squared error against tensors of targets."""

import torch
from torch import nn


def discriminator_loss(real_logits, fake_logits, kind="non_saturating", smoothing=0.0):
    if kind == "hinge":
        if smoothing:
            raise ValueError("the hinge loss has no targets to smooth")
        zero = torch.zeros((), dtype=real_logits.dtype)
        return -torch.min(real_logits - 1, zero).mean() - torch.min(-fake_logits - 1, zero).mean()
    if kind not in ("minimax", "non_saturating", "least_squares"):
        raise ValueError(kind)
    criterion = nn.MSELoss() if kind == "least_squares" else nn.BCEWithLogitsLoss()
    scale = 0.5 if kind == "least_squares" else 1.0
    real_target = torch.ones_like(real_logits) * (1 - smoothing)
    fake_target = torch.zeros_like(fake_logits)
    return scale * (criterion(real_logits, real_target) + criterion(fake_logits, fake_target))


def generator_loss(fake_logits, kind="non_saturating"):
    if kind == "minimax":
        return -nn.BCEWithLogitsLoss()(fake_logits, torch.zeros_like(fake_logits))
    if kind == "non_saturating":
        return nn.BCEWithLogitsLoss()(fake_logits, torch.ones_like(fake_logits))
    if kind == "least_squares":
        return nn.MSELoss()(fake_logits, torch.ones_like(fake_logits)) / 2
    if kind == "hinge":
        return torch.neg(fake_logits).mean()
    raise ValueError(kind)
