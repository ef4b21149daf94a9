"""Bits by shifting, distances from the least energy."""

import torch


def ising_energy(s, J, b):
    local = s @ J / 2 + b
    return -(local * s).sum(-1)


def all_states(n, low=0.0):
    rows = torch.arange(2**n).unsqueeze(1)
    bits = (rows >> torch.arange(n).flip(0)) & 1
    return torch.tensor([low, 1.0], dtype=torch.float64)[bits]


def log_partition(energies, temperature=1.0):
    least = energies.min()
    return torch.exp((least - energies) / temperature).sum().log() - least / temperature


def log_probabilities(energies, temperature=1.0):
    shifted = (energies.min() - energies) / temperature
    return shifted - shifted.exp().sum().log()


def model_mean(values, energies, temperature=1.0):
    weight = torch.exp((energies.min() - energies) / temperature)
    weight = weight / weight.sum()
    return (values * weight.reshape([-1] + [1] * (values.ndim - 1))).sum(dim=0)
