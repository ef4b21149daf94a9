"""Hidden suite of `conv_arithmetic`; oracles: the shapes of torch's convolution, and the support of a gradient."""

import pytest
import torch
import torch.nn.functional as F

from autograder.testing import assert_raises

pytestmark = [
    pytest.mark.exercise("conv_arithmetic"),
    pytest.mark.shares(runs=15, plain=26, options=37, invariants=22),
]


def convolved_length(size, kernel_size, stride=1, padding=0, dilation=1):
    """Pixels that torch's own convolution leaves of a row of `size`."""
    row, kernel = torch.zeros(1, 1, size), torch.ones(1, 1, kernel_size)
    return F.conv1d(row, kernel, stride=stride, padding=padding, dilation=dilation).shape[-1]


def agrees(student, *args, **options):
    """The student's output size is torch's."""
    got = student.conv_output_size(*args, **options)
    assert type(got) in (int, float), "conv_output_size returns a number"
    assert got == convolved_length(*args, **options), "the output size is not that of PyTorch's convolution"


def field_and_jump(layers):
    """Receptive field and jump, seen in the gradient of two neighbouring output pixels of a stack of convolutions."""
    size = 2  # the input row that leaves exactly two output pixels
    for kernel_size, stride, dilation in reversed(layers):
        size = (size - 1) * stride + dilation * (kernel_size - 1) + 1
    row = torch.ones(1, 1, size, dtype=torch.float64, requires_grad=True)
    y = row
    for kernel_size, stride, dilation in layers:
        y = F.conv1d(
            y, torch.ones(1, 1, kernel_size, dtype=row.dtype) / kernel_size, stride=stride, dilation=dilation
        )
    first, second = (
        torch.autograd.grad(y[0, 0, i], row, retain_graph=True)[0][0, 0].nonzero() for i in (0, 1)
    )
    return int(first.max() - first.min()) + 1, int(second.min() - first.min())


@pytest.mark.level("runs")
def test_whole_numbers(student):
    """Both functions run: conv_output_size returns an int, receptive_field (field, jump), two ints."""
    for options in ((7, 3), (8, 3, 2), (9, 2, 3, 1)):
        assert type(student.conv_output_size(*options)) is int, "conv_output_size returns an int"
    got = student.receptive_field([(3, 2, 1), (2, 1, 1)])
    assert isinstance(got, (tuple, list)) and len(got) == 2, "receptive_field returns (field, jump)"
    assert all(type(value) is int for value in got), "receptive field and jump are ints"


@pytest.mark.parametrize("kernel_size", [1, 2, 3, 5])
@pytest.mark.level("plain")
def test_kernel(student, kernel_size):
    """Without options a kernel fits in `size - kernel_size + 1` places."""
    for size in (5, 6, 11):
        agrees(student, size, kernel_size)


@pytest.mark.parametrize("stride", [2, 3, 4, 9])
@pytest.mark.level("options")
def test_stride(student, stride):
    """With a stride an incomplete last step counts for nothing."""
    for size in (7, 8, 9, 10):
        agrees(student, size, 3, stride)
        agrees(student, size, 2, stride=stride)


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_padding(student):
    """The padding is added on both sides."""
    for size, kernel_size, padding in [(7, 3, 1), (8, 5, 2), (4, 4, 3), (1, 3, 1), (6, 1, 4), (11, 4, 1)]:
        agrees(student, size, kernel_size, padding=padding)


@pytest.mark.level("options")
def test_dilation(student):
    """Dilation spreads the kernel's taps, and so widens the kernel."""
    for size, kernel_size, dilation in [(9, 3, 2), (13, 4, 3), (7, 1, 5), (9, 2, 8), (12, 5, 2)]:
        agrees(student, size, kernel_size, dilation=dilation)


@pytest.mark.level("options")
def test_everything_together(student):
    """Stride, padding and dilation together, over a grid."""
    for size in (6, 11, 32):
        for kernel_size in (1, 2, 3):
            for stride in (1, 2, 3):
                for padding in (0, 1, 2):
                    for dilation in (1, 2):
                        agrees(student, size, kernel_size, stride, padding, dilation)


@pytest.mark.level("options")
def test_kernel_as_large_as_the_input(student):
    """A kernel as large as the padded input fits in one place, whatever the stride."""
    agrees(student, 5, 5)
    agrees(student, 5, 3, stride=4, dilation=2)
    agrees(student, 3, 7, stride=3, padding=2)


@pytest.mark.parametrize("options", [(4, 5), (4, 5, 3), (2, 7, 1, 2), (3, 8, 5, 2)])
@pytest.mark.level("contract")
def test_kernel_too_large(student, options):
    """A kernel wider than the padded input is a ValueError, whatever the stride."""
    assert_raises(ValueError, student.conv_output_size, *options)


@pytest.mark.parametrize("options", [(8, 4, 2, 0, 3), (6, 3, 1, 0, 3), (5, 2, 4, 1, 7)])
@pytest.mark.level("contract")
def test_dilated_kernel_too_large(student, options):
    """A kernel that only its dilation makes wider than the padded input is a ValueError too."""
    assert_raises(ValueError, student.conv_output_size, *options)


def field_agrees(student, layers):
    """The student's receptive field and jump against those that the gradient shows."""
    got = student.receptive_field(layers)
    assert isinstance(got, (tuple, list)) and len(got) == 2, "receptive_field returns (field, jump)"
    field, jump = field_and_jump(layers)
    assert got[0] == field, (
        "the receptive field is not the number of input pixels that one output pixel depends on"
    )
    assert got[1] == jump, "the jump is not the distance in the input between two neighbouring output pixels"


@pytest.mark.level("options")
def test_no_layers(student):
    """Without layers a pixel sees itself: (1, 1)."""
    got = student.receptive_field([])
    assert tuple(got) == (1, 1), "for no layers the answer is (1, 1)"


@pytest.mark.level("plain")
def test_one_layer(student):
    """One layer: the extent of its kernel, and its stride."""
    for layer in [(3, 1, 1), (5, 2, 1), (1, 3, 1), (2, 2, 1), (3, 1, 4), (4, 3, 2)]:
        field_agrees(student, [layer])


@pytest.mark.parametrize(
    "layers",
    [
        [(3, 1, 1), (3, 1, 1), (3, 1, 1)],
        [(2, 1, 1), (5, 1, 1)],
    ],
)
@pytest.mark.level("plain")
def test_stack(student, layers):
    """With stride 1 each layer widens the field by its kernel less one."""
    field_agrees(student, layers)


@pytest.mark.parametrize(
    "layers",
    [
        [(3, 2, 1), (3, 1, 1)],
        [(3, 1, 1), (2, 2, 1), (3, 1, 1), (2, 2, 1)],
        [(5, 3, 1), (1, 2, 1), (4, 1, 1)],
        [(7, 2, 1), (3, 2, 1), (3, 2, 1), (3, 3, 1)],
    ],
)
@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_stack_with_strides(student, layers):
    """A stride makes the layers above it see further, and multiplies the jump."""
    field_agrees(student, layers)


@pytest.mark.parametrize(
    "layers",
    [
        [(3, 1, 1), (3, 1, 2), (3, 1, 4)],
        [(3, 2, 3), (2, 1, 2), (5, 3, 1)],
    ],
)
@pytest.mark.level("options")
def test_stack_with_dilation(student, layers):
    """Dilated layers, with and without strides below them."""
    field_agrees(student, layers)


@pytest.mark.level("invariants")
def test_order_matters(student):
    """The layers are listed from the input upwards: a stride in the last layer widens nothing."""
    field_agrees(student, [(3, 1, 1), (5, 4, 1)])
    field_agrees(student, [(5, 4, 1), (3, 1, 1)])
