"""Adam that maximises; gaussian_nll_loss for the density; layers in lists."""

import math

import torch
from torch import nn


def normal_log_likelihood(x, mean, sd):
    x, mean = torch.broadcast_tensors(x, mean)
    variance = torch.full((), sd**2, dtype=x.dtype).expand_as(x)
    half = nn.functional.gaussian_nll_loss(mean, x, variance, full=False, eps=1e-30, reduction="none").sum(-1)
    return -half - x.shape[-1] / 2 * math.log(2 * math.pi)


class VAE(nn.Module):
    def __init__(self, D, d, width):
        super().__init__()
        sizes = ((D, width), (width, 2 * d), (d, width), (width, D))
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in sizes])

    def encode(self, x):
        both = self.layers[1](self.layers[0](x).clamp(min=0)).unflatten(-1, (2, -1))
        return both[..., 0, :], both[..., 1, :]

    def decode(self, z):
        return self.layers[3](self.layers[2](z).clamp(min=0))


def elbo(x, encode, decode, sd, generator=None, beta=1.0):
    mu, logvar = encode(x)
    variance = logvar.exp()
    z = mu + variance.sqrt() * torch.randn(*mu.shape, generator=generator, dtype=mu.dtype)
    fit, price = normal_log_likelihood(x, decode(z), sd), (mu.square() + variance - logvar - 1).sum(1) / 2
    return torch.sub(fit, price, alpha=beta), fit, price


def train_vae(model, x, sd, steps, batch_size, lr, generator=None, beta=1.0):
    optimiser = torch.optim.Adam(model.parameters(), lr=lr, maximize=True)

    def step():
        index = torch.randint(len(x), [batch_size], generator=generator)
        model.zero_grad()
        bound = torch.mean(elbo(x.index_select(0, index), model.encode, model.decode, sd, generator, beta)[0])
        bound.backward()
        optimiser.step()
        return float(bound)

    return [step() for _ in range(steps)]
