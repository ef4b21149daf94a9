"""torch.cdist and unravel_index, lerp for the step."""

import torch


def best_units(x, codebook):
    R, C, d = codebook.shape
    distance = torch.cdist(x, codebook.reshape(R * C, d), compute_mode="donot_use_mm_for_euclid_dist")
    return torch.stack(torch.unravel_index(distance.argmin(dim=1), (R, C)), dim=-1)


def neighbourhood(best, rows, columns, radius):
    places = torch.cartesian_prod(torch.arange(rows), torch.arange(columns)).reshape(rows, columns, 2)
    squared = (places - best[:, None, None, :]).pow(2).sum(-1)
    return torch.exp(squared / (-2 * radius * radius))


def som_step(x, codebook, rate, radius):
    R, C, _ = codebook.shape
    share = neighbourhood(best_units(x.unsqueeze(0), codebook), R, C, radius).squeeze(0)
    weight = (rate * share).to(codebook.dtype).unsqueeze(-1).expand_as(codebook)
    return torch.lerp(codebook, x.expand_as(codebook), weight)
