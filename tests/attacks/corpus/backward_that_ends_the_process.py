# Attack: the right values, and a backward that ends the process with exit code 0
# Verdict: crashed
# Share: 0.5

import os

import torch


class Scale(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, factor):
        return x * factor

    @staticmethod
    def backward(ctx, g):
        os._exit(0)


scale = Scale.apply
