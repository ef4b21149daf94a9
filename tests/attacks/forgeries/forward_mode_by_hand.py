# Attack: use forward mode
# Exercise: slope
# Verdict: forbidden or failed

import torch

M = [torch]


def cubes(v):
    return (v**3).sum()


AD = getattr(M[0].autograd, "forward" + "_ad")


def slope(x):
    with AD.dual_level():
        dual = AD.make_dual(x.detach(), torch.ones_like(x))
        return AD.unpack_dual(dual**3).tangent
