# Attack: compile it by dynamo
# Exercise: slide
# Verdict: forbidden or failed or timeout or not_gradable

import torch
import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


VIA = torch.compile(lambda x, w: getattr(F, NAME)(x, w), backend="eager")


def slide(x, w):
    return VIA(x, w)
