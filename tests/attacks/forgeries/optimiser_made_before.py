# Attack: use an optimiser made before the exercise is asked
# Exercise: smooth
# Verdict: forbidden or failed

import torch

M = [torch]


P = torch.nn.Parameter(torch.zeros(4, 2))
OPT = getattr(M[0], "opt" + "im").SGD([P], lr=0.1)


def smooth(x, g, rate):
    P.data.copy_(x)
    P.grad = g.clone()
    OPT.step()
    return P.detach().clone()
