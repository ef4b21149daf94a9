"""Normal distributions for both ways, probabilities in place of logarithms."""

import torch
from torch.distributions import Independent, Normal


def log_proposal(x_to, x_from, gradient, step, temperature=1.0):
    distance = x_to - (x_from - step * gradient)
    return -0.25 * torch.einsum("ni,ni->n", distance.flatten(1), distance.flatten(1)) / (step * temperature)


def _way(x, energy, step, temperature):
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        e = energy(x)
        g = torch.autograd.grad(e.sum(), x)[0]
    mean = (x - step * g).detach()
    spread = torch.full_like(mean, (2 * step * temperature) ** 0.5)
    return e.detach(), Independent(Normal(mean, spread), x.dim() - 1)


def mala_step(x, energy, step, temperature=1.0, generator=None):
    x = x.detach()
    e, there = _way(x, energy, step, temperature)
    new = there.base_dist.loc + there.base_dist.scale * torch.randn(
        x.shape, generator=generator, dtype=x.dtype
    )
    e_new, back = _way(new, energy, step, temperature)
    ratio = torch.exp((e - e_new) / temperature + back.log_prob(x) - there.log_prob(new))
    accepted = torch.rand(ratio.shape, generator=generator, dtype=x.dtype) < ratio.clamp(max=1)
    result = x.clone()
    result[accepted] = new[accepted]
    return result, accepted
