"""As public code writes it: std and eps, the minus sign before the half, variances."""

import torch


def reparameterise(mu, logvar, generator=None):
    std = torch.exp(0.5 * logvar)
    eps = torch.empty_like(std).normal_(generator=generator)
    return mu + eps * std


def gaussian_kl(mu, logvar, prior_mu=None, prior_logvar=None):
    if prior_mu is not None:
        mu = mu - prior_mu
    if prior_logvar is not None:
        mu = mu * torch.exp(-0.5 * prior_logvar)
        logvar = logvar - prior_logvar
    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=-1)


def pathwise_gradients(f, mu, logvar, K, generator=None):
    mu, logvar = mu.detach(), logvar.detach()
    z = reparameterise(mu.repeat(K, 1), logvar.repeat(K, 1), generator)
    with torch.enable_grad():
        z.requires_grad_(True)
        slope = torch.autograd.grad(f(z), z, grad_outputs=torch.ones(K, dtype=z.dtype))[0]
    return slope, slope * (z.detach() - mu) / 2


def score_gradients(f, mu, logvar, K, generator=None, baseline=0.0):
    mu, var = mu.detach(), logvar.detach().exp()
    z = mu + var.sqrt() * torch.randn(K, mu.numel(), generator=generator, dtype=mu.dtype)
    advantage = (f(z).detach() - baseline).unsqueeze(1)
    return advantage * (z - mu) / var, advantage * ((z - mu) ** 2 / var - 1) / 2
