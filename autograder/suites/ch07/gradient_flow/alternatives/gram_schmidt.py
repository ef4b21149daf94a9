"""Gram and Schmidt by hand in float64, norms through the eigenvalues of J^T J."""

import torch


def gradient_norms(slopes, w_h):
    jacobian, norms = torch.eye(len(w_h), dtype=torch.float64), []
    for slope in reversed(list(slopes.double())):
        norms.append(torch.linalg.eigvalsh(jacobian.T @ jacobian)[-1].clamp(min=0).sqrt())
        jacobian = jacobian @ (torch.diag(slope) @ w_h.double())
    return torch.stack(norms).to(w_h.dtype)


def spectral_start(hidden, radius, generator):
    w = torch.randn(hidden, hidden, generator=generator, dtype=torch.float64)
    return (w / torch.linalg.eigvals(w).abs().max() * radius).float()


def orthogonal_start(hidden, generator):
    columns = []
    for v in torch.randn(hidden, hidden, generator=generator, dtype=torch.float64):
        for _ in range(2):
            for u in columns:
                v = v - (u @ v) * u
        columns.append(v / v.norm())
    return torch.stack(columns).float()
