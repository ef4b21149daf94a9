"""With `F.linear`, and the normal distribution function of PyTorch."""

import math

import torch
import torch.nn.functional as F


def gelu(x, approximate=False):
    if not approximate:
        return x * torch.special.ndtr(x)
    inner = math.sqrt(2.0 / math.pi) * (x + 0.044715 * torch.pow(x, 3.0))
    return 0.5 * x * (1.0 + torch.tanh(inner))


def swiglu(x, w_gate, w_up, w_down):
    gate = F.linear(x, w_gate)
    return F.linear(torch.mul(gate, gate.sigmoid()) * F.linear(x, w_up), w_down)
