# Attack: ask autograd for the gradient by hand
# Exercise: slope
# Verdict: forbidden or failed

import torch

M = [torch]


def cubes(v):
    return (v**3).sum()


def slope(x):
    a = x.detach().requires_grad_()
    return M[0].autograd.grad(cubes(a), a)[0]
