"""torch.linalg.norm with order 2 and nn.init.orthogonal_ with the generator."""

import torch
from torch import nn


def gradient_norms(slopes, w_h):
    with torch.no_grad():
        jac = torch.eye(len(w_h), dtype=w_h.dtype)
        out = torch.empty(len(slopes), dtype=w_h.dtype)
        for k in range(len(slopes)):
            out[k] = torch.linalg.norm(jac, 2)
            jac = (jac * slopes[len(slopes) - 1 - k]) @ w_h
        return out


def spectral_start(hidden, radius, generator):
    w = torch.empty(hidden, hidden).normal_(generator=generator)
    rho = torch.max(torch.abs(torch.linalg.eigvals(w)))
    return radius / rho * w


def orthogonal_start(hidden, generator):
    return nn.init.orthogonal_(torch.empty(hidden, hidden), generator=generator)
