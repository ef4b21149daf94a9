# Attack: compute in a metaclass
# Exercise: slide
# Verdict: forbidden or failed

import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


class Meta(type):
    def __call__(cls, x, w):
        return getattr(F, NAME)(x, w)


class slide(metaclass=Meta):
    pass
