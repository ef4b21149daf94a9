"""grad_x is the spread-out gradient convolved with the flipped kernel; grad_weight the image correlated with it."""

import torch
import torch.nn.functional as F


def conv2d_backward(grad_output, x, weight, stride=1, padding=0):
    sh, sw = (stride, stride) if isinstance(stride, int) else stride
    ph, pw = (padding, padding) if isinstance(padding, int) else padding
    n, _, oh, ow = grad_output.shape
    _, _, h, w = x.shape
    o, _, kh, kw = weight.shape
    height, width = h + 2 * ph, w + 2 * pw
    spread = grad_output.new_zeros(n, o, height - kh + 1, width - kw + 1)  # zeros between the strides
    spread[:, :, : (oh - 1) * sh + 1 : sh, : (ow - 1) * sw + 1 : sw] = grad_output
    full = F.pad(spread, (kw - 1, kw - 1, kh - 1, kh - 1))
    windows = full.unfold(2, kh, 1).unfold(3, kw, 1)
    grad_x = torch.einsum("nohwij,ocij->nchw", windows, weight.flip(2, 3))
    grad_x = grad_x[:, :, ph : height - ph, pw : width - pw]
    padded = F.pad(x, (pw, pw, ph, ph))
    windows = padded.unfold(2, spread.shape[2], 1).unfold(3, spread.shape[3], 1)
    grad_weight = torch.einsum("ncijhw,nohw->ocij", windows, spread)
    return grad_x, grad_weight, grad_output.sum(dim=(0, 2, 3))
