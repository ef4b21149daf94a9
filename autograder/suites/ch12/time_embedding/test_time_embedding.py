"""Hidden suite of `time_embedding`; the oracle is Python's own sine and cosine, number by number.

Tolerance: frequencies made by a float32 power or exponential are known to 1e-7 of themselves, so that an angle near
1500, and with it sine and cosine, is known to 3e-4; the bar is 2e-3. The finest mistake tested, a frequency's exponent
over half - 1, moves entries by more than 1e-2.
"""

import math

import pytest
import torch

from autograder.testing import assert_close, assert_raises

pytestmark = [
    pytest.mark.exercise("time_embedding"),
    pytest.mark.shares(runs=9, plain=47, options=32, invariants=12),
]

CLOSE = {"rtol": 0, "atol": 2e-3}


def by_hand(t, dim, max_period=10000.0):
    half = dim // 2
    rows = []
    for step in t.tolist():
        angles = [step * max_period ** (-i / half) for i in range(half)]
        rows.append([math.sin(a) for a in angles] + [math.cos(a) for a in angles])
    return torch.tensor(rows)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student):
    """One row of dim numbers for each step."""
    embedding = student.time_embedding(torch.tensor([3, 0, 7]), 10)
    assert isinstance(embedding, torch.Tensor), "time_embedding must return a tensor"
    assert embedding.shape == (3, 10), (
        f"3 steps, dim 10: the shape is {tuple(embedding.shape)} instead of (3, 10)"
    )


@pytest.mark.level("plain")
def test_step_zero(student):
    """Step 0 has sines of 0 and cosines of 1: the first half is 0, the second half 1."""
    want = torch.cat([torch.zeros(1, 3), torch.ones(1, 3)], dim=1)
    assert_close(student.time_embedding(torch.tensor([0]), 6), want, **CLOSE)


@pytest.mark.level("plain")
@pytest.mark.parametrize("dim", [2, 4, 14, 128])
def test_values(student, rng, dim):
    """Frequencies fall from 1 by equal factors, max_period ** (-i / half); sines first, then cosines."""
    t = torch.cat([torch.tensor([0, 1, 17, 999, 1500]), rng.randint(0, 1000, (4,))])
    rows, want = student.time_embedding(t, dim), by_hand(t, dim)
    assert_close(rows, want, **CLOSE)
    # Angles up to 17 are known to 2e-6.
    assert_close(rows[:3], want[:3], rtol=0, atol=2e-5, name="rows of small times")


@pytest.mark.level("options")
@pytest.mark.parametrize("max_period", [10.0, 62.5, 1e6])
def test_max_period(student, rng, max_period):
    """max_period sets how slow the slowest wave is."""
    t = rng.randint(0, 200, (5,))
    assert_close(student.time_embedding(t, 8, max_period=max_period), by_hand(t, 8, max_period), **CLOSE)


@pytest.mark.level("options")
def test_late(student):
    """Times have no upper bound."""
    t = torch.tensor([20_011, 5003, 12_345])
    # An angle of 20,000 is known to 4e-3 in float32.
    assert_close(student.time_embedding(t, 6), by_hand(t, 6), rtol=0, atol=1e-2)


@pytest.mark.level("contract")
def test_odd(student):
    """Half of the numbers are sines and half cosines, so an odd dim is a ValueError."""
    for dim in (1, 7, 33):
        assert_raises(ValueError, student.time_embedding, torch.tensor([1, 2]), dim)


@pytest.mark.level("invariants")
def test_length(student, rng):
    """Every row has squared length dim / 2, since sine and cosine of an angle have 1."""
    rows = student.time_embedding(rng.randint(0, 1000, (6,)), 20)
    assert_close((rows**2).sum(1), torch.full((6,), 10.0), rtol=0, atol=1e-3, name="squared length of a row")


@pytest.mark.level("invariants")
def test_distance_alone(student):
    """The inner product of two steps' rows depends on how far apart they are, and on nothing else."""
    for apart in (1, 5, 40):
        first, second = torch.tensor([0, 13, 200]), torch.tensor([0, 13, 200]) + apart
        products = (student.time_embedding(first, 16) * student.time_embedding(second, 16)).sum(1)
        assert_close(products, products[:1].expand(3), rtol=0, atol=1e-2, name="inner product")


@pytest.mark.level("invariants")
def test_distinct(student):
    """All of a thousand steps have different rows."""
    rows = student.time_embedding(torch.arange(1000), 32).double()
    gaps = torch.cdist(rows, rows) + torch.eye(1000).double()
    assert gaps.min().item() > 0.05, "two steps have the same embedding"


@pytest.mark.level("options")
def test_each_alone(student):
    """A step's row does not depend on the others in the batch, and one step alone will do."""
    t = torch.tensor([17, 3, 801, 3])
    rows = student.time_embedding(t, 12)
    assert_close(student.time_embedding(t[:1], 12), rows[:1], **CLOSE)
    assert_close(rows[1], rows[3], **CLOSE, name="rows of the same step")


@pytest.mark.level("options")
def test_second_call(student):
    """Each call counts for itself: its times, its dim and its max_period."""
    for times, dim, max_period in (
        ([3, 90], 8, 1e4),
        ([40, 7], 8, 1e4),
        ([40, 7], 8, 50.0),
        ([40, 7], 6, 50.0),
    ):
        t = torch.tensor(times)
        got = student.time_embedding(t, dim, max_period)
        assert_close(got, by_hand(t, dim, max_period), **CLOSE, name="embedding of a later call")
