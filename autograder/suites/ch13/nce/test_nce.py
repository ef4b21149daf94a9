"""Hidden suite of `nce`: torch.distributions for the noise, Python's logarithms for the loss."""

import math

import pytest
import torch
from torch.distributions import Normal

from autograder.testing import assert_close, gradcheck

pytestmark = [pytest.mark.exercise("nce"), pytest.mark.shares(runs=9, plain=30, options=43, invariants=18)]

CLOSE = {"rtol": 1e-6, "atol": 1e-7}


def loss_by_hand(model_data, noise_data, model_noise, noise_noise):
    """Posterior probabilities from densities, one sample after the other."""
    nu = len(model_noise) / len(model_data)
    first = [
        -math.log(math.exp(m) / (math.exp(m) + nu * math.exp(n)))
        for m, n in zip(model_data, noise_data, strict=True)
    ]
    second = [
        -math.log(nu * math.exp(n) / (math.exp(m) + nu * math.exp(n)))
        for m, n in zip(model_noise, noise_noise, strict=True)
    ]
    return sum(first) / len(first) + nu * sum(second) / len(second)


def energy(x):
    """Some energy with a slope of its own in each dimension."""
    return (x**2).sum(1) + 0.3 * x[:, 0]


def log_noise(x):
    """Log-density of wide normal noise."""
    return Normal(torch.zeros(x.shape[1], dtype=x.dtype), torch.tensor(1.5, dtype=x.dtype)).log_prob(x).sum(1)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """A log-density for each sample; the loss is one number."""
    assert tuple(student.normal_log_density(rng.randn(4, 3), rng.randn(3), rng.rand(3) + 1).shape) == (4,)
    loss = student.nce_loss(energy, torch.tensor(0.3), log_noise, rng.randn(4, 3), rng.randn(5, 3))
    assert isinstance(loss, torch.Tensor) and tuple(loss.shape) == (), "the loss is one number"


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("n", "d"), [(5, 3), (4, 2), (1, 6), (3, 1)])
def test_normal(student, rng, n, d):
    """Log-densities of independent normal variables add up over the dimensions."""
    x, mean, std = 2 * rng.randn(n, d).double(), rng.randn(d).double(), rng.rand(d).double() + 0.3
    want = Normal(mean, std).log_prob(x).sum(1)
    assert_close(student.normal_log_density(x, mean, std), want, **CLOSE, name="log-density")


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_loss(student, rng):
    """As many noise as data points: the classifier's loss, data and noise."""
    x_data, x_noise = rng.randn(6, 2).double(), 1.5 * rng.randn(6, 2).double()
    c = 0.4
    want = loss_by_hand(
        *(
            (-energy(x) - c).tolist() if f else log_noise(x).tolist()
            for x in (x_data, x_noise)
            for f in (True, False)
        )
    )
    got = student.nce_loss(energy, torch.tensor(c, dtype=torch.float64), log_noise, x_data, x_noise)
    assert_close(got, torch.tensor(want, dtype=torch.float64), rtol=1e-6, atol=1e-6, name="loss")


@pytest.mark.level("options")
@pytest.mark.parametrize(("n", "m"), [(3, 12), (4, 6), (5, 2)])
def test_ratio(student, rng, n, m):
    """Other numbers of noise points: their ratio is in the odds and before the noise's mean."""
    x_data, x_noise = rng.randn(n, 2).double(), 1.5 * rng.randn(m, 2).double()
    c = -0.7
    want = loss_by_hand(
        *(
            (-energy(x) - c).tolist() if f else log_noise(x).tolist()
            for x in (x_data, x_noise)
            for f in (True, False)
        )
    )
    got = student.nce_loss(energy, torch.tensor(c, dtype=torch.float64), log_noise, x_data, x_noise)
    assert_close(got, torch.tensor(want, dtype=torch.float64), rtol=1e-6, atol=1e-6, name="loss")


@pytest.mark.level("options")
def test_huge(student, rng):
    """Energies of thousands, of either sign, leave the loss finite and right."""
    for sign, want in ((1.0, 8000.0), (-1.0, 0.0)):
        got = student.nce_loss(
            lambda x, sign=sign: 4000 * sign * x.sum(1),
            torch.tensor(0.0),
            lambda x: 0 * x.sum(1),
            torch.ones(3, 1),
            -torch.ones(3, 1),
        )
        assert_close(got, torch.tensor(want), rtol=1e-5, atol=1e-5, name="loss of huge energies")


@pytest.mark.level("options")
def test_edges(student, rng):
    """One point of each kind, views, and gradients switched off."""
    x = rng.randn(2, 3).double().T[:1]
    noise = rng.randn(1, 2).double()
    want = loss_by_hand(
        (-energy(x) - 0.1).tolist(),
        log_noise(x).tolist(),
        (-energy(noise) - 0.1).tolist(),
        log_noise(noise).tolist(),
    )
    with torch.no_grad():
        got = student.nce_loss(energy, torch.tensor(0.1, dtype=torch.float64), log_noise, x, noise)
    assert_close(got, torch.tensor(want, dtype=torch.float64), rtol=1e-6, atol=1e-6, name="loss")
    mean, std = rng.randn(1).double().expand(2), torch.tensor([0.7], dtype=torch.float64).expand(2)
    assert_close(
        student.normal_log_density(x, mean, std),
        Normal(mean, std).log_prob(x).sum(1),
        **CLOSE,
        name="log-density of views",
    )


@pytest.mark.level("invariants")
def test_log_z_comes_out(student, rng):
    """For data of a known density the slope in log Z turns its sign at the truth, for any ratio of noise."""
    n = 8000
    for m in (n // 2, n, 2 * n):
        x_data, x_noise = 0.8 * rng.randn(n, 2).double(), 1.5 * rng.randn(m, 2).double()
        slopes = []
        for off in (-0.25, 0.25):
            log_z = torch.tensor(math.log(2 * math.pi * 0.64) + off, dtype=torch.float64, requires_grad=True)
            loss = student.nce_loss(lambda x: (x**2).sum(1) / 1.28, log_z, log_noise, x_data, x_noise)
            slopes.append(float(torch.autograd.grad(loss, log_z)[0]))
        assert slopes[0] < 0 < slopes[1], "the loss is not smallest near the true log Z"


@pytest.mark.level("invariants")
def test_gradients(student, rng):
    """Gradients reach log Z and the energy's parameters, with the values of finite differences."""
    x_data, x_noise = rng.randn(4, 2).double(), rng.randn(6, 2).double()
    width = torch.tensor([0.7, 1.4], dtype=torch.float64, requires_grad=True)
    c = torch.tensor(0.2, dtype=torch.float64, requires_grad=True)
    student.nce_loss(lambda x: ((x / width) ** 2).sum(1), c, log_noise, x_data, x_noise).backward()
    found = width.grad, c.grad
    width.grad = c.grad = None
    g_data, g_noise = (
        -((x / width) ** 2).sum(1) - c - log_noise(x) - math.log(1.5) for x in (x_data, x_noise)
    )
    want = -torch.sigmoid(g_data).log().mean() - 1.5 * torch.sigmoid(-g_noise).log().mean()
    for mine, right, name in zip(
        found, torch.autograd.grad(want, (width, c)), ("the energy's parameters", "log Z"), strict=True
    ):
        assert mine is not None, f"no gradient reaches {name}"
        assert_close(mine, right, **CLOSE, name=f"gradient of {name}")
    width = width.detach().requires_grad_()
    x = rng.randn(3, 2, dtype=torch.float64, requires_grad=True)
    mean = rng.randn(2, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda x, mean, std: student.normal_log_density(x, mean, std), (x, mean, width))


@pytest.mark.level("contract")
def test_float32(student, rng):
    """float32 stays float32."""
    assert student.normal_log_density(rng.randn(3, 2), rng.randn(2), rng.rand(2) + 1).dtype == torch.float32
    assert (
        student.nce_loss(energy, torch.tensor(0.3), log_noise, rng.randn(4, 3), rng.randn(5, 3)).dtype
        == torch.float32
    )
