"""One sequence at a time, walking back from its own end."""

import torch


def bptt(grad_outputs, x, lengths, h0, outputs, w_x, w_h):
    gx, gh0 = torch.zeros_like(x), torch.zeros_like(h0)
    gw_x, gw_h, gb = torch.zeros_like(w_x), torch.zeros_like(w_h), torch.zeros_like(h0[0])
    for n, length in enumerate(lengths.tolist()):
        g = torch.zeros_like(h0[n])
        for t in range(length - 1, -1, -1):
            h = outputs[n, t]
            d = (1 - h.square()) * (g + grad_outputs[n, t])
            gx[n, t] = d @ w_x
            gw_x += d[:, None] * x[n, t]
            gw_h += d[:, None] * (outputs[n, t - 1] if t else h0[n])
            gb += d
            g = d @ w_h
        gh0[n] = g
    return gx, gh0, gw_x, gw_h, gb
