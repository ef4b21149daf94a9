# Attack: compute when an object dies
# Exercise: slide
# Verdict: forbidden or failed

import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


FOUND = []


class Dying:
    def __init__(self, *args):
        self.args = args

    def __del__(self):
        FOUND.append(getattr(F, NAME)(*self.args))


def slide(x, w):
    Dying(x, w)
    return FOUND.pop()
