"""Hidden test of `fit_line`: the check of its grade cell, asked from outside."""

from typing import Any

import pytest


@pytest.mark.exercise("fit_line")
def test_fit_line(student: Any, rng: Any) -> None:
    """Gradient descent finds the line that the points lie on."""
    x = rng.randn(50)
    slope, intercept = student.fit_line(x, 3 * x - 1)
    assert abs(slope - 3) < 1e-2, "the slope is off"
    assert abs(intercept + 1) < 1e-2, "the intercept is off"
