"""tanh by einsum and a sigmoid: tanh a = 2 sigmoid(2 a) - 1."""

import torch


def rnn_cell(x, h, w_x, w_h, b):
    a = torch.einsum("nd,hd->nh", x, w_x) + torch.einsum("nk,hk->nh", h, w_h) + b
    return 2 * torch.sigmoid(2 * a) - 1
