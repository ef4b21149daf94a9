"""Hidden suite of `ancestral_sampler`. The model is a function of the test's that records every x and t it is given.
From the record each step can be checked: what is left after taking the posterior mean off must be fresh standard normal
noise times the posterior's standard deviation, and nothing at t = 0.

For Gaussian data the best noise prediction is known: (1 - a)^(1/2) (a S + (1 - a) I)^-1 (x - a^(1/2) m), a = alpha-bar.
With it every step is affine, so mean and covariance of the samples follow exactly from those of the start.

Moments are compared at 6.5 standard deviations (2 sided: 1e-10); the suite makes fewer than 150 such comparisons, so a
correct solution fails with probability below 1e-7.
"""

import itertools
import math

import pytest
import torch

from autograder.testing import MOST_ECHO, assert_close, echo

pytestmark = [
    pytest.mark.exercise("ancestral_sampler"),
    pytest.mark.shares(runs=8, plain=29, options=39, invariants=24),
]

CLOSE = {"rtol": 2e-4, "atol": 2e-4}
SIGMAS = 6.5


class Recorder:
    """A noise predictor that remembers the x and t of every call, and its answers."""

    def __init__(self, predict):
        self.predict, self.x, self.t, self.eps = predict, [], [], []

    def __call__(self, x, t):
        eps = self.predict(x, t)
        self.x.append(x.detach().clone())
        self.t.append(t.clone() if isinstance(t, torch.Tensor) else t)
        self.eps.append(eps.detach().clone())
        return eps


def coarse(T):
    """Betas so large and so different that beta, its posterior version and neighbours cannot be confused."""
    return 0.1 + 0.4 * torch.linspace(0, 1, T, dtype=torch.float64) ** 1.7


def levels(betas):
    """alpha-bar at t and before t, as lists."""
    after, product = [], 1.0
    for beta in betas.tolist():
        product *= 1 - beta
        after.append(product)
    return after, [1.0, *after[:-1]]


def posterior(x, eps, t, betas, clip=None):
    """Mean and standard deviation of the step from t to t - 1, in double precision."""
    after, before = levels(betas)
    beta, now, prev = float(betas[t]), after[t], before[t]
    x, eps = x.double(), eps.double()
    x0 = (x - math.sqrt(1 - now) * eps) / math.sqrt(now)
    if clip is not None:
        x0 = x0.clamp(-clip, clip)
    mean = (math.sqrt(prev) * beta * x0 + math.sqrt(1 - beta) * (1 - prev) * x) / (1 - now)
    return mean, math.sqrt(beta * (1 - prev) / (1 - now))


def steps(recorder, samples, betas, clip=None):
    """For each step but the last: its noise as it must be standard normal; and the last step's mean."""
    assert len(recorder.x) == len(betas), "the model must be asked once for each step of the schedule"
    noises = []
    for i, t in enumerate(reversed(range(len(betas)))):
        mean, deviation = posterior(recorder.x[i], recorder.eps[i], t, betas, clip)
        if t == 0:
            return noises, mean
        noises.append((recorder.x[i + 1].double() - mean) / deviation)


def assert_standard_normal(z, what):
    n = z.numel()
    assert abs(z.mean().item()) < SIGMAS / math.sqrt(n), f"{what} has not the mean it should have"
    assert abs(z.var().item() - 1) < SIGMAS * math.sqrt(2 / n), f"{what} has not the variance it should have"
    within = math.erf(1 / math.sqrt(2))
    counted = (z.abs() < 1).double().mean().item()
    assert abs(counted - within) < SIGMAS * math.sqrt(within * (1 - within) / n), f"{what} is not normal"
    if n >= 15_000:  # 34 of them are expected beyond 3.05; seven and fewer come once in 1e9 times
        assert int((z.abs() > 3.05).sum()) > 7, f"{what} has no large values: it is cut off"


def assert_independent(one, other, what):
    # The mean of n products of independent standard normals has a standard deviation of 1 / sqrt(n).
    assert abs((one * other).mean().item()) < SIGMAS / math.sqrt(one.numel()), f"{what} are not independent"


def shrink(x, t):
    """Some noise prediction, for tests that hold for any."""
    return 0.4 * x + 0.05 * t.to(x.dtype).reshape(-1, *[1] * (x.dim() - 1)) - 0.1


@pytest.mark.level("runs")
@pytest.mark.gate
@pytest.mark.parametrize("shape", [(3, 2), (2, 1, 4, 6), (5,), (1, 3)])
def test_shape(student, rng, shape):
    """The samples are a finite tensor of the shape asked for."""
    x = student.ancestral_sample(Recorder(shrink), shape, coarse(4), rng.generator())
    assert isinstance(x, torch.Tensor), "ancestral_sample must return a tensor"
    assert tuple(x.shape) == shape, f"shape {shape} was asked for, {tuple(x.shape)} came back"
    assert bool(x.isfinite().all()), "a sample is not finite"


@pytest.mark.level("plain")
@pytest.mark.weight(7)
@pytest.mark.parametrize("T", [1, 6, 20])
def test_times(student, rng, T):
    """The model is asked at t = T - 1, then T - 2, down to 0, with one int64 time per sample."""
    model = Recorder(shrink)
    student.ancestral_sample(model, (4, 3), coarse(T), rng.generator())
    for t in model.t:
        assert isinstance(t, torch.Tensor) and t.dtype == torch.int64, "t is an int64 tensor"
        assert t.shape == (4,), "t has one time per sample"
        assert bool((t == t[0]).all()), "all samples of a step have the same time"
    assert [int(t[0]) for t in model.t] == list(reversed(range(T))), "the times are not T - 1, T - 2, ..., 0"


@pytest.mark.level("plain")
@pytest.mark.weight(6)
def test_start(student, rng):
    """The way begins at standard normal noise."""
    model = Recorder(shrink)
    student.ancestral_sample(model, (3000, 2, 3), coarse(2), rng.generator())
    start = model.x[0].double()
    assert model.x[0].dtype == torch.float32, "the model is given float32 points"
    assert_standard_normal(start, "the first x")
    assert echo(start) < MOST_ECHO, (
        "the starts of two samples, or two coordinates of a start, are not independent"
    )


@pytest.mark.level("plain")
@pytest.mark.parametrize("T", [1, 2, 7])
def test_last_step(student, rng, T):
    """The step at t = 0 adds no noise: the samples are the x0 that the model's last prediction implies."""
    model, betas = Recorder(shrink), coarse(T)
    samples = student.ancestral_sample(model, (5, 3), betas, rng.generator())
    _, mean = steps(model, samples, betas)
    assert_close(samples, mean.float(), **CLOSE, name="samples")


@pytest.mark.level("plain")
@pytest.mark.weight(12)
def test_every_step(student, rng):
    """Each earlier step goes to the posterior mean at the predicted x0 and adds noise of the posterior variance."""
    model, betas = Recorder(shrink), coarse(6)
    samples = student.ancestral_sample(model, (6000, 3), betas, rng.generator())
    noises, _ = steps(model, samples, betas)
    for noise in noises:
        assert_standard_normal(noise, "what a step adds to the posterior mean")


@pytest.mark.level("plain")
def test_fresh_noise(student, rng):
    """Every step, sample and coordinate has noise of its own."""
    model, betas = Recorder(shrink), coarse(5)
    samples = student.ancestral_sample(model, (4000, 2, 3), betas, rng.generator())
    noises, _ = steps(model, samples, betas)
    drawn = [model.x[0].double(), *noises]
    for before, after in itertools.combinations(drawn, 2):
        assert_independent(before, after, "the noises of two steps")
    for noise in noises:
        assert echo(noise) < MOST_ECHO, (
            "the noises of two samples, or of two coordinates, are not independent"
        )


@pytest.mark.level("options")
def test_noise_of_few(student, rng):
    """The noise of a small batch is left as it was drawn: its mean and its variance are other ones each time."""
    betas, generator, found = coarse(2), rng.generator(), []
    for _ in range(10):
        model = Recorder(shrink)
        samples = student.ancestral_sample(model, (2, 2), betas, generator)
        found.append((model.x[0].double(), steps(model, samples, betas)[0][0]))
    # Ten means, or variances, of four normals each lie within 0.05 of each other once in 1e10 times.
    for noises in zip(*found, strict=True):
        for values in ([z.mean() for z in noises], [z.var() for z in noises]):
            assert (max(values) - min(values)).item() > 0.05, (
                "the noise of every small batch has the same mean or variance"
            )


@pytest.mark.level("options")
@pytest.mark.weight(12)
def test_clip(student, rng):
    """clip keeps the predicted x0 in [-clip, clip] at every step, and nothing else."""
    model, betas = Recorder(lambda x, t: 0.2 * x - 1.5), coarse(5)
    samples = student.ancestral_sample(model, (4000, 3), betas, rng.generator(), clip=0.8)
    assert_standard_normal(model.x[0].double(), "the first x with clip")
    for x in model.x[1:]:
        assert x.abs().max().item() > 0.8001, (
            "no x on the way lies outside [-clip, clip]: x itself is clipped"
        )
    noises, mean = steps(model, samples, betas, clip=0.8)
    for noise in noises:
        assert_standard_normal(noise, "what a step adds to the posterior mean of the clipped x0")
    assert_close(samples, mean.float(), **CLOSE, name="samples with clip")


@pytest.mark.level("options")
@pytest.mark.weight(3.5)
def test_clip_at_zero(student, rng):
    """clip = 0 is a clip as well: the predicted x0 is then 0, and so are the samples."""
    samples = student.ancestral_sample(Recorder(shrink), (4, 3), coarse(4), rng.generator(), clip=0.0)
    assert_close(samples, torch.zeros(4, 3), **CLOSE, name="samples with clip = 0")


@pytest.mark.level("options")
def test_no_clip(student, rng):
    """Without clip predictions far outside the data's usual range stay as they are."""
    model, betas = Recorder(lambda x, t: torch.full_like(x, -40.0)), coarse(3)
    samples = student.ancestral_sample(model, (6, 2), betas, rng.generator())
    _, mean = steps(model, samples, betas)
    assert_close(samples, mean.float(), **CLOSE, name="samples")


def gaussian(rng, betas):
    """Gaussian data: mean, covariance, and the best noise predictor (Tweedie's formula)."""
    mean = rng.uniform(-2.0, 2.0, 3, dtype=torch.float64)
    turn, _ = torch.linalg.qr(rng.randn(3, 3, dtype=torch.float64))
    covariance = turn @ torch.diag(torch.tensor([0.2, 1.0, 2.5], dtype=torch.float64)) @ turn.T
    after, _ = levels(betas)
    eye = torch.eye(3, dtype=torch.float64)
    gains = [math.sqrt(1 - a) * torch.linalg.inv(a * covariance + (1 - a) * eye) for a in after]

    def predict(x, t):
        gain = torch.stack(gains)[t]
        centre = torch.tensor(after, dtype=torch.float64)[t].sqrt()[:, None] * mean
        return torch.einsum("nij,nj->ni", gain, x.double() - centre).to(x.dtype)

    return mean, gains, predict


def propagated(mean, gains, betas):
    """Mean and covariance of the samples, from those of the standard normal start, step by step."""
    after, before = levels(betas)
    m, cov = torch.zeros(3, dtype=torch.float64), torch.eye(3, dtype=torch.float64)
    eye = torch.eye(3, dtype=torch.float64)
    for t in reversed(range(len(betas))):
        beta, now, prev = float(betas[t]), after[t], before[t]
        factor = (eye - beta / math.sqrt(1 - now) * gains[t]) / math.sqrt(1 - beta)
        shift = beta / math.sqrt(1 - now) * gains[t] @ mean * math.sqrt(now) / math.sqrt(1 - beta)
        m = factor @ m + shift
        cov = factor @ cov @ factor.T + beta * (1 - prev) / (1 - now) * eye
    return m, cov


@pytest.mark.level("invariants")
@pytest.mark.weight(7)
def test_gaussian_data(student, rng):
    """With the exact noise predictor of Gaussian data, the samples have the mean and covariance they must have."""
    betas = torch.linspace(0.02, 0.4, 25, dtype=torch.float64)
    mean, gains, predict = gaussian(rng, betas)
    n = 3000
    samples = student.ancestral_sample(predict, (n, 3), betas, rng.generator()).double()
    want_mean, want_covariance = propagated(mean, gains, betas)
    # In the axes of the expected covariance the samples must be standard normal.
    whitened = (samples - want_mean) @ torch.linalg.inv(torch.linalg.cholesky(want_covariance)).T
    for i in range(3):
        assert abs(whitened[:, i].mean().item()) < SIGMAS / math.sqrt(n), "the samples' mean is off"
        assert abs(whitened[:, i].var().item() - 1) < SIGMAS * math.sqrt(2 / n), (
            "the samples' variance is off"
        )
        assert_independent(
            whitened[:, i], whitened[:, (i + 1) % 3], "coordinates that should be uncorrelated"
        )


@pytest.mark.level("invariants")
def test_generator(student, rng):
    """All randomness is the generator's: one seed gives one result, and a second call goes on from there."""
    seed = rng.seed()
    first, second = (torch.Generator().manual_seed(seed) for _ in range(2))
    a, b, c = (
        student.ancestral_sample(Recorder(shrink), (4, 3), coarse(5), g) for g in (first, second, first)
    )
    assert_close(a, b, rtol=0, atol=0, name="samples of the same seed")
    assert (a - c).abs().max().item() > 1e-3, "a second call with the same generator gave the same samples"


@pytest.mark.level("contract")
@pytest.mark.weight(7)
def test_leaves_no_trace(student, rng):
    """The global generator is neither used nor seeded, and no graph is recorded."""
    before, weight = student.torch.get_rng_state(), torch.tensor(0.4, requires_grad=True)
    samples = student.ancestral_sample(lambda x, t: weight * x, (4, 3), coarse(5), rng.generator())
    assert torch.equal(student.torch.get_rng_state(), before), "the global generator was used or seeded"
    assert not samples.requires_grad, "the samples hold the graph of every step: torch.no_grad() is missing"


@pytest.mark.level("options")
def test_schedule_of_this_call(student, rng):
    """The betas of this call count, also after a call with as many others."""
    for betas in (coarse(5), coarse(5).flip(0)):
        model = Recorder(shrink)
        samples = student.ancestral_sample(model, (5, 3), betas, rng.generator())
        _, mean = steps(model, samples, betas)
        assert_close(samples, mean.float(), **CLOSE, name="samples")


@pytest.mark.level("options")
@pytest.mark.weight(5)
def test_fine_steps(student, rng):
    """On a schedule of many small steps the samples of standard normal data have the variance they must have."""
    betas = torch.linspace(1e-4, 0.08, 250, dtype=torch.float64)
    after, before = levels(betas)
    deviation = torch.tensor([math.sqrt(1 - a) for a in after])

    def standard_normal_data(x, t):  # for data N(0, I) every x_t is N(0, I), and the best prediction this
        return deviation[t][:, None].to(x.dtype) * x

    samples = student.ancestral_sample(standard_normal_data, (700, 2), betas, rng.generator()).double()
    variance = (
        1.0  # a step multiplies x by the root of alpha, and adds a little less variance than that takes away
    )
    for beta, now, prev in reversed(list(zip(betas.tolist(), after, before, strict=True))):
        variance = (1 - beta) * variance + beta * (1 - prev) / (1 - now)
    assert_standard_normal(samples[:, 0] / math.sqrt(variance), "the first coordinate of the samples")
    assert_standard_normal(samples[:, 1] / math.sqrt(variance), "the second coordinate of the samples")
