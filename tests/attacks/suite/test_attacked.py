"""Hidden tests of three small exercises; the middle one is solved by an attacker."""

import pytest
import torch

from autograder.testing import assert_close


@pytest.mark.exercise("double")
def test_double(student, rng):
    """double returns twice its argument."""
    x = rng.randn(3, 4)
    assert_close(student.double(x), 2 * x)


@pytest.mark.exercise("scale")
@pytest.mark.timeout(0.3)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_values(student, rng, dtype):
    """scale multiplies every element by the factor."""
    x = rng.randn(4, 5, dtype=dtype)
    assert_close(student.scale(x, 3.5), x * 3.5)


@pytest.mark.exercise("scale")
@pytest.mark.timeout(0.3)
def test_gradient(student, rng):
    """The gradient of scale is the factor."""
    x = rng.randn(2, 3, requires_grad=True)
    student.scale(x, -1.5).sum().backward()
    assert_close(x.grad, torch.full((2, 3), -1.5), name="gradient")


@pytest.mark.exercise("triple")
def test_triple(student, rng):
    """triple returns three times its argument."""
    x = rng.randn(3, 4)
    assert_close(student.triple(x), 3 * x)
