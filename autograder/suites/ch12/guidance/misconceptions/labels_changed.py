"""The caller needs its labels again in the next epoch: work on a copy."""

import torch


def drop_labels(y, p, null_label, generator):
    dropped = torch.rand(y.shape, generator=generator) < p
    y[dropped] = null_label
    return y


def guided_eps(model, x, t, y, scale, null_label):
    conditional = model(x, t, y)
    unconditional = model(x, t, torch.full_like(y, null_label))
    return unconditional + scale * (conditional - unconditional)
