# Attack: answer with the right shape and dtype and no values
# Verdict: failed

import torch


def scale(x, factor):
    return torch.empty_like(x, device="meta")
