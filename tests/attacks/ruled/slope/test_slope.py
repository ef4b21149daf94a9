"""Hidden tests of a gradient by hand."""

import pytest

from autograder.testing import assert_close

pytestmark = [pytest.mark.exercise("slope"), pytest.mark.timeout(3)]


@pytest.mark.parametrize("size", [3, 4])
def test_values(student, rng, size):
    """slope is the gradient of the sum of cubes."""
    x = rng.randn(size, 2)
    assert_close(student.slope(x), 3 * x**2, rtol=1e-4, atol=1e-4)
