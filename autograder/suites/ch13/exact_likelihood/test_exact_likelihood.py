"""Hidden suite of `exact_likelihood`: the oracle lists both layers' states together where that is possible.

Machines too large for that have weights of zero but for one unit, and so a closed form.
"""

import itertools
import math

import pytest
import torch

from autograder.testing import assert_close, assert_raises, gradcheck

pytestmark = [pytest.mark.exercise("exact_likelihood")]

FLOAT64 = {"rtol": 1e-9, "atol": 1e-9}
CLOSE = {"rtol": 1e-5, "atol": 1e-5}


def table(n):
    """Every state of n units, float64."""
    return torch.tensor(list(itertools.product([0.0, 1.0], repeat=n)), dtype=torch.float64)


def machine(rng, visible, hidden, scale=1.0):
    """Weight, visible bias and hidden bias, float64."""
    sizes = ((visible, hidden), (visible,), (hidden,))
    return tuple(scale * rng.randn(*size, dtype=torch.float64) for size in sizes)


def exponents(weight, a, c):
    """Minus the energy of every visible with every hidden state."""
    v, h = table(len(a)), table(len(c))
    return torch.einsum("mi,ij,kj->mk", v, weight, h) + (v * a).sum(1)[:, None] + (h * c).sum(1)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """log Z is one number, and each visible state has a log-likelihood."""
    parameters = machine(rng, 4, 3)
    assert tuple(student.rbm_log_partition(*parameters).shape) == (), "log Z is one number"
    assert tuple(student.rbm_log_likelihood(table(4)[:5], *parameters).shape) == (5,), (
        "one number for each state"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("visible", "hidden"), [(4, 3), (3, 5), (4, 4)])
def test_log_partition(student, rng, visible, hidden):
    """Z sums exp(-E) over all visible and all hidden states, whichever side is smaller."""
    parameters = machine(rng, visible, hidden)
    want = torch.logsumexp(exponents(*parameters).flatten(), 0)
    assert_close(student.rbm_log_partition(*parameters), want, **CLOSE, name="log Z")


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("visible", "hidden"), [(5, 3), (3, 5)])
def test_log_likelihood(student, rng, visible, hidden):
    """A visible state's log-likelihood is that of the two layers' joint distribution, hidden states summed."""
    parameters = machine(rng, visible, hidden)
    joint = exponents(*parameters)
    want = torch.logsumexp(joint, 1) - torch.logsumexp(joint.flatten(), 0)
    assert_close(
        student.rbm_log_likelihood(table(visible), *parameters), want, **CLOSE, name="log-likelihood"
    )
    some = rng.perm(2**visible)[:3]
    got = student.rbm_log_likelihood(table(visible)[some], *parameters)
    assert_close(got, want[some], **CLOSE, name="log-likelihood of some states")


@pytest.mark.level("options")
@pytest.mark.weight(3)
@pytest.mark.parametrize(("visible", "hidden"), [(60, 3), (3, 60)])
def test_smaller_side(student, rng, visible, hidden):
    """The smaller side is enumerated: 60 units on the other are no trouble."""
    weight = torch.zeros(visible, hidden, dtype=torch.float64)
    weight[0, 0] = 1.7
    a, c = rng.randn(visible, dtype=torch.float64), rng.randn(hidden, dtype=torch.float64)
    pair = torch.stack([torch.zeros((), dtype=torch.float64), a[0], c[0], a[0] + c[0] + 1.7])
    one_by_one = torch.cat([a[1:], c[1:]]).double()
    want = torch.logsumexp(pair, 0) + torch.log1p(torch.exp(one_by_one)).sum()
    assert_close(student.rbm_log_partition(weight, a, c), want, **CLOSE, name="log Z")
    v = rng.randint(0, 2, (4, visible)).double()
    hidden_part = torch.log1p(torch.exp(c[1:])).sum() + torch.log1p(torch.exp(c[0] + 1.7 * v[:, 0]))
    got = student.rbm_log_likelihood(v, weight, a, c)
    assert_close(got, v @ a + hidden_part - want, **CLOSE, name="log-likelihood")


@pytest.mark.level("options")
def test_edges(student, rng):
    """One unit in a layer, huge fields, views."""
    for visible, hidden in ((1, 1), (1, 4), (4, 1)):
        parameters = machine(rng, visible, hidden)
        want = torch.logsumexp(exponents(*parameters).flatten(), 0)
        assert_close(
            student.rbm_log_partition(*parameters), want, **FLOAT64, name=f"log Z of {visible} x {hidden}"
        )
    weight, a, c = machine(rng, 3, 4, 1000.0)
    want = torch.logsumexp(exponents(weight, a, c).flatten(), 0)
    assert_close(student.rbm_log_partition(weight, a, c), want, **FLOAT64, name="log Z of huge fields")
    view = weight.T.contiguous().T
    assert_close(
        student.rbm_log_partition(view, a[:1].expand(3), c),
        torch.logsumexp(exponents(view, a[:1].expand(3), c).flatten(), 0),
        **FLOAT64,
        name="log Z of views",
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("visible", "hidden"), [(4, 2), (2, 4)])
def test_sums_to_one(student, rng, visible, hidden):
    """Probabilities of all visible states sum to 1, and have their gradients' mean at 0."""
    parameters = tuple(p.requires_grad_() for p in machine(rng, visible, hidden))
    log_p = student.rbm_log_likelihood(table(visible), *parameters)
    assert abs(float(log_p.detach().exp().sum()) - 1) < 1e-8, "the probabilities do not sum to 1"
    for gradient in torch.autograd.grad(log_p.exp().sum(), parameters):
        assert float(gradient.abs().max()) < 1e-8, "a parameter changes the sum of all probabilities"


@pytest.mark.level("invariants")
def test_gradients(student, rng):
    """Finite differences agree with the gradients of all three parameters, enumerated on either side."""
    for visible, hidden in ((3, 2), (2, 3)):
        parameters = tuple(p.requires_grad_() for p in machine(rng, visible, hidden))
        assert gradcheck(lambda *p, n=visible: student.rbm_log_likelihood(table(n)[1:], *p), parameters)


@pytest.mark.level("contract")
@pytest.mark.weight(0.5)
def test_too_large(student):
    """More than 20 units on both sides are refused, not tried."""
    assert_raises(
        ValueError, student.rbm_log_partition, torch.zeros(22, 21), torch.zeros(22), torch.zeros(21)
    )


@pytest.mark.level("contract")
@pytest.mark.weight(0.5)
def test_large_enough(student):
    """21 units on one side are no matter."""
    got = student.rbm_log_partition(torch.zeros(21, 2), torch.zeros(21), torch.zeros(2))
    assert_close(got, torch.tensor(23 * math.log(2)), rtol=1e-5, name="log Z of 21 x 2")
