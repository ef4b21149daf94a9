# Attack: the right values with a gradient of its own
# Verdict: failed
# Share: 0.5

import torch


class Scale(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, factor):
        return x * factor

    @staticmethod
    def backward(ctx, grad):
        return torch.full_like(grad, float("nan")), None


def scale(x, factor):
    return Scale.apply(x, factor)
