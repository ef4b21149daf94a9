"""All windows of the series at once, of which each block takes its own."""

import torch
import torch.nn.functional as F


def walk_forward(forecaster, series, width, start, refit, horizon=1):
    every = series.unfold(0, width, 1)  # window j ends at j + width - 1
    pieces = []
    for first in range(start, series.numel(), refit):
        last = min(first + refit, series.numel())
        n = first - horizon + 1
        deviation, mean = torch.std_mean(series[:n], correction=0)
        pairs = n - width - horizon + 1
        train, labels = every[:pairs], series[width + horizon - 1 : n]
        asked = every[first - horizon - width + 1 : last - horizon - width + 1]
        pieces.append(
            mean + deviation * forecaster(*((v - mean) / deviation for v in (train, labels, asked)))
        )
    return torch.cat(pieces)


def forecast_errors(forecasts, truth, persistence):
    mse, base = F.mse_loss(forecasts, truth), F.mse_loss(persistence, truth)
    return mse.sqrt().item(), F.l1_loss(forecasts, truth).item(), (1 - mse / base).item()
