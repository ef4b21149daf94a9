"""Windows by a table of indices; the pseudo-inverse; a buffer that is filled."""

import torch


def make_windows(series, width):
    count = series.shape[0] - width
    index = torch.arange(count)[:, None] + torch.arange(width)
    return series[index], series[torch.arange(count) + width]


def fit_ar(series, order):
    x, y = make_windows(series, order)
    design = torch.hstack([torch.ones(len(x), 1, dtype=x.dtype), torch.fliplr(x)]).double()
    return (torch.linalg.pinv(design) @ y.double()).to(series.dtype)


def one_step_forecasts(predict, series, width, start):
    windows, _ = make_windows(series, width)
    return predict(windows[start - width :])


def free_run(predict, history, width, steps):
    buffer = torch.zeros(width + steps, dtype=history.dtype)
    buffer[:width] = history[len(history) - width :]
    for i in range(steps):
        buffer[width + i] = predict(buffer[i : i + width].clone()[None, :])[0]
    return buffer[width:]
