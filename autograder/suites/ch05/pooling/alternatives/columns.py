"""im2col by F.unfold with each channel as an image; backward by F.fold of the one-hot winners."""

import torch
import torch.nn.functional as F


def _two(value):
    return [value, value] if isinstance(value, int) else list(value)


def _columns(x, kernel, stride):
    n, c = x.shape[:2]
    size = [(x.shape[2 + a] - kernel[a]) // stride[a] + 1 for a in (0, 1)]
    columns = F.unfold(x.reshape(n * c, 1, *x.shape[2:]), kernel, stride=stride)
    return columns, (n, c, *size)


def max_pool2d(x, kernel_size, stride=None, padding=0):
    kernel, pad = _two(kernel_size), _two(padding)
    stride = kernel if stride is None else _two(stride)
    lowest = x.detach().min() - 1
    frame = F.pad(torch.ones_like(x[:1, :1]), (pad[1], pad[1], pad[0], pad[0]))
    x = F.pad(x, (pad[1], pad[1], pad[0], pad[0])) + (1 - frame) * lowest
    columns, shape = _columns(x, kernel, stride)
    return columns.max(1)[0].reshape(shape)


def avg_pool2d(x, kernel_size, stride=None, padding=0):
    kernel, pad = _two(kernel_size), _two(padding)
    stride = kernel if stride is None else _two(stride)
    columns, shape = _columns(F.pad(x, (pad[1], pad[1], pad[0], pad[0])), kernel, stride)
    return columns.mean(1).reshape(shape)


def global_avg_pool2d(x):
    return x.mean(-1).mean(-1)


def max_pool2d_backward(grad_output, x, kernel_size, stride=None):
    kernel = _two(kernel_size)
    stride = kernel if stride is None else _two(stride)
    columns, _ = _columns(x, kernel, stride)
    winners = (columns == columns.amax(1, keepdim=True)).int()
    first = (winners.cumsum(1) == 1) & (winners == 1)
    shares = first * grad_output.reshape(columns.shape[0], 1, -1)
    return F.fold(shares.to(x.dtype), x.shape[2:], kernel, stride=stride).reshape(x.shape)
