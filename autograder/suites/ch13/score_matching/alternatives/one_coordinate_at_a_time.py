"""Each coordinate is a leaf of its own; sums of scalars."""

import torch


def explicit_score_matching(score, x):
    with torch.enable_grad():
        columns = [c.detach().clone().requires_grad_() for c in x.unbind(1)]
        point = torch.stack(columns, 1)
        s = score(point) + 0 * point
        trace = sum(
            torch.autograd.grad(s[:, i].sum(), column, create_graph=True)[0]
            for i, column in enumerate(columns)
        )
        return (trace.sum() + 0.5 * s.square().sum()) / x.shape[0]


def sliced_score_matching(score, x, directions, variance_reduced=False):
    with torch.enable_grad():
        # The derivative along u is that in t of s(x + t u) at t = 0.
        t = torch.zeros(len(x), dtype=x.dtype, requires_grad=True)
        point = x.detach() + t[:, None] * directions
        s = score(point) + 0 * point
        along = (s * directions).sum(1)
        (bend,) = torch.autograd.grad(along.sum(), t, create_graph=True)
        if variance_reduced:
            return bend.mean() + 0.5 * s.square().sum(1).mean()
        return bend.mean() + 0.5 * along.square().mean()
