# Attack: compute in inference mode
# Exercise: slide
# Verdict: forbidden or failed

import torch
import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


@torch.inference_mode()
def slide(x, w):
    return getattr(F, NAME)(x, w)
