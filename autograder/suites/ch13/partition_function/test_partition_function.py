"""Hidden suite of `partition_function`: the oracles are Python's own loops over all states, in double precision.

Tolerance: float64 sums of at most 1024 terms agree to 1e-10; float32 ones of a few terms to 1e-5.
"""

import itertools
import math

import pytest
import torch

from autograder.testing import assert_close, gradcheck

pytestmark = [
    pytest.mark.exercise("partition_function"),
    pytest.mark.shares(runs=8, plain=37, options=36, invariants=19),
]

FLOAT64 = {"rtol": 1e-9, "atol": 1e-10}


def model(rng, n):
    """Symmetric couplings without self-coupling, and fields, float64."""
    J = rng.randn(n, n, dtype=torch.float64).triu(1)
    return J + J.T, rng.randn(n, dtype=torch.float64)


def energy_by_pairs(s, J, b):
    """One state's energy, pair by pair."""
    n = len(s)
    pairs = sum(float(J[i, j]) * float(s[i]) * float(s[j]) for i in range(n) for j in range(i + 1, n))
    return -pairs - sum(float(b[i]) * float(s[i]) for i in range(n))


def weights_of(energies, temperature):
    """Probabilities and log Z, the lowest energy taken out first."""
    least = min(energies)
    raw = [math.exp(-(e - least) / temperature) for e in energies]
    return [w / sum(raw) for w in raw], math.log(sum(raw)) - least / temperature


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """Every function returns a tensor of the shape that its signature names."""
    J, b = model(rng, 3)
    for name, value, shape in (
        ("ising_energy", student.ising_energy(rng.randn(5, 3).double().sign(), J, b), (5,)),
        ("all_states", student.all_states(3), (8, 3)),
        ("log_partition", student.log_partition(rng.randn(7)), ()),
        ("log_probabilities", student.log_probabilities(rng.randn(7)), (7,)),
        ("model_mean", student.model_mean(rng.randn(7, 4), rng.randn(7)), (4,)),
    ):
        assert isinstance(value, torch.Tensor), f"{name} must return a tensor"
        assert tuple(value.shape) == shape, f"{name} should return shape {shape}, not {tuple(value.shape)}"


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize("n", [2, 3, 5])
def test_ising_energy(student, rng, n):
    """Minus the sum over pairs of J s s, each pair once, minus the sum of b s."""
    J, b = model(rng, n)
    s = rng.randint(0, 2, (6, n)).double() * 2 - 1
    want = torch.tensor([energy_by_pairs(row, J, b) for row in s], dtype=torch.float64)
    assert_close(student.ising_energy(s, J, b), want, **FLOAT64, name="energy")


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize("n", [1, 3, 6])
def test_states(student, n):
    """All states of n units, in the order of counting."""
    want = torch.tensor(list(itertools.product([0.0, 1.0], repeat=n)), dtype=torch.float64)
    assert_close(student.all_states(n), want, **FLOAT64, name="states")


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_log_partition(student, rng):
    """log Z is the logarithm of the sum of exp(-E) over all states."""
    energies = 3 * rng.randn(37, dtype=torch.float64)
    want = weights_of(energies.tolist(), 1.0)[1]
    assert_close(
        student.log_partition(energies), torch.tensor(want, dtype=torch.float64), **FLOAT64, name="log Z"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_log_probabilities(student, rng):
    """A state's log-probability is minus its energy, minus log Z."""
    energies = 3 * rng.randn(23, dtype=torch.float64)
    want = torch.tensor([math.log(p) for p in weights_of(energies.tolist(), 1.0)[0]], dtype=torch.float64)
    assert_close(student.log_probabilities(energies), want, rtol=1e-6, atol=1e-6, name="log-probabilities")


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize("shape", [(), (3,), (2, 5)])
def test_model_mean(student, rng, shape):
    """The mean under the model weighs each state's value, of any shape, with its probability."""
    energies, values = rng.randn(11, dtype=torch.float64), rng.randn(11, *shape, dtype=torch.float64)
    p = weights_of(energies.tolist(), 1.0)[0]
    want = sum(weight * value for weight, value in zip(p, values, strict=True))
    assert_close(student.model_mean(values, energies), want, rtol=1e-8, atol=1e-8, name="mean")


@pytest.mark.level("options")
@pytest.mark.weight(4)
@pytest.mark.parametrize("temperature", [0.25, 3.0])
def test_temperature_of_log_partition(student, rng, temperature):
    """A temperature divides every energy in Z."""
    energies = 2 * rng.randn(9, dtype=torch.float64)
    want = torch.tensor(weights_of(energies.tolist(), temperature)[1], dtype=torch.float64)
    got = student.log_partition(energies, temperature)
    assert_close(got, want, rtol=1e-6, atol=1e-6, name="log Z")


@pytest.mark.level("options")
@pytest.mark.weight(4)
@pytest.mark.parametrize("temperature", [0.25, 3.0])
def test_temperature_of_log_probabilities(student, rng, temperature):
    """A temperature divides every energy in a log-probability, those inside of Z too."""
    energies = 2 * rng.randn(9, dtype=torch.float64)
    want = torch.tensor(weights_of(energies.tolist(), temperature)[0], dtype=torch.float64).log()
    got = student.log_probabilities(energies, temperature)
    assert_close(got, want, rtol=1e-6, atol=1e-6, name="log-probabilities")


@pytest.mark.level("options")
@pytest.mark.weight(4)
@pytest.mark.parametrize("temperature", [0.25, 3.0])
def test_temperature_of_mean(student, rng, temperature):
    """A mean under the model is that of the temperature's probabilities."""
    energies, values = 2 * rng.randn(9, dtype=torch.float64), rng.randn(9, 2, dtype=torch.float64)
    p = torch.tensor(weights_of(energies.tolist(), temperature)[0], dtype=torch.float64)
    got = student.model_mean(values, energies, temperature)
    assert_close(got, (p[:, None] * values).sum(0), rtol=1e-5, atol=1e-6, name="mean")


@pytest.mark.level("options")
@pytest.mark.weight(5)
@pytest.mark.parametrize(
    ("offset", "temperature"), [(-1e6, 1.0), (1e6, 1.0), (-5e3, 1.0), (-1e6, 2.0), (-1e6, 0.5)]
)
def test_huge(student, rng, offset, temperature):
    """Huge energies of either sign overflow nowhere: an offset moves log Z and nothing else."""
    energies, values = rng.randn(8, dtype=torch.float64), rng.randn(8, 3, dtype=torch.float64)
    p, log_z = weights_of(energies.tolist(), temperature)
    moved = energies + offset
    want = torch.tensor(log_z - offset / temperature, dtype=torch.float64)
    assert_close(student.log_partition(moved, temperature), want, rtol=1e-12, atol=1e-7, name="log Z")
    assert_close(
        student.log_probabilities(moved, temperature).exp(),
        torch.tensor(p, dtype=torch.float64),
        rtol=1e-6,
        atol=1e-7,
        name="probabilities",
    )
    want = (torch.tensor(p, dtype=torch.float64)[:, None] * values).sum(0)
    assert_close(student.model_mean(values, moved, temperature), want, rtol=1e-6, atol=1e-6, name="mean")


@pytest.mark.level("options")
@pytest.mark.weight(5)
def test_impossible(student, rng):
    """A state of infinite energy has probability 0, first and last too, and changes nothing else."""
    energies, values = rng.randn(5, dtype=torch.float64), rng.randn(7, 2, dtype=torch.float64)
    wall = torch.tensor([math.inf], dtype=torch.float64)
    walled = torch.cat([wall, energies, wall])
    assert_close(student.log_partition(walled), torch.logsumexp(-energies, 0), **FLOAT64, name="log Z")
    p = torch.cat([0 * wall.sign(), torch.softmax(-energies, 0), 0 * wall.sign()])
    got = student.log_probabilities(walled)
    assert_close(got.exp(), p, **FLOAT64, name="probabilities")
    assert float(got[0]) == float(got[-1]) == -math.inf, "log-probabilities of 0 are minus infinity"
    assert_close(student.model_mean(values, walled), (p[:, None] * values).sum(0), **FLOAT64, name="mean")


@pytest.mark.level("options")
@pytest.mark.weight(5)
def test_low(student):
    """The lower value of a unit is -1 for spins, and may be any other."""
    for low in (-1.0, 0.1):
        want = torch.tensor(list(itertools.product([low, 1.0], repeat=4)), dtype=torch.float64)
        assert_close(student.all_states(4, low), want, **FLOAT64, name="states")


@pytest.mark.level("options")
@pytest.mark.weight(5)
def test_batches_of_spins(student, rng):
    """One state alone, batches with two axes, and views give the same energies."""
    J, b = model(rng, 4)
    s = rng.randint(0, 2, (3, 5, 4)).double() * 2 - 1
    want = torch.tensor([[energy_by_pairs(row, J, b) for row in rows] for rows in s], dtype=torch.float64)
    assert_close(student.ising_energy(s, J, b), want, **FLOAT64, name="energies of (3, 5, 4)")
    assert_close(student.ising_energy(s[1, 2], J, b), want[1, 2], **FLOAT64, name="energy of one state")
    assert_close(
        student.ising_energy(s[:, 0].T.contiguous().T, J.T, b),
        want[:, 0],
        **FLOAT64,
        name="energies of views",
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_gradients(student, rng):
    """The gradient of log Z in the couplings and fields is the mean of the spins' products, by enumeration."""
    J, b = model(rng, 4)
    s = torch.tensor(list(itertools.product([-1.0, 1.0], repeat=4)), dtype=torch.float64)
    upper = J.triu(1).requires_grad_()
    b.requires_grad_()
    energies = student.ising_energy(s, upper + upper.T, b)
    grad_J, grad_b = torch.autograd.grad(student.log_partition(energies, 1.0), (upper, b))
    p = torch.tensor(
        weights_of([energy_by_pairs(row, J.detach(), b.detach()) for row in s], 1.0)[0], dtype=torch.float64
    )
    assert_close(grad_b, p @ s, rtol=1e-5, atol=1e-6, name="gradient of log Z in b")
    want = (p[:, None] * s).T @ s
    # Each pair is one parameter here: whether a solution reads one half of J or both does not matter.
    assert_close(grad_J.triu(1), want.triu(1), rtol=1e-5, atol=1e-6, name="gradient of log Z in the pairs")


@pytest.mark.level("invariants")
def test_gradcheck(student, rng):
    """Log-probabilities and means have the gradients of finite differences."""
    energies = rng.randn(5, dtype=torch.float64, requires_grad=True)
    values = rng.randn(5, 2, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda e: student.log_probabilities(e, 0.7), (energies,))
    assert gradcheck(lambda v, e: student.model_mean(v, e, 0.7), (values, energies))


@pytest.mark.level("contract")
def test_dtypes(student, rng):
    """Tables are float64; float32 energies stay float32."""
    assert student.all_states(3).dtype == torch.float64
    assert student.log_probabilities(rng.randn(4)).dtype == torch.float32
    assert student.model_mean(rng.randn(4, 2), rng.randn(4)).dtype == torch.float32
