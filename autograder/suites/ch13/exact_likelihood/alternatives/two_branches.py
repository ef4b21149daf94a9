"""Two branches written out, logaddexp, cartesian products."""

import torch


def _states(n, dtype):
    return torch.cartesian_prod(*[torch.tensor([0.0, 1.0], dtype=dtype)] * n).reshape(-1, n)


def _softplus(x):
    return torch.logaddexp(x, torch.zeros_like(x))


def rbm_log_partition(weight, visible_bias, hidden_bias):
    V, H = weight.shape
    if min(V, H) > 20:
        raise ValueError("enumeration over more than 20 units")
    if H <= V:
        h = _states(H, weight.dtype)
        log_weights = (h * hidden_bias).sum(-1) + _softplus(
            torch.einsum("mj,ij->mi", h, weight) + visible_bias
        ).sum(-1)
    else:
        v = _states(V, weight.dtype)
        log_weights = (v * visible_bias).sum(-1) + _softplus(
            torch.einsum("mi,ij->mj", v, weight) + hidden_bias
        ).sum(-1)
    return log_weights.logsumexp(dim=-1)


def rbm_log_likelihood(v, weight, visible_bias, hidden_bias):
    hidden = _softplus(torch.einsum("ni,ij->nj", v, weight) + hidden_bias).sum(dim=1)
    return (v * visible_bias).sum(dim=1) + hidden - rbm_log_partition(weight, visible_bias, hidden_bias)
