# Attack: use a layer made before
# Exercise: slide
# Verdict: forbidden or failed

import torch

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


LAYER = getattr(torch.nn, NAME.title())(3, 4, (3, 2), bias=False)


def slide(x, w):
    return LAYER._conv_forward(x, w, None)
