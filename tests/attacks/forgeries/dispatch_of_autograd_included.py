# Attack: include autograd by hand
# Exercise: slope
# Verdict: forbidden or failed

import torch

M = [torch]


def cubes(v):
    return (v**3).sum()


def slope(x):
    core = getattr(torch, "_" + "C")
    a = x.detach().requires_grad_()
    with core._IncludeDispatchKeyGuard(core.DispatchKey.AutogradCPU):
        return M[0].autograd.grad(cubes(a), a)[0]
