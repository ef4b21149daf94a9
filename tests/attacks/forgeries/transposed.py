# Attack: use the transposed convolution
# Exercise: slide
# Verdict: forbidden or failed

import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


def slide(x, w):
    y = getattr(F, NAME.replace("2d", "_transpose2d"))(x, w.flip(2, 3).transpose(0, 1))
    return y[:, :, 2:-2, 1:-1] if w.shape[2] == 3 else y[:, :, 1:-1, 1:-1]
