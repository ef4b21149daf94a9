"""You lower later places a little to break ties: what becomes of values that differ by less than that?"""

import math

import torch
import torch.nn.functional as F


def windows(x, k, s):
    k = pair(k)
    s = k if s is None else pair(s)
    return x.unfold(2, k[0], s[0]).unfold(3, k[1], s[1])


def max_pool2d(x, kernel_size, stride=None, padding=0):
    ph, pw = pair(padding)
    return windows(F.pad(x, (pw, pw, ph, ph), value=-math.inf), kernel_size, stride).amax((-2, -1))


def avg_pool2d(x, kernel_size, stride=None, padding=0):
    ph, pw = pair(padding)
    return windows(F.pad(x, (pw, pw, ph, ph)), kernel_size, stride).mean((-2, -1))


def global_avg_pool2d(x):
    return x.mean((2, 3))


@torch.no_grad()
def max_pool2d_backward(grad_output, x, kernel_size, stride=None):
    k = pair(kernel_size)
    s = k if stride is None else pair(stride)
    w = windows(x, k, s).flatten(-2)
    w = w - 1e-6 * torch.arange(w.shape[-1], dtype=x.dtype)
    b = (w == w.amax(-1, keepdim=True)).int().argmax(-1)
    r = torch.arange(b.shape[2])[:, None] * s[0] + b // k[1]
    c = torch.arange(b.shape[3]) * s[1] + b % k[1]
    return (
        torch.zeros_like(x)
        .flatten(2)
        .scatter_add_(2, (r * x.shape[3] + c).flatten(2), grad_output.flatten(2))
        .view_as(x)
    )
