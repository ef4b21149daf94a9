"""Hidden suite of `cell_gradient`; the oracles are autograd in float64 and products taken one by one."""

import math

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("cell_gradient"),
    pytest.mark.shares(runs=6, plain=48, options=24, invariants=22),
]

FLOAT64 = {"rtol": 1e-9, "atol": 1e-11}
DOUBLE = torch.float64


def products(forget):
    """Each product by itself, in plain Python."""
    steps, units = forget.shape
    rows = [
        [math.prod(forget[s, u].item() for s in range(steps - k, steps)) for u in range(units)]
        for k in range(steps)
    ]
    return torch.tensor(rows, dtype=forget.dtype)


def step(rng, n, hidden, through_h=1.0, through_c=1.0):
    """Arguments of lstm_cell_backward, and autograd's results."""
    a, before = (
        rng.randn(n, 4 * hidden, dtype=DOUBLE, requires_grad=True),
        rng.randn(n, hidden, dtype=DOUBLE, requires_grad=True),
    )
    i, f, g, o = a.chunk(4, 1)
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
    c = f * before + i * g
    grad_h, grad_c = (
        through_h * rng.randn(n, hidden, dtype=DOUBLE),
        through_c * rng.randn(n, hidden, dtype=DOUBLE),
    )
    wanted = torch.autograd.grad([o * c.tanh(), c], [a, before], [grad_h, grad_c])
    return (grad_h, grad_c, *(t.detach() for t in (before, c, i, f, g, o))), wanted


def block(tensor, name):
    """The columns of one gate."""
    return tensor.chunk(4, 1)["ifgo".index(name)]


@pytest.mark.level("runs")
def test_shapes(student, rng):
    """All three functions run; the products are (T, H), the gradients (N, 4H) and (N, H)."""
    assert tuple(student.carousel(rng.rand(5, 3)).shape) == (5, 3), "the products have shape (T, H)"
    given, wanted = step(rng, 3, 2)
    found = student.lstm_cell_backward(*given)
    assert isinstance(found, tuple | list) and len(found) == 2, (
        "lstm_cell_backward returns (grad_a, grad_c_before)"
    )
    assert [tuple(t.shape) for t in found] == [(3, 8), (3, 2)], "grad_a is (N, 4H) and grad_c_before (N, H)"
    assert isinstance(student.half_life_bias(3.0), float), "half_life_bias returns a float"


@pytest.mark.level("plain")
@pytest.mark.weight(5)
@pytest.mark.parametrize(("steps", "units"), [(3, 1), (6, 4), (9, 2)])
def test_products(student, rng, steps, units):
    """Row k is the product of the last k forget gates."""
    forget = rng.uniform(0.1, 0.99, steps, units, dtype=DOUBLE)
    assert_close(student.carousel(forget), products(forget), **FLOAT64, name="products")


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize("steps", [1, 10, 50])
def test_half_life(student, steps):
    """sigmoid of the bias, to the power of the steps, is a half."""
    gate = 1 / (1 + math.exp(-float(student.half_life_bias(steps))))
    assert abs(gate**steps - 0.5) < 1e-9, "the memory does not halve in the steps asked for"


@pytest.mark.level("plain")
@pytest.mark.parametrize("name", list("ifgo"))
@pytest.mark.weight(4)
def test_gate_gradients(student, rng, name):
    """The gradient in each block of the pre-activations is autograd's."""
    given, wanted = step(rng, 4, 3)
    got, _ = student.lstm_cell_backward(*given)
    assert_close(block(got, name), block(wanted[0], name), **FLOAT64, name=f"gradient of the block {name}")


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize(("n", "hidden"), [(3, 2), (2, 5)])
def test_cell_before(student, rng, n, hidden):
    """The gradient in the cell state before the step is autograd's."""
    given, wanted = step(rng, n, hidden)
    assert_close(student.lstm_cell_backward(*given)[1], wanted[1], **FLOAT64, name="grad_c_before")


@pytest.mark.level("options")
@pytest.mark.parametrize(("through_h", "through_c"), [(1.0, 0.0), (0.0, 1.0)])
@pytest.mark.weight(2)
def test_one_way(student, rng, through_h, through_c):
    """Gradients that come through h alone, and through c alone."""
    given, wanted = step(rng, 3, 4, through_h, through_c)
    for got, want, name in zip(
        student.lstm_cell_backward(*given), wanted, ("grad_a", "grad_c_before"), strict=True
    ):
        assert_close(got, want, **FLOAT64, name=name)


@pytest.mark.level("options")
def test_batch_of_one(student, rng):
    """One sample, one unit."""
    given, wanted = step(rng, 1, 1)
    for got, want, name in zip(
        student.lstm_cell_backward(*given), wanted, ("grad_a", "grad_c_before"), strict=True
    ):
        assert_close(got, want, **FLOAT64, name=name)


@pytest.mark.level("options")
def test_one_step(student, rng):
    """A single step has lag 0 only, whatever its gate."""
    assert_close(student.carousel(rng.rand(1, 4)), torch.ones(1, 4), name="products of one step")


@pytest.mark.level("options")
@pytest.mark.weight(4)
def test_gates_of_zero_and_one(student):
    """A gate of 0 ends all memory for good, one of 1 keeps it; never NaN."""
    forget = torch.tensor([[0.3, 0.7, 0.0], [0.0, 1.0, 0.5], [0.5, 1.0, 1.0], [0.8, 1.0, 0.0]], dtype=DOUBLE)
    assert_close(student.carousel(forget), products(forget), **FLOAT64, name="products")


@pytest.mark.level("options")
def test_views(student, rng):
    """Transposed and expanded arguments give the same as contiguous ones."""
    forget = rng.uniform(0.2, 0.9, 3, 6, dtype=DOUBLE).T
    assert_close(student.carousel(forget), products(forget), **FLOAT64, name="products of a view")


@pytest.mark.level("options")
@pytest.mark.weight(8)
@pytest.mark.parametrize("steps", [0.1, 0.5, 3.7, 10_000.0])
def test_half_life_any_number(student, steps):
    """The half-life may be a tenth of a step, or ten thousand."""
    gate = 1 / (1 + math.exp(-float(student.half_life_bias(steps))))
    assert abs(gate**steps - 0.5) < 1e-9, "the memory does not halve in the steps asked for"


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_is_the_derivative(student, rng):
    """The products are the derivatives of the last cell in the earlier ones, by autograd, the gates held fixed."""
    forget, added = rng.uniform(0.1, 0.99, 7, 3, dtype=DOUBLE), rng.randn(7, 3, dtype=DOUBLE)
    c, cells = torch.zeros(3, dtype=DOUBLE, requires_grad=True), []
    for f, new in zip(forget, added, strict=True):
        c = f * c + new
        cells.append(c)
    wanted = [torch.autograd.grad(cells[-1].sum(), cell, retain_graph=True)[0] for cell in reversed(cells)]
    assert_close(student.carousel(forget), torch.stack(wanted), **FLOAT64, name="derivatives")


@pytest.mark.level("invariants")
def test_first_gate_is_irrelevant(student, rng):
    """The first step's gate acts on what came before and appears in no product."""
    forget = rng.uniform(0.1, 0.9, 5, 2, dtype=DOUBLE)
    before = student.carousel(forget)
    forget[0] = 0.77
    assert_close(
        student.carousel(forget), before, **FLOAT64, name="products after a change of the first gate"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_two_steps(student, rng):
    """Through two steps with fixed gates, the gradient of the cell is the product of both forget gates."""
    given, _ = step(rng, 3, 2)
    _, grad_c, before, c, i, f, g, o = given
    zero = torch.zeros_like(grad_c)
    _, once = student.lstm_cell_backward(zero, grad_c, before, c, i, f, g, o)
    _, twice = student.lstm_cell_backward(zero, once, before, c, i, 0.5 * f, g, o)
    assert_close(twice, grad_c * f * 0.5 * f, **FLOAT64, name="gradient after two steps")


@pytest.mark.level("invariants")
def test_linear(student, rng):
    """Twice the gradients give twice the results."""
    given, _ = step(rng, 2, 3)
    one = student.lstm_cell_backward(*given)
    two = student.lstm_cell_backward(2 * given[0], 2 * given[1], *given[2:])
    for a, b, name in zip(two, one, ("grad_a", "grad_c_before"), strict=True):
        assert_close(a, 2 * b, **FLOAT64, name=name)


@pytest.mark.level("contract")
def test_dtype(student, rng):
    """float32 in, float32 out."""
    given, wanted = step(rng, 3, 2)
    got = student.lstm_cell_backward(*(t.float() for t in given))
    assert all(t.dtype == torch.float32 for t in got), "gradients have the dtype of the arguments"
    assert student.carousel(rng.rand(4, 2)).dtype == torch.float32, "products have the dtype of the gates"
