"""The field of all units is kept and corrected after each change, as fast codes do; logistic noise decides."""

import torch


def spin_up_probability(s, i, J, b, temperature=1.0):
    return torch.sigmoid((s @ J + b)[:, i] * (2 / temperature))


def gibbs_sweep(s, J, b, temperature=1.0, generator=None):
    s = s.clone()
    field = s @ J + b
    for i in range(s.size(1)):
        u = torch.rand(s.size(0), generator=generator, dtype=torch.float64)
        new = torch.where(2 * field[:, i] / temperature > torch.logit(1 - u), 1, -1).to(s.dtype)
        field = field + (new - s[:, i])[:, None] * J[i]
        s[:, i] = new
    return s


def gibbs_chain(s, J, b, sweeps, temperature=1.0, generator=None):
    states = [s]
    while len(states) <= sweeps:
        states.append(gibbs_sweep(states[-1], J, b, temperature, generator))
    return torch.stack(states[1:])
