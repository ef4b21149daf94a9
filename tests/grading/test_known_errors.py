"""A student is told what Python and PyTorch say, and nothing that code could have written into it."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F

from autograder.grading.known_errors import known_text

X = torch.randn(3, 4)
NAMES = frozenset({"missing", "two", "x", "y"})


def two(x: object, y: object) -> None:
    """Takes two arguments."""


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: X + torch.ones(7, 7, 7),
        lambda: X @ X,
        lambda: X.view(5),
        lambda: X.T.view(-1),
        lambda: X.expand(5, 4),
        lambda: F.conv2d(torch.randn(1, 2, 5, 5), torch.randn(3, 4, 3, 3)),
        lambda: F.conv2d(torch.randn(1, 4, 2, 2), torch.randn(3, 4, 3, 3)),
        lambda: torch.cat([X, torch.ones(2, 3)]),
        lambda: X.sum().backward(),
        lambda: X.double() @ torch.randn(4, 3),
        lambda: torch.nn.Linear(4, 2)(X.double()),
        lambda: bool(X > 0),
        lambda: X[7],
        lambda: X.sum(5),
        lambda: X.permute(0, 1, 2),
        lambda: torch.zeros(2).add_(torch.ones(3, 2)),
        lambda: two(1),  # type: ignore[call-arg]
        lambda: missing,  # type: ignore[name-defined]  # noqa: F821
        lambda: None + 1,  # type: ignore[operator]
        lambda: math.log(-1),
        lambda: 1 / 0,
    ],
)
def test_what_python_and_pytorch_say_is_told(mistake: Callable[[], object]) -> None:
    """The installed version's own words: where a new version words them anew, this test says so."""
    with pytest.raises(Exception) as caught:
        mistake()
    assert known_text(type(caught.value).__name__, str(caught.value), NAMES)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("ValueError", "the input holds [0.1, 0.2]"),
        (
            "RuntimeError",
            "The size of tensor a (41527134) must match the size of tensor b (5) at non-singleton dimension 0",
        ),
        (
            "RuntimeError",
            "The size of tensor a (4.1) must match the size of tensor b (5) at non-singleton dimension 0",
        ),
        ("RuntimeError", f"shape '{list(range(40))}' is invalid for input of size 12"),
        ("NameError", "name 'x41_527' is not defined"),
        ("TypeError", "'Holds41' object is not callable"),
        ("AttributeError", "'Tensor' object has no attribute 'x41_527'"),
        ("RuntimeError", "division by zero"),
        ("ZeroDivisionError", "division by zero: 41527"),
    ],
)
def test_what_code_could_have_written_is_not(kind: str, text: str) -> None:
    assert known_text(kind, text, NAMES) == ""
