"""Divergence in three parts, standard deviations throughout, both estimators from one helper."""

import torch


def _deviation(logvar):
    return logvar.exp().sqrt()


def reparameterise(mu, logvar, generator=None):
    noise = torch.normal(0.0, 1.0, tuple(mu.shape), generator=generator, dtype=mu.dtype)
    return noise * torch.exp(logvar * 0.5) + mu


def gaussian_kl(mu, logvar, prior_mu=None, prior_logvar=None):
    m = 0.0 if prior_mu is None else prior_mu
    log_s2 = torch.zeros_like(logvar) if prior_logvar is None else prior_logvar
    cross = 0.5 * (log_s2 + (logvar.exp() + (mu - m) ** 2) / log_s2.exp()).sum(-1)
    entropy = 0.5 * (logvar + 1).sum(-1)
    return cross - entropy


def _draws(mu, logvar, K, generator):
    with torch.no_grad():
        noise = torch.randn((K, mu.shape[0]), generator=generator, dtype=mu.dtype)
        return noise, _deviation(logvar), mu + _deviation(logvar) * noise


def pathwise_gradients(f, mu, logvar, K, generator=None):
    noise, sigma, z = _draws(mu, logvar, K, generator)
    leaf = z.clone().requires_grad_(True)
    with torch.enable_grad():
        values = f(leaf)
        slopes = torch.autograd.grad(values.mean() * K, [leaf])[0]
    return slopes.detach(), (slopes * sigma * noise * 0.5).detach()


def score_gradients(f, mu, logvar, K, generator=None, baseline=0.0):
    noise, sigma, z = _draws(mu, logvar, K, generator)
    with torch.no_grad():
        weight = f(z) - baseline
        in_mu = torch.einsum("k,kd->kd", weight, noise / sigma)
        in_logvar = torch.einsum("k,kd->kd", weight, noise.square() - 1) / 2
    return in_mu, in_logvar
