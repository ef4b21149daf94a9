"""Each label is dropped independently: must their number always be the same?"""

import torch


def drop_labels(y, p, null_label, generator):
    dropped = torch.arange(len(y)) < int(p * len(y))
    return torch.where(dropped, torch.full_like(y, null_label), y)


def guided_eps(model, x, t, y, scale, null_label):
    conditional = model(x, t, y)
    unconditional = model(x, t, torch.full_like(y, null_label))
    return unconditional + scale * (conditional - unconditional)
