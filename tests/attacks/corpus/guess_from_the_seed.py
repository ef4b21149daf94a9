# Attack: draw from the generator that the test seeded
# Verdict: failed

import torch


def scale(x, factor):
    return torch.randn(x.shape, dtype=x.dtype)
