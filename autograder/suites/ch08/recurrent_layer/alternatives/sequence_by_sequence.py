"""Each sequence by itself, only as long as it is, then padded with zeros."""

import torch
import torch.nn.functional as F


def recurrent_layer(step, x, lengths, weights, states, backwards=False):
    outputs, lasts = [], []
    for n, length in enumerate(lengths.tolist()):
        one, seen = tuple(s[n : n + 1] for s in states), []
        own = x[n : n + 1, :length]
        for t in range(length):
            one = step(own[:, length - 1 - t if backwards else t], one, weights)
            seen.append(one[0])
        seen = torch.cat(seen[::-1] if backwards else seen)
        outputs.append(F.pad(seen, (0, 0, 0, x.shape[1] - length)))
        lasts.append(tuple(one))
    return torch.stack(outputs), tuple(torch.cat(parts) for parts in zip(*lasts, strict=True))
