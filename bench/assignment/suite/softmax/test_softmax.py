"""Hidden tests of `softmax`: the checks of its grade cell, asked from outside."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from autograder.testing import assert_close


@pytest.mark.exercise("softmax")
def test_softmax(student: Any, rng: Any) -> None:
    """The probabilities equal PyTorch's softmax."""
    logits = rng.randn(5, 7) * 3
    assert_close(student.softmax(logits), F.softmax(logits, dim=1))


@pytest.mark.exercise("softmax")
def test_softmax_is_stable(student: Any) -> None:
    """Logits of 1000 give finite probabilities."""
    assert torch.isfinite(student.softmax(torch.full((2, 3), 1000.0))).all(), "the result is not finite"
