"""Hidden suite of `contrastive_divergence`: gradients against autograd of the free energy; chains against enumeration.

Chi-square with 7 degrees of freedom exceeds 47 with probability 6e-8.
"""

import itertools

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("contrastive_divergence"),
    pytest.mark.shares(runs=8, plain=46, options=34, invariants=12),
]

FLOAT64 = {"rtol": 1e-8, "atol": 1e-9}


def table(n):
    """Every state of n units, float64."""
    return torch.tensor(list(itertools.product([0.0, 1.0], repeat=n)), dtype=torch.float64)


def machine(rng, visible, hidden, scale=1.0):
    """Weight, visible bias and hidden bias, float64."""
    sizes = ((visible, hidden), (visible,), (hidden,))
    return tuple(scale * rng.randn(*size, dtype=torch.float64) for size in sizes)


def kernel(weight, a, c):
    """Matrix of one step: row the visible state before, column the one after, summed over the hidden states."""
    v, h = table(len(a)), table(len(c))
    up, down = 1 / (1 + torch.exp(-(v @ weight + c))), 1 / (1 + torch.exp(-(h @ weight.T + a)))
    to_hidden = torch.stack([(up * s + (1 - up) * (1 - s)).prod(1) for s in h], 1)
    to_visible = torch.stack([(down * s + (1 - down) * (1 - s)).prod(1) for s in v], 1)
    return to_hidden @ to_visible


def chi_square(samples, p):
    """Pearson's statistic of states (M, n); states that are expected less than five times are put together."""
    n = samples.shape[1]
    code = (samples @ 2.0 ** torch.arange(n - 1, -1, -1, dtype=samples.dtype)).long()
    found, want = torch.bincount(code, minlength=2**n).double(), p * len(samples)
    rare = want < 5
    statistic = float(((found - want) ** 2 / want)[~rare].sum())
    if float(want[rare].sum()) > 1:
        statistic += float((found[rare].sum() - want[rare].sum()) ** 2 / want[rare].sum())
    return statistic


def oracle(v_data, v_chain, weight, a, c):
    """Autograd of the mean free energy of the data minus that of the chains."""
    parameters = [p.detach().clone().requires_grad_() for p in (weight, a, c)]

    def free(v):
        w, a, c = parameters
        return -(v * a).sum(1) - torch.log1p(torch.exp(torch.einsum("ni,ij->nj", v, w) + c)).sum(1)

    return torch.autograd.grad(free(v_data).mean() - free(v_chain).mean(), parameters)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """Both functions run: chains of 0 and 1, and a gradient for each parameter."""
    parameters = machine(rng, 4, 3)
    v = student.block_gibbs(table(4)[:5], *parameters, 2, rng.generator())
    assert tuple(v.shape) == (5, 4), "chains keep their shape"
    assert bool(((v == 0) | (v == 1)).all()), "visible states are 0 or 1"
    grads = student.cd_gradients(table(4)[:5], table(4)[3:8], *parameters)
    assert [tuple(g.shape) for g in grads] == [(4, 3), (4,), (3,)], (
        "gradients in weight, visible bias, hidden bias"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(4)
@pytest.mark.parametrize(("place", "name"), [(0, "weight"), (1, "visible bias"), (2, "hidden bias")])
def test_gradients(student, rng, place, name):
    """Each gradient is the chains' mean minus the data's, hidden units by their probabilities."""
    for visible, hidden, n, m in ((4, 3, 7, 7), (3, 5, 6, 4)):
        parameters = machine(rng, visible, hidden)
        v_data, v_chain = (rng.randint(0, 2, (k, visible)).double() for k in (n, m))
        got = student.cd_gradients(v_data, v_chain, *parameters)[place]
        want = oracle(v_data, v_chain, *parameters)[place]
        assert_close(got, want, **FLOAT64, name=f"gradient in the {name}")


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize("k", [1, 2])
def test_steps(student, rng, k):
    """From one start the states after k steps are distributed as enumeration says."""
    # A machine that mixes slowly, so that each step shows.
    weight, a, c = machine(rng, 3, 2, 0.4)
    parameters = weight + 4 * torch.eye(3, 2).double(), a - 2, c - 2
    row = rng.randint(0, 8)
    v = student.block_gibbs(table(3)[row].expand(20_000, 3), *parameters, k, rng.generator())
    want = torch.linalg.matrix_power(kernel(*parameters), k)[row]
    assert chi_square(v, want) < 47, f"after {k} steps the states are distributed otherwise"


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_hidden_units_are_drawn(student, rng):
    """A hidden unit that may be on or off draws its visible units together: all of them, or none."""
    weight = torch.full((3, 1), 8.0, dtype=torch.float64)
    a, c = torch.full((3,), -4.0, dtype=torch.float64), torch.tensor([-8.0], dtype=torch.float64)
    start = torch.eye(3, dtype=torch.float64)[rng.randint(0, 3)]
    v = student.block_gibbs(start.expand(4000, 3), weight, a, c, 1, rng.generator())
    # The hidden unit is on with probability 1/2, and each visible unit follows it with probability 0.98.
    together = float((v.sum(1) % 3 == 0).double().mean())
    assert together > 0.9, "visible units that share a hidden unit are not drawn together"
    assert abs(float(v.mean()) - 0.5) < 0.05, "the hidden unit is not on half of the time"


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_stationary(student, rng):
    """After 40 steps the chains have the model's probabilities, whatever the start."""
    weight, a, c = machine(rng, 3, 4, 0.7)
    states = table(3)
    p = torch.softmax(states @ a + torch.log1p(torch.exp(states @ weight + c)).sum(1), 0)
    for start in (torch.zeros, torch.ones):
        v = student.block_gibbs(start(10_000, 3, dtype=torch.float64), weight, a, c, 40, rng.generator())
        assert chi_square(v, p) < 47, "the chains do not have the model's probabilities"


@pytest.mark.level("options")
def test_no_step(student, rng):
    """With k = 0 the states are what was given; without k there is one step."""
    parameters = machine(rng, 3, 2)
    v = table(3)
    assert_close(student.block_gibbs(v, *parameters, 0, rng.generator()), v, name="states after no step")
    got = student.block_gibbs(table(3)[6].expand(20_000, 3), *parameters, generator=rng.generator())
    assert chi_square(got, kernel(*parameters)[6]) < 47, "the default is one step"


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_grey_and_few(student, rng):
    """Grey data, one data point against many chains, one hidden unit, views."""
    parameters = machine(rng, 5, 1)
    v_data, v_chain = rng.rand(1, 5, dtype=torch.float64), rng.randint(0, 2, (5, 9)).double().T
    for got, want in zip(
        student.cd_gradients(v_data, v_chain, *parameters), oracle(v_data, v_chain, *parameters), strict=True
    ):
        assert_close(got, want, **FLOAT64, name="gradient")
    weight = rng.randn(2, 5, dtype=torch.float64).T
    for got, want in zip(
        student.cd_gradients(v_chain, v_data, weight, parameters[1], rng.randn(1).double().expand(2)),
        oracle(v_chain, v_data, weight, parameters[1], rng.randn(1).double().expand(2)),
        strict=True,
    ):
        assert got.shape == want.shape, "gradients have the shapes of the parameters"


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_grey_start(student, rng):
    """A chain may start at grey pixels: the first hidden units take their fields from them as they are."""
    weight, a, c = machine(rng, 3, 2, 0.4)
    weight = weight + 4 * torch.eye(3, 2).double()
    parameters, grey = (weight, a - 2, c - 2), rng.uniform(0.3, 0.7, 3).double()
    v = student.block_gibbs(grey.expand(20_000, 3), *parameters, 1, rng.generator())
    h = table(2)
    on = torch.sigmoid(grey @ weight + c - 2)
    p_h = (on * h + (1 - on) * (1 - h)).prod(1)
    up = torch.sigmoid(h @ weight.T + a - 2)[:, None]
    p_v = (up * table(3) + (1 - up) * (1 - table(3))).prod(2)
    assert chi_square(v, p_h @ p_v) < 47, "after a step from grey pixels the states are distributed otherwise"


@pytest.mark.level("options")
def test_strong(student, rng):
    """Huge fields decide for certain: a hidden unit copies one visible unit to the other."""
    weight = torch.tensor([[200.0], [200.0]])
    a, c = torch.tensor([-100.0, -100.0]), torch.tensor([-100.0])
    v = torch.tensor([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0]]).repeat(300, 1)
    got = student.block_gibbs(v, weight, a, c, 1, rng.generator())
    assert_close(got, v[:, :1].expand(-1, 2), rtol=0, atol=0, name="states after a step")


@pytest.mark.level("invariants")
def test_vanishes_at_the_model(student, rng):
    """Where chains and data are the same states, no parameter has a gradient; exchanging them turns the sign."""
    parameters = machine(rng, 4, 3)
    one, two = rng.randint(0, 2, (6, 4)).double(), rng.randint(0, 2, (3, 4)).double()
    for gradient in student.cd_gradients(one, one[rng.perm(6)], *parameters):
        assert float(gradient.abs().max()) < 1e-9, "a gradient where data and model agree"
    there, back = student.cd_gradients(one, two, *parameters), student.cd_gradients(two, one, *parameters)
    for x, y in zip(there, back, strict=True):
        assert_close(x, -y, **FLOAT64, name="gradient with data and chains exchanged")


@pytest.mark.level("invariants")
def test_draws(student, rng):
    """Without couplings and fields each unit of each chain is a fair coin of its own."""
    zero = torch.zeros(6, 2, dtype=torch.float64), torch.zeros(6).double(), torch.zeros(2).double()
    v = 2 * student.block_gibbs(torch.zeros(3000, 6, dtype=torch.float64), *zero, 1, rng.generator()) - 1
    # Means of at least 15,000 products of coins: standard deviation 0.0082.
    for product, what in (
        (v, "units"),
        (v[:-1] * v[1:], "chains"),
        (v[:, :-1] * v[:, 1:], "units of a chain"),
    ):
        assert abs(float(product.mean())) < 0.05, f"coins of {what} are not fair or not independent"


@pytest.mark.level("invariants")
def test_hidden_probabilities_not_samples(student, rng):
    """The gradients draw nothing: twice the same arguments give the same."""
    parameters = machine(rng, 4, 3)
    v = table(4)
    one, two = (student.cd_gradients(v[:9], v[5:], *parameters) for _ in range(2))
    for x, y in zip(one, two, strict=True):
        assert_close(x, y, rtol=0, atol=0, name="gradients of two calls")


@pytest.mark.level("contract")
def test_generator_and_dtype(student, rng):
    """The generator draws everything, the global one if None; float32 stays float32."""
    parameters = tuple(p.float() for p in machine(rng, 4, 3))
    v, seed = table(4).float(), rng.seed()
    one, two = (student.block_gibbs(v, *parameters, 3, torch.Generator().manual_seed(seed)) for _ in range(2))
    assert_close(one, two, rtol=0, atol=0, name="two runs from one seed")
    student.torch.manual_seed(seed)
    first = student.block_gibbs(v, *parameters)
    student.torch.manual_seed(seed)
    assert_close(
        student.block_gibbs(v, *parameters), first, rtol=0, atol=0, name="two runs from one global seed"
    )
    assert one.dtype == torch.float32 and student.cd_gradients(v, v, *parameters)[0].dtype == torch.float32
