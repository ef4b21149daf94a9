"""Hidden suite of `score_matching`: linear scores in closed form, others by the grader's own Jacobians.

Tolerance: float64 arithmetic on numbers of size 10 agrees to 1e-12; what went through float32 is off by 1e-8.
"""

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("score_matching"),
    pytest.mark.shares(runs=5, plain=40, options=27, invariants=28),
]

CLOSE = {"rtol": 1e-10, "atol": 1e-10}


def curved(A, c):
    """A score with a full, unsymmetric Jacobian that differs from sample to sample."""
    return lambda x: torch.tanh(x @ A.T + c) - 0.3 * x * x.roll(1, -1)


def jacobians(score, x):
    """The Jacobian of each sample, by the grader's autograd."""
    return torch.stack([torch.autograd.functional.jacobian(lambda p: score(p[None])[0], row) for row in x])


def check_parameter_gradients(rng, name, objective):
    """The gradients of an objective in a score's parameters are those of its Jacobian in closed form."""
    x, u = rng.randn(7, 3).double(), rng.randn(7, 3).double()
    A = rng.randn(3, 3, dtype=torch.float64, requires_grad=True)
    scale = rng.rand(3, dtype=torch.float64, requires_grad=True)
    got = objective(lambda x: torch.tanh(x @ A.T) * scale, x, u)
    inner = torch.tanh(x @ A.T)
    J, s = (scale * (1 - inner**2))[:, :, None] * A, inner * scale
    trace = J.diagonal(dim1=1, dim2=2).sum(1)
    bend = trace if name == "explicit" else torch.einsum("ni,nij,nj->n", u, J, u)
    square = (u * s).sum(1) ** 2 if name == "sliced" else (s**2).sum(1)
    want = torch.autograd.grad((bend + square / 2).mean(), (A, scale))
    A.grad = scale.grad = None
    got.backward()
    for mine, right, what in zip((A.grad, scale.grad), want, ("weights", "scale"), strict=True):
        assert mine is not None, f"no gradient of the {name} objective reaches the {what}"
        assert_close(mine, right, **CLOSE, name=f"gradient of the {name} objective in the {what}")


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """Both objectives are one number."""
    x, u = rng.randn(5, 3), rng.randn(5, 3)
    for value in (
        student.explicit_score_matching(lambda x: -x, x),
        student.sliced_score_matching(lambda x: -x, x, u),
    ):
        assert isinstance(value, torch.Tensor) and tuple(value.shape) == (), "an objective is one number"


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("n", "d"), [(5, 3), (4, 2), (3, 6)])
def test_explicit(student, rng, n, d):
    """The mean of the Jacobian's trace plus half of the score's squared length."""
    score, x = curved(rng.randn(d, d).double(), rng.randn(d).double()), rng.randn(n, d).double()
    want = (jacobians(score, x).diagonal(dim1=1, dim2=2).sum(1) + (score(x) ** 2).sum(1) / 2).mean()
    assert_close(student.explicit_score_matching(score, x), want, **CLOSE, name="explicit")


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("n", "d"), [(5, 3), (4, 2), (3, 6)])
def test_sliced(student, rng, n, d):
    """The mean of u J u plus half of the square of u s, each sample with a direction of its own."""
    score, x = curved(rng.randn(d, d).double(), rng.randn(d).double()), rng.randn(n, d).double()
    u = rng.randn(n, d).double()
    want = (torch.einsum("ni,nij,nj->n", u, jacobians(score, x), u) + (u * score(x)).sum(1) ** 2 / 2).mean()
    assert_close(student.sliced_score_matching(score, x, u), want, **CLOSE, name="sliced")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_variance_reduced(student, rng):
    """With less variance the score's squared length stands in place of the square of u s."""
    score, x = curved(rng.randn(4, 4).double(), rng.randn(4).double()), rng.randn(5, 4).double()
    u = rng.randn(5, 4).double()
    want = (torch.einsum("ni,nij,nj->n", u, jacobians(score, x), u) + (score(x) ** 2).sum(1) / 2).mean()
    assert_close(
        student.sliced_score_matching(score, x, u, variance_reduced=True), want, **CLOSE, name="sliced"
    )


@pytest.mark.level("options")
@pytest.mark.weight(2.5)
def test_edges_explicit(student, rng):
    """One sample, one dimension, and a score that does not depend on x."""
    x = rng.randn(1, 1).double()
    want = 3 * x[0, 0] ** 2 + x[0, 0] ** 6 / 2
    assert_close(student.explicit_score_matching(lambda x: x**3, x), want, **CLOSE, name="explicit")
    s = torch.tensor([3.0, 4.0], dtype=torch.float64)
    got = student.explicit_score_matching(lambda x: s.expand(len(x), 2), rng.randn(6, 2).double())
    assert_close(got, torch.tensor(12.5, dtype=torch.float64), **CLOSE, name="explicit, constant score")
    s.requires_grad_()
    got = student.explicit_score_matching(lambda x: s.expand(len(x), 2), rng.randn(6, 2).double())
    assert_close(got, torch.tensor(12.5, dtype=torch.float64), **CLOSE, name="explicit, constant parameter")


@pytest.mark.level("options")
@pytest.mark.weight(2.5)
def test_edges_sliced(student, rng):
    """One sample, one dimension, and a score that does not depend on x, in slices."""
    x, u = rng.randn(1, 1).double(), rng.randn(1, 1).double()
    want = 3 * x[0, 0] ** 2 * u[0, 0] ** 2 + (u[0, 0] * x[0, 0] ** 3) ** 2 / 2
    assert_close(student.sliced_score_matching(lambda x: x**3, x, u), want, **CLOSE, name="sliced")
    s = torch.tensor([3.0, 4.0], dtype=torch.float64)
    points, along = rng.randn(6, 2).double(), rng.randn(6, 2).double()
    got = student.sliced_score_matching(lambda x: s.expand(len(x), 2), points, along)
    assert_close(got, ((along @ s) ** 2).mean() / 2, **CLOSE, name="sliced, constant score")
    want = ((along @ s) ** 2).mean() / 2
    s.requires_grad_()
    got = student.sliced_score_matching(lambda x: s.expand(len(x), 2), points, along)
    assert_close(got, want, **CLOSE, name="sliced, constant parameter")


@pytest.mark.level("options")
@pytest.mark.weight(2.5)
def test_views_and_grad_mode_explicit(student, rng):
    """Views are data, data with a graph are data, and gradients may be switched off."""
    score, x = curved(rng.randn(3, 3).double(), rng.randn(3).double()), rng.randn(3, 5).double().T
    want = student.explicit_score_matching(score, x.contiguous())
    with torch.no_grad():
        got = student.explicit_score_matching(score, x)
    assert_close(got, want, **CLOSE, name="explicit without gradients")
    x.requires_grad_()
    got = student.explicit_score_matching(score, 1 * x)
    assert_close(got, want, **CLOSE, name="explicit of data with a graph")


@pytest.mark.level("options")
@pytest.mark.weight(2.5)
def test_views_and_grad_mode_sliced(student, rng):
    """Views are data and directions, and gradients may be switched off."""
    score = curved(rng.randn(3, 3).double(), rng.randn(3).double())
    x, u = rng.randn(3, 5).double().T, rng.randn(1, 3).double().expand(5, 3)
    with torch.no_grad():
        sliced = student.sliced_score_matching(score, x, u)
    x.requires_grad_()
    want = student.sliced_score_matching(score, x.detach().contiguous(), u.contiguous())
    assert_close(sliced, want, **CLOSE, name="sliced without gradients")
    assert_close(student.sliced_score_matching(score, x, u), want, **CLOSE, name="sliced of views")


@pytest.mark.level("invariants")
@pytest.mark.weight(5)
def test_parameter_gradients_explicit(student, rng):
    """Gradients reach the score's parameters through the trace as well as through the length."""
    check_parameter_gradients(rng, "explicit", lambda score, x, u: student.explicit_score_matching(score, x))


@pytest.mark.level("invariants")
@pytest.mark.weight(6)
@pytest.mark.parametrize("variance_reduced", [False, True])
def test_parameter_gradients_sliced(student, rng, variance_reduced):
    """Gradients reach the score's parameters through the slices as well as through the squares."""
    name = "variance_reduced" if variance_reduced else "sliced"
    check_parameter_gradients(
        rng, name, lambda score, x, u: student.sliced_score_matching(score, x, u, variance_reduced)
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_minimum_is_the_truth(student, rng):
    """The linear score of the sample's own covariance is where the gradient vanishes."""
    root = torch.tensor([[1.2, 0.0], [0.7, 0.6]], dtype=torch.float64)
    x = rng.randn(6000, 2).double() @ root.T
    covariance = x.T @ x / len(x)
    A = (-torch.linalg.inv(covariance)).requires_grad_()
    student.explicit_score_matching(lambda x: x @ A.T, x).backward()
    gradient = A.grad
    # With the sample's own covariance the gradient is exactly zero: I + A C = 0.
    assert float(gradient.abs().max()) < 1e-8, "the true score is not where the objective is smallest"


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_denoising_identity(student, rng):
    """On noised data the explicit objective is the denoising one of chapter 12, up to a constant of no model."""
    sigma, n = 0.8, 40_000
    x, noise = (
        rng.randn(n, 2).double() * torch.tensor([1.5, 0.6], dtype=torch.float64),
        rng.randn(n, 2).double(),
    )
    gaps = []
    for A in (
        torch.tensor([[-0.4, 0.1], [0.2, -0.8]], dtype=torch.float64),
        torch.tensor([[-0.9, -0.3], [0.0, -0.5]], dtype=torch.float64),
    ):
        denoising = 0.5 * (((x + sigma * noise) @ A.T + noise / sigma) ** 2).sum(1).mean()
        gaps.append(
            float(denoising - student.explicit_score_matching(lambda x, A=A: x @ A.T, x + sigma * noise))
        )
    # The difference of the two gaps has a standard deviation of 0.010 (20 seeds): the bar is ten of them.
    assert abs(gaps[0] - gaps[1]) < 0.1, "the two objectives differ by more than a constant"


@pytest.mark.level("contract")
def test_dtype(student, rng):
    """float32 data have a float32 objective."""
    assert student.explicit_score_matching(lambda x: -x, rng.randn(4, 3)).dtype == torch.float32
    assert (
        student.sliced_score_matching(lambda x: -x, rng.randn(4, 3), rng.randn(4, 3)).dtype == torch.float32
    )
