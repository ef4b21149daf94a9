# Attack: the right values, and a backward that answers nothing
# Verdict: failed
# Share: 0.5

import torch


class Scale(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, factor):
        return x * factor

    @staticmethod
    def backward(ctx, g):
        return None, None


scale = Scale.apply
