"""Densities written out in a function of their own, constant and all; the judge by log-sum-exp; loops over cells."""

import math

import torch


def _log_density(x, mean, std):
    return -((x - mean) ** 2) / (2 * std**2) - torch.log(std) - 0.5 * math.log(2 * math.pi)


def log_ratio(x, mean_p, std_p, mean_q, std_q):
    ratio = 0
    for k in range(x.shape[1]):
        ratio = (
            ratio + _log_density(x[:, k], mean_p[k], std_p[k]) - _log_density(x[:, k], mean_q[k], std_q[k])
        )
    return ratio


def optimal_discriminator(log_p, log_q):
    return torch.exp(log_p - torch.logsumexp(torch.stack([log_p, log_q], -1), -1))


def optimal_value(log_p, log_q, dx):
    value = torch.zeros((), dtype=log_p.dtype)
    for a, b in zip(log_p, log_q, strict=True):
        total = torch.logaddexp(a, b)
        if a > -math.inf:
            value = value + a.exp() * (a - total)
        if b > -math.inf:
            value = value + b.exp() * (b - total)
    return value * dx
