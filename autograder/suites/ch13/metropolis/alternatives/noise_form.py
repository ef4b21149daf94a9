"""The way there is minus half of the noise squared; the decision as a blend of 0 and 1."""

import math

import torch


def log_proposal(x_to, x_from, gradient, step, temperature=1.0):
    scaled = (x_to - x_from + step * gradient) / math.sqrt(2 * step * temperature)
    return -0.5 * (scaled**2).flatten(start_dim=1).sum(dim=1)


def mala_step(x, energy, step, temperature=1.0, generator=None):
    x = x.detach()

    def look(place):
        with torch.enable_grad():
            place = place.clone().requires_grad_()
            value = energy(place)
            slope = torch.autograd.grad(value, place, torch.ones_like(value))[0]
        return value.detach(), slope.detach()

    value, slope = look(x)
    noise = torch.randn(x.shape, generator=generator, dtype=x.dtype)
    there = x - step * slope + math.sqrt(2 * step * temperature) * noise
    value_there, slope_there = look(there)
    log_ratio = (value - value_there) / temperature + 0.5 * (noise**2).flatten(1).sum(1)
    log_ratio = log_ratio + log_proposal(x, there, slope_there, step, temperature)
    u = torch.rand(len(x), generator=generator, dtype=torch.float64)
    accepted = torch.log(u) <= log_ratio.double()
    shape = [-1] + [1] * (x.ndim - 1)
    return torch.where(accepted.reshape(shape), there, x), accepted
