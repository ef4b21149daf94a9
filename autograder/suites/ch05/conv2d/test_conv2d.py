"""Hidden suite of `conv2d`; the oracle is torch.nn.functional.conv2d.

Tolerance: a float32 output here is a sum of at most 200 products of unit-variance numbers. Two orders of
summation (loops, one matrix product, an FFT) differ by about 1e-5; the smallest mistake changes outputs by 1e-1.
"""

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from autograder.testing import assert_close, assert_raises, gradcheck

pytestmark = [
    pytest.mark.exercise("conv2d"),
    pytest.mark.shares(runs=13, plain=28, options=18, invariants=41),
]

FLOAT32: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-4}
FLOAT64: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-9}


def agrees(student, x, weight, bias=None, **options):
    """The student's convolution against torch's, on the same arguments."""
    tolerance = FLOAT64 if x.dtype == torch.float64 else FLOAT32
    want = F.conv2d(x, weight, bias, **options)
    assert_close(student.conv2d(x, weight, bias, **options), want, **tolerance, axes="NCHW")


@pytest.mark.gate
@pytest.mark.level("runs")
@pytest.mark.weight(0)
def test_runs(student, rng):
    """conv2d runs and returns a tensor."""
    y = student.conv2d(rng.randn(2, 3, 9, 7), rng.randn(5, 3, 4, 2))
    assert isinstance(y, torch.Tensor), "conv2d must return a tensor"


@pytest.mark.level("runs")
@pytest.mark.weight(3)
def test_shape(student, rng):
    """The output has shape (N, C_out, H_out, W_out)."""
    y = student.conv2d(rng.randn(2, 3, 9, 7), rng.randn(5, 3, 4, 2))
    assert y.shape == (2, 5, 6, 6), f"the output has shape {tuple(y.shape)} instead of (2, 5, 6, 6)"


@pytest.mark.level("plain")
@pytest.mark.weight(0.5)
def test_value_by_hand(student):
    """On a small image the output is the value computed by hand: each window times the kernel, not flipped."""
    image = torch.tensor([[1.0, 2.0, 0.0], [0.0, 1.0, 3.0]]).reshape(1, 1, 2, 3)
    kernel = torch.tensor([[1.0, -1.0], [2.0, 0.0]]).reshape(1, 1, 2, 2)
    want = torch.tensor([[-1.0, 4.0]]).reshape(1, 1, 1, 2)  # 1 - 2 + 2*0 and 2 - 0 + 2*1
    assert_close(student.conv2d(image, kernel), want, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("image", "kernel"),
    [
        ((2, 3, 9, 7), (5, 3, 3, 2)),
        ((1, 4, 6, 11), (2, 4, 2, 5)),
        ((3, 2, 7, 5), (4, 2, 1, 1)),
        ((4, 1, 5, 6), (1, 1, 4, 3)),
    ],
)
@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_plain(student, rng, image, kernel):
    """Without options the output equals PyTorch's convolution, for any batch, channels and kernel."""
    agrees(student, rng.randn(*image), rng.randn(*kernel))


@pytest.mark.level("plain")
@pytest.mark.weight(4)
def test_bias(student, rng):
    """The bias adds one number to each output channel, also where there is nothing in the image."""
    agrees(student, rng.randn(2, 3, 6, 8), rng.randn(4, 3, 2, 3), rng.randn(4))
    agrees(student, torch.zeros(2, 3, 5, 4), rng.randn(4, 3, 2, 3), rng.randn(4))
    agrees(student, rng.randn(3, 2, 5, 7), rng.randn(1, 2, 3, 2), rng.randn(1), stride=2)


@pytest.mark.parametrize("stride", [2, 3, (1, 2), (3, 1), (2, 5)])
@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_stride(student, rng, stride):
    """The stride, one number or (vertical, horizontal), is the window's step; an incomplete last one is dropped."""
    agrees(student, rng.randn(2, 3, 10, 13), rng.randn(4, 3, 3, 2), stride=stride)


@pytest.mark.parametrize("padding", [1, 3, (0, 2), (2, 1), (4, 0)])
@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_padding(student, rng, padding):
    """The padding, one number or (vertical, horizontal), adds zeros on both sides of the image."""
    agrees(student, rng.randn(2, 3, 6, 8), rng.randn(5, 3, 3, 2), padding=padding)
    agrees(student, rng.randn(1, 2, 4, 3), rng.randn(3, 2, 1, 1), padding=padding)


@pytest.mark.parametrize("dilation", [2, 3, (1, 3), (4, 2)])
@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_dilation(student, rng, dilation):
    """The dilation, one number or (vertical, horizontal), is the distance between neighbouring taps of the kernel."""
    agrees(student, rng.randn(2, 3, 11, 9), rng.randn(4, 3, 3, 2), dilation=dilation)


@pytest.mark.parametrize(
    ("channels", "out", "groups"), [(4, 6, 2), (6, 3, 3), (5, 5, 5), (3, 6, 3), (6, 4, 1)]
)
@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_groups(student, rng, channels, out, groups):
    """Each group of output channels sees only its own group of input channels, down to depthwise convolution."""
    agrees(student, rng.randn(2, channels, 7, 5), rng.randn(out, channels // groups, 2, 3), groups=groups)


@pytest.mark.parametrize(
    "options",
    [
        {"stride": (2, 1), "padding": (1, 3)},
        {"stride": (1, 3), "dilation": (2, 1)},
        {"padding": (0, 2), "dilation": (3, 2)},
        {"stride": (3, 2), "padding": (2, 1), "dilation": (2, 3), "groups": 2},
        {"stride": 2, "padding": 2, "dilation": 2, "groups": 4},
        {"stride": (1, 2), "padding": (2, 0), "dilation": (1, 3), "groups": 4},
    ],
)
@pytest.mark.level("options")
@pytest.mark.weight(12.5)
def test_options_together(student, rng, options):
    """Stride, padding, dilation, groups and bias work together, each with its own vertical and horizontal value."""
    groups = options.get("groups", 1)
    agrees(student, rng.randn(3, 4, 11, 13), rng.randn(8, 4 // groups, 3, 2), rng.randn(8), **options)


@pytest.mark.parametrize(
    ("image", "kernel", "options"),
    [
        ((1, 1, 1, 1), (1, 1, 1, 1), {}),
        ((1, 3, 5, 4), (2, 3, 5, 4), {}),  # the kernel is as large as the image
        ((2, 3, 4, 3), (5, 3, 6, 7), {"padding": (1, 2)}),  # and as the padded image
        ((1, 2, 1, 9), (3, 2, 1, 4), {"stride": (1, 2)}),  # a row
        ((1, 2, 9, 1), (3, 2, 4, 1), {"dilation": (2, 1)}),  # a column
        ((2, 2, 3, 5), (3, 2, 2, 2), {"stride": 7}),  # one step is all there is
        ((2, 3, 2, 4), (4, 3, 1, 1), {"padding": 1, "stride": 2}),  # windows that see nothing but zeros
    ],
)
@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_edges(student, rng, image, kernel, options):
    """Edge cases: batch of one, images of 1x1, one row or one column, kernels as large as the padded image."""
    with torch.no_grad():  # as a network is asked after its training
        agrees(student, rng.randn(*image), rng.randn(*kernel), rng.randn(kernel[0]), **options)


@pytest.mark.level("contract")
@pytest.mark.weight(6)
def test_dtype(student, rng):
    """float64 in, float64 out, with float64's precision."""
    double = torch.float64
    x, w, b = (
        rng.randn(2, 4, 5, 6, dtype=double),
        rng.randn(6, 2, 3, 2, dtype=double),
        rng.randn(6, dtype=double),
    )
    agrees(student, x, w, b, stride=(1, 2), padding=(1, 0), groups=2)


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_memory_layout(student, rng):
    """Transposed, sliced and expanded inputs give the same output as contiguous ones."""
    x = rng.randn(2, 7, 9, 3).permute(0, 3, 1, 2)
    w = rng.randn(5, 3, 4, 6)[:, :, ::2, 1:4]
    agrees(student, x, w, stride=(1, 2), padding=1)
    agrees(student, x, w)
    agrees(student, rng.randn(1, 3, 6, 8).expand(4, 3, 6, 8), rng.randn(5, 1, 2, 3).expand(5, 3, 2, 3))


@pytest.mark.parametrize(
    ("image", "kernel", "groups"),
    [
        ((1, 4, 5, 6), (6, 3, 2, 2), 1),
        ((1, 6, 5, 4), (4, 2, 2, 3), 2),
        ((2, 5, 4, 3), (4, 2, 2, 2), 2),
    ],
)
@pytest.mark.level("contract")
@pytest.mark.weight(2)
def test_misfit(student, rng, image, kernel, groups):
    """Channels that do not fit together are a ValueError."""
    assert_raises(ValueError, student.conv2d, rng.randn(*image), rng.randn(*kernel), groups=groups)


@pytest.mark.parametrize(("out", "groups"), [(3, 2), (8, 3)])
@pytest.mark.level("contract")
@pytest.mark.weight(4)
def test_misfit_of_output_channels(student, rng, out, groups):
    """Output channels that cannot be cut into that many groups are a ValueError."""
    image, kernel = rng.randn(2, 2 * groups, 5, 3), rng.randn(out, 2, 2, 2)
    assert_raises(ValueError, student.conv2d, image, kernel, rng.randn(out), groups=groups)


@pytest.mark.parametrize(
    ("image", "kernel", "groups"),
    [((1, 3, 5, 4), (4, 1, 2, 3), 1), ((2, 1, 4, 5), (3, 2, 2, 2), 1), ((2, 6, 4, 3), (4, 1, 3, 2), 2)],
)
@pytest.mark.level("contract")
@pytest.mark.weight(3)
def test_misfit_of_one_channel(student, rng, image, kernel, groups):
    """One channel is not silently repeated to fit many: a ValueError too."""
    assert_raises(ValueError, student.conv2d, rng.randn(*image), rng.randn(*kernel), groups=groups)


@pytest.mark.parametrize(
    "options",
    [{}, {"stride": (2, 1), "padding": (0, 2)}, {"dilation": (1, 2), "padding": 1, "groups": 2}],
)
@pytest.mark.level("invariants")
@pytest.mark.weight(10)
def test_gradients(student, rng, options):
    """Image, weight and bias each get the gradient that autograd gives PyTorch's convolution."""
    double = torch.float64
    x = rng.randn(2, 4, 7, 6, dtype=double, requires_grad=True)
    w = rng.randn(6, 4 // options.get("groups", 1), 3, 2, dtype=double, requires_grad=True)
    b = rng.randn(6, dtype=double, requires_grad=True)
    want = F.conv2d(x, w, b, **options)
    direction = rng.randn(*want.shape, dtype=double)
    wanted = torch.autograd.grad((want * direction).sum(), (x, w, b))
    y = student.conv2d(x, w, b, **options)
    assert y.requires_grad, "the output must depend on the inputs through autograd"
    (y * direction).sum().backward()
    for tensor, grad, name in zip((x, w, b), wanted, ("image", "weight", "bias"), strict=True):
        assert tensor.grad is not None, f"no gradient reaches the {name}"
        assert_close(tensor.grad, grad, **FLOAT64, name=f"gradient of the {name}")


@pytest.mark.level("invariants")
@pytest.mark.weight(3.5)
def test_bias_of_zero(student, rng):
    """A bias that begins at zero gets its gradient too: that is how it is learned."""
    x, w = rng.randn(2, 2, 5, 4), rng.randn(3, 2, 2, 3)
    bias = torch.zeros(3, requires_grad=True)
    student.conv2d(x, w, bias).sum().backward()
    assert bias.grad is not None, "no gradient reaches the bias"
    want = torch.full((3,), 16.0)  # two images of 4 x 2 places
    assert_close(bias.grad, want, **FLOAT32, name="gradient of the bias")


@pytest.mark.level("invariants")
@pytest.mark.weight(2.5)
def test_gradient_of_each_alone(student, rng):
    """Image, weight and bias each get their gradient also where the two others need none, as in a first layer."""
    shapes = {"image": (2, 3, 5, 6), "weight": (4, 3, 2, 3), "bias": (4,)}
    options = {"stride": (1, 2), "padding": (1, 0)}
    for name in shapes:
        values = {key: rng.randn(*shape) for key, shape in shapes.items()}
        values[name].requires_grad_()
        want = F.conv2d(*values.values(), **options)
        direction = rng.randn(*want.shape)
        (wanted,) = torch.autograd.grad((want * direction).sum(), values[name])
        y = student.conv2d(*values.values(), **options)
        assert y.requires_grad, f"no gradient reaches the {name} where the others need none"
        (y * direction).sum().backward()
        assert values[name].grad is not None, f"no gradient reaches the {name} where the others need none"
        assert_close(values[name].grad, wanted, **FLOAT32, name=f"gradient of the {name}")


@pytest.mark.level("invariants")
@pytest.mark.weight(3.5)
def test_gradcheck(student, rng):
    """Small changes of the inputs change the output as the gradient says (finite differences in float64)."""
    x = rng.randn(1, 2, 4, 3, dtype=torch.float64, requires_grad=True)
    w = rng.randn(2, 1, 2, 2, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda x, w: student.conv2d(x, w, None, (2, 1), (1, 0), 1, 2), (x, w))


@pytest.mark.level("invariants")
@pytest.mark.weight(0.5)
def test_shift_equivariance(student, rng):
    """The same kernel is used everywhere: cropping rows and columns off the image crops them off the output."""
    image, w = rng.randn(2, 3, 8, 9), rng.randn(4, 3, 3, 2)
    assert_close(student.conv2d(image[:, :, 2:, 1:], w), student.conv2d(image, w)[:, :, 2:, 1:], **FLOAT32)


@pytest.mark.level("invariants")
@pytest.mark.weight(0.5)
def test_linearity(student, rng):
    """Without bias the output is linear in the image."""
    a, b, w = rng.randn(2, 3, 6, 7), rng.randn(2, 3, 6, 7), rng.randn(4, 3, 2, 3)
    together = student.conv2d(2 * a - 3 * b, w, padding=(1, 0))
    apart = 2 * student.conv2d(a, w, padding=(1, 0)) - 3 * student.conv2d(b, w, padding=(1, 0))
    assert_close(together, apart, rtol=1e-4, atol=5e-4)  # the factors 2 and 3 scale the rounding too
