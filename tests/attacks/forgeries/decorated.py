# Attack: swap the function in a decorator
# Exercise: slide
# Verdict: forbidden or failed

import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


def swap(f):
    return lambda x, w: getattr(F, NAME)(x, w)


@swap
def slide(x, w):
    return x
