"""Hidden suite of `schedules`; the oracles are Python's own arithmetic in double precision and published numbers.

Tolerance: everything is float64. A beta is the difference of two numbers near 1, so it keeps 13 digits behind the
point; a product of 1000 factors keeps 12 digits. The finest mistake tested moves a value by 1e-4 of itself.
"""

import math

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("schedules"),
    pytest.mark.shares(runs=10, plain=47, options=18, invariants=25),
]

CLOSE = {"rtol": 1e-8, "atol": 1e-12}


def f(u, T, s):
    """Nichol and Dhariwal's curve, from which the cosine schedule's alpha-bar is made."""
    return math.cos((u / T + s) / (1 + s) * math.pi / 2) ** 2


def cosine_by_hand(T, s, max_beta):
    return torch.tensor(
        [min(1 - f(t + 1, T, s) / f(t, T, s), max_beta) for t in range(T)], dtype=torch.float64
    )


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student):
    """Each schedule is a tensor with one number per step."""
    for name, values in (
        ("linear_betas", student.linear_betas(7)),
        ("cosine_betas", student.cosine_betas(9)),
        ("alpha_bars", student.alpha_bars(torch.full((5,), 0.1, dtype=torch.float64))),
    ):
        assert isinstance(values, torch.Tensor), f"{name} must return a tensor"
    assert student.linear_betas(7).shape == (7,), "linear_betas(T) has T numbers"
    assert student.cosine_betas(9).shape == (9,), "cosine_betas(T) has T numbers"
    assert student.alpha_bars(torch.full((5,), 0.1, dtype=torch.float64)).shape == (5,), (
        "alpha_bars keeps the length"
    )


@pytest.mark.level("plain")
@pytest.mark.parametrize(
    ("T", "options"),
    [
        (2, {}),
        (11, {}),
        (1000, {}),
        (6, {"beta_start": 0.05, "beta_end": 0.3}),
        (23, {"beta_start": 0.4, "beta_end": 0.1}),
        (4, {"beta_start": 0.2, "beta_end": 0.2}),
    ],
)
def test_linear(student, T, options):
    """The linear schedule goes from beta_start to beta_end in equal steps, both ends included."""
    start, end = options.get("beta_start", 1e-4), options.get("beta_end", 0.02)
    want = torch.tensor([start + (end - start) * t / (T - 1) for t in range(T)], dtype=torch.float64)
    assert_close(student.linear_betas(T, **options), want, **CLOSE, name="linear_betas")


@pytest.mark.level("options")
@pytest.mark.weight(4.85)
def test_linear_of_one_step(student):
    """A linear schedule of one step is one number, from beta_start to beta_end."""
    betas = student.linear_betas(1)
    assert betas.shape == (1,) and betas.dtype == torch.float64, "linear_betas(1) is one float64 number"
    assert 1e-4 - 1e-12 <= betas.item() <= 0.02 + 1e-12, (
        "the only beta is not between beta_start and beta_end"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize(
    ("T", "s"), [(4, 0.008), (50, 0.008), (1000, 0.008), (10, 0.1), (300, 0.002), (1000, 0.0)]
)
def test_cosine(student, T, s):
    """The cosine schedule's betas are the steps of alpha-bar(t) = f(t) / f(0)."""
    assert_close(student.cosine_betas(T, s=s), cosine_by_hand(T, s, 0.999), **CLOSE, name="cosine_betas")


@pytest.mark.level("options")
@pytest.mark.weight(9.7)
@pytest.mark.parametrize(("T", "max_beta"), [(20, 0.999), (20, 0.5), (500, 0.02), (1, 0.999)])
def test_clipped(student, T, max_beta):
    """No beta of the cosine schedule is above max_beta, and those below it stay what they are."""
    assert_close(student.cosine_betas(T, max_beta=max_beta), cosine_by_hand(T, 0.008, max_beta), **CLOSE)


@pytest.mark.level("options")
@pytest.mark.parametrize("T", [1, 2, 3, 7, 100, 4000])
def test_cosine_range(student, T):
    """Every beta of the cosine schedule is a variance: above 0 and below 1."""
    betas = student.cosine_betas(T)
    assert bool(((betas > 0) & (betas < 1)).all()), "a beta is outside (0, 1)"


@pytest.mark.level("invariants")
@pytest.mark.weight(6)
def test_cosine_alpha_bar(student):
    """The product of the cosine schedule's alphas is f(t) / f(0) again, at every step before the clipped one."""
    T = 200
    product, kept = 1.0, []
    for beta in student.cosine_betas(T).tolist()[:-1]:
        product *= 1 - beta
        kept.append(product)
    want = [f(t + 1, T, 0.008) / f(0, T, 0.008) for t in range(T - 1)]
    kept, want = torch.tensor(kept, dtype=torch.float64), torch.tensor(want, dtype=torch.float64)
    assert_close(kept, want, rtol=1e-6, atol=1e-9, name="alpha-bar")


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize("T", [1, 5, 64])
def test_alpha_bars(student, rng, T):
    """alpha-bar at t is the product of 1 - beta over the steps 0 to t, step t included."""
    betas = rng.uniform(0.01, 0.6, T, dtype=torch.float64)
    betas[T // 2] = 2e-5  # published schedules start at 1e-4 or below
    products, product = [], 1.0
    for beta in betas.tolist():
        product *= 1 - beta
        products.append(product)
    assert_close(
        student.alpha_bars(betas), torch.tensor(products, dtype=torch.float64), **CLOSE, name="alpha_bars"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(6)
def test_alpha_bars_compose(student, rng):
    """Of two schedules one after the other, the second's alpha-bars are its own times the first's last."""
    first, second = (rng.uniform(0.01, 0.4, n, dtype=torch.float64) for n in (3, 5))
    whole = student.alpha_bars(torch.cat([first, second]))
    parts = student.alpha_bars(first), student.alpha_bars(second)
    assert_close(whole, torch.cat([parts[0], parts[0][-1] * parts[1]]), **CLOSE, name="alpha_bars")


@pytest.mark.level("invariants")
def test_published(student):
    """The published numbers: the linear schedule's last alpha-bar and the cosine schedule's first and last beta."""
    product = 1.0
    for beta in student.linear_betas(1000).tolist():
        product *= 1 - beta
    # Ho et al.: beta from 1e-4 to 0.02 in 1000 steps leaves 4.0358e-5 of the signal's variance.
    assert abs(product - 4.0358e-5) < 5e-10, (
        "the linear schedule of 1000 steps does not keep the published variance"
    )
    betas = student.cosine_betas(1000)
    assert abs(betas[0].item() - 4.128e-5) < 5e-9, "the cosine schedule's first beta is not the published one"
    assert betas[-1].item() == 0.999, "the cosine schedule's last beta is not the published one"


@pytest.mark.level("invariants")
@pytest.mark.weight(12)
def test_alpha_bars_published(student):
    """alpha_bars of the published linear schedule ends at the published number."""
    last = student.alpha_bars(torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64))[-1].item()
    assert abs(last - 4.0358e-5) < 5e-10, "the last alpha-bar is not the published one"


@pytest.mark.level("contract")
def test_float64(student):
    """Each schedule is float64: the products run over a thousand steps."""
    for name, values in (
        ("linear_betas", student.linear_betas(7)),
        ("cosine_betas", student.cosine_betas(9)),
        ("alpha_bars", student.alpha_bars(torch.full((5,), 0.1, dtype=torch.float64))),
    ):
        assert values.dtype == torch.float64, f"{name} is not float64"
