"""Hidden suite of `guidance`. The model is a function of the test's that treats every sample by itself, so it makes no
difference whether it is asked once or twice.

Counts are compared with their binomial distribution at six standard deviations (2e-9 each, fewer than 20 of them).
"""

import math

import pytest
import torch

from autograder.testing import MOST_ECHO, assert_close, echo

pytestmark = [
    pytest.mark.exercise("guidance"),
    pytest.mark.shares(runs=9, plain=59, options=24, invariants=14),
]

CLOSE = {"rtol": 1e-4, "atol": 1e-4}


def looks_like(count, trials, probability):
    """Whether so many successes of so many trials fit the probability, at six standard deviations."""
    return abs(count - trials * probability) <= 6 * math.sqrt(trials * probability * (1 - probability)) + 1


class Labelled:
    """A noise predictor whose answer depends on x, t and the label y in ways that cannot be confused."""

    def __init__(self, rng, classes, null_label):
        self.by_label, self.null_label = rng.randn(classes + 1), null_label
        self.labels, self.times = [], []
        self.by_label[null_label] = 0.7

    def __call__(self, x, t, y=None):
        y = torch.full(x.shape[:1], self.null_label) if y is None else y
        self.labels.append(y.clone())
        self.times.append(t.clone())
        ones = [1] * (x.dim() - 1)
        return x * self.by_label[y].reshape(-1, *ones) + 0.1 * t.to(x.dtype).reshape(-1, *ones)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """drop_labels returns labels of the shape of y, guided_eps a prediction of the shape of x."""
    y = torch.tensor([1, 0, 2, 1])
    dropped = student.drop_labels(y, 0.5, 3, rng.generator())
    assert isinstance(dropped, torch.Tensor), "drop_labels must return a tensor"
    assert dropped.shape == (4,), "there is one label per sample"
    eps = student.guided_eps(Labelled(rng, 3, 3), rng.randn(4, 2, 5), torch.tensor([0, 3, 1, 2]), y, 2.0, 3)
    assert isinstance(eps, torch.Tensor), "guided_eps must return a tensor"
    assert eps.shape == (4, 2, 5), "the prediction has the shape of x"


@pytest.mark.level("plain")
@pytest.mark.parametrize(("p", "null_label"), [(0.1, 7), (0.5, 0), (0.75, 25), (0.005, 9)])
def test_drop_rate(student, rng, p, null_label):
    """Each label becomes the null label with probability p; the others stay what they are."""
    n = 20_000 if p < 0.01 else 6000
    y = rng.randint(1, 7, (n,))
    dropped = student.drop_labels(y, p, null_label, rng.generator())
    assert bool(((dropped == y) | (dropped == null_label)).all()), "a label became another class"
    assert looks_like(int((dropped == null_label).sum()), n, p), "the share of dropped labels is not p"


@pytest.mark.level("options")
@pytest.mark.weight(7)
def test_drop_extremes(student, rng):
    """p = 0 drops no label, p = 1 drops all of them."""
    y = rng.randint(0, 4, (2000,))
    assert_close(student.drop_labels(y, 0.0, 4, rng.generator()), y, name="labels at p = 0")
    assert_close(
        student.drop_labels(y, 1.0, 9, rng.generator()), torch.full((2000,), 9), name="labels at p = 1"
    )


@pytest.mark.level("options")
@pytest.mark.weight(12)
def test_drop_independent(student, rng):
    """Whether one label goes says nothing about any other, nor about the label."""
    n, p = 8000, 0.4
    y = torch.arange(n) % 2
    gone = student.drop_labels(y, p, 5, rng.generator()) == 5
    assert echo((gone.double() - p) / math.sqrt(p * (1 - p))) < MOST_ECHO, (
        "labels are not dropped independently of each other"
    )
    assert looks_like(int(gone[y == 0].sum()), n // 2, p), "one class is dropped more often than another"


@pytest.mark.level("options")
@pytest.mark.weight(7)
def test_drop_number(student, rng):
    """How many labels go is chance as well: each is dropped or not by itself."""
    y, generator = rng.randint(0, 5, (4000,)), rng.generator()
    counts = {int((student.drop_labels(y, 0.4, 5, generator) == 5).sum()) for _ in range(6)}
    # Two binomial counts of 4000 draws agree with probability 0.0091, six of them with 6e-11.
    assert len(counts) > 1, "every call drops the same number of labels"


@pytest.mark.level("invariants")
def test_drop_generator(student, rng):
    """The generator draws which labels go: one seed always drops the same, and the next call drops others."""
    y, seed = rng.randint(0, 3, (200,)), rng.seed()
    first, second = (torch.Generator().manual_seed(seed) for _ in range(2))
    a, b, c = (student.drop_labels(y, 0.5, 3, g) for g in (first, second, first))
    assert_close(a, b, name="labels dropped with the same seed")
    assert not torch.equal(a, c), "a second call with the same generator dropped the same labels"


@pytest.mark.level("plain")
@pytest.mark.parametrize("scale", [0.0, 0.3, 1.0, 2.0, 7.5, -1.0])
@pytest.mark.parametrize("shape", [(5, 3), (3, 2, 4, 6)])
def test_guided(student, rng, scale, shape):
    """The prediction is the unconditional one plus scale times the way from it to the conditional one."""
    classes = 4
    model = Labelled(rng, classes, classes)
    x, t, y = 50 * rng.randn(*shape), rng.randint(0, 50, shape[:1]), rng.randint(0, classes, shape[:1])
    ones = [1] * (len(shape) - 1)
    shift = 0.1 * t.float().reshape(-1, *ones)
    conditional = x * model.by_label[y].reshape(-1, *ones) + shift
    unconditional = x * 0.7 + shift
    want = unconditional + scale * (conditional - unconditional)
    got = student.guided_eps(model, x, t, y, scale, classes)
    assert_close(got, want, rtol=1e-3, atol=1e-3, name=f"prediction at scale {scale:g}")


@pytest.mark.level("plain")
def test_null_label(student, rng):
    """The unconditional prediction is asked for with the null label told, for every sample, at its own time."""
    for null_label in (0, 6):
        model = Labelled(rng, 6, null_label)
        y, t = torch.tensor([2, 5, 3]), torch.tensor([1, 0, 4])
        student.guided_eps(model, rng.randn(3, 2), t, y, 3.0, null_label)
        assert all(asked.dtype == torch.int64 for asked in model.times), "the times asked for are not int64"
        assert_close(
            torch.cat(model.times).sort().values, torch.cat([t, t]).sort().values, name="times asked for"
        )
        asked = torch.cat(model.labels).sort().values
        assert_close(
            asked, torch.cat([y, torch.full((3,), null_label)]).sort().values, name="labels asked for"
        )


@pytest.mark.level("contract")
def test_float64(student, rng):
    """A prediction in float64 is guided in float64."""
    model = Labelled(rng, 3, 3)
    table = model.by_label = model.by_label.double()
    x, t, y = rng.randn(4, 2, dtype=torch.float64), torch.tensor([0, 1, 2, 3]), torch.tensor([0, 1, 2, 1])
    want = x * (table[3] + 2.5 * (table[y] - table[3]))[:, None] + 0.1 * t[:, None].double()
    got = student.guided_eps(model, x, t, y, 2.5, 3)
    assert got.dtype == torch.float64, "the prediction is float64, as the model's are"
    assert_close(got, want, rtol=1e-6, atol=1e-6, name="prediction")


@pytest.mark.level("options")
def test_unlabelled(student, rng):
    """Where the label is the null label already, guidance changes nothing."""
    model = Labelled(rng, 3, 3)
    x, t, y = rng.randn(4, 2), torch.tensor([0, 1, 2, 3]), torch.full((4,), 3)
    got = student.guided_eps(model, x, t, y, 5.0, 3)
    assert_close(got, 0.7 * x + 0.1 * t[:, None].float(), **CLOSE, name="prediction without a label")


@pytest.mark.level("invariants")
def test_gradient(student, rng):
    """Gradients flow through both predictions, to the model's parameters and to x."""
    model = Labelled(rng, 3, 3)
    table = model.by_label.clone().requires_grad_()
    model.by_label = table
    x = rng.randn(2, 3, requires_grad=True)
    y = torch.tensor([2, 0])
    student.guided_eps(model, x, torch.tensor([1, 2]), y, 2.5, 3).sum().backward()
    assert x.grad is not None and table.grad is not None, "no gradient comes through the prediction"
    with torch.no_grad():
        want = torch.zeros(4)
        want[y] = 2.5 * x.sum(1)
        want[3] = -1.5 * x.sum()
        slope = (0.7 + 2.5 * (table[y] - 0.7))[:, None].expand(2, 3)
    assert_close(table.grad, want, rtol=1e-3, atol=1e-3, name="gradient of the model's parameters")
    assert_close(x.grad, slope, rtol=1e-3, atol=1e-3, name="gradient of x")


@pytest.mark.level("contract")
def test_dtypes(student, rng):
    """Labels stay int64, a prediction in float32 stays float32."""
    y = torch.tensor([1, 0, 2])
    assert student.drop_labels(y, 0.5, 3, rng.generator()).dtype == torch.int64, "labels are not int64"
    eps = student.guided_eps(Labelled(rng, 3, 3), rng.randn(3, 2), torch.tensor([0, 3, 1]), y, 2.0, 3)
    assert eps.dtype == torch.float32, "the prediction is not float32"
