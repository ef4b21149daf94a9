"""Hidden suite of `schedule`: closed forms, and PyTorch's own cosine."""

import math

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("schedule"),
    pytest.mark.shares(runs=6, plain=47, options=31, invariants=16),
]


def rates(student, steps, *given, **options):
    return torch.tensor(
        [float(student.warmup_cosine(k, *given, **options)) for k in steps], dtype=torch.float64
    )


def cosine(peak, total, floor):
    """PyTorch's schedule without warm-up: the rates of the steps 0 to total."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=peak)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, total, floor)
    found = []
    for _ in range(total + 1):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return torch.tensor(found, dtype=torch.float64)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_runs(student):
    """A rate is a finite number."""
    rate = student.warmup_cosine(3, 0.1, 2, 10)
    assert math.isfinite(float(rate)), f"the rate is {rate!r}"


@pytest.mark.level("plain")
def test_warm_up(student):
    """In the warm-up the rate grows by equal steps, from peak / warmup to the peak."""
    assert_close(
        rates(student, range(4), 0.8, 4, 20), torch.tensor([0.2, 0.4, 0.6, 0.8]).double(), name="rates"
    )
    assert_close(
        rates(student, range(1), 0.8, 1, 20), torch.tensor([0.8]).double(), name="a warm-up of one step"
    )


@pytest.mark.level("plain")
def test_cosine(student):
    """After the warm-up it is half a cosine from the peak to 0."""
    got = rates(student, range(5, 18), 0.3, 5, 17)
    assert_close(got, cosine(0.3, 12, 0.0), rtol=1e-6, atol=1e-9, name="rates after the warm-up")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_floor(student):
    """With a floor the cosine ends there, and starts at the peak all the same."""
    got = rates(student, range(3, 14), 2.0, 3, 13, 0.5)
    assert_close(got, cosine(2.0, 10, 0.5), rtol=1e-6, atol=1e-9, name="rates after the warm-up")
    warm = rates(student, range(3), 2.0, 3, 13, floor=0.9)
    assert_close(warm, torch.tensor([2 / 3, 4 / 3, 2.0]).double(), name="rates of the warm-up")


@pytest.mark.level("options")
def test_after_the_end(student):
    """From the last step on the rate is the floor."""
    assert_close(
        rates(student, (10, 11, 20, 1000), 1.0, 2, 10, 0.25), torch.full((4,), 0.25).double(), name="rates"
    )
    assert_close(rates(student, (10, 35), 1.0, 2, 10), torch.zeros(2).double(), name="rates")


@pytest.mark.level("options")
def test_no_warm_up(student):
    """Without warm-up the first rate is the peak."""
    got = rates(student, range(8), 0.6, 0, 7)
    assert_close(got, cosine(0.6, 7, 0.0), rtol=1e-6, atol=1e-9, name="rates")


@pytest.mark.level("options")
def test_warm_up_alone(student):
    """A warm-up of all steps is followed by the floor at once."""
    got = rates(student, range(7), 1.0, 4, 4, 0.1)
    want = torch.tensor([0.25, 0.5, 0.75, 1.0, 0.1, 0.1, 0.1], dtype=torch.float64)
    assert_close(got, want, rtol=1e-6, atol=1e-9, name="rates")


@pytest.mark.level("invariants")
def test_no_step_is_wasted(student):
    """The first rate is above 0, the largest is the peak, and after it rates only fall."""
    got = rates(student, range(30), 0.7, 6, 30)
    assert float(got[0]) > 0, "the first step has a rate of 0"
    assert abs(float(got.max()) - 0.7) < 1e-9, "the largest rate is not the peak"
    assert bool((got[6:].diff() < 0).all()), "after the warm-up the rates do not fall"


@pytest.mark.level("invariants")
def test_float(student):
    """What comes back is of Python's type float: in the warm-up, on the cosine and at its end."""
    for step in (1, 5, 10, 20):
        rate = student.warmup_cosine(step, 0.1, 2, 10, 0.01)
        assert isinstance(rate, float), f"the rate of step {step} is {rate!r}"


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_halfway(student):
    """Halfway through the cosine the rate is halfway between peak and floor, to all digits."""
    got = rates(student, (14,), 1 / 3, 4, 24, 0.2)
    assert_close(got, torch.tensor([4 / 15], dtype=torch.float64), rtol=1e-12, atol=0, name="rate halfway")
