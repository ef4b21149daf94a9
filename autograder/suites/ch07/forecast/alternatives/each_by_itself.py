"""Each of the four functions makes what it needs by itself, and a free run keeps one window."""

import torch


def make_windows(series, width):
    windows = series.unfold(0, width, 1)[:-1]
    return windows.clone(), series[width:].clone()


def fit_ar(series, order):
    rows = torch.stack([series[t - order : t].flip(0) for t in range(order, len(series))])
    design = torch.cat([torch.ones(len(rows), 1, dtype=series.dtype), rows], dim=1)
    return torch.linalg.lstsq(design, series[order:, None], driver="gelsd").solution[:, 0]


def one_step_forecasts(predict, series, width, start):
    return predict(torch.stack([series[t - width : t] for t in range(start, len(series))]))


def free_run(predict, history, width, steps):
    window, run = history[-width:].clone(), []
    for _ in range(steps):
        new = predict(window[None])
        run.append(new[0])
        window = torch.cat([window[1:], new])
    return torch.stack(run)
