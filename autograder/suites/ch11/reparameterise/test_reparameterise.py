"""Hidden suite of `reparameterise`: the grader's `f` writes down the draws, so that each estimate has an exact oracle.

Divergences are those of torch.distributions. Moments are compared at 6.5 standard deviations (two sided 1e-10).
"""

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from autograder.testing import MOST_ECHO, assert_close, echo

pytestmark = [
    pytest.mark.exercise("reparameterise"),
    pytest.mark.shares(runs=10, plain=40, options=25, invariants=25),
]

FLOAT64 = {"rtol": 1e-8, "atol": 1e-9}
SIGMAS = 6.5


def kl(mu, logvar, m, log_s2):
    """The divergence by torch.distributions."""
    return kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(m, (log_s2 / 2).exp())).sum(-1)


class Recorder:
    """A function of a batch that keeps the draws it was asked about."""

    def __init__(self, f):
        self.f, self.z = f, []

    def __call__(self, z):
        self.z.append(z.detach().clone())
        return self.f(z)

    def draws(self):
        return torch.cat([z.reshape(-1, z.shape[-1]) for z in self.z])


def matches(got, want, name):
    """Whether estimates agree as a set of rows: a solution may ask about its draws in any order."""
    assert tuple(got.shape) == tuple(want.shape), (
        f"{name}: shape {tuple(got.shape)} instead of {tuple(want.shape)}"
    )
    assert_close(got, want, rtol=1e-6, atol=1e-8, name=name)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """A draw has the shape of the mean; the divergence is a tensor; estimates are (K, d)."""
    mu, logvar = rng.randn(5, 3), rng.randn(5, 3)
    assert tuple(student.reparameterise(mu, logvar).shape) == (5, 3)
    assert isinstance(student.gaussian_kl(mu, logvar), torch.Tensor), "the divergence is a tensor"
    for estimator in (student.pathwise_gradients, student.score_gradients):
        pair = estimator(lambda z: (z**2).sum(1), mu[0], logvar[0], 7)
        assert [tuple(g.shape) for g in pair] == [(7, 3), (7, 3)], (
            "one estimate for each draw and each parameter"
        )


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize("level", [-2.0, 0.0, 1.5])
def test_draws(student, rng, level):
    """Draws are normal with the mean `mu` and the standard deviation exp(logvar / 2)."""
    mu, logvar = 3 * rng.randn(1, 4).double().expand(4000, 4), torch.full((4000, 4), level).double()
    z = (student.reparameterise(mu, logvar, rng.generator()) - mu) / math.exp(level / 2)
    n = z.numel()
    assert abs(float(z.mean())) < SIGMAS / math.sqrt(n), "the draws' mean is not mu"
    assert abs(float(z.var()) - 1) < (SIGMAS + 1) * math.sqrt(2 / n), (
        "the draws' standard deviation is not exp(logvar / 2)"
    )
    assert abs(float((z.abs() < 1).double().mean()) - 0.6827) < SIGMAS * 0.47 / math.sqrt(n), (
        "the draws are not normal"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize("shape", [(5, 3), (4, 2, 6)])
def test_kl(student, rng, shape):
    """The divergence from the standard normal distribution is exact, in nats, summed over the last axis only."""
    mu, logvar = rng.randn(*shape).double(), 2 * rng.randn(*shape).double()
    zero = torch.zeros_like(mu)
    assert_close(student.gaussian_kl(mu, logvar), kl(mu, logvar, zero, zero), **FLOAT64, name="divergence")


@pytest.mark.level("plain")
@pytest.mark.weight(2.5)
def test_pathwise(student, rng):
    """Each pathwise estimate is the slope of f at its draw, times what mean and log-variance move the draw."""
    mu, logvar = rng.randn(3).double(), rng.randn(3).double()
    f = Recorder(lambda z: (z**3).sum(1) + z[:, 0] * z[:, 1])
    in_mu, in_logvar = student.pathwise_gradients(f, mu, logvar, 6, rng.generator())
    z = f.draws()
    slope = 3 * z**2 + torch.stack([z[:, 1], z[:, 0], 0 * z[:, 0]], 1)
    matches(in_mu, slope, "estimates in the mean")
    matches(in_logvar, slope * (z - mu) / 2, "estimates in the log-variance")


@pytest.mark.level("plain")
@pytest.mark.weight(2.5)
def test_score(student, rng):
    """Each score-function estimate is the value of f at its draw times the derivative of the log-density."""
    mu, logvar = rng.randn(4).double(), rng.randn(4).double()
    f = Recorder(lambda z: (z[:, 0] > 0.2).double() + z.sum(1) ** 2)
    in_mu, in_logvar = student.score_gradients(f, mu, logvar, 7, rng.generator())
    z = f.draws()
    assert len(z) == 7, "f is asked once about each draw"
    value, variance = f.f(z)[:, None], logvar.exp()
    matches(in_mu, value * (z - mu) / variance, "estimates in the mean")
    matches(in_logvar, value * ((z - mu) ** 2 / variance - 1) / 2, "estimates in the log-variance")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_priors(student, rng):
    """A prior's mean and log-variance may be given alone and together."""
    mu, logvar, m, log_s2 = (rng.randn(5, 3).double() for _ in range(4))
    zero = torch.zeros_like(mu)
    assert_close(
        student.gaussian_kl(mu, logvar, prior_mu=m), kl(mu, logvar, m, zero), **FLOAT64, name="with a mean"
    )
    assert_close(
        student.gaussian_kl(mu, logvar, prior_logvar=log_s2),
        kl(mu, logvar, zero, log_s2),
        **FLOAT64,
        name="with a log-variance",
    )
    assert_close(
        student.gaussian_kl(mu, logvar, m, log_s2), kl(mu, logvar, m, log_s2), **FLOAT64, name="with both"
    )


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_baseline(student, rng):
    """A baseline is taken from each value of f, of which it changes nothing but the estimates."""
    mu, logvar = rng.randn(2).double(), rng.randn(2).double()
    f = Recorder(lambda z: 5 + z.sum(1))
    in_mu, in_logvar = student.score_gradients(f, mu, logvar, 9, rng.generator(), baseline=5.5)
    z = f.draws()
    value, variance = (z.sum(1) - 0.5)[:, None], logvar.exp()
    matches(in_mu, value * (z - mu) / variance, "estimates in the mean with a baseline")
    matches(
        in_logvar, value * ((z - mu) ** 2 / variance - 1) / 2, "estimates in the log-variance with a baseline"
    )


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_edges(student, rng):
    """One row, one value, no batch axis, views, huge log-variances."""
    mu, logvar = rng.randn(3).double(), rng.randn(3).double()
    zero = torch.zeros_like(mu)
    assert_close(
        student.gaussian_kl(mu, logvar),
        kl(mu, logvar, zero, zero),
        **FLOAT64,
        name="divergence without a batch",
    )
    assert tuple(student.reparameterise(mu, logvar).shape) == (3,)
    wide = torch.tensor([[60.0, -60.0]]).double()
    assert_close(
        student.gaussian_kl(0 * wide, wide),
        ((wide.exp() - 1 - wide) / 2).sum(1),
        **FLOAT64,
        name="divergence at exp(60) and exp(-60)",
    )
    narrow = torch.full((4, 3), -80.0).double()
    assert_close(
        student.reparameterise(mu.expand(4, 3), narrow),
        mu.expand(4, 3),
        rtol=0,
        atol=1e-12,
        name="draws without spread",
    )
    view = rng.randn(3, 5).double().T
    assert_close(
        student.gaussian_kl(view, mu.expand(5, 3)),
        kl(view, mu.expand(5, 3), 0 * view, 0 * view),
        **FLOAT64,
        name="divergence of views",
    )
    one = student.pathwise_gradients(lambda z: (z**2).sum(1), mu[:1], logvar[:1], 1, rng.generator())
    assert [tuple(g.shape) for g in one] == [(1, 1), (1, 1)], "one draw of one value is a batch"


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_noise_is_its_own(student, rng):
    """Each value of each row has noise of its own, and each call new noise."""
    zero = torch.zeros(60, 50).double()
    generator = rng.generator()
    one, two = student.reparameterise(zero, zero, generator), student.reparameterise(zero, zero, generator)
    assert echo(one) < MOST_ECHO, "values share their noise"
    assert float((one * two).mean().abs()) < SIGMAS / math.sqrt(3000), "two calls have the same noise"


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_gradient_of_the_draw(student, rng):
    """Gradients reach mean and log-variance through the draw: 1, and half of the draw's distance from the mean."""
    mu, logvar = (rng.randn(4, 3, dtype=torch.float64, requires_grad=True) for _ in range(2))
    z = student.reparameterise(mu, logvar, rng.generator())
    weights = rng.randn(4, 3).double()
    (z * weights).sum().backward()
    assert mu.grad is not None and logvar.grad is not None, "a gradient does not reach mean and log-variance"
    assert_close(mu.grad, weights, **FLOAT64, name="gradient in the mean")
    want = weights * (z - mu).detach() / 2
    assert_close(logvar.grad, want, rtol=1e-6, atol=1e-8, name="gradient in the log-variance")


@pytest.mark.level("invariants")
@pytest.mark.weight(1.5)
def test_gradient_of_the_kl(student, rng):
    """The divergence is 0 where the two agree, and its gradients are those of the formula, in the prior too."""
    parameters = [rng.randn(4, 3, dtype=torch.float64, requires_grad=True) for _ in range(4)]
    want = torch.autograd.grad(kl(*parameters).sum(), parameters)
    student.gaussian_kl(*parameters).sum().backward()
    for p, right, name in zip(parameters, want, ("mu", "logvar", "prior_mu", "prior_logvar"), strict=True):
        assert p.grad is not None, f"no gradient of the divergence reaches {name}"
        assert_close(p.grad, right, rtol=1e-6, atol=1e-8, name=f"gradient in {name}")
    mu, logvar = rng.randn(3, 2).double(), rng.randn(3, 2).double()
    assert_close(
        student.gaussian_kl(mu, logvar, mu, logvar),
        torch.zeros(3).double(),
        rtol=0,
        atol=1e-9,
        name="divergence of equals",
    )


@pytest.mark.level("invariants")
def test_unbiased(student, rng):
    """Both estimators have the gradient of the mean as their mean."""
    mu, logvar = torch.tensor([0.7, -0.4]).double(), torch.tensor([0.2, -0.5]).double()
    for estimator in (student.pathwise_gradients, student.score_gradients):
        in_mu, in_logvar = estimator(lambda z: (z**2).sum(1), mu, logvar, 1600, rng.generator())
        for got, want, name in ((in_mu, 2 * mu, "mean"), (in_logvar, logvar.exp(), "log-variance")):
            allowed = SIGMAS * got.std(0) / 40
            assert bool(((got.mean(0) - want).abs() < allowed).all()), (
                f"the estimates in the {name} are biased"
            )


@pytest.mark.level("invariants")
@pytest.mark.weight(1.5)
def test_no_traces(student, rng):
    """Estimators work without gradients, return no graph, and leave no gradient in anybody's parameters."""
    mu = rng.randn(3, dtype=torch.float64, requires_grad=True)
    logvar = rng.randn(3, dtype=torch.float64, requires_grad=True)
    weights = rng.randn(3, dtype=torch.float64, requires_grad=True)
    for estimator in (student.pathwise_gradients, student.score_gradients):
        for pair in (estimator(lambda z: (z * weights).sum(1), mu, logvar, 4, rng.generator()),):
            assert not any(g.requires_grad for g in pair), "an estimate has a graph"
        with torch.no_grad():
            pair = estimator(lambda z: (z * weights).sum(1), mu, logvar, 4, rng.generator())
        assert all(bool(g.isfinite().all()) for g in pair)
    for p, name in ((mu, "mu"), (logvar, "logvar"), (weights, "f's parameters")):
        assert p.grad is None, f"a gradient is left in {name}"
    with_graph = []

    def above_zero(z):
        with_graph.append(z.requires_grad)
        return (z.detach()[:, 0] > 0).double()

    step = student.score_gradients(above_zero, mu.detach(), logvar.detach(), 50, rng.generator())
    assert not any(with_graph), "f is handed draws that require a gradient, which numpy and others refuse"
    assert float(step[0].abs().max()) > 0, "a step function has estimates too"


@pytest.mark.level("contract")
def test_generator_and_dtype(student, rng):
    """A seed repeats draws and estimates; the global generator draws without one; float32 stays float32."""
    mu, logvar, seed = rng.randn(5), rng.randn(5), rng.seed()
    one, two = (student.reparameterise(mu, logvar, torch.Generator().manual_seed(seed)) for _ in range(2))
    assert_close(one, two, rtol=0, atol=0, name="two draws from one seed")
    assert one.dtype == torch.float32 and student.gaussian_kl(mu, logvar).dtype == torch.float32
    student.torch.manual_seed(seed)
    first = student.reparameterise(mu, logvar)
    student.torch.manual_seed(seed)
    assert_close(
        student.reparameterise(mu, logvar), first, rtol=0, atol=0, name="two draws from one global seed"
    )
    for estimator in (student.pathwise_gradients, student.score_gradients):
        a, b = (
            estimator(lambda z: z.sum(1), mu, logvar, 3, torch.Generator().manual_seed(seed))
            for _ in range(2)
        )
        assert_close(a[1], b[1], rtol=0, atol=0, name="estimates from one seed")
        assert a[0].dtype == torch.float32
