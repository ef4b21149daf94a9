# Attack: answer with 2 GiB
# Verdict: out_of_memory or failed

import torch


def scale(x, factor):
    return torch.zeros(1 << 29)
