"""Hidden suite of `walk_forward`. The forecasters are functions of the tests: a recorder of what they are shown, and a
linear one whose forecasts are computed here again, block by block, in plain loops.
"""

import math

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("walk_forward"),
    pytest.mark.shares(runs=6, plain=46, options=24, invariants=24),
]

DOUBLE = torch.float64
FLOAT64 = {"rtol": 1e-9, "atol": 1e-9}


class Recorder:
    """Writes down what it is shown; forecasts something that depends on all of it."""

    def __init__(self):
        self.seen = []

    def __call__(self, windows, targets, queries):
        self.seen.append((windows.clone(), targets.clone(), queries.clone()))
        weights = torch.linspace(0.1, 0.4, queries.shape[1], dtype=queries.dtype)
        return queries @ weights + targets.mean() * windows.shape[0] ** 0.5 + 0.2 * windows[-1].sum()


def shown(series, width, start, refit, horizon):
    """What each block's forecaster must see, in plain loops, and mean and deviation of its fit."""
    values, blocks = series.tolist(), []
    for block in range(start, len(values), refit):
        known = values[: block - horizon + 1]
        mean = sum(known) / len(known)
        deviation = math.sqrt(sum((v - mean) ** 2 for v in known) / len(known))
        z = [(v - mean) / deviation for v in values]
        windows = [z[j : j + width] for j in range(len(known) - width - horizon + 1)]
        targets = [z[j + width + horizon - 1] for j in range(len(windows))]
        queries = [
            z[t - horizon - width + 1 : t - horizon + 1]
            for t in range(block, min(block + refit, len(values)))
        ]
        blocks.append(
            (
                *(torch.tensor(part, dtype=series.dtype) for part in (windows, targets, queries)),
                mean,
                deviation,
            )
        )
    return blocks


def forecasts(series, width, start, refit, horizon):
    """The forecasts of the recorder."""
    parts = []
    for windows, targets, queries, mean, deviation in shown(series, width, start, refit, horizon):
        parts.append(Recorder()(windows, targets, queries) * deviation + mean)
    return torch.cat(parts)


CASES = pytest.mark.parametrize(
    ("width", "start", "refit", "horizon"), [(3, 10, 4, 1), (2, 9, 3, 2), (4, 12, 5, 3)]
)


@pytest.mark.level("runs")
def test_runs(student, rng):
    """Both functions run: one forecast for each value from the start on, and three numbers."""
    got = student.walk_forward(lambda w, y, q: q[:, -1], rng.randn(20), 3, 12, 4)
    assert isinstance(got, torch.Tensor) and tuple(got.shape) == (8,), (
        "there is one forecast for each value from the start on"
    )
    errors = student.forecast_errors(rng.randn(5), rng.randn(5), rng.randn(5))
    assert isinstance(errors, tuple | list) and len(errors) == 3, "forecast_errors returns three numbers"


@pytest.mark.level("plain")
@CASES
@pytest.mark.weight(3)
def test_forecasts(student, rng, width, start, refit, horizon):
    """Forecasts are those of the card's procedure, in the units of the series."""
    series = 30 + 7 * rng.randn(23, dtype=DOUBLE).cumsum(0)
    got = student.walk_forward(Recorder(), series, width, start, refit, horizon)
    assert_close(got, forecasts(series, width, start, refit, horizon), **FLOAT64, name="forecasts")


@pytest.mark.level("plain")
@pytest.mark.parametrize("part", [0, 1, 2])
@pytest.mark.parametrize("horizon", [1, 3])
@pytest.mark.weight(4)
def test_what_is_shown(student, rng, part, horizon):
    """Training windows, targets and queries are those of each block, standardised by what was known."""
    series, recorder = 5 + 3 * rng.randn(19, dtype=DOUBLE), Recorder()
    student.walk_forward(recorder, series, 3, 10, 4, horizon)
    wanted = shown(series, 3, 10, 4, horizon)
    assert len(recorder.seen) == len(wanted), "the forecaster is called once for each block"
    name = ("training windows", "training targets", "queries")[part]
    for seen, want in zip(recorder.seen, wanted, strict=True):
        assert_close(seen[part], want[part], **FLOAT64, name=name)


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_root_mean_squared_error(student, rng):
    """The first error is the root of the mean squared error."""
    f, y, p = rng.randn(9, dtype=DOUBLE), rng.randn(9, dtype=DOUBLE), rng.randn(9, dtype=DOUBLE)
    want = math.sqrt(sum((a - b) ** 2 for a, b in zip(f.tolist(), y.tolist(), strict=True)) / 9)
    assert abs(float(student.forecast_errors(f, y, p)[0]) - want) < 1e-6, (
        "the root mean squared error is another number"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_mean_absolute_error(student, rng):
    """The second error is the mean absolute error."""
    f, y, p = rng.randn(7, dtype=DOUBLE), rng.randn(7, dtype=DOUBLE), rng.randn(7, dtype=DOUBLE)
    want = sum(abs(a - b) for a, b in zip(f.tolist(), y.tolist(), strict=True)) / 7
    assert abs(float(student.forecast_errors(f, y, p)[1]) - want) < 1e-6, (
        "the mean absolute error is another number"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_skill(student, rng):
    """The skill is 1 where all is right, 0 for persistence itself, negative where it is worse."""
    y, p = rng.randn(8, dtype=DOUBLE), rng.randn(8, dtype=DOUBLE)
    for forecast, want in ((y, 1.0), (p, 0.0), (y + 2 * (p - y), -3.0), (y + 0.5 * (p - y), 0.75)):
        assert abs(float(student.forecast_errors(forecast, y, p)[2]) - want) < 1e-6, (
            "the skill is another number"
        )


@pytest.mark.level("options")
@pytest.mark.parametrize(
    ("width", "start", "refit", "horizon"), [(1, 5, 1, 1), (2, 8, 100, 1), (3, 17, 2, 1), (1, 9, 2, 4)]
)
@pytest.mark.weight(2)
def test_edges(student, rng, width, start, refit, horizon):
    """Windows of one value, a fit for each forecast, one fit for all, a single forecast, a long horizon."""
    series = 3 * rng.randn(18, dtype=DOUBLE)
    got = student.walk_forward(Recorder(), series, width, start, refit, horizon)
    assert_close(got, forecasts(series, width, start, refit, horizon), **FLOAT64, name="forecasts")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_horizon_of_targets(student, rng):
    """With a longer horizon the last training target is the last value that is known."""
    series, recorder = rng.randn(20, dtype=DOUBLE), Recorder()
    student.walk_forward(recorder, series, 2, 11, 4, 3)
    for (windows, targets, _), want in zip(recorder.seen, shown(series, 2, 11, 4, 3), strict=True):
        assert_close(windows, want[0], **FLOAT64, name="training windows")
        assert_close(targets, want[1], **FLOAT64, name="training targets")


@pytest.mark.level("options")
def test_shortest_past(student, rng):
    """The smallest start that is allowed: one training window."""
    series = rng.randn(12, dtype=DOUBLE)
    got = student.walk_forward(Recorder(), series, 3, 6, 2, 2)
    assert_close(got, forecasts(series, 3, 6, 2, 2), **FLOAT64, name="forecasts")


@pytest.mark.level("options")
def test_views(student, rng):
    """A series that is every second value of another."""
    series = rng.randn(40, dtype=DOUBLE)[::2]
    got = student.walk_forward(Recorder(), series, 2, 9, 3, 1)
    assert_close(got, forecasts(series, 2, 9, 3, 1), **FLOAT64, name="forecasts")


@pytest.mark.level("invariants")
@pytest.mark.parametrize("horizon", [1, 2])
@pytest.mark.weight(3)
def test_no_future(student, rng, horizon):
    """A value changes no forecast that was made before it was known, by no way."""
    series = rng.randn(22, dtype=DOUBLE)
    before = student.walk_forward(Recorder(), series, 3, 10, 4, horizon)
    for time in (12, 15, 20):
        changed = series.clone()
        changed[time] += 40.0
        after = student.walk_forward(Recorder(), changed, 3, 10, 4, horizon)
        made = time + horizon - 10
        assert_close(after[:made], before[:made], **FLOAT64, name="forecasts made before the value was known")
        assert made >= 12 or not torch.allclose(after[made], before[made]), (
            "the first forecast after it does not know the value"
        )


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_units(student, rng):
    """A series in other units, shifted and stretched, has the same forecasts in these units."""
    series = rng.randn(20, dtype=DOUBLE)
    one = student.walk_forward(Recorder(), series, 3, 10, 3, 1)
    two = student.walk_forward(Recorder(), 250 + 40 * series, 3, 10, 3, 1)
    assert_close(two, 250 + 40 * one, rtol=1e-8, atol=1e-8, name="forecasts in other units")


@pytest.mark.level("invariants")
@pytest.mark.parametrize("horizon", [1, 3])
def test_persistence(student, rng, horizon):
    """With persistence as the forecaster, forecasts are the values `horizon` steps before."""
    series = rng.randn(21, dtype=DOUBLE)
    got = student.walk_forward(lambda w, y, q: q[:, -1], series, 2, 12, 5, horizon)
    assert_close(got, series[12 - horizon : 21 - horizon], **FLOAT64, name="forecasts of persistence")


@pytest.mark.level("invariants")
def test_refit(student, rng):
    """The forecaster is called once for each block, the last may be shorter, and it learns from more each time."""
    recorder = Recorder()
    student.walk_forward(recorder, rng.randn(21, dtype=DOUBLE), 2, 10, 4, 1)
    assert [len(q) for _, _, q in recorder.seen] == [4, 4, 3], (
        "blocks have `refit` queries, the last what is left"
    )
    assert [len(y) for _, y, _ in recorder.seen] == [8, 12, 16], "each fit knows all that was known by then"


@pytest.mark.level("contract")
def test_dtype(student, rng):
    """float32 in, float32 out."""
    got = student.walk_forward(lambda w, y, q: q[:, -1], rng.randn(15), 2, 9, 3, 1)
    assert got.dtype == torch.float32, "forecasts have the dtype of the series"


@pytest.mark.level("contract")
def test_errors_are_floats(student, rng):
    """The three errors are floats."""
    errors = student.forecast_errors(rng.randn(5), rng.randn(5), rng.randn(5))
    assert all(isinstance(error, float) for error in errors), "each error is a float, not a tensor"
