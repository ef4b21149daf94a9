"""Which row (column) each window reads with each tap as a 0/1 array; every gradient is then one einsum."""

import torch


@torch.no_grad()
def conv2d_backward(grad_output, x, weight, stride=1, padding=0):
    s, p = pair(stride), pair(padding)
    N, C, H, W = x.shape
    out, _, kh, kw = weight.shape
    Ho, Wo = grad_output.shape[2:]
    # select[i, u, h]: window i reads row h with kernel row u
    rows = torch.zeros(Ho, kh, H, dtype=x.dtype)
    cols = torch.zeros(Wo, kw, W, dtype=x.dtype)
    for select, st, pd, size in ((rows, s[0], p[0], H), (cols, s[1], p[1], W)):
        for i in range(select.shape[0]):
            for u in range(select.shape[1]):
                if 0 <= i * st + u - pd < size:
                    select[i, u, i * st + u - pd] = 1
    gx = torch.einsum("noij,ocuv,iuh,jvw->nchw", grad_output, weight, rows, cols)
    gw = torch.einsum("noij,nchw,iuh,jvw->ocuv", grad_output, x, rows, cols)
    return gx, gw, torch.einsum("noij->o", grad_output)
