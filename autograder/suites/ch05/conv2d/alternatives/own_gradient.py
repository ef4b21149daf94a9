"""An autograd.Function with its own backward, tap by tap; groups one by one."""

import torch
import torch.nn.functional as F


class Correlate(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w, s, d):
        kh, kw = w.shape[2:]
        Ho, Wo = (
            (x.shape[2] - d[0] * (kh - 1) - 1) // s[0] + 1,
            (x.shape[3] - d[1] * (kw - 1) - 1) // s[1] + 1,
        )
        ctx.save_for_backward(x, w)
        ctx.s, ctx.d, ctx.o = s, d, (Ho, Wo)
        y = x.new_zeros(x.shape[0], w.shape[0], Ho, Wo)
        for u, v, rs, cs in taps(kh, kw, s, d, (Ho, Wo)):
            y += torch.einsum("ncij,oc->noij", x[:, :, rs, cs], w[:, :, u, v])
        return y

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        gx, gw = torch.zeros_like(x), torch.zeros_like(w)
        for u, v, rs, cs in taps(*w.shape[2:], ctx.s, ctx.d, ctx.o):
            gx[:, :, rs, cs] += torch.einsum("noij,oc->ncij", g, w[:, :, u, v])
            gw[:, :, u, v] = torch.einsum("noij,ncij->oc", g, x[:, :, rs, cs])
        return gx, gw, None, None


def taps(kh, kw, s, d, o):
    for u in range(kh):
        for v in range(kw):
            yield (
                u,
                v,
                slice(u * d[0], u * d[0] + (o[0] - 1) * s[0] + 1, s[0]),
                slice(v * d[1], v * d[1] + (o[1] - 1) * s[1] + 1, s[1]),
            )


def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    if x.shape[1] != weight.shape[1] * groups or weight.shape[0] % groups:
        raise ValueError("channels")
    p = pair(padding)
    x = F.pad(x, (p[1], p[1], p[0], p[0]))
    ys = [
        Correlate.apply(a, b, pair(stride), pair(dilation))
        for a, b in zip(x.chunk(groups, 1), weight.chunk(groups), strict=False)
    ]
    y = torch.cat(ys, 1)
    return y if bias is None else y + bias[:, None, None]
