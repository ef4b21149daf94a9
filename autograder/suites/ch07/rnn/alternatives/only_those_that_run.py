"""At each step only the sequences that still run are renewed."""

import torch


def rnn(x, lengths, h0, w_x, w_h, b):
    n, steps, _ = x.shape
    h, outputs = h0, []
    for t in range(steps):
        alive = torch.nonzero(lengths > t).flatten()
        new = torch.tanh(x[alive, t] @ w_x.T + h[alive] @ w_h.T + b)
        h = h.index_copy(0, alive, new)
        outputs.append(torch.zeros_like(h).index_copy(0, alive, new))
    return torch.stack(outputs).transpose(0, 1), h
