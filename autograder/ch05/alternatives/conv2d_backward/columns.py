"""Through the matrix form: F.unfold for the weight's gradient, its transpose F.fold for the image's."""

import torch.nn.functional as F


def conv2d_backward(grad_output, x, weight, stride=1, padding=0):
    options = {"kernel_size": weight.shape[2:], "stride": stride, "padding": padding}
    columns = F.unfold(x, **options)  # (N, C*kh*kw, L)
    grad = grad_output.flatten(2)  # (N, O, L)
    grad_weight = (grad @ columns.transpose(1, 2)).sum(0).view(weight.shape)
    grad_x = F.fold(weight.flatten(1).T @ grad, x.shape[2:], **options)
    return grad_x, grad_weight, grad.sum((0, 2))
