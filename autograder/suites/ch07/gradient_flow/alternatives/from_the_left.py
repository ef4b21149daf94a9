"""The product is carried as its transpose; singular values; eigenvalues by NumPy."""

import numpy as np
import torch


def gradient_norms(slopes, w_h):
    transposed = torch.eye(w_h.shape[0]).to(w_h)
    norms = [torch.linalg.svdvals(transposed)[0]]
    for t in range(len(slopes) - 1, 0, -1):
        transposed = w_h.T @ torch.diag(slopes[t]) @ transposed
        norms.append(torch.linalg.svdvals(transposed).max())
    return torch.stack(norms).to(w_h.dtype)


def spectral_start(hidden, radius, generator):
    w = torch.randn((hidden, hidden), generator=generator) / hidden**0.5
    return w * float(radius / np.abs(np.linalg.eigvals(w.numpy())).max())


def orthogonal_start(hidden, generator):
    u, _, v = torch.linalg.svd(torch.randn(hidden, hidden, generator=generator))
    return u @ v
