"""Hidden suite of `gru_cell`; the oracle is torch.nn.GRUCell with copied weights.

Tolerance: pre-activations are sums of at most twelve products of size one, so float32 agrees to 1e-5.
"""

import math

import pytest
import torch
from torch import nn

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("gru_cell"),
    pytest.mark.shares(runs=11, plain=36, options=23, invariants=30),
]

FLOAT32 = {"rtol": 1e-4, "atol": 1e-5}
FLOAT64 = {"rtol": 1e-9, "atol": 1e-11}
NAMES = ("x", "h", "w_x", "w_h", "b_x", "b_h")


def arguments(rng, n, features, hidden, dtype=torch.float32):
    """x, h, w_x, w_h, b_x, b_h: the blocks of the biases are far from each other."""
    shift = torch.tensor([0.8, -0.5, 0.6], dtype=dtype).repeat_interleave(hidden)
    return (
        rng.randn(n, features, dtype=dtype),
        rng.uniform(-0.95, 0.95, n, hidden, dtype=dtype),
        0.8 * rng.randn(3 * hidden, features, dtype=dtype),
        0.8 * rng.randn(3 * hidden, hidden, dtype=dtype),
        0.7 * rng.randn(3 * hidden, dtype=dtype) + shift,
        0.7 * rng.randn(3 * hidden, dtype=dtype) - 0.5 * shift,
    )


def oracle(x, h, w_x, w_h, b_x, b_h):
    """torch's cell."""
    cell = nn.GRUCell(w_x.shape[1], len(b_x) // 3, dtype=x.dtype)
    named = {"weight_ih": w_x, "weight_hh": w_h, "bias_ih": b_x, "bias_hh": b_h}
    return torch.func.functional_call(cell, named, (x, h))


def agrees(student, given, tolerance=FLOAT32):
    assert_close(student.gru_cell(*given), oracle(*given), **tolerance, name="new state")


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """gru_cell runs and returns a tensor (N, H)."""
    h = student.gru_cell(*arguments(rng, 3, 2, 5))
    assert isinstance(h, torch.Tensor) and tuple(h.shape) == (3, 5), "the new state has shape (N, H)"


@pytest.mark.level("plain")
def test_by_hand(student):
    """All weights zero but the candidate's second bias, 1: from h = 0.5 to 0.5 tanh 0.5 + 0.25."""
    zero, b_h = torch.zeros(3, 1), torch.tensor([0.0, 0.0, 1.0])
    h = student.gru_cell(torch.zeros(1, 1), torch.full((1, 1), 0.5), zero, zero, 0 * b_h, b_h)
    assert_close(h, torch.full((1, 1), 0.5 * math.tanh(0.5) + 0.25), **FLOAT32, name="new state")


@pytest.mark.level("plain")
@pytest.mark.weight(4)
@pytest.mark.parametrize(("n", "features", "hidden"), [(3, 2, 5), (4, 5, 3), (2, 7, 4)])
def test_matches_torch(student, rng, n, features, hidden):
    """The new state is that of PyTorch's cell, with all weights and biases."""
    agrees(student, arguments(rng, n, features, hidden))


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_from_zero(student, rng):
    """From a state of zeros, without the second biases: the first step of most networks."""
    x, h, w_x, w_h, b_x, b_h = arguments(rng, 4, 3, 2)
    agrees(student, (x, 0 * h, w_x, w_h, b_x, 0 * b_h))


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_without_biases(student, rng):
    """With biases of zero."""
    x, h, w_x, w_h, b_x, b_h = arguments(rng, 3, 4, 5)
    agrees(student, (x, h, w_x, w_h, 0 * b_x, 0 * b_h))


@pytest.mark.level("options")
@pytest.mark.parametrize(("n", "features", "hidden"), [(1, 3, 4), (2, 1, 3), (3, 2, 1), (1, 1, 1)])
def test_edges(student, rng, n, features, hidden):
    """A batch of one, one feature, one unit."""
    agrees(student, arguments(rng, n, features, hidden))


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_second_bias(student, rng):
    """The candidate's second bias stands inside the bracket that the reset gate multiplies."""
    x, h, w_x, w_h, b_x, b_h = arguments(rng, 3, 2, 4)
    agrees(student, (x, h, w_x, w_h, b_x, 5 * b_h))


@pytest.mark.level("options")
def test_views(student, rng):
    """Transposed, sliced and expanded arguments give the same as contiguous ones."""
    x, h, w_x, w_h, b_x, b_h = arguments(rng, 4, 3, 5)
    x, h, b_x = x.T.contiguous().T, h[:1].expand(4, 5), torch.stack([b_x, b_x], 1)[:, 0]
    agrees(student, (x, h, w_x.T.contiguous().T, w_h.T.contiguous().T, b_x, b_h))


@pytest.mark.level("options")
def test_large_numbers(student, rng):
    """Pre-activations of a thousand saturate the gates and stay finite."""
    x, *rest = arguments(rng, 3, 2, 4)
    agrees(student, (1000 * x, *rest))


@pytest.mark.level("invariants")
@pytest.mark.weight(4)
def test_gradients(student, rng):
    """All six arguments get the gradients of PyTorch's cell."""
    given = arguments(rng, 3, 2, 4, torch.float64)
    direction, found = rng.randn(3, 4, dtype=torch.float64), []
    for function in (oracle, student.gru_cell):
        leaves = [t.detach().clone().requires_grad_() for t in given]
        (function(*leaves) * direction).sum().backward()
        found.append([t.grad for t in leaves])
    for want, grad, name in zip(*found, NAMES, strict=True):
        assert grad is not None, f"no gradient reaches {name}"
        assert_close(grad, want, **FLOAT64, name=f"gradient of {name}")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_keeps_the_old_state(student, rng):
    """With z = 1 the old state comes out, whatever comes in."""
    x, h, w_x, w_h, b_x, b_h = arguments(rng, 3, 2, 4, torch.float64)
    b_x[4:8] = 900.0
    assert_close(student.gru_cell(x, h, w_x, w_h, b_x, b_h), h, **FLOAT64, name="state with z = 1")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_reset(student, rng):
    """With r = 0 the candidate knows nothing of the old state: it is tanh of the input's part."""
    x, h, w_x, w_h, b_x, b_h = arguments(rng, 3, 2, 4, torch.float64)
    b_x[:4], b_x[4:8] = -900.0, -900.0
    want = torch.tanh(x @ w_x[8:].T + b_x[8:])
    assert_close(
        student.gru_cell(x, h, w_x, w_h, b_x, b_h), want, **FLOAT64, name="state with r = 0 and z = 0"
    )


@pytest.mark.level("invariants")
def test_many_steps(student, rng):
    """Ten steps one after the other, each from the state of the one before."""
    x, h, *w = arguments(rng, 3, 2, 4, torch.float64)
    got = want = h
    for _ in range(10):
        got, want = student.gru_cell(x, got, *w), oracle(x, want, *w)
    assert_close(got, want, **FLOAT64, name="state after ten steps")


@pytest.mark.level("contract")
def test_dtype(student, rng):
    """float64 in, float64 out, with float64's precision."""
    agrees(student, arguments(rng, 3, 2, 4, torch.float64), FLOAT64)
