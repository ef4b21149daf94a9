"""A copy through NumPy knows nothing of autograd: does the gradient find its way back with dilation too?"""

import torch
import torch.nn.functional as F


def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    out, Cg, kh, kw = weight.shape
    if x.shape[1] != Cg * groups or out % groups:
        raise ValueError("channels")
    w = F.pad(x, (pw, pw, ph, ph)).unfold(2, dh * (kh - 1) + 1, sh).unfold(3, dw * (kw - 1) + 1, sw)
    if dh > 1 or dw > 1:
        w = torch.from_numpy(w.detach().numpy()[..., ::dh, ::dw].copy())
    y = torch.einsum(
        "ngcijuv,gocuv->ngoij", w.unflatten(1, (groups, -1)), weight.unflatten(0, (groups, -1))
    ).flatten(1, 2)
    return y if bias is None else y + bias[:, None, None]
