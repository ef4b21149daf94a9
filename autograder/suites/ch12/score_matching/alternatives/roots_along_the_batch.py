"""A helper lays the schedule's values along the batch; every function is one formula."""

import torch


def along(values, t, x):
    return values[t].reshape(-1, *[1] * (x.dim() - 1)).to(x.dtype)


def score_from_eps(eps, t, alpha_bar):
    return -eps / along((1 - alpha_bar).sqrt(), t, eps)


def dsm_loss(score_model, x, sigma, noise):
    score = score_model(x + sigma * noise, sigma)
    error = (score + noise / sigma) ** 2
    return 0.5 * sigma**2 * error.flatten(1).sum(dim=1).mean()


def gaussian_kl(mean1, log_var1, mean2, log_var2):
    ratio = torch.exp(log_var1 - log_var2)
    return 0.5 * (log_var2 - log_var1 + ratio + (mean1 - mean2) ** 2 * torch.exp(-log_var2) - 1)


def v_target(x0, noise, t, alpha_bar):
    return along(alpha_bar.sqrt(), t, x0) * noise - along((1 - alpha_bar).sqrt(), t, x0) * x0


def x0_from_v(x_t, v, t, alpha_bar):
    return along(alpha_bar.sqrt(), t, x_t) * x_t - along((1 - alpha_bar).sqrt(), t, x_t) * v


def vlb_term(x0, x_t, t, eps_pred, betas):
    alpha_bar = torch.cumprod(1 - betas, dim=0)
    before = torch.cat([torch.ones(1, dtype=betas.dtype), alpha_bar[:-1]])
    noise_level = along((1 - alpha_bar).sqrt(), t, x0)
    predicted = (x_t - noise_level * eps_pred) / along(alpha_bar.sqrt(), t, x0)
    weight = along(before.sqrt() * betas / (1 - alpha_bar), t, x0)
    variance = along(betas * (1 - before) / (1 - alpha_bar), t, x0)
    return ((weight * (x0 - predicted)) ** 2 / (2 * variance)).flatten(1).sum(dim=1)
