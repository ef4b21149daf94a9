"""Hidden suite of `clip_gradients`; the oracle computes the norm of the flattened gradients in float64.

Tolerance: one multiplication by a factor that is known to 1e-7. torch's own function adds 1e-6 to the norm; that is
within the tolerance for norms of 1 and more.
"""

import math

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("clip_gradients"),
    pytest.mark.shares(runs=7, plain=50, options=19, invariants=27),
]

CLOSE = {"rtol": 2e-5, "atol": 1e-7}


def gradients(rng, scale=1.0, dtype=torch.float32):
    """Gradients of different shapes and both signs."""
    return [(scale * rng.randn(*shape)).to(dtype) for shape in ((3, 4), (5,), (), (2, 1, 3))]


def norm_of(grads):
    return math.sqrt(sum(float((g.double() ** 2).sum()) for g in grads))


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """clip_gradients returns new gradients of the same shapes and one number."""
    grads = gradients(rng)
    found = student.clip_gradients(grads, 1.0)
    assert isinstance(found, (tuple, list)) and len(found) == 2, (
        "the clipped gradients and the norm are returned"
    )
    clipped, _ = found
    assert isinstance(clipped, (list, tuple)) and len(clipped) == 4, "there are as many gradients as before"
    for one, other in zip(clipped, grads, strict=True):
        assert isinstance(one, torch.Tensor) and one.shape == other.shape, "a gradient changed its shape"


@pytest.mark.level("plain")
def test_by_hand(student):
    """(3, 0) and 4 have the norm 5 together; clipped to 1 they are (0.6, 0) and 0.8."""
    clipped, norm = student.clip_gradients([torch.tensor([3.0, 0.0]), torch.tensor(4.0)], 1.0)
    assert abs(float(norm) - 5) < 1e-5, "the norm of (3, 0) and 4 together is 5"
    assert_close(clipped[0], torch.tensor([0.6, 0.0]), **CLOSE, name="first gradient")
    assert_close(clipped[1], torch.tensor(0.8), **CLOSE, name="second gradient")


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize("max_norm", [0.5, 1.0, 3.0])
def test_clipped(student, rng, max_norm):
    """Above max_norm all gradients are scaled by one factor, and their norm is then max_norm."""
    grads = gradients(rng, 4.0)
    norm = norm_of(grads)
    clipped, reported = student.clip_gradients(grads, max_norm)
    assert abs(float(reported) - norm) < 1e-4 * norm, "the norm reported is not that of all gradients before"
    for one, other in zip(clipped, grads, strict=True):
        assert_close(one, other * (max_norm / norm), **CLOSE, name="a clipped gradient")


@pytest.mark.level("plain")
@pytest.mark.weight(5)
def test_small(student, rng):
    """At or below max_norm nothing changes; gradients are never made larger."""
    grads = gradients(rng, 0.01)
    clipped, norm = student.clip_gradients(grads, 1.0)
    assert abs(float(norm) - norm_of(grads)) < 1e-5, "the norm reported is not that of all gradients"
    for one, other in zip(clipped, grads, strict=True):
        assert_close(one, other, rtol=0, atol=0, name="a small gradient")


@pytest.mark.level("options")
@pytest.mark.weight(7)
def test_zero(student):
    """Gradients that are all zero stay zero."""
    clipped, norm = student.clip_gradients([torch.zeros(3), torch.zeros(2, 2)], 1.0)
    assert float(norm) == 0.0, "the norm of zeros is 0"
    assert_close(clipped[0], torch.zeros(3), rtol=0, atol=0, name="a gradient of zeros")
    assert_close(clipped[1], torch.zeros(2, 2), rtol=0, atol=0, name="a gradient of zeros")


@pytest.mark.level("options")
@pytest.mark.weight(10)
@pytest.mark.parametrize("scale", [1e12, 1e20, 1e30])
def test_huge(student, rng, scale):
    """Gradients whose squares float32 cannot hold are clipped all the same."""
    grads = gradients(rng, scale)
    norm = norm_of(grads)
    clipped, reported = student.clip_gradients(grads, 2.0)
    assert abs(float(reported) - norm) < 1e-3 * norm, "the norm of huge gradients is off"
    for one, other in zip(clipped, grads, strict=True):
        assert_close(one, (other.double() * (2.0 / norm)).float(), **CLOSE, name="a clipped gradient")


@pytest.mark.level("options")
def test_one_gradient(student, rng):
    """A single gradient, a single number, a view."""
    for grads in ([rng.randn(6)], [torch.tensor(-7.0)], [5 * rng.randn(4, 6).T[::2]]):
        norm = norm_of(grads)
        clipped, _ = student.clip_gradients(grads, 0.5)
        assert_close(clipped[0], grads[0] * min(1.0, 0.5 / norm), **CLOSE, name="a clipped gradient")


@pytest.mark.level("invariants")
def test_one_large_among_small(student, rng):
    """One large gradient shortens the small ones too: the direction of all together is kept."""
    grads = [rng.randn(4) * 1e-3, 100 * rng.randn(3, 3)]
    clipped, _ = student.clip_gradients(grads, 1.0)
    before, after = (torch.cat([g.flatten() for g in gs]) for gs in (grads, clipped))
    assert_close(after / after.norm(), before / before.norm(), rtol=1e-4, atol=1e-7, name="the direction")


@pytest.mark.level("invariants")
def test_twice(student, rng):
    """Clipping what is clipped changes nothing more."""
    once, _ = student.clip_gradients(gradients(rng, 9.0), 1.5)
    twice, norm = student.clip_gradients(list(once), 1.5)
    assert abs(float(norm) - 1.5) < 1e-4, "the norm after clipping is not max_norm"
    for one, other in zip(twice, once, strict=True):
        assert_close(one, other, rtol=1e-5, atol=1e-7, name="a gradient clipped twice")


@pytest.mark.level("contract")
@pytest.mark.weight(4)
def test_dtype(student, rng):
    """float64 in, float64 out, with float64's precision."""
    grads = gradients(rng, 4.0, torch.float64)
    norm = norm_of(grads)
    clipped, _ = student.clip_gradients(grads, 1.0)
    for one, other in zip(clipped, grads, strict=True):
        assert_close(one, other / norm, rtol=2e-6, atol=1e-9, name="a clipped gradient")
