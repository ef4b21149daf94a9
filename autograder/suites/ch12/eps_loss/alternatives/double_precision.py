"""Times by multinomial draws; x_t in double precision, then in that of the data."""

import torch


def eps_loss(model, x0, alpha_bar, generator):

    N = x0.size(0)
    times = torch.multinomial(torch.ones_like(alpha_bar), N, replacement=True, generator=generator)
    eps = torch.randn(*x0.shape, generator=generator, dtype=torch.float64)
    bar = alpha_bar[times].reshape(N, *([1] * (x0.dim() - 1)))
    x_t = (bar.sqrt() * x0.double() + (1 - bar).sqrt() * eps).to(x0.dtype)
    eps = eps.to(x0.dtype)
    return (eps - model(x_t, times)).pow(2).mean()
