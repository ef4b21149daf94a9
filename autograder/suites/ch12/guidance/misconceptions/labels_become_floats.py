"""Labels are whole numbers: which dtype has your answer?"""

import torch


def drop_labels(y, p, null_label, generator):
    dropped = torch.rand(y.shape, generator=generator) < p
    return y * (~dropped) + null_label * dropped.float()


def guided_eps(model, x, t, y, scale, null_label):
    conditional = model(x, t, y)
    unconditional = model(x, t, torch.full_like(y, null_label))
    return unconditional + scale * (conditional - unconditional)
