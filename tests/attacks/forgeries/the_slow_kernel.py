# Attack: use a kernel below the convolution
# Exercise: slide
# Verdict: forbidden or failed

import torch

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


def slide(x, w):
    return getattr(torch, "_" + "C")._nn.thnn_conv2d(x, w, tuple(w.shape[2:]))
