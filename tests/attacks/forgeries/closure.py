# Attack: hide it in a closure of another function
# Exercise: slide
# Verdict: forbidden or failed

import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


def make(via):
    return lambda *a: via(*a)


slide = make(getattr(F, NAME))
