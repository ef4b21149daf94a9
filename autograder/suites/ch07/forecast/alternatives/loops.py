"""Loops and the normal equations."""

import torch


def make_windows(series, width):
    windows, targets = [], []
    for i in range(len(series) - width):
        windows.append(series[i : i + width])
        targets.append(series[i + width])
    return torch.stack(windows), torch.stack(targets)


def fit_ar(series, order):
    windows, targets = make_windows(series.double(), order)
    columns = [torch.ones(len(windows), dtype=torch.float64)]
    columns += [windows[:, order - 1 - k] for k in range(order)]
    a = torch.stack(columns, dim=1)
    return torch.linalg.solve(a.T @ a, a.T @ targets).to(series.dtype)


def one_step_forecasts(predict, series, width, start):
    return torch.cat([predict(series[t - width : t].reshape(1, width)) for t in range(start, len(series))])


def free_run(predict, history, width, steps):
    window, run = history[-width:].clone(), []
    for _ in range(steps):
        following = predict(window[None])
        run.append(following)
        window = torch.cat([window[1:], following])
    return torch.cat(run)
