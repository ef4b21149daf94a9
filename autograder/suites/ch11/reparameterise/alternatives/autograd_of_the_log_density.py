"""The score by autograd of the log-density; the path by autograd through the draw, draw by draw of the parameters."""

import math

import torch


def reparameterise(mu, logvar, generator=None):
    std = (0.5 * logvar).exp()
    return torch.addcmul(mu, std, torch.randn(mu.size(), generator=generator, dtype=mu.dtype))


def gaussian_kl(mu, logvar, prior_mu=None, prior_logvar=None):
    if prior_mu is None:
        prior_mu = mu.new_zeros(())
    if prior_logvar is None:
        prior_logvar = mu.new_zeros(())
    terms = (
        prior_logvar
        - logvar
        - 1
        + (logvar - prior_logvar).exp()
        + (mu - prior_mu).square() / prior_logvar.exp()
    )
    return terms.sum(dim=-1) / 2


def _rows(mu, logvar, K):
    """Parameters of their own for each draw, so that one backward pass keeps the draws apart."""
    return (p.detach().expand(K, -1).clone().requires_grad_() for p in (mu, logvar))


def pathwise_gradients(f, mu, logvar, K, generator=None):
    with torch.enable_grad():
        m, lv = _rows(mu, logvar, K)
        z = reparameterise(m, lv, generator)
        return torch.autograd.grad(f(z).sum(), (m, lv))


def score_gradients(f, mu, logvar, K, generator=None, baseline=0.0):
    with torch.enable_grad():
        m, lv = _rows(mu, logvar, K)
        z = reparameterise(m, lv, generator).detach()
        log_q = -0.5 * ((z - m) ** 2 / lv.exp() + lv + math.log(2 * math.pi))
        value = f(z).detach() - baseline
        return torch.autograd.grad((value[:, None] * log_q).sum(), (m, lv))
