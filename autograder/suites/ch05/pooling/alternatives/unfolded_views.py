"""Windows are views made by unfold; the backward pass goes through the taps and asks which of them won."""

import math

import torch
import torch.nn.functional as F


def pair(value):
    return (value, value) if isinstance(value, int) else value


def max_pool2d(x, kernel_size, stride=None, padding=0):
    (kh, kw), (ph, pw) = pair(kernel_size), pair(padding)
    sh, sw = (kh, kw) if stride is None else pair(stride)
    padded = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    return padded.unfold(2, kh, sh).unfold(3, kw, sw).amax((-2, -1))


def avg_pool2d(x, kernel_size, stride=None, padding=0):
    (kh, kw), (ph, pw) = pair(kernel_size), pair(padding)
    sh, sw = (kh, kw) if stride is None else pair(stride)
    padded = F.pad(x, (pw, pw, ph, ph))
    return padded.unfold(2, kh, sh).unfold(3, kw, sw).mean((-2, -1))


def global_avg_pool2d(x):
    return x.mean((2, 3))


def max_pool2d_backward(grad_output, x, kernel_size, stride=None):
    kh, kw = pair(kernel_size)
    sh, sw = (kh, kw) if stride is None else pair(stride)
    oh, ow = grad_output.shape[2:]
    winner = x.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2).argmax(-1)
    grad_x = torch.zeros_like(x, memory_format=torch.contiguous_format)
    for k in range(kh * kw):
        i, j = divmod(k, kw)
        rows = slice(i, i + (oh - 1) * sh + 1, sh)
        columns = slice(j, j + (ow - 1) * sw + 1, sw)
        grad_x[:, :, rows, columns] += grad_output * (winner == k)
    return grad_x
