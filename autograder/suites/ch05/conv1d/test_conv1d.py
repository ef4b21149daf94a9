"""Hidden suite of `conv1d`; the oracle is torch.nn.functional.conv1d.

Tolerance: an output is a sum of at most 40 products of unit-variance numbers. Two orders of summation differ by 1e-5 in
float32; the smallest mistake changes outputs by 1e-1.
"""

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from autograder.testing import assert_close, gradcheck

pytestmark = [
    pytest.mark.exercise("conv1d"),
    pytest.mark.shares(runs=13, plain=38, options=22, invariants=27),
]

FLOAT32: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-4}
FLOAT64: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-9}


def agrees(student, x, weight, stride=1):
    """The student's convolution against torch's."""
    want = F.conv1d(x, weight, stride=stride)
    tolerance = FLOAT64 if x.dtype == torch.float64 else FLOAT32
    got = student.conv1d(x, weight) if stride == 1 else student.conv1d(x, weight, stride)
    assert_close(got, want, **tolerance, axes="NCL")


@pytest.mark.gate
@pytest.mark.level("runs")
@pytest.mark.weight(0)
def test_runs(student, rng):
    """conv1d runs and returns a tensor."""
    y = student.conv1d(rng.randn(2, 3, 9), rng.randn(5, 3, 4))
    assert isinstance(y, torch.Tensor), "conv1d must return a tensor"


@pytest.mark.level("runs")
def test_shape(student, rng):
    """The output has shape (N, C_out, L_out)."""
    y = student.conv1d(rng.randn(2, 3, 9), rng.randn(5, 3, 4))
    assert y.shape == (2, 5, 6), f"the output has shape {tuple(y.shape)} instead of (2, 5, 6)"


@pytest.mark.level("plain")
@pytest.mark.weight(0.5)
def test_value_by_hand(student):
    """On a short signal the output is the value computed by hand: each window times the kernel, not flipped."""
    x, weight = torch.tensor([[[2.0, -1.0, 3.0, 1.0]]]), torch.tensor([[[1.0, 3.0]]])
    assert_close(student.conv1d(x, weight), torch.tensor([[[-1.0, 8.0, 6.0]]]), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("signal", "kernel"),
    [((2, 3, 9), (5, 3, 2)), ((1, 4, 6), (2, 4, 5)), ((3, 2, 7), (4, 2, 1)), ((4, 1, 5), (1, 1, 3))],
)
@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_plain(student, rng, signal, kernel):
    """With stride 1 the output equals PyTorch's, for any batch, channels and kernel."""
    agrees(student, rng.randn(*signal), rng.randn(*kernel))


@pytest.mark.parametrize("stride", [2, 3, 5])
@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_stride(student, rng, stride):
    """The stride is the window's step; an incomplete last window is dropped."""
    agrees(student, rng.randn(2, 3, 13), rng.randn(4, 3, 2), stride)
    agrees(student, rng.randn(1, 2, 10), rng.randn(3, 2, 4), stride)


@pytest.mark.parametrize(
    ("signal", "kernel", "stride"),
    [
        ((1, 1, 1), (1, 1, 1), 1),
        ((2, 3, 5), (4, 3, 5), 1),
        ((1, 2, 6), (3, 2, 6), 4),
        ((2, 2, 7), (3, 2, 3), 9),
    ],
)
@pytest.mark.level("options")
def test_edges(student, rng, signal, kernel, stride):
    """A signal of one number, a kernel as long as the signal, a stride that leaves one place; grad mode is off."""
    with torch.no_grad():
        agrees(student, rng.randn(*signal), rng.randn(*kernel), stride)


@pytest.mark.level("options")
@pytest.mark.weight(1.4)
def test_memory_layout(student, rng):
    """Transposed, sliced and expanded inputs give the same output as contiguous ones."""
    agrees(student, rng.randn(2, 9, 3).transpose(1, 2), rng.randn(5, 3, 6)[:, :, ::2], 2)
    agrees(student, rng.randn(1, 3, 8).expand(4, 3, 8), rng.randn(5, 1, 3).expand(5, 3, 3))


@pytest.mark.level("contract")
def test_dtype(student, rng):
    """float64 in, float64 out, with float64's precision."""
    agrees(student, rng.randn(2, 4, 9, dtype=torch.float64), rng.randn(3, 4, 3, dtype=torch.float64), 2)


@pytest.mark.parametrize("which", ["x", "weight"])
@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_gradients(student, rng, which):
    """x and weight each get the gradient that autograd gives PyTorch's convolution, also where the other needs none."""
    values = {"x": rng.randn(2, 3, 8, dtype=torch.float64), "weight": rng.randn(4, 3, 3, dtype=torch.float64)}
    values[which].requires_grad_()
    want = F.conv1d(*values.values(), stride=2)
    direction = rng.randn(*want.shape, dtype=torch.float64)
    (wanted,) = torch.autograd.grad((want * direction).sum(), values[which])
    y = student.conv1d(*values.values(), 2)
    assert y.requires_grad, f"no gradient reaches {which}"
    (y * direction).sum().backward()
    got = values[which].grad
    assert got is not None, f"no gradient reaches {which}"
    assert_close(got, wanted, **FLOAT64, name=f"gradient of {which}")


@pytest.mark.level("invariants")
def test_gradcheck(student, rng):
    """Small changes of the inputs change the output as the gradient says (finite differences in float64)."""
    x = rng.randn(1, 2, 5, dtype=torch.float64, requires_grad=True)
    weight = rng.randn(2, 2, 2, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda x, w: student.conv1d(x, w, 2), (x, weight))


@pytest.mark.level("invariants")
@pytest.mark.weight(0.5)
def test_shift_equivariance(student, rng):
    """The same kernel is used everywhere: cutting the signal's beginning off cuts the output's beginning off."""
    x, weight = rng.randn(2, 3, 9), rng.randn(4, 3, 3)
    assert_close(student.conv1d(x[:, :, 2:], weight), student.conv1d(x, weight)[:, :, 2:], **FLOAT32)
