"""torch.bernoulli, the difference of two energies written out."""

import torch


def spin_up_probability(s, i, J, b, temperature=1.0):
    field = (s * J[:, i]).sum(1) + b[i]
    return 1 / (1 + torch.exp(-2 * field / temperature))


def gibbs_sweep(s, J, b, temperature=1.0, generator=None):
    new = s.clone()
    for i in range(new.shape[1]):
        new[:, i] = (
            2 * torch.bernoulli(spin_up_probability(new, i, J, b, temperature), generator=generator) - 1
        )
    return new


def gibbs_chain(s, J, b, sweeps, temperature=1.0, generator=None):
    record = torch.empty(sweeps, *s.shape, dtype=s.dtype)
    for k in range(sweeps):
        s = gibbs_sweep(s, J, b, temperature, generator)
        record[k] = s
    return record
