"""NumPy's outer product, in double precision to the end."""

import numpy as np
import torch


def time_embedding(t, dim, max_period=10000.0):
    if dim % 2 != 0:
        raise ValueError("dim must be even")
    half = dim // 2
    angles = np.outer(t.numpy(), np.power(float(max_period), -np.arange(half) / half))
    return torch.from_numpy(np.hstack([np.sin(angles), np.cos(angles)]).astype(np.float32))
