"""One sample after the other; the weights of x0 and noise as cosine and sine."""

import math

import torch


def score_from_eps(eps, t, alpha_bar):
    return torch.stack([-e / math.sqrt(1 - float(alpha_bar[i])) for e, i in zip(eps, t, strict=True)])


def dsm_loss(score_model, x, sigma, noise):
    score = score_model(torch.add(x, noise, alpha=sigma), sigma)
    losses = [0.5 * sigma**2 * torch.sum((s + n / sigma) ** 2) for s, n in zip(score, noise, strict=True)]
    return torch.stack(losses).mean()


def gaussian_kl(mean1, log_var1, mean2, log_var2):
    ratio = log_var1 - log_var2
    return (torch.expm1(ratio) - ratio) / 2 + (mean1 - mean2).square() / (2 * log_var2.exp())


def v_target(x0, noise, t, alpha_bar):
    rows = []
    for data, error, a in zip(x0, noise, alpha_bar[t].tolist(), strict=True):
        angle = math.acos(math.sqrt(a))
        rows.append(math.cos(angle) * error - math.sin(angle) * data)
    return torch.stack(rows)


def x0_from_v(x_t, v, t, alpha_bar):
    rows = []
    for noised, velocity, a in zip(x_t, v, alpha_bar[t].tolist(), strict=True):
        rows.append(math.sqrt(a) * noised - math.sqrt(1 - a) * velocity)
    return torch.stack(rows)


def vlb_term(x0, x_t, t, eps_pred, betas):
    left = torch.cumprod(1 - betas, 0).tolist()
    terms = []
    for i, step in enumerate(t.tolist()):
        now, before, beta = left[step], left[step - 1], float(betas[step])
        guess = (x_t[i] - math.sqrt(1 - now) * eps_pred[i]) / math.sqrt(now)
        apart = math.sqrt(before) * beta / (1 - now) * (x0[i] - guess)
        terms.append((apart * apart).sum() / (2 * beta * (1 - before) / (1 - now)))
    return torch.stack(terms)
