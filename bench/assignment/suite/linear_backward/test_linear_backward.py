"""Hidden test of `linear_backward`: the check of its grade cell, asked from outside."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from autograder.testing import assert_close


@pytest.mark.exercise("linear_backward")
def test_linear_backward(student: Any, rng: Any) -> None:
    """The three gradients equal autograd's."""
    x, weight = rng.randn(5, 3, requires_grad=True), rng.randn(4, 3, requires_grad=True)
    bias, grad_output = rng.randn(4, requires_grad=True), rng.randn(5, 4)
    expected = torch.autograd.grad(F.linear(x, weight, bias), (x, weight, bias), grad_output)
    found = student.linear_backward(grad_output, x.detach(), weight.detach())
    for ours, theirs, name in zip(found, expected, ("x", "weight", "bias"), strict=True):
        assert_close(ours, theirs, name=f"gradient of {name}")
