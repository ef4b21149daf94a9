"""Sums divided by W, as formulas are written."""


def layer_norm(x, weight, bias, eps=1e-5):
    dtype, width = x.dtype, x.shape[-1]
    if x.element_size() < 4:
        x, weight, bias = x.float(), weight.float(), bias.float()
    mean = x.sum(-1, keepdim=True) / width
    variance = ((x - mean) ** 2).sum(-1, keepdim=True) / width
    return (weight * (x - mean) / (variance + eps) ** 0.5 + bias).to(dtype)


def rms_norm(x, weight, eps=1e-6):
    dtype, width = x.dtype, x.shape[-1]
    if x.element_size() < 4:
        x, weight = x.float(), weight.float()
    return (weight * x / ((x * x).sum(-1, keepdim=True) / width + eps) ** 0.5).to(dtype)
