"""The eigenvectors of the smaller of the two products; singular vectors in NumPy."""

import numpy as np
import torch


def pca(x, k):
    if k not in range(1, min(x.shape) + 1):
        raise ValueError("the number of components must be 1 ... min(N, D)")
    mean = x.mean(0)
    _, values, rows = np.linalg.svd((x - mean).detach().numpy(), full_matrices=False)
    components = torch.from_numpy(rows[:k].copy()).to(x.dtype)
    return mean, components, torch.from_numpy(values[:k] ** 2 / len(x)).to(x.dtype)


def pca_reconstruct(x, mean, components):
    return x - (x - mean) @ (torch.eye(x.shape[1], dtype=x.dtype) - components.T @ components)


def subspace_gap(a, b):
    def basis(m):
        return torch.linalg.svd(m, full_matrices=False)[2]

    p, q = basis(a), basis(b)
    return torch.linalg.matrix_norm(p.T @ p - q.T @ q, ord=2).item()


def train_autoencoder(network, x, steps, lr, batch_size=None, generator=None):
    optimiser = torch.optim.Adam(params=list(network.parameters()), lr=lr)

    def step():
        indices = slice(None)
        if batch_size is not None:
            indices = torch.randint(high=len(x), size=(batch_size,), generator=generator)
        batch = x[indices]
        error = (batch - network(batch)).square().flatten(1).sum(1).sum() / len(batch)
        for p in network.parameters():
            p.grad = None
        error.backward()
        optimiser.step()
        return error.item()

    return [step() for _ in range(steps)]
