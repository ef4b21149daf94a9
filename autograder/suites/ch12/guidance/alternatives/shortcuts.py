"""Nothing is drawn at p = 0, and the model is asked only once at the scales 0 and 1."""

import torch


def drop_labels(y, p, null_label, generator):

    if p <= 0:
        return y.clone()
    return y.masked_fill(torch.empty(y.shape).uniform_(generator=generator) < p, null_label)


def guided_eps(model, x, t, y, scale, null_label):

    if scale == 1:
        return model(x, t, y)
    null = model(x, t, torch.full((x.shape[0],), null_label, dtype=torch.int64))
    if scale == 0:
        return null
    return torch.add(null, model(x, t, y) - null, alpha=scale)
