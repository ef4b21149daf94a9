"""The label-free prediction is a second call of the model; dropped labels are chosen by torch.where."""

import torch


def drop_labels(y, p, null_label, generator):
    dropped = torch.rand(y.shape, generator=generator) < p
    return torch.where(dropped, torch.full_like(y, null_label), y)


def guided_eps(model, x, t, y, scale, null_label):
    conditional = model(x, t, y)
    unconditional = model(x, t, torch.full_like(y, null_label))
    return unconditional + scale * (conditional - unconditional)
