"""The normalisation is an autograd.Function with the backward formula of the paper; counts batches as torch does."""

import torch
from torch import nn


class Normalise(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, bias, mean, inverse, batch_statistics):
        normalised = (x - mean) * inverse
        ctx.save_for_backward(normalised, weight, inverse)
        ctx.batch_statistics = batch_statistics
        return weight.view(1, -1, 1, 1) * normalised + bias.view(1, -1, 1, 1)

    @staticmethod
    def backward(ctx, grad):
        normalised, weight, inverse = ctx.saved_tensors
        axes = (0, 2, 3)
        inner = grad * weight.view(1, -1, 1, 1)
        if ctx.batch_statistics:
            through_var = (inner * normalised).mean(axes, keepdim=True) * normalised
            inner = inner - inner.mean(axes, keepdim=True) - through_var
        return inner * inverse, (grad * normalised).sum(axes), grad.sum(axes), None, None, None


class BatchNorm2d(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.register_buffer("num_batches_tracked", torch.tensor(0))

    def forward(self, x):
        with torch.no_grad():
            if self.training:
                if x[:, 0].numel() == 1:
                    raise ValueError("expected more than 1 value per channel")
                var, mean = torch.var_mean(x, dim=(0, 2, 3), correction=1)
                self.running_mean += self.momentum * (mean - self.running_mean)
                self.running_var += self.momentum * (var - self.running_var)
                self.num_batches_tracked += 1
                count = x.numel() / x.shape[1]
                var = var * (count - 1) / count
            else:
                mean, var = self.running_mean, self.running_var
            mean = mean.view(1, -1, 1, 1).clone()
            inverse = (1 / (var + self.eps).sqrt()).view(1, -1, 1, 1)
        return Normalise.apply(x, self.weight, self.bias, mean, inverse, self.training)
