"""Binary cross-entropy over one batch of data and noise."""

import math

import torch
import torch.nn.functional as F


def normal_log_density(x, mean, std):
    z = (x - mean) / std
    return -0.5 * (z**2).sum(-1) - std.log().sum() - x.shape[-1] * math.log(math.sqrt(2 * math.pi))


def nce_loss(energy, log_z, log_noise, x_data, x_noise):
    x = torch.cat([x_data, x_noise])
    label = torch.cat([torch.ones(len(x_data), dtype=x.dtype), torch.zeros(len(x_noise), dtype=x.dtype)])
    logit = -energy(x) - log_z - log_noise(x) - math.log(len(x_noise) / len(x_data))
    return F.binary_cross_entropy_with_logits(logit, label, reduction="sum") / len(x_data)
