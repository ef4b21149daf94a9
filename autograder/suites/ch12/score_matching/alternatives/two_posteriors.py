"""The bound's term is the divergence of two posteriors; v as a rotation by an angle."""

import torch


def column(values, x):
    return values.reshape(len(x), *[1] * (x.dim() - 1)).to(x.dtype)


def score_from_eps(eps, t, alpha_bar):
    return -(eps * column(torch.rsqrt(1 - alpha_bar[t]), eps))


def dsm_loss(score_model, x, sigma, noise):
    # sigma * (score + noise / sigma) is sigma * score + noise.
    residual = sigma * score_model(x + sigma * noise, sigma) + noise
    return (residual**2).sum() / (2 * len(x))


def gaussian_kl(mean1, log_var1, mean2, log_var2):
    # In units of the second's deviation: how wide the first is, and how far away.
    width = torch.exp((log_var1 - log_var2) / 2)
    distance = (mean1 - mean2) * torch.exp(-log_var2 / 2)
    return (width**2 + distance**2) / 2 - torch.log(width) - 0.5


def v_target(x0, noise, t, alpha_bar):
    angle = torch.acos(alpha_bar[t].sqrt())
    return column(angle.cos(), x0) * noise - column(angle.sin(), x0) * x0


def x0_from_v(x_t, v, t, alpha_bar):
    angle = torch.acos(alpha_bar[t].sqrt())
    return column(angle.cos(), x_t) * x_t - column(angle.sin(), x_t) * v


def vlb_term(x0, x_t, t, eps_pred, betas):
    alpha_bar = torch.cumprod(1 - betas, 0)
    now, before, beta = alpha_bar[t], alpha_bar[t - 1], betas[t]
    variance = column(beta * (1 - before) / (1 - now), x0)

    def posterior(data):
        a = column(before.sqrt() * beta / (1 - now), x0)
        b = column((1 - beta).sqrt() * (1 - before) / (1 - now), x0)
        return a * data + b * x_t

    implied = (x_t - column((1 - now).sqrt(), x0) * eps_pred) / column(now.sqrt(), x0)
    spread = torch.log(variance)
    return gaussian_kl(posterior(x0), spread, posterior(implied), spread).reshape(len(x0), -1).sum(1)
