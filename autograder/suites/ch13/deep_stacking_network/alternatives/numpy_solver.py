"""NumPy's least squares."""

import numpy as np
import torch


def least_squares(features, y):
    solution, *_ = np.linalg.lstsq(features.detach().numpy(), y.detach().numpy(), rcond=None)
    return torch.from_numpy(solution).to(features.dtype)


def fit_stack(x, y, hidden_weights):
    outputs = []
    for module in range(len(hidden_weights)):
        features = _last_features(x, hidden_weights[: module + 1], outputs)
        outputs.append(least_squares(features, y))
    return outputs


def _last_features(x, hidden_weights, output_weights):
    prediction = torch.zeros(len(x), 0, dtype=x.dtype)
    for i, weight in enumerate(hidden_weights):
        hidden = 1 / (1 + torch.exp(-torch.cat([x, prediction], dim=1) @ weight))
        features = torch.hstack([hidden, prediction, torch.ones(len(x), 1, dtype=x.dtype)])
        if i == len(hidden_weights) - 1:
            return features
        prediction = features @ output_weights[i]
    raise ValueError("a stack has a module")


def predict_stack(x, hidden_weights, output_weights):
    return [
        _last_features(x, hidden_weights[: i + 1], output_weights[:i]) @ output_weights[i]
        for i in range(len(output_weights))
    ]
