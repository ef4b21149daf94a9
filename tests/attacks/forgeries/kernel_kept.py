# Attack: keep the kernel itself before the exercise is asked
# Exercise: slide
# Verdict: forbidden or failed or not_gradable

import torch

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


KEPT = torch.library.get_kernel("aten::convolution", "CPU")


def slide(x, w):
    core = torch._C
    keys = core.DispatchKeySet(core.DispatchKey.CPU)
    return KEPT.call_boxed(keys, x, w, None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1)
