"""torch.distributions; draws in a loop; the grid in pieces of the data."""

import math

import torch
from torch.distributions import Normal


def normal_log_density(z, mu, logvar):
    return Normal(mu, torch.exp(0.5 * logvar)).log_prob(z).sum(-1)


def iwae_bound(x, encode, decode, sd, K, generator=None):
    mu, logvar = encode(x)
    q, prior, log_w = (
        Normal(mu, torch.exp(0.5 * logvar)),
        Normal(torch.zeros_like(mu), torch.ones_like(mu)),
        [],
    )
    for _ in range(K):
        z = q.mean + q.stddev * torch.randn(mu.shape, generator=generator, dtype=mu.dtype)
        log_w.append(Normal(decode(z), sd).log_prob(x).sum(-1) + (prior.log_prob(z) - q.log_prob(z)).sum(-1))
    return torch.stack(log_w).logsumexp(dim=0) - math.log(K)


def grid_log_likelihood(x, decode, sd, limit=5.0, points=101):
    line = torch.linspace(-limit, limit, points, dtype=x.dtype)
    z = torch.stack(torch.meshgrid(line, line, indexing="ij"), -1).reshape(-1, 2)
    with torch.no_grad():
        images = decode(z)
        prior = Normal(torch.zeros_like(z), 1.0).log_prob(z).sum(-1)
        pieces = [
            torch.logsumexp(Normal(images, sd).log_prob(piece[:, None]).sum(-1) + prior, 1)
            for piece in x.split(4)
        ]
    step = 2 * limit / (points - 1)
    return torch.cat(pieces) + math.log(step * step)
