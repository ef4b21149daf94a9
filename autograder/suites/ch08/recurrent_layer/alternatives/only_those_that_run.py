"""At each step only the sequences that still run are renewed."""

import torch


def recurrent_layer(step, x, lengths, weights, states, backwards=False):
    n, steps = x.shape[:2]
    states = list(states)
    outputs = {}
    times = list(range(steps))
    if backwards:
        times.reverse()
    for t in times:
        alive = torch.nonzero(lengths > t).flatten()
        full = torch.zeros_like(states[0])
        if len(alive):
            new = step(x[alive, t], tuple(s[alive] for s in states), weights)
            states = [s.index_copy(0, alive, v) for s, v in zip(states, new, strict=True)]
            full = full.index_copy(0, alive, new[0])
        outputs[t] = full
    return torch.stack([outputs[t] for t in range(steps)], 1), tuple(states)
