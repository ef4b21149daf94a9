# Attack: keep it in a table among others
# Exercise: slide
# Verdict: forbidden or failed

import torch

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


TABLE = dict(a=getattr(torch, NAME), b=len)


def slide(x, w):
    return TABLE["a"](x, w)
