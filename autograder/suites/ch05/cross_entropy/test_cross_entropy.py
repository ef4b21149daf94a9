"""Hidden suite of `cross_entropy`; the oracles are torch.nn.functional.cross_entropy and closed forms."""

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from autograder.testing import assert_close, gradcheck

pytestmark = [
    pytest.mark.exercise("cross_entropy"),
    pytest.mark.shares(runs=13, plain=33, options=30, invariants=24),
]

FLOAT32: dict[str, Any] = {
    "rtol": 1e-5,
    "atol": 1e-5,
}  # a mean of at most 20 logarithms of unit size; mistakes show from 1e-3 on
FLOAT64: dict[str, Any] = {"rtol": 1e-10, "atol": 1e-10}


def problem(rng, n, classes, scale=3.0, dtype=torch.float32):
    """Random logits and targets."""
    return scale * rng.randn(n, classes, dtype=dtype), rng.randint(0, classes, (n,))


@pytest.mark.gate
@pytest.mark.level("runs")
@pytest.mark.weight(0)
def test_runs(student, rng):
    """cross_entropy runs and returns a tensor."""
    loss = student.cross_entropy(*problem(rng, 6, 4))
    assert isinstance(loss, torch.Tensor), "cross_entropy must return a tensor"


@pytest.mark.level("runs")
def test_scalar(student, rng):
    """The loss is one number, a tensor without axes."""
    loss = student.cross_entropy(*problem(rng, 6, 4))
    assert loss.shape == (), f"the loss is one number of shape (), not of shape {tuple(loss.shape)}"


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.level("plain")
def test_uniform(student, rng, classes):
    """Where all logits are equal, the loss is the logarithm of the number of classes, with and without smoothing."""
    target = rng.randint(0, classes, (5,))
    for smoothing in (0.0, 0.3):
        loss = student.cross_entropy(torch.full((5, classes), 1.5), target, smoothing)
        assert_close(loss, torch.tensor(math.log(classes)), **FLOAT32)


@pytest.mark.level("plain")
def test_value_by_hand(student):
    """Probabilities 1/4 and 3/4 of the true class give the mean of log 4 and log(4/3)."""
    logits = torch.tensor([[0.0, math.log(3.0)], [0.0, math.log(3.0)]])
    want = torch.tensor((math.log(4) + math.log(4 / 3)) / 2)
    assert_close(student.cross_entropy(logits, torch.tensor([0, 1])), want, **FLOAT32)


@pytest.mark.parametrize(("n", "classes"), [(7, 4), (1, 5), (20, 3), (3, 1), (2, 11)])
@pytest.mark.level("plain")
def test_matches_torch(student, rng, n, classes):
    """Without smoothing the loss equals PyTorch's: a mean over the batch, in nats."""
    logits, target = problem(rng, n, classes)
    assert_close(student.cross_entropy(logits, target), F.cross_entropy(logits, target), **FLOAT32)
    with torch.no_grad():  # as the loss of a validation set is computed
        loss = student.cross_entropy(logits, target)
    assert_close(loss, F.cross_entropy(logits, target), **FLOAT32, name="loss with autograd switched off")


@pytest.mark.parametrize("smoothing", [0.05, 0.1, 0.5, 1.0])
@pytest.mark.level("options")
@pytest.mark.weight(4)
def test_smoothing(student, rng, smoothing):
    """With label smoothing the loss equals PyTorch's: all K classes share alike, the true one included."""
    for n, classes in ((7, 4), (5, 2), (1, 9)):
        logits, target = problem(rng, n, classes)
        want = F.cross_entropy(logits, target, label_smoothing=smoothing)
        assert_close(student.cross_entropy(logits, target, smoothing), want, **FLOAT32)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("size", [1e2, 1e4, 1e6])
@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_large_logits(student, rng, size, smoothing):
    """Logits of any size, of both signs, give a finite loss that equals PyTorch's."""
    logits, target = problem(rng, 8, 5, scale=size)
    for moved in (logits, logits - 3 * size, logits + 3 * size):
        want = F.cross_entropy(moved, target, label_smoothing=smoothing)
        assert_close(student.cross_entropy(moved, target, smoothing), want, rtol=1e-5, atol=1e-5 * size)


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_certain(student):
    """A prediction that is certain costs 0 where it is right and the difference of the logits where it is wrong."""
    logits = torch.tensor([[1e4, 0.0, -1e4], [1e4, 0.0, -1e4]])
    assert_close(student.cross_entropy(logits, torch.tensor([0, 0])), torch.tensor(0.0), **FLOAT32)
    assert_close(student.cross_entropy(logits, torch.tensor([0, 2])), torch.tensor(1e4), rtol=1e-5, atol=0)
    # exp(70) and exp(-70) are float32 numbers, their quotient is not.
    moderate = torch.tensor([[70.0, 0.0, -70.0]])
    assert_close(student.cross_entropy(moderate, torch.tensor([2])), torch.tensor(140.0), rtol=1e-5, atol=0)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("scale", [2.0, 1e4])
@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_gradient(student, rng, scale, smoothing):
    """The gradient in the logits is (softmax - smoothed target) / N, finite for large logits too."""
    logits, target = problem(rng, 6, 4, scale=scale)
    rtol, atol = 1e-4, 1e-6
    if scale > 100:
        # log-sum-exp of 1e4 is rounded by 1e-3 in float32, and so are the probabilities of a close race: keep apart.
        # A gradient computed from the logarithms is off by that 1e-3 still; a mistake shows from 4e-3 on.
        logits, rtol, atol = scale * torch.stack([rng.perm(4) for _ in range(6)]).float(), 5e-3, 1e-3
    logits.requires_grad_()
    student.cross_entropy(logits, target, smoothing).backward()
    assert logits.grad is not None, "no gradient reaches the logits"
    smoothed = (1 - smoothing) * F.one_hot(target, 4) + smoothing / 4
    want = (logits.detach().softmax(1) - smoothed) / 6
    assert_close(logits.grad, want, rtol=rtol, atol=atol, name="gradient")


@pytest.mark.level("invariants")
def test_gradient_of_a_tie(student, rng):
    """Where several logits are the largest, the gradient is the same formula."""
    logits, target = rng.randint(0, 2, (6, 5)).float().requires_grad_(), rng.randint(0, 5, (6,))
    student.cross_entropy(logits, target).backward()
    want = (logits.detach().softmax(1) - F.one_hot(target, 5)) / 6
    assert_close(logits.grad, want, rtol=1e-4, atol=1e-6, name="gradient")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_gradcheck(student, rng):
    """In float64 the loss keeps its precision, and finite differences agree with its gradient."""
    logits, target = problem(rng, 3, 4, dtype=torch.float64)
    want = F.cross_entropy(logits, target, label_smoothing=0.1)
    assert_close(student.cross_entropy(logits, target, 0.1), want, **FLOAT64)
    assert gradcheck(lambda logits: student.cross_entropy(logits, target, 0.1), (logits.requires_grad_(),))


@pytest.mark.level("invariants")
def test_shift(student, rng):
    """Adding a number to all logits of a row changes nothing."""
    logits, target = problem(rng, 6, 5, dtype=torch.float64)
    shifted = logits + 50 * rng.randn(6, 1, dtype=torch.float64)
    assert_close(
        student.cross_entropy(shifted, target, 0.1), student.cross_entropy(logits, target, 0.1), **FLOAT64
    )


@pytest.mark.level("options")
def test_memory_layout(student, rng):
    """Transposed logits and an expanded target give the same loss as contiguous ones."""
    logits = rng.randn(4, 7).T
    target = rng.randint(0, 4, (1,)).expand(7)
    assert_close(student.cross_entropy(logits, target), F.cross_entropy(logits, target), **FLOAT32)
