"""Hidden suite of `q_sample`: exact, since the noise is given; the oracle goes sample by sample in double precision.

Tolerance: float32 products of numbers of size 10 agree to 1e-5. The finest mistake tested moves outputs by 1e-2.
"""

import math

import pytest
import torch

from autograder.testing import assert_close, gradcheck

pytestmark = [
    pytest.mark.exercise("q_sample"),
    pytest.mark.shares(runs=9, plain=23, options=46, invariants=22),
]

CLOSE = {"rtol": 1e-4, "atol": 1e-4}


def schedule(rng, T):
    """Some decreasing alpha-bar, nearly 1 at first and small at last."""
    steps = rng.uniform(0.5, 1.0, T, dtype=torch.float64)
    return torch.exp(-4.0 * torch.cumsum(steps, 0) / T) * 0.999


def by_hand(x0, t, alpha_bar, noise):
    """One sample after the other."""
    rows = []
    for i, step in enumerate(t.tolist()):
        a = float(alpha_bar[step])
        rows.append(math.sqrt(a) * x0[i].double() + math.sqrt(1 - a) * noise[i].double())
    return torch.stack(rows).to(x0.dtype)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """q_sample runs, and of images x_t has the shape of x0."""
    shape = (4, 1, 3, 2)
    x_t = student.q_sample(rng.randn(*shape), torch.tensor([0, 2, 1, 4]), schedule(rng, 5), rng.randn(*shape))
    assert isinstance(x_t, torch.Tensor), "q_sample must return a tensor"
    assert x_t.shape == shape, f"x0 has shape {shape}, x_t came back as {tuple(x_t.shape)}"


@pytest.mark.level("plain")
def test_by_hand(student):
    """Small numbers, worked by hand: signal times sqrt(alpha-bar) plus noise times sqrt(1 - alpha-bar)."""
    alpha_bar = torch.tensor([0.64, 0.36], dtype=torch.float64)
    x0, noise = torch.tensor([[1.0], [1.0]]), torch.tensor([[2.0], [2.0]])
    got = student.q_sample(x0, torch.tensor([0, 1]), alpha_bar, noise)
    assert_close(got, torch.tensor([[2.0], [2.2]]), **CLOSE)


@pytest.mark.level("plain")
@pytest.mark.parametrize("shape", [(5, 2), (3, 1, 4, 6), (7,), (1, 3, 5), (4, 4), (2, 2, 1, 3, 2)])
def test_per_sample(student, rng, shape):
    """Every sample is noised to its own step t, in data of any number of dimensions."""
    T = 9
    x0, noise, t = 3 * rng.randn(*shape) + 2, rng.randn(*shape), rng.perm(T)[: shape[0]]
    alpha_bar = schedule(rng, T)
    assert_close(student.q_sample(x0, t, alpha_bar, noise), by_hand(x0, t, alpha_bar, noise), **CLOSE)


@pytest.mark.level("options")
@pytest.mark.parametrize("T", [1, 6, 1000])
def test_both_ends(student, rng, T):
    """Index 0 is the first noising step and T - 1 the last, for schedules of any length."""
    published = torch.cumprod(1 - torch.linspace(1e-4, 0.02, T, dtype=torch.float64), 0)
    alpha_bar = published if T == 1000 else schedule(rng, T)
    x0, noise = 4 * rng.randn(6, 5), rng.randn(6, 5)
    t = torch.tensor([0, T - 1, 0, T - 1, T // 2, T - 1])
    assert_close(student.q_sample(x0, t, alpha_bar, noise), by_hand(x0, t, alpha_bar, noise), **CLOSE)


@pytest.mark.level("contract")
def test_float64(student, rng):
    """float64 data stay float64 and keep their precision, and that of the schedule."""
    alpha_bar = schedule(rng, 8)
    x0, noise = rng.randn(5, 3, 2, dtype=torch.float64), rng.randn(5, 3, 2, dtype=torch.float64)
    t = rng.randint(0, 8, (5,))
    assert_close(
        student.q_sample(x0, t, alpha_bar, noise), by_hand(x0, t, alpha_bar, noise), rtol=1e-11, atol=1e-11
    )


@pytest.mark.level("invariants")
def test_variance_preserved(student, rng):
    """Data and noise of variance 1 give an x_t of variance 1 at every step."""
    alpha_bar, n = schedule(rng, 12), 4000
    for step in (0, 5, 11):
        x_t = student.q_sample(rng.randn(n, 3), torch.full((n,), step), alpha_bar, rng.randn(n, 3))
        # The variance of 12000 normals has a standard deviation of sqrt(2 / 12000) = 0.013: seven of them, 1e-11.
        assert abs(x_t.var().item() - 1) < 0.09, "the variance does not stay 1"


@pytest.mark.level("invariants")
def test_one_step_suffices(student, rng):
    """Noising is one step from x0: how far t is does not change which noise is added, only how much."""
    alpha_bar = schedule(rng, 20)
    noise = rng.randn(3, 4)
    for step in (1, 10, 19):
        t = torch.full((3,), step)
        level = math.sqrt(1 - float(alpha_bar[step]))
        got = student.q_sample(torch.zeros(3, 4), t, alpha_bar, noise)
        assert_close(got, (level * noise.double()).float(), **CLOSE, name="noised zeros")


@pytest.mark.level("invariants")
def test_gradient(student, rng):
    """Gradients reach x0 and the noise, with the factors of each sample's own step."""
    alpha_bar, t = schedule(rng, 6), torch.tensor([5, 0, 3])
    x0 = rng.randn(3, 1, 2, dtype=torch.float64, requires_grad=True)
    noise = rng.randn(3, 1, 2, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda a, b: student.q_sample(a, t, alpha_bar, b), (x0, noise), atol=1e-4, rtol=1e-3)


@pytest.mark.level("options")
def test_memory_layout(student, rng):
    """Transposed and expanded data and noise give the same x_t as contiguous ones."""
    alpha_bar, t = schedule(rng, 6), torch.tensor([4, 0, 5])
    plain = rng.randn(3, 5, 2)
    for view in (rng.randn(2, 5, 3).permute(2, 1, 0), rng.randn(1, 5, 2).expand(3, 5, 2)):
        for x0, noise in ((view, plain), (plain, view)):
            assert_close(student.q_sample(x0, t, alpha_bar, noise), by_hand(x0, t, alpha_bar, noise), **CLOSE)


@pytest.mark.level("options")
def test_any_size(student, rng):
    """Data and noise may be of any size and of both signs: nothing is cut off."""
    alpha_bar, t = schedule(rng, 6), torch.tensor([5, 0, 2])
    x0, noise = torch.tensor([[250.0, -300.0]]).repeat(3, 1), torch.tensor([[-6.0, 9.0]]).repeat(3, 1)
    assert_close(student.q_sample(x0, t, alpha_bar, noise), by_hand(x0, t, alpha_bar, noise), **CLOSE)


@pytest.mark.level("contract")
def test_float32(student, rng):
    """float32 data stay float32, although alpha_bar is float64."""
    x_t = student.q_sample(rng.randn(4, 3), torch.tensor([0, 2, 1, 4]), schedule(rng, 5), rng.randn(4, 3))
    assert x_t.dtype == torch.float32, "x_t is not float32"
