# Attack: hide it behind a descriptor
# Exercise: slide
# Verdict: forbidden or failed

import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


class Via:
    def __get__(self, owner, kind=None):
        return getattr(F, NAME)


class Holder:
    it = Via()


def slide(x, w):
    return Holder().it(x, w)
