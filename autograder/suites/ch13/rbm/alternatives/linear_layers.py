"""F.linear for both directions and F.bilinear's form of the energy, as in public implementations."""

import torch
import torch.nn.functional as F


def rbm_energy(v, h, weight, visible_bias, hidden_bias):
    coupling = torch.einsum("...i,ij,...j->...", v, weight, h)
    return -(coupling + (v * visible_bias).sum(-1) + (h * hidden_bias).sum(-1))


def hidden_probabilities(v, weight, visible_bias, hidden_bias):
    return F.linear(v, weight.t(), hidden_bias).sigmoid()


def visible_probabilities(h, weight, visible_bias, hidden_bias):
    return F.linear(h, weight, visible_bias).sigmoid()


def free_energy(v, weight, visible_bias, hidden_bias):
    field = F.linear(v, weight.t(), hidden_bias)
    return -torch.mv(v.reshape(-1, v.shape[-1]), visible_bias).reshape(v.shape[:-1]) - F.softplus(field).sum(
        dim=-1
    )
