"""The same maximum may stand in several windows: in which of them do you look for its place?"""

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
    y = max_pool2d(x, kernel_size, stride).flatten(2)
    at = (x.flatten(2)[:, :, None, :] == y[..., None]).int().argmax(-1)
    return torch.zeros_like(x).flatten(2).scatter_add_(2, at, grad_output.flatten(2)).view_as(x)
