# Attack: compile it before the exercise is asked
# Exercise: slide
# Verdict: forbidden or failed

import torch
import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


def plain(x, w):
    # type: (Tensor, Tensor) -> Tensor
    return F.conv2d(x, w)


VIA = torch.jit.trace(getattr(F, NAME), (torch.randn(1, 1, 4, 4), torch.randn(1, 1, 2, 2)))


def slide(x, w):
    return VIA(x, w)
