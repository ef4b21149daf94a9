"""Hidden suite of `frechet`: closed forms for commuting and for 2 x 2 covariances, eigenvalues for others.

For a 2 x 2 matrix M with eigenvalues that are not negative, tr M^(1/2) = sqrt(tr M + 2 sqrt(det M)).
"""

import math

import numpy as np
import pytest
import torch

from autograder.testing import assert_close, assert_raises

pytestmark = [
    pytest.mark.exercise("frechet"),
    pytest.mark.shares(runs=10, plain=48, options=22, invariants=20),
]

FLOAT64 = {"rtol": 1e-7, "atol": 1e-8}


def covariance(rng, n, rank=None):
    root = rng.randn(n, rank or n + 1).double()
    return root @ root.T / n


def by_eigenvalues(m1, C1, m2, C2):
    """The distance by the eigenvalues of the unsymmetric product."""
    values = np.linalg.eigvals((C1 @ C2).numpy())
    cross = np.sqrt(np.clip(values.real, 0, None)).sum()
    return ((m1 - m2) ** 2).sum() + C1.trace() + C2.trace() - 2 * cross


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """A mean (F,), a covariance (F, F), and one number for the distance."""
    mean, C = student.feature_moments(rng.randn(8, 3))
    assert tuple(mean.shape) == (3,) and tuple(C.shape) == (3, 3)
    d = student.frechet_distance(mean, torch.eye(3), mean + 1, torch.eye(3))
    assert isinstance(d, torch.Tensor) and tuple(d.shape) == (), "the distance is one number"


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("n", "f"), [(7, 3), (20, 5)])
def test_moments(student, rng, n, f):
    """Mean over the samples, covariance divided by N - 1."""
    x = rng.randn(n, f).double() @ rng.randn(f, f).double() + 3
    mean, C = student.feature_moments(x)
    assert_close(mean, torch.tensor(np.mean(x.numpy(), 0)), **FLOAT64, name="mean")
    assert_close(C, torch.tensor(np.cov(x.numpy().T)), **FLOAT64, name="covariance")


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_commuting(student, rng):
    """For covariances with the same axes the distance is that of the means plus that of the standard deviations."""
    turn = torch.linalg.qr(rng.randn(4, 4).double())[0]
    a, b = 0.2 + rng.rand(4).double(), 0.2 + 2 * rng.rand(4).double()
    m1, m2 = rng.randn(4).double(), rng.randn(4).double()
    got = student.frechet_distance(m1, turn * a**2 @ turn.T, m2, turn * b**2 @ turn.T)
    assert_close(got, ((m1 - m2) ** 2).sum() + ((a - b) ** 2).sum(), **FLOAT64, name="distance")
    a, b = torch.tensor([2.0, 4e-3, 1e-3, 0.5]).double(), torch.tensor([1.0, 1e-3, 6e-3, 0.7]).double()
    got = student.frechet_distance(m1, turn * a**2 @ turn.T, m1, turn * b**2 @ turn.T)
    assert_close(
        got, ((a - b) ** 2).sum(), **FLOAT64, name="distance of covariances with wide and narrow axes"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_two_features(student, rng):
    """For two features and covariances that do not commute the closed form holds."""
    for _ in range(3):
        C1, C2, m = covariance(rng, 2), 3 * covariance(rng, 2), rng.randn(2).double()
        M = C1 @ C2
        cross = torch.sqrt(M.trace() + 2 * torch.sqrt(torch.linalg.det(M)))
        want = (m**2).sum() + C1.trace() + C2.trace() - 2 * cross
        assert_close(student.frechet_distance(m, C1, 0 * m, C2), want, **FLOAT64, name="distance")


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize("f", [3, 6])
def test_not_commuting(student, rng, f):
    """For more features the distance is that by the eigenvalues of the product of the covariances."""
    C1, C2 = covariance(rng, f), 0.3 * covariance(rng, f)
    m1, m2 = rng.randn(f).double(), rng.randn(f).double()
    assert_close(
        student.frechet_distance(m1, C1, m2, C2),
        by_eigenvalues(m1, C1, m2, C2),
        rtol=1e-6,
        atol=1e-7,
        name="distance",
    )


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_singular(student, rng):
    """Singular covariances have a distance: of fewer samples than features, of one direction, of a point."""
    C1, C2 = covariance(rng, 5, 2), covariance(rng, 5, 3)
    m1, m2 = rng.randn(5).double(), rng.randn(5).double()
    got = student.frechet_distance(m1, C1, m2, C2)
    assert_close(
        got, by_eigenvalues(m1, C1, m2, C2), rtol=1e-5, atol=1e-5, name="distance of singular covariances"
    )
    zero = torch.zeros(5, 5).double()
    assert_close(
        student.frechet_distance(m1, zero, m2, C2),
        ((m1 - m2) ** 2).sum() + C2.trace(),
        **FLOAT64,
        name="distance of a point",
    )
    assert_close(
        student.frechet_distance(m1, zero, m2, zero),
        ((m1 - m2) ** 2).sum(),
        **FLOAT64,
        name="distance of two points",
    )
    u, w = rng.randn(5).double(), rng.randn(5).double()
    want = (u @ u) + (w @ w) - 2 * (u @ w).abs()
    got = student.frechet_distance(m1, torch.outer(u, u), m1, torch.outer(w, w))
    assert_close(got, want, rtol=1e-5, atol=1e-5, name="distance of two lines")


@pytest.mark.level("options")
@pytest.mark.weight(1.5)
def test_scales(student, rng):
    """Large and small covariances, one feature, two samples, views."""
    C1, C2 = covariance(rng, 3), covariance(rng, 3)
    m = rng.randn(3).double()
    for scale in (1e-8, 1e8):
        got = student.frechet_distance(math.sqrt(scale) * m, scale * C1, 0 * m, scale * C2) / scale
        assert_close(
            got,
            by_eigenvalues(m, C1, 0 * m, C2),
            rtol=1e-5,
            atol=1e-7,
            name=f"distance at the scale {scale:g}",
        )

    def one(value):
        return torch.tensor([value]).double()

    got = student.frechet_distance(one(1.0), one(4.0)[None], one(3.0), one(1.0)[None])
    assert_close(got, torch.tensor(5.0).double(), **FLOAT64, name="distance of N(1, 4) and N(3, 1)")
    pair = rng.randn(3, 2).double().T
    mean, C = student.feature_moments(pair)
    difference = pair[0] - pair[1]
    assert_close(C, torch.outer(difference, difference) / 2, **FLOAT64, name="covariance of two samples")
    assert tuple(student.feature_moments(rng.randn(4, 1))[1].shape) == (1, 1), (
        "one feature has a covariance (1, 1)"
    )
    got = student.frechet_distance(m[:1].expand(3), C1.T.contiguous().T, m, C2)
    assert_close(
        got, by_eigenvalues(m[:1].expand(3), C1, m, C2), rtol=1e-6, atol=1e-7, name="distance of views"
    )
    near = rng.randn(9, 3).double()
    C = student.feature_moments(near + 1e7)[1]
    assert_close(
        C,
        torch.tensor(np.cov(near.numpy().T)),
        rtol=1e-5,
        atol=1e-6,
        name="covariance of features far from 0",
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_metric(student, rng):
    """Equal moments have the distance 0, exchanged ones the same, and no distance is negative or complex."""
    for C1 in (covariance(rng, 4), covariance(rng, 4, 2), 100 * covariance(rng, 4)):
        C2, m1, m2 = covariance(rng, 4), rng.randn(4).double(), rng.randn(4).double()
        same = student.frechet_distance(m1, C1, m1, C1)
        assert not same.is_complex(), "the distance is complex"
        assert abs(float(same)) < 1e-5 * float(C1.trace()), (
            f"equal moments have the distance {float(same):.2g}"
        )
        there, back = student.frechet_distance(m1, C1, m2, C2), student.frechet_distance(m2, C2, m1, C1)
        assert_close(there, back, rtol=1e-6, atol=1e-6, name="distance with the two exchanged")
        assert float(there) >= -1e-9, "a squared distance is negative"


@pytest.mark.level("invariants")
@pytest.mark.weight(1.5)
def test_turned(student, rng):
    """Turning and shifting both sets together changes nothing."""
    C1, C2, m1, m2 = covariance(rng, 4), covariance(rng, 4), rng.randn(4).double(), rng.randn(4).double()
    turn = torch.linalg.qr(rng.randn(4, 4).double())[0]
    want = student.frechet_distance(m1, C1, m2, C2)
    got = student.frechet_distance(turn @ m1 + 7, turn @ C1 @ turn.T, turn @ m2 + 7, turn @ C2 @ turn.T)
    assert_close(got, want, rtol=1e-6, atol=1e-7, name="distance of turned sets")


@pytest.mark.level("contract")
def test_single_precision(student, rng):
    """float32 moments are compared in float64: the distance of nearly equal large covariances keeps its digits."""
    C1 = (1000 * covariance(rng, 6)).float()
    C2, m = C1 + 0.5 * torch.eye(6), rng.randn(6)
    got = student.frechet_distance(m, C1, m, C2)
    want = by_eigenvalues(m.double(), C1.double(), m.double(), C2.double())
    assert got.dtype == torch.float32 and student.feature_moments(rng.randn(5, 2))[1].dtype == torch.float32
    assert abs(float(got) - float(want)) < 1e-3 * float(want) + 1e-6, (
        f"distance {float(got):.6f} instead of {float(want):.6f}"
    )


@pytest.mark.level("contract")
@pytest.mark.weight(0.5)
def test_refuses(student, rng):
    """One sample has no covariance, nor has none; the answer has the dtype of the first mean."""
    for n in (1, 0):
        assert_raises(ValueError, student.feature_moments, rng.randn(n, 3))
    m, C = rng.randn(3), torch.eye(3)
    for first, second in ((torch.float32, torch.float64), (torch.float64, torch.float32)):
        got = student.frechet_distance(m.to(first), C.to(second), m.to(second), C.to(second))
        assert got.dtype == first, f"the first mean is {first}, the distance {got.dtype}"
