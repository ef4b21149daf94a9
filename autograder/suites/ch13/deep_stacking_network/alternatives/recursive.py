"""The stack as a recursion; least squares from the singular value decomposition."""

import torch


def least_squares(features, y):
    u, s, vh = torch.linalg.svd(features, full_matrices=False)
    cut = s.max() * max(features.shape) * torch.finfo(s.dtype).eps
    inverse = torch.where(s > cut, 1 / s, torch.zeros_like(s))
    return vh.T @ (inverse[:, None] * (u.T @ y))


def predict_stack(x, hidden_weights, output_weights):
    if len(hidden_weights) == 0:
        return []
    lower = predict_stack(x, hidden_weights[:-1], output_weights[:-1])
    return [*lower, _phi(x, lower[-1:], hidden_weights[-1]) @ output_weights[-1]]


def _phi(x, below, weight):
    hidden = torch.cat([x, *below], 1).matmul(weight).sigmoid()
    return torch.cat([hidden, *below, torch.ones_like(x[:, :1])], 1)


def fit_stack(x, y, hidden_weights):
    outputs = []
    for i, weight in enumerate(hidden_weights):
        lower = predict_stack(x, hidden_weights[:i], outputs)
        outputs.append(least_squares(_phi(x, lower[-1:], weight), y))
    return outputs
