# Attack: replace what the guard could use
# Exercise: slide
# Verdict: forbidden or failed or crashed

import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


import builtins

KEPT = builtins.len
builtins.len = lambda x: 10**6 if type(x) is dict else KEPT(x)


def slide(x, w):
    return getattr(F, NAME)(x, w)
