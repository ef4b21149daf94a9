"""Norms for sums over a sample, standard deviations in the divergence, everything looked up in double precision."""

import torch


def _wide(values, like):
    return values.reshape(len(values), *(1 for _ in like.shape[1:]))


def score_from_eps(eps, t, alpha_bar):
    return (eps / -_wide((1 - alpha_bar[t]).sqrt(), eps)).to(eps.dtype)


def dsm_loss(score_model, x, sigma, noise):
    noisy = x + sigma * noise
    error = score_model(noisy, sigma) - (x - noisy) / sigma**2
    return 0.5 * (sigma * torch.linalg.vector_norm(error.reshape(len(x), -1), dim=1)).square().mean()


def gaussian_kl(mean1, log_var1, mean2, log_var2):
    mean1, log_var1, mean2, log_var2 = torch.broadcast_tensors(mean1, log_var1, mean2, log_var2)
    first, second = torch.exp(0.5 * log_var1), torch.exp(0.5 * log_var2)
    return torch.log(second / first) + (first**2 + (mean1 - mean2) ** 2) / (2 * second**2) - 0.5


def v_target(x0, noise, t, alpha_bar):
    angle = _wide(torch.atan2((1 - alpha_bar).sqrt(), alpha_bar.sqrt())[t], x0)
    return (angle.cos() * noise - angle.sin() * x0).to(x0.dtype)


def x0_from_v(x_t, v, t, alpha_bar):
    a = _wide(alpha_bar[t], x_t)
    return (a.sqrt() * x_t - (1 - a).sqrt() * v).to(x_t.dtype)


def vlb_term(x0, x_t, t, eps_pred, betas):
    alpha_bar = torch.exp(torch.log1p(-betas).cumsum(0))
    now, before, beta = alpha_bar[t], alpha_bar[t - 1], betas[t]
    # The noise that really is in x_t; the means differ by the difference of the noises.
    eps = (x_t - _wide(now.sqrt(), x0) * x0) / _wide((1 - now).sqrt(), x0)
    weight = beta / (2 * (1 - beta) * (1 - before))
    return (weight * ((eps - eps_pred) ** 2).reshape(len(t), -1).sum(1)).to(x0.dtype)
