# Attack: ask autograd in a thread
# Exercise: slope
# Verdict: forbidden or failed

import torch

M = [torch]


def cubes(v):
    return (v**3).sum()


from concurrent.futures import ThreadPoolExecutor


def grad(x):
    a = x.detach().requires_grad_()
    return M[0].autograd.grad(cubes(a), a)[0]


def slope(x):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(grad, x).result()
