"""Hidden suite of `rnn_cell`; the oracle is torch.nn.RNNCell with copied weights.

Tolerance: a float32 sum of at most 20 products, then tanh with slope at most 1: two orders differ by 1e-6.
"""

import pytest
import torch
from torch import nn

from autograder.testing import assert_close, gradcheck

pytestmark = [
    pytest.mark.exercise("rnn_cell"),
    pytest.mark.shares(runs=7, plain=17, options=44, invariants=32),
]

FLOAT32 = {"rtol": 1e-5, "atol": 1e-5}
FLOAT64 = {"rtol": 1e-10, "atol": 1e-12}


def arguments(rng, n, features, hidden, dtype=torch.float32, requires_grad=False):
    """x, h, w_x, w_h, b: states in (-1, 1), everything else of both signs."""

    def make(*shape):
        return rng.randn(*shape, dtype=dtype, requires_grad=requires_grad)

    h = rng.uniform(-1.0, 1.0, n, hidden, dtype=dtype, requires_grad=requires_grad)
    return make(n, features), h, make(hidden, features), make(hidden, hidden), make(hidden)


def oracle(x, h, w_x, w_h, b):
    """torch's cell with these weights."""
    cell = nn.RNNCell(w_x.shape[1], len(w_x), dtype=x.dtype)
    weights = {"weight_ih": w_x, "weight_hh": w_h, "bias_ih": b, "bias_hh": torch.zeros_like(b)}
    return torch.func.functional_call(cell, weights, (x, h))


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """rnn_cell runs, and the new state has shape (N, H)."""
    h = student.rnn_cell(*arguments(rng, 4, 3, 5))
    assert isinstance(h, torch.Tensor), "rnn_cell must return a tensor"
    assert h.shape == (4, 5), f"the new state has shape {tuple(h.shape)} instead of (4, 5)"


@pytest.mark.level("plain")
def test_by_hand(student):
    """From the state (0.2, 0.4) and the input 0.3 the example's weights give (tanh 0.5, tanh 0.2)."""
    w_x, w_h = torch.tensor([[1.0], [-1.0]]), torch.tensor([[0.0, 0.5], [2.0, 0.0]])
    got = student.rnn_cell(
        torch.tensor([[0.3]]), torch.tensor([[0.2, 0.4]]), w_x, w_h, torch.tensor([0.0, 0.1])
    )
    assert_close(got, torch.tensor([[0.5, 0.2]]).tanh(), **FLOAT32, name="new state")


@pytest.mark.level("plain")
@pytest.mark.parametrize(("n", "features", "hidden"), [(4, 3, 5), (2, 7, 3), (5, 1, 6)])
def test_matches_torch(student, rng, n, features, hidden):
    """The new state is that of PyTorch's cell with the same weights."""
    given = arguments(rng, n, features, hidden)
    assert_close(student.rnn_cell(*given), oracle(*given), **FLOAT32, name="new state")


@pytest.mark.level("plain")
def test_from_zero(student, rng):
    """From a state of zeros the input and the bias alone decide."""
    x, h, w_x, w_h, b = arguments(rng, 4, 3, 5)
    given = x, torch.zeros_like(h), w_x, w_h, b
    assert_close(student.rnn_cell(*given), oracle(*given), **FLOAT32, name="new state")


@pytest.mark.level("plain")
def test_without_bias(student, rng):
    """With a bias of zeros the input and the old state decide, each through its own matrix."""
    x, h, w_x, w_h, b = arguments(rng, 3, 4, 6)
    given = x, h, w_x, w_h, torch.zeros_like(b)
    assert_close(student.rnn_cell(*given), oracle(*given), **FLOAT32, name="new state")


@pytest.mark.level("options")
@pytest.mark.parametrize(("n", "features", "hidden"), [(1, 3, 4), (1, 1, 1), (3, 2, 1), (6, 4, 4), (4, 3, 4)])
def test_edges(student, rng, n, features, hidden):
    """A batch of one, one feature, one unit, as many features or samples as units."""
    given = arguments(rng, n, features, hidden)
    assert_close(student.rnn_cell(*given), oracle(*given), **FLOAT32, name="new state")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_views(student, rng):
    """Transposed, sliced and expanded arguments give the same as contiguous ones."""
    x, h = rng.randn(3, 4).T, rng.uniform(-1.0, 1.0, 4, 10)[:, ::2]
    w_x, w_h, b = rng.randn(3, 5).T, rng.randn(5, 9)[:, 2:7], rng.randn(1).expand(5)
    assert_close(student.rnn_cell(x, h, w_x, w_h, b), oracle(x, h, w_x, w_h, b), **FLOAT32, name="new state")


@pytest.mark.level("options")
def test_large(student, rng):
    """Large sums saturate at -1 and 1; nothing becomes NaN."""
    x, h, w_x, w_h, b = arguments(rng, 4, 3, 5)
    got = student.rnn_cell(1e4 * x, h, w_x, w_h, b)
    assert_close(got, oracle(1e4 * x, h, w_x, w_h, b), **FLOAT32, name="new state")


@pytest.mark.level("invariants")
@pytest.mark.weight(12)
def test_gradients(student, rng):
    """x, h, both weights and the bias each get the gradient that autograd gives PyTorch's cell."""
    given = arguments(rng, 3, 4, 5, torch.float64, requires_grad=True)
    direction = rng.randn(3, 5, dtype=torch.float64)
    wanted = torch.autograd.grad((oracle(*given) * direction).sum(), given)
    h = student.rnn_cell(*given)
    assert h.requires_grad, "the new state must depend on the arguments through autograd"
    (h * direction).sum().backward()
    for tensor, grad, name in zip(given, wanted, ("x", "h", "w_x", "w_h", "b"), strict=True):
        assert tensor.grad is not None, f"no gradient reaches {name}"
        assert_close(tensor.grad, grad, **FLOAT64, name=f"gradient of {name}")


@pytest.mark.level("invariants")
@pytest.mark.weight(6)
def test_gradcheck(student, rng):
    """Small changes of the arguments change the state as the gradient says (finite differences in float64)."""
    assert gradcheck(student.rnn_cell, arguments(rng, 2, 3, 2, torch.float64, requires_grad=True))


@pytest.mark.level("contract")
def test_dtype(student, rng):
    """float64 in, float64 out, with float64's precision."""
    given = arguments(rng, 3, 2, 4, torch.float64)
    assert_close(student.rnn_cell(*given), oracle(*given), **FLOAT64, name="new state")
