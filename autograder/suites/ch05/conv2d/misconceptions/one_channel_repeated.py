"""einsum and broadcasting repeat an axis of size 1: what happens to a weight for one channel on an image of three?"""

import torch
import torch.nn.functional as F


def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    kh, kw = weight.shape[2:]
    try:
        w = (
            F.pad(x, (pw, pw, ph, ph))
            .unfold(2, dh * (kh - 1) + 1, sh)
            .unfold(3, dw * (kw - 1) + 1, sw)[..., ::dh, ::dw]
        )
        y = torch.einsum(
            "ngcijuv,gocuv->ngoij", w.unflatten(1, (groups, -1)), weight.unflatten(0, (groups, -1))
        ).flatten(1, 2)
    except RuntimeError as error:
        raise ValueError("channels") from error
    return y if bias is None else y + bias[:, None, None]
