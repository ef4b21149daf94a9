# Attack: answer with the right numbers in another dtype
# Verdict: failed
# Share: 0.5

import torch


def scale(x, factor):
    return (x * factor).to(torch.float16)
