# Attack: answer with infinity
# Verdict: failed

import torch


def scale(x, factor):
    return torch.full_like(x, float("inf"))
