"""Adds one shifted, strided copy of the padded image per kernel tap, weighted by that tap (no window is ever built)."""

import torch
import torch.nn.functional as F


def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    if x.shape[1] != groups * weight.shape[1] or weight.shape[0] % groups != 0:
        raise ValueError("the channels do not fit together")
    sh, sw = (stride, stride) if isinstance(stride, int) else stride
    ph, pw = (padding, padding) if isinstance(padding, int) else padding
    dh, dw = (dilation, dilation) if isinstance(dilation, int) else dilation
    out_channels, per_group, kh, kw = weight.shape
    x = F.pad(x, (pw, pw, ph, ph))
    n, channels, height, width = x.shape
    oh = (height - dh * (kh - 1) - 1) // sh + 1
    ow = (width - dw * (kw - 1) - 1) // sw + 1
    x = x.reshape(n, groups, per_group, height, width)
    weight = weight.reshape(groups, out_channels // groups, per_group, kh, kw)
    y = x.new_zeros(n, groups, out_channels // groups, oh, ow)
    for i in range(kh):
        for j in range(kw):
            rows = slice(i * dh, i * dh + (oh - 1) * sh + 1, sh)
            columns = slice(j * dw, j * dw + (ow - 1) * sw + 1, sw)
            y = y + torch.einsum("ngchw,goc->ngohw", x[:, :, :, rows, columns], weight[..., i, j])
    y = y.reshape(n, out_channels, oh, ow)
    return y if bias is None else y + bias.view(1, -1, 1, 1)
