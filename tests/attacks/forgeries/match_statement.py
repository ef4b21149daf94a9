# Attack: bind it by a match statement
# Exercise: slide
# Verdict: forbidden or failed

import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


match [getattr(F, NAME)]:
    case [via]:
        pass


def slide(x, w):
    return via(x, w)
