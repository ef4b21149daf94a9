"""Hidden suite of `gibbs`: one sweep's distribution over all states is a product of conditionals, known exactly.

Frequencies of 20,000 chains are compared with it by a chi-square statistic; with 7 degrees of freedom it exceeds 47
with probability 6e-8, with 15 degrees of freedom 65 with probability 4e-8.
"""

import itertools

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [pytest.mark.exercise("gibbs"), pytest.mark.shares(runs=12, plain=43, options=22, invariants=23)]

CLOSE = {"rtol": 1e-5, "atol": 1e-6}


def spins(n):
    """Every state, float64."""
    return torch.tensor(list(itertools.product([-1.0, 1.0], repeat=n)), dtype=torch.float64)


def model(rng, n, strength=1.0):
    """Symmetric couplings without self-coupling, of either sign and none near 0, and fields, float64."""
    sign = 2.0 * rng.randint(0, 2, (n, n)).double() - 1
    J = strength * (sign * (0.5 + rng.rand(n, n, dtype=torch.float64))).triu(1)
    return J + J.T, 0.5 * strength * rng.randn(n, dtype=torch.float64)


def energy(s, J, b):
    """By einsum, each pair twice and halved."""
    return -torch.einsum("...i,ij,...j->...", s, J, s) / 2 - s @ b


def kernel(J, b, temperature):
    """Matrix of one sweep: row the state before, column the state after, by two energies for each unit."""
    states = spins(len(b))
    P = torch.eye(len(states), dtype=torch.float64)
    for i in range(len(b)):
        one = torch.zeros_like(P)
        for row, s in enumerate(states):
            up, down = s.clone(), s.clone()
            up[i], down[i] = 1.0, -1.0
            pair = torch.softmax(-torch.stack([energy(up, J, b), energy(down, J, b)]) / temperature, 0)
            for target, p in ((up, pair[0]), (down, pair[1])):
                one[row, int((states == target).all(1).nonzero())] += p
        P = P @ one
    return P


def counts(samples, n):
    """How often each state occurs among samples (M, n)."""
    code = ((samples + 1) / 2 @ 2.0 ** torch.arange(n - 1, -1, -1, dtype=samples.dtype)).long()
    return torch.bincount(code, minlength=2**n).double()


def chi_square(found, p):
    """Pearson's statistic; states that are expected less than five times are put together."""
    want = p * found.sum()
    rare = want < 5
    groups = [(found[~rare], want[~rare])]
    if bool(rare.any()) and float(want[rare].sum()) > 1:
        groups.append((found[rare].sum()[None], want[rare].sum()[None]))
    return sum(float(((f - w) ** 2 / w).sum()) for f, w in groups)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """All three functions run; spins are -1 or +1, and there is a record for each sweep."""
    J, b = model(rng, 3)
    s = spins(3)[:5]
    assert tuple(student.spin_up_probability(s, 1, J, b).shape) == (5,), "a probability for each chain"
    new = student.gibbs_sweep(s, J, b, generator=rng.generator())
    assert tuple(new.shape) == (5, 3), "a sweep returns spins of the same shape"
    assert bool((new.abs() == 1).all()), "spins are -1 or +1"
    chain = student.gibbs_chain(s, J, b, 4, generator=rng.generator())
    assert tuple(chain.shape) == (4, 5, 3), "gibbs_chain returns (sweeps, N, n)"


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize("i", [0, 2, 4])
def test_conditional(student, rng, i):
    """The probability is that of two energies: the spin up, the spin down; its old value plays no part."""
    J, b = model(rng, 5)
    s = spins(5)[rng.perm(32)[:9]]
    up, down = s.clone(), s.clone()
    up[:, i], down[:, i] = 1.0, -1.0
    want = torch.softmax(-torch.stack([energy(up, J, b), energy(down, J, b)]), 0)[0]
    for start in (s, up, down):
        assert_close(
            student.spin_up_probability(start, i, J, b), want, **CLOSE, name=f"probability of spin {i}"
        )


@pytest.mark.level("plain")
@pytest.mark.weight(8)
def test_one_sweep(student, rng):
    """From one start, the states after one sweep are distributed as the product of the conditionals says."""
    J, b = model(rng, 3)
    row = rng.randint(0, 8)
    start = spins(3)[row].expand(20_000, 3)
    new = student.gibbs_sweep(start, J, b, generator=rng.generator())
    statistic = chi_square(counts(new, 3), kernel(J, b, 1.0)[row])
    assert statistic < 47, "after one sweep the states are distributed otherwise"


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_stationary(student, rng):
    """After 40 sweeps the chains' states have the model's probabilities, whatever the start."""
    J, b = model(rng, 3, 0.5)
    for start in (1.0, -1.0):
        chain = student.gibbs_chain(
            start * torch.ones(10_000, 3, dtype=torch.float64), J, b, 40, generator=rng.generator()
        )
        p = torch.softmax(-energy(spins(3), J, b), 0)
        assert chi_square(counts(chain[-1], 3), p) < 47, (
            "the chains' states do not have the model's probabilities"
        )


@pytest.mark.level("options")
@pytest.mark.weight(4)
@pytest.mark.parametrize("temperature", [0.5, 4.0])
def test_temperature(student, rng, temperature):
    """The temperature divides energies, in the probability, in a sweep and in a chain."""
    J, b = model(rng, 3)
    s = spins(3)
    up, down = s.clone(), s.clone()
    up[:, 1], down[:, 1] = 1.0, -1.0
    want = torch.softmax(-torch.stack([energy(up, J, b), energy(down, J, b)]) / temperature, 0)[0]
    assert_close(student.spin_up_probability(s, 1, J, b, temperature), want, **CLOSE, name="probability")
    start, P = spins(3)[5].expand(20_000, 3), kernel(J, b, temperature)
    new = student.gibbs_sweep(start, J, b, temperature, rng.generator())
    assert chi_square(counts(new, 3), P[5]) < 47, "a sweep does not obey the temperature"
    chain = student.gibbs_chain(start, J, b, 2, temperature, rng.generator())
    assert chi_square(counts(chain[1], 3), (P @ P)[5]) < 47, "a chain does not obey the temperature"


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_certain(student, rng):
    """A field so strong that the probability is 0 or 1 is always obeyed."""
    J, b = torch.zeros(4, 4), torch.tensor([1e4, -1e4, -1e4, 1e4])
    new = student.gibbs_sweep(rng.randn(5000, 4).sign(), J, b, generator=rng.generator())
    assert_close(new, b.sign().expand(5000, 4), rtol=0, atol=0, name="spins in strong fields")


@pytest.mark.level("options")
def test_edges(student, rng):
    """One chain, one spin, one sweep, views."""
    one = student.gibbs_chain(
        torch.ones(1, 1), torch.zeros(1, 1), torch.tensor([-1e4]), 1, generator=rng.generator()
    )
    assert_close(one, -torch.ones(1, 1, 1), name="one spin in a strong field")
    J, b = model(rng, 4)
    s, seed = spins(4)[:6], rng.seed()
    whole = student.gibbs_sweep(s, J, b, generator=torch.Generator().manual_seed(seed))
    views = student.gibbs_sweep(s.T.contiguous().T, J.T, b, generator=torch.Generator().manual_seed(seed))
    assert_close(views, whole, name="a sweep of views")


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_record(student, rng):
    """The record holds the state after each sweep, the first too, the start not; each follows from the one before."""
    J, b = model(rng, 2, 0.6)
    chain = student.gibbs_chain(
        torch.ones(20_000, 2, dtype=torch.float64), J, b, 3, generator=rng.generator()
    )
    P = kernel(J, b, 1.0)
    assert chi_square(counts(chain[0], 2), P[3]) < 40, "the first record is not the state after one sweep"
    joint = counts(torch.cat([chain[0], chain[2]], 1), 4)
    assert chi_square(joint, (P[3][:, None] * (P @ P)).flatten()) < 65, (
        "records do not follow from one another"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_independent_draws(student, rng):
    """Without couplings and fields every spin of every chain and sweep is a coin of its own."""
    zero = torch.zeros(5, 5, dtype=torch.float64), torch.zeros(5, dtype=torch.float64)
    chain = student.gibbs_chain(torch.ones(600, 5, dtype=torch.float64), *zero, 4, generator=rng.generator())
    # A mean of at least 9,000 products of coins has a standard deviation below 0.0106; 0.06 is 5.6 of them.
    for product, what in (
        (chain, "spins"),
        (chain[:, :-1] * chain[:, 1:], "neighbouring chains"),
        (chain[..., :-1] * chain[..., 1:], "units of a chain"),
        (chain[:-1] * chain[1:], "sweeps"),
        (chain[:, :300] * chain[:, 300:], "chains of the two halves of the batch"),
        (chain[:, :300] * chain[:, 300:].flip(1), "chains from both ends of the batch"),
    ):
        # The halves give 6,000 products: a standard deviation of 0.013, of which 0.075 is 5.8.
        bar = 0.075 if "of the batch" in what else 0.06
        assert abs(float(product.mean())) < bar, f"coins of {what} are not fair or not independent"


@pytest.mark.level("contract")
def test_generator(student, rng):
    """The generator draws everything, the global one if None; the start is left alone and the dtype kept."""
    J, b = model(rng, 4)
    s, seed = spins(4), rng.seed()
    runs = []
    for _ in range(2):
        runs.append(student.gibbs_chain(s, J, b, 3, 1.0, torch.Generator().manual_seed(seed)))
    assert_close(runs[0], runs[1], rtol=0, atol=0, name="two chains from one seed")
    student.torch.manual_seed(seed)
    first = student.gibbs_sweep(s, J, b)
    student.torch.manual_seed(seed)
    assert_close(student.gibbs_sweep(s, J, b), first, rtol=0, atol=0, name="two sweeps from one global seed")
    # Sixty-four fair coins: two tables of them are equal by chance once in 2e19.
    coins = torch.zeros(4, 4, dtype=torch.float64), torch.zeros(4, dtype=torch.float64)
    student.torch.manual_seed(seed)
    one, two = student.gibbs_sweep(s, *coins), student.gibbs_sweep(s, *coins)
    assert not torch.equal(one, two), "without a generator every sweep draws the same"
    assert student.gibbs_sweep(s.float(), J.float(), b.float()).dtype == torch.float32, (
        "spins keep their dtype"
    )
