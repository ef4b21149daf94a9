"""Hidden tests of one step of a long short-term memory by hand: gates in the order i, f, g, o, no bias."""

import pytest
import torch

from autograder.testing import assert_close

pytestmark = pytest.mark.exercise("recall")


def test_recall(student, rng):
    """recall gives the next hidden state and the next cell state."""
    n, f, h = 3, 4, 5
    x, hidden, cell = rng.randn(n, f), rng.randn(n, h), rng.randn(n, h)
    w_x, w_h = rng.randn(4 * h, f), rng.randn(4 * h, h)
    got = student.recall(x, hidden, cell, w_x, w_h)
    want = torch.lstm_cell(x, (hidden, cell), w_x, w_h)
    for one, other, name in zip(got, want, ("hidden state", "cell state"), strict=True):
        assert_close(one, other, rtol=1e-4, atol=1e-5, name=name)
