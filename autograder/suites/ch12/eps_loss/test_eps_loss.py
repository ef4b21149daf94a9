"""Hidden suite of `eps_loss`. The model is a function of the test's, which sees the x_t and t it is given: they and x0
determine the noise that was added, so the loss has one right value, and times and noise can be tested as draws.

Counts and moments are compared at six to seven standard deviations: a correct solution fails one such comparison with
probability below 2e-9, the whole suite below 1e-6 (at most 40 comparisons).
"""

import math

import pytest
import torch

from autograder.testing import MOST_ECHO, assert_close, echo

pytestmark = [
    pytest.mark.exercise("eps_loss"),
    pytest.mark.shares(runs=3, plain=30, options=34, invariants=36),
]


def schedule(T, first=0.9, last=0.1):
    """alpha-bar from first to last: never so near 0 or 1 that the noise could not be read off x_t in float32."""
    return torch.linspace(first, last, T, dtype=torch.float64)


def times_of(t, T):
    """The times that a model was told, as numbers 0 ... T - 1; `test_times_told` asks how they are to be told."""
    if t.dtype.is_floating_point:  # t / T, or whole numbers
        t = (t.detach().double() * (T if bool((t < 1).all()) else 1)).round()
    return t.long()


def seen_by_model(student, x0, alpha_bar, generator, predict=lambda x, t: torch.zeros_like(x)):
    """The loss, and what the model was given: x_t and t; and the noise that makes x_t of x0."""
    calls = []

    def model(x, t):
        assert isinstance(t, torch.Tensor), "the model is given its times as a tensor"
        t = times_of(t, len(alpha_bar))
        calls.append((x.detach().clone(), t))
        return predict(x, t)

    loss = student.eps_loss(model, x0, alpha_bar, generator)
    assert len(calls) == 1, "the model is called once, with the whole batch"
    x_t, t = calls[0]
    assert t.shape == x0.shape[:1], "the model is given one time per sample"
    assert x_t.shape == x0.shape and x_t.dtype == x0.dtype, "x_t has the shape and dtype of x0"
    assert bool(((t >= 0) & (t < len(alpha_bar))).all()), "a time lies outside 0 ... T - 1"
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    noise = (x_t.double() - a.sqrt() * x0.double()) / (1 - a).sqrt()
    return loss, x_t, t, noise


def looks_like(count, trials, probability):
    """Whether so many successes of so many trials fit the probability, at six standard deviations."""
    return abs(count - trials * probability) <= 6 * math.sqrt(trials * probability * (1 - probability)) + 1


def alike(t, T):
    """How much oftener than by chance two samples at some distance have the same time, or times that add up to T - 1.

    In standard deviations, the largest over all distances: of n pairs a share of 1 / T does.
    """
    n = len(t)
    one, other = (torch.fft.rfft(torch.eye(T, dtype=torch.float64)[times], dim=0) for times in (t, T - 1 - t))
    expected, deviation = n / T, math.sqrt(n * (T - 1)) / T
    same, mirrored = (torch.fft.irfft(one * second.conj(), n=n, dim=0).sum(1)[1:] for second in (one, other))
    return [(counts.max().item() - expected) / deviation for counts in (same, mirrored)]


@pytest.mark.level("runs")
@pytest.mark.gate
def test_scalar(student, rng):
    """eps_loss returns one finite number, as a tensor without dimensions."""
    loss, *_ = seen_by_model(student, rng.randn(5, 3), schedule(4), rng.generator())
    assert isinstance(loss, torch.Tensor), "the loss must be a tensor, for its backward"
    assert loss.shape == (), f"the loss has no dimensions; yours has shape {tuple(loss.shape)}"
    assert bool(loss.isfinite()), "the loss is not finite"


@pytest.mark.level("plain")
@pytest.mark.parametrize("shape", [(6, 3), (5, 2, 3, 4), (7,), (1, 4), (4, 4)])
def test_value(student, rng, shape):
    """The loss is the mean, over every element, of the squared difference between prediction and noise."""
    slope = 0.3 + rng.rand(1).item()
    loss, x_t, t, noise = seen_by_model(
        student,
        2 * rng.randn(*shape) + 1,
        schedule(9),
        rng.generator(),
        # Some differences are small and some large, so that a loss that is quadratic only near 0 shows.
        lambda x, t: slope * x + 2 * t.to(x.dtype).reshape(-1, *[1] * (x.dim() - 1)) + 8,
    )
    prediction = slope * x_t.double() + 2 * t.double().reshape(-1, *[1] * (len(shape) - 1)) + 8
    want = ((prediction - noise) ** 2).mean()
    assert_close(loss.detach().double(), want, rtol=1e-3, atol=1e-3, name="loss")


@pytest.mark.level("plain")
@pytest.mark.weight(13)
def test_perfect_model(student, rng):
    """A model that knows the data, and so the noise, has loss 0."""
    x0, alpha_bar = 3 * rng.randn(8, 3, 2), schedule(6, 0.8937, 0.1213)

    def perfect(x, t):
        a = alpha_bar[t].reshape(-1, 1, 1)
        return ((x.double() - a.sqrt() * x0.double()) / (1 - a).sqrt()).to(x.dtype)

    loss, *_ = seen_by_model(student, x0, alpha_bar, rng.generator(), perfect)
    assert abs(loss.item()) < 1e-6, "the true noise, predicted exactly, does not give loss 0"


@pytest.mark.level("plain")
@pytest.mark.weight(13)
def test_mean_value(student, rng):
    """A model that always predicts 0 has loss 1 on average, the variance of the noise."""
    n = 30_000
    loss, *_ = seen_by_model(student, 5 * rng.randn(n, 2), schedule(10), rng.generator())
    # The mean of 60000 squared normals has a standard deviation of sqrt(2 / 60000) = 0.0058: seven of them.
    assert abs(loss.item() - 1) < 7 * math.sqrt(2 / (2 * n)), (
        "predicting 0 does not give the variance of the noise"
    )


@pytest.mark.level("options")
@pytest.mark.weight(3)
@pytest.mark.parametrize("T", [2, 7, 50])
def test_times_uniform(student, rng, T):
    """The times are uniform over 0 ... T - 1: both ends are drawn, as often as any other and each by itself."""
    n = 400 * T
    *_, t, _ = seen_by_model(student, rng.randn(n, 1), schedule(T), rng.generator())
    for step in range(T):
        assert looks_like(int((t == step).sum()), n, 1 / T), "some time is drawn too often or too seldom"
    assert alike(t, T)[1] < MOST_ECHO, "the time of one sample follows from that of another"


@pytest.mark.level("options")
@pytest.mark.weight(4)
def test_times_told(student, rng):
    """The model is told its times as they are: int64, 0 ... T - 1, not a fraction of T."""
    told = []

    def model(x, t):
        told.append(t)
        return torch.zeros_like(x)

    student.eps_loss(model, rng.randn(50, 3), schedule(9), rng.generator())
    assert all(isinstance(t, torch.Tensor) and t.dtype == torch.int64 for t in told), (
        "the model is not given its times as an int64 tensor"
    )


@pytest.mark.level("options")
def test_times_independent(student, rng):
    """Each sample of the batch has a time of its own, independent of the others'."""
    T, n = 5, 6000
    *_, t, _ = seen_by_model(student, rng.randn(n, 1), schedule(T), rng.generator())
    same, mirrored = alike(t, T)
    assert same < MOST_ECHO, (
        "samples of the batch share their time, one in the first half with one in the second for instance"
    )
    assert mirrored < MOST_ECHO, "the time of one sample follows from that of another: they are mirror images"


@pytest.mark.level("options")
@pytest.mark.weight(4)
def test_noise_normal(student, rng):
    """The noise is standard normal: mean, variance, and how much of it lies within one and two standard deviations."""
    x0 = 10 * rng.randn(5000, 2, 3) - 4
    *_, noise = seen_by_model(student, x0, schedule(8), rng.generator())
    n = noise.numel()
    assert abs(noise.mean().item()) < 6.5 / math.sqrt(n), (
        "x_t is not x0 noised by noise of mean 0 to the times given"
    )
    assert abs(noise.var().item() - 1) < 6.5 * math.sqrt(2 / n), "x_t is not x0 noised by noise of variance 1"
    for bound in (1.0, 2.0):
        within = math.erf(bound / math.sqrt(2))
        assert looks_like(int((noise.abs() < bound).sum()), n, within), (
            "the noise is not normally distributed"
        )
    # 69 of 30,000 are expected beyond 3.05; fewer than 15 come once in 1e15 times. Noise cut off at 3 is read off x_t
    # as up to 3.001.
    assert int((noise.abs() > 3.05).sum()) >= 15, "the noise has no large values: it is cut off"


@pytest.mark.level("options")
@pytest.mark.weight(4)
def test_noise_of_few(student, rng):
    """The noise of a small batch is left as it was drawn: its mean and its variance are other ones in each batch."""
    alpha_bar, generator = schedule(6), rng.generator()
    small = [seen_by_model(student, rng.randn(2, 2), alpha_bar, generator)[-1] for _ in range(10)]
    # Ten means, or variances, of four normals each lie within 0.05 of each other once in 1e10 times.
    for name, values in (("mean", [n.mean() for n in small]), ("variance", [n.var() for n in small])):
        assert (max(values) - min(values)).item() > 0.05, (
            f"the {name} of the noise is the same in every batch"
        )


@pytest.mark.level("options")
@pytest.mark.weight(6)
def test_noise_fresh(student, rng):
    """Every element of every sample has noise of its own, independent of the data."""
    x0 = rng.randn(2000, 2, 3, 2)
    *_, noise = seen_by_model(student, x0, schedule(8), rng.generator())
    assert echo(noise) < MOST_ECHO, "the noise repeats itself within the batch"
    # The mean of n products of independent standard normals has a standard deviation of 1 / sqrt(n).
    assert abs((noise * x0.double()).mean().item()) < 6.5 / math.sqrt(noise.numel()), (
        "the noise depends on the data"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_generator(student, rng):
    """Times and noise come from the generator: the same seed draws the same, and each call goes on from there."""
    x0, alpha_bar, seed = rng.randn(40, 3), schedule(20), rng.seed()
    first, second = (torch.Generator().manual_seed(seed) for _ in range(2))
    one, same, later = (seen_by_model(student, x0, alpha_bar, g)[1:] for g in (first, second, first))
    for i, name in enumerate(("x_t", "t", "noise")):
        assert_close(one[i], same[i], rtol=0, atol=0, name=f"{name} of two generators of the same seed")
        # Noise read off x_t is rounded anew at each time.
        assert not torch.allclose(one[i].double(), later[i].double(), atol=1e-3), (
            f"a second call with the same generator drew the same {name} again"
        )


@pytest.mark.level("options")
def test_schedule_of_this_call(student, rng):
    """The alpha_bar of this call counts, also after a call with another one of the same length."""
    for first, last in ((0.9, 0.1), (0.6, 0.3)):
        x0, alpha_bar = rng.randn(4000, 2), schedule(6, first, last)
        *_, noise = seen_by_model(student, 3 * x0, alpha_bar, rng.generator())
        assert abs(noise.var().item() - 1) < 6.5 * math.sqrt(2 / noise.numel()), (
            "x_t is not noised as the alpha_bar given says"
        )


@pytest.mark.level("invariants")
@pytest.mark.weight(9)
def test_gradient(student, rng):
    """The loss's gradient reaches the model's parameters, as that of the mean squared error."""
    weight = rng.randn(3, requires_grad=True)
    loss, x_t, _, noise = seen_by_model(
        student, rng.randn(5, 3), schedule(6), rng.generator(), lambda x, t: x * weight
    )
    loss.backward()
    assert weight.grad is not None, "no gradient reaches the model's parameters"
    want = (2 * (x_t.double() * weight.detach().double() - noise) * x_t.double()).sum(0) / 15
    assert_close(weight.grad.double(), want, rtol=1e-3, atol=1e-3, name="gradient of the model's weight")


@pytest.mark.level("contract")
@pytest.mark.weight(7)
def test_float64(student, rng):
    """float64 data are noised, and judged, in float64."""
    x0 = rng.randn(4, 3, dtype=torch.float64)
    loss, x_t, _, noise = seen_by_model(student, x0, schedule(5), rng.generator(), lambda x, t: 0.5 * x)
    assert_close(loss, ((0.5 * x_t - noise) ** 2).mean(), rtol=1e-5, atol=1e-5, name="loss")

    def perfect(x, t):
        a = schedule(5)[t][:, None]
        return (x - a.sqrt() * x0) / (1 - a).sqrt()

    loss, *_ = seen_by_model(student, x0, schedule(5), rng.generator(), perfect)
    # The squares of errors of 1e-15 in float64; in float32 they are 1e-14.
    assert loss.item() < 1e-20, "the true noise, predicted in float64, has a loss: x_t was made in float32"
