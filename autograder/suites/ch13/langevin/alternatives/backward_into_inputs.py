"""backward with inputs=, noise in place, as in public samplers."""

import torch


def langevin_step(x, energy, step, temperature=1.0, generator=None):
    point = x.detach().clone().requires_grad_(True)
    with torch.set_grad_enabled(True):
        energy(point).sum().backward(inputs=[point])
    noise = torch.empty_like(x, memory_format=torch.contiguous_format).detach().normal_(generator=generator)
    return (point.detach() - step * point.grad).add(noise, alpha=(2 * step * temperature) ** 0.5)


def langevin_chain(x, energy, step, n_steps, temperature=1.0, generator=None):
    state = x.detach().clone()
    for _ in range(n_steps):
        state = langevin_step(state, energy, step, temperature, generator)
    return state
