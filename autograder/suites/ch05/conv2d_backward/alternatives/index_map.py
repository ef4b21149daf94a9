"""A table of the flat pixel that each (output pixel, tap) reads; gather it for the weight, index_add for the image."""

import torch


def conv2d_backward(grad_output, x, weight, stride=1, padding=0):
    def pair(value):
        return (value, value) if isinstance(value, int) else value

    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    n, c, h, w = x.shape
    o, _, kh, kw = weight.shape
    oh, ow = grad_output.shape[2:]
    rows = (torch.arange(oh) * sh - ph).view(-1, 1, 1, 1) + torch.arange(kh).view(1, 1, -1, 1)
    columns = (torch.arange(ow) * sw - pw).view(1, -1, 1, 1) + torch.arange(kw).view(1, 1, 1, -1)
    inside = (rows >= 0) & (rows < h) & (columns >= 0) & (columns < w)
    flat = torch.where(inside, rows * w + columns, h * w).reshape(-1)  # pixel h * w is a dummy zero
    pixels = torch.cat([x.reshape(n, c, h * w), x.new_zeros(n, c, 1)], dim=2)
    read = pixels[:, :, flat].reshape(n, c, oh, ow, kh, kw)
    grad_weight = torch.tensordot(grad_output, read, dims=([0, 2, 3], [0, 2, 3]))
    shares = torch.einsum("nohw,ocij->nchwij", grad_output, weight).reshape(n, c, -1)
    grad_x = x.new_zeros(n, c, h * w + 1).index_add_(2, flat, shares)[:, :, :-1].reshape(x.shape)
    return grad_x, grad_weight, grad_output.sum(3).sum(2).sum(0)
