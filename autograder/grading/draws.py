"""A statistic for tests of random numbers: whether draws that should be independent repeat each other."""

from __future__ import annotations

import math

import torch
from torch import Tensor

MOST_ECHO = 8.0
"""What `echo` of independent draws stays below: one of 10,000 normal correlations is larger once in 1e11 times."""


def echo(draws: Tensor) -> float:
    """How much draws resemble each other, wherever in the batch or in the sample they stand.

    Neighbours can be independent while the second half of a batch repeats the first, with its sign or against it. So
    rows are compared at every distance around the batch, and positions of a sample in all pairs.

    Args:
        draws: (n, ...), independent numbers of mean 0 and variance 1, if all is right.

    Returns:
        The largest correlation, in its standard deviations, 1 / sqrt(number of products). Compare it with `MOST_ECHO`
        where there are some hundred rows and more, so that the products' mean is normal.
    """
    rows = draws.detach().double().reshape(len(draws), -1)
    n, k = rows.shape
    spectrum = torch.fft.rfft(rows, dim=0)
    at_distance = torch.fft.irfft(spectrum.abs() ** 2, n=n, dim=0).sum(1) / math.sqrt(n * k)
    largest = at_distance[1:].abs().max().item() if n > 1 else 0.0
    between = (rows.T @ rows / math.sqrt(n)).fill_diagonal_(0.0)
    return max(largest, between.abs().max().item())
