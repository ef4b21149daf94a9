"""Each label is dropped by itself, not the whole batch at once."""

import torch


def drop_labels(y, p, null_label, generator):
    dropped = torch.rand((), generator=generator).expand(y.shape) < p
    return torch.where(dropped, torch.full_like(y, null_label), y)


def guided_eps(model, x, t, y, scale, null_label):
    conditional = model(x, t, y)
    unconditional = model(x, t, torch.full_like(y, null_label))
    return unconditional + scale * (conditional - unconditional)
