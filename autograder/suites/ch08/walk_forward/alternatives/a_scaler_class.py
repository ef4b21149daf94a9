"""As public code does it: a scaler that is fitted on the past, splits as lists of numbers."""

import numpy as np
import torch


class _StandardScaler:
    def fit(self, x):
        self.mean_, self.scale_ = x.mean(), x.std()
        return self

    def transform(self, x):
        return (x - self.mean_) / self.scale_

    def inverse_transform(self, x):
        return x * self.scale_ + self.mean_


def _make(values, width, horizon):
    n = len(values) - width - horizon + 1
    x = np.stack([values[j : j + width] for j in range(n)])
    return x, values[width + horizon - 1 : width + horizon - 1 + n]


def walk_forward(forecaster, series, width, start, refit, horizon=1):
    values = series.numpy()
    results = []
    for split in range(start, len(values), refit):
        scaler = _StandardScaler().fit(values[: split - horizon + 1])
        x, y = _make(scaler.transform(values[: split - horizon + 1]), width, horizon)
        test = [
            values[t - horizon - width + 1 : t - horizon + 1]
            for t in range(split, min(split + refit, len(values)))
        ]
        q = scaler.transform(np.stack(test))
        answer = forecaster(torch.tensor(x), torch.tensor(y), torch.tensor(q))
        results.append(scaler.inverse_transform(answer.numpy()))
    return torch.tensor(np.concatenate(results), dtype=series.dtype)


def forecast_errors(forecasts, truth, persistence):
    f, y, p = (t.detach().numpy() for t in (forecasts, truth, persistence))
    mse = np.mean((f - y) ** 2)
    return float(np.sqrt(mse)), float(np.mean(np.abs(f - y))), float(1 - mse / np.mean((p - y) ** 2))
