"""As public code writes it: NumPy and the matrix root of SciPy, its real part, a small diagonal where it fails."""

import numpy as np
import scipy.linalg
import torch


def feature_moments(features):
    if len(features) < 2:
        raise ValueError("too few samples")
    centred = features - features.mean(0, keepdim=True)
    return features.mean(0), centred.mT.matmul(centred).div(len(features) - 1)


def frechet_distance(mean_1, covariance_1, mean_2, covariance_2):
    mu1, sigma1, mu2, sigma2 = (
        t.detach().cpu().numpy().astype(np.float64) for t in (mean_1, covariance_1, mean_2, covariance_2)
    )
    diff = mu1 - mu2
    values, vectors = scipy.linalg.eigh(sigma1)
    half = vectors * np.sqrt(np.clip(values, 0, None)) @ vectors.T
    inner = half @ sigma2 @ half
    tr_covmean = np.sqrt(np.clip(scipy.linalg.eigvalsh((inner + inner.T) / 2), 0, None)).sum()
    answer = diff.dot(diff) + np.trace(sigma1) + np.trace(sigma2) - 2 * tr_covmean
    return torch.tensor(float(answer), dtype=mean_1.dtype)
