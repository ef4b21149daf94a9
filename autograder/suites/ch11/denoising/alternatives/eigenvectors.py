"""Shrinkage along eigenvectors; lost values by bernoulli and where."""

import torch


def spoil(x, sigma=0.0, lost=0.0, generator=None):
    gone = torch.bernoulli(torch.full(x.shape, float(lost)), generator=generator).bool()
    kept = torch.where(gone, torch.zeros_like(x), x)
    return kept + torch.randn(*x.shape, generator=generator, dtype=x.dtype) * sigma


def best_affine(x, sigma):
    mean = x.mean(dim=0)
    values, vectors = torch.linalg.eigh(torch.einsum("ni,nj->ij", x - mean, x - mean) / x.shape[0])
    values = values.clamp(min=0)
    A = (vectors * (values / (values + sigma**2))) @ vectors.mT
    return A, (torch.eye(len(mean), dtype=x.dtype) - A) @ mean


def train_denoiser(network, x, sigma, steps, batch_size, lr, generator=None, lost=0.0):
    optimiser = torch.optim.Adam(network.parameters(), lr=lr)
    errors = []
    for _ in range(steps):
        index = torch.multinomial(torch.ones(len(x)), batch_size, replacement=True, generator=generator)
        target = x[index]
        with torch.no_grad():
            noisy = spoil(target, sigma, lost, generator)
        loss = torch.nn.functional.mse_loss(network(noisy), target, reduction="sum") / batch_size
        optimiser.zero_grad(set_to_none=False)
        loss.backward()
        optimiser.step()
        errors.append(loss.item())
    return errors
