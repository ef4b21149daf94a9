"""Hidden suite of `metropolis`: exact samples must stay exact samples; acceptance by numerical integration.

Chi-square with 15 degrees of freedom exceeds 65 with probability 4e-8. A share of 20,000 has a standard deviation of at
most 0.0036: a bar at 0.02 fails one in 3e7 right runs.
"""

import math

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("metropolis"),
    pytest.mark.shares(runs=16, plain=29, options=42, invariants=13),
]

CLOSE = {"rtol": 1e-5, "atol": 1e-5}
GRID = torch.linspace(-6, 6, 2401, dtype=torch.float64)


def uneven(x):
    """One valley that is steep on the left and flat on the right, in one dimension."""
    return torch.exp(-x[:, 0]) + x[:, 0] + 0.1 * x[:, 0] ** 2


def density(temperature):
    """Probabilities of the grid's points under `uneven`."""
    return torch.softmax(-uneven(GRID[:, None]) / temperature, 0)


def exact_samples(n, temperature, rng):
    """Samples of `uneven`, by inverting its distribution function on the grid."""
    below = density(temperature).cumsum(0)
    u = rng.rand(n, dtype=torch.float64)
    place = torch.searchsorted(below, u).clamp(max=len(GRID) - 1)
    return (GRID[place] + (rng.rand(n, dtype=torch.float64) - 0.5) * (GRID[1] - GRID[0]))[:, None]


def chi_square(x, temperature):
    """Pearson's statistic of samples over 16 cells of equal probability."""
    below = density(temperature).cumsum(0)
    edges = (
        GRID[torch.searchsorted(below, torch.arange(1, 16, dtype=torch.float64) / 16)]
        + (GRID[1] - GRID[0]) / 2
    )
    share = torch.diff(
        torch.cat(
            [torch.zeros(1), torch.tensor([below[e >= GRID].max() for e in edges]), torch.ones(1)]
        ).double()
    )
    found = torch.bincount(torch.searchsorted(edges, x[:, 0].contiguous()), minlength=16).double()
    return float(((found - share * len(x)) ** 2 / (share * len(x))).sum())


def acceptance(start, step, temperature):
    """Share of proposals accepted from one start, integrated over the proposals."""
    at = torch.tensor([[start]], dtype=torch.float64, requires_grad=True)
    (g,) = torch.autograd.grad(uneven(at).sum(), at)
    to = (GRID[:, None] * 2).requires_grad_()
    (g_to,) = torch.autograd.grad(uneven(to).sum(), to)
    log_q = -((to - at + step * g) ** 2)[:, 0] / (4 * step * temperature)
    log_back = -((at - to + step * g_to) ** 2)[:, 0] / (4 * step * temperature)
    log_a = (uneven(at) - uneven(to)) / temperature + log_back - log_q
    return float((torch.softmax(log_q, 0) * log_a.clamp(max=0).exp()).sum().detach())


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """Both functions run; a log-density and a decision for each chain."""
    x = rng.randn(4, 2, 3)
    assert tuple(student.log_proposal(x, x + 1, x, 0.1).shape) == (4,), "a log-density for each chain"
    new, accepted = student.mala_step(x, lambda x: (x**2).flatten(1).sum(1), 0.1, generator=rng.generator())
    assert tuple(new.shape) == (4, 2, 3), "states keep their shape"
    assert tuple(accepted.shape) == (4,) and accepted.dtype == torch.bool, "a bool for each chain"


@pytest.mark.level("plain")
@pytest.mark.parametrize("shape", [(5, 3), (2, 1, 4, 3), (1, 2)])
def test_log_proposal(student, rng, shape):
    """Minus the squared distance from the drift's end, over 4 * step * temperature, summed over the sample."""
    to, start, g = rng.randn(*shape), rng.randn(*shape), rng.randn(*shape)
    for step, temperature in ((0.3, 1.0), (1.2, 2.5)):
        rows = [float(((to[i] - (start[i] - step * g[i])) ** 2).sum()) for i in range(shape[0])]
        want = -torch.tensor(rows) / (4 * step * temperature)
        got = student.log_proposal(to, start, g, step, temperature)
        assert_close(got, want, rtol=1e-4, atol=1e-5, name="log q")


@pytest.mark.level("plain")
@pytest.mark.parametrize("step", [0.3, 0.8])
def test_exact_samples_stay_exact(student, rng, step):
    """Chains that have the model's distribution have it still after three large steps."""
    x = exact_samples(20_000, 1.0, rng)
    for _ in range(3):
        x, _ = student.mala_step(x, uneven, step, generator=rng.generator())
    assert chi_square(x, 1.0) < 65, "the chains' distribution has moved away from the model's"


@pytest.mark.level("plain")
@pytest.mark.parametrize("start", [-1.0, 0.3, 2.5])
def test_acceptance(student, rng, start):
    """From a given start, as many proposals are accepted as the formula says."""
    x = torch.full((20_000, 1), start, dtype=torch.float64)
    _, accepted = student.mala_step(x, uneven, 0.4, generator=rng.generator())
    assert abs(float(accepted.double().mean()) - acceptance(start, 0.4, 1.0)) < 0.02, (
        "the share accepted is off"
    )


@pytest.mark.level("options")
@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_temperature(student, rng, temperature):
    """The temperature is in the noise, in the energies' ratio and in the proposals' ratio."""
    x = exact_samples(20_000, temperature, rng)
    for _ in range(3):
        x, _ = student.mala_step(x, uneven, 0.5, temperature, rng.generator())
    assert chi_square(x, temperature) < 65, "the chains' distribution has moved away from the model's"
    start = torch.full((20_000, 1), 0.3, dtype=torch.float64)
    _, accepted = student.mala_step(start, uneven, 0.4, temperature, rng.generator())
    assert abs(float(accepted.double().mean()) - acceptance(0.3, 0.4, temperature)) < 0.02, (
        "the share accepted is off"
    )


@pytest.mark.level("options")
def test_many_dimensions(student, rng):
    """In six dimensions, on states of shape (2, 3), variances stay what they are."""
    widths = torch.tensor([[0.5, 1.0, 2.0], [3.0, 0.7, 1.5]], dtype=torch.float64)
    x = widths.sqrt() * rng.randn(20_000, 2, 3, dtype=torch.float64)
    for _ in range(3):
        x, accepted = student.mala_step(
            x, lambda x: (x**2 / widths).flatten(1).sum(1) / 2, 0.5, generator=rng.generator()
        )
    assert bool(((x.var(0) / widths - 1).abs() < 0.06).all()), "a variance has changed"
    assert 0.2 < float(accepted.double().mean()) < 0.98, "nearly all proposals are accepted, or nearly none"


@pytest.mark.level("options")
def test_walls(student, rng):
    """A proposal of infinite energy is refused, and the others go on."""

    def box(x):
        return torch.where(x.abs() < 1, 0 * x, torch.full_like(x, math.inf)).sum(1)

    x = rng.uniform(-1.0, 1.0, 5000, 1)
    new, accepted = student.mala_step(x, box, 0.3, generator=rng.generator())
    assert bool((new.abs() < 1).all()), "a chain went through the wall"
    assert 0.2 < float(accepted.double().mean()) < 0.9, "nobody moves beside a wall"

    def soft_box(x):
        # Outside its gradient says nothing: the energy alone says that nobody may be there.
        return (1 / torch.relu(1 - x.abs())).sum(1)

    x = rng.uniform(-0.5, 0.5, 5000, 1)
    new, accepted = student.mala_step(x, soft_box, 0.05, generator=rng.generator())
    assert bool((new.abs() < 1).all()), "a chain went through the wall"
    assert float(accepted.double().mean()) > 0.2, "nobody moves beside a wall"


@pytest.mark.level("invariants")
def test_stays_or_moves(student, rng):
    """A chain that refused is where it was; one that accepted is not; each decides for itself."""
    x = 2 * rng.randn(900, 2)
    new, accepted = student.mala_step(x, lambda x: (x**4).sum(1), 0.05, generator=rng.generator())
    assert bool(accepted.any()) and not bool(accepted.all()), "all chains accept, or none does"
    assert_close(new[~accepted], x[~accepted], rtol=0, atol=0, name="states of chains that refused")
    assert bool((new[accepted] != x[accepted]).any(1).all()), "a chain that accepted has not moved"


@pytest.mark.level("invariants")
def test_decisions_are_independent(student, rng):
    """Chains in the same state decide independently of each other."""
    x = torch.full((20_000, 1), 0.3, dtype=torch.float64)
    _, accepted = student.mala_step(x, uneven, 1.5, generator=rng.generator())
    centred = accepted.double() - accepted.double().mean()
    # Neighbours' products over the variance: 20,000 of them have a mean with a standard deviation of 0.007.
    assert abs(float((centred[:-1] * centred[1:]).mean() / centred.var())) < 0.05, (
        "neighbours decide together"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_leaves_nothing_behind(student, rng):
    """No graph on the states, no gradient in x or in the network's parameters, with gradients on and off."""
    network, x, seed = student.EnergyNetwork(8), rng.randn(40, 2, requires_grad=True), rng.seed()
    on, _ = student.mala_step(2 * x, network, 0.2, generator=torch.Generator().manual_seed(seed))
    assert not on.requires_grad, "the new states have a graph"
    with torch.no_grad():
        off, _ = student.mala_step(2 * x, network, 0.2, generator=torch.Generator().manual_seed(seed))
    assert_close(off, on, **CLOSE, name="states without gradients")
    assert x.grad is None, "a gradient was left in the states"
    assert all(p.grad is None for p in network.parameters()), "a gradient was left in the energy's parameters"


@pytest.mark.level("contract")
def test_generator_and_dtype(student, rng):
    """The generator draws everything, the global one if None; float32 stays float32."""
    x, seed = rng.randn(30, 2), rng.seed()

    def energy(x):
        return (x**2).sum(1)

    one, two = (
        student.mala_step(x, energy, 0.5, 1.0, torch.Generator().manual_seed(seed))[0] for _ in range(2)
    )
    assert_close(one, two, rtol=0, atol=0, name="two steps from one seed")
    assert one.dtype == torch.float32
    student.torch.manual_seed(seed)
    first = student.mala_step(x, energy, 0.5)[0]
    student.torch.manual_seed(seed)
    assert_close(
        student.mala_step(x, energy, 0.5)[0], first, rtol=0, atol=0, name="two steps from one global seed"
    )
