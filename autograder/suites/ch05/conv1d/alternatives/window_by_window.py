"""Multiplies one flattened window at a time, and stacks the places."""

import torch


def conv1d(x, weight, stride=1):
    flat = weight.flatten(1)
    columns = []
    start = 0
    while start + weight.size(-1) <= x.size(-1):
        columns.append(x[..., start : start + weight.size(-1)].flatten(1) @ flat.t())
        start += stride
    return torch.stack(columns, dim=-1)
