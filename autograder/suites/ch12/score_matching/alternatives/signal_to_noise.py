"""Einsum for sums over a sample; the term of the bound as half the loss of signal-to-noise ratio in that step."""

import torch


def _weights(alpha_bar, t, like):
    shape = (-1,) + (1,) * (like.dim() - 1)
    a = alpha_bar[t].reshape(shape)
    return a.sqrt().to(like.dtype), (1 - a).sqrt().to(like.dtype)


def score_from_eps(eps, t, alpha_bar):
    return torch.einsum("n...,n->n...", -eps, (1 - alpha_bar[t]).rsqrt().to(eps.dtype))


def dsm_loss(score_model, x, sigma, noise):
    error = (sigma * score_model(x + sigma * noise, sigma) + noise).reshape(x.shape[0], -1)
    return torch.einsum("nd,nd->n", error, error).mean() / 2


def gaussian_kl(mean1, log_var1, mean2, log_var2):
    precision = torch.exp(-log_var2)
    return -0.5 * (1 + log_var1 - log_var2 - log_var1.exp() * precision - (mean2 - mean1) ** 2 * precision)


def v_target(x0, noise, t, alpha_bar):
    signal, spread = _weights(alpha_bar, t, x0)
    return torch.addcmul(signal * noise, spread, x0, value=-1)


def x0_from_v(x_t, v, t, alpha_bar):
    signal, spread = _weights(alpha_bar, t, x_t)
    return torch.sub(signal * x_t, spread * v)


def vlb_term(x0, x_t, t, eps_pred, betas):
    alpha_bar = torch.cumprod(1 - betas, 0)
    signal, spread = _weights(alpha_bar, t, x0)
    apart = (x0 - (x_t - spread * eps_pred) / signal).reshape(x0.shape[0], -1)
    ratio = alpha_bar / (1 - alpha_bar)
    return (0.5 * (ratio[t - 1] - ratio[t])).to(x0.dtype) * torch.einsum("nd,nd->n", apart, apart)
