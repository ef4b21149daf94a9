"""Hidden suite of `hopfield`: unit by unit in Python; the modern step against PyTorch's attention in the grader."""

import pytest
import torch
import torch.nn.functional as F

from autograder.testing import assert_close, gradcheck

pytestmark = [
    pytest.mark.exercise("hopfield"),
    pytest.mark.shares(runs=5, plain=60, options=17, invariants=18),
]

CLOSE = {"rtol": 1e-5, "atol": 1e-6}


def spins(rng, *shape):
    """Random spins, float64."""
    return rng.randint(0, 2, shape).double() * 2 - 1


def couplings(rng, n):
    """Symmetric couplings without self-coupling, float64."""
    J = rng.randn(n, n, dtype=torch.float64).triu(1)
    return J + J.T


def recall_by_hand(s, weight, sweeps):
    """One row, one unit after the other."""
    rows, weight = [row.tolist() for row in s], weight.tolist()
    for row in rows:
        for _ in range(sweeps):
            for i in range(len(row)):
                field = sum(weight[i][j] * row[j] for j in range(len(row)))
                row[i] = row[i] if field == 0 else (1.0 if field > 0 else -1.0)
    return torch.tensor(rows, dtype=s.dtype)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """All five functions run and return the shapes of their signatures."""
    s, weight = spins(rng, 4, 6), couplings(rng, 6)
    for name, value, shape in (
        ("hopfield_weights", student.hopfield_weights(spins(rng, 3, 6)), (6, 6)),
        ("hopfield_energy", student.hopfield_energy(s, weight), (4,)),
        ("hopfield_recall", student.hopfield_recall(s, weight), (4, 6)),
        ("modern_step", student.modern_step(rng.randn(4, 3), rng.randn(5, 3), 1.0), (4, 3)),
        ("modern_energy", student.modern_energy(rng.randn(4, 3), rng.randn(5, 3), 1.0), (4,)),
    ):
        assert isinstance(value, torch.Tensor) and tuple(value.shape) == shape, (
            f"{name} should return shape {shape}"
        )


@pytest.mark.level("plain")
@pytest.mark.weight(4)
@pytest.mark.parametrize(("count", "n"), [(1, 4), (3, 7), (6, 5)])
def test_weights(student, rng, count, n):
    """Outer products summed over the patterns, divided by the number of units, without the diagonal."""
    patterns = spins(rng, count, n)
    want = sum(torch.outer(x, x) for x in patterns) / n
    want = want.masked_fill(torch.eye(n, dtype=torch.bool), 0.0)
    assert_close(student.hopfield_weights(patterns), want, **CLOSE, name="weight")


@pytest.mark.level("plain")
@pytest.mark.weight(8)
@pytest.mark.parametrize("sweeps", [1, 2, 4])
def test_recall(student, rng, sweeps):
    """Units take the sign of their field in order, each seeing the newest values of all others."""
    # Enough units that states still move in the later sweeps, where another order shows.
    s, weight = spins(rng, 12, 24), couplings(rng, 24)
    got = student.hopfield_recall(s, weight, sweeps)
    assert_close(got, recall_by_hand(s, weight, sweeps), rtol=0, atol=0, name=f"states after {sweeps} sweeps")


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_energy(student, rng):
    """Minus half of s W s: each pair of units counts once."""
    s, weight = spins(rng, 5, 6), couplings(rng, 6)
    want = torch.stack([-sum(weight[i, j] * x[i] * x[j] for i in range(6) for j in range(i)) for x in s])
    assert_close(student.hopfield_energy(s, weight), want, **CLOSE, name="energy")


@pytest.mark.level("plain")
@pytest.mark.weight(4)
@pytest.mark.parametrize("beta", [1.0, 0.3, 2.5])
def test_modern_step(student, rng, beta):
    """One step is attention of the queries to the patterns, with beta for the scale."""
    query, patterns = rng.randn(4, 3, dtype=torch.float64), rng.randn(5, 3, dtype=torch.float64)
    want = F.scaled_dot_product_attention(query, patterns, patterns, scale=beta)
    assert_close(student.modern_step(query, patterns, beta), want, **CLOSE, name="state")


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize("beta", [1.0, 0.3, 2.5])
def test_modern_energy(student, rng, beta):
    """Minus the log of the summed exponentials over beta, plus half of the squared length."""
    query, patterns = rng.randn(4, 3, dtype=torch.float64), rng.randn(5, 3, dtype=torch.float64)
    rows = []
    for q in query:
        total = sum(torch.exp(beta * (q * x).sum()) for x in patterns)
        rows.append(-total.log() / beta + (q * q).sum() / 2)
    assert_close(student.modern_energy(query, patterns, beta), torch.stack(rows), **CLOSE, name="energy")


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_ties(student, rng):
    """A unit whose field is exactly 0 keeps its value, whichever it is."""
    weight = torch.zeros(4, 4).double()
    weight[0, 1] = weight[1, 0] = weight[0, 2] = weight[2, 0] = 1.0
    s = torch.tensor([[1.0, 1.0, -1.0, -1.0], [-1.0, 1.0, -1.0, 1.0]], dtype=torch.float64)
    got = student.hopfield_recall(s, weight, 1)
    assert_close(got, recall_by_hand(s, weight, 1), rtol=0, atol=0, name="states with ties")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_sweeps(student, rng):
    """No sweep leaves the states; five are made unless told otherwise."""
    s, weight = spins(rng, 6, 30), couplings(rng, 30)
    assert_close(student.hopfield_recall(s, weight, 0), s, rtol=0, atol=0, name="states after no sweep")
    want = student.hopfield_recall(s, weight, 5)
    assert_close(student.hopfield_recall(s, weight), want, rtol=0, atol=0, name="states by default")


@pytest.mark.level("options")
def test_alone_and_views(student, rng):
    """A row alone gives the same as among others; views are states and weights too."""
    s, weight = spins(rng, 5, 31), couplings(rng, 31)
    whole = student.hopfield_recall(s, weight, 2)
    assert_close(student.hopfield_recall(s[2:3], weight, 2), whole[2:3], rtol=0, atol=0, name="a row alone")
    view = s.T.contiguous().T
    assert_close(student.hopfield_recall(view, weight.T, 2), whole, rtol=0, atol=0, name="states of views")


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_large_beta(student, rng):
    """At a large beta the step returns the nearest pattern, and the energy stays finite."""
    patterns = 3 * rng.randn(6, 8)
    query = patterns + 0.1 * rng.randn(6, 8)
    best = (query @ patterns.T).argmax(1)
    assert_close(student.modern_step(query, patterns, 1e4), patterns[best], **CLOSE, name="state")
    want = -(query @ patterns.T).max(1).values + (query**2).sum(1) / 2
    assert_close(student.modern_energy(query, patterns, 1e4), want, rtol=1e-3, atol=1e-2, name="energy")


@pytest.mark.level("invariants")
@pytest.mark.weight(6)
def test_energy_never_rises(student, rng):
    """From sweep to sweep no energy rises, until nothing moves any more."""
    weight = student.hopfield_weights(spins(rng, 5, 24))
    s = spins(rng, 12, 24)
    before = -0.5 * torch.einsum("ni,ij,nj->n", s, weight, s)
    for _ in range(24):
        s = student.hopfield_recall(s, weight, 1)
        after = -0.5 * torch.einsum("ni,ij,nj->n", s, weight, s)
        assert bool((after <= before + 1e-9).all()), "an energy rose"
        before = after
    assert_close(student.hopfield_recall(s, weight, 1), s, rtol=0, atol=0, name="states at rest")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_recalls(student, rng):
    """Three random patterns of 90 units come back from a tenth of wrong units."""
    patterns = spins(rng, 3, 90)
    flips = torch.stack([rng.perm(90) < 9 for _ in range(3)])
    got = student.hopfield_recall(torch.where(flips, -patterns, patterns), student.hopfield_weights(patterns))
    # In 20,000 simulated stores of this kind every unit came back.
    assert float((got == patterns).double().mean()) > 0.9, "patterns do not come back"


@pytest.mark.level("invariants")
def test_modern_energy_never_rises(student, rng):
    """A modern step never raises the modern energy, and is where the energy's gradient leads: query - gradient."""
    query = (2 * rng.randn(6, 4, dtype=torch.float64)).requires_grad_()
    patterns = rng.randn(5, 4, dtype=torch.float64)
    for beta in (0.5, 3.0):
        energy = student.modern_energy(query, patterns, beta)
        (gradient,) = torch.autograd.grad(energy.sum(), query)
        new = student.modern_step(query, patterns, beta)
        assert_close(new.detach(), (query - gradient).detach(), **CLOSE, name="state")
        assert bool((student.modern_energy(new, patterns, beta) <= energy + 1e-9).all()), "the energy rose"


@pytest.mark.level("invariants")
@pytest.mark.weight(4)
def test_gradients(student, rng):
    """The modern step has the gradients of finite differences in query and patterns."""
    query = rng.randn(2, 3, dtype=torch.float64, requires_grad=True)
    patterns = rng.randn(4, 3, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda q, x: student.modern_step(q, x, 0.8), (query, patterns))
    assert gradcheck(lambda q, x: student.modern_energy(q, x, 0.8), (query, patterns))


@pytest.mark.level("contract")
def test_float32(student, rng):
    """float32 stays float32, and two stores share nothing."""
    patterns = spins(rng, 3, 6).float()
    first = student.hopfield_weights(patterns)
    student.hopfield_weights(spins(rng, 2, 6).float())
    assert first.dtype == torch.float32
    assert_close(student.hopfield_weights(patterns), first, rtol=0, atol=0, name="weight, asked twice")
