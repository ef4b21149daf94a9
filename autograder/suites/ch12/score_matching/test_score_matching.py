"""Hidden suite of `score_matching`; the oracles are closed forms, torch.distributions and autograd in double precision.

Tolerance: float32 arithmetic on numbers of size 10 agrees to 1e-4 of itself; alpha-bar stays away from 0 and 1, where
1 - alpha-bar would lose digits in float32. The finest mistake tested moves a value by 1 %.
"""

import math

import pytest
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from autograder.testing import assert_close, gradcheck

pytestmark = [
    pytest.mark.exercise("score_matching"),
    pytest.mark.shares(runs=7, plain=46, options=15, invariants=32),
]

CLOSE = {"rtol": 1e-3, "atol": 1e-3}


def schedule(T):
    """alpha-bar from 0.95 down to 0.05."""
    return torch.linspace(0.95, 0.05, T, dtype=torch.float64)


def tall(values, like):
    """One number per sample, in the shape of that sample's data."""
    return values.reshape(-1, *[1] * (like.dim() - 1))


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """Every function returns a tensor of the shape its docstring names."""
    x, eps, t = rng.randn(3, 2, 4), rng.randn(3, 2, 4), torch.tensor([4, 1, 2])
    alpha_bar, betas = schedule(5), torch.linspace(0.1, 0.4, 5, dtype=torch.float64)
    zeros = torch.zeros(2, 3)
    for name, value, shape in (
        ("score_from_eps", student.score_from_eps(eps, t, alpha_bar), (3, 2, 4)),
        ("dsm_loss", student.dsm_loss(lambda points, sigma: -points, x, 0.5, eps), ()),
        ("gaussian_kl", student.gaussian_kl(zeros, zeros, zeros + 1, zeros), (2, 3)),
        ("v_target", student.v_target(x, eps, t, alpha_bar), (3, 2, 4)),
        ("x0_from_v", student.x0_from_v(x, eps, t, alpha_bar), (3, 2, 4)),
        ("vlb_term", student.vlb_term(x, eps, t, eps, betas), (3,)),
    ):
        assert isinstance(value, torch.Tensor), f"{name} must return a tensor"
        assert tuple(value.shape) == shape, f"{name} returns shape {tuple(value.shape)} instead of {shape}"


@pytest.mark.level("plain")
@pytest.mark.parametrize("shape", [(5, 2), (3, 1, 4, 6), (7,), (4, 4), (2, 2, 1, 3, 2)])
def test_score_from_eps(student, rng, shape):
    """The score is minus the noise, divided by its standard deviation at each sample's own step."""
    eps, t, alpha_bar = rng.randn(*shape), rng.perm(9)[: shape[0]], schedule(9)
    want = -eps.double() / tall((1 - alpha_bar[t]).sqrt(), eps)
    assert_close(student.score_from_eps(eps, t, alpha_bar), want.float(), **CLOSE, name="score")


@pytest.mark.level("invariants")
@pytest.mark.weight(5)
def test_score_of_gaussian(student, rng):
    """For Gaussian data the best noise prediction gives the gradient of the noised data's log density."""
    alpha_bar, t = schedule(6), torch.tensor([0, 5, 3, 1])
    root = rng.randn(3, 3, dtype=torch.float64)
    mean, covariance = rng.randn(3, dtype=torch.float64), root @ root.T + 0.3 * torch.eye(3).double()
    x = rng.randn(4, 3, dtype=torch.float64, requires_grad=True)
    eps = []
    log_density = 0.0
    for i, a in enumerate(alpha_bar[t]):
        noised = MultivariateNormal(a.sqrt() * mean, a * covariance + (1 - a) * torch.eye(3).double())
        log_density = log_density + noised.log_prob(x[i])
        difference = x[i].detach() - a.sqrt() * mean
        eps.append((1 - a).sqrt() * torch.linalg.solve(noised.covariance_matrix, difference))
    (score,) = torch.autograd.grad(log_density, x)
    assert_close(
        student.score_from_eps(torch.stack(eps), t, alpha_bar), score, rtol=1e-5, atol=1e-5, name="score"
    )


@pytest.mark.level("plain")
@pytest.mark.parametrize(
    ("shape", "sigma"), [((5, 3), 0.5), ((3, 2, 4, 6), 2.0), ((1, 2, 7), 0.1), ((4, 3, 4), 1.3)]
)
def test_dsm_loss(student, rng, shape, sigma):
    """Half of sigma squared times the squared error of the score, summed over dimensions, averaged over samples."""
    x, noise, pull = rng.randn(*shape), rng.randn(*shape), rng.randn(*shape)
    points = x.double() + sigma * noise.double()
    error = (0.3 * points + pull.double() + noise.double() / sigma).flatten(1)
    want = 0.5 * sigma**2 * (error**2).sum() / shape[0]
    got = student.dsm_loss(lambda p, s: 0.3 * p + pull, x, sigma, noise)
    assert_close(got.double(), want, **CLOSE, name="dsm_loss")


@pytest.mark.level("options")
@pytest.mark.weight(0.65)
def test_dsm_model(student, rng):
    """The score model is asked at the noised points, and told sigma."""
    x, noise = rng.randn(4, 3), rng.randn(4, 3)
    seen = []

    def model(points, sigma):
        seen.append((points.detach().clone(), float(sigma)))
        return -points

    student.dsm_loss(model, x, 0.7, noise)
    assert len(seen) == 1, "the score model is asked once, for the whole batch"
    assert_close(seen[0][0], x + 0.7 * noise, **CLOSE, name="points the score model is asked at")
    assert abs(seen[0][1] - 0.7) < 1e-6, "the score model is told another sigma"


@pytest.mark.level("invariants")
@pytest.mark.weight(5)
def test_dsm_minimum(student, rng):
    """For Gaussian data the true score of the blurred data beats every other linear one."""
    n, sigma, spread = 4000, 0.8, 1.5
    x, noise = spread * rng.randn(n, 2), rng.randn(n, 2)
    best = -1 / (spread**2 + sigma**2)
    losses = [
        student.dsm_loss(lambda p, s, k=k: k * best * p, x, sigma, noise).item()
        for k in (1.0, 0.6, 1.4, -1.0)
    ]
    # A slope wrong by 0.4 costs 0.035 on average; over 4000 samples that difference has a standard deviation of 0.004.
    assert min(losses) == losses[0], "the true score does not have the smallest loss"


@pytest.mark.level("invariants")
@pytest.mark.weight(5)
def test_dsm_gradient(student, rng):
    """The loss's gradient reaches the score model's parameters."""
    weight = rng.randn(3, requires_grad=True)
    x, noise, sigma = rng.randn(5, 3), rng.randn(5, 3), 0.6
    student.dsm_loss(lambda p, s: weight * p, x, sigma, noise).backward()
    assert weight.grad is not None, "no gradient reaches the score model"
    points = x + sigma * noise
    want = (sigma**2 * (weight.detach() * points + noise / sigma) * points).sum(0) / 5
    assert_close(weight.grad, want, **CLOSE, name="gradient of the score model's parameters")


@pytest.mark.level("plain")
def test_kl(student, rng):
    """The divergence of two normal distributions, element by element, in nats, from the first to the second."""
    shape = (4, 3, 5)
    mean1, mean2 = rng.randn(*shape, dtype=torch.float64), rng.randn(*shape, dtype=torch.float64)
    log_var1, log_var2 = (rng.uniform(-3.0, 2.0, *shape, dtype=torch.float64) for _ in range(2))
    want = kl_divergence(Normal(mean1, (0.5 * log_var1).exp()), Normal(mean2, (0.5 * log_var2).exp()))
    got = student.gaussian_kl(mean1, log_var1, mean2, log_var2)
    assert_close(got, want, rtol=1e-6, atol=1e-8, name="gaussian_kl")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_kl_edges(student, rng):
    """Zero for equal distributions, never negative, finite for tiny and for large variances, broadcasting."""
    mean, log_var = rng.randn(3, 4), rng.uniform(-8.0, 4.0, 3, 4)
    equal = student.gaussian_kl(mean, log_var, mean, log_var)
    assert_close(equal, torch.zeros(3, 4), rtol=0, atol=1e-5, name="KL of equals")
    tiny, large = torch.full((2,), -20.0), torch.full((2,), 8.0)
    values = student.gaussian_kl(torch.zeros(2), tiny, torch.ones(2), large)
    want = kl_divergence(Normal(0.0, math.exp(-10)), Normal(1.0, math.exp(4))).item()
    assert_close(values, torch.full((2,), want), **CLOSE, name="KL of a narrow and a wide distribution")
    back = student.gaussian_kl(torch.ones(2), large, torch.zeros(2), tiny)
    want = kl_divergence(Normal(1.0, math.exp(4)), Normal(0.0, math.exp(-10))).item()
    assert_close(back, torch.full((2,), want), **CLOSE, name="KL of a wide and a narrow distribution")
    apart = student.gaussian_kl(torch.ones(2), tiny, torch.zeros(2), tiny)
    assert_close(apart, torch.full((2,), math.exp(20) / 2), **CLOSE, name="KL of two narrow distributions")
    wide = student.gaussian_kl(rng.randn(3, 1), torch.zeros(1), rng.randn(1, 4), torch.ones(3, 1))
    assert wide.shape == (3, 4), "the arguments broadcast"
    shapes = ((2, 1, 1), (3, 1), (4,), (1, 3, 1))
    arguments = [rng.uniform(-1.0, 1.0, *shape) for shape in shapes]
    mean1, log_var1, mean2, log_var2 = arguments
    want = kl_divergence(Normal(mean1, (log_var1 / 2).exp()), Normal(mean2, (log_var2 / 2).exp()))
    assert_close(student.gaussian_kl(*arguments), want, **CLOSE, name="KL of arguments that broadcast")
    assert bool((wide >= 0).all()), "a divergence is never negative"


@pytest.mark.level("invariants")
@pytest.mark.weight(10)
def test_kl_gradient(student, rng):
    """The divergence is differentiable in all four arguments, with the gradients of the true one."""
    arguments = [rng.uniform(-1.0, 1.0, 2, 2, dtype=torch.float64, requires_grad=True) for _ in range(4)]
    mean1, log_var1, mean2, log_var2 = arguments
    want = kl_divergence(Normal(mean1, (log_var1 / 2).exp()), Normal(mean2, (log_var2 / 2).exp()))
    wanted = torch.autograd.grad(want.sum(), arguments)
    found = student.gaussian_kl(*arguments)
    assert found.requires_grad, "the divergence is cut off from its arguments' graph"
    grads = torch.autograd.grad(found.sum(), arguments, allow_unused=True)
    for grad, right, name in zip(grads, wanted, ("mean1", "log_var1", "mean2", "log_var2"), strict=True):
        assert grad is not None, f"no gradient reaches {name}"
        assert_close(grad, right, rtol=1e-6, atol=1e-8, name=f"gradient of {name}")
    assert gradcheck(student.gaussian_kl, arguments, atol=1e-5, rtol=1e-4)


@pytest.mark.level("plain")
@pytest.mark.parametrize("shape", [(5, 2), (3, 1, 4, 6), (7,), (4, 4), (2, 2, 1, 3, 2)])
def test_v_target(student, rng, shape):
    """v is sqrt(alpha-bar) times the noise minus sqrt(1 - alpha-bar) times x0, at each sample's own step."""
    x0, noise, t, alpha_bar = (
        2 * rng.randn(*shape),
        rng.randn(*shape),
        rng.perm(8)[: shape[0]],
        schedule(8),
    )
    a = tall(alpha_bar[t], x0)
    want = a.sqrt() * noise - (1 - a).sqrt() * x0
    assert_close(student.v_target(x0, noise, t, alpha_bar), want.float(), **CLOSE, name="v")


@pytest.mark.level("plain")
@pytest.mark.parametrize("shape", [(5, 2), (3, 1, 4, 6), (7,), (4, 4), (2, 2, 1, 3, 2)])
def test_x0_from_v(student, rng, shape):
    """From x_t and its true v, x0 comes back."""
    x0, noise, t, alpha_bar = (
        2 * rng.randn(*shape),
        rng.randn(*shape),
        rng.perm(8)[: shape[0]],
        schedule(8),
    )
    a = tall(alpha_bar[t], x0)
    x_t, v = a.sqrt() * x0 + (1 - a).sqrt() * noise, a.sqrt() * noise - (1 - a).sqrt() * x0
    assert_close(student.x0_from_v(x_t.float(), v.float(), t, alpha_bar), x0, **CLOSE, name="x0")


@pytest.mark.level("invariants")
@pytest.mark.weight(5)
def test_v_is_a_rotation(student, rng):
    """x_t and v together are as long as x0 and the noise together."""
    x0, noise, t, alpha_bar = rng.randn(6, 3), rng.randn(6, 3), torch.tensor([0, 7, 3, 5, 1, 2]), schedule(8)
    a = alpha_bar[t][:, None]
    x_t = (a.sqrt() * x0 + (1 - a).sqrt() * noise).float()
    v = student.v_target(x0, noise, t, alpha_bar)
    assert_close(x_t**2 + v**2, x0**2 + noise**2, **CLOSE, name="squared length")


def bound(x0, x_t, t, eps_pred, betas):
    """The term as a divergence of two normal distributions made by Bayes' rule, sample by sample."""
    left = [1.0]
    for beta in betas.tolist():
        left.append(left[-1] * (1 - beta))
    terms = []
    for i, step in enumerate(t.tolist()):
        beta, now, before = float(betas[step]), left[step + 1], left[step]
        variance = 1 / ((1 - beta) / beta + 1 / (1 - before))

        x = x_t[i].double()
        guess = (x - math.sqrt(1 - now) * eps_pred[i].double()) / math.sqrt(now)
        true, model = (
            Normal(
                variance * (math.sqrt(1 - beta) * x / beta + math.sqrt(before) * data / (1 - before)),
                math.sqrt(variance),
            )
            for data in (x0[i].double(), guess)
        )
        terms.append(kl_divergence(true, model).sum())
    return torch.stack(terms)


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_score_with_little_noise(student, rng):
    """Where there is hardly any noise the score is as steep as it must be: nothing is added to its denominator."""
    eps, alpha_bar = rng.randn(2, 3, dtype=torch.float64), torch.tensor([0.9999, 0.5], dtype=torch.float64)
    want = -eps / (1 - alpha_bar).sqrt()[:, None]
    got = student.score_from_eps(eps, torch.tensor([0, 1]), alpha_bar)
    # Who turns alpha-bar to float32 before 1 - alpha-bar is off by at most 0.03 %.
    assert_close(got, want, rtol=2e-3, atol=1e-6, name="score")


@pytest.mark.level("contract")
def test_float64(student, rng):
    """Data in float64 give a loss, a velocity, an x_0 and a term in float64."""
    x0, noise, eps = (rng.randn(3, 4, dtype=torch.float64) for _ in range(3))
    t, alpha_bar = torch.tensor([1, 5, 3]), schedule(6)
    a = alpha_bar[t][:, None]
    betas = 1 - alpha_bar / torch.cat([torch.ones(1, dtype=torch.float64), alpha_bar[:-1]])
    x_t, v = a.sqrt() * x0 + (1 - a).sqrt() * noise, a.sqrt() * noise - (1 - a).sqrt() * x0
    loss = 0.5 * (0.6 * (x0 + 0.6 * noise) - noise).square().sum() / 3
    for name, got, want in (
        ("dsm_loss", student.dsm_loss(lambda p, s: -p, x0, 0.6, noise), loss),
        ("v_target", student.v_target(x0, noise, t, alpha_bar), v),
        ("x0_from_v", student.x0_from_v(x_t, v, t, alpha_bar), x0),
        ("vlb_term", student.vlb_term(x0, x_t, t, eps, betas), bound(x0, x_t, t, eps, betas)),
        ("score_from_eps", student.score_from_eps(eps, t, alpha_bar), -eps / (1 - a).sqrt()),
    ):
        assert got.dtype == torch.float64, f"{name} must keep the data's float64"
        # A table of the schedule may be float32; the data keep their digits.
        assert_close(got, want, rtol=1e-6, atol=1e-6, name=name)


@pytest.mark.level("invariants")
@pytest.mark.weight(8.4)
def test_gradients_pass(student, rng):
    """Gradients pass through the score, the velocity, the x_0 that belongs to it, and the losses, to every argument."""
    t, alpha_bar = torch.tensor([4, 0]), schedule(5)
    first, second = (rng.randn(2, 3, dtype=torch.float64, requires_grad=True) for _ in range(2))
    signal, blur = alpha_bar[t].sqrt()[:, None].expand(2, 3), (1 - alpha_bar[t]).sqrt()[:, None].expand(2, 3)
    for name, result, wants in (
        ("score_from_eps", student.score_from_eps(first, t, alpha_bar), (-1 / blur,)),
        ("v_target", student.v_target(first, second, t, alpha_bar), (-blur, signal)),
        ("x0_from_v", student.x0_from_v(first, second, t, alpha_bar), (signal, -blur)),
    ):
        assert result.requires_grad, f"{name} is cut off from its arguments' graph"
        grads = torch.autograd.grad(result.sum(), (first, second)[: len(wants)], allow_unused=True)
        for place, got, want in zip(("first", "second"), grads, wants, strict=False):
            assert got is not None, f"{name} passes no gradient on to its {place} argument"
            assert_close(got, want, **CLOSE, name=f"gradient of {name}")
    # The loss of the score -p is the mean of (sigma x + (sigma^2 - 1) noise)^2 / 2, summed over dimensions.
    x, noise, sigma = first, second, 0.6
    loss = student.dsm_loss(lambda p, s: -p, x, sigma, noise)
    inside = sigma * x + (sigma**2 - 1) * noise
    for got, want in zip(
        torch.autograd.grad(loss, (x, noise)), (sigma * inside / 2, (sigma**2 - 1) * inside / 2), strict=True
    ):
        assert_close(got, want.detach(), **CLOSE, name="gradient of dsm_loss")
    betas, t = torch.linspace(0.1, 0.5, 6, dtype=torch.float64), torch.tensor([1, 4])
    arguments = [rng.randn(2, 3, dtype=torch.float64, requires_grad=True) for _ in range(3)]
    result = student.vlb_term(arguments[0], arguments[1], t, arguments[2], betas)
    assert result.requires_grad, "vlb_term is cut off from its arguments' graph"
    grads = torch.autograd.grad(result.sum(), arguments, allow_unused=True)
    wants = torch.autograd.grad(bound(arguments[0], arguments[1], t, arguments[2], betas).sum(), arguments)
    for argument, got, want in zip(("x0", "x_t", "eps_pred"), grads, wants, strict=True):
        assert got is not None, f"vlb_term passes no gradient on to {argument}"
        assert_close(got, want, **CLOSE, name="gradient of vlb_term")


@pytest.mark.level("plain")
@pytest.mark.parametrize("shape", [(5, 3), (3, 2, 4, 6), (1, 7), (6, 6)])
def test_vlb_term(student, rng, shape):
    """The term is the divergence of the two posteriors, summed over a sample's dimensions, in nats."""
    T = 8
    betas, t = torch.linspace(0.1, 0.5, T, dtype=torch.float64), rng.perm(T - 1)[: shape[0]] + 1
    x0, x_t, eps_pred = rng.randn(*shape), rng.randn(*shape), rng.randn(*shape)
    want = bound(x0, x_t, t, eps_pred, betas)
    assert_close(student.vlb_term(x0, x_t, t, eps_pred, betas), want.float(), **CLOSE, name="vlb_term")


@pytest.mark.level("options")
@pytest.mark.weight(0.65)
def test_vlb_term_both_ends(student, rng):
    """The term at t = 1, the first that has two distributions, and at t = T - 1, for other lengths too."""
    for T in (2, 11):
        betas, t = torch.linspace(0.08, 0.4, T, dtype=torch.float64), torch.tensor([1, T - 1, 1, T - 1])
        x0, x_t, eps_pred = rng.randn(4, 3), rng.randn(4, 3), rng.randn(4, 3)
        want = bound(x0, x_t, t, eps_pred, betas)
        assert_close(student.vlb_term(x0, x_t, t, eps_pred, betas), want.float(), **CLOSE, name="vlb_term")


@pytest.mark.level("invariants")
@pytest.mark.weight(5)
def test_vlb_term_of_true_noise(student, rng):
    """A model that predicts the very noise that was added pays nothing."""
    betas, t = torch.linspace(0.1, 0.5, 6, dtype=torch.float64), torch.tensor([1, 5, 3])
    x0, noise = rng.randn(3, 4), rng.randn(3, 4)
    a = torch.cumprod(1 - betas, 0)[t][:, None]
    x_t = (a.sqrt() * x0 + (1 - a).sqrt() * noise).float()
    assert_close(
        student.vlb_term(x0, x_t, t, noise, betas), torch.zeros(3), rtol=0, atol=1e-4, name="vlb_term"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(4)
def test_vlb_term_gradient(student, rng):
    """The term's gradient reaches the prediction, as that of a weighted squared error of the noise."""
    betas, t = torch.linspace(0.1, 0.5, 6, dtype=torch.float64), torch.tensor([1, 5, 3])
    x0, x_t = rng.randn(3, 4), rng.randn(3, 4)
    eps_pred = rng.randn(3, 4, requires_grad=True)
    student.vlb_term(x0, x_t, t, eps_pred, betas).sum().backward()
    assert eps_pred.grad is not None, "no gradient reaches the prediction"
    wanted = eps_pred.detach().clone().requires_grad_()
    bound(x0, x_t, t, wanted, betas).sum().backward()
    assert_close(eps_pred.grad, wanted.grad, rtol=3e-3, atol=3e-3, name="gradient of the prediction")
