"""Hidden suite of `gradient_flow`; oracles are powers of matrices, autograd's Jacobian, and the definitions.

Tolerances: float64 products of at most 12 matrices agree to 1e-12. float32 matrices of order 40 from a QR decomposition
are orthogonal to 1e-6 and have their spectral radius to 1e-5.
"""

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("gradient_flow"),
    pytest.mark.shares(runs=8, plain=39, options=13, invariants=40),
]

FLOAT64 = {"rtol": 1e-8, "atol": 1e-12}


def products(slopes, w_h):
    """Norms by multiplying out each lag by itself."""
    T = len(slopes)
    norms = []
    for lag in range(T):
        jacobian = torch.eye(len(w_h), dtype=w_h.dtype)
        for t in range(T - lag, T):
            jacobian = torch.diag(slopes[t]) @ w_h @ jacobian
        norms.append(torch.linalg.svdvals(jacobian).max())
    return torch.stack(norms)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """gradient_norms returns (T,), both starts return (H, H)."""
    norms = student.gradient_norms(rng.rand(6, 4), rng.randn(4, 4))
    assert isinstance(norms, torch.Tensor) and norms.shape == (6,), "the norms of 6 steps have shape (6,)"
    for start in (
        student.spectral_start(5, 0.9, rng.generator()),
        student.orthogonal_start(5, rng.generator()),
    ):
        assert isinstance(start, torch.Tensor) and start.shape == (5, 5), (
            "a start for 5 units has shape (5, 5)"
        )


@pytest.mark.level("plain")
def test_linear(student, rng):
    """Without an activation the norm at lag k is that of the k-th power of W_h, and 1 at lag 0."""
    w_h = rng.randn(5, 5, dtype=torch.float64) / 2
    want = torch.stack([torch.linalg.matrix_norm(torch.linalg.matrix_power(w_h, k), ord=2) for k in range(8)])
    assert_close(student.gradient_norms(torch.ones(8, 5).double(), w_h), want, **FLOAT64, name="norms")


@pytest.mark.level("plain")
@pytest.mark.weight(9)
def test_by_hand(student):
    """For one unit with weight 2 and slopes 0.1, 0.5, 0.25 the norms are 1, 0.5 and 0.5."""
    slopes = torch.tensor([[0.1], [0.5], [0.25]], dtype=torch.float64)
    got = student.gradient_norms(slopes, torch.tensor([[2.0]], dtype=torch.float64))
    assert_close(got, torch.tensor([1.0, 0.5, 0.5], dtype=torch.float64), **FLOAT64, name="norms")


@pytest.mark.level("plain")
@pytest.mark.weight(11)
@pytest.mark.parametrize(("steps", "hidden"), [(6, 4), (12, 3), (3, 7)])
def test_slopes(student, rng, steps, hidden):
    """With slopes each step's own slope stands in its factor, and the factors in their order."""
    slopes, w_h = rng.rand(steps, hidden, dtype=torch.float64), rng.randn(hidden, hidden, dtype=torch.float64)
    assert_close(student.gradient_norms(slopes, w_h), products(slopes, w_h), **FLOAT64, name="norms")


@pytest.mark.level("plain")
@pytest.mark.weight(17)
@pytest.mark.parametrize("radius", [0.3, 0.9, 1.7])
def test_spectral_radius(student, rng, radius):
    """spectral_start's largest eigenvalue, in absolute value, is the radius asked for; its norm is another number."""
    for hidden in (3, 17, 40):
        w = student.spectral_start(hidden, radius, rng.generator())
        found = float(torch.linalg.eigvals(w.double()).abs().max())
        assert abs(found - radius) < 1e-3 * radius, f"the spectral radius is {found:.4f} instead of {radius}"
        # A small matrix may have a norm near its radius by chance; a large one has nearly twice its radius.
        norm = float(torch.linalg.matrix_norm(w, ord=2))
        assert hidden == 3 or norm > 1.02 * radius, (
            f"the norm is {norm / radius:.3f} times the radius: independent normal numbers have a larger one"
        )


@pytest.mark.level("plain")
@pytest.mark.weight(6)
def test_orthogonal(student, rng):
    """orthogonal_start's columns and rows have length 1 and stand at right angles."""
    for hidden in (1, 4, 33):
        w = student.orthogonal_start(hidden, rng.generator())
        assert_close(w.T @ w, torch.eye(hidden), rtol=0, atol=1e-5, name="W^T W")
        assert_close(w @ w.T, torch.eye(hidden), rtol=0, atol=1e-5, name="W W^T")


@pytest.mark.level("options")
@pytest.mark.parametrize(("steps", "hidden"), [(1, 3), (2, 1), (5, 1)])
def test_edges(student, rng, steps, hidden):
    """One step, one unit."""
    slopes, w_h = rng.rand(steps, hidden, dtype=torch.float64), rng.randn(hidden, hidden, dtype=torch.float64)
    assert_close(student.gradient_norms(slopes, w_h), products(slopes, w_h), **FLOAT64, name="norms")


@pytest.mark.level("options")
@pytest.mark.weight(14)
def test_views(student, rng):
    """Slopes and weights that are views give the same as contiguous ones; a slope of 0 ends everything before it."""
    slopes, w_h = rng.rand(4, 6, dtype=torch.float64).T, rng.randn(4, 8, dtype=torch.float64)[:, ::2]
    assert_close(student.gradient_norms(slopes, w_h), products(slopes, w_h), **FLOAT64, name="norms")
    slopes = slopes.clone()
    slopes[3] = 0.0
    norms = student.gradient_norms(slopes, w_h)
    assert float(norms[3:].abs().max()) == 0.0 and bool((norms[:3] > 0).all()), (
        "a slope of 0 stands in another factor"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(7)
def test_matches_autograd(student, rng):
    """For a tanh network the norms are those of autograd's derivatives of the last state."""
    T, H = 6, 4
    w_h, inputs = rng.randn(H, H, dtype=torch.float64), rng.randn(T, H, dtype=torch.float64)
    states = [torch.zeros(H, dtype=torch.float64)]
    for t in range(T):
        states.append(torch.tanh(w_h @ states[-1] + inputs[t]))
    slopes = torch.stack([1 - h**2 for h in states[1:]])

    def last(h, start):
        for t in range(start, T):
            h = torch.tanh(w_h @ h + inputs[t])
        return h

    want = [
        torch.linalg.svdvals(
            torch.autograd.functional.jacobian(lambda h, start=T - lag: last(h, start), states[T - lag])
        ).max()
        for lag in range(T)
    ]
    assert_close(student.gradient_norms(slopes, w_h), torch.stack(want), **FLOAT64, name="norms")


@pytest.mark.level("invariants")
@pytest.mark.weight(7)
def test_starts_are_random(student, rng):
    """The generator draws everything: one seed gives the same start, the next call another one."""
    for make in (lambda g: student.spectral_start(6, 0.8, g), lambda g: student.orthogonal_start(6, g)):
        seed = rng.seed()
        first, second = (torch.Generator().manual_seed(seed) for _ in range(2))
        a, b, c = make(first), make(second), make(first)
        assert_close(a, b, rtol=0, atol=0, name="a start from the same seed")
        assert not torch.allclose(a, c), "a second call with the same generator gave the same matrix"


@pytest.mark.level("invariants")
@pytest.mark.weight(7)
def test_all_signs(student, rng):
    """Entries of the starts have both signs equally often, and orthogonal ones are rotations and reflections alike."""
    generator = rng.generator()
    spectral = torch.stack([student.spectral_start(6, 1.0, generator) for _ in range(60)])
    orthogonal = torch.stack([student.orthogonal_start(6, generator) for _ in range(60)])
    for starts in (spectral, orthogonal):
        # 60 signs of each entry: fewer than 6 of a kind has probability 2e-11, 72 entries together 2e-9.
        positive = (starts > 0).sum(0)
        assert int(positive.min()) >= 6 and int(positive.max()) <= 54, "some entry has always the same sign"
    rotations = int((torch.linalg.det(orthogonal) > 0).sum())
    assert 6 <= rotations <= 54, "all orthogonal starts are of one kind"


@pytest.mark.level("invariants")
@pytest.mark.weight(7)
def test_normal_numbers(student, rng):
    """spectral_start's entries are normal numbers: their fourth moment is 3 times the square of their variance."""
    w = student.spectral_start(60, 0.9, rng.generator()).double()
    moments = float((w**4).mean() / (w**2).mean() ** 2)
    # Of 3600 normal numbers the ratio has standard deviation 0.08; uniform ones have 1.8.
    assert 2.4 < moments < 3.8, (
        f"the fourth moment is {moments:.2f} times the squared variance, as of other numbers"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(16)
@pytest.mark.parametrize("radius", [0.7, 1.3])
def test_powers_of_the_start(student, rng, radius):
    """In the long run the powers of spectral_start's matrix grow or shrink by the radius at each step."""
    w = student.spectral_start(12, radius, rng.generator()).double()
    norms = [float(torch.linalg.matrix_norm(torch.linalg.matrix_power(w, k), ord=2)) for k in (400, 800)]
    # A pair of complex eigenvalues makes the norm swing by a factor below 100 or so: 100^(1/400) is 1.012.
    found = (norms[1] / norms[0]) ** (1 / 400) if norms[0] > 0 else 0.0
    assert abs(found - radius) < 0.03 * radius, (
        f"a step multiplies by {found:.3f} in the long run, not by {radius}"
    )


@pytest.mark.level("invariants")
def test_orthogonal_keeps_lengths(student, rng):
    """orthogonal_start's matrix keeps the length of every vector and the angle of every two, 50 steps long."""
    w, vectors = student.orthogonal_start(9, rng.generator()).double(), rng.randn(9, 4, dtype=torch.float64)
    after = torch.linalg.matrix_power(w, 50) @ vectors
    assert_close(
        after.T @ after, vectors.T @ vectors, rtol=1e-3, atol=1e-3, name="products of vectors after 50 steps"
    )


@pytest.mark.level("contract")
def test_float32(student, rng):
    """Both starts are float32."""
    for name in ("spectral_start", "orthogonal_start"):
        given = (4, 0.9) if name == "spectral_start" else (4,)
        w = getattr(student, name)(*given, rng.generator())
        assert w.dtype == torch.float32, f"{name} gives {w.dtype} instead of torch.float32"
