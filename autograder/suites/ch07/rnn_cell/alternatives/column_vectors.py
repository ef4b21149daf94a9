"""Column vectors, as in the equations."""

import torch


def rnn_cell(x, h, w_x, w_h, b):
    a = torch.matmul(w_x, x.transpose(0, 1)) + torch.matmul(w_h, h.transpose(0, 1)) + b.unsqueeze(1)
    return torch.tanh(a).transpose(0, 1)
