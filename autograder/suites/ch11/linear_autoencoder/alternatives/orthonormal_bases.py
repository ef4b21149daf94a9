"""QR makes bases orthonormal, the sine comes from the smallest cosine; batches by multinomial draws."""

import math

import torch


def pca(x, k):
    if not 0 < k <= min(x.shape[0], x.shape[1]):
        raise ValueError(f"k = {k}")
    mean = x.mean(0, keepdim=True)
    u, s, vh = torch.linalg.svd((x - mean) / math.sqrt(len(x)), full_matrices=False)
    return mean[0], vh[:k], s[:k].square()


def pca_reconstruct(x, mean, components):
    centred = x - mean
    return sum(((centred @ c)[:, None] * c for c in components), mean.expand_as(x))


def subspace_gap(a, b):
    qa, qb = torch.linalg.qr(a.T)[0], torch.linalg.qr(b.T)[0]
    rest = qb - qa @ (qa.T @ qb)  # the part of one plane that lies across the other
    return float(torch.linalg.matrix_norm(rest, ord=2))


def train_autoencoder(network, x, steps, lr, batch_size=None, generator=None):
    adam, losses = torch.optim.Adam(network.parameters(), lr), []
    uniform = torch.ones(len(x))
    for _ in range(steps):
        adam.zero_grad()
        batch = x
        if batch_size is not None:
            batch = x[torch.multinomial(uniform, batch_size, replacement=True, generator=generator)]
        loss = (network(batch) - batch).pow(2).sum(dim=-1).mean()
        losses.append(loss.item())
        loss.backward()
        adam.step()
    return losses
