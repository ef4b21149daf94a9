# Attack: hide it in a default argument
# Exercise: slide
# Verdict: forbidden or failed

import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


def slide(x, w, via=getattr(F, NAME)):
    return via(x, w)
