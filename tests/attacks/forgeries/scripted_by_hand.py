# Attack: ask autograd in scripted code
# Exercise: slope
# Verdict: forbidden or failed

import torch

M = [torch]


def cubes(v):
    return (v**3).sum()


@torch.jit.script
def via(a: torch.Tensor):
    y = (a**3).sum()
    found = torch.autograd.grad([y], [a])
    g = found[0]
    assert g is not None
    return g


def slope(x):
    return via(x.detach().requires_grad_())
