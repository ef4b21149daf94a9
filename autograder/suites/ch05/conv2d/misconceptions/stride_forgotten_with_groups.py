"""Groups are smaller convolutions with the same settings: which of them do yours get?"""

import torch
import torch.nn.functional as F


def one_group(x, weight, stride, padding, dilation):
    (sh, sw), (ph, pw), (dh, dw) = stride, padding, dilation
    kh, kw = weight.shape[2:]
    w = (
        F.pad(x, (pw, pw, ph, ph))
        .unfold(2, dh * (kh - 1) + 1, sh)
        .unfold(3, dw * (kw - 1) + 1, sw)[..., ::dh, ::dw]
    )
    return torch.einsum("ncijuv,ocuv->noij", w, weight)


def check_channels(x, weight, groups):
    if x.shape[1] != weight.shape[1] * groups or weight.shape[0] % groups:
        raise ValueError("channels")


def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    check_channels(x, weight, groups)
    if groups == 1:
        y = one_group(x, weight, pair(stride), pair(padding), pair(dilation))
    else:
        y = torch.cat(
            [
                one_group(a, b, (1, 1), pair(padding), pair(dilation))
                for a, b in zip(x.chunk(groups, 1), weight.chunk(groups), strict=False)
            ],
            1,
        )
    return y if bias is None else y + bias[:, None, None]
