"""Hidden suite of `denoising`: the affine map against a least-squares problem, training watched by a hook.

Data points that the network is shown lie so far apart that no noise takes one for another. Counts and moments are
compared at 6.5 standard deviations (two sided 1e-10), so a correct solution fails with probability below 1e-8.
"""

import math

import pytest
import torch

from autograder.testing import MOST_ECHO, assert_close, echo

pytestmark = [
    pytest.mark.exercise("denoising"),
    pytest.mark.shares(runs=8, plain=42, options=24, invariants=12, converges=14),
]

SIGMAS = 6.5


def by_least_squares(x, sigma):
    """A and b from data and one more row of noise for each value: the same squares, written as one problem."""
    n, d = x.shape
    centred = x - x.mean(0)
    rows = torch.cat([centred, math.sqrt(n) * sigma * torch.eye(d, dtype=x.dtype)])
    targets = torch.cat([centred, torch.zeros(d, d, dtype=x.dtype)])
    A = torch.linalg.lstsq(rows, targets).solution.T
    return A, x.mean(0) - A @ x.mean(0)


class Watch:
    """What a network is shown and what it answers."""

    def __init__(self, network):
        self.x, self.answers = [], []
        network.register_forward_hook(self._see)

    def _see(self, module, args, answer):
        self.x.append(args[0].detach().clone())
        self.answers.append(answer.detach().clone())


def corners(n, d):
    """Data points 100 apart from each other."""
    return 100.0 * torch.arange(1, n + 1, dtype=torch.float64)[:, None].expand(n, d).contiguous()


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """Spoilt data have the shape of the data; A is (D, D), b (D,); there is one error for each step."""
    x = rng.randn(6, 4)
    assert tuple(student.spoil(x, 0.1, 0.2).shape) == (6, 4)
    A, b = student.best_affine(x, 0.5)
    assert tuple(A.shape) == (4, 4) and tuple(b.shape) == (4,), "A is (D, D) and b (D,)"
    errors = student.train_denoiser(student.LinearAutoencoder(4, 3), x, 0.1, 3, 2, 0.01, rng.generator())
    assert len(errors) == 3 and all(isinstance(e, float) for e in errors), "one float for each step"


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize("sigma", [0.3, 2.0])
def test_noise(student, rng, sigma):
    """Noise is normal with mean 0 and the standard deviation asked for, on every value by itself."""
    x = 3 * rng.randn(80, 50).double()
    noise = (student.spoil(x, sigma, generator=rng.generator()) - x) / sigma
    n = noise.numel()
    assert abs(float(noise.mean())) < SIGMAS / math.sqrt(n), "the noise's mean is not 0"
    assert abs(float(noise.var()) - 1) < (SIGMAS + 1) * math.sqrt(2 / n), (
        "the noise's standard deviation is not sigma"
    )
    within = float((noise.abs() < 1).double().mean())
    assert abs(within - 0.6827) < SIGMAS * 0.47 / math.sqrt(n), "the noise is not normal"
    assert echo(noise) < MOST_ECHO, "values share their noise"


@pytest.mark.level("plain")
@pytest.mark.weight(1.5)
def test_lost(student, rng):
    """Values are lost each by itself with the probability asked for; the others stay as they are."""
    x = 2 + rng.rand(90, 40).double()
    for lost in (0.2, 0.7):
        got = student.spoil(x, lost=lost, generator=rng.generator())
        gone = got == 0
        share = float(gone.double().mean())
        assert abs(share - lost) < SIGMAS * 0.5 / 60, f"a share of {share:.3f} is lost instead of {lost}"
        assert bool((got[~gone] == x[~gone]).all()), "values that are not lost stay as they are"
        for axis in (0, 1):
            spread = float(gone.double().mean(axis).var())
            wanted = lost * (1 - lost) / gone.shape[axis]
            assert 0.1 * wanted < spread < 5 * wanted, "values are not lost each by itself"


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize(("n", "d", "sigma"), [(30, 4, 0.5), (12, 5, 2.0), (25, 3, 0.05)])
def test_affine(student, rng, n, d, sigma):
    """A and b have the least mean squared error for the sample's own mean and covariance."""
    x = rng.randn(n, d).double() @ rng.randn(d, d).double() + 4 * rng.randn(d).double()
    A, b = student.best_affine(x, sigma)
    want_A, want_b = by_least_squares(x, sigma)
    assert_close(A, want_A, rtol=1e-6, atol=1e-8, name="A")
    assert_close(b, want_b, rtol=1e-6, atol=1e-7, name="b")


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_clean_target(student, rng):
    """The network is shown spoilt data; an error is the squared distance to the clean ones, summed over values."""
    x, network = corners(5, 6), student.LinearAutoencoder(6, 2).double()
    watch = Watch(network)
    errors = student.train_denoiser(network, x, 1.5, 8, 7, 0.0, rng.generator())
    assert len(watch.x) >= 8, "the network is not asked in each step"
    shown, answers = watch.x[:8], watch.answers[:8]
    for seen, answer, error in zip(shown, answers, errors, strict=True):
        assert tuple(seen.shape) == (7, 6), "a step shows a batch of the size asked for"
        clean = x[torch.cdist(seen, x).argmin(1)]
        want = float(((answer - clean) ** 2).sum(1).mean())
        assert abs(error / want - 1) < 1e-6, (
            f"error {error:.4f}; the squared distance to the clean data is {want:.4f}"
        )
        assert float((seen - clean).abs().max()) > 0.3, "the network is shown clean data"


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_noise_is_new(student, rng):
    """Each step draws new data points and new noise, with the standard deviation and the losses asked for."""
    x, network = corners(6, 8), student.LinearAutoencoder(8, 2).double()
    watch = Watch(network)
    student.train_denoiser(network, x, 2.0, 40, 16, 0.0, rng.generator())
    seen = torch.stack(watch.x[:40])
    rows = torch.cdist(seen.flatten(0, 1), x).argmin(1).view(40, 16)
    noise = (seen - x[rows]) / 2.0
    assert abs(float(noise.var()) - 1) < (SIGMAS + 1) * math.sqrt(2 / noise.numel()), (
        "the noise's size is not sigma"
    )
    same = (noise[1:] - noise[:-1]).abs().amax((1, 2))
    assert float(same.min()) > 0.1, "two steps have the same noise"
    assert len(noise.flatten(0, 1).unique(dim=0)) == 640, (
        "a data point that is drawn again has the noise that it had"
    )
    counts = torch.bincount(rows.flatten(), minlength=6).double()
    assert bool(((counts - 640 / 6).abs() < SIGMAS * math.sqrt(640 * 5 / 36)).all()), (
        "data points are not drawn equally often"
    )
    assert any(len(set(r.tolist())) < 6 for r in rows), "a batch is drawn with replacement"
    assert not bool((rows[1:] == rows[:-1]).all()), "each step draws new data points"


@pytest.mark.level("options")
@pytest.mark.weight(1.5)
def test_lost_in_training(student, rng):
    """With `lost` the network sees zeros in the places of lost values, and is asked for the values."""
    x, network = corners(3, 10), student.LinearAutoencoder(10, 2).double()
    watch = Watch(network)
    errors = student.train_denoiser(network, x, 0.0, 20, 9, 0.0, rng.generator(), lost=0.4)
    seen = torch.stack(watch.x[:20])
    share = float((seen == 0).double().mean())
    assert abs(share - 0.4) < SIGMAS * 0.5 / math.sqrt(1800), (
        f"the network sees a share of {share:.2f} lost instead of 0.4"
    )
    clean = seen.amax(2, keepdim=True)
    want = ((torch.stack(watch.answers[:20]) - clean) ** 2).sum(2).mean(1)
    assert_close(torch.tensor(errors).double(), want, rtol=1e-6, atol=1e-8, name="errors")


@pytest.mark.level("options")
@pytest.mark.weight(1.5)
def test_both(student, rng):
    """Noise lies on lost values too; no noise and no losses leave the data as they are; one data point is a batch."""
    x = 50 + rng.rand(60, 40).double()
    got = student.spoil(x, 0.5, 0.5, rng.generator())
    gone = got < 25
    assert abs(float(gone.double().mean()) - 0.5) < SIGMAS * 0.5 / 48, "half of the values are lost"
    for part, name in ((got[gone], "lost values"), (got[~gone] - x[~gone], "values that stay")):
        assert abs(float(part.std()) - 0.5) < 0.07, f"the noise on {name} has not the standard deviation 0.5"
        assert abs(float(part.mean())) < 0.1, f"the noise on {name} has not the mean 0"
    assert_close(student.spoil(x), x, rtol=0, atol=0, name="data that are not spoilt")
    assert_close(student.spoil(x, lost=1.0), 0 * x, rtol=0, atol=0, name="data that are all lost")
    assert tuple(student.spoil(x[:1].T, 0.1).shape) == (40, 1)


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_singular(student, rng):
    """Fewer data points than values, and values that never change, have a best map too."""
    x = rng.randn(3, 5).double()
    x[:, 1] = 7.0
    for data in (x, x.T.contiguous().T):
        A, b = student.best_affine(data, 0.7)
        want_A, want_b = by_least_squares(x, 0.7)
        assert_close(A, want_A, rtol=1e-6, atol=1e-8, name="A")
        assert_close(b, want_b, rtol=1e-6, atol=1e-7, name="b")


@pytest.mark.level("invariants")
def test_extremes(student, rng):
    """Little noise leaves the data as they are, much noise leaves the mean, and the mean is always mapped to itself."""
    x = rng.randn(20, 4).double() @ rng.randn(4, 4).double() + 3
    A, b = student.best_affine(x, 1e-5)
    assert_close(x @ A.T + b, x, rtol=0, atol=1e-3, name="data repaired of nearly no noise")
    A, b = student.best_affine(x, 1e5)
    assert_close(
        x @ A.T + b, x.mean(0).expand(20, 4), rtol=0, atol=1e-3, name="data repaired of a noise of 100,000"
    )
    A, b = student.best_affine(x, 1.3)
    assert_close(A @ x.mean(0) + b, x.mean(0), rtol=1e-6, atol=1e-7, name="the mean, repaired")


@pytest.mark.level("invariants")
def test_steps_of_adam(student, rng):
    """Without noise, and with equal data, training is that of an autoencoder, step by step, also in a second call."""
    network, row = student.LinearAutoencoder(4, 2).double(), rng.randn(1, 4).double()
    for _ in range(2):
        W, b, V, c = (p.detach().clone().requires_grad_() for p in network.parameters())
        optimiser, errors = torch.optim.Adam([W, b, V, c], 0.02), []
        for _ in range(4):
            error = (((row @ W.T + b) @ V.T + c - row) ** 2).sum()
            optimiser.zero_grad()
            error.backward()
            optimiser.step()
            errors.append(error.item())
        got = student.train_denoiser(network, row.expand(5, 4), 0.0, 4, 3, 0.02, rng.generator())
        assert_close(
            torch.tensor(got).double(), torch.tensor(errors).double(), rtol=1e-5, atol=1e-6, name="errors"
        )
    for mine, want in zip(network.parameters(), (W, b, V, c), strict=True):
        assert_close(mine.detach(), want.detach(), rtol=1e-6, atol=1e-8, name="weights after training")


@pytest.mark.level("converges")
def test_finds_the_best_map(student, rng):
    """A trained linear network repairs new data nearly as well as the best affine map, and better than none."""
    root = torch.linalg.qr(rng.randn(5, 5))[0] * torch.tensor([2.0, 1.5, 0.3, 0.2, 0.1])
    x, new = rng.randn(400, 5) @ root.T, rng.randn(2000, 5) @ root.T
    network = student.LinearAutoencoder(5, 5)
    student.train_denoiser(network, x, 1.0, 250, 64, 0.02, rng.generator())
    noisy = new + rng.randn(2000, 5)
    A, b = by_least_squares(x.double(), 1.0)
    best = float(((noisy.double() @ A.T + b - new) ** 2).sum(1).mean())
    found = float(((network(noisy).detach() - new) ** 2).sum(1).mean())
    # Measured over 5 seeds: at most 1.07 times the best error. No repair leaves 5.
    assert found < 1.25 * best, (
        f"error {found:.3f} on new data; the best affine map has {best:.3f}, no repair 5"
    )


@pytest.mark.level("contract")
def test_generator_and_dtype(student, rng):
    """A seed repeats the spoiling and the training; the global generator is used without one; float32 stays float32."""
    x, seed = rng.randn(6, 4), rng.seed()
    one, two = (student.spoil(x, 0.5, 0.3, torch.Generator().manual_seed(seed)) for _ in range(2))
    assert_close(one, two, rtol=0, atol=0, name="two spoilings from one seed")
    assert one.dtype == torch.float32 and student.best_affine(x, 0.5)[0].dtype == torch.float32
    student.torch.manual_seed(seed)
    first = student.spoil(x, 0.5, 0.3)
    student.torch.manual_seed(seed)
    assert_close(student.spoil(x, 0.5, 0.3), first, rtol=0, atol=0, name="two spoilings from one global seed")
    network = student.LinearAutoencoder(4, 4)
    one, two = (
        student.train_denoiser(network, x, 0.3, 5, 3, 0.0, torch.Generator().manual_seed(seed), 0.5)
        for _ in range(2)
    )
    assert_close(torch.tensor(one), torch.tensor(two), rtol=0, atol=0, name="errors from one seed")
