"""Hidden suite of `optimal_discriminator`: densities of torch.distributions, finite tables, other judges than the best.

Tolerance: float64 arithmetic on numbers of size 10 agrees to 1e-9; sums over grids of 5,000 cells to 1e-8.
"""

import math

import pytest
import torch
from torch.distributions import Normal

from autograder.testing import assert_close, gradcheck

pytestmark = [pytest.mark.exercise("optimal_discriminator")]

CLOSE = {"rtol": 1e-8, "atol": 1e-9}


def two_normals(rng, d):
    """Means and standard deviations of two densities, float64; no deviation is 1, none is that of the other."""
    mean_p, mean_q = rng.randn(d).double(), rng.randn(d).double()
    return (
        mean_p,
        rng.uniform(0.3, 0.8, d, dtype=torch.float64),
        mean_q,
        rng.uniform(1.3, 2.5, d, dtype=torch.float64),
    )


def by_torch(x, mean_p, std_p, mean_q, std_q):
    """The log-ratio from torch's densities."""
    return (Normal(mean_p, std_p).log_prob(x) - Normal(mean_q, std_q).log_prob(x)).sum(1)


def tables(rng, n):
    """Two tables of probabilities of n faces each."""
    return torch.softmax(2 * rng.randn(n).double(), 0), torch.softmax(2 * rng.randn(n).double(), 0)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """One log-ratio for each row, one probability for each place, one number for the value."""
    ratio = student.log_ratio(rng.randn(5, 3).double(), *two_normals(rng, 3))
    assert tuple(ratio.shape) == (5,), "one log-ratio for each row"
    assert tuple(student.optimal_discriminator(rng.randn(4, 3), rng.randn(4, 3)).shape) == (4, 3)
    assert tuple(student.optimal_value(rng.randn(7), rng.randn(7), 0.1).shape) == ()


@pytest.mark.level("plain")
@pytest.mark.weight(4)
@pytest.mark.parametrize(("n", "d"), [(6, 1), (5, 3), (4, 7)])
def test_log_ratio(student, rng, n, d):
    """log p(x) minus log q(x), summed over the dimensions."""
    x, normals = 2 * rng.randn(n, d).double(), two_normals(rng, d)
    assert_close(student.log_ratio(x, *normals), by_torch(x, *normals), **CLOSE, name="log-ratio")


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_discriminator(student, rng):
    """p / (p + q) at each place, whatever the shape."""
    for shape in ((6,), (4, 3), (2, 3, 5)):
        log_p, log_q = 2 * rng.randn(*shape).double(), 2 * rng.randn(*shape).double()
        want = log_p.exp() / (log_p.exp() + log_q.exp())
        got = student.optimal_discriminator(log_p, log_q)
        assert_close(got, want, rtol=1e-11, atol=1e-13, name="best discriminator")


@pytest.mark.level("plain")
@pytest.mark.weight(4)
@pytest.mark.parametrize(("n", "dx"), [(5, 1.0), (9, 0.25)])
def test_value(student, rng, n, dx):
    """The value of the best judge of two tables, listed face by face."""
    p, q = tables(rng, n)
    want = sum(
        a * math.log(a / (a + b)) + b * math.log(b / (a + b))
        for a, b in zip(p.tolist(), q.tolist(), strict=True)
    )
    got = student.optimal_value((p / dx).log(), (q / dx).log(), dx)
    assert_close(got, torch.tensor(want, dtype=torch.float64), **CLOSE, name="value")
    p, q = 0.8 * p, 0.6 * q
    want = (p * (p / (p + q)).log() + q * (q / (p + q)).log()).sum()
    got = student.optimal_value((p / dx).log(), (q / dx).log(), dx)
    assert_close(got, want, **CLOSE, name="value on a grid that cuts off tails")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_far_out(student, rng):
    """Where both densities underflow the log-ratio and the best discriminator are still those of the formulas."""
    x, normals = 300 * rng.randn(5, 2).double(), two_normals(rng, 2)
    want = by_torch(x, *normals)
    assert_close(student.log_ratio(x, *normals), want, rtol=1e-8, atol=1e-6, name="log-ratio far out")
    log_p = torch.tensor([-5000.0, -5002.0, -9000.0, -5000.0, 3000.0]).double()
    log_q = torch.tensor([-5001.0, -5000.0, -5000.0, -9000.0, 2999.5]).double()
    want = torch.tensor(
        [1 / (1 + math.exp(-1)), 1 / (1 + math.exp(2)), 0, 1, 1 / (1 + math.exp(-0.5))]
    ).double()
    assert_close(
        student.optimal_discriminator(log_p, log_q), want, rtol=1e-6, atol=1e-7, name="best discriminator"
    )
    low = torch.tensor([-30.0, -40.0, -25.0]).double()
    got = student.optimal_discriminator(low, torch.zeros(3).double())
    assert_close(got, low.exp() / (1 + low.exp()), rtol=1e-6, atol=0, name="best discriminator, nearly sure")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_narrow_and_far_from_zero(student, rng):
    """Deviations of 0.0003 and means of 500 have the log-ratio of the formula."""
    mean = 500 + rng.randn(3).double()
    std_p, std_q = (
        rng.uniform(2e-4, 4e-4, 3, dtype=torch.float64),
        rng.uniform(5e-4, 9e-4, 3, dtype=torch.float64),
    )
    normals = mean, std_p, mean + 3e-4, std_q
    x = mean + 1e-3 * rng.randn(6, 3).double()
    assert_close(
        student.log_ratio(x, *normals), by_torch(x, *normals), rtol=1e-5, atol=1e-5, name="log-ratio"
    )


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_sharp_cells(student):
    """Cells where one density is sharp and the other tiny have the value of the formula, in float32 too."""
    log_p = torch.tensor([2.0, -95.0, -1.0, -60.0, -800.0])
    log_q = torch.tensor([-70.0, 6.0, -1.5, 3.0, 1.0])
    for dtype, atol in ((torch.float64, 1e-7), (torch.float32, 1e-3)):
        a, b = log_p.double(), log_q.double()
        terms = a.exp() * (a - torch.logaddexp(a, b)) + b.exp() * (b - torch.logaddexp(a, b))
        got = student.optimal_value(log_p.to(dtype), log_q.to(dtype), 0.5)
        assert_close(
            got.double(), terms.sum() * 0.5, rtol=1e-5, atol=atol, name=f"value of sharp cells, {dtype}"
        )


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_impossible(student):
    """Where one density is 0 the judge is certain, and a cell without probability adds nothing to the value."""
    never = -math.inf
    log_p = torch.tensor([never, -1.0, never, -4000.0]).double()
    log_q = torch.tensor([-2.0, never, -4000.0, never]).double()
    want = torch.tensor([0.0, 1.0, 0.0, 1.0], dtype=torch.float64)
    assert_close(student.optimal_discriminator(log_p, log_q), want, **CLOSE, name="best discriminator")
    # Faces: p alone, both, q alone, neither.
    p, q = torch.tensor([0.5, 0.5, 0.0, 0.0]).double(), torch.tensor([0.0, 0.25, 0.75, 0.0]).double()
    want = 0.5 * math.log(2 / 3) + 0.25 * math.log(1 / 3)
    got = student.optimal_value(p.log(), q.log(), 1.0)
    assert_close(got, torch.tensor(want, dtype=torch.float64), **CLOSE, name="value with empty cells")
    apart = student.optimal_value(
        torch.tensor([0.0, never]).double(), torch.tensor([never, 0.0]).double(), 1.0
    )
    assert_close(apart, torch.tensor(0.0, dtype=torch.float64), **CLOSE, name="value of what never meets")


@pytest.mark.level("options")
def test_edges_and_views(student, rng):
    """A batch of one, one dimension, transposed samples, expanded deviations, gradients switched off."""
    normals = two_normals(rng, 1)
    x = rng.randn(1, 1).double()
    assert_close(student.log_ratio(x, *normals), by_torch(x, *normals), **CLOSE, name="log-ratio of one")
    mean_p, std_p, mean_q, _ = two_normals(rng, 3)
    std_q = torch.tensor([1.7], dtype=torch.float64).expand(3)
    x = rng.randn(3, 5).double().T
    with torch.no_grad():
        got = student.log_ratio(x, mean_p, std_p, mean_q, std_q)
    assert_close(got, by_torch(x, mean_p, std_p, mean_q, std_q), **CLOSE, name="log-ratio of views")
    p, q = tables(rng, 8)
    want = student.optimal_value(p[::2].log().contiguous(), q[::2].log().contiguous(), 0.5)
    assert_close(student.optimal_value(p.log()[::2], q.log()[::2], 0.5), want, **CLOSE, name="value of views")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_gradient(student, rng):
    """The log-ratio has its formula's gradient in the samples and in all four parameters, far out too."""
    normals = tuple(v.requires_grad_() for v in two_normals(rng, 2))
    x = rng.randn(4, 2, dtype=torch.float64, requires_grad=True)
    assert gradcheck(student.log_ratio, (x, *normals))
    far = torch.tensor([[400.0, -300.0]], dtype=torch.float64, requires_grad=True)
    mean_p, std_p, mean_q, std_q = (v.detach() for v in normals)
    student.log_ratio(far, mean_p, std_p, mean_q, std_q).sum().backward()
    want = (far.detach() - mean_q) / std_q**2 - (far.detach() - mean_p) / std_p**2
    assert far.grad is not None, "no gradient reaches the samples"
    assert_close(far.grad, want, rtol=1e-8, atol=1e-8, name="gradient far out")


@pytest.mark.level("invariants")
def test_swapped(student, rng):
    """Data and samples exchanged: the logit changes sign, the probability becomes 1 minus itself, the value stays."""
    x, (mean_p, std_p, mean_q, std_q) = rng.randn(6, 3).double(), two_normals(rng, 3)
    there, back = (
        student.log_ratio(x, mean_p, std_p, mean_q, std_q),
        student.log_ratio(x, mean_q, std_q, mean_p, std_p),
    )
    assert_close(there, -back, **CLOSE, name="log-ratio")
    p, q = tables(rng, 6)
    one, other = (
        student.optimal_discriminator(p.log(), q.log()),
        student.optimal_discriminator(q.log(), p.log()),
    )
    assert_close(one + other, torch.ones(6, dtype=torch.float64), **CLOSE, name="sum of both probabilities")
    value = student.optimal_value(p.log(), q.log(), 1.0)
    assert_close(value, student.optimal_value(q.log(), p.log(), 1.0), **CLOSE, name="value")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_best_of_all(student, rng):
    """The value lies between -log 4 and 0, is -log 4 for equal densities, and no other judge has a larger one."""
    p, q = tables(rng, 7)
    best = float(student.optimal_value(p.log(), q.log(), 1.0))
    assert -math.log(4) < best < 0, f"a value of {best:.3f} is not between -log 4 and 0"
    same = float(student.optimal_value(p.log(), p.log(), 1.0))
    assert abs(same + math.log(4)) < 1e-9, "for equal densities the value is -log 4"
    for _ in range(20):
        d = torch.sigmoid((p / q).log() + rng.randn(7).double())
        other = float((p * d.log() + q * (1 - d).log()).sum())
        assert other <= best + 1e-12, "some judge does better than your best one"


@pytest.mark.level("contract")
def test_dtype(student, rng):
    """float32 in, float32 out, for all three."""
    normals = tuple(v.float() for v in two_normals(rng, 3))
    assert student.log_ratio(rng.randn(4, 3), *normals).dtype == torch.float32
    assert student.optimal_discriminator(rng.randn(4), rng.randn(4)).dtype == torch.float32
    assert student.optimal_value(rng.randn(4), rng.randn(4), 0.5).dtype == torch.float32
