"""Einstein sums, the slope as a product of two factors."""

import torch


def rnn_cell_backward(grad_h, x, h_before, h, w_x, w_h):
    da = grad_h * (1 - h) * (1 + h)
    return (
        torch.einsum("nh,hd->nd", da, w_x),
        torch.einsum("nh,hk->nk", da, w_h),
        torch.einsum("nh,nd->hd", da, x),
        torch.einsum("nh,nk->hk", da, h_before),
        torch.einsum("nh->h", da),
    )
