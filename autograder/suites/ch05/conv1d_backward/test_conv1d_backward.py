"""Hidden suite of `conv1d_backward`; the oracle is autograd through torch.nn.functional.conv1d, in float64."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("conv1d_backward"),
    pytest.mark.shares(runs=10, plain=31, options=47, invariants=12),
]

CLOSE: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-4}
"""Only the test of float64 minds whoever computes in float32; the smallest mistake shows at 1e-1."""
FLOAT64: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-9}
NAMES = ("grad_x", "grad_weight")
each_gradient = pytest.mark.parametrize("which", [0, 1], ids=NAMES)


def forward(x, weight, stride):
    return F.conv1d(x[None, None], weight[None, None], stride=stride)[0, 0]


def problem(rng, length, size, stride=1, dtype=torch.float64):
    """A random gradient in the output, signal, and kernel."""
    x, weight = rng.randn(length, dtype=dtype), rng.randn(size, dtype=dtype)
    return rng.randn(len(forward(x, weight, stride)), dtype=dtype), x, weight


def agrees(student, which, grad_output, x, weight, stride=1, tolerance=CLOSE):
    """One of the student's gradients against autograd's."""
    ours = x.detach().clone().requires_grad_(), weight.detach().clone().requires_grad_()
    with torch.enable_grad():
        want = torch.autograd.grad(forward(*ours, stride), ours, grad_output)[which]
    got = student.conv1d_backward(grad_output, x, weight, stride)[which]
    assert_close(got, want, **tolerance, name=NAMES[which])


@pytest.mark.gate
@pytest.mark.level("runs")
@pytest.mark.weight(0)
def test_runs(student, rng):
    """conv1d_backward runs and returns two gradients."""
    grads = student.conv1d_backward(*problem(rng, 9, 4))
    assert isinstance(grads, (tuple, list)) and len(grads) == 2, "return (grad_x, grad_weight)"


@each_gradient
@pytest.mark.level("runs")
def test_shapes(student, rng, which):
    """The gradients are tensors of the shapes of signal and kernel."""
    grad = student.conv1d_backward(*problem(rng, 9, 4))[which]
    assert isinstance(grad, torch.Tensor), f"{NAMES[which]} must be a tensor"
    want = (9, 4)[which]
    assert grad.shape == (want,), f"{NAMES[which]} has shape {tuple(grad.shape)}, should have {(want,)}"


@each_gradient
@pytest.mark.level("plain")
@pytest.mark.weight(0.5)
def test_values_by_hand(student, which):
    """On four numbers and a kernel of two the gradients are the ones computed by hand."""
    x, weight = torch.tensor([1.0, -2.0, 4.0, 3.0]), torch.tensor([5.0, -1.0])
    got = student.conv1d_backward(torch.tensor([1.0, 0.0, 2.0]), x, weight)[which]
    want = (torch.tensor([5.0, -1.0, 10.0, -2.0]), torch.tensor([9.0, 4.0]))[which]
    assert_close(got, want, rtol=0, atol=1e-5, name=NAMES[which])


@each_gradient
@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_plain(student, rng, which):
    """With stride 1 each gradient equals autograd's, for any lengths."""
    for length, size in [(9, 3), (7, 4), (5, 1), (6, 6)]:
        agrees(student, which, *problem(rng, length, size))


@each_gradient
@pytest.mark.parametrize("stride", [2, 3])
@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_stride(student, rng, which, stride):
    """With a stride each gradient equals autograd's, where windows overlap and where they do not."""
    agrees(student, which, *problem(rng, 4 + 3 * stride, 4, stride), stride)
    agrees(student, which, *problem(rng, 2 + 4 * stride, 2, stride), stride)


@each_gradient
@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_unread(student, rng, which):
    """Numbers that no window reads, at the end or between two windows, get the gradient 0."""
    agrees(student, which, *problem(rng, 10, 3, 2), 2)
    agrees(student, which, *problem(rng, 11, 2, 4), 4)
    agrees(student, which, *problem(rng, 8, 1, 3), 3)


@each_gradient
@pytest.mark.level("options")
def test_edges(student, rng, which):
    """One place, one tap, one number, with grad mode off: the shapes stay, and so do the values."""
    with torch.no_grad():
        for length, size, stride in [(1, 1, 1), (5, 5, 2), (4, 1, 1), (7, 3, 9)]:
            agrees(student, which, *problem(rng, length, size, stride), stride)


@each_gradient
@pytest.mark.level("contract")
def test_dtype(student, rng, which):
    """float64 in, float64 out, with float64's precision."""
    agrees(student, which, *problem(rng, 11, 3, 2), 2, tolerance=FLOAT64)


@each_gradient
@pytest.mark.level("invariants")
def test_views(student, rng, which):
    """Sliced inputs, and the expanded gradient of a sum, give what contiguous ones give."""
    _, x, weight = problem(rng, 9, 3)
    agrees(student, which, torch.ones(1, dtype=x.dtype).expand(7), x, weight)
    _, x, weight = problem(rng, 18, 6)
    agrees(student, which, rng.randn(8, dtype=x.dtype)[::2], x[::2], weight.flip(0)[::2], 2)


@each_gradient
@pytest.mark.level("invariants")
def test_linear_in_the_gradient(student, rng, which):
    """Twice the gradient in the output gives twice the gradients; two calls share nothing."""
    grad_output, x, weight = problem(rng, 9, 3, 2)
    once = student.conv1d_backward(grad_output, x, weight, 2)[which].clone()
    twice = student.conv1d_backward(2 * grad_output, x, weight, 2)[which]
    assert_close(twice, 2 * once, **CLOSE, name=NAMES[which])
    agrees(student, which, grad_output, x, weight, 2)
