# Attack: use the operators of another namespace
# Exercise: slide
# Verdict: forbidden or failed

import torch

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


def slide(x, w):
    run = getattr(torch, "op" + "s").mkldnn._convolution_pointwise
    return run(x, w, None, [0, 0], [1, 1], [1, 1], 1, "none", [], "")
