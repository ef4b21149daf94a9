"""Each sequence by itself, only as long as it is, then padded with zeros."""

import torch
import torch.nn.functional as F


def rnn(x, lengths, h0, w_x, w_h, b):
    outputs, last = [], []
    for sequence, length, h in zip(x, lengths.tolist(), h0, strict=False):
        states = []
        for step in sequence[:length]:
            h = torch.tanh(w_x @ step + w_h @ h + b)
            states.append(h)
        outputs.append(F.pad(torch.stack(states), (0, 0, 0, x.shape[1] - length)))
        last.append(h)
    return torch.stack(outputs), torch.stack(last)
