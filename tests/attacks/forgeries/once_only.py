# Attack: refuse to run a second time
# Exercise: slide
# Verdict: forbidden or failed

import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


SEEN = set()


def slide(x, w):
    key = tuple(x.shape), tuple(w.shape)
    if key in SEEN:
        raise RuntimeError
    SEEN.add(key)
    return getattr(F, NAME)(x, w)
