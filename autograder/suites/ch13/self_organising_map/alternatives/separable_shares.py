"""Shares as a product of a column's and a row's; sample by sample."""

import torch


def best_units(x, codebook):
    found = []
    for row in x:
        flat = (codebook - row).square().sum(-1).flatten()
        found.append(divmod(int(flat.argmin()), codebook.shape[1]))
    return torch.tensor(found)


def neighbourhood(best, rows, columns, radius):
    def bell(size, centre):
        return torch.exp(-(((torch.arange(size) - centre[:, None]) / radius) ** 2) / 2)

    return torch.einsum("nr,nc->nrc", bell(rows, best[:, 0]), bell(columns, best[:, 1]))


def som_step(x, codebook, rate, radius):
    share = neighbourhood(best_units(x[None], codebook), codebook.shape[0], codebook.shape[1], radius)
    share = share[0].to(codebook.dtype)
    new = codebook.clone()
    new += rate * torch.einsum("rc,rcd->rcd", share, x - codebook)
    return new
