"""The map as a ridge regression of the data on themselves; a class that spoils."""

import torch


class _Spoiler:
    def __init__(self, sigma, lost, generator):
        self.sigma, self.lost, self.generator = sigma, lost, generator

    def __call__(self, x):
        noise = torch.normal(torch.zeros_like(x), torch.ones_like(x), generator=self.generator)
        uniform = torch.rand(x.shape, generator=self.generator).to(x.dtype)
        return x.masked_fill(uniform < self.lost, 0.0) + self.sigma * noise


def spoil(x, sigma=0.0, lost=0.0, generator=None):
    return _Spoiler(sigma, lost, generator)(x)


def best_affine(x, sigma):
    mean = x.mean(0, keepdim=True)
    centred = x - mean
    gram = centred.T @ centred
    ridge = len(x) * sigma**2 * torch.eye(x.shape[1], dtype=x.dtype)
    # The weights of a ridge regression map rows to rows: transposed.
    weights = torch.cholesky_solve(gram, torch.linalg.cholesky(gram + ridge))
    return weights.T, (mean - mean @ weights)[0]


def train_denoiser(network, x, sigma, steps, batch_size, lr, generator=None, lost=0.0):
    spoiler, history = _Spoiler(sigma, lost, generator), []
    optimiser = torch.optim.Adam(network.parameters(), lr=lr, betas=(0.9, 0.999))
    while len(history) < steps:
        rows = (torch.rand(batch_size, generator=generator) * len(x)).long().clamp(max=len(x) - 1)
        difference = network(spoiler(x[rows])) - x[rows]
        loss = torch.einsum("nd,nd->n", difference, difference).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        history.append(loss.detach().item())
    return history
