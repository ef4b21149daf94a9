"""Both first products at once, as models with a joined matrix do it."""

import math

import torch


def gelu(x, approximate=False):
    if approximate:
        cdf = (1 + torch.tanh(math.sqrt(2 / math.pi) * x * (1 + 0.044715 * x**2))) / 2
    else:
        cdf = (1 + torch.erf(x * math.sqrt(0.5))) / 2
    return x * cdf


def swiglu(x, w_gate, w_up, w_down):
    gate, up = torch.matmul(x, torch.cat([w_gate, w_up]).mT).chunk(2, dim=-1)
    silu = gate * (1 + torch.tanh(gate / 2)) / 2
    return torch.matmul(silu * up, w_down.mT)
