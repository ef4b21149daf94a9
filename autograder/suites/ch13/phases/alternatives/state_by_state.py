"""A running sum over the states, the largest weight taken out first."""

import itertools

import torch


def exact_gradient(data, J, b):
    states = [torch.tensor(s, dtype=J.dtype) for s in itertools.product([-1.0, 1.0], repeat=len(b))]
    exponents = [(s @ J @ s) / 2 + b @ s for s in states]
    top = max(float(e) for e in exponents)
    Z, mean, second = 0.0, torch.zeros_like(b), torch.zeros_like(J)
    for s, exponent in zip(states, exponents, strict=True):
        weight = torch.exp(exponent - top)
        Z, mean, second = Z + weight, mean + weight * s, second + weight * torch.outer(s, s)
    data_second = torch.einsum("ni,nj->ij", data, data) / data.shape[0]
    return (second / Z - data_second) / 2, mean / Z - data.mean(dim=0)


def contrastive_loss(energy, x_data, x_model, alpha=0.0):
    real, fake = energy(x_data), energy(x_model.detach())
    return (real + alpha * real**2).mean() - (fake - alpha * fake**2).mean()
