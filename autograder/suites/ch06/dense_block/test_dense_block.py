"""Hidden suite of `dense_block`: block and transition built again of torch.nn, with the student's numbers."""

import pytest
import torch
from torch import nn

from autograder.testing import assert_close, filled, given_numbers, gradients_agree, outputs_agree

pytestmark = [
    pytest.mark.exercise("dense_block"),
    pytest.mark.shares(runs=14, plain=27, options=31, invariants=28),
]


class Oracle(nn.Module):
    """A dense block: all maps so far are joined anew for each layer."""

    def __init__(self, c_in, growth, layers, bottleneck=4):
        super().__init__()
        inner = bottleneck * growth
        self.parts = nn.ModuleList()
        for i in range(layers):
            channels = c_in + i * growth
            first = (nn.BatchNorm2d(channels), nn.ReLU(), nn.Conv2d(channels, inner, 1, bias=False))
            second = (nn.BatchNorm2d(inner), nn.ReLU(), nn.Conv2d(inner, growth, 3, padding=1, bias=False))
            self.parts.append(nn.Sequential(*first, *second))

    def forward(self, x):
        maps = [x]
        for part in self.parts:
            maps.append(part(torch.cat(maps, 1)))
        return torch.cat(maps, 1)


def transition(c_in, c_out):
    conv = nn.Conv2d(c_in, c_out, 1, bias=False)
    return nn.Sequential(nn.BatchNorm2d(c_in), nn.ReLU(), conv, nn.AvgPool2d(2, 2))


def both(student, rng, name, *args, **settings):
    """The student's module and the oracle with its numbers."""
    theirs = getattr(student, name)(*args, **settings)
    state = filled(theirs, rng)
    build = Oracle if name == "DenseBlock" else transition
    return theirs, given_numbers(build(*args, **settings), state)


@pytest.mark.gate
@pytest.mark.level("runs")
@pytest.mark.weight(0)
def test_runs(student, rng):
    """A block of two layers and a transition can be built and called."""
    y = student.DenseBlock(5, 3, 2)(rng.randn(2, 5, 7, 6))
    assert isinstance(y, torch.Tensor), "the block must return a tensor"
    assert y.dim() == 4, f"the block returns {y.dim()} axes instead of four"


@pytest.mark.level("runs")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("c_in", "growth", "layers"), [(5, 3, 2), (4, 7, 3), (6, 2, 1)])
def test_block_shape(student, rng, c_in, growth, layers):
    """Each layer adds `growth` channels; height and width stay."""
    y = student.DenseBlock(c_in, growth, layers)(rng.randn(2, c_in, 7, 6))
    want = (2, c_in + layers * growth, 7, 6)
    assert tuple(y.shape) == want, (
        f"DenseBlock({c_in}, {growth}, {layers}) puts out {tuple(y.shape)}, not {want}"
    )


@pytest.mark.level("runs")
def test_transition_shape(student, rng):
    """A transition halves height and width, dropping an odd last row, and puts out c_out channels."""
    y = student.Transition(6, 4)(rng.randn(2, 6, 9, 8))
    assert tuple(y.shape) == (2, 4, 4, 4), f"Transition(6, 4) makes (2, 6, 9, 8) to {tuple(y.shape)}"


@pytest.mark.level("runs")
@pytest.mark.weight(3)
def test_published_count(student):
    """DenseNet-121 of these blocks has 7,978,856 parameters."""
    found = sum(p.numel() for p in student.on_meta(student.densenet121).parameters())
    assert found == 7_978_856, f"DenseNet-121 has {found:,} parameters, published are 7,978,856"


@pytest.mark.level("plain")
@pytest.mark.parametrize("args", [(5, 3, 1), (4, 3, 3)])
def test_block(student, rng, args):
    """The block agrees with the same block built of torch.nn, in evaluation and in training."""
    theirs, ours = both(student, rng, "DenseBlock", *args)
    outputs_agree(theirs, ours, rng, 3, args[0], 7, 5)


@pytest.mark.level("plain")
def test_transition(student, rng):
    """The transition agrees with batch norm, ReLU, 1x1 convolution and 2x2 average."""
    theirs, ours = both(student, rng, "Transition", 6, 4)
    outputs_agree(theirs, ours, rng, 3, 6, 6, 8)


@pytest.mark.level("options")
@pytest.mark.parametrize(("growth", "bottleneck"), [(3, 1), (2, 5), (5, 2)])
def test_bottleneck(student, rng, growth, bottleneck):
    """The 1x1 convolution has bottleneck * growth channels."""
    theirs, ours = both(student, rng, "DenseBlock", 4, growth, 2, bottleneck=bottleneck)
    outputs_agree(theirs, ours, rng, 3, 4, 5, 6)


@pytest.mark.level("options")
def test_no_layers(student, rng):
    """A block of no layers is the identity."""
    x = rng.randn(2, 3, 5, 4)
    assert_close(student.DenseBlock(3, 7, 0)(x).detach(), x, rtol=0, atol=0)


@pytest.mark.level("options")
def test_other_transitions(student, rng):
    """A transition may also widen, drops an odd last row or column, and takes a single image of 2x3."""
    theirs, ours = both(student, rng, "Transition", 4, 5)
    outputs_agree(theirs, ours, rng, 3, 4, 7, 6)
    theirs, ours = both(student, rng, "Transition", 3, 7)
    for module in (theirs, ours):
        module.eval()
    x = rng.randn(1, 3, 2, 3, dtype=torch.float64)
    assert_close(theirs(x).detach(), ours(x).detach())


@pytest.mark.level("invariants")
def test_begins_with_its_input(student, rng):
    """The output begins with the input, bit for bit, and the input stays as it is."""
    block, x = student.DenseBlock(5, 3, 3), rng.randn(2, 5, 7, 6)
    before = x.clone()
    assert_close(block(x).detach()[:, :5], before, rtol=0, atol=0, name="the first channels of the output")
    assert torch.equal(x, before), "the block changes its input"


@pytest.mark.level("invariants")
def test_earlier_layers_do_not_see_later_ones(student, rng):
    """A shorter block's maps are the first ones of a longer block with the same numbers."""
    long, short = student.DenseBlock(4, 3, 3), student.DenseBlock(4, 3, 2)
    numbers = list(filled(long, rng).values())
    names = list(short.state_dict())
    short.double()
    short.load_state_dict(dict(zip(names, numbers, strict=False)))
    for module in (long, short):
        module.eval()
    x = rng.randn(2, 4, 6, 5, dtype=torch.float64)
    assert_close(long(x).detach()[:, :10], short(x).detach(), name="the first maps of a longer block")


@pytest.mark.level("invariants")
@pytest.mark.weight(4)
def test_gradients_of_a_block(student, rng):
    """Input and every parameter of a block get the gradients of the same block built of torch.nn."""
    theirs, ours = both(student, rng, "DenseBlock", 4, 3, 3)
    gradients_agree(theirs, ours, rng, 3, 4, 6, 5)


@pytest.mark.level("invariants")
def test_gradients_of_a_transition(student, rng):
    """Input and every parameter of a transition get the gradients of the same transition built of torch.nn."""
    theirs, ours = both(student, rng, "Transition", 4, 6)
    gradients_agree(theirs, ours, rng, 3, 4, 6, 8)
