"""Hidden suite of `linear_autoencoder`: components against eigenvectors, training against the grader's own Adam.

float64 decompositions of matrices of size 10 agree to 1e-9; variances lie apart, so that components are determined.
"""

import pytest
import torch

from autograder.testing import assert_close, assert_raises

pytestmark = [
    pytest.mark.exercise("linear_autoencoder"),
    pytest.mark.shares(runs=8, plain=40, options=22, invariants=10, converges=20),
]

FLOAT64 = {"rtol": 1e-7, "atol": 1e-9}


def stretched(rng, n, d):
    """n data points with d values, off the origin, with variances that differ by a factor of at least 2."""
    turn, _ = torch.linalg.qr(rng.randn(d, d, dtype=torch.float64))
    return rng.randn(n, d, dtype=torch.float64) * 2.0 ** -torch.arange(d) @ turn + 5 * rng.randn(d).double()


def eigen(x, k):
    """The k largest eigenvalues of the covariance, divided by N, and the projection on their eigenvectors."""
    centred = x - x.mean(0)
    values, vectors = torch.linalg.eigh(centred.T @ centred / len(x))
    top = vectors[:, -k:].flip(1)
    return values[-k:].flip(0), top


def trained(network, x, steps, lr):
    """The grader's own training on all data: errors, and the weights at the end."""
    W, b, V, c = (p.detach().clone().requires_grad_() for p in network.parameters())
    optimiser = torch.optim.Adam([W, b, V, c], lr)
    errors = []
    for _ in range(steps):
        error = ((((x @ W.T + b) @ V.T + c) - x) ** 2).sum() / len(x)
        optimiser.zero_grad()
        error.backward()
        optimiser.step()
        errors.append(error.item())
    return errors, [W, b, V, c]


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """Mean (D,), components (k, D), variances (k,); reconstructions (N, D); a gap; one error for each step."""
    x = rng.randn(9, 5)
    mean, components, variances = student.pca(x, 2)
    assert [tuple(t.shape) for t in (mean, components, variances)] == [(5,), (2, 5), (2,)], (
        "mean (D,), components (k, D), variances (k,)"
    )
    assert tuple(student.pca_reconstruct(x, x.mean(0), torch.eye(5)[:2]).shape) == (9, 5)
    assert isinstance(student.subspace_gap(torch.eye(5)[:2], torch.eye(5)[1:3]), float), "the gap is a float"
    errors = student.train_autoencoder(student.LinearAutoencoder(5, 2), x, 3, 0.01)
    assert len(errors) == 3 and all(isinstance(e, float) for e in errors), "one float for each step"


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize(("n", "d", "k"), [(40, 5, 2), (30, 6, 3)])
def test_components(student, rng, n, d, k):
    """Components are the covariance's eigenvectors, of length 1, the one with the largest variance first."""
    x = stretched(rng, n, d)
    mean, components, _ = student.pca(x, k)
    _, want = eigen(x, k)
    assert_close(mean, x.mean(0), **FLOAT64, name="mean")
    assert_close(components @ components.T, torch.eye(k).double(), **FLOAT64, name="products of components")
    assert_close(
        (components @ want).abs(),
        torch.eye(k).double(),
        rtol=0,
        atol=1e-6,
        name="|components times eigenvectors|",
    )


@pytest.mark.level("plain")
@pytest.mark.weight(1.5)
def test_variances(student, rng):
    """Variances are the covariance's largest eigenvalues, divided by N, in falling order."""
    x = stretched(rng, 12, 5)
    assert_close(student.pca(x, 3)[2], eigen(x, 3)[0], **FLOAT64, name="variances")


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_reconstruct(student, rng):
    """A reconstruction lies in the plane through the mean, and what is left is orthogonal to the plane."""
    x, mean = rng.randn(7, 6).double(), rng.randn(6).double()
    components = torch.linalg.qr(rng.randn(6, 3).double())[0].T
    got = student.pca_reconstruct(x, mean, components)
    rest = torch.linalg.lstsq(components.T, (x - mean).T).solution
    assert_close(got, mean + rest.T @ components, **FLOAT64, name="reconstruction")
    assert_close(student.pca_reconstruct(got, mean, components), got, **FLOAT64, name="reconstruction of one")


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize("angle", [0.0, 0.3, 1.2])
def test_gap(student, rng, angle):
    """Planes that share one direction and are turned by an angle in the other have its sine, whatever their bases."""
    turn = torch.linalg.qr(rng.randn(5, 5).double())[0]
    a = turn[:2]
    b = torch.stack(
        [turn[0], turn[1] * torch.tensor(angle).double().cos() + turn[2] * torch.tensor(angle).double().sin()]
    )
    mix = torch.tensor([[2.0, 0.5], [-1.0, 0.7]], dtype=torch.float64)
    want = float(torch.tensor(angle, dtype=torch.float64).sin())
    for first, second in ((a, b), (mix @ a, b), (3 * a, mix.T @ b)):
        got = student.subspace_gap(first, second)
        assert abs(got - want) < 1e-6, f"planes at an angle of {angle}: the gap is {got:.4f}, not {want:.4f}"
    two = torch.tensor([0.5, 0.9]).double()
    b = two.cos()[:, None] * turn[:2] + two.sin()[:, None] * turn[2:4]
    got, want = student.subspace_gap(mix @ a, mix.T @ b), float(two[1].sin())
    assert abs(got - want) < 1e-6, f"planes with the angles 0.5 and 0.9: the gap is {got:.4f}, not {want:.4f}"


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_training_steps(student, rng):
    """A step is Adam's on the error summed over values and averaged over data; errors are those before it."""
    network, x = student.LinearAutoencoder(5, 2).double(), rng.randn(7, 5).double()
    errors, weights = trained(network, x, 5, 0.02)
    got = student.train_autoencoder(network, x, 5, 0.02)
    assert_close(
        torch.tensor(got).double(), torch.tensor(errors).double(), rtol=1e-5, atol=1e-6, name="errors"
    )
    for mine, want in zip(network.parameters(), weights, strict=True):
        assert_close(mine.detach(), want.detach(), rtol=1e-6, atol=1e-8, name="weights after training")


@pytest.mark.level("options")
@pytest.mark.weight(1.5)
def test_few_data(student, rng):
    """Fewer data points than values, values that never change, views: variances and projections are right."""
    x = stretched(rng, 4, 7)
    x[:, 2] = 1.5
    for data in (x, x.T.contiguous().T):
        mean, components, variances = student.pca(data, 3)
        values, vectors = eigen(x, 3)
        assert_close(variances, values, **FLOAT64, name="variances")
        assert_close(
            components.T @ components,
            vectors @ vectors.T,
            rtol=0,
            atol=1e-6,
            name="projection on the components",
        )
        assert_close(
            student.pca_reconstruct(data, mean, components), x, rtol=0, atol=1e-6, name="reconstruction"
        )


@pytest.mark.level("options")
@pytest.mark.weight(1.4)
def test_one_and_all(student, rng):
    """One component, all components, one point to reconstruct, planes of one direction."""
    x = stretched(rng, 9, 4)
    assert_close(student.pca(x, 1)[2], eigen(x, 1)[0], **FLOAT64, name="one variance")
    mean, components, variances = student.pca(x, 4)
    assert_close(variances.sum(), ((x - x.mean(0)) ** 2).sum() / 9, **FLOAT64, name="sum of all variances")
    few = stretched(rng, 3, 6)
    _, rows, spread = student.pca(few, 3)
    assert_close(
        rows @ rows.T,
        torch.eye(3).double(),
        rtol=0,
        atol=1e-6,
        name="products of as many components as data points",
    )
    total = ((few - few.mean(0)) ** 2).sum() / 3
    assert_close(spread.sum(), total, rtol=1e-6, atol=1e-8, name="sum of as many variances as data points")
    assert_close(student.pca_reconstruct(x[:1], mean, components), x[:1], rtol=0, atol=1e-8, name="one point")
    got = student.subspace_gap(torch.tensor([[3.0, 4.0]]).double(), torch.tensor([[0.0, -2.0]]).double())
    assert abs(got - 0.6) < 1e-6, f"directions (3, 4) and (0, -2) have the gap 0.6, not {got:.4f}"


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_batches(student, rng):
    """With a batch size each step shows so many data points, drawn anew and with replacement."""
    network = student.LinearAutoencoder(4, 2).double()
    row = rng.randn(1, 4).double()
    errors, _ = trained(network, row, 4, 0.02)
    got = student.train_autoencoder(network, row.expand(6, 4), 4, 0.02, 3, rng.generator())
    assert_close(
        torch.tensor(got).double(),
        torch.tensor(errors).double(),
        rtol=1e-5,
        atol=1e-6,
        name="errors of equal data",
    )
    x = 10.0 ** torch.arange(4).double()[:, None] * torch.ones(4, 3).double()
    network = student.LinearAutoencoder(3, 1).double()
    single = [student.train_autoencoder(network, x[i : i + 1], 1, 0.0)[0] for i in range(4)]
    seen = student.train_autoencoder(network, x, 120, 0.0, 1, rng.generator())
    rows = [min(range(4), key=lambda i, e=e: abs(e / single[i] - 1)) for e in seen]
    # Each of 4 rows is missing in 120 draws with probability 1e-15; an order that repeats does not look like draws.
    assert set(rows) == {0, 1, 2, 3}, "batches of one show only some of the data"
    assert rows[:4] != rows[4:8] or rows[4:8] != rows[8:12], (
        "the data are shown in the same order again and again"
    )
    wide = student.train_autoencoder(network, x, 60, 0.0, 2, rng.generator())
    twice = [e for e in wide if any(abs(e / s - 1) < 1e-6 for s in single)]
    assert len(twice) > 1, "a data point is never drawn twice for a batch: draw with replacement"


@pytest.mark.level("invariants")
def test_error_is_the_rest(student, rng):
    """What the components leave of the data is the sum of all variances that are not kept; a shift changes nothing."""
    x = stretched(rng, 20, 6)
    for data in (x, x + 100):
        mean, components, variances = student.pca(data, 2)
        left = ((student.pca_reconstruct(data, mean, components) - data) ** 2).sum(1).mean()
        total = ((data - data.mean(0)) ** 2).sum(1).mean()
        assert_close(left, total - variances.sum(), rtol=1e-6, atol=1e-8, name="error left by two components")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_goes_on(student, rng):
    """The network that was handed in is the one that is trained, twice in a row, and no gradient is left to add up."""
    network, x = student.LinearAutoencoder(5, 2).double(), rng.randn(8, 5).double()
    for _ in range(2):
        errors, weights = trained(network, x, 3, 0.01)
        got = student.train_autoencoder(network, x, 3, 0.01)
        assert_close(
            torch.tensor(got).double(), torch.tensor(errors).double(), rtol=1e-5, atol=1e-6, name="errors"
        )
    for mine, want in zip(network.parameters(), weights, strict=True):
        assert_close(
            mine.detach(), want.detach(), rtol=1e-6, atol=1e-8, name="weights after a second training"
        )


@pytest.mark.level("converges")
def test_same_plane(student, rng):
    """A trained linear autoencoder's outputs lie in the plane of the principal components, with their error."""
    x = stretched(rng, 40, 6).float()
    x = x - 0.9 * x.mean(0)
    network = student.LinearAutoencoder(6, 2)
    errors = student.train_autoencoder(network, x, 250, 0.05)
    values, vectors = eigen(x.double(), 2)
    best = float(((x.double() - x.double().mean(0)) ** 2).sum(1).mean() - values.sum())
    found = float(((network(x).detach() - x) ** 2).sum(1).mean())
    # Measured over 8 seeds: an error of at most 1.005 times the best one, a gap of at most 0.006.
    assert found < 1.05 * best + 1e-3, (
        f"error {found:.4f} of the trained network, {best:.4f} of the components"
    )
    decoder = network.decoder.weight.detach().double()
    mine = decoder @ torch.linalg.pinv(decoder)
    gap = float(torch.linalg.matrix_norm(mine - vectors @ vectors.T, 2))
    assert gap < 0.1, f"the decoder's plane is {gap:.3f} away from that of the components"
    assert errors[-1] < errors[0], "the error does not fall"


@pytest.mark.level("contract")
def test_refuses(student, rng):
    """More components than there can be, or none, are refused; float32 stays float32."""
    for k in (0, 5):
        assert_raises(ValueError, student.pca, rng.randn(7, 4), k)
    assert_raises(ValueError, student.pca, rng.randn(3, 6), 4)
    assert {t.dtype for t in student.pca(rng.randn(7, 4), 2)} == {torch.float32}


@pytest.mark.level("contract")
def test_generator(student, rng):
    """A seed repeats the batches."""
    network, x, seed = student.LinearAutoencoder(4, 2), rng.randn(30, 4), rng.seed()
    one, two = (
        student.train_autoencoder(network, x, 6, 0.0, 2, torch.Generator().manual_seed(seed))
        for _ in range(2)
    )
    assert_close(torch.tensor(one), torch.tensor(two), rtol=0, atol=0, name="errors from one seed")
