# Attack: the right values, and a backward that never ends
# Verdict: timeout
# Share: 0.5

import torch


class Scale(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, factor):
        return x * factor

    @staticmethod
    def backward(ctx, grad):
        while True:
            pass


def scale(x, factor):
    return Scale.apply(x, factor)
