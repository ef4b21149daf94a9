"""Hidden tests of a convolution by hand."""

import pytest
import torch
import torch.nn.functional as F

from autograder.testing import assert_close

pytestmark = [pytest.mark.exercise("slide"), pytest.mark.timeout(3)]


@pytest.mark.parametrize("size", [5, 6])
def test_values(student, rng, size):
    """slide is the convolution."""
    x, w = rng.randn(2, 3, size, size), rng.randn(4, 3, 3, 2)
    assert_close(student.slide(x, w), F.conv2d(x, w), rtol=1e-4, atol=1e-4)


def test_gradient(student, rng):
    """A gradient flows through slide."""
    x, w = rng.randn(1, 2, 4, 4, requires_grad=True), rng.randn(1, 2, 2, 2)
    student.slide(x, w).sum().backward()
    want = F.conv_transpose2d(torch.ones(1, 1, 3, 3), w)
    assert_close(x.grad, want, rtol=1e-4, atol=1e-4, name="gradient")
