"""A vector of ones for grad_outputs in place of the sum; the noise for a whole chain drawn ahead."""

import torch


def _slope(x, energy):
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        values = energy(x)
        return torch.autograd.grad(values, x, grad_outputs=torch.ones_like(values))[0].detach()


def langevin_chain(x, energy, step, n_steps, temperature=1.0, generator=None):
    x = x.detach()
    noises = torch.randn(n_steps, *x.shape, generator=generator, dtype=x.dtype)
    for noise in noises:
        x = x - step * _slope(x, energy) + (2 * step * temperature) ** 0.5 * noise
    return x


def langevin_step(x, energy, step, temperature=1.0, generator=None):
    return langevin_chain(x, energy, step, 1, temperature, generator)
