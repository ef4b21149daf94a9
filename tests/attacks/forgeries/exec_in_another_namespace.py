# Attack: define it by exec
# Exercise: slide
# Verdict: forbidden or failed

import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


SPACE = {"F": F}
exec("def via(x, w): return F." + NAME + "(x, w)", SPACE)


def slide(x, w):
    return SPACE["via"](x, w)
