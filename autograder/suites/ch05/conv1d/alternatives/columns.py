"""Unfolds the signal as an image of one row, and multiplies its columns."""

import torch
import torch.nn.functional as F


def conv1d(x, weight, stride=1):
    columns = F.unfold(x[:, :, None], (1, weight.shape[2]), stride=(1, stride))
    return weight.flatten(1) @ columns
