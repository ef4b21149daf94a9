"""The prediction as a weighted mean with a weight that may be negative; labels dropped one by one."""

import torch


def drop_labels(y, p, null_label, generator):
    chances = torch.rand(len(y), generator=generator).tolist()
    pairs = zip(chances, y.tolist(), strict=True)
    return torch.tensor([null_label if chance < p else label for chance, label in pairs], dtype=y.dtype)


def guided_eps(model, x, t, y, scale, null_label):
    null = torch.zeros_like(y) + null_label
    return scale * model(x, t, y) + (1 - scale) * model(x, t, null)
