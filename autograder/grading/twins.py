"""A student's network against one that the suite builds of torch.nn: the same numbers in both, so the same answers.

A suite fills the student's module with random numbers (`filled`), gives them to its own in their order
(`given_numbers`), and compares outputs and gradients. In float64, so that rounding decides nothing.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor, nn

from selfcheck.compare import assert_close


class _Random(Protocol):
    """The fixture `rng`: draws as torch's functions of the same names do."""

    def rand(self, *shape: int, dtype: torch.dtype) -> Tensor: ...

    def randn(self, *shape: int, dtype: torch.dtype) -> Tensor: ...


def filled(module: Any, rng: _Random) -> dict[str, Tensor]:
    """Replace all numbers that a module stores by random ones, in float64.

    Weights get variance 2 / fan-in, so that a deep network neither fades nor explodes; running variances lie in
    [0.5, 1.5]; counters of batches stay.

    Args:
        module: the student's, a handle. rng: the test's fixture.

    Returns:
        What it stores now, by name, in its order.
    """
    module.double()
    state = {}
    for name, value in module.state_dict().items():
        if name.endswith("num_batches_tracked"):
            state[name] = value
        elif name.endswith("running_var"):
            state[name] = rng.rand(*value.shape, dtype=torch.float64) + 0.5
        else:
            scale = (2 / value[0].numel()) ** 0.5 if value.dim() > 1 else 1.0
            state[name] = scale * rng.randn(*value.shape, dtype=torch.float64)
    module.load_state_dict(state)
    return state


def given_numbers(oracle: nn.Module, state: dict[str, Tensor]) -> nn.Module:
    """Give the suite's own module the student's numbers, tensor by tensor in their order, in float64.

    A 1x1 convolution and a dense layer store the same numbers: trailing ones of a shape are not compared.

    Raises:
        AssertionError: it stores other shapes, or another number of tensors; says which.
    """
    ours = oracle.double().state_dict()
    for i, (got, (name, want)) in enumerate(zip(state.values(), ours.items(), strict=False)):
        assert _without_ones(got) == _without_ones(want), (
            f"stored tensor number {i} (from 0) has shape {tuple(got.shape)}, "
            f"by the table it is {name} of {tuple(want.shape)}"
        )
    assert len(state) == len(ours), f"the module stores {len(state)} tensors, by the table {len(ours)}"
    oracle.load_state_dict(
        {
            name: got.reshape(want.shape)
            for got, (name, want) in zip(state.values(), ours.items(), strict=True)
        }
    )
    return oracle


def outputs_agree(theirs: Any, ours: nn.Module, rng: _Random, *shape: int) -> None:
    """Compare outputs for random images, in evaluation and then in training.

    Args:
        theirs, ours: modules of the same numbers. shape: of the images, (N, C, H, W).

    Raises:
        AssertionError: the outputs differ.
    """
    x = rng.randn(*shape, dtype=torch.float64)
    for module in (theirs, ours):
        module.eval()
    assert_close(theirs(x), ours(x), name="output in evaluation", axes="NCHW")
    for module in (theirs, ours):
        module.train()
    assert_close(theirs(x), ours(x), name="output in training", axes="NCHW")


def gradients_agree(theirs: Any, ours: nn.Module, rng: _Random, *shape: int) -> None:
    """Compare gradients of a random projection of the output, in the input and in every parameter.

    Args:
        theirs, ours: modules of the same numbers. shape: of the input.

    Raises:
        AssertionError: a gradient is missing or differs.
    """
    x = rng.randn(*shape, dtype=torch.float64)
    a, b = x.clone().requires_grad_(), x.clone().requires_grad_()
    y = ours(b)
    direction = rng.randn(*y.shape, dtype=torch.float64)
    (y * direction).sum().backward()
    (theirs(a) * direction).sum().backward()
    assert a.grad is not None, "no gradient reaches the input"
    assert_close(a.grad, b.grad, name="gradient in the input", rtol=1e-6, atol=1e-8)
    for (name, got), want in zip(theirs.named_parameters(), ours.parameters(), strict=True):
        assert got.grad is not None, f"parameter {name} gets no gradient"
        assert_close(
            got.grad.reshape(want.shape), want.grad, name=f"gradient of {name}", rtol=1e-6, atol=1e-8
        )


def _without_ones(value: Tensor) -> tuple[int, ...]:
    shape = list(value.shape)
    while shape and shape[-1] == 1:
        shape.pop()
    return tuple(shape)
