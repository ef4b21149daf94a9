"""Through the matrix form: F.unfold for the weight's gradient; unfolded pixel numbers say where columns go back to."""

import torch
import torch.nn.functional as F


def conv2d_backward(grad_output, x, weight, stride=1, padding=0):
    n, channels, height, width = x.shape
    options = {"kernel_size": weight.shape[2:], "stride": stride, "padding": padding}
    columns = F.unfold(x, **options)  # (N, C*kh*kw, L)
    grad = grad_output.flatten(2)  # (N, O, L)
    grad_weight = (grad @ columns.transpose(1, 2)).sum(0).view(weight.shape)
    numbers = torch.arange(1, x[0].numel() + 1, dtype=torch.float64).view(1, channels, height, width)
    origin = F.unfold(numbers, **options).long().flatten()  # 0 where a column read the padding
    shares = (weight.flatten(1).T @ grad).flatten(1)
    grad_x = torch.zeros(n, x[0].numel() + 1, dtype=x.dtype)
    grad_x.index_add_(1, origin, shares)
    return grad_x[:, 1:].reshape(x.shape), grad_weight, grad.sum((0, 2))
