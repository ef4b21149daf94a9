"""Hidden suite of `separable`: each module is built again of torch.nn, with the student's numbers in their order."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.testing import assert_close, filled, given_numbers, gradients_agree, outputs_agree

pytestmark = [
    pytest.mark.exercise("separable"),
    pytest.mark.shares(runs=15, plain=50, options=19, invariants=16),
]


def separable(c_in, c_out, kernel=3, stride=1, padding=1):
    depthwise = nn.Conv2d(c_in, c_in, kernel, stride, padding, groups=c_in, bias=False)
    return nn.Sequential(depthwise, nn.Conv2d(c_in, c_out, 1, bias=False))


class Xception(nn.Module):
    """The module of Chollet's figure 5."""

    def __init__(self, c_in, c_out, units, stride=1, relu_first=True, widen_first=True):
        super().__init__()
        self.chain = nn.Sequential()
        for i in range(units):
            below = c_in if i == 0 or not widen_first else c_out
            above = c_out if widen_first or i == units - 1 else c_in
            if relu_first or i:
                self.chain.append(nn.ReLU())
            self.chain.append(separable(below, above))
            self.chain.append(nn.BatchNorm2d(above))
        self.stride = stride
        if stride > 1 or c_in != c_out:
            self.skip = nn.Sequential(nn.Conv2d(c_in, c_out, 1, stride, bias=False), nn.BatchNorm2d(c_out))

    def forward(self, x):
        y = self.chain(x)
        if self.stride > 1:
            y = F.max_pool2d(y, 3, self.stride, 1)
        return y + (self.skip(x) if hasattr(self, "skip") else x)


class Inverted(nn.Module):
    """Table 1 of Sandler et al."""

    def __init__(self, c_in, c_out, stride=1, expand=6):
        super().__init__()
        wide = c_in * expand
        rows = [] if expand == 1 else [(c_in, wide, 1, 1, 1)]
        rows += [(wide, wide, 3, stride, wide), (wide, c_out, 1, 1, 1)]
        self.convs, self.norms = nn.ModuleList(), nn.ModuleList()
        for i, (below, above, kernel, step, groups) in enumerate(rows):
            self.add_module(
                f"conv{i}", nn.Conv2d(below, above, kernel, step, kernel // 2, groups=groups, bias=False)
            )
            self.add_module(f"norm{i}", nn.BatchNorm2d(above))
        self.number, self.joins = len(rows), stride == 1 and c_in == c_out

    def forward(self, x):
        y = x
        for i in range(self.number):
            y = self.get_submodule(f"norm{i}")(self.get_submodule(f"conv{i}")(y))
            y = y.clamp(0, 6) if i < self.number - 1 else y
        return x + y if self.joins else y


BUILD = {"SeparableConv": separable, "XceptionModule": Xception, "InvertedResidual": Inverted}


def both(student, rng, name, *args, **settings):
    """The student's module and the oracle with its numbers."""
    theirs = getattr(student, name)(*args, **settings)
    state = filled(theirs, rng)
    return theirs, given_numbers(BUILD[name](*args, **settings), state)


@pytest.mark.gate
@pytest.mark.level("runs")
@pytest.mark.weight(0)
def test_runs(student, rng):
    """A separable convolution can be built and called."""
    y = student.SeparableConv(4, 7)(rng.randn(2, 4, 6, 5))
    assert tuple(y.shape) == (2, 7, 6, 5), f"SeparableConv(4, 7) makes (2, 4, 6, 5) to {tuple(y.shape)}"


@pytest.mark.level("runs")
@pytest.mark.parametrize(
    ("name", "want"),
    [("xception", 22_855_952), ("mobilenet_v2", 3_504_872)],
    ids=["xception", "mobilenet_v2"],
)
def test_published_count(student, name, want):
    """Xception and MobileNetV2 of these modules have their published numbers of parameters."""
    found = sum(p.numel() for p in student.on_meta(getattr(student, name)).parameters())
    assert found == want, f"{name} has {found:,} parameters, published are {want:,}"


@pytest.mark.level("plain")
@pytest.mark.parametrize("args", [(4, 7), (6, 3), (1, 5)])
def test_separable_convolution(student, rng, args):
    """A separable convolution is a grouped one of as many groups as channels, then a 1x1."""
    theirs, ours = both(student, rng, "SeparableConv", *args)
    x = rng.randn(2, args[0], 7, 6, dtype=torch.float64)
    assert_close(theirs(x), ours(x), axes="NCHW")


@pytest.mark.level("plain")
def test_separable_is_linear_and_a_full_convolution(student, rng):
    """A separable convolution is the full convolution whose kernels are products of a window and a number."""
    theirs = student.SeparableConv(4, 5)
    window, mix = filled(theirs, rng).values()
    x = rng.randn(2, 4, 7, 6, dtype=torch.float64)
    want = F.conv2d(x, mix * window[:, 0][None], padding=1)
    assert_close(theirs(x), want, name="output", axes="NCHW")


@pytest.mark.level("options")
@pytest.mark.parametrize(
    "settings", [{"kernel": 5, "padding": 2}, {"stride": 2}, {"kernel": 3, "stride": 3, "padding": 0}]
)
def test_settings_of_the_separable_convolution(student, rng, settings):
    """Kernel, stride and padding are those of the depthwise part."""
    theirs, ours = both(student, rng, "SeparableConv", 4, 3, **settings)
    x = rng.randn(2, 4, 9, 7, dtype=torch.float64)
    assert_close(theirs(x), ours(x), axes="NCHW")


@pytest.mark.level("plain")
@pytest.mark.parametrize("args", [(5, 5, 3), (4, 6, 2), (4, 7, 2, 2)])
def test_xception_module(student, rng, args):
    """The Xception module agrees with its figure: chain, pooling where there is a stride, shortcut, no last ReLU."""
    theirs, ours = both(student, rng, "XceptionModule", *args)
    outputs_agree(theirs, ours, rng, 3, args[0], 9, 6)


@pytest.mark.level("options")
@pytest.mark.parametrize(
    ("args", "settings"),
    [
        ((4, 6, 2, 2), {"relu_first": False}),
        ((4, 6, 2, 2), {"widen_first": False}),
        ((4, 5, 3), {"widen_first": False}),
        ((4, 6, 1), {"relu_first": False, "widen_first": False}),
        ((5, 5, 2, 2), {}),
        ((4, 6, 2, 3), {}),
    ],
)
def test_settings_of_the_xception_module(student, rng, args, settings):
    """The first ReLU may be left out, and channels may change in the last unit, alone and together."""
    theirs, ours = both(student, rng, "XceptionModule", *args, **settings)
    outputs_agree(theirs, ours, rng, 3, args[0], 7, 8)


@pytest.mark.level("plain")
@pytest.mark.parametrize("args", [(4, 4), (3, 5), (4, 4, 2), (5, 2, 2)])
def test_inverted_residual(student, rng, args):
    """The inverted residual agrees with its table; input and output are added only where shapes agree."""
    theirs, ours = both(student, rng, "InvertedResidual", *args)
    outputs_agree(theirs, ours, rng, 3, args[0], 7, 6)


@pytest.mark.level("options")
@pytest.mark.parametrize(("args", "expand"), [((4, 4), 1), ((6, 3), 1), ((3, 3), 2), ((4, 5, 2), 3)])
def test_expansion(student, rng, args, expand):
    """The wide part has expand times the channels; with expand 1 there is no first convolution."""
    theirs, ours = both(student, rng, "InvertedResidual", *args, expand=expand)
    outputs_agree(theirs, ours, rng, 3, args[0], 5, 6)


@pytest.mark.level("options")
def test_values_above_six(student, rng):
    """ReLU6 cuts what is above 6."""
    theirs, ours = both(student, rng, "InvertedResidual", 3, 4)
    for module in (theirs, ours):
        module.eval()
    x = 100 * rng.randn(2, 3, 5, 6, dtype=torch.float64)
    assert_close(theirs(x), ours(x), name="output for large inputs")


@pytest.mark.level("invariants")
@pytest.mark.parametrize(
    ("name", "args"),
    [("SeparableConv", (4, 5)), ("XceptionModule", (4, 6, 2, 2)), ("InvertedResidual", (4, 4))],
)
def test_gradients(student, rng, name, args):
    """Input and every parameter get the gradients of the same module built of torch.nn."""
    theirs, ours = both(student, rng, name, *args)
    gradients_agree(theirs, ours, rng, 3, 4, 6, 5)
