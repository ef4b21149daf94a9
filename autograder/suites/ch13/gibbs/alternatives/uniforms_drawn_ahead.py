"""All uniform numbers first; a tanh in place of the sigmoid; columns kept in a list."""

import torch


def spin_up_probability(s, i, J, b, temperature=1.0):
    return (1 + torch.tanh((s @ J[:, i] + b[i]) / temperature)) / 2


def gibbs_chain(s, J, b, sweeps, temperature=1.0, generator=None):
    uniform = torch.rand(sweeps, s.shape[1], s.shape[0], generator=generator, dtype=s.dtype)
    states, columns = [], list(s.unbind(1))
    for sweep in uniform:
        for i, u in enumerate(sweep):
            up = spin_up_probability(torch.stack(columns, 1), i, J, b, temperature)
            columns[i] = (u < up).to(s.dtype) * 2 - 1
        states.append(torch.stack(columns, 1))
    return torch.stack(states)


def gibbs_sweep(s, J, b, temperature=1.0, generator=None):
    return gibbs_chain(s, J, b, 1, temperature, generator)[0]
