"""The new state is drawn from a normal distribution around the end of the drift."""

import torch


def langevin_step(x, energy, step, temperature=1.0, generator=None):
    with torch.enable_grad():
        start = x.detach().requires_grad_()
        gradient = torch.autograd.grad(torch.sum(energy(start)), [start])[0]
    mean = (start - step * gradient).detach()
    deviation = torch.tensor(2.0 * step * temperature, dtype=x.dtype).sqrt()
    return torch.normal(mean, deviation.expand(mean.shape), generator=generator)


def langevin_chain(x, energy, step, n_steps, temperature=1.0, generator=None):
    if n_steps == 0:
        return x.detach()
    before = langevin_chain(x, energy, step, n_steps - 1, temperature, generator)
    return langevin_step(before, energy, step, temperature, generator)
