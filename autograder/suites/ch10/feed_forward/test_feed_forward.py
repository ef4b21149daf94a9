"""Hidden suite of `feed_forward`: against PyTorch's functions, in float64."""

import math

import pytest
import torch
import torch.nn.functional as F

from autograder.testing import assert_close, gradcheck

pytestmark = [
    pytest.mark.exercise("feed_forward"),
    pytest.mark.shares(runs=6, plain=44, options=25, invariants=25),
]


def arguments(rng, *batch, width=3, hidden=5, dtype=torch.float64):
    shapes = ((*batch, width), (hidden, width), (hidden, width), (width, hidden))
    return [rng.randn(*shape, dtype=dtype) for shape in shapes]


def swiglu(x, w_gate, w_up, w_down):
    return F.linear(F.silu(F.linear(x, w_gate)) * F.linear(x, w_up), w_down)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """GELU keeps the shape; SwiGLU gives tokens of the same width."""
    y = student.gelu(rng.randn(2, 3))
    assert tuple(y.shape) == (2, 3), f"GELU of (2, 3) has shape {tuple(y.shape)}"
    y = student.swiglu(*arguments(rng, 2, 4))
    assert tuple(y.shape) == (2, 4, 3), f"SwiGLU of (2, 4, 3) has shape {tuple(y.shape)}"


@pytest.mark.level("plain")
def test_gelu(student, rng):
    """GELU is x times the normal distribution function, for both signs."""
    x = torch.cat(
        [3 * rng.randn(40, dtype=torch.float64), torch.tensor([0.0, -0.5, 0.5], dtype=torch.float64)]
    )
    want = x * torch.special.ndtr(x)
    assert_close(student.gelu(x), want, rtol=1e-6, atol=1e-9, name="GELU")


@pytest.mark.level("plain")
def test_swiglu(student, rng):
    """SwiGLU gates by SiLU of the gate."""
    given = arguments(rng, 6)
    assert_close(student.swiglu(*given), swiglu(*given), name="SwiGLU")


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_approximation(student, rng):
    """The approximation is GPT-2's, and not the exact function."""
    x = torch.linspace(-4, 4, 81, dtype=torch.float64)
    assert_close(
        student.gelu(x, True), F.gelu(x, approximate="tanh"), rtol=1e-7, atol=1e-10, name="approximation"
    )
    assert_close(student.gelu(x, approximate=False), F.gelu(x), rtol=1e-7, atol=1e-10, name="exact form")


@pytest.mark.level("options")
@pytest.mark.weight(2)
@pytest.mark.parametrize(
    ("batch", "width", "hidden"), [((), 4, 2), ((1,), 1, 3), ((2, 3, 2), 5, 4), ((3, 1), 2, 7)]
)
def test_sizes(student, rng, batch, width, hidden):
    """Any axes before the last, any widths, one token too."""
    given = arguments(rng, *batch, width=width, hidden=hidden)
    assert_close(student.swiglu(*given), swiglu(*given), name="SwiGLU")
    assert_close(student.gelu(given[0]), F.gelu(given[0]), rtol=1e-6, atol=1e-9, name="GELU")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_large(student):
    """Large numbers give finite results: GELU of -100 is 0, of 100 it is 100."""
    x = torch.tensor([-100.0, 100.0, -40.0, 0.0])
    want = torch.tensor([0.0, 100.0, 0.0, 0.0])
    for approximate in (False, True):
        assert_close(student.gelu(x, approximate), want, name="GELU of large numbers")
    one = torch.ones(1, 1)
    got = student.swiglu(torch.tensor([[-100.0], [100.0]]), one, one, one)
    assert_close(got, torch.tensor([[0.0], [10_000.0]]), name="SwiGLU of large numbers")


@pytest.mark.level("options")
def test_views(student, rng):
    """Transposed weights and strided tokens are taken as they are."""
    x, w_gate, w_up, w_down = arguments(rng, 8)
    given = x[::2], w_up.clone(), rng.randn(3, 5, dtype=torch.float64).T, w_gate.T
    assert_close(student.swiglu(*given), swiglu(*given), name="SwiGLU")


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_gradients(student, rng):
    """Gradients reach all arguments."""
    assert gradcheck(student.swiglu, [t.requires_grad_() for t in arguments(rng, 2, 2)])
    for approximate in (False, True):
        x = rng.randn(6, dtype=torch.float64, requires_grad=True)
        assert gradcheck(lambda y, a=approximate: student.gelu(y, a), (x,))


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_gradients_are_finite(student):
    """At numbers of size 100 the gradients are finite, and 0 or 1."""
    for approximate in (False, True):
        x = torch.tensor([-100.0, 100.0], requires_grad=True)
        student.gelu(x, approximate).sum().backward()
        assert_close(x.grad, torch.tensor([0.0, 1.0]), name="gradient of GELU")
    x, one = torch.tensor([[-100.0], [100.0]], requires_grad=True), torch.ones(1, 1)
    student.swiglu(x, one, one, one).sum().backward()
    assert_close(x.grad, torch.tensor([[0.0], [200.0]]), name="gradient of SwiGLU")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_identities(student, rng):
    """GELU(x) - GELU(-x) is x; a gate of zeros shuts; the second product enters linearly."""
    x = rng.randn(9, dtype=torch.float64)
    for approximate in (False, True):
        assert_close(
            student.gelu(x, approximate) - student.gelu(-x, approximate), x, name="GELU(x) - GELU(-x)"
        )
    y, w_gate, w_up, w_down = arguments(rng, 4)
    assert_close(
        student.swiglu(y, 0 * w_gate, w_up, w_down), torch.zeros_like(y), name="with a gate of zeros"
    )
    twice = student.swiglu(y, w_gate, 2 * w_up, w_down)
    assert_close(twice, 2 * student.swiglu(y, w_gate, w_up, w_down), name="with the second product doubled")


@pytest.mark.level("contract")
def test_precision(student):
    """In float64 GELU is right to eight places."""
    x = torch.tensor([1.0, -2.0], dtype=torch.float64)
    want = torch.tensor(
        [v * 0.5 * (1 + math.erf(v / math.sqrt(2))) for v in (1.0, -2.0)], dtype=torch.float64
    )
    assert_close(student.gelu(x), want, rtol=1e-8, atol=1e-10, name="GELU in float64")
