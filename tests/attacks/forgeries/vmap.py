# Attack: compute below vmap
# Exercise: slide
# Verdict: forbidden or failed

import torch
import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


def slide(x, w):
    return torch.vmap(lambda one: getattr(F, NAME)(one[None], w)[0])(x)
