"""Coins by multinomial draws, labels picked by gather; the two predictions as one contraction."""

import torch


def drop_labels(y, p, null_label, generator):

    choice = torch.multinomial(torch.tensor([1.0 - p, p]), len(y), replacement=True, generator=generator)
    return torch.stack([y, torch.full_like(y, null_label)], dim=1).gather(1, choice[:, None]).squeeze(1)


def guided_eps(model, x, t, y, scale, null_label):

    labels = torch.stack([torch.full_like(y, null_label), y])
    first, second = (model(x, t, row) for row in labels)
    return torch.tensordot(
        torch.tensor([1.0 - scale, scale], dtype=x.dtype), torch.stack([first, second]), dims=1
    )
