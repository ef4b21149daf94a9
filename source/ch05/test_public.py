"""The tests you are given: run by the check cells of the notebook, or by `pytest` in this folder.

Each exercise has a ladder: shape, a value worked out by hand, PyTorch's own layer as the oracle, gradients.
Your work is graded by more tests than these, on other shapes and other numbers. `student` is your notebook.
"""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from selfcheck import assert_close, assert_own, assert_raises, gradcheck

# -------------------------------------------------------------------------------------------- conv_arithmetic
conv_arithmetic = pytest.mark.exercise("conv_arithmetic")


@conv_arithmetic
@pytest.mark.gate
def test_output_size_by_hand(student):
    """Seven pixels hold a kernel of three at five places; with stride 2 at three of them."""
    assert_close(student.conv_output_size(7, 3), 5, name="conv_output_size(7, 3)")
    assert_close(student.conv_output_size(7, 3, stride=2), 3, name="conv_output_size(7, 3, stride=2)")
    assert_close(student.conv_output_size(8, 3, stride=2), 3, name="conv_output_size(8, 3, stride=2)")


@conv_arithmetic
def test_output_size_matches_torch(student):
    """The size is the one that `F.conv1d` gives."""
    for size, kernel_size, stride, padding, dilation in [
        (11, 3, 1, 1, 1),
        (11, 4, 3, 2, 1),
        (10, 3, 2, 0, 3),
        (9, 2, 4, 1, 2),
        (5, 5, 3, 0, 1),
    ]:
        signal, kernel = torch.zeros(1, 1, size), torch.zeros(1, 1, kernel_size)
        want = F.conv1d(signal, kernel, stride=stride, padding=padding, dilation=dilation).shape[2]
        got = student.conv_output_size(size, kernel_size, stride, padding, dilation)
        assert type(got) is int, (
            "the size counts pixels: it must be an int. Did you divide with / instead of //?"
        )
        name = f"conv_output_size({size}, {kernel_size}, stride={stride}, padding={padding}, dilation={dilation})"
        assert_close(got, want, name=name)


@conv_arithmetic
def test_output_size_refuses_a_kernel_that_does_not_fit(student):
    """A kernel wider than the padded input is a ValueError, not a size of zero or less."""
    assert_raises(ValueError, student.conv_output_size, 4, 7, padding=1)


@conv_arithmetic
def test_receptive_field_by_hand(student):
    """Two 3x3 layers see 5 pixels; a stride below makes every step above count double."""
    assert_close(student.receptive_field([]), (1, 1), name="receptive_field([])")
    assert_close(student.receptive_field([(3, 1, 1), (3, 1, 1)]), (5, 1), name="two 3x3 layers")
    got = student.receptive_field([(3, 2, 1), (3, 1, 1)])
    assert got != (5, 2), (
        "receptive_field([(3, 2, 1), (3, 1, 1)]) is (7, 2): neighbours in the second layer's input "
        "are two pixels apart. Does each layer add (kernel - 1) times the jump so far?"
    )
    assert_close(got, (7, 2), name="receptive_field([(3, 2, 1), (3, 1, 1)])")


@conv_arithmetic
def test_receptive_field_is_where_the_gradient_reaches(student):
    """The field is as wide as the stretch of input pixels that one output pixel has a gradient in."""
    layers = [(3, 1, 2), (2, 2, 1), (4, 1, 1)]
    x = torch.zeros(1, 1, 60, requires_grad=True)
    y = x
    for kernel_size, stride, dilation in layers:
        y = F.conv1d(y, torch.ones(1, 1, kernel_size), stride=stride, dilation=dilation)
    (grad,) = torch.autograd.grad(y[0, 0, 5], x)
    reached = grad[0, 0].nonzero().flatten()
    width = int(reached.max() - reached.min()) + 1
    assert_close(student.receptive_field(layers), (width, 2), name=f"receptive_field({layers})")


# -------------------------------------------------------------------------------------------- conv1d
conv1d = pytest.mark.exercise("conv1d")


@conv1d
@pytest.mark.gate
def test_conv1d_shape(student, rng):
    """Two signals of 3 channels and 8 numbers, under four kernels of 3, give (2, 4, 6)."""
    y = student.conv1d(rng.randn(2, 3, 8), rng.randn(4, 3, 3))
    assert isinstance(y, torch.Tensor), "conv1d must return a tensor"
    assert tuple(y.shape) == (2, 4, 6), f"the output has shape {tuple(y.shape)} instead of (2, 4, 6)"


@conv1d
def test_conv1d_by_hand(student):
    """The example of the notebook: (1, 2, 0, 3) under (3, -1) gives (1, 6, -3), and (1, -3) with stride 2."""
    x, weight = torch.tensor([[[1.0, 2.0, 0.0, 3.0]]]), torch.tensor([[[3.0, -1.0]]])
    assert_close(student.conv1d(x, weight), torch.tensor([[[1.0, 6.0, -3.0]]]))
    assert_close(student.conv1d(x, weight, stride=2), torch.tensor([[[1.0, -3.0]]]), name="output with stride 2")


@conv1d
def test_conv1d_agrees_with_torch(student, rng):
    """Channels are added up, the last window is whole, and a kernel may be as long as the signal."""
    for length, size, stride in [(9, 4, 1), (10, 3, 2), (11, 2, 4), (5, 5, 1)]:
        x, weight = rng.randn(3, 2, length, dtype=torch.float64), rng.randn(4, 2, size, dtype=torch.float64)
        want = F.conv1d(x, weight, stride=stride)
        assert_close(student.conv1d(x, weight, stride), want, name=f"output for L={length}, K={size}, stride={stride}")


@conv1d
def test_conv1d_gradients(student, rng):
    """Gradients reach x and weight, and agree with finite differences."""
    x = rng.randn(2, 2, 6, dtype=torch.float64, requires_grad=True)
    weight = rng.randn(3, 2, 3, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda x, w: student.conv1d(x, w, 2), (x, weight))


@conv1d
def test_conv1d_is_your_own(student, not_allowed):
    """Nothing is used that the card does not allow."""
    assert_own(student.conv1d, not_allowed)


# ----------------------------------------------------------------------------------------------------- conv2d
conv2d = pytest.mark.exercise("conv2d")


@conv2d
@pytest.mark.gate
def test_conv2d_shape(student, rng):
    """Two images of 3 channels and 9x7 pixels, under five 3x2 kernels, give (2, 5, 7, 6)."""
    y = student.conv2d(rng.randn(2, 3, 9, 7), rng.randn(5, 3, 3, 2))
    assert isinstance(y, torch.Tensor), "conv2d must return a tensor"
    assert tuple(y.shape) == (2, 5, 7, 6), f"the output has shape {tuple(y.shape)} instead of (2, 5, 7, 6)"


@conv2d
@pytest.mark.gate
def test_conv2d_by_hand(student):
    """The example of the notebook: the kernel slides unflipped, and the products are added up."""
    x = torch.tensor([[[[1.0, 2.0, 0.0], [0.0, 1.0, 3.0], [2.0, 0.0, 1.0]]]])
    weight = torch.tensor([[[[1.0, 0.0], [2.0, -1.0]]]])
    got = student.conv2d(x, weight)
    flipped = torch.tensor([[[[4.0, 1.0], [2.0, 6.0]]]])
    assert not torch.equal(got.detach(), flipped), (
        "the kernel is turned by 180 degrees. Deep learning's convolution is a cross-correlation: "
        "weight[i, j] meets x[row + i, column + j]."
    )
    assert_close(got, torch.tensor([[[[0.0, 1.0], [4.0, 0.0]]]]))


def agrees_with_torch(student, rng, **settings):
    """The student's convolution of random images is PyTorch's, in float64."""
    x, weight = rng.randn(2, 3, 9, 7, dtype=torch.float64), rng.randn(5, 3, 3, 2, dtype=torch.float64)
    want = F.conv2d(x, weight, **settings)
    assert_close(student.conv2d(x, weight, **settings), want, name=f"conv2d with {settings or 'no settings'}")


@conv2d
def test_conv2d_adds_up_channels(student, rng):
    """Every output channel adds up all input channels, each under its own kernel."""
    agrees_with_torch(student, rng)


@conv2d
def test_conv2d_stride(student, rng):
    """The window moves by the stride; a pair is (vertical, horizontal)."""
    agrees_with_torch(student, rng, stride=2)
    agrees_with_torch(student, rng, stride=(2, 1))


@conv2d
def test_conv2d_padding(student, rng):
    """Zeros are put around the image; a pair is (above and below, left and right)."""
    agrees_with_torch(student, rng, padding=1)
    agrees_with_torch(student, rng, padding=(0, 2))


@conv2d
def test_conv2d_dilation(student, rng):
    """A dilated kernel reads every second, third ... pixel."""
    agrees_with_torch(student, rng, dilation=2)
    agrees_with_torch(student, rng, dilation=(1, 3))


@conv2d
def test_conv2d_all_together(student, rng):
    """Stride, padding and dilation go together."""
    agrees_with_torch(student, rng, stride=(1, 3), padding=(3, 1), dilation=(2, 1))


@conv2d
def test_conv2d_bias(student, rng):
    """The bias is one number for each output channel, added at every place."""
    x, weight, bias = rng.randn(1, 2, 6, 5), rng.randn(5, 2, 3, 3), rng.randn(5)
    assert_close(student.conv2d(x, weight, bias, padding=1), F.conv2d(x, weight, bias, padding=1))


@conv2d
def test_conv2d_groups(student, rng):
    """With groups, an output channel sees only the input channels of its own group."""
    for groups in [2, 4]:
        x = rng.randn(2, 4, 6, 7, dtype=torch.float64)
        weight = rng.randn(8, 4 // groups, 3, 2, dtype=torch.float64)
        assert_close(student.conv2d(x, weight, groups=groups), F.conv2d(x, weight, groups=groups))


@conv2d
def test_conv2d_is_shift_equivariant(student, rng):
    """Shift the image, and the output shifts with it (where the border does not interfere)."""
    x, weight = rng.randn(1, 2, 10, 9, dtype=torch.float64), rng.randn(3, 2, 3, 3, dtype=torch.float64)
    y, y_shifted = student.conv2d(x, weight), student.conv2d(x.roll((2, 1), (2, 3)), weight)
    assert_close(y_shifted[:, :, 2:, 1:], y[:, :, :-2, :-1], name="output for the shifted image")


@conv2d
def test_conv2d_channels_must_fit(student, rng):
    """Three input channels and a weight for two is a ValueError."""
    assert_raises(ValueError, student.conv2d, rng.randn(1, 3, 5, 5), rng.randn(4, 2, 3, 3))


@conv2d
def test_conv2d_gradients(student, rng):
    """Gradients reach x, weight and bias, and agree with finite differences."""
    x = rng.randn(2, 2, 5, 4, dtype=torch.float64, requires_grad=True)
    weight = rng.randn(3, 2, 3, 2, dtype=torch.float64, requires_grad=True)
    bias = rng.randn(3, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda x, w, b: student.conv2d(x, w, b, stride=(2, 1), padding=1), (x, weight, bias))


@conv2d
def test_conv2d_is_your_own(student, not_allowed):
    """Nothing is used that the card does not allow."""
    assert_own(student.conv2d, not_allowed)


# -------------------------------------------------------------------------------------------- conv1d_backward
conv1d_backward = pytest.mark.exercise("conv1d_backward")


@conv1d_backward
@pytest.mark.gate
def test_conv1d_backward_shapes(student, rng):
    """The gradients have the shapes of the signal and of the kernel."""
    grads = student.conv1d_backward(rng.randn(6), rng.randn(8), rng.randn(3))
    assert isinstance(grads, tuple) and len(grads) == 2, "return (grad_x, grad_weight)"
    shapes = [tuple(grad.shape) for grad in grads]
    assert shapes == [(8,), (3,)], f"the gradients have shapes {shapes} instead of (8,) and (3,)"


@conv1d_backward
def test_conv1d_backward_by_hand(student):
    """The example of the notebook: x = (1, 2, 3), w = (10, 1), g = (1, 2) give (10, 21, 2) and (5, 8)."""
    x, weight = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([10.0, 1.0])
    grad_x, grad_weight = student.conv1d_backward(torch.tensor([1.0, 2.0]), x, weight)
    assert_close(grad_x, torch.tensor([10.0, 21.0, 2.0]), name="grad_x")
    assert_close(grad_weight, torch.tensor([5.0, 8.0]), name="grad_weight")


@conv1d_backward
def test_conv1d_backward_stride(student, rng):
    """With a stride, also one that leaves numbers unread, both gradients are autograd's."""
    for length, size, stride in [(9, 3, 2), (10, 3, 2), (11, 2, 4), (6, 6, 1)]:
        x = rng.randn(length, dtype=torch.float64, requires_grad=True)
        weight = rng.randn(size, dtype=torch.float64, requires_grad=True)
        y = F.conv1d(x[None, None], weight[None, None], stride=stride)[0, 0]
        grad_output = rng.randn(*y.shape, dtype=torch.float64)
        want = torch.autograd.grad(y, (x, weight), grad_output)
        got = student.conv1d_backward(grad_output, x.detach(), weight.detach(), stride)
        for name, ours, theirs in zip(("grad_x", "grad_weight"), want, got, strict=True):
            assert_close(theirs, ours, name=f"{name} for L={length}, K={size}, stride={stride}")


@conv1d_backward
def test_conv1d_backward_is_your_own(student, not_allowed):
    """The gradients are written by hand: autograd is not used."""
    assert_own(student.conv1d_backward, not_allowed)


# -------------------------------------------------------------------------------------------- conv2d_backward
conv2d_backward = pytest.mark.exercise("conv2d_backward")


@conv2d_backward
@pytest.mark.gate
def test_conv2d_backward_shapes(student, rng):
    """Three gradients, with the shapes of x, of weight, and of the bias."""
    x, weight = rng.randn(2, 3, 8, 7), rng.randn(4, 3, 3, 2)
    grads = student.conv2d_backward(rng.randn(2, 4, 6, 6), x, weight)
    assert isinstance(grads, (tuple, list)) and len(grads) == 3, "return (grad_x, grad_weight, grad_bias)"
    shapes = [tuple(grad.shape) for grad in grads]
    want = [(2, 3, 8, 7), (4, 3, 3, 2), (4,)]
    assert shapes == want, f"the gradients have shapes {shapes} instead of {want}"


@conv2d_backward
@pytest.mark.gate
def test_conv2d_backward_by_hand(student):
    """One row, one kernel of two: y = (w0 x0 + w1 x1, w0 x1 + w1 x2)."""
    x = torch.tensor([[[[1.0, 2.0, 3.0]]]])
    weight = torch.tensor([[[[10.0, 1.0]]]])
    grad_x, grad_weight, grad_bias = student.conv2d_backward(torch.tensor([[[[1.0, 2.0]]]]), x, weight)
    assert_close(grad_bias, torch.tensor([3.0]), name="grad_bias")
    assert_close(grad_weight, torch.tensor([[[[5.0, 8.0]]]]), name="grad_weight")
    assert_close(grad_x, torch.tensor([[[[10.0, 21.0, 2.0]]]]), name="grad_x")


@conv2d_backward
def test_conv2d_backward_matches_autograd(student, rng):
    """All three gradients are autograd's, also where the stride leaves pixels over at the border."""
    for settings in [
        {},
        {"padding": (1, 2)},
        {"stride": (2, 1)},
        {"stride": (3, 2), "padding": (2, 1)},
        {"stride": 4},
    ]:
        x = rng.randn(2, 3, 9, 8, dtype=torch.float64, requires_grad=True)
        weight = rng.randn(4, 3, 3, 2, dtype=torch.float64, requires_grad=True)
        bias = torch.zeros(4, dtype=torch.float64, requires_grad=True)
        y = F.conv2d(x, weight, bias, **settings)
        grad_output = rng.randn(*y.shape, dtype=torch.float64)
        want = torch.autograd.grad(y, (x, weight, bias), grad_output)
        got = student.conv2d_backward(grad_output, x.detach(), weight.detach(), **settings)
        for one, other, name in zip(got, want, ("grad_x", "grad_weight", "grad_bias"), strict=True):
            assert_close(one, other, name=f"{name} with {settings}")


@conv2d_backward
def test_conv2d_backward_is_your_own(student, not_allowed):
    """Nothing is used that the card does not allow."""
    assert_own(student.conv2d_backward, not_allowed)


# ---------------------------------------------------------------------------------------------------- pooling
pooling = pytest.mark.exercise("pooling")
POOLS = [
    {"kernel_size": 2},
    {"kernel_size": (3, 2)},
    {"kernel_size": 3, "stride": 2},
    {"kernel_size": (2, 3), "stride": (1, 2)},
    {"kernel_size": 3, "stride": (2, 1), "padding": 1},
]


@pooling
@pytest.mark.gate
def test_pooling_by_hand(student):
    """The four values 1 2 / 3 8 have the largest 8 and the mean 3.5."""
    x = torch.tensor([[[[1.0, 2.0], [3.0, 8.0]]]])
    assert_close(student.max_pool2d(x, 2), torch.tensor([[[[8.0]]]]), name="max_pool2d")
    assert_close(student.avg_pool2d(x, 2), torch.tensor([[[[3.5]]]]), name="avg_pool2d")
    assert_close(student.global_avg_pool2d(x), torch.tensor([[3.5]]), name="global_avg_pool2d")


@pooling
def test_max_pool2d_matches_torch(student, rng):
    """Max pooling is PyTorch's; without a stride, windows do not overlap."""
    for settings in POOLS:
        x = rng.randn(2, 3, 9, 8)
        assert_close(
            student.max_pool2d(x, **settings), F.max_pool2d(x, **settings), name=f"max_pool2d with {settings}"
        )


@pooling
def test_max_pool2d_padding_never_wins(student):
    """Where all values are negative, a padded place must not be the largest."""
    x = torch.tensor([[[[-5.0, -2.0], [-3.0, -4.0]]]])
    got = student.max_pool2d(x, 2, stride=2, padding=1)
    assert float(got.detach().max()) < 0, (
        "the padding is larger than every value here: which number never wins?"
    )
    assert_close(got, x)


@pooling
def test_avg_pool2d_matches_torch(student, rng):
    """Average pooling is PyTorch's; padded zeros count in the mean."""
    for settings in POOLS:
        x = rng.randn(2, 3, 9, 8)
        assert_close(
            student.avg_pool2d(x, **settings), F.avg_pool2d(x, **settings), name=f"avg_pool2d with {settings}"
        )


@pooling
def test_global_avg_pool2d_matches_torch(student, rng):
    """Global average pooling leaves one number for each image and channel."""
    x = rng.randn(3, 4, 5, 7)
    assert_close(student.global_avg_pool2d(x), F.adaptive_avg_pool2d(x, 1).flatten(1))


@pooling
def test_max_pool2d_backward_matches_autograd(student, rng):
    """The gradient of each window goes to its largest value, and adds up where windows overlap."""
    for settings in [pool for pool in POOLS if "padding" not in pool]:
        x = rng.randn(2, 3, 9, 8, requires_grad=True)
        y = F.max_pool2d(x, **settings)
        grad_output = rng.randn(*y.shape)
        (want,) = torch.autograd.grad(y, x, grad_output)
        got = student.max_pool2d_backward(grad_output, x.detach(), **settings)
        assert_close(got, want, name=f"gradient with {settings}")


@pooling
def test_max_pool2d_backward_ties(student):
    """Among equal values the first of the window, row by row, takes all of the gradient."""
    x = torch.tensor([[[[1.0, 7.0], [7.0, 7.0]]]])
    got = student.max_pool2d_backward(torch.tensor([[[[6.0]]]]), x, 2)
    assert float(got.sum()) == 6.0, (
        f"one window's gradient of 6 became {float(got.sum())}: exactly one place takes it"
    )
    assert_close(got, torch.tensor([[[[0.0, 6.0], [0.0, 0.0]]]]), name="gradient at a tie")


@pooling
def test_pooling_gradients(student, rng):
    """Both poolings are differentiable: autograd reaches x through them."""
    x = rng.perm(2 * 5 * 6).double().view(1, 2, 5, 6).requires_grad_()
    assert gradcheck(lambda x: student.max_pool2d(x, 3, stride=2), (x,))
    assert gradcheck(lambda x: student.avg_pool2d(x, 2, padding=1), (x,))


@pooling
def test_pooling_is_your_own(student, not_allowed):
    """Nothing is used that the card does not allow."""
    for function in (
        student.max_pool2d,
        student.avg_pool2d,
        student.global_avg_pool2d,
        student.max_pool2d_backward,
    ):
        assert_own(function, not_allowed)


# ------------------------------------------------------------------------------------------------- batch_norm
batch_norm = pytest.mark.exercise("batch_norm")


@batch_norm
@pytest.mark.gate
def test_batch_norm_starts_as_in_torch(student):
    """weight 1, bias 0, running_mean 0, running_var 1: all four are in the state_dict, two are parameters."""
    layer = student.BatchNorm2d(5)
    state = dict(layer.state_dict())
    for name, value in (("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0)):
        assert name in state, f"{name} is not in the state_dict: use nn.Parameter or register_buffer"
        assert_close(state[name], torch.full((5,), value), name=name)
    trained = sorted(name for name, _ in layer.named_parameters())
    assert trained == ["bias", "weight"], f"the trained parameters are {trained} instead of bias and weight"


@batch_norm
@pytest.mark.gate
def test_batch_norm_normalises_each_channel(student, rng):
    """In training every channel comes out with mean 0 and variance 1 over batch, height and width."""
    layer = student.BatchNorm2d(3)
    layer.train()
    y = layer(4 * rng.randn(6, 3, 5, 4) + 2)
    assert tuple(y.shape) == (6, 3, 5, 4), (
        f"the output has shape {tuple(y.shape)} instead of that of the input"
    )
    assert_close(y.mean((0, 2, 3)), torch.zeros(3), atol=1e-5, name="mean of each channel")
    assert_close(y.var((0, 2, 3), unbiased=False), torch.ones(3), atol=1e-4, name="variance of each channel")


@batch_norm
def test_batch_norm_follows_torch(student, rng):
    """Through training steps and evaluation, output and running statistics are those of nn.BatchNorm2d."""
    ours, oracle = student.BatchNorm2d(3, eps=1e-2, momentum=0.3), nn.BatchNorm2d(3, eps=1e-2, momentum=0.3)
    start = {
        "weight": rng.randn(3),
        "bias": rng.randn(3),
        "running_mean": rng.randn(3),
        "running_var": rng.rand(3),
    }
    ours.load_state_dict({**ours.state_dict(), **start})
    oracle.load_state_dict(start, strict=False)
    ours.train()
    oracle.train()
    for step in range(3):
        x = (step + 1) * rng.randn(2, 3, 4, 2) + step
        assert_close(ours(x), oracle(x), atol=1e-5, name=f"output of training step {step + 1}")
    state = dict(ours.state_dict())
    assert_close(state["running_mean"], oracle.running_mean, name="running_mean")
    biased = torch.allclose(state["running_var"] * 16 / 15, oracle.running_var, rtol=0.02)
    remark = (
        " Is it the unbiased variance (divided by n - 1) that goes into the running statistics?"
        if biased
        else ""
    )
    assert torch.allclose(state["running_var"], oracle.running_var, rtol=1e-4), (
        f"running_var is {state['running_var'].tolist()} instead of {oracle.running_var.tolist()}.{remark}"
    )
    ours.eval()
    oracle.eval()
    x = rng.randn(1, 3, 4, 2)
    assert_close(ours(x), oracle(x), atol=1e-5, name="output in evaluation mode")
    assert_close(
        dict(ours.state_dict())["running_mean"], oracle.running_mean, name="running_mean after evaluation"
    )


@batch_norm
def test_batch_norm_gradients(student, rng):
    """Gradients flow through the batch's mean and variance too."""
    layer = student.BatchNorm2d(2)
    layer.train()
    x = rng.randn(3, 2, 2, 3, requires_grad=True)
    grad_output = rng.randn(3, 2, 2, 3)
    layer(x).backward(grad_output)
    x_oracle, oracle = x.detach().clone().requires_grad_(), nn.BatchNorm2d(2)
    oracle(x_oracle).backward(grad_output)
    assert x.grad is not None, "no gradient reaches x"
    assert_close(x.grad, x_oracle.grad, atol=1e-5, name="gradient of x")
    for (name, parameter), other in zip(
        sorted(layer.named_parameters()), (oracle.bias, oracle.weight), strict=True
    ):
        assert parameter.grad is not None, f"no gradient reaches {name}"
        assert_close(parameter.grad, other.grad, atol=1e-5, name=f"gradient of {name}")


@batch_norm
def test_batch_norm_needs_two_values(student, rng):
    """A single value per channel cannot be normalised by itself in training: a ValueError."""
    layer = student.BatchNorm2d(4)
    layer.train()
    assert_raises(ValueError, layer, rng.randn(1, 4, 1, 1))


@batch_norm
def test_batch_norm_is_your_own(student, not_allowed):
    """Nothing is used that the card does not allow."""
    assert_own(student.BatchNorm2d, not_allowed)


# ---------------------------------------------------------------------------------------------------- dropout
dropout = pytest.mark.exercise("dropout")


@dropout
@pytest.mark.gate
def test_dropout_keeps_or_zeroes(student):
    """In training every value is either 0 or grown by 1 / (1 - p)."""
    layer = student.Dropout(0.75)
    layer.train()
    y = layer(torch.ones(40, 30))
    assert tuple(y.shape) == (40, 30), f"the output has shape {tuple(y.shape)} instead of that of the input"
    values = sorted(set(y.detach().flatten().tolist()))
    assert values == [0.0, 4.0], f"ones under Dropout(0.75) became the values {values[:5]} instead of 0 and 4"


@dropout
def test_dropout_keeps_the_mean(student):
    """A share p is dropped, so that the expected output is the input."""
    layer = student.Dropout(0.2)
    layer.train()
    dropped = float((layer(torch.ones(50_000)) == 0).double().mean())
    # Six standard deviations of a share of 50,000 draws are 0.011.
    assert abs(dropped - 0.2) < 0.011, (
        f"Dropout(0.2) dropped a share of {dropped:.3f}. Is p the chance to drop, or to keep?"
    )


@dropout
def test_dropout_is_identity_in_evaluation(student, rng):
    """In evaluation mode, and for p = 0, nothing changes."""
    layer, x = student.Dropout(0.6), rng.randn(3, 4, 5)
    layer.eval()
    assert_close(layer(x), x, name="output in evaluation mode")
    harmless = student.Dropout(0.0)
    harmless.train()
    assert_close(harmless(x), x, name="output for p = 0")


@dropout
def test_dropout_masks_the_gradient(student):
    """The gradient is 0 where the value was dropped, else 1 / (1 - p); each call draws a new mask."""
    layer = student.Dropout(0.5)
    layer.train()
    x = torch.ones(6, 50, requires_grad=True)
    y = layer(x)
    y.sum().backward()
    assert x.grad is not None, "no gradient reaches x"
    assert_close(x.grad, y.detach(), name="gradient of x")
    assert not torch.equal(layer(x).detach(), y.detach()), "two calls drew the same mask"


@dropout
def test_dropout_takes_probabilities_only(student):
    """p outside [0, 1] is a ValueError; p = 1 drops everything, and leaves no NaN."""
    assert_raises(ValueError, student.Dropout, 1.5)
    assert_raises(ValueError, student.Dropout, -0.1)
    layer = student.Dropout(1.0)
    layer.train()
    assert_close(layer(torch.ones(2, 3)), torch.zeros(2, 3), name="output for p = 1")


@dropout
def test_dropout_is_your_own(student, not_allowed):
    """Nothing is used that the card does not allow."""
    assert_own(student.Dropout, not_allowed)


# ---------------------------------------------------------------------------------------------- cross_entropy
cross_entropy = pytest.mark.exercise("cross_entropy")


@cross_entropy
@pytest.mark.gate
def test_cross_entropy_by_hand(student):
    """Equal logits of four classes cost log 4, whatever the target; the result is one number."""
    got = student.cross_entropy(torch.zeros(3, 4), torch.tensor([0, 3, 1]))
    assert tuple(got.shape) == (), (
        f"the loss has shape {tuple(got.shape)}: it should be the mean over the batch"
    )
    assert_close(got, torch.tensor(math.log(4)))
    logits = torch.tensor([[math.log(2.0), 0.0, 0.0]])
    assert_close(
        student.cross_entropy(logits, torch.tensor([0])), torch.tensor(math.log(2)), name="-log(2 / 4)"
    )


@cross_entropy
def test_cross_entropy_matches_torch(student, rng):
    """With and without label smoothing, the loss is PyTorch's."""
    for label_smoothing in [0.0, 0.1, 1.0]:
        logits, target = 3 * rng.randn(6, 5), rng.randint(0, 5, (6,))
        want = F.cross_entropy(logits, target, label_smoothing=label_smoothing)
        assert_close(student.cross_entropy(logits, target, label_smoothing), want)


@cross_entropy
def test_cross_entropy_of_huge_logits(student):
    """Logits of 10,000 give a finite, exact loss: subtract the largest before you exponentiate."""
    logits = torch.tensor([[1e4, 0.0, -1e4], [0.0, 1e4, 1e4]])
    got = student.cross_entropy(logits, torch.tensor([0, 0]))
    assert math.isfinite(float(got)), f"the loss is {float(got)}: exp overflowed, or log was taken of zero"
    assert_close(got, torch.tensor((0.0 + 1e4 + math.log(2)) / 2))


@cross_entropy
def test_cross_entropy_gradient(student, rng):
    """The gradient in the logits is (softmax - target distribution) / batch size."""
    logits = rng.randn(4, 3, dtype=torch.float64, requires_grad=True)
    target = torch.tensor([2, 0, 1, 2])
    student.cross_entropy(logits, target).backward()
    assert logits.grad is not None, "no gradient reaches the logits"
    want = (logits.detach().softmax(1) - F.one_hot(target, 3)) / 4
    assert_close(logits.grad, want, name="gradient of the logits")
    assert gradcheck(lambda logits: student.cross_entropy(logits, target, 0.2), (logits,))


@cross_entropy
def test_cross_entropy_is_your_own(student, not_allowed):
    """Nothing is used that the card does not allow."""
    assert_own(student.cross_entropy, not_allowed)


# ------------------------------------------------------------------------------------------------------- adam
adam = pytest.mark.exercise("adam")


@adam
@pytest.mark.gate
def test_adam_first_step_by_hand(student):
    """With bias correction the first step is lr towards smaller loss, whatever the size of the gradient."""
    optimizer = student.Adam([torch.tensor([1.0, 1.0, 1.0])], lr=0.1)
    optimizer.step([torch.tensor([1e-2, 5.0, -300.0])])
    assert_close(
        optimizer.params[0], torch.tensor([0.9, 0.9, 1.1]), atol=1e-5, name="parameter after one step"
    )


def follow(student, rng, oracle_class, steps=8, **settings):
    """Lead the student's Adam and PyTorch's through the same gradients, and compare the parameters."""
    start = [rng.randn(3, 2, dtype=torch.float64), rng.randn(4, dtype=torch.float64)]
    ours = student.Adam([p.clone() for p in start], **settings)
    theirs = [p.clone().requires_grad_() for p in start]
    settings.pop("decoupled", None)
    oracle = oracle_class(theirs, **settings)
    for step in range(1, steps + 1):
        grads = [rng.randn(*p.shape, dtype=torch.float64) for p in start]
        for p, grad in zip(theirs, grads, strict=True):
            p.grad = grad.clone()
        oracle.step()
        ours.step(grads)
        for i, (p, other) in enumerate(zip(ours.params, theirs, strict=True)):
            assert_close(p.detach(), other.detach(), rtol=1e-6, name=f"params[{i}] after step {step}")


@adam
def test_adam_matches_torch(student, rng):
    """Over several steps the parameters are those of torch.optim.Adam."""
    follow(student, rng, torch.optim.Adam, lr=0.02, betas=(0.8, 0.95), eps=1e-3)


@adam
def test_adam_l2_matches_torch(student, rng):
    """weight_decay without decoupling is added to the gradient, before the moments."""
    follow(student, rng, torch.optim.Adam, lr=0.02, weight_decay=0.3)


@adam
def test_adam_decoupled_matches_adamw(student, rng):
    """Decoupled, it shrinks the parameters by themselves, as torch.optim.AdamW does."""
    follow(student, rng, torch.optim.AdamW, lr=0.02, weight_decay=0.3, decoupled=True)


@adam
def test_adam_leaves_gradients_alone(student, rng):
    """A step changes the parameters, not the gradients it was given."""
    grads = [rng.randn(3, 4)]
    before = grads[0].clone()
    optimizer = student.Adam([rng.randn(3, 4)], weight_decay=0.5)
    optimizer.step(grads)
    assert torch.equal(grads[0], before), "step changed the gradient it was given"


@adam
def test_adam_is_your_own(student, not_allowed):
    """Nothing is used that the card does not allow."""
    assert_own(student.Adam, not_allowed)


# ----------------------------------------------------------------------------------------------------- lenet5
lenet5 = pytest.mark.exercise("lenet5")
STAGES = {
    "c1": (6, 28, 28),
    "s2": (6, 14, 14),
    "c3": (16, 10, 10),
    "s4": (16, 5, 5),
    "c5": (120,),
    "f6": (84,),
}


@lenet5
@pytest.mark.gate
def test_lenet5_output_shape(student, rng):
    """Three images of 32x32 give three rows of ten logits; other numbers of classes work too."""
    y = student.LeNet5()(rng.randn(3, 1, 32, 32))
    assert tuple(y.shape) == (3, 10), f"the output has shape {tuple(y.shape)} instead of (3, 10)"
    y = student.LeNet5(num_classes=7)(rng.randn(1, 1, 32, 32))
    assert tuple(y.shape) == (1, 7), f"LeNet5(num_classes=7) gives shape {tuple(y.shape)} instead of (1, 7)"


@lenet5
def test_lenet5_stages(student, rng):
    """stages() gives every stage by name, of the shape in the table, and ends in what forward returns."""
    model, x = student.LeNet5(), rng.randn(2, 1, 32, 32)
    model.eval()
    stages = model.stages(x)
    for name, shape in STAGES.items():
        assert name in stages, f"stages() has no {name!r}"
        got = tuple(stages[name].shape)
        assert got == (2, *shape), f"{name} has shape {got} instead of {(2, *shape)}"
    assert_close(stages["output"], model(x).detach(), name="stages(x)['output']")


@lenet5
def test_lenet5_stages_follow_each_other(student, rng):
    """S2 and S4 are 2x2 averages of C1 and C3, and a tanh keeps C1, C3, C5 and F6 between -1 and 1."""
    stages = student.LeNet5().stages(3 * rng.randn(2, 1, 32, 32))
    for above, below in (("s2", "c1"), ("s4", "c3")):
        assert_close(stages[above], F.avg_pool2d(stages[below], 2), name=f"{above}, the averages of {below},")
    for name in ("c1", "c3", "c5", "f6"):
        low, high = stages[name].min().item(), stages[name].max().item()
        assert -1 <= low < 0 < high <= 1, f"{name} lies between {low:.2f} and {high:.2f}: is its tanh there?"


@lenet5
def test_lenet5_parameter_count(student):
    """61,706 parameters: 156 + 2,416 + 48,120 + 10,164 + 850."""
    count = sum(p.numel() for p in student.LeNet5().parameters())
    assert count == 61_706, f"the network has {count:,} parameters instead of 61,706"


@lenet5
def test_lenet5_every_parameter_learns(student, rng):
    """A backward pass gives every parameter a gradient that is finite and not all zero."""
    model = student.LeNet5()
    F.cross_entropy(model(rng.rand(4, 1, 32, 32)), rng.randint(0, 10, (4,))).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, f"no gradient reaches {name}"
        assert bool(parameter.grad.isfinite().all()), f"the gradient of {name} is not finite"
        assert bool(parameter.grad.any()), f"the gradient of {name} is zero everywhere"


# ---------------------------------------------------------------------------------------------------- augment
augment = pytest.mark.exercise("augment")


@augment
@pytest.mark.gate
def test_augment_without_motion_is_identity(student, rng):
    """With max_shift 0 and max_angle 0 the same images come back, also when they are not square."""
    images = rng.rand(3, 1, 9, 6)
    assert_close(student.augment(images, rng.generator(), max_shift=0, max_angle=0.0), images, atol=1e-5)


@augment
def test_augment_shifts_by_whole_pixels(student, rng):
    """Without rotation a bright pixel lands on a whole pixel at most max_shift away, on each image anew."""
    images = torch.zeros(200, 1, 9, 8)
    images[:, :, 4, 3] = 1
    shifted = student.augment(images, rng.generator(), max_shift=2, max_angle=0.0)
    assert_close(shifted.sum((1, 2, 3)), torch.ones(200), atol=1e-4, name="brightness of each image")
    places = (shifted[:, 0] > 0.99).nonzero()
    assert len(places) == 200, "a bright pixel was smeared over its neighbours: shift by whole pixels"
    rows, columns = set(places[:, 1].tolist()), set(places[:, 2].tolist())
    assert rows == {2, 3, 4, 5, 6}, (
        f"rows reached from row 4 with max_shift 2: {sorted(rows)} instead of 2 to 6"
    )
    assert columns == {1, 2, 3, 4, 5}, f"columns reached from column 3: {sorted(columns)} instead of 1 to 5"


@augment
def test_augment_shift_brings_in_zeros(student, rng):
    """What is shifted out is lost and zeros come in; nothing wraps around."""
    images = torch.zeros(100, 1, 6, 7)
    images[:, :, 0, 0] = 1
    shifted = student.augment(images, rng.generator(), max_shift=1, max_angle=0.0)
    wrapped = float(shifted[:, :, -1, :].abs().max() + shifted[:, :, :, -1].abs().max())
    assert wrapped < 1e-4, (
        "a pixel of the upper left corner came back at the far edge: the image wraps around"
    )


@augment
def test_augment_rotates_about_the_centre(student, rng):
    """A soft spot six pixels from the centre travels on a circle about it, by at most max_angle degrees."""
    rows, columns = torch.arange(21)[:, None] - 10, torch.arange(29) - 14
    spot = torch.exp(-(rows**2 + (columns - 6) ** 2) / (2 * 1.5**2))
    turned = student.augment(spot.expand(80, 1, 21, 29).clone(), rng.generator(), max_shift=0, max_angle=40.0)
    mass = turned.sum((1, 2, 3))
    row, column = (turned[:, 0] * rows).sum((1, 2)) / mass, (turned[:, 0] * columns).sum((1, 2)) / mass
    radius = torch.hypot(row, column)
    assert bool(((radius - 6).abs() < 0.3).all()), (
        f"six pixels from the centre became {float(radius.min()):.1f} to {float(radius.max()):.1f}. Is the "
        "centre right? In an image wider than high, one unit of grid_sample is more pixels in x than in y."
    )
    angle = torch.rad2deg(torch.atan2(row, column))
    assert float(angle.abs().max()) < 41, (
        f"an image turned by {float(angle.abs().max()):.0f} degrees, max_angle is 40"
    )
    # Eighty uniform angles all stay below half of max_angle, on one side, with probability (3/4)^80 = 1e-10.
    spread = float(angle.min()) < -20 and float(angle.max()) > 20
    assert spread, (
        f"angles from {float(angle.min()):.0f} to {float(angle.max()):.0f} do not fill -40 to 40 degrees"
    )


@augment
def test_augment_is_the_generators(student, rng):
    """The same seed gives the same images, another seed others; the images given are not changed."""
    images, seed = rng.rand(4, 1, 8, 8), rng.seed()
    before = images.clone()
    first = student.augment(images, torch.Generator().manual_seed(seed))
    second = student.augment(images, torch.Generator().manual_seed(seed))
    other = student.augment(images, torch.Generator().manual_seed(seed + 1))
    assert torch.equal(first, second), "the same seed gave different images: draw only from the generator"
    assert not torch.equal(first, other), "another seed gave the same images"
    assert torch.equal(images, before), "augment changed the images it was given"


# ------------------------------------------------------------------------------------------- train_classifier
train_classifier = pytest.mark.exercise("train_classifier")


def stripes(rng, n):
    """Noisy 8x8 images: class 0 has a horizontal bar, class 1 a vertical one, at random places."""
    labels = rng.randint(0, 2, (n,))
    images = 0.3 * rng.rand(n, 1, 8, 8)
    for i, (label, place) in enumerate(zip(labels.tolist(), rng.randint(0, 8, (n,)).tolist(), strict=True)):
        bar = images[i, 0, place] if label == 0 else images[i, 0, :, place]
        bar += 1
    return images, labels


@train_classifier
@pytest.mark.gate
def test_train_classifier_reports_each_epoch(student, rng):
    """It returns one mean loss per epoch, the first near log 10: the losses are floats and go down."""
    images, labels = stripes(rng, 50)
    losses = student.train_classifier(student.small_cnn(), images, labels, epochs=4, batch_size=16)
    assert isinstance(losses, list) and len(losses) == 4, "return a list with one loss per epoch"
    assert all(type(loss) is float for loss in losses), "the losses must be floats: use .item()"
    assert losses[0] < 4, f"the first epoch's mean loss is {losses[0]:.1f}; is it the mean per image?"
    assert losses[-1] < losses[0], f"the loss went from {losses[0]:.3f} to {losses[-1]:.3f}"


@train_classifier
def test_train_classifier_loss_is_per_image(student, rng):
    """With learning rate 0 the loss is the mean over all images, also when the last batch is smaller."""
    images, labels = rng.randn(10, 1, 2, 2), rng.randint(0, 3, (10,))
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
    want = float(F.cross_entropy(model(images), labels).detach())
    losses = student.train_classifier(model, images, labels, epochs=1, batch_size=4, lr=0.0)
    assert_close(losses, [want], rtol=1e-4, name="losses")


@train_classifier
def test_train_classifier_trains_in_training_mode(student, rng):
    """The model is put in training mode: batch normalisation's running statistics move, dropout drops."""
    model = nn.Sequential(nn.BatchNorm2d(1), nn.Flatten(), nn.Linear(4, 3))
    model.eval()
    student.train_classifier(
        model, rng.randn(12, 1, 2, 2) + 5, rng.randint(0, 3, (12,)), epochs=2, batch_size=4
    )
    moved = float(model[0].running_mean)
    assert moved > 0, "the running mean did not move in training: is model.train() called?"


@train_classifier
@pytest.mark.timeout(30)
def test_train_classifier_overfits_32_images(student, rng):
    """A network that cannot learn 32 images by heart has a bug in its training loop."""
    images, labels = rng.rand(32, 1, 8, 8), rng.randint(0, 10, (32,))
    model = student.small_cnn()
    student.train_classifier(model, images, labels, epochs=60, batch_size=16)
    model.eval()
    accuracy = float((model(images).argmax(1) == labels).double().mean())
    assert accuracy == 1.0, f"after 60 epochs on 32 images only {accuracy:.0%} of them are right"


@train_classifier
@pytest.mark.timeout(30)
def test_train_classifier_generalises(student, rng):
    """Trained on 300 noisy bars, it tells new horizontal bars from vertical ones."""
    images, labels = stripes(rng, 300)
    model = student.small_cnn()
    student.train_classifier(model, images, labels, epochs=5, batch_size=32, generator=rng.generator())
    model.eval()
    new_images, new_labels = stripes(rng, 200)
    accuracy = float((model(new_images).argmax(1) == new_labels).double().mean())
    assert accuracy >= 0.97, f"only {accuracy:.1%} of 200 new bars are right, at least 97% should be"
