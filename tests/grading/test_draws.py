"""Repeated draws are seen at any distance, and independent ones are not accused."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from autograder.testing import MOST_ECHO, echo

REPEATED: dict[str, Callable[[Tensor], Tensor]] = {
    "neighbours": lambda z: z[:500].repeat_interleave(2, dim=0),
    "halves": lambda z: z[:500].repeat(2, 1),
    "halves, against each other": lambda z: torch.cat([z[:500], -z[:500]]),
    "every seventh": lambda z: z[:150].repeat(7, 1)[:1000],
    "two positions": lambda z: torch.cat([z, -z[:, :1]], 1),
    "one number for each sample": lambda z: z[:, :1].expand(1000, 3),
}


@pytest.mark.parametrize("how", REPEATED)
def test_repeated_draws_are_seen(how: str) -> None:
    draws = torch.randn(1000, 3, generator=torch.Generator().manual_seed(1))
    assert echo(REPEATED[how](draws)) > 2 * MOST_ECHO


@pytest.mark.parametrize("shape", [(1000,), (4000, 3), (500, 2, 3, 2)])
def test_independent_draws_are_not_accused(shape: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(2)
    assert max(echo(torch.randn(shape, generator=generator)) for _ in range(60)) < MOST_ECHO - 1
