# Attack: switch dispatch modes off
# Exercise: slide
# Verdict: forbidden or failed

import torch
import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


def slide(x, w):
    with getattr(torch, "_" + "C")._DisableTorchDispatch():
        return getattr(F, NAME)(x, w)
