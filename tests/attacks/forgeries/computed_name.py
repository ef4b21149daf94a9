# Attack: look the function up by a computed name
# Exercise: slide
# Verdict: forbidden or failed

import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


def slide(x, w):
    return getattr(F, NAME)(x, w)
