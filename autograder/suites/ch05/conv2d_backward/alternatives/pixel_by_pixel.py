"""Walks over the output pixels and hands each one's gradient to the window and the weight that made it."""

import torch


def conv2d_backward(grad_output, x, weight, stride=1, padding=0):
    if isinstance(stride, int):
        stride = (stride, stride)
    if isinstance(padding, int):
        padding = (padding, padding)
    n, c, h, w = x.shape
    o, _, kh, kw = weight.shape
    padded = torch.zeros(n, c, h + 2 * padding[0], w + 2 * padding[1], dtype=x.dtype)
    padded[:, :, padding[0] : padding[0] + h, padding[1] : padding[1] + w] = x
    grad_padded = torch.zeros_like(padded)
    grad_weight = torch.zeros_like(weight)
    grad_bias = torch.zeros(o, dtype=weight.dtype)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            top, left = i * stride[0], j * stride[1]
            here = (slice(None), slice(None), slice(top, top + kh), slice(left, left + kw))
            g = grad_output[:, :, i, j]
            grad_padded[here] += (g @ weight.reshape(o, -1)).reshape(n, c, kh, kw)
            grad_weight += (g.T @ padded[here].reshape(n, -1)).reshape(weight.shape)
            grad_bias += g.sum(0)
    return grad_padded[:, :, padding[0] : padding[0] + h, padding[1] : padding[1] + w], grad_weight, grad_bias
