"""Both predictions in one call of a doubled batch; labels dropped by masked_fill and bernoulli."""

import torch


def drop_labels(y, p, null_label, generator):
    dropped = torch.bernoulli(torch.full(y.shape, float(p)), generator=generator).bool()
    return y.masked_fill(dropped, null_label)


def guided_eps(model, x, t, y, scale, null_label):
    labels = torch.cat([torch.full_like(y, null_label), y])
    both = model(torch.cat([x, x]), torch.cat([t, t]), labels)
    without, with_label = both.chunk(2)
    return torch.lerp(without, with_label, scale)
