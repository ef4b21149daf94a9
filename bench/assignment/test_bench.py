"""Hidden suite of the timing assignment: the checks of its grade cells, asked from outside."""

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


@pytest.mark.exercise("linear_backward")
def test_linear_backward(student: Any, rng: Any) -> None:
    """The three gradients equal autograd's."""
    x, weight = rng.randn(5, 3, requires_grad=True), rng.randn(4, 3, requires_grad=True)
    bias, grad_output = rng.randn(4, requires_grad=True), rng.randn(5, 4)
    expected = torch.autograd.grad(F.linear(x, weight, bias), (x, weight, bias), grad_output)
    found = student.linear_backward(grad_output, x.detach(), weight.detach())
    for ours, theirs, name in zip(found, expected, ("x", "weight", "bias"), strict=True):
        assert_close(ours, theirs, name=f"gradient of {name}")


@pytest.mark.exercise("fit_line")
def test_fit_line(student: Any, rng: Any) -> None:
    """Gradient descent finds the line that the points lie on."""
    x = rng.randn(50)
    slope, intercept = student.fit_line(x, 3 * x - 1)
    assert abs(slope - 3) < 1e-2, "the slope is off"
    assert abs(intercept + 1) < 1e-2, "the intercept is off"
