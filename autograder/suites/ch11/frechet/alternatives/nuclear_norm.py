"""The trace of the root is the nuclear norm of the product of two factors."""

import torch


def feature_moments(features):
    if features.shape[0] < 2:
        raise ValueError("one sample has no covariance")
    mean = features.mean(dim=0)
    return mean, torch.einsum("ni,nj->ij", features - mean, features - mean) / (features.shape[0] - 1)


def _factor(C):
    u, s, _ = torch.linalg.svd(C)
    return u * s.sqrt()


def frechet_distance(mean_1, covariance_1, mean_2, covariance_2):
    with torch.no_grad():
        C1, C2 = covariance_1.to(torch.float64), covariance_2.to(torch.float64)
        trace = torch.linalg.svdvals(_factor(C1).T @ _factor(C2)).sum()
        gap = (mean_1.to(torch.float64) - mean_2.to(torch.float64)).norm() ** 2
        return (gap + torch.trace(C1 + C2) - 2 * trace).to(mean_1.dtype)
