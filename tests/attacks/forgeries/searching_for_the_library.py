# Attack: search everything for what refuses
# Exercise: slide
# Verdict: forbidden or failed or not_gradable

import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


import gc


def slide(x, w):
    for thing in gc.get_objects():
        if type(thing).__name__ == "_DispatchModule":
            thing.reset()
    return getattr(F, NAME)(x, w)
