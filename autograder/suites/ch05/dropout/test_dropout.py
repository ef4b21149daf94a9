"""Hidden suite of `dropout`: hypothesis tests of the mask.

Every count is compared with its binomial distribution at six standard deviations: a correct solution fails one such
comparison with probability 2e-9. The suite makes fewer than 40 of them, so below 1e-7 in all.
"""

import math

import pytest
import torch

from autograder.testing import assert_close, assert_raises

pytestmark = [
    pytest.mark.exercise("dropout"),
    pytest.mark.shares(runs=6, plain=52, options=25, invariants=17),
]


def looks_like(count, trials, probability):
    """Whether so many successes of so many trials fit the probability, at six standard deviations."""
    return abs(count - trials * probability) <= 6 * math.sqrt(trials * probability * (1 - probability)) + 1


@pytest.mark.gate
@pytest.mark.level("runs")
def test_runs(student, rng):
    """Dropout can be built and called, and its output has its input's shape."""
    y = student.Dropout(0.3)(rng.randn(4, 3, 5))
    assert isinstance(y, torch.Tensor), "the layer must return a tensor"
    assert y.shape == (4, 3, 5), f"the output has shape {tuple(y.shape)}, its input (4, 3, 5)"


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_values(student, rng, p):
    """In training each output is either 0 or the input divided by 1 - p."""
    x = rng.uniform(1.0, 2.0, 30, 40)
    y = student.Dropout(p)(x)
    assert_close(
        y, torch.where(y == 0, 0.0, x / (1 - p)), rtol=1e-5, atol=0
    )  # one float32 division or product


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_rate(student, rng, p):
    """In training a value is zeroed with probability p."""
    x = rng.uniform(1.0, 2.0, 200, 30, 7)
    zeros = int((student.Dropout(p)(x) == 0).sum())
    assert looks_like(zeros, x.numel(), p), "the share of zeroed values is not p"


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_mean(student, rng):
    """In training the expectation of the output is the input."""
    for p in (0.25, 0.6):
        y = student.Dropout(p)(torch.ones(50_000))
        # A kept one is 1 / (1 - p), so its variance is p / (1 - p).
        error = math.sqrt(p / (1 - p) / 50_000)
        assert abs(y.mean().item() - 1) <= 6 * error, "the mean of the output is not that of the input"


@pytest.mark.level("options")
def test_default(student, rng):
    """By default half of the values are zeroed."""
    zeros = int((student.Dropout()(torch.ones(20_000)) == 0).sum())
    assert looks_like(zeros, 20_000, 0.5), "the share of zeroed values is not one half"


@pytest.mark.parametrize("axis", [0, 1, 2, 3], ids=["batch", "channel", "row", "column"])
@pytest.mark.level("options")
@pytest.mark.weight(4)
def test_independent(student, rng, axis):
    """Each value has a mask of its own: neighbours in the batch, channel, row or column agree only by chance."""
    p = 0.4
    kept = student.Dropout(p)(torch.ones(12, 10, 14, 16)) != 0
    # Pairs (0, 1), (2, 3), ... share no value, so the pairs are independent of each other.
    first, second = kept.unfold(axis, 2, 2).unbind(-1)
    agreements = int((first == second).sum())
    assert looks_like(agreements, first.numel(), p**2 + (1 - p) ** 2), "neighbouring values share their mask"


@pytest.mark.level("options")
@pytest.mark.weight(4)
def test_new_mask_each_call(student, rng):
    """Each call draws a new mask, and each layer masks of its own."""
    layer, x = student.Dropout(0.5), torch.ones(40, 50)
    first, second = layer(x) != 0, layer(x) != 0
    assert looks_like(int((first == second).sum()), x.numel(), 0.5), "two calls share their mask"
    masks = [student.Dropout(0.5)(x) != 0 for _ in range(2)]
    agreements = int((masks[0] == masks[1]).sum())
    assert looks_like(agreements, x.numel(), 0.5), "two layers share their mask"


@pytest.mark.level("options")
@pytest.mark.weight(4)
def test_number_of_zeros_varies(student, rng):
    """Values are dropped independently, so their number varies from call to call."""
    layer, x = student.Dropout(0.5), torch.ones(10)
    counts = torch.tensor([float((layer(x) == 0).sum()) for _ in range(200)])
    # Binomial(10, 1/2) has variance 2.5; 200 draws estimate it with a standard deviation of 0.24.
    assert counts.var().item() > 1.0, "the number of zeroed values hardly varies"


@pytest.mark.level("plain")
@pytest.mark.weight(10)
def test_evaluation(student, rng):
    """In evaluation the output is the input for every p, and so is the gradient; in training values drop again."""
    for p in (0.0, 1.0):
        idle, image = student.Dropout(p), rng.randn(2, 3)
        idle.eval()
        assert_close(idle(image), image, rtol=0, atol=0, name=f"output in evaluation for p = {p:g}")
    layer = student.Dropout(0.6)
    layer.eval()
    x = rng.randn(5, 3, 7, requires_grad=True)
    y = layer(x)
    assert_close(y.detach(), x.detach(), rtol=0, atol=0)
    y.sum().backward()
    assert x.grad is not None, "in evaluation no gradient reaches the input"
    assert_close(x.grad, torch.ones(5, 3, 7), rtol=0, atol=0, name="gradient in evaluation")
    layer.train()
    assert (layer(torch.ones(1000)) == 0).any(), "back in training nothing is dropped"


@pytest.mark.level("options")
@pytest.mark.weight(4)
def test_extremes(student, rng):
    """With p = 0 the output is the input, in training too; with p = 1 it is zero, and finite, as is its gradient."""
    x = rng.uniform(1.0, 2.0, 4, 9)
    y = student.Dropout(0.0)(x)
    # torch.rand gives exactly 0 once in 2^24 draws, and code that compares with > then drops a value: one may be.
    assert int((y == 0).sum()) <= 1, "with p = 0 values are dropped"
    assert_close(y, torch.where(y == 0, 0.0, x), rtol=1e-6, atol=0, name="output for p = 0")
    for shape, dtype in (((4, 9), torch.float32), ((2, 3, 5), torch.float64), ((), torch.float32)):
        x = rng.uniform(1.0, 2.0, *shape, dtype=dtype, requires_grad=True)
        y = student.Dropout(1.0)(x)
        assert_close(y.detach(), torch.zeros(shape, dtype=dtype), rtol=0, atol=0, name="output for p = 1")
        (y + x).sum().backward()  # the second term: an output of constant zeros has no gradient, rightly
        assert_close(x.grad, torch.ones(shape, dtype=dtype), rtol=0, atol=0, name="1 + gradient for p = 1")


@pytest.mark.parametrize("p", [-0.1, 1.5])
@pytest.mark.level("contract")
def test_no_probability(student, p):
    """A p outside [0, 1] is a ValueError."""
    assert_raises(ValueError, student.Dropout, p)


@pytest.mark.level("invariants")
def test_gradient(student, rng):
    """The gradient passes through the mask of its own forward pass: 1 / (1 - p) where the value was kept, else 0."""
    x = rng.uniform(1.0, 2.0, 20, 30, requires_grad=True)
    y = student.Dropout(0.4)(x)
    direction = rng.randn(20, 30)
    (y * direction).sum().backward()
    assert x.grad is not None, "no gradient reaches the input"
    want = torch.where(y.detach() == 0, 0.0, direction / 0.6)
    assert_close(x.grad, want, rtol=1e-5, atol=1e-6, name="gradient")


@pytest.mark.parametrize("shape", [(), (17,), (4, 6), (3, 1, 4, 1, 5)])
@pytest.mark.level("options")
def test_any_shape(student, rng, shape):
    """Inputs of any shape, memory layout and precision keep shape and precision."""
    x = rng.uniform(1.0, 2.0, *shape, dtype=torch.float64)
    for image in (x, x.permute(tuple(reversed(range(x.ndim))))):
        y = student.Dropout(0.5)(image)
        assert_close(y, torch.where(y == 0, torch.zeros_like(image), 2 * image), rtol=1e-12, atol=0)
