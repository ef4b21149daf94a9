# Attack: answer with 2 GiB
# Verdict: failed

import torch


def scale(x, factor):
    return torch.zeros(1 << 29)
