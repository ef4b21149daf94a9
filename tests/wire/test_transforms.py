"""`torch.func` in a student's code, over a function that the test hands in, gives what it gives in one process."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from .conftest import Pair
from .notebook import TRANSFORMED, Notebook


def curved(x: Tensor) -> Tensor:
    """x: (..., D) to (..., D), with second derivatives that differ from place to place."""
    weight = torch.arange(1.0, 1 + x.shape[-1], dtype=x.dtype)
    return torch.sin(x * weight) + x.sum(-1, keepdim=True) ** 2 * weight


def inputs() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    x, v = (torch.randn(3, 4, dtype=torch.float64, generator=generator) for _ in range(2))
    return x, v


@pytest.mark.parametrize("name", TRANSFORMED)
def test_a_transform_gives_what_it_gives_in_one_process(pair: Pair, name: str) -> None:
    want = Notebook.transformed(name, curved, *inputs())
    got = pair.student.transformed(name, curved, *inputs())
    assert_close(got, want)


@pytest.mark.parametrize("name", ["grad", "vjp", "jacrev", "hessian", "jvp"])
def test_no_derivative_asks_for_the_values_again(pair: Pair, name: str) -> None:
    calls = []

    def counted(x: Tensor) -> Tensor:
        calls.append(tuple(x.shape))
        return curved(x)

    pair.student.transformed(name, counted, *inputs())
    assert calls == [(3, 4)]


def test_a_batch_is_asked_item_by_item(pair: Pair) -> None:
    calls = []

    def counted(x: Tensor) -> Tensor:
        calls.append(tuple(x.shape))
        return curved(x)

    pair.student.transformed("each_jacobian", counted, *inputs())
    assert calls == [(1, 4)] * 3


def test_an_answer_of_several_parts_keeps_its_structure(pair: Pair) -> None:
    def several(x: Tensor) -> Any:
        return {"twice": 2 * x, "also": [x.argmax(-1), (x.sum(),)]}

    assert_close(
        pair.student.transformed("vmap", several, *inputs()),
        Notebook.transformed("vmap", several, *inputs()),
    )


def test_a_gradient_flows_on_through_what_a_transform_gave(pair: Pair) -> None:
    found = []
    for owner in (Notebook, pair.student):
        x, v = inputs()
        x.requires_grad_()
        owner.transformed("each_grad", curved, x, v).square().sum().backward()
        found.append(x.grad)
    assert_close(found[1], found[0])


@pytest.mark.parametrize("name", [name for name in TRANSFORMED if name not in ("vmap", "in_two", "columns")])
def test_a_backward_pass_through_a_transform_reaches_the_functions_weights(pair: Pair, name: str) -> None:
    """The loss of score matching is made of derivatives, and trains the network that it derives."""
    found = []
    for owner in (Notebook, pair.student):
        weight = torch.linspace(0.5, 1.5, 4, dtype=torch.float64).requires_grad_()
        x, v = inputs()
        answers = owner.transformed(name, lambda x, weight=weight: curved(x * weight), x, v)
        parts = answers if isinstance(answers, tuple) else (answers,)
        sum(part.square().sum() for part in parts).backward()
        found.append(weight.grad)
    assert found[0] is not None
    assert_close(found[1], found[0])
