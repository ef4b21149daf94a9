"""Posterior probabilities by logaddexp of the two densities."""

import math

import torch


def normal_log_density(x, mean, std):
    per_dimension = -((x - mean) ** 2) / (2 * std**2) - torch.log(std * math.sqrt(2 * math.pi))
    return torch.einsum("nd->n", per_dimension)


def nce_loss(energy, log_z, log_noise, x_data, x_noise):
    n, m = x_data.shape[0], x_noise.shape[0]

    def log_densities(x):
        return -(energy(x) + log_z), log_noise(x) + math.log(m) - math.log(n)

    model, noise = log_densities(x_data)
    loss = (torch.logaddexp(model, noise) - model).mean()
    model, noise = log_densities(x_noise)
    return loss + m / n * (torch.logaddexp(model, noise) - noise).mean()
