"""Two plain loops over Python floats."""

import torch


def conv1d_backward(grad_output, x, weight, stride=1):
    gx, gw = [0.0] * len(x), [0.0] * len(weight)
    for i, g in enumerate(grad_output.tolist()):
        for u in range(len(weight)):
            gx[i * stride + u] += g * weight[u].item()
            gw[u] += g * x[i * stride + u].item()
    return torch.tensor(gx, dtype=x.dtype), torch.tensor(gw, dtype=weight.dtype)
