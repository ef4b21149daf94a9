"""logsigmoid, sums over the number of data."""

import math

import torch
from torch.nn.functional import logsigmoid


def normal_log_density(x, mean, std):
    columns = zip(x.unbind(1), mean, std, strict=True)
    return sum(-(((c - m) / s) ** 2) / 2 - s.log() - math.log(2 * math.pi) / 2 for c, m, s in columns)


def nce_loss(energy, log_z, log_noise, x_data, x_noise):
    log_ratio = math.log(len(x_noise)) - math.log(len(x_data))
    real = -energy(x_data) - log_z - log_noise(x_data)
    fake = -energy(x_noise) - log_z - log_noise(x_noise)
    total = logsigmoid(real - log_ratio).sum() + logsigmoid(log_ratio - fake).sum()
    return -total / torch.tensor(len(x_data), dtype=total.dtype)
