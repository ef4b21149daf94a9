"""Hidden suite of `norms`: against PyTorch's, in float64, and closed forms."""

import pytest
import torch
import torch.nn.functional as F

from autograder.testing import assert_close, gradcheck

pytestmark = [pytest.mark.exercise("norms"), pytest.mark.shares(runs=6, plain=44, options=27, invariants=23)]


def arguments(rng, *shape, dtype=torch.float64):
    width = shape[-1]
    return (
        1.5 * rng.randn(*shape, dtype=dtype) + 0.7,
        rng.randn(width, dtype=dtype),
        rng.randn(width, dtype=dtype),
    )


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """Both give the shape that came in."""
    x, weight, bias = arguments(rng, 2, 3, 4)
    for y in (student.layer_norm(x, weight, bias), student.rms_norm(x, weight)):
        assert tuple(y.shape) == (2, 3, 4), f"for (2, 3, 4) the result has shape {tuple(y.shape)}"


@pytest.mark.level("plain")
def test_layer_norm(student, rng):
    """Layer norm equals PyTorch's."""
    x, weight, bias = arguments(rng, 5, 7)
    assert_close(
        student.layer_norm(x, weight, bias),
        F.layer_norm(x, (7,), weight, bias),
        rtol=1e-3,
        atol=1e-4,
        name="layer norm",
    )


@pytest.mark.level("plain")
def test_rms_norm(student, rng):
    """RMSNorm equals PyTorch's."""
    x, weight, _ = arguments(rng, 5, 7)
    assert_close(
        student.rms_norm(x, weight), F.rms_norm(x, (7,), weight, 1e-6), rtol=1e-3, atol=1e-4, name="RMSNorm"
    )


@pytest.mark.level("options")
@pytest.mark.weight(3)
@pytest.mark.parametrize("shape", [(6,), (3, 5), (1, 1, 4), (2, 3, 4, 5), (4, 2)])
def test_axes(student, rng, shape):
    """Any number of axes may stand before the last, and each token is normed by itself."""
    x, weight, bias = arguments(rng, *shape)
    width = shape[-1]
    want = F.layer_norm(x, (width,), weight, bias)
    assert_close(student.layer_norm(x, weight, bias), want, rtol=1e-3, atol=1e-4, name="layer norm")
    want = F.rms_norm(x, (width,), weight, 1e-6)
    assert_close(student.rms_norm(x, weight), want, rtol=1e-3, atol=1e-4, name="RMSNorm")


@pytest.mark.level("options")
@pytest.mark.weight(3)
@pytest.mark.parametrize("eps", [0.5, 1e-12])
def test_eps(student, rng, eps):
    """The epsilon given is the one that is used, under the root."""
    x, weight, bias = arguments(rng, 4, 6)
    x = x * 0.05
    assert_close(
        student.layer_norm(x, weight, bias, eps), F.layer_norm(x, (6,), weight, bias, eps), name="layer norm"
    )
    assert_close(student.rms_norm(x, weight, eps), F.rms_norm(x, (6,), weight, eps), name="RMSNorm")


@pytest.mark.level("options")
def test_default_eps(student, rng):
    """Without one it is 1e-5 for layer norm and 1e-6 for RMSNorm."""
    x, weight, bias = arguments(rng, 4, 6)
    x = x * 1e-3
    assert_close(student.layer_norm(x, weight, bias), F.layer_norm(x, (6,), weight, bias), name="layer norm")
    assert_close(student.rms_norm(x, weight), F.rms_norm(x, (6,), weight, 1e-6), name="RMSNorm")


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_bfloat16(student, rng):
    """In bfloat16 all is computed in float32 and rounded once."""
    x, weight, bias = (t.bfloat16() for t in arguments(rng, 300, 40, dtype=torch.float32))
    for name, got, want in (
        (
            "layer norm",
            student.layer_norm(x, weight, bias),
            F.layer_norm(x.float(), (40,), weight.float(), bias.float()),
        ),
        ("RMSNorm", student.rms_norm(x, weight), F.rms_norm(x.float(), (40,), weight.float(), 1e-6)),
    ):
        assert got.dtype == torch.bfloat16, f"{name} of bfloat16 numbers has dtype {got.dtype}"
        share = (got == want.bfloat16()).double().mean().item()
        # Right solutions in float32 differ in 2 of 10,000 places, a second rounding in one of four.
        assert share >= 0.99, f"{name}: {100 * share:.1f}% are the float32 numbers rounded once"


@pytest.mark.level("options")
def test_views(student, rng):
    """Transposed and expanded tensors are normed too."""
    x, weight, bias = arguments(rng, 5, 4)
    turned = rng.randn(4, 5, dtype=torch.float64).T
    wide = x[:1].expand(3, 4)
    for y in (turned, wide):
        assert_close(
            student.layer_norm(y, weight, bias), F.layer_norm(y, (4,), weight, bias), name="layer norm"
        )
        assert_close(
            student.rms_norm(y, weight),
            F.rms_norm(y, (4,), weight, 1e-6),
            rtol=1e-3,
            atol=1e-4,
            name="RMSNorm",
        )


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_gradients(student, rng):
    """Gradients reach x, weight and bias."""
    x, weight, bias = (t.requires_grad_() for t in arguments(rng, 2, 3, 4))
    assert gradcheck(student.layer_norm, (x, weight, bias))
    assert gradcheck(student.rms_norm, (x, weight))


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_equal_numbers(student):
    """A token whose numbers are all equal has a finite result and a finite gradient."""
    x = torch.full((2, 5), 3.0, dtype=torch.float64, requires_grad=True)
    one, zero = torch.ones(5, dtype=torch.float64), torch.zeros(5, dtype=torch.float64)
    y = student.layer_norm(x, one, zero)
    assert_close(y, torch.zeros(2, 5, dtype=torch.float64), name="layer norm of equal numbers")
    (y.sum() + student.rms_norm(x, one).sum()).backward()
    assert bool(x.grad.isfinite().all()), "the gradient is not finite"
    null = torch.zeros(2, 5, dtype=torch.float64, requires_grad=True)
    (student.layer_norm(null, one, zero) + student.rms_norm(null, one)).sum().backward()
    assert bool(null.grad.isfinite().all()), "the gradient at a token of zeros is not finite"


@pytest.mark.level("invariants")
@pytest.mark.weight(4)
def test_tokens_are_apart(student, rng):
    """Another batch beside it changes nothing for a token."""
    x, weight, bias = arguments(rng, 4, 3, 5)
    both = student.layer_norm(x, weight, bias), student.rms_norm(x, weight)
    alone = student.layer_norm(x[1:2, 2:], weight, bias), student.rms_norm(x[1:2, 2:], weight)
    for name, a, b in zip(("layer norm", "RMSNorm"), both, alone, strict=True):
        assert_close(b[0, 0], a[1, 2], name=f"{name} of a token alone")


@pytest.mark.level("invariants")
def test_what_is_invariant(student, rng):
    """A shift of all numbers is nothing to layer norm, and something to RMSNorm."""
    x, weight, bias = arguments(rng, 3, 6)
    moved = student.layer_norm(x + 11, weight, bias, 0.0)
    assert_close(moved, student.layer_norm(x, weight, bias, 0.0), rtol=1e-6, atol=1e-8, name="layer norm")
    change = (student.rms_norm(x + 11, weight) - student.rms_norm(x, weight)).abs().max().item()
    assert change > 0.1, "RMSNorm does not take the mean away"


@pytest.mark.level("contract")
def test_large_numbers(student, rng):
    """Numbers far from 0 lose nothing that float64 holds."""
    x, weight, bias = arguments(rng, 3, 6)
    want = F.layer_norm(x + 1e7, (6,), weight, bias)
    assert_close(student.layer_norm(x + 1e7, weight, bias), want, rtol=1e-5, atol=1e-6, name="layer norm")
