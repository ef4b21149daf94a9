"""With a single output channel the bias is still a list of numbers, with one entry: what is your gradient's shape?"""

import torch
import torch.nn.functional as F


@torch.no_grad()
def conv2d_backward(grad_output, x, weight, stride=1, padding=0):
    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    H, W = x.shape[2:]
    kh, kw = weight.shape[2:]
    Ho, Wo = grad_output.shape[2:]
    xp = F.pad(x, (pw, pw, ph, ph))
    gx, gw = torch.zeros_like(xp), torch.empty_like(weight)
    for u in range(kh):
        for v in range(kw):
            r, c = slice(u, u + sh * (Ho - 1) + 1, sh), slice(v, v + sw * (Wo - 1) + 1, sw)
            gw[:, :, u, v] = torch.einsum("noij,ncij->oc", grad_output, xp[:, :, r, c])
            gx[:, :, r, c] += torch.einsum("noij,oc->ncij", grad_output, weight[:, :, u, v])
    gb = grad_output.sum((0, 2, 3))
    return gx[:, :, ph : ph + H, pw : pw + W], gw, gb.squeeze() if gb.numel() == 1 else gb
