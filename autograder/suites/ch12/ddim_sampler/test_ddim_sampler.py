"""Hidden suite of `ddim_sampler`. The model is a function of the test's that records every x and t it is given, so that
each step can be checked by itself: exactly for eta = 0, otherwise what is left over must be fresh normal noise.

For Gaussian data, with the best noise prediction, samples' mean and covariance follow exactly from the start's.
Moments are compared at 6.5 standard deviations (2 sided: 1e-10); the suite makes fewer than 150 such comparisons, so a
correct solution fails with probability below 1e-7.
"""

import math

import pytest
import torch

from autograder.testing import MOST_ECHO, assert_close, echo

pytestmark = [
    pytest.mark.exercise("ddim_sampler"),
    pytest.mark.shares(runs=8, plain=23, options=37, invariants=31),
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


def schedule(T):
    """alpha-bar from 0.95 down to 0.02, in unequal steps."""
    return 0.95 * (0.02 / 0.95) ** (torch.linspace(0, 1, T, dtype=torch.float64) ** 1.3)


def shrink(x, t):
    """Some noise prediction, for tests that hold for any."""
    return 0.4 * x + 0.03 * t.to(x.dtype).reshape(-1, *[1] * (x.dim() - 1)) - 0.1


def step(x, eps, now, prev, eta, clip=None):
    """The step's mean and standard deviation from the level now to the level prev, in double precision."""
    x, eps = x.double(), eps.double()
    deviation = eta * math.sqrt((1 - prev) / (1 - now)) * math.sqrt(1 - now / prev)
    x0 = (x - math.sqrt(1 - now) * eps) / math.sqrt(now)
    if clip is not None:
        x0 = x0.clamp(-clip, clip)
        eps = (x - math.sqrt(now) * x0) / math.sqrt(1 - now)
    return math.sqrt(prev) * x0 + math.sqrt(max(1 - prev - deviation**2, 0)) * eps, deviation


def walk(recorder, samples, alpha_bar, steps, eta, clip=None):
    """(x after the step, its mean, its standard deviation) of every step, the last one leading to the samples."""
    assert len(recorder.x) == len(steps), "the model must be asked once for each entry of steps"
    after = [*recorder.x[1:], samples]
    found = []
    for i, k in enumerate(reversed(range(len(steps)))):
        now, prev = float(alpha_bar[steps[k]]), float(alpha_bar[steps[k - 1]]) if k > 0 else 1.0
        found.append((after[i], *step(recorder.x[i], recorder.eps[i], now, prev, eta, clip)))
    return found


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


SUBSETS = [[0, 1, 2, 3, 4, 5, 6, 7, 8], [0, 3, 8], [2, 3, 7], [1, 5], [4]]


@pytest.mark.level("runs")
@pytest.mark.gate
@pytest.mark.parametrize("shape", [(3, 2), (2, 1, 4, 6), (5,), (1, 3)])
def test_shape(student, rng, shape):
    """The samples are a finite tensor of the shape asked for."""
    x = student.ddim_sample(Recorder(shrink), shape, schedule(9), [0, 4, 8], 0.5, rng.generator())
    assert isinstance(x, torch.Tensor), "ddim_sample must return a tensor"
    assert tuple(x.shape) == shape, f"shape {shape} was asked for, {tuple(x.shape)} came back"
    assert bool(x.isfinite().all()), "a sample is not finite"


@pytest.mark.level("plain")
@pytest.mark.weight(5)
@pytest.mark.parametrize("steps", SUBSETS)
def test_times(student, rng, steps):
    """The model is asked at the times in steps, from the last to the first, with one int64 time per sample."""
    model = Recorder(shrink)
    student.ddim_sample(model, (4, 3), schedule(9), steps, generator=rng.generator())
    for t in model.t:
        assert isinstance(t, torch.Tensor) and t.dtype == torch.int64, "t is an int64 tensor"
        assert t.shape == (4,), "t has one time per sample"
        assert bool((t == t[0]).all()), "all samples of a step have the same time"
    assert [int(t[0]) for t in model.t] == steps[::-1], (
        "the model was not asked at the times in steps, backwards"
    )


@pytest.mark.level("plain")
@pytest.mark.parametrize("eta", [0.0, 1.0])
def test_start(student, rng, eta):
    """The way begins at standard normal noise, at whichever time."""
    model = Recorder(shrink)
    student.ddim_sample(model, (3000, 2, 3), schedule(9), [1, 3], eta, rng.generator())
    start = model.x[0].double()
    assert_standard_normal(start, "the first x")
    assert echo(start) < MOST_ECHO, (
        "the starts of two samples, or two coordinates of a start, are not independent"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(6)
@pytest.mark.parametrize("steps", SUBSETS)
def test_deterministic_steps(student, rng, steps):
    """With eta = 0 each step mixes the predicted x0 and the predicted noise at the next level, without new noise."""
    model, alpha_bar = Recorder(shrink), schedule(9)
    samples = student.ddim_sample(model, (5, 3), alpha_bar, steps, generator=rng.generator())
    for got, mean, _ in walk(model, samples, alpha_bar, steps, 0.0):
        assert_close(got, mean.float(), **CLOSE, name="x after a step")


@pytest.mark.level("plain")
@pytest.mark.weight(12)
@pytest.mark.parametrize("eta", [0.0, 0.6, 1.0])
def test_last_step(student, rng, eta):
    """The last step leads to alpha-bar = 1: the samples are the predicted x0, whatever eta."""
    model, alpha_bar = Recorder(shrink), schedule(12)
    samples = student.ddim_sample(model, (5, 3), alpha_bar, [3, 5, 10], eta, rng.generator())
    assert len(model.x) == 3, "the model must be asked once for each entry of steps"
    a = float(alpha_bar[3])
    x0 = (model.x[-1].double() - math.sqrt(1 - a) * model.eps[-1].double()) / math.sqrt(a)
    assert_close(samples, x0.float(), **CLOSE, name="samples")


@pytest.mark.level("options")
@pytest.mark.weight(2)
@pytest.mark.parametrize("eta", [0.4, 1.0])
def test_noisy_steps(student, rng, eta):
    """With eta above 0 each step but the last adds fresh noise, eta times the ancestral standard deviation."""
    model, alpha_bar, steps = Recorder(shrink), schedule(9), [1, 3, 4, 8]
    samples = student.ddim_sample(model, (6000, 3), alpha_bar, steps, eta, rng.generator())
    noises = [(x.double() - mean) / d for x, mean, d in walk(model, samples, alpha_bar, steps, eta)[:-1]]
    for noise in noises:
        assert_standard_normal(noise, "what a step adds")
    for before, after in zip([model.x[0].double(), *noises], noises, strict=False):
        assert_independent(before, after, "the noises of two steps")
    for noise in noises:
        assert echo(noise) < MOST_ECHO, (
            "the noises of two samples, or of two coordinates, are not independent"
        )


@pytest.mark.level("options")
@pytest.mark.weight(2.2)
def test_clip(student, rng):
    """clip keeps the predicted x0 in [-clip, clip], and the noise of the step is then the one that belongs to it."""
    model, alpha_bar, steps = Recorder(lambda x, t: 0.2 * x - 1.5), schedule(9), [1, 3, 4, 8]
    samples = student.ddim_sample(model, (5000, 3), alpha_bar, steps, 0.0, rng.generator(), clip=0.8)
    assert_standard_normal(model.x[0].double(), "the first x with clip")
    *earlier, (got, mean, _) = walk(model, samples, alpha_bar, steps, 0.0, clip=0.8)
    assert_close(got, mean.float(), **CLOSE, name="samples with clip")
    for x, mean, _ in earlier:
        assert_close(x, mean.float(), **CLOSE, name="x after a step with clip")


@pytest.mark.level("options")
@pytest.mark.weight(2.2)
def test_clip_with_eta(student, rng):
    """With eta above 0 the clipped x0 and the noise that belongs to it are what each step adds its fresh noise to."""
    model, alpha_bar, steps = Recorder(lambda x, t: 0.2 * x - 1.5), schedule(9), [1, 3, 4, 8]
    samples = student.ddim_sample(model, (5000, 3), alpha_bar, steps, 0.7, rng.generator(), clip=0.8)
    assert_standard_normal(model.x[0].double(), "the first x with clip and eta")
    *earlier, (got, mean, _) = walk(model, samples, alpha_bar, steps, 0.7, clip=0.8)
    assert_close(got, mean.float(), **CLOSE, name="samples with clip and eta")
    for x, mean, deviation in earlier:
        assert_standard_normal(
            (x.double() - mean) / deviation, "what a step adds to the mean of the clipped x0"
        )


@pytest.mark.level("options")
@pytest.mark.weight(2.2)
def test_clip_at_zero(student, rng):
    """A clip of 0 is a number like others: it keeps every predicted x0 at 0, the samples too."""
    alpha_bar, steps = schedule(9), [1, 4, 8]
    for clip in (0.6, 0.0):
        model = Recorder(shrink)
        samples = student.ddim_sample(model, (4, 3), alpha_bar, steps, 0.0, rng.generator(), clip=clip)
        for x, mean, _ in walk(model, samples, alpha_bar, steps, 0.0, clip=clip):
            assert_close(x, mean.float(), **CLOSE, name=f"x after a step with clip = {clip:g}")


@pytest.mark.level("options")
def test_schedule_of_this_call(student, rng):
    """alpha_bar and steps of this call count, also after a call with as many others, and stay as they are."""
    for alpha_bar, steps in ((schedule(9), [1, 4, 8]), (schedule(9) ** 1.5, [0, 2, 7])):
        model, told = Recorder(shrink), list(steps)
        samples = student.ddim_sample(model, (5, 3), alpha_bar, told, generator=rng.generator())
        for got, mean, _ in walk(model, samples, alpha_bar, steps, 0.0):
            assert_close(got, mean.float(), **CLOSE, name="x after a step")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_ancestral_variance(student, rng):
    """With eta = 1 and all times the noise has the variance of q(x_{t-1} given x_t, x_0)."""
    betas = torch.linspace(0.15, 0.5, 5, dtype=torch.float64)
    alpha_bar = torch.cumprod(1 - betas, 0)
    model = Recorder(lambda x, t: torch.zeros_like(x))
    student.ddim_sample(model, (5000, 3), alpha_bar, [0, 1, 2, 3, 4], 1.0, rng.generator())
    assert len(model.x) == 5, "the model must be asked once for each entry of steps"
    for i, t in enumerate((4, 3, 2, 1)):
        x0 = model.x[i].double() / alpha_bar[t].sqrt()  # no noise is predicted
        moved = model.x[i + 1].double() - alpha_bar[t - 1].sqrt() * x0
        variance = betas[t] * (1 - alpha_bar[t - 1]) / (1 - alpha_bar[t])
        assert_standard_normal(moved / variance.sqrt(), "the noise of a step with eta = 1")


def gaussian(rng, alpha_bar):
    """Gaussian data: mean, covariance, and the best noise predictor (Tweedie's formula)."""
    mean = rng.uniform(-2.0, 2.0, 3, dtype=torch.float64)
    turn, _ = torch.linalg.qr(rng.randn(3, 3, dtype=torch.float64))
    covariance = turn @ torch.diag(torch.tensor([0.2, 1.0, 2.5], dtype=torch.float64)) @ turn.T
    eye = torch.eye(3, dtype=torch.float64)
    gains = [math.sqrt(1 - a) * torch.linalg.inv(a * covariance + (1 - a) * eye) for a in alpha_bar.tolist()]

    def predict(x, t):
        gain = torch.stack(gains)[t]
        centre = alpha_bar[t].sqrt()[:, None] * mean
        return torch.einsum("nij,nj->ni", gain, x.double() - centre).to(x.dtype)

    return mean, covariance, gains, predict


@pytest.mark.level("invariants")
@pytest.mark.weight(5)
@pytest.mark.parametrize("eta", [0.0, 0.7, 1.0])
def test_gaussian_data(student, rng, eta):
    """With the exact noise predictor of Gaussian data, the samples have the mean and covariance they must have."""
    alpha_bar = 0.998 * torch.linspace(1, 0, 60, dtype=torch.float64).add(1e-3).clamp(max=1).pow(1.5)
    steps = list(range(0, 60, 2)) + [59]
    mean, covariance, gains, predict = gaussian(rng, alpha_bar)
    n = 3000
    samples = student.ddim_sample(predict, (n, 3), alpha_bar, steps, eta, rng.generator()).double()
    m, cov = torch.zeros(3, dtype=torch.float64), torch.eye(3, dtype=torch.float64)
    eye = torch.eye(3, dtype=torch.float64)
    for k in reversed(range(len(steps))):
        now, prev = float(alpha_bar[steps[k]]), float(alpha_bar[steps[k - 1]]) if k > 0 else 1.0
        _, deviation = step(m, m, now, prev, eta)
        ratio = math.sqrt(prev / now)
        weight = math.sqrt(max(1 - prev - deviation**2, 0)) - ratio * math.sqrt(1 - now)
        factor = ratio * eye + weight * gains[steps[k]]
        m = factor @ m - weight * math.sqrt(now) * gains[steps[k]] @ mean
        cov = factor @ cov @ factor.T + deviation**2 * eye
    whitened = (samples - m) @ torch.linalg.inv(torch.linalg.cholesky(cov)).T
    for i in range(3):
        assert abs(whitened[:, i].mean().item()) < SIGMAS / math.sqrt(n), "the samples' mean is off"
        assert abs(whitened[:, i].var().item() - 1) < SIGMAS * math.sqrt(2 / n), (
            "the samples' variance is off"
        )
        assert_independent(
            whitened[:, i], whitened[:, (i + 1) % 3], "coordinates that should be uncorrelated"
        )
    apart = torch.linalg.norm(samples.T.cov() - covariance) / torch.linalg.norm(covariance)
    assert apart.item() < 0.3, "the samples' covariance is not that of the data"


@pytest.mark.level("invariants")
def test_generator(student, rng):
    """All randomness is the generator's: one seed gives one result, another seed another, and it goes on from there."""
    seed = rng.seed()
    for eta in (0.0, 0.8):
        generators = [torch.Generator().manual_seed(s) for s in (seed, seed, seed + 1)]
        a, b, c = (student.ddim_sample(shrink, (4, 3), schedule(9), [1, 5, 8], eta, g) for g in generators)
        assert_close(a, b, rtol=0, atol=0, name="samples of the same seed")
        assert (a - c).abs().max().item() > 1e-3, "two seeds gave the same samples"
        d = student.ddim_sample(shrink, (4, 3), schedule(9), [1, 5, 8], eta, generators[0])
        assert (a - d).abs().max().item() > 1e-3, (
            "a second call with the same generator gave the same samples"
        )


@pytest.mark.level("contract")
@pytest.mark.weight(2)
def test_nothing_else_is_drawn(student, rng):
    """With a generator given the global one is neither used nor seeded."""
    before = student.torch.get_rng_state()
    student.ddim_sample(Recorder(shrink), (4, 3), schedule(9), [1, 5, 8], 0.8, rng.generator())
    assert torch.equal(student.torch.get_rng_state(), before), "the global generator was used or seeded"


@pytest.mark.level("options")
def test_global_generator(student, rng):
    """Without a generator everything is drawn from the global one: torch.manual_seed repeats the samples."""
    seed, samples = rng.seed(), []
    for s in (seed, seed, seed + 1):
        student.torch.manual_seed(s)
        samples.append(student.ddim_sample(shrink, (4, 3), schedule(9), [1, 5, 8], 0.8))
    assert_close(samples[0], samples[1], rtol=0, atol=0, name="samples of the same global seed")
    assert (samples[0] - samples[2]).abs().max().item() > 1e-3, "two global seeds gave the same samples"


@pytest.mark.level("contract")
@pytest.mark.weight(3)
def test_no_graph(student, rng):
    """Sampling records no graph, although the model has parameters that are trained."""
    weight = torch.tensor(0.4, requires_grad=True)
    samples = student.ddim_sample(
        lambda x, t: weight * x, (4, 3), schedule(9), [1, 5, 8], generator=rng.generator()
    )
    assert not samples.requires_grad, "the samples hold the graph of every step: torch.no_grad() is missing"


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_defaults(student):
    """eta is 0 unless given, and so is the generator: the samples are then still new at every call."""
    alpha_bar, model = schedule(9), Recorder(shrink)
    first = student.ddim_sample(model, (6, 2), alpha_bar, [0, 4, 7])
    for got, mean, _ in walk(model, first, alpha_bar, [0, 4, 7], 0.0):
        assert_close(got, mean.float(), **CLOSE, name="x after a step")
    second = student.ddim_sample(shrink, (6, 2), alpha_bar, [0, 4, 7])
    assert (first - second).abs().max().item() > 1e-3, "two calls gave the same samples"
