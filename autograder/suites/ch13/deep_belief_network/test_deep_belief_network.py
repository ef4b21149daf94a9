"""Hidden suite of `deep_belief_network`: the bound by Python's loops over hidden states; the stack by a watched fit."""

import itertools
import math

import pytest
import torch

from autograder.testing import assert_close, gradcheck

pytestmark = [
    pytest.mark.exercise("deep_belief_network"),
    pytest.mark.shares(runs=8, plain=52, options=20, invariants=20),
]

CLOSE = {"rtol": 1e-7, "atol": 1e-8}


def table(n):
    """Every state of n units, float64."""
    return torch.tensor(list(itertools.product([0.0, 1.0], repeat=n)), dtype=torch.float64)


def machine(rng, visible, hidden, scale=1.0):
    """Weight, visible bias and hidden bias, float64."""
    sizes = ((visible, hidden), (visible,), (hidden,))
    return tuple(scale * rng.randn(*size, dtype=torch.float64) for size in sizes)


def bernoulli(p, x):
    """Probability of the state x, unit by unit."""
    return math.prod(float(a) if b else 1 - float(a) for a, b in zip(p, x, strict=True))


def by_hand(v, weight, a, c, states, log_prior):
    """The bound, state by state."""
    rows = []
    for x in v:
        up, total = torch.sigmoid(x @ weight + c), 0.0
        for h, prior in zip(states, log_prior.tolist(), strict=True):
            q, p = bernoulli(up, h), bernoulli(torch.sigmoid(weight @ h + a), x)
            total += q * (math.log(p) + prior - math.log(q))
        rows.append(total)
    return torch.tensor(rows, dtype=torch.float64)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """All three functions run and return what their signatures say."""
    weight, a, c = machine(rng, 4, 3)
    assert tuple(student.upside_down(weight, a, c)[0].shape) == (3, 4), "the layers are exchanged"
    assert tuple(student.dbn_bound(table(4)[:5], weight, a, c, table(3), torch.zeros(8).double()).shape) == (
        5,
    )
    machines = student.greedy_stack(
        rng.rand(5, 4), [3], lambda data, n: (torch.zeros(4, n), torch.zeros(4), torch.zeros(n))
    )
    assert len(machines) == 1 and len(machines[0]) == 3, "a machine is three tensors"


@pytest.mark.level("plain")
def test_upside_down(student, rng):
    """The weight is transposed, and the biases change places."""
    weight, a, c = machine(rng, 4, 3)
    for got, want, name in zip(
        student.upside_down(weight, a, c),
        (weight.T, c, a),
        ("weight", "visible bias", "hidden bias"),
        strict=True,
    ):
        assert_close(got, want, rtol=0, atol=0, name=name)


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize(("visible", "hidden"), [(4, 3), (2, 5)])
def test_bound(student, rng, visible, hidden):
    """The mean, under the first machine's p(h | v), of log p(v | h) + log prior - log q."""
    parameters = machine(rng, visible, hidden)
    log_prior = torch.log_softmax(rng.randn(2**hidden, dtype=torch.float64), 0)
    v, h = table(visible)[rng.perm(2**visible)[:3]], table(hidden)
    got = student.dbn_bound(v, *parameters, h, log_prior)
    assert_close(got, by_hand(v, *parameters, h, log_prior), **CLOSE, name="bound")


def watched_fit(rng, seen):
    """A fit that writes down its data and returns a random machine."""

    def fit(data, n_hidden):
        weight = rng.randn(data.shape[1], n_hidden)
        machine = weight, rng.randn(data.shape[1]), rng.randn(n_hidden)
        seen.append((data.detach().clone(), int(n_hidden), machine))
        return machine

    return fit


@pytest.mark.level("plain")
@pytest.mark.weight(5)
@pytest.mark.parametrize("sizes", [(3, 5), (4, 4, 4)])
def test_stack(student, rng, sizes):
    """The first machine learns the data, each other one the hidden probabilities of the machine below."""
    seen, data = [], rng.rand(6, 4)
    machines = student.greedy_stack(data, list(sizes), watched_fit(rng, seen))
    assert [n for _, n, _ in seen] == list(sizes), "one machine for each size, from the bottom to the top"
    want = data
    for (found, _, (weight, a, c)), machine in zip(seen, machines, strict=True):
        assert_close(found, want, rtol=1e-4, atol=1e-5, name="data of a machine")
        for p, q in zip(machine, (weight, a, c), strict=True):
            assert_close(p, q, rtol=0, atol=0, name="parameters of a machine")
        want = 1 / (1 + torch.exp(-(found @ weight + c)))


@pytest.mark.level("options")
def test_order_of_states(student, rng):
    """The hidden states may stand in any order; one visible state is a batch."""
    parameters = machine(rng, 3, 3)
    log_prior, order = torch.log_softmax(rng.randn(8, dtype=torch.float64), 0), rng.perm(8)
    v, h = table(3)[5:6], table(3)
    got = student.dbn_bound(v, *parameters, h[order], log_prior[order])
    assert_close(got, by_hand(v, *parameters, h, log_prior), **CLOSE, name="bound")


@pytest.mark.level("options")
def test_certain(student):
    """Hidden units without doubt: probabilities of 0 count as 0, and the bound stays finite."""
    weight = torch.tensor([[4000.0, -4000.0]], dtype=torch.float64)
    a, c = torch.zeros(1).double(), torch.tensor([-2000.0, 2000.0], dtype=torch.float64)
    log_prior = torch.full((4,), 0.25).double().log()
    got = student.dbn_bound(
        torch.tensor([[1.0], [0.0]], dtype=torch.float64), weight, a, c, table(2), log_prior
    )
    # v = 1 makes h = (1, 0), whose field on v is 4000; v = 0 makes h = (0, 1), whose field is -4000: log p(v | h) is 0.
    assert_close(got, log_prior[:2], **CLOSE, name="bound")


@pytest.mark.level("options")
def test_forbidden(student, rng):
    """A state that q reaches and the prior forbids makes the bound minus infinity."""
    parameters, prior = machine(rng, 3, 2), torch.tensor([0.5, 0.25, 0.0, 0.25], dtype=torch.float64)
    got = student.dbn_bound(table(3)[:4], *parameters, table(2), prior.log())
    assert bool((got == -math.inf).all()), (
        "a state that the prior forbids is reached, and the bound is finite"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_exact_at_the_start(student, rng):
    """With the machine turned upside down for a prior, the bound is the first machine's log-likelihood."""
    weight, a, c = machine(rng, 5, 3)
    v, h = table(5), table(3)
    weight2, a2, c2 = student.upside_down(weight, a, c)
    log_prior = torch.log_softmax(h @ a2 + torch.log1p(torch.exp(h @ weight2 + c2)).sum(1), 0)
    log_p = torch.log_softmax(v @ a + torch.log1p(torch.exp(v @ weight + c)).sum(1), 0)
    assert_close(student.dbn_bound(v, weight, a, c, h, log_prior), log_p, **CLOSE, name="bound")


@pytest.mark.level("invariants")
def test_gradient(student, rng):
    """The bound's gradient in the prior is that of finite differences."""
    parameters, v, h = machine(rng, 3, 2), table(3), table(2)
    log_prior = torch.log_softmax(rng.randn(4, dtype=torch.float64), 0).requires_grad_()
    assert gradcheck(lambda prior: student.dbn_bound(v, *parameters, h, prior), (log_prior,))


@pytest.mark.level("contract")
def test_float32(student, rng):
    """float32 stays float32."""
    parameters = tuple(p.float() for p in machine(rng, 3, 2))
    got = student.dbn_bound(table(3).float(), *parameters, table(2).float(), torch.zeros(4))
    assert got.dtype == torch.float32
