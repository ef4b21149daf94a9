"""The bound's term as a weighted squared error of the noise; sample by sample in double precision."""

import torch


def rows(function, t, *data):
    """Apply the function to each sample and its step."""
    return torch.stack([function(int(step), *parts) for step, *parts in zip(t, *data, strict=True)])


def score_from_eps(eps, t, alpha_bar):
    return rows(lambda s, e: e / -((1 - float(alpha_bar[s])) ** 0.5), t, eps)


def dsm_loss(score_model, x, sigma, noise):
    points = x + noise * sigma
    target = (x - points) / sigma**2
    distance = (score_model(points, sigma) - target).reshape(len(x), -1).square().sum(-1)
    return torch.mean(distance * (sigma**2 / 2))


def gaussian_kl(mean1, log_var1, mean2, log_var2):
    difference = log_var1 - log_var2
    return (torch.expm1(difference) - difference) / 2 + (mean1 - mean2).square() / (2 * log_var2.exp())


def v_target(x0, noise, t, alpha_bar):
    return rows(
        lambda s, x, n: float(alpha_bar[s]) ** 0.5 * n - (1 - float(alpha_bar[s])) ** 0.5 * x, t, x0, noise
    )


def x0_from_v(x_t, v, t, alpha_bar):
    return rows(
        lambda s, x, w: float(alpha_bar[s]) ** 0.5 * x - (1 - float(alpha_bar[s])) ** 0.5 * w, t, x_t, v
    )


def vlb_term(x0, x_t, t, eps_pred, betas):
    alpha_bar = torch.cumprod(1 - betas, 0)

    def term(s, data, noised, predicted):
        a, before = float(alpha_bar[s]), float(alpha_bar[s - 1])
        noise = (noised - a**0.5 * data) / (1 - a) ** 0.5
        # beta^2 / (2 variance alpha (1 - alpha_bar)) with the posterior variance
        weight = float(betas[s]) / (2 * (1 - float(betas[s])) * (1 - before))
        return weight * ((noise - predicted) ** 2).sum()

    return rows(term, t, x0, x_t, eps_pred)
