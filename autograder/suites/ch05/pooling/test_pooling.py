"""Hidden suite of `pooling`; the oracles are torch's pooling functions, and autograd through them.

Maxima and gathered gradients are copies of the inputs, so they are compared exactly or nearly so; means of at most
30 float32 numbers of unit size differ by less than 1e-6 in any order of summing.
"""

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("pooling"),
    pytest.mark.shares(runs=12, plain=24, options=47, invariants=17),
]

EXACT: dict[str, Any] = {"rtol": 0, "atol": 0}
CLOSE: dict[str, Any] = {"rtol": 1e-5, "atol": 1e-5}

GRID = [  # kernel_size, stride, padding
    (2, None, 0),
    (3, None, 0),
    ((2, 3), None, 0),
    (2, 1, 0),
    (3, (1, 2), 0),
    ((3, 2), (2, 3), 0),
    (2, 3, 0),  # gaps between the windows
    (1, None, 0),
]
PADDED = [(3, None, 1), (2, (1, 2), 1), ((4, 2), 3, (2, 1)), ((2, 5), (2, 1), (0, 2)), ((3, 4), None, (1, 0))]


@pytest.mark.level("runs")
@pytest.mark.weight(3)
@pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d", "global_avg_pool2d", "max_pool2d_backward"])
def test_runs(student, rng, name):
    """Each of the four functions runs, and its output has the right shape."""
    x, grad_output = rng.randn(2, 3, 6, 8), rng.randn(2, 3, 3, 4)
    match name:
        case "max_pool2d_backward":
            y, shape = student.max_pool2d_backward(grad_output, x, 2), (2, 3, 6, 8)
        case "global_avg_pool2d":
            y, shape = student.global_avg_pool2d(x), (2, 3)
        case _:
            y, shape = getattr(student, name)(x, 2), (2, 3, 3, 4)
    assert isinstance(y, torch.Tensor), f"{name} must return a tensor"
    assert y.shape == shape, f"the output of {name} has shape {tuple(y.shape)}, should have {shape}"


@pytest.mark.parametrize(("kernel_size", "stride", "padding"), GRID)
@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_max(student, rng, kernel_size, stride, padding):
    """Max pooling equals PyTorch's: windows lie side by side if there is no stride, an incomplete one is dropped."""
    x = rng.randn(2, 3, 7, 10)
    assert_close(
        student.max_pool2d(x, kernel_size, stride), F.max_pool2d(x, kernel_size, stride), **EXACT, axes="NCHW"
    )


@pytest.mark.parametrize(("kernel_size", "stride", "padding"), PADDED)
@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_max_padding(student, rng, kernel_size, stride, padding):
    """A padded place never wins, also where all values are negative."""
    x = -rng.uniform(1.0, 5.0, 2, 3, 8, 9)
    want = F.max_pool2d(x, kernel_size, stride, padding)
    assert_close(student.max_pool2d(x, kernel_size, stride, padding), want, **EXACT, axes="NCHW")


@pytest.mark.level("options")
@pytest.mark.weight(3.5)
def test_max_padding_of_tiny_values(student, rng):
    """No number is small enough for the padding to win."""
    x = -1e30 * rng.uniform(1.0, 5.0, 2, 3, 5, 6)
    assert_close(student.max_pool2d(x, 3, 2, 1), F.max_pool2d(x, 3, 2, 1), **EXACT)


@pytest.mark.parametrize(("kernel_size", "stride", "padding"), GRID)
@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_average(student, rng, kernel_size, stride, padding):
    """Average pooling equals PyTorch's."""
    x = rng.randn(2, 3, 7, 10)
    assert_close(
        student.avg_pool2d(x, kernel_size, stride), F.avg_pool2d(x, kernel_size, stride), **CLOSE, axes="NCHW"
    )


@pytest.mark.parametrize(("kernel_size", "stride", "padding"), PADDED)
@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_average_padding(student, rng, kernel_size, stride, padding):
    """In an average the padded zeros count as values."""
    x = rng.randn(2, 3, 8, 9) + 1
    want = F.avg_pool2d(x, kernel_size, stride, padding)
    assert_close(student.avg_pool2d(x, kernel_size, stride, padding), want, **CLOSE, axes="NCHW")


@pytest.mark.parametrize("shape", [(2, 3, 5, 6), (1, 4, 3, 7), (5, 1, 1, 1), (3, 2, 1, 8)])
@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_global_average(student, rng, shape):
    """Global average pooling gives each image's channel means, of shape (N, C)."""
    x = rng.randn(*shape)
    assert_close(student.global_avg_pool2d(x), F.adaptive_avg_pool2d(x, 1).flatten(1), **CLOSE)


@pytest.mark.parametrize(
    ("shape", "kernel_size", "stride"),
    [
        ((1, 1, 1, 1), 1, None),
        ((1, 3, 4, 6), (4, 6), None),
        ((2, 1, 1, 7), (1, 3), 2),
        ((3, 2, 5, 1), (2, 1), 4),
    ],
)
@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_edges(student, rng, shape, kernel_size, stride):
    """Edge cases: batch of one, images of one pixel, one row or one column, a window as large as the image."""
    x = rng.randn(*shape)
    want = F.max_pool2d(x, kernel_size, stride)
    assert_close(student.max_pool2d(x, kernel_size, stride), want, **EXACT, name="max pooling")
    mean = student.avg_pool2d(x, kernel_size, stride)
    assert_close(mean, F.avg_pool2d(x, kernel_size, stride), **CLOSE, name="average pooling")
    grad_output = rng.randn(*want.shape)
    got = student.max_pool2d_backward(grad_output, x, kernel_size, stride)
    assert_close(got, max_gradient(grad_output, x, kernel_size, stride), **CLOSE, name="max_pool2d_backward")


@pytest.mark.level("contract")
@pytest.mark.weight(3)
def test_dtype_and_layout(student, rng):
    """float64 stays float64; transposed inputs give the same result as contiguous ones."""
    x = rng.randn(5, 7, 3, 2, dtype=torch.float64).permute(3, 2, 1, 0)
    precise = {"rtol": 1e-12, "atol": 1e-12}
    assert_close(student.max_pool2d(x, 2, 1), F.max_pool2d(x, 2, 1), **EXACT, name="max pooling")
    assert_close(
        student.avg_pool2d(x, 3, (2, 1), 1), F.avg_pool2d(x, 3, (2, 1), 1), **precise, name="average pooling"
    )
    assert_close(student.global_avg_pool2d(x), x.mean((2, 3)), **precise, name="global average pooling")
    grad_output = rng.randn(2, 3, 6, 4, dtype=torch.float64)
    got = student.max_pool2d_backward(grad_output, x, 2, 1)
    assert_close(got, max_gradient(grad_output, x, 2, 1), **precise, name="max_pool2d_backward")


@pytest.mark.level("invariants")
@pytest.mark.weight(1.5)
def test_increasing_function(student, rng):
    """The maximum commutes with any increasing function of the pixels."""
    x = rng.randn(2, 3, 6, 8) - 2  # mostly negative: a padded zero would show
    assert_close(student.max_pool2d(x.exp(), 3, 2, 1), student.max_pool2d(x, 3, 2, 1).exp(), **CLOSE)


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_constant_image(student):
    """Every window of a constant image has that constant as its maximum and as its mean."""
    x = torch.full((2, 3, 5, 7), -0.75)
    assert_close(
        student.max_pool2d(x, (2, 3), 1), torch.full((2, 3, 4, 5), -0.75), **EXACT, name="max pooling"
    )
    assert_close(
        student.avg_pool2d(x, (2, 3), 1), torch.full((2, 3, 4, 5), -0.75), **CLOSE, name="average pooling"
    )


@pytest.mark.parametrize(
    ("kernel_size", "stride", "padding"), [(2, None, 0), ((3, 2), (2, 1), 1), (3, 1, (0, 1))]
)
@pytest.mark.level("invariants")
@pytest.mark.weight(7.5)
def test_gradients(student, rng, kernel_size, stride, padding):
    """Autograd through max, average and global average pooling gives PyTorch's gradients."""
    x = rng.randn(2, 3, 7, 6, dtype=torch.float64)
    pairs = {
        "max pooling": (
            lambda x: student.max_pool2d(x, kernel_size, stride, padding),
            lambda x: F.max_pool2d(x, kernel_size, stride, padding),
        ),
        "average pooling": (
            lambda x: student.avg_pool2d(x, kernel_size, stride, padding),
            lambda x: F.avg_pool2d(x, kernel_size, stride, padding),
        ),
        "global average pooling": (student.global_avg_pool2d, lambda x: x.mean((2, 3))),
    }
    for name, (ours, theirs) in pairs.items():
        a, b = x.clone().requires_grad_(), x.clone().requires_grad_()
        want = theirs(b)
        direction = rng.randn(*want.shape, dtype=x.dtype)
        (ours(a) * direction).sum().backward()
        (want * direction).sum().backward()
        assert a.grad is not None, f"no gradient flows back through {name}"
        assert_close(a.grad, b.grad, **CLOSE, name=f"gradient of {name}")


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_padding_takes_no_gradient(student, rng):
    """A padded place does not share in the gradient either, not even beside the smallest value of all."""
    x = (-1 - rng.perm(8).double()).view(1, 2, 2, 2).requires_grad_()
    # Each window sees one value and three padded places.
    student.max_pool2d(x, 2, stride=2, padding=1).sum().backward()
    assert x.grad is not None, "no gradient flows back through max pooling"
    assert_close(x.grad, torch.ones(1, 2, 2, 2, dtype=x.dtype), **EXACT, name="gradient of max pooling")


def max_gradient(grad_output, x, kernel_size, stride):
    """The gradient of max pooling by autograd."""
    x = x.detach().clone().requires_grad_()
    return torch.autograd.grad(F.max_pool2d(x, kernel_size, stride), x, grad_output)[0]


def backward_agrees(student, rng, x, kernel_size, stride):
    """The student's gradient of max pooling against autograd's; sums of a few terms in any order."""
    grad_output = rng.randn(*F.max_pool2d(x, kernel_size, stride).shape, dtype=x.dtype)
    got = student.max_pool2d_backward(grad_output, x, kernel_size, stride)
    assert_close(got, max_gradient(grad_output, x, kernel_size, stride), **CLOSE, name="gradient in x")


@pytest.mark.parametrize(("kernel_size", "stride"), [(2, None), ((3, 2), None), (2, 3), ((1, 4), (2, 5))])
@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_max_backward(student, rng, kernel_size, stride):
    """max_pool2d_backward hands each window's gradient to the place that won, and zero to all others."""
    backward_agrees(student, rng, rng.randn(2, 3, 7, 10), kernel_size, stride)


@pytest.mark.parametrize(("kernel_size", "stride"), [(2, 1), (3, 2), (3, (1, 2)), ((2, 4), (2, 1))])
@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_max_backward_overlap(student, rng, kernel_size, stride):
    """A place that won in several overlapping windows gets the sum of their gradients."""
    backward_agrees(student, rng, rng.randn(2, 3, 7, 9, dtype=torch.float64), kernel_size, stride)
    backward_agrees(student, rng, rng.randn(1, 1, 6, 5, dtype=torch.float64), kernel_size, stride)


@pytest.mark.parametrize(("kernel_size", "stride"), [(2, None), ((3, 2), None), (3, 1), ((2, 3), (1, 2))])
@pytest.mark.level("options")
@pytest.mark.weight(3.5)
def test_max_backward_ties(student, rng, kernel_size, stride):
    """Among equal maxima the first in row-major order of the window gets all of the gradient."""
    backward_agrees(student, rng, rng.randint(0, 3, (2, 3, 8, 9)).float(), kernel_size, stride)
    backward_agrees(student, rng, torch.zeros(1, 2, 6, 7), kernel_size, stride)


@pytest.mark.level("options")
@pytest.mark.weight(3.5)
def test_max_backward_close_values(student, rng):
    """The larger value wins, however little the values differ and however small all of them are."""
    ranks = rng.perm(2 * 3 * 6 * 8).double().view(2, 3, 6, 8)
    backward_agrees(student, rng, 1 + 1e-9 * ranks, 3, 1)
    backward_agrees(student, rng, -1e30 - 1e28 * ranks, (2, 3), None)


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_max_backward_keeps_the_sum(student, rng):
    """What comes in goes out: in each channel the gradient in x sums to the gradient in the output."""
    x, grad_output = rng.randint(-2, 3, (3, 2, 6, 8)).double(), rng.randn(3, 2, 3, 4, dtype=torch.float64)
    got = student.max_pool2d_backward(grad_output, x, 2)
    assert_close(got.sum((2, 3)), grad_output.sum((2, 3)), **CLOSE, name="sum of the gradient")


@pytest.mark.level("options")
@pytest.mark.weight(3.1)
def test_max_backward_layout(student, rng):
    """Expanded and transposed gradients and images give the same result as contiguous ones."""
    x = rng.randn(6, 5, 3, 2).permute(3, 2, 0, 1)
    for grad_output in (torch.ones(()).expand(2, 3, 3, 2), rng.randn(2, 3, 3, 2).permute(3, 1, 2, 0)):
        got = student.max_pool2d_backward(grad_output, x, 2)
        assert_close(got, max_gradient(grad_output, x, 2, None), **CLOSE, name="gradient in x")
