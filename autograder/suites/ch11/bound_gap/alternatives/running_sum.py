"""Log-sums that grow draw by draw and place by place."""

import math

import torch


def normal_log_density(z, mu, logvar):
    return -0.5 * (
        math.log(2 * math.pi) * torch.ones_like(z - mu) + logvar + (z - mu) ** 2 / logvar.exp()
    ).sum(-1)


def _log_likelihood(x, image, sd):
    return normal_log_density(x, image, torch.full((1,), 2 * math.log(sd), dtype=x.dtype))


def iwae_bound(x, encode, decode, sd, K, generator=None):
    mu, logvar = encode(x)
    zero, total = torch.zeros_like(mu), None
    for _ in range(K):
        z = mu + logvar.exp().sqrt() * torch.randn(*mu.shape, generator=generator, dtype=mu.dtype)
        log_w = (
            _log_likelihood(x, decode(z), sd)
            + normal_log_density(z, zero, zero)
            - normal_log_density(z, mu, logvar)
        )
        total = log_w if total is None else torch.logaddexp(total, log_w)
    return total - math.log(K)


def grid_log_likelihood(x, decode, sd, limit=5.0, points=101):
    line = torch.linspace(-limit, limit, points, dtype=x.dtype)
    total = torch.full((len(x),), -math.inf, dtype=x.dtype)
    with torch.no_grad():
        for first in line:
            z = torch.stack([first.expand(points), line], 1)
            log_joint = _log_likelihood(x[:, None], decode(z), sd) + normal_log_density(
                z, torch.zeros_like(z), torch.zeros_like(z)
            )
            total = torch.logaddexp(total, log_joint.logsumexp(1))
    return total + 2 * math.log(float(line[1] - line[0]))
