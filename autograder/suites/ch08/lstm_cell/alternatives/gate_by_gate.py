"""Each gate with its own rows of the matrices; einsum."""

import torch


def lstm_cell(x, h, c, w_x, w_h, b):
    u = w_x.reshape(4, -1, x.shape[1])
    v = w_h.reshape(4, -1, h.shape[1])
    a = torch.einsum("nd,khd->knh", x, u) + torch.einsum("ng,khg->knh", h, v) + b.reshape(4, 1, -1)
    i, f, o = (
        1 / (1 + torch.exp(-a[k].clamp(min=-80 if a.dtype == torch.float32 else -700))) for k in (0, 1, 3)
    )
    c = torch.addcmul(f * c, i, torch.tanh(a[2]))
    return o * torch.tanh(c), c


def lstm_start(features, hidden, forget_bias, generator):
    parts = []
    for columns in (features, hidden):
        unit = torch.rand(4, hidden, columns, generator=generator)
        parts.append((unit - 0.5).mul(2 / hidden**0.5).reshape(4 * hidden, columns))
    bias = torch.tensor([0.0, float(forget_bias), 0.0, 0.0]).repeat_interleave(hidden)
    return parts[0], parts[1], bias
