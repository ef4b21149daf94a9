"""Hidden suite of `dropout`: hypothesis tests of the mask.

Every count is compared with its binomial distribution at six standard deviations: a correct solution fails one such
comparison with probability 2e-9. The suite makes fewer than 60 of them, so about 1e-7 in all.
"""

import math

import pytest
import torch

from autograder.testing import assert_close, assert_raises

pytestmark = [
    pytest.mark.exercise("dropout"),
    pytest.mark.shares(runs=4, plain=54, options=31, invariants=12),
]


def looks_like(count, trials, probability):
    """Whether so many successes of so many trials fit the probability, at six standard deviations."""
    return abs(count - trials * probability) <= 6 * math.sqrt(trials * probability * (1 - probability)) + 1


def both_signs(rng, *shape):
    """Numbers of both signs between 1 and 2 in size: none is zero by itself."""
    return rng.uniform(1.0, 2.0, *shape) * (2 * rng.randint(0, 2, shape) - 1)


def check_kept(y, x, p, tolerance):
    """Each number of y is 0 or that of x, divided by 1 - p; the message is the same whichever a layer has kept."""
    # Shape and dtype, and nothing that is not finite.
    assert_close(0 * y.detach(), 0 * x.detach(), rtol=0, atol=0)
    tolerance = tolerance if y.dtype == x.dtype else 1e-2
    grown = y.detach().double() / x.detach().double()
    for factor in grown[grown != 0].tolist():
        assert abs(factor * (1 - p) - 1) <= tolerance, (
            f"a value that is kept comes out {factor:.4g} times as large, with p = {p}"
        )


def passes_its_mask(x, y, direction):
    """Whether the gradient of (y * direction).sum() in x is that of the mask that made y, with p = 0.4."""
    assert x.grad is not None, "no gradient reaches the input"
    want = torch.where(y.detach() == 0, 0.0, direction / 0.6)
    return bool(((x.grad - want).abs() <= 1e-5 * want.abs() + 1e-6).all())


@pytest.mark.gate
@pytest.mark.level("runs")
@pytest.mark.weight(3)
def test_runs(student, rng):
    """Dropout can be built and called, and its output has its input's shape."""
    y = student.Dropout(0.3)(rng.randn(4, 3, 5))
    assert isinstance(y, torch.Tensor), "the layer must return a tensor"
    assert y.shape == (4, 3, 5), f"the output has shape {tuple(y.shape)}, its input (4, 3, 5)"


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8, 0.994])
@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_values(student, rng, p):
    """In training each output is either 0 or the input divided by 1 - p."""
    x = both_signs(rng, 30, 40)
    check_kept(student.Dropout(p)(x), x, p, 1e-5)  # one float32 division or product


@pytest.mark.parametrize("p", [0.004, 0.1, 0.5, 0.8])
@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_rate(student, rng, p):
    """In training a value is zeroed with probability p."""
    x = both_signs(rng, 200, 30, 7)
    zeros = int((student.Dropout(p)(x) == 0).sum())
    assert looks_like(zeros, x.numel(), p), "the share of zeroed values is not p"


@pytest.mark.level("options")
def test_rate_of_any_value(student, rng):
    """A value is dropped whatever it is: negative and positive, large and small ones alike."""
    x, p = both_signs(rng, 60, 40, 5), 0.3
    dropped = student.Dropout(p)(x) == 0
    kinds = {"negative": x < 0, "positive": x > 0, "large": x.abs() > 1.5, "small": x.abs() < 1.5}
    for name, chosen in kinds.items():
        right = looks_like(int((dropped & chosen).sum()), int(chosen.sum()), p)
        assert right, f"the share of zeroed values among the {name} ones is not p"


@pytest.mark.parametrize("shape", [(1, 600), (600, 1), (1, 1, 20, 30)])
@pytest.mark.level("options")
def test_rate_in_any_shape(student, rng, shape):
    """A batch of one, and one value an image, are dropped from like any batch, also where autograd is switched off."""
    with torch.no_grad():
        zeros = int((student.Dropout(0.4)(torch.ones(shape)) == 0).sum())
    assert looks_like(zeros, 600, 0.4), "the share of zeroed values is not p"


@pytest.mark.level("plain")
def test_mean(student, rng):
    """In training the expectation of the output is the input."""
    for p in (0.25, 0.6):
        y = student.Dropout(p)(torch.ones(50_000))
        # A kept one is 1 / (1 - p), so its variance is p / (1 - p).
        error = math.sqrt(p / (1 - p) / 50_000)
        assert abs(y.mean().item() - 1) <= 6 * error, "the mean of the output is not that of the input"


@pytest.mark.level("plain")
@pytest.mark.weight(8.5)
def test_over_many_calls(student, rng):
    """Over many calls every single value is zeroed in a share p of them, and its mean is the input."""
    p, calls, x = 0.3, 300, both_signs(rng, 5, 8)
    layer = student.Dropout(p)
    outputs = torch.stack([layer(x) for _ in range(calls)])
    zeros = (outputs == 0).sum(0).flatten().tolist()
    # Six standard deviations, forty times: below 1e-7.
    assert all(looks_like(count, calls, p) for count in zeros), (
        "some values are dropped in more calls than others"
    )
    error = x.abs() * math.sqrt(p / (1 - p) / calls)
    assert ((outputs.mean(0) - x).abs() <= 6 * error).all(), "the mean over many calls is not the input"


@pytest.mark.level("options")
@pytest.mark.weight(0.5)
def test_default(student, rng):
    """By default half of the values are zeroed."""
    zeros = int((student.Dropout()(torch.ones(20_000)) == 0).sum())
    assert looks_like(zeros, 20_000, 0.5), "the share of zeroed values is not one half"


@pytest.mark.parametrize("axis", [0, 1, 2, 3], ids=["batch", "channel", "row", "column"])
@pytest.mark.level("options")
@pytest.mark.weight(5)
def test_independent(student, rng, axis):
    """Each value is dropped by itself: any two images, channels, rows or columns agree only by chance."""
    p = 0.4
    kept = (student.Dropout(p)(torch.ones(12, 10, 14, 16)) != 0).double().movedim(axis, 0).flatten(1) - (
        1 - p
    )
    # Of two independent rows of M values the products sum to 0, with standard deviation p (1 - p) sqrt(M). That one of
    # all 322 pairs is eight of them away has a chance below 1e-12; two rows that are equal are 37 away.
    together = (kept @ kept.T).fill_diagonal_(0).abs().max().item()
    assert together < 8 * p * (1 - p) * math.sqrt(kept.shape[1]), "two places share their mask"


@pytest.mark.level("options")
@pytest.mark.weight(5)
def test_new_mask_each_call(student, rng):
    """Each call draws a new mask, with autograd and without, and each layer masks of its own."""
    layer, x = student.Dropout(0.5), torch.ones(40, 50)
    calls = [layer(x) != 0, layer(x) != 0]
    with torch.no_grad():
        calls += [layer(x) != 0, layer(x) != 0]
    for later, first in ((1, 0), (2, 1), (3, 2)):
        same = int((calls[later] == calls[first]).sum())
        where = " where autograd is off" if later > 1 else ""
        assert looks_like(same, x.numel(), 0.5), f"two calls share their mask{where}"
    masks = [student.Dropout(0.5)(x) != 0 for _ in range(2)]
    agreements = int((masks[0] == masks[1]).sum())
    assert looks_like(agreements, x.numel(), 0.5), "two layers share their mask"


@pytest.mark.level("options")
@pytest.mark.weight(8.5)
def test_number_of_zeros_varies(student, rng):
    """Values are dropped independently, so their number varies from call to call."""
    layer, x = student.Dropout(0.5), torch.ones(10)
    counts = torch.tensor([float((layer(x) == 0).sum()) for _ in range(200)])
    # Binomial(10, 1/2) has variance 2.5; 200 draws estimate it with a standard deviation of 0.24.
    assert counts.var().item() > 1.0, "the number of zeroed values hardly varies"


@pytest.mark.level("plain")
@pytest.mark.weight(17)
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
@pytest.mark.weight(6)
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


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=["float16", "bfloat16"])
@pytest.mark.level("contract")
def test_low_precision(student, rng, dtype):
    """Inputs of half precision keep it, in training and in evaluation."""
    layer, x = student.Dropout(0.5), rng.uniform(1.0, 2.0, 6, 5).to(dtype)
    found = layer(x).dtype
    layer.eval()
    for y in (found, layer(x).dtype):
        assert y == dtype, f"of an input of {dtype} the output is {y}"


@pytest.mark.parametrize("p", [-0.1, 1.5])
@pytest.mark.level("contract")
@pytest.mark.weight(3)
def test_no_probability(student, p):
    """A p outside [0, 1] is a ValueError."""
    assert_raises(ValueError, student.Dropout, p)


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_gradient(student, rng):
    """The gradient passes through the mask of its own forward pass: 1 / (1 - p) where the value was kept, else 0."""
    layer = student.Dropout(0.4)
    x = both_signs(rng, 20, 30).requires_grad_()
    y, direction = layer(x), rng.randn(20, 30)
    (y * direction).sum().backward()
    assert passes_its_mask(x, y, direction), (
        "the gradient does not pass through the mask: 1 / (1 - p) where a value was kept, 0 elsewhere"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_gradient_of_two_calls(student, rng):
    """A layer that is used twice in a network passes each gradient through the mask of that call."""
    layer = student.Dropout(0.4)
    first, second = (both_signs(rng, 20, 30).requires_grad_() for _ in range(2))
    outputs = [layer(first), layer(second)]
    directions = [rng.randn(20, 30) for _ in range(2)]
    sum((y * d).sum() for y, d in zip(outputs, directions, strict=True)).backward()
    for x, y, direction in zip((first, second), outputs, directions, strict=True):
        assert passes_its_mask(x, y, direction), (
            "the gradient of one of two calls does not pass through the mask of that call"
        )


@pytest.mark.parametrize("shape", [(), (17,), (4, 6), (3, 1, 4, 1, 5)])
@pytest.mark.level("options")
@pytest.mark.weight(0.5)
def test_any_shape(student, rng, shape):
    """Inputs of any shape, memory layout and precision keep shape and precision."""
    x = rng.uniform(1.0, 2.0, *shape, dtype=torch.float64)
    for image in (x, x.permute(tuple(reversed(range(x.ndim))))):
        y = student.Dropout(0.5)(image)
        check_kept(y, image, 0.5, 1e-12)
