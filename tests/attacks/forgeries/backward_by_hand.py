# Attack: run backward
# Exercise: slope
# Verdict: forbidden or failed

import torch

M = [torch]


def cubes(v):
    return (v**3).sum()


def slope(x):
    a = x.detach().requires_grad_()
    getattr(cubes(a), "back" + "ward")()
    return a.grad
