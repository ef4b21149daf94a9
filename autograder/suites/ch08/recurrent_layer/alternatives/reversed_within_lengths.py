"""As public code does it: each sequence is turned round within its length, read forwards, and turned back."""

import torch


def recurrent_layer(step, x, lengths, weights, states, backwards=False):
    n, steps = x.shape[:2]
    place = torch.arange(steps).expand(n, steps)
    mask = place < lengths[:, None]
    rows = torch.arange(n)[:, None]
    order = torch.where(mask, lengths[:, None] - 1 - place, place) if backwards else place
    x = torch.where(mask[:, :, None], x, x.new_zeros(()))[rows, order]
    collected = []
    for t in range(steps):
        new = step(x[:, t], states, weights)
        alive = mask[:, t].unsqueeze(1)
        states = tuple(torch.where(alive, a, b) for a, b in zip(new, states, strict=True))
        collected.append(states[0])
    outputs = torch.stack(collected, 1)[rows, order]
    return outputs.masked_fill(~mask[:, :, None], 0), states
