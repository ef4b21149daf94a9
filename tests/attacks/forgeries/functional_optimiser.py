# Attack: use the function behind the optimiser
# Exercise: smooth
# Verdict: forbidden or failed

import torch

M = [torch]


def smooth(x, g, rate):
    y = x.clone()
    run = getattr(M[0], "opt" + "im").sgd.sgd
    run([y], [g], [None], weight_decay=0, momentum=0, lr=rate, dampening=0, nesterov=False, maximize=False)
    return y
