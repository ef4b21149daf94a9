"""Hidden suite of `bound_gap`: linear models have exact likelihoods and posteriors.

With the exact posterior every weight is p(x): then the bound has no variance, whatever K. Elsewhere the decoder
writes down the draws that it was asked about: for one data point the bound does not depend on their order.
"""

import math

import pytest
import torch
from torch.distributions import MultivariateNormal, Normal

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("bound_gap"),
    pytest.mark.shares(runs=8, plain=47, options=20, invariants=25),
]

FLOAT64 = {"rtol": 1e-6, "atol": 1e-7}


class Linear:
    """z to W z + c with orthogonal directions, so that the posterior is a diagonal normal distribution."""

    def __init__(self, rng, D, d, sd):
        self.W = torch.linalg.qr(rng.randn(D, d).double())[0] * (0.5 + rng.rand(d).double())
        self.c, self.sd = rng.randn(D).double(), sd

    def decode(self, z):
        return z @ self.W.T + self.c

    def posterior(self, x):
        precision = 1 + (self.W**2).sum(0) / self.sd**2
        mu = (x - self.c) @ self.W / self.sd**2 / precision
        return mu, (-precision.log()).expand_as(mu)

    def exact(self, x):
        covariance = self.W @ self.W.T + self.sd**2 * torch.eye(len(self.c)).double()
        return MultivariateNormal(self.c, covariance).log_prob(x)


class Recorder:
    """A decoder that keeps what it was asked about."""

    def __init__(self, decode):
        self.f, self.z = decode, []

    def __call__(self, z):
        self.z.append(z.detach().clone())
        return self.f(z)

    def draws(self):
        return torch.cat([z.reshape(-1, z.shape[-1]) for z in self.z])


def log_normal(z, mu, logvar):
    return Normal(mu, (logvar / 2).exp()).log_prob(z).sum(-1)


def from_draws(x, z, mu, logvar, decode, sd):
    """The bound of one data point (D,) from draws (K, d)."""
    log_w = (
        Normal(decode(z), sd).log_prob(x).sum(-1)
        + Normal(0.0, 1.0).log_prob(z).sum(-1)
        - log_normal(z, mu, logvar)
    )
    return torch.logsumexp(log_w, 0) - math.log(len(z))


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """One log-density, one bound and one likelihood for each data point."""
    x = rng.randn(5, 4)
    assert tuple(student.normal_log_density(rng.randn(3, 5, 2), rng.randn(5, 2), rng.randn(5, 2)).shape) == (
        3,
        5,
    )

    def decode(z):
        return z @ torch.ones(2, 4)

    bound = student.iwae_bound(x, lambda x: (x[:, :2], -x[:, 2:]), decode, 0.5, 3)
    assert tuple(bound.shape) == (5,), "one bound for each data point"
    assert tuple(student.grid_log_likelihood(x, decode, 0.5, 4.0, 11).shape) == (5,), (
        "one likelihood for each data point"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(1.5)
def test_density(student, rng):
    """The log-density of a diagonal normal distribution, summed over the last axis; the three broadcast."""
    z, mu, logvar = rng.randn(4, 5, 3).double(), rng.randn(5, 3).double(), rng.randn(3).double()
    assert_close(
        student.normal_log_density(z, mu, logvar), log_normal(z, mu, logvar), **FLOAT64, name="log-density"
    )
    want = log_normal(z, mu, logvar[:1])
    got = student.normal_log_density(z, mu, logvar[:1])
    assert_close(got, want, **FLOAT64, name="log-density with one log-variance for all values")


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize("K", [1, 7])
def test_from_its_draws(student, rng, K):
    """The bound is the logarithm of the mean of K weights, each p(x | z) p(z) / q(z | x) at its draw."""
    W, x = rng.randn(3, 4).double(), rng.randn(1, 4).double()
    mu, logvar = rng.randn(1, 3).double(), rng.randn(1, 3).double() - 1
    decode = Recorder(lambda z: torch.tanh(z @ W))
    got = student.iwae_bound(x, lambda x: (mu, logvar), decode, 0.6, K, rng.generator())
    z = decode.draws()
    assert len(z) == K, f"{len(z)} latents were decoded for one data point and K = {K}"
    want = from_draws(x[0], z, mu, logvar, decode.f, 0.6)
    assert_close(got, want[None], **FLOAT64, name=f"bound from {K} draws")


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize("K", [1, 5])
def test_exact_posterior(student, rng, K):
    """With the true posterior every weight is p(x): the bound is exact, for each of many data points."""
    model = Linear(rng, 6, 3, 0.7)
    x = 2 * rng.randn(8, 6).double()
    got = student.iwae_bound(x, model.posterior, model.decode, 0.7, K, rng.generator())
    assert_close(got, model.exact(x), **FLOAT64, name="bound with the true posterior")


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_grid(student, rng):
    """The grid's likelihood of a linear model is the exact one."""
    model = Linear(rng, 4, 2, 0.8)
    x = model.decode(rng.randn(7, 2).double()) + 0.8 * rng.randn(7, 4).double()
    got = student.grid_log_likelihood(x, model.decode, 0.8, 7.0, 141)
    assert_close(got, model.exact(x), rtol=1e-5, atol=1e-5, name="log-likelihood on the grid")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_coarse_grid(student, rng):
    """On a coarse grid of three by three places, ends included, their sum times a cell's area is asked for."""
    W, x = rng.randn(2, 5).double(), rng.randn(3, 5).double()
    places = [-1.5, 0.0, 1.5]
    z = torch.tensor([[a, b] for a in places for b in places]).double()
    joint = Normal((z @ W)[None], 0.9).log_prob(x[:, None]).sum(-1) + Normal(0.0, 1.0).log_prob(z).sum(-1)
    want = torch.logsumexp(joint, 1) + math.log(1.5**2)
    got = student.grid_log_likelihood(x, lambda z: z @ W, 0.9, 1.5, 3)
    assert_close(got, want, **FLOAT64, name="log-likelihood on nine places")


@pytest.mark.level("options")
@pytest.mark.weight(1.5)
def test_far_out(student, rng):
    """Weights like exp(-5000), one data point, one latent, views."""
    model = Linear(rng, 5, 1, 0.1)
    x = 10 * rng.randn(5, 1).double().T
    got = student.iwae_bound(x, model.posterior, model.decode, 0.1, 4, rng.generator())
    assert_close(got, model.exact(x), rtol=1e-6, atol=1e-4, name="bound of a data point far out")
    plane = Linear(rng, 3, 2, 0.5)
    far = 40 + rng.randn(3, 2).double().T
    likelihood = student.grid_log_likelihood(far, plane.decode, 0.5, 3.0, 21)
    assert bool(likelihood.isfinite().all()) and float(likelihood.max()) < -200, (
        "a data point far out has a finite log-likelihood"
    )


@pytest.mark.level("options")
def test_draws_of_its_own(student, rng):
    """Each data point has K draws of its own, with the encoder's mean and standard deviation."""
    model = Linear(rng, 3, 2, 1.0)
    decode = Recorder(model.decode)
    x = torch.zeros(500, 3).double()
    level = torch.tensor([1.2, -0.8]).double()
    student.iwae_bound(
        x,
        lambda x: (torch.full((len(x), 2), 3.0).double(), level.expand(len(x), 2)),
        decode,
        1.0,
        4,
        rng.generator(),
    )
    z = decode.draws()
    assert len(z) == 2000 and len(z.unique(dim=0)) == 2000, (
        "500 data points with K = 4 need 2000 different draws"
    )
    noise = (z - 3) / (level / 2).exp()
    assert float(noise.mean(0).abs().max()) < 6.5 / math.sqrt(2000), "the draws' mean is not the encoder's"
    assert float((noise.var(0) - 1).abs().max()) < 7.5 * math.sqrt(2 / 2000), (
        "the draws' spread is not the encoder's"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(1.5)
def test_order(student, rng):
    """With a wrong encoder the bound rises with K and stays below the truth; with K = 1 it is the ELBO."""
    model = Linear(rng, 4, 2, 0.6)
    row = model.decode(rng.randn(1, 2).double()) + 0.6 * rng.randn(1, 4).double()
    mu, logvar = model.posterior(row)
    mu, logvar = mu + 0.7 * (logvar / 2).exp(), logvar - 0.4
    means, errors = [], []
    for K in (1, 4, 32):
        many = row.expand(6000, 4)
        b = student.iwae_bound(
            many,
            lambda x: (mu.expand(len(x), 2), logvar.expand(len(x), 2)),
            model.decode,
            0.6,
            K,
            rng.generator(),
        )
        means.append(float(b.mean()))
        errors.append(float(b.std()) / math.sqrt(6000))
    exact = float(model.exact(row)[0])
    true_mu, true_logvar = model.posterior(row)
    ratio = (logvar - true_logvar).exp()
    gap = 0.5 * float((ratio + (mu - true_mu) ** 2 / true_logvar.exp() - 1 - ratio.log()).sum())
    assert abs(means[0] - (exact - gap)) < 6.5 * errors[0], "with one draw the bound's mean is the ELBO"
    assert means[0] + 6.5 * errors[0] < means[1] and means[1] < means[2] + 6.5 * errors[2], (
        "the bound rises with K"
    )
    assert means[2] < exact + 6.5 * errors[2], "the bound's mean lies above the exact log-likelihood"


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_gradients(student, rng):
    """Gradients in encoder and decoder are those of the bound, also through the draws."""
    W = rng.randn(2, 4, dtype=torch.float64, requires_grad=True)
    mu = rng.randn(1, 2, dtype=torch.float64, requires_grad=True)
    logvar = rng.randn(1, 2, dtype=torch.float64, requires_grad=True)
    x = rng.randn(1, 4).double()
    decode = Recorder(lambda z: torch.tanh(z @ W))
    bound = student.iwae_bound(x, lambda x: (1 * mu, 1 * logvar), decode, 0.7, 5, rng.generator())
    noise = (decode.draws() - mu.detach()) / (logvar.detach() / 2).exp()
    want = from_draws(x[0], mu + (logvar / 2).exp() * noise, mu, logvar, decode.f, 0.7)
    right = torch.autograd.grad(want, (W, mu, logvar))
    W.grad = mu.grad = logvar.grad = None
    bound.sum().backward()
    for p, g, name in zip(
        (W, mu, logvar), right, ("decoder", "encoder's mean", "encoder's log-variance"), strict=True
    ):
        assert p.grad is not None, f"no gradient reaches the {name}"
        assert_close(p.grad, g, rtol=1e-5, atol=1e-6, name=f"gradient in the {name}")


@pytest.mark.level("invariants")
def test_agree(student, rng):
    """For a bent decoder the bound from many draws of a wide encoder agrees with the grid."""
    bend = rng.randn(2, 3).double()

    def decode(z):
        return torch.tanh(z @ bend) + 0.3 * z[..., :1] ** 2

    x = decode(rng.randn(4, 2).double()) + 0.5 * rng.randn(4, 3).double()
    grid = student.grid_log_likelihood(x, decode, 0.5, 6.0, 121)

    def wide(x):
        return torch.zeros(len(x), 2).double(), torch.zeros(len(x), 2).double()

    parts = student.iwae_bound(x.repeat(500, 1), wide, decode, 0.5, 40, rng.generator()).view(500, 4)
    drawn = torch.logsumexp(parts, 0) - math.log(500)
    # From the prior: the weights are likelihoods, and the mean of 20,000 of them has a relative error of about 2%.
    assert float((grid - drawn).abs().max()) < 0.2, "the grid and the weights of 20,000 draws disagree"


@pytest.mark.level("contract")
def test_generator_and_dtype(student, rng):
    """A seed repeats the bound; the global generator draws without one; float32 stays float32."""
    x, W, seed = rng.randn(5, 4), rng.randn(2, 4), rng.seed()

    def run(generator):
        return student.iwae_bound(x, lambda x: (x[:, :2], x[:, 2:]), lambda z: z @ W, 0.5, 3, generator)

    one, two = run(torch.Generator().manual_seed(seed)), run(torch.Generator().manual_seed(seed))
    assert_close(one, two, rtol=0, atol=0, name="two bounds from one seed")
    student.torch.manual_seed(seed)
    first = run(None)
    student.torch.manual_seed(seed)
    assert_close(run(None), first, rtol=0, atol=0, name="two bounds from one global seed")
    assert (
        one.dtype == torch.float32
        and student.grid_log_likelihood(x, lambda z: z @ W, 0.5, 3.0, 9).dtype == torch.float32
    )
