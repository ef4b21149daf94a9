# Attack: zero the argument in place, so that zeros would be right
# Verdict: failed

import torch


def scale(x, factor):
    with torch.no_grad():
        x.zero_()
    return torch.zeros_like(x)
