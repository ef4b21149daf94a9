"""NumPy's sliding windows and its least squares."""

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view


def make_windows(series, width):
    views = sliding_window_view(series.numpy(), width)[:-1]
    return torch.tensor(np.array(views)), torch.tensor(np.array(series.numpy()[width:]))


def fit_ar(series, order):
    x, y = make_windows(series.to(torch.float64), order)
    design = np.column_stack([np.ones(len(x)), x.numpy()[:, ::-1]])
    solution, *_ = np.linalg.lstsq(design, y.numpy(), rcond=None)
    return torch.from_numpy(solution).to(series.dtype)


def one_step_forecasts(predict, series, width, start):
    return predict(torch.stack([series[t - width : t] for t in range(start, len(series))]))


def free_run(predict, history, width, steps):
    known = history.clone()
    for _ in range(steps):
        known = torch.cat([known, predict(known[-width:].unsqueeze(0))])
    return known[len(history) :]
