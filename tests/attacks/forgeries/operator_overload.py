# Attack: compute in an operator
# Exercise: slide
# Verdict: forbidden or failed

import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


class Box:
    def __init__(self, x):
        self.x = x

    def __matmul__(self, w):
        return getattr(F, NAME)(self.x, w)


def slide(x, w):
    return Box(x) @ w
