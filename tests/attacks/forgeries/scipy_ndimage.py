# Attack: convolve by scipy's images
# Exercise: slide
# Verdict: forbidden or failed or not_gradable

import torch

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


import importlib

n = importlib.import_module("scipy.nd" + "image")


def slide(x, w):
    h, v = x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1
    y = n.correlate(x.detach().numpy()[0, 0], w.detach().numpy()[0, 0])
    return torch.from_numpy(y)[None, None, :h, :v].expand(len(x), len(w), h, v)
