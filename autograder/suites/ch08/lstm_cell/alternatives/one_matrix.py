"""One product of concatenated inputs and concatenated weights."""

import torch


def lstm_cell(x, h, c, w_x, w_h, b):
    hidden = c.shape[1]
    a = torch.cat([x, h], dim=1) @ torch.cat([w_x, w_h], dim=1).t() + b
    gates = torch.sigmoid(a)
    candidate = torch.tanh(a[:, 2 * hidden : 3 * hidden])
    new = gates[:, hidden : 2 * hidden] * c + gates[:, :hidden] * candidate
    return gates[:, 3 * hidden :] * new.tanh(), new


def lstm_start(features, hidden, forget_bias, generator):
    bound = hidden**-0.5
    w_x = torch.empty(4 * hidden, features).uniform_(-bound, bound, generator=generator)
    w_h = torch.empty(4 * hidden, hidden).uniform_(-bound, bound, generator=generator)
    zero = torch.zeros(hidden)
    return w_x, w_h, torch.cat([zero, zero + forget_bias, zero, zero])
