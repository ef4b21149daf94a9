"""Hidden suite of `conv2d_backward`; the oracle is autograd through torch.nn.functional.conv2d, in float64."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("conv2d_backward"),
    pytest.mark.shares(runs=14, plain=35, options=27, invariants=23),
]

CLOSE: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-4}
"""Two orders of summing some hundred products differ by about 1e-13 in float64 and by 1e-5 in float32; the smallest
mistake shows at 1e-1. Only the test of float64 minds whoever computes in float32."""
FLOAT64: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-9}
NAMES = ("grad_x", "grad_weight", "grad_bias")


def autograd(grad_output, x, weight, stride=1, padding=0):
    """The three gradients by autograd."""
    x, weight = x.detach().requires_grad_(), weight.detach().requires_grad_()
    bias = torch.zeros(len(weight), dtype=x.dtype, requires_grad=True)
    return torch.autograd.grad(F.conv2d(x, weight, bias, stride, padding), (x, weight, bias), grad_output)


def problem(rng, image, kernel, stride=1, padding=0, dtype=torch.float64):
    """A random image, kernel, and gradient in the output."""
    x, weight = rng.randn(*image, dtype=dtype), rng.randn(*kernel, dtype=dtype)
    output = F.conv2d(x, weight, None, stride, padding)
    return rng.randn(*output.shape, dtype=dtype), x, weight


def agrees(student, which, grad_output, x, weight, *, stride=1, padding=0, tolerance=CLOSE):
    """One of the student's gradients against autograd's."""
    got = student.conv2d_backward(grad_output, x, weight, stride, padding)[which]
    assert_close(
        got, autograd(grad_output, x, weight, stride, padding)[which], **tolerance, name=NAMES[which]
    )


each_gradient = pytest.mark.parametrize("which", [0, 1, 2], ids=NAMES)
image_and_weight = pytest.mark.parametrize(
    "which", [0, 1], ids=NAMES[:2]
)  # the bias's does not see the options


@pytest.mark.gate
@pytest.mark.level("runs")
@pytest.mark.weight(0)
def test_runs(student, rng):
    """conv2d_backward runs and returns three gradients."""
    grads = student.conv2d_backward(*problem(rng, (2, 3, 9, 7), (5, 3, 4, 2)))
    assert isinstance(grads, (tuple, list)) and len(grads) == 3, "return (grad_x, grad_weight, grad_bias)"


@each_gradient
@pytest.mark.level("runs")
@pytest.mark.weight(3)
def test_shapes(student, rng, which):
    """The gradients are tensors of the shapes of image, weight and bias."""
    grad = student.conv2d_backward(*problem(rng, (2, 3, 9, 7), (5, 3, 4, 2)))[which]
    shape = [(2, 3, 9, 7), (5, 3, 4, 2), (5,)][which]
    assert isinstance(grad, torch.Tensor), f"{NAMES[which]} must be a tensor"
    assert grad.shape == shape, f"{NAMES[which]} has shape {tuple(grad.shape)}, should have {shape}"


@each_gradient
@pytest.mark.level("plain")
def test_values_by_hand(student, which):
    """On an image of 2x3 and a kernel of 1x2 the gradients are the ones computed by hand."""
    x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).reshape(1, 1, 2, 3)
    weight = torch.tensor([[10.0, -1.0]]).reshape(1, 1, 1, 2)
    grad_output = torch.tensor([[1.0, 0.0], [2.0, 1.0]]).reshape(1, 1, 2, 2)
    want = (
        torch.tensor([[10.0, -1.0, 0.0], [20.0, 8.0, -1.0]]).reshape(1, 1, 2, 3),
        torch.tensor([[1.0 + 8.0 + 5.0, 2.0 + 10.0 + 6.0]]).reshape(1, 1, 1, 2),
        torch.tensor([4.0]),
    )
    got = student.conv2d_backward(grad_output, x, weight)
    assert_close(got[which], want[which], rtol=0, atol=1e-5, name=NAMES[which])


@each_gradient
@pytest.mark.level("plain")
@pytest.mark.weight(3.5)
def test_plain(student, rng, which):
    """Without options each gradient equals autograd's."""
    agrees(student, which, *problem(rng, (2, 3, 9, 7), (5, 3, 3, 2)))
    agrees(student, which, *problem(rng, (3, 1, 5, 8), (2, 1, 2, 4)))


@each_gradient
@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_channels(student, rng, which):
    """As many output channels as input channels, or a single one: each gradient equals autograd's."""
    agrees(student, which, *problem(rng, (2, 4, 6, 5), (4, 4, 3, 2)))
    agrees(student, which, *problem(rng, (2, 3, 5, 7), (1, 3, 2, 3)))


@image_and_weight
@pytest.mark.parametrize("stride", [2, (3, 1), (1, 2)])
@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_stride(student, rng, which, stride):
    """With a stride each gradient equals autograd's, also where the windows leave gaps or a rest at the edge."""
    agrees(student, which, *problem(rng, (2, 3, 10, 8), (4, 3, 3, 2), stride), stride=stride)
    agrees(student, which, *problem(rng, (2, 3, 9, 11), (4, 3, 2, 1), stride), stride=stride)
    agrees(student, which, *problem(rng, (2, 2, 9, 8), (3, 2, 2, 3), stride), stride=stride)


@image_and_weight
@pytest.mark.parametrize("padding", [1, (0, 2), (3, 1)])
@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_padding(student, rng, which, padding):
    """With padding each gradient equals autograd's, and the image's gradient has no padding left on it."""
    agrees(student, which, *problem(rng, (2, 3, 5, 7), (4, 3, 3, 2), padding=padding), padding=padding)
    agrees(student, which, *problem(rng, (1, 2, 3, 4), (3, 2, 1, 1), padding=padding), padding=padding)


@each_gradient
@pytest.mark.parametrize(("stride", "padding"), [(2, 1), ((2, 1), (0, 2)), ((1, 3), (2, 1)), ((4, 3), 2)])
@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_stride_and_padding(student, rng, which, stride, padding):
    """Stride and padding work together, each with its own vertical and horizontal value."""
    grad_output, x, weight = problem(rng, (2, 3, 8, 11), (5, 3, 3, 2), stride, padding)
    agrees(student, which, grad_output, x, weight, stride=stride, padding=padding)


@each_gradient
@pytest.mark.parametrize(
    ("image", "kernel", "stride", "padding"),
    [
        ((1, 1, 1, 1), (1, 1, 1, 1), 1, 0),
        ((1, 4, 6, 5), (3, 4, 1, 1), 1, 0),
        ((3, 2, 4, 3), (5, 2, 4, 3), 1, 0),  # the kernel is as large as the image
        ((2, 3, 2, 3), (4, 3, 4, 7), 1, (1, 2)),  # and as the padded image
        ((1, 2, 1, 8), (3, 2, 1, 3), (1, 2), 0),
        ((2, 2, 5, 4), (3, 2, 2, 1), 4, 0),  # pixels between the windows have no part in the output
    ],
)
@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_edges(student, rng, which, image, kernel, stride, padding):
    """Edge cases: batch of one, 1x1 images and kernels, kernels as large as the image, strides beyond the kernel."""
    agrees(student, which, *problem(rng, image, kernel, stride, padding), stride=stride, padding=padding)


@each_gradient
@pytest.mark.level("options")
@pytest.mark.weight(4.8)
def test_expanded_gradient(student, rng, which):
    """A gradient in the output that is an expanded view (as from a sum) or transposed gives the same result."""
    _, x, weight = problem(rng, (2, 3, 6, 7), (4, 3, 3, 2))
    agrees(student, which, torch.ones((), dtype=x.dtype).expand(2, 4, 4, 6), x, weight)
    agrees(student, which, rng.randn(6, 4, 4, 2, dtype=x.dtype).permute(3, 2, 1, 0), x, weight)


@each_gradient
@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_nothing_in_it(student, rng, which):
    """A blank image still gets a gradient, and so does a kernel of zeros: a network may begin there."""
    grad_output, x, weight = problem(rng, (2, 3, 5, 6), (4, 3, 2, 3))
    agrees(student, which, grad_output, torch.zeros_like(x), weight)
    agrees(student, which, grad_output, x, torch.zeros_like(weight))


@each_gradient
@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_memory_layout(student, rng, which):
    """Images and kernels that are transposed or sliced views give the same result as contiguous ones."""
    double = torch.float64
    x = rng.randn(2, 7, 6, 3, dtype=double).permute(0, 3, 1, 2)
    weight = rng.randn(4, 3, 2, 6, dtype=double).transpose(2, 3)[:, :, ::2]
    agrees(student, which, rng.randn(2, 4, 5, 5, dtype=double), x, weight)
    agrees(student, which, rng.randn(2, 4, 4, 5, dtype=double), x, weight, stride=2, padding=(1, 2))


@each_gradient
@pytest.mark.level("contract")
@pytest.mark.weight(3)
def test_precision(student, rng, which):
    """float32 in, float32 out; float64 in, float64 out, with float64's precision."""
    for dtype, tolerance in ((torch.float32, CLOSE), (torch.float64, FLOAT64)):
        numbers = problem(rng, (2, 3, 7, 5), (4, 3, 2, 3), (1, 2), 1, dtype=dtype)
        agrees(student, which, *numbers, stride=(1, 2), padding=1, tolerance=tolerance)


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_adjoint(student, rng):
    """Backward is the transpose of forward: <conv(x), g> = <x, grad_x(g)> = <weight, grad_weight(g)>."""
    stride, padding = (2, 1), (1, 0)
    g, x, weight = problem(rng, (2, 3, 6, 5), (4, 3, 3, 2), stride, padding)
    grad_x, grad_weight, _ = student.conv2d_backward(g, x, weight, stride, padding)
    inner = (F.conv2d(x, weight, None, stride, padding) * g).sum()
    assert_close((x * grad_x).sum(), inner, **CLOSE, name="<x, grad_x>")
    assert_close((weight * grad_weight).sum(), inner, **CLOSE, name="<weight, grad_weight>")
