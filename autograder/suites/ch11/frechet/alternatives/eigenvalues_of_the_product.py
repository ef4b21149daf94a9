"""The eigenvalues of the unsymmetric product are those of its root, squared."""

import torch


def feature_moments(features):
    n, f = features.shape
    if n < 2:
        raise ValueError("at least two samples")
    return features.mean(0), torch.cov(features.T).view(f, f)


def frechet_distance(mean_1, covariance_1, mean_2, covariance_2):
    a, b = covariance_1.double(), covariance_2.double()
    values = torch.linalg.eigvals(a @ b).real.clamp(min=0)
    squares = (mean_1.double() - mean_2.double()).square().sum()
    return (squares + (a + b).diagonal().sum() - 2 * values.sqrt().sum()).to(mean_1.dtype)
