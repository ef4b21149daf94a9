"""Hidden suite of `lstm_cell`; the oracle is torch.nn.LSTMCell with copied weights.

Tolerance: pre-activations are sums of at most twelve products of size one, so float32 agrees to 1e-5.
"""

import math

import pytest
import torch
from torch import nn

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("lstm_cell"),
    pytest.mark.shares(runs=8, plain=40, options=28, invariants=28),
]

FLOAT32 = {"rtol": 1e-4, "atol": 1e-5}
FLOAT64 = {"rtol": 1e-9, "atol": 1e-11}
NAMES = ("x", "h", "c", "w_x", "w_h", "b")


def arguments(rng, n, features, hidden, dtype=torch.float32, scale=0.8):
    """x, h, c, w_x, w_h, b; cell states beyond 1, all four blocks of the bias different."""
    return (
        rng.randn(n, features, dtype=dtype),
        rng.uniform(-0.9, 0.9, n, hidden, dtype=dtype),
        2.5 * rng.randn(n, hidden, dtype=dtype),
        scale * rng.randn(4 * hidden, features, dtype=dtype),
        scale * rng.randn(4 * hidden, hidden, dtype=dtype),
        scale * rng.randn(4 * hidden, dtype=dtype)
        + torch.tensor([0.5, -0.4, 0.3, 0.9], dtype=dtype).repeat_interleave(hidden),
    )


def oracle(x, h, c, w_x, w_h, b):
    """torch's cell."""
    cell = nn.LSTMCell(w_x.shape[1], len(b) // 4, dtype=x.dtype)
    named = {"weight_ih": w_x, "weight_hh": w_h, "bias_ih": b, "bias_hh": torch.zeros_like(b)}
    return torch.func.functional_call(cell, named, (x, (h, c)))


def same(got, want, tolerance=FLOAT32):
    assert isinstance(got, tuple | list) and len(got) == 2, "lstm_cell returns (h, c)"
    for tensor, expected, name in zip(got, want, ("hidden state", "cell state"), strict=True):
        assert_close(tensor, expected, **tolerance, name=name)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """lstm_cell runs and returns two tensors (N, H)."""
    found = student.lstm_cell(*arguments(rng, 3, 2, 5))
    assert isinstance(found, tuple | list) and len(found) == 2, "lstm_cell returns (h, c)"
    for tensor in found:
        assert isinstance(tensor, torch.Tensor) and tuple(tensor.shape) == (3, 5), "h and c have shape (N, H)"


@pytest.mark.level("plain")
def test_by_hand(student):
    """With weights of zero the biases decide: gates 0.5, 0.9, 0.5 and the candidate 0.2 keep c = 1; h is 0.5 tanh 1."""
    b = torch.tensor([0.0, math.log(9), math.atanh(0.2), 0.0])
    one = torch.ones(1, 1)
    got = student.lstm_cell(0 * one, 0 * one, one, torch.zeros(4, 1), torch.zeros(4, 1), b)
    same(got, (0.5 * one.tanh(), one))


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("n", "features", "hidden"), [(3, 2, 5), (4, 5, 3), (2, 7, 4)])
def test_hidden_state(student, rng, n, features, hidden):
    """The hidden state is that of PyTorch's cell."""
    given = arguments(rng, n, features, hidden)
    assert_close(student.lstm_cell(*given)[0], oracle(*given)[0], **FLOAT32, name="hidden state")


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("n", "features", "hidden"), [(3, 4, 2), (5, 2, 6)])
def test_cell_state(student, rng, n, features, hidden):
    """The cell state is that of PyTorch's cell."""
    given = arguments(rng, n, features, hidden)
    assert_close(student.lstm_cell(*given)[1], oracle(*given)[1], **FLOAT32, name="cell state")


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_many_steps(student, rng):
    """Ten steps one after the other, each from the states of the one before."""
    x, h, c, *w = arguments(rng, 3, 2, 4, torch.float64, 0.5)
    got = want = (h, c)
    for _ in range(10):
        got = student.lstm_cell(x, *got, *w)
        want = oracle(x, *want, *w)
    same(got, want, FLOAT64)


@pytest.mark.level("options")
@pytest.mark.parametrize(("n", "features", "hidden"), [(1, 3, 4), (2, 1, 3), (3, 2, 1), (1, 1, 1)])
def test_edges(student, rng, n, features, hidden):
    """A batch of one, one feature, one unit."""
    given = arguments(rng, n, features, hidden)
    same(student.lstm_cell(*given), oracle(*given))


@pytest.mark.level("options")
def test_views(student, rng):
    """Transposed, sliced and expanded arguments give the same as contiguous ones."""
    x, h, c, w_x, w_h, b = arguments(rng, 4, 3, 5)
    x, h, c = x.T.contiguous().T, h[:1].expand(4, 5), torch.stack([c, c], 2)[:, :, 1]
    given = (x, h, c, w_x.T.contiguous().T, w_h.T.contiguous().T, b)
    same(student.lstm_cell(*given), oracle(*given))


@pytest.mark.level("options")
def test_large_numbers(student, rng):
    """Pre-activations of a thousand saturate the gates and stay finite."""
    x, h, c, w_x, w_h, b = arguments(rng, 3, 2, 4)
    given = (1000 * x, h, c, w_x, w_h, b)
    same(student.lstm_cell(*given), oracle(*given))


@pytest.mark.level("options")
@pytest.mark.weight(6)
@pytest.mark.parametrize("bias", [0.0, 1.0, -2.5])
def test_start_bias(student, rng, bias):
    """At the start the forget gate's block of the bias is what was asked for, the other blocks are zero."""
    b = student.lstm_start(3, 5, bias, rng.generator())[2]
    assert_close(b, torch.cat([torch.zeros(5), torch.full((5,), bias), torch.zeros(10)]), name="bias")


@pytest.mark.level("options")
@pytest.mark.weight(7)
@pytest.mark.parametrize(("place", "name"), [(0, "w_x"), (1, "w_h")])
def test_start_weights(student, rng, place, name):
    """Each matrix is uniform between -1/sqrt(H) and 1/sqrt(H), every weight drawn by itself."""
    w, shape = student.lstm_start(30, 25, 1.0, rng.generator())[place], (100, (30, 25)[place])
    assert tuple(w.shape) == shape, f"{name} has shape {shape}, not {tuple(w.shape)}"
    assert abs(float(w.mean())) < 6.5 * 0.1155 / 50, f"{name} is not centred at zero"
    assert float(w.abs().max()) <= 0.2, f"a weight of {name} lies outside 1/sqrt(H)"
    # A uniform number has the variance 0.04/3; over 2,500 draws its standard error is 0.9/sqrt(2500) of that: 1.8%.
    assert abs(float(w.var()) * 75 - 1) < 0.12, f"the variance of {name} is not that of a uniform number"
    assert len(w.unique()) > 0.99 * w.numel(), f"weights of {name} repeat"


@pytest.mark.level("invariants")
@pytest.mark.weight(4)
def test_gradients(student, rng):
    """x, h, c and the weights get the gradients of PyTorch's cell, through both results."""
    given = arguments(rng, 3, 2, 4, torch.float64)
    directions = rng.randn(3, 4, dtype=torch.float64), rng.randn(3, 4, dtype=torch.float64)
    found = []
    for function in (oracle, student.lstm_cell):
        leaves = [t.detach().clone().requires_grad_() for t in given]
        h, c = function(*leaves)
        ((h * directions[0]).sum() + (c * directions[1]).sum()).backward()
        found.append([t.grad for t in leaves])
    for want, grad, name in zip(*found, NAMES, strict=True):
        assert grad is not None, f"no gradient reaches {name}"
        assert_close(grad, want, **FLOAT64, name=f"gradient of {name}")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_gates_of_one_and_zero(student, rng):
    """With the forget gate open and the input gate shut, a cell state keeps its value, however large."""
    x, h, c, w_x, w_h, _ = arguments(rng, 3, 2, 4, torch.float64)
    b = torch.tensor([-900.0, 900.0, 0.0, 0.0], dtype=torch.float64).repeat_interleave(4)
    assert_close(student.lstm_cell(x, h, 10 * c, w_x, w_h, b)[1], 10 * c, **FLOAT64, name="cell state")


@pytest.mark.level("invariants")
def test_samples_alone(student, rng):
    """A sample gives alone what it gives in a batch."""
    x, h, c, *w = arguments(rng, 4, 3, 2)
    together = student.lstm_cell(x, h, c, *w)
    alone = student.lstm_cell(x[2:3], h[2:3], c[2:3], *w)
    same(alone, [t[2:3] for t in together])


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_equal_generators(student, rng):
    """The start draws from its generator alone: an equal one gives equal weights, another one others."""
    torch.manual_seed(6)
    first = student.lstm_start(3, 4, 1.0, torch.Generator().manual_seed(7))
    torch.manual_seed(5)
    second = student.lstm_start(3, 4, 1.0, torch.Generator().manual_seed(7))
    for a, b in zip(first, second, strict=True):
        assert_close(b, a, name="weights from an equal generator")
    other = student.lstm_start(3, 4, 1.0, torch.Generator().manual_seed(8))
    assert not torch.allclose(other[0], first[0]), "another generator gives the same weights"
    generator = torch.Generator().manual_seed(9)
    one, two = (student.lstm_start(3, 4, 1.0, generator) for _ in range(2))
    assert not torch.allclose(one[0], two[0]), (
        "one generator gives the same weights twice: they are not drawn from it"
    )


@pytest.mark.level("contract")
def test_dtype(student, rng):
    """float64 in, float64 out, with float64's precision."""
    given = arguments(rng, 3, 2, 4, torch.float64)
    same(student.lstm_cell(*given), oracle(*given), FLOAT64)
