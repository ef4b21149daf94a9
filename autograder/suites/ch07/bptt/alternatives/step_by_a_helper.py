"""A helper for one step, masks as multiplications of emptied padding."""

import torch


def step_back(dh, x, before, h, w_x, w_h):
    da = dh * (1 - h * h)
    return da @ w_x, da @ w_h, da.t() @ x, da.t() @ before, da.sum(0)


def bptt(grad_outputs, x, lengths, h0, outputs, w_x, w_h):
    n, steps, _ = x.shape
    mask = torch.arange(steps)[None, :] < lengths[:, None]
    x = x.masked_fill(~mask[..., None], 0.0)
    grad_outputs = grad_outputs.masked_fill(~mask[..., None], 0.0)
    totals = [torch.zeros_like(w_x), torch.zeros_like(w_h), w_h.new_zeros(len(w_h))]
    dh, dxs = torch.zeros_like(h0), []
    for t in range(steps - 1, -1, -1):
        m = mask[:, t, None].to(x.dtype)
        before = h0 if t == 0 else outputs[:, t - 1]
        dx, dprev, *dw = step_back(m * (dh + grad_outputs[:, t]), x[:, t], before, outputs[:, t], w_x, w_h)
        dh = dprev + (1 - m) * dh
        dxs.append(dx)
        totals = [total + d for total, d in zip(totals, dw, strict=False)]
    return (torch.stack(dxs[::-1], dim=1), dh, *totals)
