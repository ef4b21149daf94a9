"""Writes the convolution as one dense (Toeplitz) matrix per group and multiplies the flattened padded image by it."""

import torch
import torch.nn.functional as F


def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    if x.shape[1] != groups * weight.shape[1] or weight.shape[0] % groups != 0:
        raise ValueError("the channels do not fit together")
    as_pair = lambda v: (v, v) if isinstance(v, int) else v  # noqa: E731
    (sh, sw), (ph, pw), (dh, dw) = as_pair(stride), as_pair(padding), as_pair(dilation)
    o, c, kh, kw = weight.shape
    x = F.pad(x, (pw, pw, ph, ph))
    n, _, h, w = x.shape
    oh, ow = (h - dh * (kh - 1) - 1) // sh + 1, (w - dw * (kw - 1) - 1) // sw + 1
    i, j = torch.meshgrid(torch.arange(kh), torch.arange(kw), indexing="ij")
    y0, x0 = torch.meshgrid(torch.arange(oh), torch.arange(ow), indexing="ij")
    rows = y0[..., None, None] * sh + i * dh
    columns = x0[..., None, None] * sw + j * dw
    place = torch.zeros(oh, ow, kh, kw, h, w, dtype=x.dtype)
    place[y0[..., None, None], x0[..., None, None], i, j, rows, columns] = 1
    groups_out = []
    for g in range(groups):
        kernel = weight[g * (o // groups) : (g + 1) * (o // groups)]
        matrix = torch.einsum("ocij,yxijhw->oyxchw", kernel, place)
        image = x[:, g * c : (g + 1) * c]
        groups_out.append(torch.einsum("oyxchw,nchw->noyx", matrix, image))
    y = torch.cat(groups_out, 1)
    return y if bias is None else y + bias[None, :, None, None]
