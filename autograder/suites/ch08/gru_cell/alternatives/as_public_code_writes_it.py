"""Linear functions and chunks, the new state as a step from the old one."""

import torch
import torch.nn.functional as F


def gru_cell(x, h, w_x, w_h, b_x, b_h):
    gi = F.linear(x, w_x, b_x)
    gh = F.linear(h, w_h, b_h)
    i_r, i_i, i_n = gi.chunk(3, 1)
    h_r, h_i, h_n = gh.chunk(3, 1)
    resetgate = torch.sigmoid(i_r + h_r)
    inputgate = torch.sigmoid(i_i + h_i)
    newgate = torch.tanh(i_n + resetgate * h_n)
    return newgate + inputgate * (h - newgate)
