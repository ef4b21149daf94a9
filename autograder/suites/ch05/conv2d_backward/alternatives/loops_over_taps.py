"""The loop of the forward pass run backwards: each tap collects its weight's gradient and gives the image's back."""

import torch
import torch.nn.functional as F


def conv2d_backward(grad_output, x, weight, stride=1, padding=0):
    sh, sw = (stride, stride) if isinstance(stride, int) else stride
    ph, pw = (padding, padding) if isinstance(padding, int) else padding
    h, w = x.shape[2:]
    kh, kw = weight.shape[2:]
    oh, ow = grad_output.shape[2:]
    padded = F.pad(x, (pw, pw, ph, ph))
    grad_padded = torch.zeros_like(padded)
    grad_weight = torch.zeros_like(weight)
    for i in range(kh):
        for j in range(kw):
            rows = slice(i, i + (oh - 1) * sh + 1, sh)
            columns = slice(j, j + (ow - 1) * sw + 1, sw)
            grad_weight[:, :, i, j] = torch.einsum("nohw,nchw->oc", grad_output, padded[:, :, rows, columns])
            grad_padded[:, :, rows, columns] += torch.einsum("nohw,oc->nchw", grad_output, weight[:, :, i, j])
    grad_x = grad_padded[:, :, ph : ph + h, pw : pw + w]
    return grad_x, grad_weight, grad_output.sum((0, 2, 3))
