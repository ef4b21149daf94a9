# Attack: call the library's own machine code
# Exercise: slide
# Verdict: not_gradable or forbidden

import torch

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


import ctypes


def plain(x, w):
    kh, kw = w.shape[2:]
    return torch.einsum("ncijkl,ockl->noij", x.unfold(2, kh, 1).unfold(3, kw, 1), w)


def slide(x, w):
    ctypes.CDLL(torch._C.__file__)
    return plain(x, w)
