"""A list of labels, one coin each; interpolation by lerp."""

import torch


def drop_labels(y, p, null_label, generator):

    coins = torch.rand(len(y), generator=generator, dtype=torch.float64).tolist()
    return torch.tensor(
        [null_label if c < p else int(label) for c, label in zip(coins, y, strict=False)], dtype=torch.int64
    )


def guided_eps(model, x, t, y, scale, null_label):

    null = torch.ones_like(y) * null_label
    return torch.lerp(model(x, t, null), model(x, t, y), scale)
