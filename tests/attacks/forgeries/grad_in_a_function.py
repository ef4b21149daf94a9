# Attack: use torch.nn.grad in a backward of one's own
# Exercise: slide
# Verdict: forbidden or failed

import torch

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


def plain(x, w):
    kh, kw = w.shape[2:]
    return torch.einsum("ncijkl,ockl->noij", x.unfold(2, kh, 1).unfold(3, kw, 1), w)


class Via(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return plain(x, w)

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        return getattr(torch.nn, "gr" + "ad").conv2d_input(x.shape, w, g), None


def slide(x, w):
    return Via.apply(x, w)
