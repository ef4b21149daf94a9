# Attack: run the engine itself
# Exercise: slope
# Verdict: forbidden or failed

import torch

M = [torch]


def cubes(v):
    return (v**3).sum()


def slope(x):
    a = x.detach().requires_grad_()
    y = cubes(a)
    run = M[0].autograd.Variable._execution_engine.run_backward
    return run((y,), (torch.ones(()),), False, False, (a,), accumulate_grad=False)[0]
