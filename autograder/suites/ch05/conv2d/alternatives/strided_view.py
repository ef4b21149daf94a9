"""A six-dimensional as_strided view of all windows, contracted with the weight by one einsum."""

import torch


def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    if x.shape[1] != groups * weight.shape[1] or weight.shape[0] % groups != 0:
        raise ValueError("the channels do not fit together")
    sh, sw = (stride,) * 2 if isinstance(stride, int) else stride
    ph, pw = (padding,) * 2 if isinstance(padding, int) else padding
    dh, dw = (dilation,) * 2 if isinstance(dilation, int) else dilation
    n, c, h, w = x.shape
    o, _, kh, kw = weight.shape
    padded = torch.zeros(n, c, h + 2 * ph, w + 2 * pw, dtype=x.dtype)
    padded[:, :, ph : ph + h, pw : pw + w] = x
    oh = (h + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    ow = (w + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    a, b, p, q = padded.stride()
    windows = padded.as_strided((n, c, oh, ow, kh, kw), (a, b, sh * p, sw * q, dh * p, dw * q))
    windows = windows.reshape(n, groups, c // groups, oh, ow, kh, kw)
    kernels = weight.reshape(groups, o // groups, c // groups, kh, kw)
    y = torch.einsum("ngcyxij,gocij->ngoyx", windows, kernels).reshape(n, o, oh, ow)
    if bias is not None:
        y = y + bias.reshape(1, o, 1, 1)
    return y
