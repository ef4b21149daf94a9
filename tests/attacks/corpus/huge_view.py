# Attack: answer with a view of 2**40 elements that needs no memory
# Verdict: failed

import torch


def scale(x, factor):
    return torch.zeros(1).expand(1 << 40)
