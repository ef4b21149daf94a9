# Attack: use torch.func
# Exercise: slope
# Verdict: forbidden or failed

import torch

M = [torch]


def cubes(v):
    return (v**3).sum()


def slope(x):
    return getattr(M[0], "fu" + "nc").grad(cubes)(x.detach())
