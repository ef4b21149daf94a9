"""Data and samples pass the energy in one batch, as public training loops do."""

import torch


def exact_gradient(data, J, b):
    states = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0], dtype=J.dtype)] * len(b)).reshape(-1, len(b))
    log_weight = torch.einsum("mi,ij,mj->m", states, J, states) / 2 + states @ b
    p = (log_weight - log_weight.logsumexp(0)).exp()
    covariance = torch.einsum("m,mi,mj->ij", p, states, states) - torch.einsum("ni,nj->ij", data, data) / len(
        data
    )
    return covariance / 2, (p[:, None] * states).sum(0) - data.sum(0) / len(data)


def contrastive_loss(energy, x_data, x_model, alpha=0.0):
    both = energy(torch.cat([x_data, x_model.detach()]))
    real, fake = both[: len(x_data)], both[len(x_data) :]
    regulariser = alpha * (real.pow(2).mean() + fake.pow(2).mean())
    return regulariser + real.mean() - fake.mean()
