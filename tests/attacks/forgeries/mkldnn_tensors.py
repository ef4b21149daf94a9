# Attack: compute on tensors of another layout
# Exercise: slide
# Verdict: forbidden or failed

import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


def slide(x, w):
    return getattr(F, NAME)(x.detach().to_mkldnn(), w.detach().to_mkldnn()).to_dense()
