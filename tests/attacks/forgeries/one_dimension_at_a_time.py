# Attack: use the convolution of three dimensions
# Exercise: slide
# Verdict: forbidden or failed

import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


def slide(x, w):
    return getattr(F, NAME.replace("2", "3"))(x[:, :, None], w[:, :, None])[:, :, 0]
