"""As public code writes it: a loss of two terms, sums over the batch divided by its size, maximize left alone."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def normal_log_likelihood(x, mean, sd):
    squares = (x - mean).pow(2).sum(-1)
    return -squares / (2 * sd**2) - x.shape[-1] * (math.log(sd) + 0.5 * math.log(2 * math.pi))


class VAE(nn.Module):
    def __init__(self, D, d, width):
        super().__init__()
        self.fc1 = nn.Linear(D, width)
        self.fc2 = nn.Linear(width, 2 * d)
        self.fc3 = nn.Linear(d, width)
        self.fc4 = nn.Linear(width, D)

    def encode(self, x):
        h = F.relu(self.fc1(x))
        return torch.split(self.fc2(h), self.fc3.in_features, dim=-1)

    def decode(self, z):
        return self.fc4(F.relu(self.fc3(z)))


def elbo(x, encode, decode, sd, generator=None, beta=1.0):
    mu, logvar = encode(x)
    std = torch.exp(0.5 * logvar)
    eps = torch.randn(std.size(), generator=generator, dtype=std.dtype)
    recon = normal_log_likelihood(x, decode(mu + eps * std), sd)
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1)
    return recon - beta * kld, recon, kld


def train_vae(model, x, sd, steps, batch_size, lr, generator=None, beta=1.0):
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    bounds = []
    for _ in range(steps):
        data = x[torch.randint(0, x.size(0), (batch_size,), generator=generator)]
        optimizer.zero_grad()
        _, recon, kld = elbo(data, model.encode, model.decode, sd, generator, beta)
        loss = (-recon.sum() + beta * kld.sum()) / data.size(0)
        loss.backward()
        optimizer.step()
        bounds.append(-loss.item())
    return bounds
