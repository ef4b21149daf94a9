"""Hidden suite of `deep_stacking_network`: least squares by the orthogonality of the residual, module by module."""

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("deep_stacking_network"),
    pytest.mark.shares(runs=7, plain=54, options=20, invariants=19),
]

CLOSE = {"rtol": 1e-6, "atol": 1e-7}


def layers(rng, d, K, widths):
    """Hidden weights of the modules, float64."""
    return [rng.randn(d if i == 0 else d + K, width, dtype=torch.float64) for i, width in enumerate(widths)]


def project(features, y):
    """The best prediction of y, by the singular vectors of the features."""
    u, s, _ = torch.linalg.svd(features, full_matrices=False)
    u = u[:, s > 1e-10 * s[0]]
    return u @ (u.T @ y)


def stack_by_hand(x, y, hidden_weights):
    """Training predictions of each module."""
    predictions = []
    for i, weight in enumerate(hidden_weights):
        below = predictions[-1:] if i else []
        hidden = 1 / (1 + torch.exp(-(torch.cat([x, *below], 1) @ weight)))
        predictions.append(project(torch.cat([hidden, *below, torch.ones(len(x), 1).double()], 1), y))
    return predictions


@pytest.mark.level("runs")
@pytest.mark.gate
@pytest.mark.weight(0)
def test_runs(student, rng):
    """fit_stack runs and returns one weight matrix for each module."""
    x, y, hidden = rng.randn(30, 3).double(), rng.randn(30, 2).double(), layers(rng, 3, 2, (4, 7))
    assert len(student.fit_stack(x, y, hidden)) == 2, "two modules have two matrices of output weights"


@pytest.mark.level("runs")
def test_shapes_of_weights(student, rng):
    """A module's output weights have a row for each hidden unit, each prediction from below, and the constant."""
    x, y, hidden = rng.randn(30, 3).double(), rng.randn(30, 2).double(), layers(rng, 3, 2, (4, 7))
    assert tuple(student.least_squares(rng.randn(9, 4).double(), rng.randn(9, 2).double()).shape) == (4, 2)
    found = [tuple(U.shape) for U in student.fit_stack(x, y, hidden)]
    assert found == [(5, 2), (10, 2)], f"output weights have shapes {found} instead of (5, 2) and (10, 2)"


@pytest.mark.level("runs")
def test_shapes_of_predictions(student, rng):
    """Every module's prediction comes back, from the bottom to the top."""
    x, hidden = rng.randn(30, 3).double(), layers(rng, 3, 2, (4, 7))
    outputs = [rng.randn(5, 2).double(), rng.randn(10, 2).double()]
    found = [tuple(p.shape) for p in student.predict_stack(x, hidden, outputs)]
    assert found == [(30, 2), (30, 2)], (
        f"predictions have shapes {found} instead of (30, 2) for each of two modules"
    )


@pytest.mark.level("plain")
@pytest.mark.parametrize(("n", "features", "outputs"), [(20, 4, 3), (15, 6, 1)])
def test_least_squares(student, rng, n, features, outputs):
    """No other weights have a smaller squared error: the residual is orthogonal to every feature."""
    f, y = rng.randn(n, features).double(), rng.randn(n, outputs).double()
    assert_close(f @ student.least_squares(f, y), project(f, y), **CLOSE, name="prediction")


@pytest.mark.level("plain")
@pytest.mark.parametrize("widths", [(4,), (4, 7), (5, 3, 6)])
def test_stack(student, rng, widths):
    """Each module's training prediction is the best from its hidden units, the prediction below and a constant."""
    x, y, hidden = rng.randn(40, 3).double(), rng.randn(40, 2).double(), layers(rng, 3, 2, widths)
    got = student.predict_stack(x, hidden, student.fit_stack(x, y, hidden))
    for i, (mine, want) in enumerate(zip(got, stack_by_hand(x, y, hidden), strict=True)):
        assert_close(mine, want, rtol=1e-8, atol=1e-8, name=f"prediction of module {i}")


@pytest.mark.level("plain")
def test_predict(student, rng):
    """Given weights predict new data, in the order of columns that the formulas have; one sample too."""
    hidden, outputs = layers(rng, 3, 2, (4, 5)), [rng.randn(5, 2).double(), rng.randn(8, 2).double()]
    for n in (6, 1):
        x = rng.randn(n, 3).double()
        one = torch.ones(n, 1).double()
        first = torch.cat([torch.sigmoid(x @ hidden[0]), one], 1) @ outputs[0]
        second = torch.cat([torch.sigmoid(torch.cat([x, first], 1) @ hidden[1]), first, one], 1) @ outputs[1]
        got = student.predict_stack(x, hidden, outputs)
        assert_close(got[0], first, **CLOSE, name="prediction of the first module")
        assert_close(got[1], second, **CLOSE, name="prediction of the second module")


@pytest.mark.level("options")
def test_dependent_features(student, rng):
    """Dependent features, or more than samples, still give the best prediction, and finite weights."""
    f, y = rng.randn(12, 4).double(), rng.randn(12, 2).double()
    doubled = torch.cat([f, f[:, :2], f.sum(1, keepdim=True)], 1)
    U = student.least_squares(doubled, y)
    assert bool(U.isfinite().all()) and float(U.abs().max()) < 1e6, "the weights are not finite"
    assert_close(doubled @ U, project(f, y), rtol=1e-5, atol=1e-5, name="prediction")
    wide = rng.randn(5, 9).double()
    assert_close(
        wide @ student.least_squares(wide, y[:5]),
        y[:5],
        rtol=1e-5,
        atol=1e-5,
        name="prediction from many features",
    )
    # The first five of nine features depend on each other; all nine together reach every target.
    wide = torch.cat([wide[:, :2], wide[:, :2], wide], 1)[:, :9]
    assert_close(
        wide @ student.least_squares(wide, y[:5]),
        y[:5],
        rtol=1e-5,
        atol=1e-5,
        name="prediction from many features, the first of them dependent",
    )


@pytest.mark.level("options")
def test_small_features(student, rng):
    """A feature of small values counts like any other: a ten-thousandth of the others' size is no rounding."""
    f, y = rng.randn(14, 4).double(), rng.randn(14, 2).double()
    f = f * torch.tensor([1.0, 1e-4, 1.0, 1.0], dtype=torch.float64)
    assert_close(f @ student.least_squares(f, y), project(f, y), rtol=1e-5, atol=1e-5, name="prediction")
    # In float32 rounding is a thousandth of the small feature; without that feature some prediction is off by far more.
    g, z = f.float(), y.float()
    got = (g @ student.least_squares(g, z)).double()
    assert_close(got, project(g.double(), z.double()), rtol=0.03, atol=0.03, name="prediction in float32")


@pytest.mark.level("options")
def test_repeated_modules(student, rng):
    """A module that adds nothing leaves the prediction as it was; views are data."""
    x, y = rng.randn(2, 25).double().T, rng.randn(1, 25).double().T
    hidden = [*layers(rng, 2, 1, (3,)), torch.zeros(3, 4).double()]
    got = student.predict_stack(x, hidden, student.fit_stack(x, y, hidden))
    assert_close(got[1], got[0], rtol=1e-6, atol=1e-6, name="prediction of a module that adds nothing")


@pytest.mark.level("invariants")
@pytest.mark.weight(5)
def test_error_never_rises(student, rng):
    """From module to module the training error falls or stays, whatever the hidden weights."""
    x, y = rng.randn(60, 4).double(), rng.randn(60, 3).double()
    hidden = [3 * w for w in layers(rng, 4, 3, (5, 1, 6, 2, 4))]
    errors = [
        float(((p - y) ** 2).sum()) for p in student.predict_stack(x, hidden, student.fit_stack(x, y, hidden))
    ]
    assert all(b <= a + 1e-7 for a, b in zip(errors, errors[1:], strict=False)), f"the errors are {errors}"
    assert errors[-1] < errors[0] - 1e-3, "the modules above the first add nothing"


@pytest.mark.level("invariants")
def test_linear_in_the_targets(student, rng):
    """The closed form is linear in the targets, and a constant target is predicted exactly."""
    f, y, z = rng.randn(15, 4).double(), rng.randn(15, 2).double(), rng.randn(15, 2).double()
    together = student.least_squares(f, 2 * y - z)
    assert_close(
        together,
        2 * student.least_squares(f, y) - student.least_squares(f, z),
        rtol=1e-6,
        atol=1e-8,
        name="weights",
    )
    x, hidden = rng.randn(15, 3).double(), layers(rng, 3, 1, (4, 2))
    constant = torch.full((15, 1), 2.5).double()
    for p in student.predict_stack(x, hidden, student.fit_stack(x, constant, hidden)):
        assert_close(p, constant, rtol=1e-6, atol=1e-6, name="prediction of a constant")


@pytest.mark.level("contract")
def test_float32(student, rng):
    """float32 stays float32."""
    x, y = rng.randn(20, 3), rng.randn(20, 2)
    hidden = [w.float() for w in layers(rng, 3, 2, (4, 5))]
    outputs = student.fit_stack(x, y, hidden)
    assert all(U.dtype == torch.float32 for U in outputs)
    assert student.predict_stack(x, hidden, outputs)[1].dtype == torch.float32
