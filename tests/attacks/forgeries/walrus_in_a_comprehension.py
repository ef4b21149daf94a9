# Attack: bind it by := in a comprehension
# Exercise: slide
# Verdict: forbidden or failed

import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


[via := f for f in (getattr(F, NAME),)]


def slide(x, w):
    return via(x, w)
