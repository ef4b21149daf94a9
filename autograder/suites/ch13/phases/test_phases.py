"""Hidden suite of `phases`: the oracle of the exact gradient is autograd of the enumerated likelihood, in float64.

Tolerance: sums of at most 256 terms agree to 1e-9 in float64. The finest mistake tested moves a value by some percent.
"""

import itertools

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [pytest.mark.exercise("phases"), pytest.mark.shares(runs=5, plain=48, options=23, invariants=24)]

CLOSE = {"rtol": 1e-5, "atol": 1e-6}


def spins(n):
    """Every state, float64."""
    return torch.tensor(list(itertools.product([-1.0, 1.0], repeat=n)), dtype=torch.float64)


def model(rng, n, strength=1.0):
    """Symmetric couplings without self-coupling, and fields, float64."""
    J = strength * rng.randn(n, n, dtype=torch.float64).triu(1)
    return J + J.T, strength * rng.randn(n, dtype=torch.float64)


def oracle(data, J, b):
    """Autograd of the mean negative log-likelihood, all states listed."""
    J, b, data = J.detach().double().requires_grad_(), b.detach().double().requires_grad_(), data.double()
    states = spins(len(b))

    def energy(s):
        return -torch.einsum("mi,ij,mj->m", s, J, s) / 2 - s @ b

    return torch.autograd.grad(energy(data).mean() + torch.logsumexp(-energy(states), 0), (J, b))


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """Both functions run; the gradients have the shapes of J and b, the loss is one number."""
    J, b = model(rng, 3)
    grads = student.exact_gradient(spins(3)[:5], J, b)
    assert len(grads) == 2, "exact_gradient returns two gradients"
    assert tuple(grads[0].shape) == (3, 3) and tuple(grads[1].shape) == (3,), "gradients in J, then in b"
    loss = student.contrastive_loss(lambda x: x.flatten(1).sum(1), rng.randn(4, 2), rng.randn(3, 2))
    assert isinstance(loss, torch.Tensor) and tuple(loss.shape) == (), "the loss is one number"


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("n", "count"), [(2, 5), (3, 7), (5, 11)])
def test_gradient_in_fields(student, rng, n, count):
    """The gradient in b is the model's mean of the spins minus the data's."""
    J, b = model(rng, n)
    data = spins(n)[rng.randint(0, 2**n, (count,))]
    assert_close(student.exact_gradient(data, J, b)[1], oracle(data, J, b)[1], **CLOSE, name="gradient in b")


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize(("n", "count"), [(2, 5), (3, 7), (5, 11)])
def test_gradient_in_couplings(student, rng, n, count):
    """The gradient in J is half of the model's mean of s s minus half of the data's."""
    J, b = model(rng, n)
    data = spins(n)[rng.randint(0, 2**n, (count,))]
    assert_close(student.exact_gradient(data, J, b)[0], oracle(data, J, b)[0], **CLOSE, name="gradient in J")


@pytest.mark.level("plain")
@pytest.mark.weight(4)
@pytest.mark.parametrize("shape", [(2,), (1, 3, 4)])
def test_loss(student, rng, shape):
    """Mean energy of the data minus mean energy of the samples, however many there are of each."""
    x_data, x_model = rng.randn(5, *shape) + 1, 2 * rng.randn(3, *shape)

    def energy(x):
        return (x.flatten(1) ** 3).sum(1)

    want = energy(x_data).mean() - energy(x_model).mean()
    assert_close(student.contrastive_loss(energy, x_data, x_model), want, rtol=1e-4, atol=1e-4, name="loss")


@pytest.mark.level("options")
@pytest.mark.weight(4)
@pytest.mark.parametrize("alpha", [0.1, 2.0])
def test_alpha(student, rng, alpha):
    """alpha prices the mean squared energy of the data plus that of the samples."""
    x_data, x_model = rng.randn(5, 2) + 1, 2 * rng.randn(3, 2) - 1

    def energy(x):
        return x.sum(1)

    up, down = energy(x_data), energy(x_model)
    want = up.mean() - down.mean() + alpha * ((up**2).mean() + (down**2).mean())
    got = student.contrastive_loss(energy, x_data, x_model, alpha)
    assert_close(got, want, rtol=1e-4, atol=1e-4, name="loss")


@pytest.mark.level("options")
@pytest.mark.parametrize(("n", "count"), [(1, 3), (4, 1), (8, 2)])
def test_edges(student, rng, n, count):
    """One spin, one data point, eight spins."""
    J, b = model(rng, n, 0.5)
    data = spins(n)[rng.randint(0, 2**n, (count,))]
    for got, want, name in zip(
        student.exact_gradient(data, J, b), oracle(data, J, b), ("J", "b"), strict=True
    ):
        assert_close(got, want, **CLOSE, name=f"gradient in {name}")


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_frozen(student, rng):
    """Energies of thousands overflow nowhere."""
    J, b = model(rng, 4, 3000.0)
    data = spins(4)[rng.randint(0, 16, (6,))]
    for got, want, name in zip(
        student.exact_gradient(data, J, b), oracle(data, J, b), ("J", "b"), strict=True
    ):
        assert_close(got, want, **CLOSE, name=f"gradient in {name}")


@pytest.mark.level("options")
def test_views(student, rng):
    """Transposed and expanded arguments, and gradients switched off."""
    J, b = model(rng, 4)
    data = spins(4)[rng.randint(0, 16, (6,))]
    field = b[:1].expand(4)
    with torch.no_grad():
        got = student.exact_gradient(data.T.contiguous().T, J.T, field)
    for mine, want, name in zip(got, oracle(data, J, field), ("J", "b"), strict=True):
        assert_close(mine, want, **CLOSE, name=f"gradient in {name}")


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_energy_sees_whole_batches(student, rng):
    """The energy is asked for whole batches, the data's and the samples'."""
    seen = []

    def energy(x):
        seen.append(len(x))
        return x.flatten(1).sum(1)

    student.contrastive_loss(energy, rng.randn(7, 2), rng.randn(4, 2), 0.3)
    assert sum(seen) == 11 and len(seen) <= 2, "the energy is called for every sample once, on whole batches"


@pytest.mark.level("invariants")
def test_zero_at_the_model(student, rng):
    """Where the data are distributed as the model is, both gradients vanish."""
    b = torch.zeros(3, dtype=torch.float64)
    for got in student.exact_gradient(spins(3), torch.zeros(3, 3, dtype=torch.float64), b):
        assert_close(got, torch.zeros_like(got), rtol=0, atol=1e-9, name="gradient at the model")


@pytest.mark.level("invariants")
@pytest.mark.weight(4)
def test_samples_are_constants(student, rng):
    """No gradient goes through the samples, whatever graph they bring; the parameters get that of both phases."""
    scale = rng.uniform(0.5, 2.0, dtype=torch.float64, requires_grad=True)
    start = rng.randn(3, 2, dtype=torch.float64, requires_grad=True)
    x_data = rng.randn(4, 2, dtype=torch.float64)
    samples = 2 * start * scale
    loss = student.contrastive_loss(lambda x: scale * (x**2).sum(1), x_data, samples, 0.1)
    loss.backward()
    assert start.grad is None or not bool(start.grad.any()), "a gradient went through the samples"
    assert scale.grad is not None, "no gradient reaches the energy's parameters"
    up, down = (x_data**2).sum(1), (samples.detach() ** 2).sum(1)
    want = up.mean() - down.mean() + 0.2 * scale.detach() * ((up**2).mean() + (down**2).mean())
    assert_close(scale.grad, want, **CLOSE, name="gradient of a parameter")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_gradient_reaches_the_data(student, rng):
    """Through the data the gradient does go: they may come from a network."""
    x_data = rng.randn(4, 2, requires_grad=True)
    student.contrastive_loss(lambda x: (x**2).sum(1), x_data, rng.randn(3, 2)).backward()
    assert x_data.grad is not None, "no gradient reaches the data"
    assert_close(x_data.grad, x_data.detach() / 2, **CLOSE, name="gradient in the data")


@pytest.mark.level("contract")
def test_dtype(student, rng):
    """float32 in, float32 out."""
    J, b = model(rng, 3)
    grads = student.exact_gradient(spins(3).float(), J.float(), b.float())
    assert all(grad.dtype == torch.float32 for grad in grads), "the gradients have the dtype of J"
