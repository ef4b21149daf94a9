# Attack: answer with a sparse tensor
# Verdict: failed

import torch


def scale(x, factor):
    return torch.zeros_like(x).to_sparse()
