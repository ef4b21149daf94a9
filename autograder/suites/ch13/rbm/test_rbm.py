"""Hidden suite of `rbm`: the oracle lists every state of one layer, unit by unit, in double precision.

Tolerance: float64 sums of at most 64 terms agree to 1e-9.
"""

import itertools

import pytest
import torch

from autograder.testing import assert_close, gradcheck

pytestmark = [pytest.mark.exercise("rbm")]

FLOAT64 = {"rtol": 1e-8, "atol": 1e-9}


def table(n):
    """Every state of n units, float64."""
    return torch.tensor(list(itertools.product([0.0, 1.0], repeat=n)), dtype=torch.float64)


def machine(rng, visible, hidden, scale=1.0):
    """Weight, visible bias and hidden bias, float64."""
    sizes = ((visible, hidden), (visible,), (hidden,))
    return tuple(scale * rng.randn(*size, dtype=torch.float64) for size in sizes)


def energies(v, h, weight, a, c):
    """Energy of every visible with every hidden state, (M, K)."""
    return -torch.einsum("mi,ij,kj->mk", v, weight, h) - (v * a).sum(1)[:, None] - (h * c).sum(1)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """All four functions run on a batch."""
    parameters = machine(rng, 4, 3)
    v, h = table(4)[:5], table(3)[:5]
    for name, value, shape in (
        ("rbm_energy", student.rbm_energy(v, h, *parameters), (5,)),
        ("hidden_probabilities", student.hidden_probabilities(v, *parameters), (5, 3)),
        ("visible_probabilities", student.visible_probabilities(h, *parameters), (5, 4)),
        ("free_energy", student.free_energy(v, *parameters), (5,)),
    ):
        assert isinstance(value, torch.Tensor), f"{name} must return a tensor"
        assert tuple(value.shape) == shape, f"{name} should return shape {shape}, not {tuple(value.shape)}"


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("visible", "hidden"), [(4, 3), (2, 5)])
def test_energy(student, rng, visible, hidden):
    """Minus v W h, minus a v, minus c h."""
    parameters = machine(rng, visible, hidden)
    v = table(visible)[rng.randint(0, 2**visible, (7,))]
    h = table(hidden)[rng.randint(0, 2**hidden, (7,))]
    want = energies(v, h, *parameters).diagonal()
    assert_close(student.rbm_energy(v, h, *parameters), want, **FLOAT64, name="energy")


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("visible", "hidden"), [(4, 3), (2, 5)])
def test_hidden(student, rng, visible, hidden):
    """A hidden unit's probability is its share in the sum over all hidden states."""
    parameters, v, h = machine(rng, visible, hidden), table(visible), table(hidden)
    want = torch.softmax(-energies(v, h, *parameters), 1) @ h
    assert_close(student.hidden_probabilities(v, *parameters), want, **FLOAT64, name="hidden probabilities")


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("visible", "hidden"), [(4, 3), (2, 5)])
def test_visible(student, rng, visible, hidden):
    """A visible unit's probability is its share in the sum over all visible states."""
    parameters, v, h = machine(rng, visible, hidden), table(visible), table(hidden)
    want = torch.softmax(-energies(v, h, *parameters), 0).T @ v
    assert_close(student.visible_probabilities(h, *parameters), want, **FLOAT64, name="visible probabilities")


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize(("visible", "hidden"), [(4, 3), (3, 6)])
def test_free_energy(student, rng, visible, hidden):
    """exp(-F(v)) is the sum of exp(-E(v, h)) over all hidden states."""
    parameters, v, h = machine(rng, visible, hidden), table(visible), table(hidden)
    want = -torch.logsumexp(-energies(v, h, *parameters), 1)
    assert_close(student.free_energy(v, *parameters), want, **FLOAT64, name="free energy")


@pytest.mark.level("options")
def test_one_unit(student, rng):
    """One visible unit, one hidden unit."""
    for visible, hidden in ((1, 4), (5, 1)):
        parameters, v, h = machine(rng, visible, hidden), table(visible), table(hidden)
        want = -torch.logsumexp(-energies(v, h, *parameters), 1)
        assert_close(student.free_energy(v, *parameters), want, **FLOAT64, name="free energy")
        want = torch.softmax(-energies(v, h, *parameters), 0).T @ v
        assert_close(
            student.visible_probabilities(h, *parameters), want, **FLOAT64, name="visible probabilities"
        )


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_axes(student, rng):
    """One state alone, and batches with two axes."""
    parameters = machine(rng, 4, 3)
    v, h = rng.randint(0, 2, (2, 5, 4)).double(), rng.randint(0, 2, (2, 5, 3)).double()
    flat_v, flat_h = v.reshape(10, 4), h.reshape(10, 3)
    for name, args, flat in (
        ("rbm_energy", (v, h), (flat_v, flat_h)),
        ("hidden_probabilities", (v,), (flat_v,)),
        ("visible_probabilities", (h,), (flat_h,)),
        ("free_energy", (v,), (flat_v,)),
    ):
        function = getattr(student, name)
        whole = function(*flat, *parameters)
        assert_close(
            function(*args, *parameters).flatten(0, 1), whole, **FLOAT64, name=f"{name} of (2, 5, ...)"
        )
        alone = function(*[x[7] for x in flat], *parameters)
        assert_close(alone, whole[7], **FLOAT64, name=f"{name} of one state")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_huge(student, rng):
    """Huge fields of both signs make probabilities of 0 and 1 and finite free energies."""
    weight, a, c = machine(rng, 4, 3, 1000.0)
    v, h = table(4), table(3)
    want = -torch.logsumexp(-energies(v, h, weight, a, c), 1)
    assert_close(student.free_energy(v, weight, a, c), want, rtol=1e-8, atol=1e-6, name="free energy")
    got = student.free_energy(v.float(), weight.float(), a.float(), c.float())
    assert_close(got.double(), want, rtol=1e-4, atol=1e-2, name="free energy in float32")
    got = student.hidden_probabilities(v, weight, a, c)
    assert_close(
        got, torch.softmax(-energies(v, h, weight, a, c), 1) @ h, rtol=0, atol=1e-8, name="probabilities"
    )
    parameters = tuple(p.detach().clone().requires_grad_() for p in (weight, a, c))
    both = student.hidden_probabilities(v, *parameters), student.visible_probabilities(h, *parameters)
    sum(probabilities.sum() for probabilities in both).backward()
    for parameter in parameters:
        assert parameter.grad is not None, "no gradient reaches a parameter"
        assert bool(parameter.grad.isfinite().all()), (
            "the gradient of a probability in huge fields is not finite"
        )


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_probabilities_as_states(student, rng):
    """A layer may hold probabilities: the formulas are the same."""
    parameters = machine(rng, 4, 3)
    h, v = rng.rand(6, 3, dtype=torch.float64), rng.rand(6, 4, dtype=torch.float64)
    weight, a, c = parameters
    want = 1 / (1 + torch.exp(-(torch.einsum("ni,ij->nj", v, weight) + c)))
    assert_close(student.hidden_probabilities(v, *parameters), want, **FLOAT64, name="hidden probabilities")
    want = 1 / (1 + torch.exp(-(torch.einsum("nj,ij->ni", h, weight) + a)))
    assert_close(student.visible_probabilities(h, *parameters), want, **FLOAT64, name="visible probabilities")
    assert_close(
        student.rbm_energy(v, h, *parameters),
        energies(v, h, *parameters).diagonal(),
        **FLOAT64,
        name="energy",
    )


@pytest.mark.level("options")
def test_views(student, rng):
    """Transposed and expanded parameters and states."""
    weight, a, c = (
        rng.randn(3, 4, dtype=torch.float64).T,
        rng.randn(1).double().expand(4),
        rng.randn(6).double()[::2],
    )
    v, h = rng.randint(0, 2, (4, 5)).double().T, table(3)
    want = -torch.logsumexp(-energies(v, h, weight, a, c), 1)
    assert_close(student.free_energy(v, weight, a, c), want, **FLOAT64, name="free energy of views")


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_gradients(student, rng):
    """All four functions have the gradients of finite differences in states and parameters."""
    parameters = tuple(p.requires_grad_() for p in machine(rng, 3, 2))
    v = rng.rand(4, 3, dtype=torch.float64, requires_grad=True)
    h = rng.rand(4, 2, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda v, *p: student.free_energy(v, *p), (v, *parameters))
    assert gradcheck(lambda v, h, *p: student.rbm_energy(v, h, *p), (v, h, *parameters))
    assert gradcheck(
        lambda v, w, c: student.hidden_probabilities(v, w, parameters[1], c),
        (v, parameters[0], parameters[2]),
    )
    assert gradcheck(
        lambda h, w, a: student.visible_probabilities(h, w, a, parameters[2]), (h, *parameters[:2])
    )


@pytest.mark.level("invariants")
def test_energy_gap(student, rng):
    """Turning on one hidden unit changes the energy by minus the log-odds of its probability."""
    parameters = machine(rng, 5, 3)
    v, h = table(5), rng.randint(0, 2, (32, 3)).double()
    for j in range(3):
        on, off = h.clone(), h.clone()
        on[:, j], off[:, j] = 1.0, 0.0
        gap = student.rbm_energy(v, off, *parameters) - student.rbm_energy(v, on, *parameters)
        p = student.hidden_probabilities(v, *parameters)[:, j]
        assert_close(torch.logit(p), gap, rtol=1e-6, atol=1e-6, name=f"log-odds of hidden unit {j}")


@pytest.mark.level("contract")
def test_float32(student, rng):
    """float32 in, float32 out."""
    parameters = tuple(p.float() for p in machine(rng, 4, 3))
    v, h = table(4).float()[:8], table(3).float()
    for value in (student.rbm_energy(v, h, *parameters), student.free_energy(v, *parameters)):
        assert value.dtype == torch.float32
    assert student.hidden_probabilities(v, *parameters).dtype == torch.float32
