"""NumPy throughout."""

import math

import numpy as np
import torch


def carousel(forget):
    f = forget.numpy()
    return torch.from_numpy(np.cumprod(np.concatenate([np.ones_like(f[:1]), f[:0:-1]]), axis=0))


def half_life_bias(steps):
    f = math.pow(0.5, 1.0 / steps)
    return -math.log((1 - f) / f)


def lstm_cell_backward(grad_h, grad_c, c_before, c, i, f, g, o):
    grad_h, grad_c, c_before, c, i, f, g, o = (t.numpy() for t in (grad_h, grad_c, c_before, c, i, f, g, o))
    s = np.tanh(c)
    dc = grad_c + grad_h * o * (1 - s**2)
    blocks = [
        dc * g * i * (1 - i),
        dc * c_before * f * (1 - f),
        dc * i * (1 - g**2),
        grad_h * s * o * (1 - o),
    ]
    return torch.from_numpy(np.concatenate(blocks, axis=1)), torch.from_numpy(dc * f)
