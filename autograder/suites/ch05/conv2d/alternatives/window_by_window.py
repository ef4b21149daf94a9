"""The definition itself: four nested loops, one window and one dot product at a time."""

import torch


def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    if x.shape[1] != groups * weight.shape[1] or weight.shape[0] % groups != 0:
        raise ValueError("the channels do not fit together")
    if isinstance(stride, int):
        stride = (stride, stride)
    if isinstance(padding, int):
        padding = (padding, padding)
    if isinstance(dilation, int):
        dilation = (dilation, dilation)
    n, c, h, w = x.shape
    o, per_group, kh, kw = weight.shape
    x = torch.nn.functional.pad(x, (padding[1], padding[1], padding[0], padding[0]))
    reach = (dilation[0] * (kh - 1) + 1, dilation[1] * (kw - 1) + 1)
    rows = []
    for top in range(0, x.shape[2] - reach[0] + 1, stride[0]):
        row = []
        for left in range(0, x.shape[3] - reach[1] + 1, stride[1]):
            window = x[:, :, top : top + reach[0] : dilation[0], left : left + reach[1] : dilation[1]]
            pixel = []
            for g in range(groups):
                part = window[:, g * per_group : (g + 1) * per_group].flatten(1)
                kernels = weight[g * o // groups : (g + 1) * o // groups].flatten(1)
                pixel.append(part @ kernels.T)
            row.append(torch.cat(pixel, dim=1))
        rows.append(torch.stack(row, dim=2))
    y = torch.stack(rows, dim=2)
    if bias is not None:
        y = y + bias.reshape(1, o, 1, 1)
    return y
