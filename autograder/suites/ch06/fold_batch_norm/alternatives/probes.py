"""Asks the batch norm itself: its bias is what it makes of the convolution's bias, its scale the rest."""

import torch
import torch.nn.functional as F


def fold_batch_norm(weight, bias, gamma, beta, mean, var, eps=1e-5):
    c = len(gamma)
    start = weight.new_zeros(1, c) if bias is None else bias[None]
    offset = F.batch_norm(start, mean, var, gamma, beta, eps=eps)[0]
    std = torch.sqrt(var + eps)
    flat = weight.flatten(1) * (gamma / std).unsqueeze(1)
    return flat.view_as(weight), offset
