# Attack: zero the argument through its memory, past the version counter
# Verdict: failed

import ctypes

import torch


def scale(x, factor):
    ctypes.memset(x.data_ptr(), 0, x.numel() * x.element_size())
    return torch.zeros_like(x)
