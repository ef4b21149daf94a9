"""Hidden suite of `self_organising_map`: brute force in Python, one unit after the other."""

import math

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [pytest.mark.exercise("self_organising_map")]

CLOSE = {"rtol": 1e-5, "atol": 1e-6}


def best_by_hand(x, codebook):
    """Row and column of the nearest vector, unit by unit."""
    rows, columns, _ = codebook.shape
    places = [(r, c) for r in range(rows) for c in range(columns)]
    return min(places, key=lambda p: float(((codebook[p] - x) ** 2).sum()))


def share_by_hand(best, rows, columns, radius):
    """Shares of the grid's units."""
    return torch.tensor(
        [
            [math.exp(-((r - best[0]) ** 2 + (c - best[1]) ** 2) / (2 * radius**2)) for c in range(columns)]
            for r in range(rows)
        ]
    )


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """All three functions run; places are int64."""
    codebook = rng.randn(3, 5, 4)
    best = student.best_units(rng.randn(7, 4), codebook)
    assert tuple(best.shape) == (7, 2) and best.dtype == torch.int64, (
        "a row and a column for each sample, int64"
    )
    assert tuple(student.neighbourhood(best, 3, 5, 1.0).shape) == (7, 3, 5)
    assert tuple(student.som_step(rng.randn(4), codebook, 0.1, 1.0).shape) == (3, 5, 4)


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("rows", "columns", "d"), [(3, 5, 4), (6, 2, 3)])
def test_best_units(student, rng, rows, columns, d):
    """Row and column of the nearest codebook vector."""
    x, codebook = rng.randn(20, d), rng.randn(rows, columns, d)
    want = torch.tensor([best_by_hand(row, codebook) for row in x])
    assert_close(student.best_units(x, codebook), want, rtol=0, atol=0, name="best units")


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize("radius", [1.0, 0.4, 3.0])
def test_neighbourhood(student, radius):
    """The shares fall with the squared distance on the grid, over twice the squared radius."""
    best = torch.tensor([[0, 0], [2, 3], [1, 4]])
    want = torch.stack([share_by_hand(b.tolist(), 3, 5, radius) for b in best])
    assert_close(student.neighbourhood(best, 3, 5, radius), want, **CLOSE, name="shares")


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("rate", "radius"), [(0.5, 1.0), (0.1, 2.5)])
def test_step(student, rng, rate, radius):
    """Every vector moves towards the sample by rate times its share."""
    x, codebook = rng.randn(4), rng.randn(3, 5, 4)
    share = share_by_hand(best_by_hand(x, codebook), 3, 5, radius)
    want = codebook + rate * share[..., None] * (x - codebook)
    assert_close(student.som_step(x, codebook, rate, radius), want, **CLOSE, name="codebook")


@pytest.mark.level("options")
def test_ties(student):
    """Among equally near units the first wins, row by row."""
    codebook = torch.tensor([[[1.0], [-1.0]], [[1.0], [-1.0]], [[0.5], [3.0]]])
    got = student.best_units(torch.tensor([[1.0], [-1.0], [0.0]]), codebook)
    assert_close(got, torch.tensor([[0, 0], [0, 1], [2, 0]]), rtol=0, atol=0, name="best units")


@pytest.mark.level("options")
@pytest.mark.parametrize("shape", [(1, 4), (5, 1), (1, 1)])
def test_lines(student, rng, shape):
    """Grids of one row, of one column, of one unit."""
    x, codebook = rng.randn(6, 3), rng.randn(*shape, 3)
    want = torch.tensor([best_by_hand(row, codebook) for row in x])
    assert_close(student.best_units(x, codebook), want, rtol=0, atol=0, name="best units")
    shares = torch.stack([share_by_hand(best.tolist(), *shape, 0.8) for best in want])
    assert_close(student.neighbourhood(want, *shape, 0.8), shares, **CLOSE, name="shares")
    share = share_by_hand(want[0].tolist(), *shape, 0.8)
    step = codebook + 0.3 * share[..., None] * (x[0] - codebook)
    assert_close(student.som_step(x[0], codebook, 0.3, 0.8), step, **CLOSE, name="codebook")


@pytest.mark.level("options")
def test_far_and_views(student, rng):
    """Data far from the origin, transposed codebooks."""
    codebook = (4000 + rng.randn(4, 5, 3)).transpose(0, 1)
    x = (4000 + rng.randn(3, 9)).T
    want = torch.tensor([best_by_hand(row, codebook) for row in x])
    assert_close(student.best_units(x, codebook), want, rtol=0, atol=0, name="best units")
    share = share_by_hand(want[2].tolist(), 5, 4, 1.5)
    step = codebook + 0.2 * share[..., None] * (x[2] - codebook)
    assert_close(student.som_step(x[2], codebook, 0.2, 1.5), step, rtol=1e-6, atol=1e-3, name="codebook")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_limits(student, rng):
    """Rate 1 puts the best unit on the sample, rate 0 moves nothing; a tiny radius moves the best unit alone."""
    x, codebook = rng.randn(4), rng.randn(3, 5, 4)
    best = best_by_hand(x, codebook)
    assert_close(student.som_step(x, codebook, 1.0, 2.0)[best], x, **CLOSE, name="best unit's vector")
    assert_close(
        student.som_step(x, codebook, 0.0, 2.0), codebook, rtol=0, atol=1e-7, name="codebook at rate 0"
    )
    want = codebook.clone()
    want[best] += 0.4 * (x - codebook[best])
    assert_close(student.som_step(x, codebook, 0.4, 0.05), want, **CLOSE, name="codebook at a tiny radius")


@pytest.mark.level("invariants")
def test_map_orders_itself(student, rng):
    """On a line, a map of ten units comes near all data and falls into order."""
    codebook = rng.rand(10, 1, 1)
    data = rng.rand(400, 1)
    before = float((data - codebook.flatten()).abs().min(1).values.mean())
    for i, x in enumerate(data):
        left = 1 - i / 400
        codebook = student.som_step(x, codebook, 0.5 * left + 0.02, 3.0 * left + 0.3)
    line = codebook.flatten()
    after = float((data - line).abs().min(1).values.mean())
    rises = int((line.diff() > 0).sum())
    # 100 seeds: the line is in full order in each, and the error at the end is at most 0.033.
    assert rises >= 7 or rises <= 2, "neighbours on the grid are not neighbours among the data"
    assert after < max(before, 0.06), "the map has moved away from the data"


@pytest.mark.level("contract")
def test_float64(student, rng):
    """A float64 codebook stays float64 and keeps its digits."""
    x, codebook = rng.randn(4).double(), rng.randn(3, 5, 4).double()
    got = student.som_step(x, codebook, 1.0, 2.0)
    assert got.dtype == torch.float64
    assert_close(got[best_by_hand(x, codebook)], x, rtol=1e-12, atol=1e-12, name="best unit's vector")
