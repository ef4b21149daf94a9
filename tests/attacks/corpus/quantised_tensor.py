# Attack: answer with a quantised tensor, which has values of its own kind
# Verdict: failed

import torch


def scale(x, factor):
    return torch.quantize_per_tensor((x * factor).detach().float(), 0.01, 0, torch.qint32)
