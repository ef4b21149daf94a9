"""An exponential variable in place of the uniform's logarithm; index assignment."""

import torch


def _sum(x):
    return x.reshape(len(x), -1).sum(-1)


def log_proposal(x_to, x_from, gradient, step, temperature=1.0):
    return _sum((x_from - step * gradient - x_to).square()) / (-4 * step * temperature)


def mala_step(x, energy, step, temperature=1.0, generator=None):
    with torch.enable_grad():
        a = x.detach().clone().requires_grad_()
        e_a = energy(a)
        e_a.sum().backward(inputs=[a])
        noise = torch.randn(x.shape, dtype=x.dtype, generator=generator)
        b = (a.detach() - step * a.grad + (2 * step * temperature) ** 0.5 * noise).requires_grad_()
        e_b = energy(b)
        e_b.sum().backward(inputs=[b])
    with torch.no_grad():
        uphill = (e_b - e_a) / temperature
        uphill += log_proposal(b, a, a.grad, step, temperature) - log_proposal(
            a, b, b.grad, step, temperature
        )
        patience = torch.empty(len(x), dtype=x.dtype).exponential_(generator=generator)
        accepted = uphill < patience
        new = a.detach().clone()
        new[accepted] = b.detach()[accepted]
    return new, accepted
