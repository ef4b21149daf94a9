"""Plain loops over windows and forecasts."""

import math

import torch


def walk_forward(forecaster, series, width, start, refit, horizon=1):
    total = len(series)
    out = torch.zeros(total - start, dtype=series.dtype)
    block = start
    while block < total:
        end = min(block + refit, total)
        cut = block - horizon + 1
        mu = series[:cut].mean()
        sigma = ((series[:cut] - mu) ** 2).mean().sqrt()
        windows, targets = [], []
        for j in range(cut - width - horizon + 1):
            windows.append((series[j : j + width] - mu) / sigma)
            targets.append((series[j + width + horizon - 1] - mu) / sigma)
        queries = []
        for t in range(block, end):
            last = t - horizon
            queries.append((series[last - width + 1 : last + 1] - mu) / sigma)
        answer = forecaster(torch.stack(windows), torch.stack(targets), torch.stack(queries))
        out[block - start : end - start] = answer * sigma + mu
        block = end
    return out


def forecast_errors(forecasts, truth, persistence):
    e = (forecasts - truth).tolist()
    q = (persistence - truth).tolist()
    mse = sum(v * v for v in e) / len(e)
    return math.sqrt(mse), sum(abs(v) for v in e) / len(e), 1 - mse / (sum(v * v for v in q) / len(q))
