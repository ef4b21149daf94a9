"""The trace from d slices along the axes: the explicit form as a sum of sliced ones."""

import torch


def _bend(score, x, u):
    x = x.detach().requires_grad_()
    s = score(x) + x * 0.0
    (g,) = torch.autograd.grad((s * u).sum(), x, create_graph=True)
    return (g * u).sum(1), s


def explicit_score_matching(score, x):
    with torch.enable_grad():
        total = 0.0
        for axis in torch.eye(x.shape[1], dtype=x.dtype):
            bend, s = _bend(score, x, axis.expand(x.shape))
            total = total + bend
        return total.mean() + (s * s).sum() / (2 * len(x))


def sliced_score_matching(score, x, directions, variance_reduced=False):
    with torch.enable_grad():
        bend, s = _bend(score, x, directions)
        length = (s * s).sum(1) if variance_reduced else (s * directions).sum(1) ** 2
        return bend.mean() + length.mean() / 2
