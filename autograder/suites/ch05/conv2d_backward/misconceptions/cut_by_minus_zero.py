"""With padding on one axis only, what is left of the other after a slice such as 0:-0?"""

import torch
import torch.nn.functional as F


@torch.no_grad()
def conv2d_backward(grad_output, x, weight, stride=1, padding=0):
    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    kh, kw = weight.shape[2:]
    Ho, Wo = grad_output.shape[2:]
    xp = F.pad(x, (pw, pw, ph, ph))
    gx, gw = torch.zeros_like(xp), torch.empty_like(weight)
    for u in range(kh):
        for v in range(kw):
            r, c = slice(u, u + sh * (Ho - 1) + 1, sh), slice(v, v + sw * (Wo - 1) + 1, sw)
            gw[:, :, u, v] = torch.einsum("noij,ncij->oc", grad_output, xp[:, :, r, c])
            gx[:, :, r, c] += torch.einsum("noij,oc->ncij", grad_output, weight[:, :, u, v])
    if ph or pw:
        gx = gx[:, :, ph:-ph, pw:-pw]
    return gx, gw, grad_output.sum((0, 2, 3))
