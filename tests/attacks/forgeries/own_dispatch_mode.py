# Attack: compute below a mode of one's own
# Exercise: slide
# Verdict: forbidden or failed

import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


from torch.utils import _python_dispatch as p


class Mode(p.TorchDispatchMode):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return func(*args, **(kwargs or {}))


def slide(x, w):
    with Mode():
        return getattr(F, NAME)(x, w)
