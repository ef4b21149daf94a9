# Attack: compute in a hook of the gradient
# Exercise: slide
# Verdict: forbidden or failed

import torch
import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


def plain(x, w):
    kh, kw = w.shape[2:]
    return torch.einsum("ncijkl,ockl->noij", x.unfold(2, kh, 1).unfold(3, kw, 1), w)


def slide(x, w):
    y = plain(x, w)
    if y.requires_grad:
        y.register_hook(lambda g: getattr(F, NAME)(g, torch.ones(1, 1, 1, 1)))
    return y
