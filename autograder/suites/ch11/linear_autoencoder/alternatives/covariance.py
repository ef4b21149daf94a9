"""Eigenvectors of the covariance, projections by a pseudo-inverse, a loss by hand."""

import torch


def pca(x, k):
    n, d = x.shape
    if k < 1 or k > min(n, d):
        raise ValueError("too many components, or none")
    mean = x.mean(dim=0)
    values, vectors = torch.linalg.eigh(torch.cov(x.T, correction=0).reshape(d, d))
    order = values.argsort(descending=True)[:k]
    return mean, vectors[:, order].T, values[order].clamp(min=0)


def pca_reconstruct(x, mean, components):
    codes = torch.einsum("nd,kd->nk", x - mean, components)
    return mean + torch.einsum("nk,kd->nd", codes, components)


def subspace_gap(a, b):
    difference = torch.linalg.pinv(a) @ a - torch.linalg.pinv(b) @ b
    return torch.linalg.svdvals(difference).max().item()


def train_autoencoder(network, x, steps, lr, batch_size=None, generator=None):
    optimiser = torch.optim.Adam(network.parameters(), lr=lr)
    history = []
    for _ in range(steps):
        shown = x
        if batch_size is not None:
            shown = x[torch.randint(0, x.shape[0], (batch_size,), generator=generator)]
        loss = torch.nn.functional.mse_loss(network(shown), shown, reduction="sum") / len(shown)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        history.append(float(loss.detach()))
    return history
