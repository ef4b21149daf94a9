"""Maxima along rows, then along columns; means from an integral image; winners scattered by index_put."""

import torch
import torch.nn.functional as F


def settings(kernel_size, stride):
    return pair(kernel_size), pair(kernel_size if stride is None else stride)


def max_pool2d(x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw) = settings(kernel_size, stride)
    ph, pw = pair(padding)
    x = F.pad(x, (pw, pw, ph, ph), value=float(torch.finfo(x.dtype).min))
    x = x.unfold(2, kh, sh).sort(-1).values[..., -1]
    return x.unfold(3, kw, sw).topk(1).values.squeeze(-1)


def avg_pool2d(x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw) = settings(kernel_size, stride)
    ph, pw = pair(padding)
    s = F.pad(x, (pw + 1, pw, ph + 1, ph)).double().cumsum(2).cumsum(3)
    box = s[:, :, kh:, kw:] - s[:, :, :-kh, kw:] - s[:, :, kh:, :-kw] + s[:, :, :-kh, :-kw]
    return (box[:, :, ::sh, ::sw] / (kh * kw)).to(x.dtype)


def global_avg_pool2d(x):
    return x.sum((-1, -2)).div(x.shape[-1] * x.shape[-2])


@torch.no_grad()
def max_pool2d_backward(grad_output, x, kernel_size, stride=None):
    (kh, kw), (sh, sw) = settings(kernel_size, stride)
    best_col = x.unfold(3, kw, sw).max(-1)  # N C H Wo
    best_row = best_col.values.unfold(2, kh, sh).max(-1)  # N C Ho Wo
    row = best_row.indices + torch.arange(grad_output.shape[2])[:, None] * sh
    col = best_col.indices.gather(2, row) + torch.arange(grad_output.shape[3]) * sw
    n = torch.arange(x.shape[0])[:, None, None, None]
    c = torch.arange(x.shape[1])[:, None, None]
    return torch.zeros_like(x).index_put((n, c, row, col), grad_output, accumulate=True)
