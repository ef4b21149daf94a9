"""Hidden tests of a step of gradient descent by hand."""

import pytest

from autograder.testing import assert_close

pytestmark = [pytest.mark.exercise("smooth"), pytest.mark.timeout(3)]


def test_values(student, rng):
    """smooth goes against the gradient."""
    x, g = rng.randn(4, 2), rng.randn(4, 2)
    assert_close(student.smooth(x, g, 0.1), x - 0.1 * g)
