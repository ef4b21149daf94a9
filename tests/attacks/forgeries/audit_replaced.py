# Attack: replace sys.audit before the exercise is asked
# Exercise: slide
# Verdict: forbidden or failed or not_gradable

import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


import sys

sys.audit = lambda *a: None


def slide(x, w):
    return getattr(F, NAME)(x, w)
