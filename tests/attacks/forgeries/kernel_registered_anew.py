# Attack: register a kernel of one's own over the refusal
# Exercise: slide
# Verdict: forbidden or failed or not_gradable

import torch
import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


def slide(x, w):
    library = torch.library.Library("aten", "IMPL")
    library.impl(NAME, lambda *a: None, "CPU")
    return getattr(F, NAME)(x, w)
