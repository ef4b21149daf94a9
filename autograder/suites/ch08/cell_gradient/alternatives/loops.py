"""A loop from the last step; gates by autograd's rules written out one by one."""

import math

import torch


def carousel(forget):
    row, rows = torch.ones_like(forget[0]), []
    for k in range(len(forget)):
        rows.append(row)
        row = row * forget[len(forget) - 1 - k]
    return torch.stack(rows)


def half_life_bias(steps):
    return -math.log(2 ** (1 / steps) - 1)


def lstm_cell_backward(grad_h, grad_c, c_before, c, i, f, g, o):
    n, hidden = c.shape
    t = c.tanh()
    total = grad_c + grad_h * (o - o * t * t)
    a = torch.empty(n, 4 * hidden, dtype=c.dtype)
    a[:, :hidden] = total * g * (i - i * i)
    a[:, hidden : 2 * hidden] = total * c_before * (f - f * f)
    a[:, 2 * hidden : 3 * hidden] = total * i * (1 - g) * (1 + g)
    a[:, 3 * hidden :] = grad_h * t * (o - o * o)
    return a, total * f
