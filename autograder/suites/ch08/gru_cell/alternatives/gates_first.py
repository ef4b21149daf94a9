"""Both gates from one product of concatenated inputs, the candidate by itself."""

import torch


def gru_cell(x, h, w_x, w_h, b_x, b_h):
    k = 2 * h.shape[1]
    joined = torch.cat([w_x[:k], w_h[:k]], dim=1)
    gates = torch.sigmoid(torch.cat([x, h], dim=1) @ joined.mT + (b_x[:k] + b_h[:k]))
    reset, update = gates.split(h.shape[1], dim=1)
    candidate = torch.tanh(x @ w_x[k:].mT + b_x[k:] + reset * (h @ w_h[k:].mT + b_h[k:]))
    return torch.lerp(candidate, h, update)
