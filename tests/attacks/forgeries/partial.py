# Attack: hide it in a partial
# Exercise: slide
# Verdict: forbidden or failed

import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


import functools

VIA = functools.partial(getattr(F, NAME), stride=1)


def slide(x, w):
    return VIA(x, w)
