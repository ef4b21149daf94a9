"""Mean and biased variance in one call, all in at least float32."""

import torch


def layer_norm(x, weight, bias, eps=1e-5):
    y = x.to(torch.promote_types(x.dtype, torch.float32))
    var, mean = torch.var_mean(y, dim=-1, correction=0, keepdim=True)
    return ((y - mean) * torch.rsqrt(var + eps) * weight + bias).to(x.dtype)


def rms_norm(x, weight, eps=1e-6):
    y = x.to(torch.promote_types(x.dtype, torch.float32))
    return (y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + eps) * weight).type_as(x)
