"""The correlation theorem: FFT of image and dilated kernel, one times the other's conjugate, every stride-th pixel."""

import torch
import torch.nn.functional as F


def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    if x.shape[1] != groups * weight.shape[1] or weight.shape[0] % groups != 0:
        raise ValueError("the channels do not fit together")
    sh, sw = (stride, stride) if isinstance(stride, int) else stride
    ph, pw = (padding, padding) if isinstance(padding, int) else padding
    dh, dw = (dilation, dilation) if isinstance(dilation, int) else dilation
    o, per_group, kh, kw = weight.shape
    x = F.pad(x, (pw, pw, ph, ph))
    n, _, h, w = x.shape
    spread = weight.new_zeros(o, per_group, dh * (kh - 1) + 1, dw * (kw - 1) + 1)
    spread[:, :, ::dh, ::dw] = weight
    image = torch.fft.rfft2(x).unflatten(1, (groups, per_group))
    kernel = torch.fft.rfft2(spread, s=(h, w)).unflatten(0, (groups, o // groups))
    product = (image.unsqueeze(2) * kernel.conj().unsqueeze(0)).sum(3)
    y = torch.fft.irfft2(product, s=(h, w)).flatten(1, 2)
    y = y[:, :, : h - spread.shape[2] + 1 : sh, : w - spread.shape[3] + 1 : sw]
    return y if bias is None else y + bias.view(-1, 1, 1)
