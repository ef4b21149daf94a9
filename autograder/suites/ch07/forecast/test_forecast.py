"""Hidden suite of `forecast`; oracles are loops, the normal equations in float64, and forecasters that are functions of
the tests. That nothing looks ahead is tested by changing the future.

Tolerance: least squares of at most 250 rows in float64, solved in two ways, agree to 1e-8; series are of size 1 to 100.
"""

import pytest
import torch

from autograder.testing import assert_close
from selfcheck.sequences import load_sunspots

pytestmark = [
    pytest.mark.exercise("forecast"),
    pytest.mark.shares(runs=6, plain=39, options=21, invariants=33),
]

FLOAT64 = {"rtol": 1e-6, "atol": 1e-7}
FLOAT32 = {"rtol": 1e-5, "atol": 1e-5}


def looped(series, width):
    windows = [series[i : i + width] for i in range(len(series) - width)]
    return torch.stack(windows), series[width:]


def normal_equations(series, order):
    """c, a_1, ..., a_P, with the newest value first."""
    windows, targets = looped(series.double(), order)
    design = torch.cat([torch.ones(len(windows), 1).double(), windows.flip(1)], 1)
    return torch.linalg.solve(design.T @ design, design.T @ targets)


def wave(rng, length, dtype=torch.float64):
    """A noisy wave that an autoregression of order 2 describes well."""
    values = [0.0, 1.0]
    for noise in rng.randn(length).tolist():
        values.append(1.6 * values[-1] - 0.9 * values[-2] + 0.3 * noise + 0.5)
    return torch.tensor(values[2:], dtype=dtype)


class Recorder:
    """A forecaster that weighs a window's values, the newest most, and writes down what it is shown."""

    def __init__(self, width, dtype=torch.float64):
        self.weights = torch.linspace(0.1, 0.6, width, dtype=dtype)
        self.windows = []

    def __call__(self, windows):
        self.windows.append(windows.clone())
        # A window of another width gets an answer too, another one: what is wrong shows in the forecasts.
        return windows @ torch.linspace(0.1, 0.6, windows.shape[1], dtype=windows.dtype) - 0.2


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """make_windows returns a pair of tensors, the windows (M, W) and their targets (M,)."""
    found = student.make_windows(wave(rng, 30), 4)
    assert isinstance(found, (tuple, list)) and len(found) == 2, "make_windows returns windows and targets"
    windows, targets = found
    assert isinstance(windows, torch.Tensor) and isinstance(targets, torch.Tensor), "both are tensors"
    assert windows.dim() == 2 and targets.dim() == 1, "windows have two axes, targets have one"


@pytest.mark.level("plain")
def test_counts(student, rng):
    """30 values make 26 windows of 4; order 3 has 4 coefficients; there are as many forecasts as were asked for."""
    series = wave(rng, 30)
    windows, targets = student.make_windows(series, 4)
    assert windows.shape == (26, 4) and targets.shape == (26,), (
        "30 values make 26 windows of 4, each with a target"
    )
    assert student.fit_ar(series, 3).shape == (4,), "an autoregression of order 3 has 4 coefficients"
    assert student.one_step_forecasts(Recorder(4), series, 4, 25).shape == (5,), (
        "places 25 to 29 are 5 forecasts"
    )
    assert student.free_run(Recorder(4), series, 4, 7).shape == (7,), "7 steps are 7 forecasts"


@pytest.mark.level("plain")
@pytest.mark.weight(7)
def test_by_hand(student):
    """(1, 2, 4, 7, 11) with a width of 2 makes (1, 2) -> 4, (2, 4) -> 7, (4, 7) -> 11."""
    windows, targets = student.make_windows(torch.tensor([1.0, 2.0, 4.0, 7.0, 11.0]), 2)
    assert_close(windows, torch.tensor([[1.0, 2.0], [2.0, 4.0], [4.0, 7.0]]), name="windows")
    assert_close(targets, torch.tensor([4.0, 7.0, 11.0]), name="targets")


@pytest.mark.level("plain")
@pytest.mark.weight(7)
@pytest.mark.parametrize(("length", "width"), [(20, 3), (50, 7), (9, 8)])
def test_windows(student, rng, length, width):
    """Windows are neighbouring values, oldest first, and each target is the value right after its window."""
    series = rng.randn(length, dtype=torch.float64)
    for got, want, name in zip(
        student.make_windows(series, width), looped(series, width), ("windows", "targets"), strict=True
    ):
        assert_close(got, want, **FLOAT64, name=name)


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize(("length", "order"), [(80, 2), (200, 1), (150, 5)])
def test_fit(student, rng, length, order):
    """The coefficients are those of least squares, the constant first, then the newest value's."""
    series = wave(rng, length)
    assert_close(
        student.fit_ar(series, order), normal_equations(series, order), **FLOAT64, name="coefficients"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(10)
@pytest.mark.parametrize(("width", "start"), [(3, 20), (5, 5), (1, 12)])
def test_one_step(student, rng, width, start):
    """Each one-step forecast is made from the true values right before it."""
    series, predict = rng.randn(25, dtype=torch.float64), Recorder(width)
    got = student.one_step_forecasts(predict, series, width, start)
    want = torch.stack([series[t - width : t] @ predict.weights - 0.2 for t in range(start, 25)])
    assert_close(got, want, **FLOAT64, name="forecasts")


@pytest.mark.level("plain")
@pytest.mark.weight(16)
@pytest.mark.parametrize(("width", "steps"), [(3, 8), (5, 2), (1, 6)])
def test_free_run(student, rng, width, steps):
    """In a free run each forecast becomes an input of the next ones."""
    history, predict = rng.randn(14, dtype=torch.float64), Recorder(width)
    known = history.tolist()
    for _ in range(steps):
        window = torch.tensor(known[-width:], dtype=torch.float64)
        known.append(float(window @ predict.weights - 0.2))
    want = torch.tensor(known[14:], dtype=torch.float64)
    assert_close(student.free_run(predict, history, width, steps), want, **FLOAT64, name="forecasts")


@pytest.mark.level("options")
@pytest.mark.weight(6)
def test_edges(student, rng):
    """A series one longer than the window, a window as long as the history, one step, the last place alone."""
    series = rng.randn(6, dtype=torch.float64)
    windows, targets = student.make_windows(series, 5)
    assert_close(windows, series[None, :5], **FLOAT64, name="the only window")
    assert_close(targets, series[5:], **FLOAT64, name="the only target")
    predict = Recorder(6)
    want = (series @ predict.weights - 0.2)[None]
    assert_close(
        student.free_run(predict, series, 6, 1), want, **FLOAT64, name="one step from a whole history"
    )
    predict = Recorder(4)
    want = (series[1:5] @ predict.weights - 0.2)[None]
    assert_close(student.one_step_forecasts(predict, series, 4, 5), want, **FLOAT64, name="the last place")


@pytest.mark.level("options")
@pytest.mark.weight(7)
def test_shape_of_windows(student, rng):
    """`predict` is shown windows (M, width) in the order of time, in a free run one at a time."""
    predict, series = Recorder(4), rng.randn(20, dtype=torch.float64)
    student.one_step_forecasts(predict, series, 4, 9)
    assert all(w.dim() == 2 and w.shape[1] == 4 for w in predict.windows), "windows have shape (M, width)"
    shown = torch.cat(predict.windows)
    assert_close(shown, looped(series, 4)[0][5:], **FLOAT64, name="the windows shown, in the order of time")
    predict = Recorder(4)
    student.free_run(predict, rng.randn(9, dtype=torch.float64), 4, 3)
    assert [tuple(w.shape) for w in predict.windows] == [(1, 4)] * 3, "a free run asks for one window a step"


@pytest.mark.level("options")
@pytest.mark.weight(10)
def test_views(student, rng):
    """A series that is every second value of another gives the same as a contiguous one."""
    series = wave(rng, 80)[::2]
    for got, want, name in zip(
        student.make_windows(series, 3), looped(series, 3), ("windows", "targets"), strict=True
    ):
        assert_close(got, want, **FLOAT64, name=name)
    assert_close(student.fit_ar(series, 2), normal_equations(series, 2), **FLOAT64, name="coefficients")


@pytest.mark.level("options")
def test_exact_recurrence(student):
    """Of a series without noise, y_t+1 = 2 + 0.5 y_t - 0.25 y_t-1, the coefficients come out."""
    values = [1.0, -3.0]
    for _ in range(12):
        values.append(2 + 0.5 * values[-1] - 0.25 * values[-2])
    got = student.fit_ar(torch.tensor(values, dtype=torch.float64), 2)
    assert_close(
        got, torch.tensor([2.0, 0.5, -0.25], dtype=torch.float64), rtol=1e-4, atol=1e-5, name="coefficients"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(8)
def test_no_future(student, rng):
    """Changing a value changes no forecast of its own time or of an earlier one."""
    series = rng.randn(24, dtype=torch.float64)
    before = student.one_step_forecasts(Recorder(3), series, 3, 8)
    changed = series.clone()
    changed[15:] += 100.0
    after = student.one_step_forecasts(Recorder(3), changed, 3, 8)
    assert_close(after[:8], before[:8], rtol=0, atol=0, name="forecasts up to the changed value")
    assert not torch.allclose(after[8:], before[8:]), "later forecasts do not see the values before them"


@pytest.mark.level("invariants")
def test_history_alone(student, rng):
    """A free run depends on the last `width` values of the history, and on nothing else."""
    history = rng.randn(15, dtype=torch.float64)
    first = student.free_run(Recorder(4), history, 4, 5)
    second = student.free_run(Recorder(4), torch.cat([rng.randn(7, dtype=torch.float64), history[-4:]]), 4, 5)
    assert_close(
        second, first, rtol=1e-12, atol=1e-12, name="forecasts from another history with the same end"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(16)
@pytest.mark.parametrize("order", [2, 3])
def test_free_run_goes_on(student, rng, order):
    """Of a series that obeys a recurrence exactly, the free run with that recurrence is the continuation."""
    weights = torch.tensor([0.5, -0.75, 0.125], dtype=torch.float64)[:order]
    values = rng.randn(order).tolist()
    while len(values) < 26:
        values.append(1.5 + float(weights @ torch.tensor(values[: -order - 1 : -1], dtype=torch.float64)))
    series = torch.tensor(values, dtype=torch.float64)
    run = student.free_run(lambda windows: 1.5 + windows.flip(1)[:, :order] @ weights, series[:14], order, 12)
    assert_close(run, series[14:], **FLOAT64, name="the continuation")


@pytest.mark.level("invariants")
def test_shift_and_scale(student, rng):
    """Shifting and stretching a series leaves a_1 ... a_P as they are."""
    series = wave(rng, 120)
    a, b = student.fit_ar(series, 3), student.fit_ar(7 * series - 40, 3)
    assert_close(b[1:], a[1:], rtol=1e-5, atol=1e-6, name="coefficients")


@pytest.mark.level("invariants")
@pytest.mark.weight(12)
def test_beats_persistence(student):
    """On the sunspots of 1950 to 2008 an autoregression fitted until 1949 beats persistence by a fifth at least."""
    years, spots = load_sunspots()
    spots, start = spots.double(), int((years < 1950).sum())
    c, a1, a2 = student.fit_ar(spots[:start], 2).tolist()
    truth = spots[start:]
    errors = [
        (student.one_step_forecasts(predict, spots, 2, start) - truth).square().mean().sqrt().item()
        for predict in (lambda w: c + a1 * w[:, -1] + a2 * w[:, -2], lambda w: w[:, -1])
    ]
    assert errors[0] < 0.8 * errors[1], "the autoregression does not beat the value of the year before"


@pytest.mark.level("contract")
def test_dtype(student, rng):
    """float32 in, float32 out."""
    series = wave(rng, 60, torch.float32)
    windows, targets = student.make_windows(series, 3)
    assert windows.dtype == torch.float32 and targets.dtype == torch.float32, "windows have the series' dtype"
    got = student.fit_ar(series, 2)
    assert_close(got, normal_equations(series, 2).float(), rtol=2e-3, atol=2e-3, name="coefficients")
    run = student.free_run(Recorder(3, torch.float32), series, 3, 2)
    assert run.dtype == torch.float32, "forecasts have the series' dtype"
