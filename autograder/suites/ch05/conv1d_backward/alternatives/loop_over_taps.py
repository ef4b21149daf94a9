"""Lets each tap scatter into, and gather from, the numbers that it met."""

import torch


def conv1d_backward(grad_output, x, weight, stride=1):
    size = len(weight)
    reach = stride * (len(grad_output) - 1) + 1
    grad_x, grad_weight = torch.zeros_like(x), torch.zeros_like(weight)
    for tap in range(size):
        grad_x[tap : tap + reach : stride] += weight[tap] * grad_output
        grad_weight[tap] = (grad_output * x[tap : tap + reach : stride]).sum()
    return grad_x, grad_weight
