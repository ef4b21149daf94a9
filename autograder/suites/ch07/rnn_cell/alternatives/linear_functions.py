"""F.linear, the bias with the input's part."""

import torch
import torch.nn.functional as F


def rnn_cell(x, h, w_x, w_h, b):
    return (F.linear(x, w_x, b) + F.linear(h, w_h)).tanh()
