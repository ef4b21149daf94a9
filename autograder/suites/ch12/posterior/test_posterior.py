"""Hidden suite of `posterior`; the oracle is Bayes' rule in double precision: precisions add.

Tolerance: float32 data of size 5 times factors of at most 1 agree to 1e-5; the finest mistake tested, beta for the
posterior variance, moves variances by more than 1e-3 of themselves.
"""

import pytest
import torch

from autograder.testing import assert_close, gradcheck

pytestmark = [
    pytest.mark.exercise("posterior"),
    pytest.mark.shares(runs=10, plain=26, options=39, invariants=26),
]

CLOSE = {"rtol": 1e-4, "atol": 1e-4}


def bayes(x0, x_t, t, betas):
    """q(x_{t-1} | x_t, x_0), from q(x_t | x_{t-1}) times q(x_{t-1} | x_0), one sample after the other."""
    alpha_bar = torch.ones(len(betas) + 1, dtype=torch.float64)  # alpha_bar[i]: what is left after i steps
    for i, beta in enumerate(betas.tolist()):
        alpha_bar[i + 1] = alpha_bar[i] * (1 - beta)
    means, variances = [], []
    for i, step in enumerate(t.tolist()):
        if step == 0:
            means.append(x0[i].double())
            variances.append(torch.zeros((), dtype=torch.float64))
            continue
        alpha, prior = 1 - betas[step], 1 - alpha_bar[step]
        variance = 1 / (alpha / betas[step] + 1 / prior)
        pull = alpha.sqrt() * x_t[i].double() / betas[step] + alpha_bar[step].sqrt() * x0[i].double() / prior
        means.append(variance * pull)
        variances.append(variance)
    return torch.stack(means), torch.stack(variances)


def spread(variance, x0):
    """The student's variance as float64, one number per sample; another test asks whether it broadcasts."""
    assert isinstance(variance, torch.Tensor), "the variance must be a tensor"
    variance = variance.detach().double()
    if variance.shape == x0.shape:  # the same number for each element of a sample says as much
        rows = variance.reshape(len(x0), -1)
        assert bool((rows == rows[:, :1]).all()), "the variance of a sample is one number"
        variance = rows[:, 0]
    assert variance.numel() == len(x0), "the variance has one number per sample"
    return variance.flatten()


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """posterior runs, and the mean has the data's shape."""
    x0, x_t = rng.randn(3, 2, 5), rng.randn(3, 2, 5)
    answer = student.posterior(
        x0, x_t, torch.tensor([1, 3, 2]), rng.uniform(0.1, 0.5, 4, dtype=torch.float64)
    )
    assert isinstance(answer, (tuple, list)) and len(answer) == 2, "return the pair (mean, variance)"
    mean, variance = answer
    assert isinstance(mean, torch.Tensor) and isinstance(variance, torch.Tensor), (
        "mean and variance are tensors"
    )
    assert mean.shape == (3, 2, 5), f"the mean has shape {tuple(mean.shape)} instead of (3, 2, 5), the data's"


@pytest.mark.level("options")
@pytest.mark.parametrize("shape", [(3, 2, 5), (2, 4), (1, 3, 2, 6)])
def test_variance_broadcasts(student, rng, shape):
    """The variance has the data's dimensions, with 1 in all but the first, ready to broadcast."""
    betas = rng.uniform(0.1, 0.5, 4, dtype=torch.float64)
    t = torch.arange(shape[0]) + 1
    _, variance = student.posterior(rng.randn(*shape), rng.randn(*shape), t, betas)
    want = shape[:1] + (1,) * (len(shape) - 1)
    found = tuple(variance.shape)
    assert found == want, f"the variance has shape {want} for data {shape}, not {found}"


@pytest.mark.level("contract")
def test_dtype(student, rng):
    """Mean and variance have the dtype of the data, though the table of betas is float64."""
    for dtype in (torch.float32, torch.float64):
        x0, x_t = rng.randn(2, 3, dtype=dtype), rng.randn(2, 3, dtype=dtype)
        betas = rng.uniform(0.1, 0.5, 4, dtype=torch.float64)
        for name, value in zip(
            ("mean", "variance"), student.posterior(x0, x_t, torch.tensor([3, 0]), betas), strict=True
        ):
            assert value.dtype == dtype, f"the data are {dtype}, the {name} is {value.dtype}"


@pytest.mark.level("plain")
def test_by_hand(student):
    """Two steps of beta 1/2, worked by hand: the mean is (sqrt(2) x0 + sqrt(2) x_t) / 3, the variance 1/3."""
    betas = torch.tensor([0.5, 0.5], dtype=torch.float64)
    x0, x_t = torch.tensor([[3.0]]), torch.tensor([[6.0]])
    mean, variance = student.posterior(x0, x_t, torch.tensor([1]), betas)
    assert_close(mean, torch.tensor([[9 * 2**0.5 / 3]]), **CLOSE, name="mean")
    assert_close(variance.double(), torch.tensor([[1 / 3]]).double(), **CLOSE, name="variance")


@pytest.mark.level("plain")
@pytest.mark.parametrize("shape", [(5, 2), (3, 1, 4, 6), (7,), (1, 3, 5), (4, 4), (2, 2, 1, 3, 2)])
def test_bayes(student, rng, shape):
    """Mean and variance are those of Bayes' rule, for every sample's own step."""
    T = 8
    betas = rng.uniform(0.05, 0.6, T, dtype=torch.float64)
    x0, x_t, t = 3 * rng.randn(*shape), 3 * rng.randn(*shape), rng.perm(T - 1)[: shape[0]] + 1
    mean, variance = student.posterior(x0, x_t, t, betas)
    want_mean, want_variance = bayes(x0, x_t, t, betas)
    assert_close(mean, want_mean.float(), **CLOSE, name="mean")
    assert_close(spread(variance, x0), want_variance, **CLOSE, name="variance")


@pytest.mark.level("options")
@pytest.mark.parametrize(("T", "first"), [(2, 0), (6, 0), (6, 2), (1000, 0)])
def test_both_ends(student, rng, T, first):
    """The first and the last step too, in schedules of any length and wherever they stand in the batch."""
    published = torch.linspace(1e-4, 0.02, T, dtype=torch.float64)
    betas = published if T == 1000 else rng.uniform(0.1, 0.6, T, dtype=torch.float64)
    x0, x_t = 3 * rng.randn(5 - first, 3), 3 * rng.randn(5 - first, 3)
    t = torch.tensor([T - 1, 1, 0, T // 2, T - 1])[first:]
    mean, variance = student.posterior(x0, x_t, t, betas)
    want_mean, want_variance = bayes(x0, x_t, t, betas)
    # For the published schedule 1 - alpha-bar starts at 1e-4: in float32 it keeps three digits, and a mean made as
    # x_t minus the noise in it is off by 1.7e-4 of that noise, which is up to 15.
    close = {"rtol": 2e-3, "atol": 2e-2} if T == 1000 else CLOSE
    assert_close(mean, want_mean.float(), **close, name="mean")
    assert_close(spread(variance, x0), want_variance, rtol=2e-3, atol=1e-7, name="variance")


@pytest.mark.level("options")
def test_any_size_and_layout(student, rng):
    """Data may be of any size and of both signs, transposed or expanded: nothing is cut off."""
    betas, t = rng.uniform(0.1, 0.6, 6, dtype=torch.float64), torch.tensor([5, 1, 3])
    plain = 200 * rng.randn(3, 5, 2)
    for view in (200 * rng.randn(2, 5, 3).permute(2, 1, 0), 200 * rng.randn(1, 5, 2).expand(3, 5, 2)):
        for x0, x_t in ((view, plain), (plain, view)):
            mean, _ = student.posterior(x0, x_t, t, betas)
            assert_close(mean, bayes(x0, x_t, t, betas)[0].float(), rtol=1e-4, atol=1e-2, name="mean")


@pytest.mark.level("options")
@pytest.mark.weight(2.6)
def test_first_step(student, rng):
    """At t = 0 what came before is x0 itself: the mean is x0, the variance 0."""
    for T in (1, 5):
        betas = rng.uniform(0.1, 0.6, T, dtype=torch.float64)
        x0, x_t = rng.randn(4, 2, 3), 10 * rng.randn(4, 2, 3)
        mean, variance = student.posterior(x0, x_t, torch.zeros(4, dtype=torch.int64), betas)
        assert_close(mean, x0, **CLOSE, name="mean at t = 0")
        assert_close(
            # The card allows a variance that is 0 for all purposes: public code sets one of 1e-20 for its logarithm.
            spread(variance, x0),
            torch.zeros(4).double(),
            rtol=0,
            atol=1e-9,
            name="variance at t = 0",
        )


@pytest.mark.level("options")
@pytest.mark.weight(1)
def test_schedule_of_this_call(student, rng):
    """The betas of this call count, also after a call with as many others."""
    t = torch.tensor([4, 1, 2])
    for low, high in ((0.05, 0.2), (0.4, 0.6)):
        betas = rng.uniform(low, high, 5, dtype=torch.float64)
        x0, x_t = 3 * rng.randn(3, 2), 3 * rng.randn(3, 2)
        mean, variance = student.posterior(x0, x_t, t, betas)
        want_mean, want_variance = bayes(x0, x_t, t, betas)
        assert_close(mean, want_mean.float(), **CLOSE, name="mean")
        assert_close(spread(variance, x0), want_variance, **CLOSE, name="variance")


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_mean_on_the_way(student, rng):
    """Without noise the way is known: from x_t = sqrt(alpha-bar_t) x0 back to sqrt(alpha-bar_{t-1}) x0."""
    betas = rng.uniform(0.05, 0.5, 7, dtype=torch.float64)
    x0, t = 4 * rng.randn(5, 3), torch.tensor([1, 2, 6, 4, 3])
    left = [1.0]
    for beta in betas.tolist():
        left.append(left[-1] * (1 - beta))
    now, before = (torch.tensor([left[i + k] for i in t.tolist()]).sqrt()[:, None] for k in (1, 0))
    mean, _ = student.posterior(x0, now * x0, t, betas)
    assert_close(mean, before * x0, **CLOSE, name="mean")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_total_variance(student, rng):
    """The variance of q(x_{t-1} | x_0) is the posterior's, plus what its mean inherits from x_t's."""
    betas = rng.uniform(0.05, 0.5, 7, dtype=torch.float64)
    left = [1.0]
    for beta in betas.tolist():
        left.append(left[-1] * (1 - beta))
    for step in (1, 3, 6):
        t = torch.tensor([step])
        mean, variance = student.posterior(torch.zeros(1, 1), torch.ones(1, 1), t, betas)  # the factor of x_t
        total = mean.item() ** 2 * (1 - left[step + 1]) + variance.item()
        assert abs(total - (1 - left[step])) < 1e-4, (
            "posterior variance and mean do not add up to the prior's variance"
        )


@pytest.mark.level("contract")
def test_float64(student, rng):
    """float64 data give a float64 mean, and both numbers at full precision."""
    betas = rng.uniform(0.05, 0.6, 5, dtype=torch.float64)
    x0, x_t = rng.randn(4, 3, dtype=torch.float64), rng.randn(4, 3, dtype=torch.float64)
    t = torch.tensor([4, 1, 0, 2])
    mean, variance = student.posterior(x0, x_t, t, betas)
    want_mean, want_variance = bayes(x0, x_t, t, betas)
    assert_close(mean, want_mean, rtol=1e-9, atol=1e-9, name="mean")
    assert_close(spread(variance, x0), want_variance, rtol=1e-9, atol=1e-9, name="variance")


@pytest.mark.level("invariants")
@pytest.mark.weight(1.4)
def test_gradient(student, rng):
    """The mean passes gradients on to x0 and to x_t."""
    betas, t = rng.uniform(0.05, 0.6, 6, dtype=torch.float64), torch.tensor([5, 0, 3])
    x0 = rng.randn(3, 1, 2, dtype=torch.float64, requires_grad=True)
    x_t = rng.randn(3, 1, 2, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda a, b: student.posterior(a, b, t, betas)[0], (x0, x_t), atol=1e-4, rtol=1e-3)
