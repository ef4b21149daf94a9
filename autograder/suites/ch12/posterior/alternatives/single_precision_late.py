"""alpha-bar in double precision, and everything after the look-up in the dtype of the data."""

import torch
import torch.nn.functional as F


def posterior(x0, x_t, t, betas):
    alpha_bar = torch.cumprod(1 - betas, 0)
    tables = (alpha_bar, F.pad(alpha_bar[:-1], (1, 0), value=1.0), betas)
    a, p, b = (table[t].to(x0.dtype).view(-1, *[1] * (x0.dim() - 1)) for table in tables)
    mean = p.sqrt() * b / (1 - a) * x0 + (1 - b).sqrt() * (1 - p) / (1 - a) * x_t
    return mean, (1 - p) / (1 - a) * b
