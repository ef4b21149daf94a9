"""Hidden suite of `spectral_norm`: rounds by the formula, singular values, gradients in closed form."""

import math

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("spectral_norm"),
    pytest.mark.shares(runs=10, plain=42, options=20, invariants=28),
]

FLOAT64 = {"rtol": 1e-6, "atol": 1e-8}


def rounds(W, u, number):
    """So many rounds, written out."""
    for _ in range(number):
        v = W.T @ u
        v = v / (v**2).sum().sqrt()
        u = W @ v
        u = u / (u**2).sum().sqrt()
    return (u * (W @ v)).sum(), u, v


def layer(student, rng, n, m):
    """A layer in float64, and copies of its weight, bias and u."""
    model = student.SpectralLinear(n, m).double()
    left, right = (torch.linalg.qr(rng.randn(k, min(m, n)).double())[0] for k in (m, n))
    # Singular values lie apart, so that 30 rounds find the largest one.
    state = {
        "weight": left
        * 2.0 ** -torch.arange(min(m, n))
        * rng.uniform(1.0, 9.0, 1, dtype=torch.float64)
        @ right.T,
        "bias": rng.randn(m).double(),
        "u": torch.nn.functional.normalize(rng.randn(m).double(), dim=0),
    }
    assert set(model.state_dict()) == set(state), (
        f"the layer stores {sorted(model.state_dict())}, not weight, bias and u"
    )
    model.load_state_dict(state)
    return model, *(state[name].clone() for name in ("weight", "bias", "u"))


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """sigma is one number, u and v are vectors; a layer maps n values to m."""
    sigma, u, v = student.power_iteration(rng.randn(4, 3), rng.randn(4))
    assert tuple(sigma.shape) == () and tuple(u.shape) == (4,) and tuple(v.shape) == (3,)
    assert tuple(student.SpectralLinear(3, 4)(rng.randn(6, 3)).shape) == (6, 4)


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize("number", [1, 2, 5])
def test_rounds(student, rng, number):
    """Each round computes v from u, then u from v, both of length 1; sigma is u W v at the end."""
    W, u = rng.randn(5, 3).double(), 4 * rng.randn(5).double()
    for got, want, name in zip(
        student.power_iteration(W, u, number), rounds(W, u, number), ("sigma", "u", "v"), strict=True
    ):
        assert_close(got, want, **FLOAT64, name=f"{name} after {number} rounds")


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_singular_value(student, rng):
    """After many rounds sigma is the largest singular value."""
    left, right = (torch.linalg.qr(rng.randn(k, 3).double())[0] for k in (6, 4))
    W = left * torch.tensor([3.7, 1.5, 0.2], dtype=torch.float64) @ right.T
    for scale in (1.0, 1e6, 1e-3):
        sigma, _, _ = student.power_iteration(scale * W, rng.randn(6).double(), 60)
        want = torch.tensor(3.7 * scale, dtype=torch.float64)
        assert_close(
            sigma, want, rtol=1e-8, atol=0, name=f"largest singular value of a matrix times {scale:g}"
        )


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_layer(student, rng):
    """In training a call makes one round from u, and divides the matrix, not the bias, by that round's sigma."""
    model, W, b, u = layer(student, rng, 4, 6)
    x = rng.randn(7, 4).double()
    for call in range(3):
        sigma, u, _ = rounds(W, u, 1)
        assert_close(model(x).detach(), x @ W.T / sigma + b, **FLOAT64, name=f"output of call {call + 1}")
        assert_close(model.state_dict()["u"], u, **FLOAT64, name=f"u after call {call + 1}")
    assert_close(model.state_dict()["weight"], W, rtol=0, atol=0, name="weight after three calls")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_evaluation(student, rng):
    """In evaluation nothing changes, and sigma comes from the stored u."""
    model, W, b, _ = layer(student, rng, 5, 3)
    x = rng.randn(4, 5).double()
    for _ in range(30):
        model(x)
    model.eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    first, second = model(x).detach(), model(x[:2]).detach()
    for name, value in model.state_dict().items():
        assert_close(value, before[name], rtol=0, atol=0, name=f"{name} after a call in evaluation")
    assert_close(second, first[:2], rtol=1e-9, atol=1e-12, name="output of a second call")
    want = x @ W.T / torch.linalg.svdvals(W)[0] + b
    assert_close(first, want, rtol=1e-5, atol=1e-7, name="output in evaluation")
    fresh, W, b, u = layer(student, rng, 5, 3)
    fresh.eval()
    assert_close(fresh(x).detach(), fresh(x).detach(), rtol=0, atol=0, name="output of a layer never trained")
    assert_close(fresh.state_dict()["u"], u, rtol=0, atol=0, name="u after calls in evaluation")
    want = x @ W.T / (W.T @ u).norm() + b
    assert_close(fresh(x).detach(), want, **FLOAT64, name="output in evaluation from a stored u")


@pytest.mark.level("options")
@pytest.mark.weight(1.5)
def test_edges(student, rng):
    """One row, one column, one sample, more axes, views, gradients switched off."""
    for m, n in ((1, 4), (4, 1), (1, 1)):
        W, u = rng.randn(m, n).double(), rng.randn(m).double()
        sigma, _, _ = student.power_iteration(W, u, 3)
        assert_close(sigma, (W**2).sum().sqrt(), **FLOAT64, name=f"sigma of a matrix of {m} x {n}")
    W, u = rng.randn(3, 5).double().T, rng.randn(1).double().expand(5)
    assert_close(student.power_iteration(W, u, 2)[0], rounds(W, u, 2)[0], **FLOAT64, name="sigma of views")
    model, W, b, u = layer(student, rng, 3, 4)
    with torch.no_grad():
        y = model(rng.randn(2, 5, 3).double())
    assert tuple(y.shape) == (2, 5, 4), "axes before the last are batch axes"
    assert_close(
        model.state_dict()["u"], rounds(W, u, 1)[1], **FLOAT64, name="u after a call without gradients"
    )


@pytest.mark.level("options")
@pytest.mark.weight(1.7)
def test_start(student, rng):
    """Weight and bias start as those of nn.Linear, u at random with length 1; two layers share nothing."""
    one, two = student.SpectralLinear(50, 40), student.SpectralLinear(50, 40)
    first, second = one.state_dict(), two.state_dict()
    assert {n for n, _ in one.named_parameters()} == {"weight", "bias"}, (
        "weight and bias are the only parameters"
    )
    assert tuple(first["weight"].shape) == (40, 50) and tuple(first["bias"].shape) == (40,)
    bound = 1 / math.sqrt(50)
    for name in ("weight", "bias"):
        p = first[name]
        assert float(p.abs().max()) <= bound * 1.0001, f"the {name} starts outside of +-1/sqrt(n)"
        assert float(p.std()) > 0.4 * bound, f"the {name} does not start as that of nn.Linear"
    assert abs(float(first["u"].norm()) - 1) < 1e-5, "u starts with the length 1"
    for name in first:
        assert float((first[name] - second[name]).abs().max()) > 0, f"two layers start with the same {name}"


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_gradient_of_sigma(student, rng):
    """u and v come without a graph; the gradient of sigma in the weight is u v^T."""
    W = rng.randn(4, 3, dtype=torch.float64, requires_grad=True)
    sigma, u, v = student.power_iteration(W, rng.randn(4).double(), 2)
    assert not u.requires_grad and not v.requires_grad, "u and v have a graph"
    assert sigma.requires_grad, "sigma has no graph: it depends on the weight"
    sigma.backward()
    assert W.grad is not None, "no gradient reaches the weight"
    assert_close(W.grad, torch.outer(u, v), **FLOAT64, name="gradient of sigma")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_gradient_of_the_layer(student, rng):
    """The gradient goes through the weight and through sigma; two calls may come before one backward."""
    model, W, b, u = layer(student, rng, 4, 3)
    x, directions = rng.randn(2, 5, 4).double(), rng.randn(2, 5, 3).double()
    loss, want = 0, torch.zeros_like(W)
    for one, direction in zip(x, directions, strict=True):
        loss = loss + (model(one) * direction).sum()
        sigma, u, v = rounds(W, u, 1)
        G = direction.T @ one
        want += G / sigma - (G * W).sum() / sigma**2 * torch.outer(u, v)
    loss.backward()
    found = dict(model.named_parameters())
    assert_close(found["weight"].grad, want, **FLOAT64, name="gradient of the weight")
    assert_close(found["bias"].grad, directions.sum((0, 1)), **FLOAT64, name="gradient of the bias")


@pytest.mark.level("invariants")
def test_slope(student, rng):
    """After many calls no vector is stretched, one keeps its length, and the weight's scale plays no part."""
    model, W, b, _ = layer(student, rng, 6, 5)
    x = rng.randn(200, 6).double()
    for _ in range(30):
        y = model(x)
    stretch = ((y.detach() - b).norm(dim=1) / x.norm(dim=1)).max()
    assert float(stretch) < 1.001, f"a vector is stretched {float(stretch):.3f} times"
    top = torch.linalg.svd(W)[2][:1]
    assert_close(
        (model(top).detach() - b).norm(),
        torch.tensor(1.0).double(),
        rtol=1e-4,
        atol=0,
        name="length along the first direction",
    )
    state = model.state_dict()
    for scale, what in ((1000, "1000 times as large"), (1e-6, "1000 times as small")):
        state["weight"] = scale * state["weight"]
        model.load_state_dict(state)
        assert_close(model(x).detach(), y.detach(), rtol=1e-5, atol=1e-7, name=f"output with a weight {what}")


@pytest.mark.level("contract")
def test_dtype(student, rng):
    """float32 stays float32."""
    sigma, u, v = student.power_iteration(rng.randn(4, 3), rng.randn(4), 2)
    assert {t.dtype for t in (sigma, u, v)} == {torch.float32}
    assert student.SpectralLinear(3, 2)(rng.randn(2, 3)).dtype == torch.float32
