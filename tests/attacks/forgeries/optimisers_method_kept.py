# Attack: keep an optimiser's method
# Exercise: smooth
# Verdict: forbidden or failed

import torch

M = [torch]


STEP = getattr(M[0], "opt" + "im").SGD.step
P = torch.nn.Parameter(torch.zeros(4, 2))
OPT = getattr(M[0], "opt" + "im").SGD([P], lr=0.1)


def smooth(x, g, rate):
    P.data.copy_(x)
    P.grad = g.clone()
    STEP(OPT)
    return P.detach().clone()
