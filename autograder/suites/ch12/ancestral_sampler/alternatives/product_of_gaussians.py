"""Steps by a function of their own: posterior as a product of two densities, noise sample by sample."""

import torch


def _back(x, t, model, betas, bar, generator, clip):
    n = x.shape[0]
    eps = model(x, torch.zeros(n, dtype=torch.int64).fill_(t))
    x0 = x.sub(eps.mul(float((1 - bar[t]).sqrt()))).div(float(bar[t].sqrt()))
    if clip is not None:
        x0.clamp_(min=-clip, max=clip)
    if t == 0:
        return x0
    # q(x_{t-1} | x_t, x_0): the product of N(sqrt(bar) x0, 1 - bar) and the likelihood of x_t
    lam1 = 1 / (1 - bar[t - 1])
    lam2 = (1 - betas[t]) / betas[t]
    var = 1 / (lam1 + lam2)
    mean = float(var * lam1 * bar[t - 1].sqrt()) * x0 + float(var * lam2 / (1 - betas[t]).sqrt()) * x
    z = torch.stack([torch.randn(x.shape[1:], generator=generator) for _ in range(n)])
    return mean + float(var.sqrt()) * z


@torch.no_grad()
def ancestral_sample(model, shape, betas, generator, clip=None):

    bar = torch.cumprod(1 - betas, dim=0)
    x = torch.stack([torch.randn(shape[1:], generator=generator) for _ in range(shape[0])])
    for t in torch.arange(len(betas)).flip(0).tolist():
        x = _back(x, t, model, betas, bar, generator, clip)
    return x
