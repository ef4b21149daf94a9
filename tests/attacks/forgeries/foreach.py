# Attack: use the fused operators
# Exercise: smooth
# Verdict: forbidden or failed

import torch

M = [torch]


def smooth(x, g, rate):
    y = x.clone()
    getattr(torch, "_for" + "each_add_")([y], [g], alpha=-rate)
    return y
