# Attack: call the dispatcher with keys of one's own
# Exercise: slide
# Verdict: forbidden or failed

import torch

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


def slide(x, w):
    core = getattr(torch, "_" + "C")
    keys = core.DispatchKeySet(core.DispatchKey.CPU)
    op = getattr(torch, "op" + "s").aten.convolution.default
    return op.redispatch(keys, x, w, None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1)
