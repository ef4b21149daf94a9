"""Hidden suite of `langevin`: exact at temperature 0; the noise by its moments; the bias on a Gaussian in closed form.

A variance of 20,000 normal numbers has a relative standard deviation of 1 %: a bar at 6 % fails one in 5e8 right runs.
"""

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("langevin"),
    pytest.mark.shares(runs=7, plain=49, options=33, invariants=11),
]

CLOSE = {"rtol": 1e-5, "atol": 1e-5}


def quartic(x):
    """An energy whose gradient is x cubed."""
    return (x**4).flatten(1).sum(1) / 4


def flat(x):
    """An energy without slope."""
    return 0 * x.flatten(1).sum(1)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """Both functions run and keep the shape of the samples."""
    for shape in ((4, 2), (3, 1, 2, 5), (6,)):
        x = rng.randn(*shape)

        def energy(x):
            return (x.view(len(x), -1) ** 2).sum(1)

        new = student.langevin_step(x, energy, 0.1, generator=rng.generator())
        assert isinstance(new, torch.Tensor) and tuple(new.shape) == shape, "a step keeps the shape"
        new = student.langevin_chain(x, energy, 0.1, 3, generator=rng.generator())
        assert tuple(new.shape) == shape, "a chain keeps the shape"


@pytest.mark.level("plain")
@pytest.mark.parametrize("shape", [(5, 3), (2, 1, 4, 3), (1, 2)])
def test_drift(student, rng, shape):
    """At temperature 0 a step is x - step * gradient, for each sample by its own energy."""
    x = rng.randn(*shape)
    got = student.langevin_step(x, quartic, 0.07, temperature=0.0, generator=rng.generator())
    assert_close(got, x - 0.07 * x**3, **CLOSE, name="x'")


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize("step", [0.02, 0.5, 3.0])
def test_noise(student, rng, step):
    """Where the energy is flat a step is normal noise of variance 2 * step, and of mean 0."""
    x = rng.randn(2000, 10)
    moved = student.langevin_step(x, flat, step, generator=rng.generator()) - x
    assert abs(float(moved.var()) / (2 * step) - 1) < 0.06, "the noise's variance is not 2 * step"
    assert abs(float(moved.mean())) < 0.045 * (2 * step) ** 0.5, "the noise does not have mean 0"
    kurtosis = float((moved**4).mean() / (moved**2).mean() ** 2)
    # For normal noise 3 with a standard deviation of 0.035; uniform noise has 1.8.
    assert abs(kurtosis - 3) < 0.3, "the noise is not normal"
    together = moved.T @ moved / (2 * step * len(x)) - torch.eye(10)
    # Of 45 pairs the mean product has a standard deviation of 0.022, that of squares on the diagonal 0.032.
    assert float(together.abs().max()) < 0.2, "numbers of one sample share their noise"


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize("step", [0.3, 1.0, 1.5])
def test_bias_on_a_gaussian(student, rng, step):
    """On a Gaussian of variance v the chain's variance is v / (1 - step / (2 v))."""
    v = 1.3
    contraction = abs(1 - step / v)
    n_steps = 60 if contraction > 0.5 else 25
    x = student.langevin_chain(
        torch.zeros(2000, 10), lambda x: (x**2).sum(1) / (2 * v), step, n_steps, generator=rng.generator()
    )
    want = v / (1 - step / (2 * v)) * (1 - contraction ** (2 * n_steps))
    assert abs(float(x.var()) / want - 1) < 0.06, "the chain's variance is not that of Langevin's dynamics"


@pytest.mark.level("options")
@pytest.mark.weight(2)
@pytest.mark.parametrize("temperature", [0.25, 4.0])
def test_temperature(student, rng, temperature):
    """The variance of the noise is 2 * step * temperature, in a step and in a chain; the drift does not change."""
    x = torch.full((20_000, 1), 2.0)
    moved = student.langevin_step(x, quartic, 0.01, temperature, rng.generator()) - x
    assert abs(float(moved.var()) / (0.02 * temperature) - 1) < 0.06, (
        "the noise does not grow with the temperature"
    )
    assert abs(float(moved.mean()) + 0.08) < 0.045 * (0.02 * temperature) ** 0.5, (
        "the drift changed with the temperature"
    )
    far = student.langevin_chain(torch.zeros(20_000, 1), flat, 0.05, 5, temperature, rng.generator())
    assert abs(float(far.var()) / (0.5 * temperature) - 1) < 0.06, "the chain does not obey the temperature"


@pytest.mark.level("options")
def test_number_of_steps(student, rng):
    """A chain makes just as many steps as it is told: none, one, five."""
    x = rng.randn(4, 3)
    for n_steps in (0, 1, 5):
        want = x
        for _ in range(n_steps):
            want = want - 0.05 * want**3
        assert_close(
            student.langevin_chain(x, quartic, 0.05, n_steps, 0.0), want, **CLOSE, name=f"{n_steps} steps"
        )


@pytest.mark.level("options")
def test_far_and_views(student, rng):
    """Nothing is cut off, neither far states nor steep slopes; views are states too."""
    x = 30 * rng.randn(3, 4).T
    got = student.langevin_step(x, quartic, 0.5, 0.0)
    assert_close(got, x - 0.5 * x**3, rtol=1e-4, atol=1e-3, name="x' far out")
    got = student.langevin_chain(20 * x, lambda x: (x**2).sum(1) / 2, 0.1, 2, 0.0)
    assert_close(got, 0.81 * 20 * x, rtol=1e-4, atol=1e-3, name="a chain's states far out")
    same = student.langevin_step(rng.randn(1, 2).expand(5000, 2), flat, 0.5, generator=rng.generator())
    assert float(same.var(0).min()) > 0.8, "copies of one state have noise of their own"


@pytest.mark.level("invariants")
def test_alone_or_among_others(student, rng):
    """A sample's drift does not depend on how many others there are."""
    x = rng.randn(9, 2, dtype=torch.float64)
    together = student.langevin_step(x, quartic, 0.1, 0.0)
    for i in (0, 4, 8):
        alone = student.langevin_step(x[i : i + 1], quartic, 0.1, 0.0)
        assert_close(alone, together[i : i + 1], rtol=1e-10, atol=1e-12, name=f"sample {i}, alone")


@pytest.mark.level("invariants")
@pytest.mark.weight(5)
def test_leaves_nothing_behind(student, rng):
    """No graph on the states, no gradient in x or in the network's parameters, with gradients on and off."""
    # The network lives beside the student's code: its gradients are those that the student's code leaves.
    network, x = student.EnergyNetwork(8), rng.randn(3, 2, requires_grad=True)
    for name in ("langevin_step", "langevin_chain"):
        more = (2,) if name == "langevin_chain" else ()
        function = getattr(student, name)
        for start in (x, 2 * x):
            new = function(start, network, 0.1, *more, temperature=0.0)
            assert not new.requires_grad, f"{name} returns states with a graph"
        none = student.langevin_chain(2 * x, network, 0.1, 0)
        assert not none.requires_grad, "a chain of no steps returns x with its graph"
        with torch.no_grad():
            off = function(x, network, 0.1, *more, temperature=0.0)
        on = function(x, network, 0.1, *more, temperature=0.0).detach()
        assert_close(off, on, **CLOSE, name=f"{name} without gradients")
        assert x.grad is None, f"{name} leaves a gradient in the states it was given"
        assert all(p.grad is None for p in network.parameters()), (
            f"{name} leaves a gradient in the energy's parameters"
        )


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_draws_are_independent(student, rng):
    """Noise differs from sample to sample, from number to number and from step to step."""
    moved = student.langevin_step(torch.zeros(3000, 4), flat, 0.5, generator=rng.generator())
    for one, other, what in (
        (moved[:-1], moved[1:], "neighbouring samples"),
        (moved[:, :-1], moved[:, 1:], "numbers of one sample"),
    ):
        # At least 9,000 products of independent normal numbers: a mean with a standard deviation of at most 0.0106.
        assert abs(float((one * other).mean())) < 0.06, f"the noise of {what} is not independent"
    generator = rng.generator()
    steps = torch.stack(
        [student.langevin_step(torch.zeros(500, 4), flat, 0.5, generator=generator) for _ in range(3)]
    )
    # Means of 2,000 products of independent normal numbers: standard deviation 0.022.
    for one, other in ((0, 1), (1, 2), (0, 2)):
        assert abs(float((steps[one] * steps[other]).mean())) < 0.15, "noise repeats from step to step"


@pytest.mark.level("contract")
def test_generator_and_dtype(student, rng):
    """The generator draws everything, the global one if None; float64 stays float64."""
    x, seed = rng.randn(4, 3, dtype=torch.float64), rng.seed()
    one, two = (
        student.langevin_chain(x, quartic, 0.01, 2, 1.0, torch.Generator().manual_seed(seed))
        for _ in range(2)
    )
    assert one.dtype == torch.float64, "float64 states stay float64"
    assert_close(one, two, rtol=0, atol=0, name="two chains from one seed")
    student.torch.manual_seed(seed)
    first = student.langevin_step(x, quartic, 0.01)
    student.torch.manual_seed(seed)
    assert_close(
        student.langevin_step(x, quartic, 0.01), first, rtol=0, atol=0, name="two steps from one global seed"
    )
