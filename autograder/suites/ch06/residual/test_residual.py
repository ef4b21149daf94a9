"""Hidden suite of `residual`: the blocks are written again with published names and take the student's numbers by name.

Whole ResNets are assembled here of the student's blocks: the grader's own stem and head around them.
"""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.testing import assert_close, filled, gradients_agree, outputs_agree
from selfcheck.data import load_digits

pytestmark = [
    pytest.mark.exercise("residual"),
    pytest.mark.shares(runs=12, plain=21, options=48, invariants=22, converges=10),
]


class Block(nn.Module):
    """Either block, by the paper."""

    def __init__(self, c_in, widths, kernels, stride=1, groups=1, shortcut="projection"):
        super().__init__()
        below = c_in
        for i, (width, kernel) in enumerate(zip(widths, kernels, strict=True), start=1):
            strided = stride if i == kernels.index(3) + 1 else 1
            grouped = groups if kernel == 3 else 1
            conv = nn.Conv2d(below, width, kernel, strided, kernel // 2, groups=grouped, bias=False)
            self.add_module(f"conv{i}", conv)
            self.add_module(f"bn{i}", nn.BatchNorm2d(width))
            below = width
        self.last, self.stride, self.more = len(widths), stride, below - c_in
        if shortcut == "projection" and (stride != 1 or c_in != below):
            conv = nn.Conv2d(c_in, below, 1, stride, bias=False)
            self.downsample = nn.Sequential(conv, nn.BatchNorm2d(below))

    def forward(self, x):
        y = x
        for i in range(1, self.last + 1):
            y = self.get_submodule(f"bn{i}")(self.get_submodule(f"conv{i}")(y))
            y = y.relu() if i < self.last else y
        if hasattr(self, "downsample"):
            x = self.downsample(x)
        elif self.stride != 1 or self.more:
            few = x[:, :, :: self.stride, :: self.stride]
            x = torch.cat([few, few.new_zeros(len(few), self.more, *few.shape[2:])], 1)
        return (x + y).relu()


def basic(c_in, width, stride=1, shortcut="projection"):
    return Block(c_in, (width, width), (3, 3), stride, shortcut=shortcut)


def bottleneck(c_in, width, stride=1, groups=1, base_width=64):
    inner = int(width * base_width / 64) * groups
    return Block(c_in, (inner, inner, 4 * width), (1, 3, 1), stride, groups)


BLOCKS = {"BasicBlock": basic, "Bottleneck": bottleneck}


def both(student, rng, name, *args, **settings):
    """The student's block with random numbers of the grader's, loaded by their published names, and the oracle."""
    theirs, ours = getattr(student, name)(*args, **settings), BLOCKS[name](*args, **settings)
    names, wanted = list(theirs.state_dict()), list(ours.state_dict())
    missing, odd = sorted(set(wanted) - set(names)), sorted(set(names) - set(wanted))
    assert not missing, f"{name}{args} has no {missing[0]}, a published name"
    assert not odd, f"{name}{args} has {odd[0]}, which no published state dict has"
    ours.double().load_state_dict(filled(theirs, rng))
    return theirs, ours


@pytest.mark.gate
@pytest.mark.level("runs")
@pytest.mark.weight(0)
def test_runs(student, rng):
    """A basic block can be built and called."""
    y = student.BasicBlock(3, 5, stride=2)(rng.randn(2, 3, 9, 6))
    assert tuple(y.shape) == (2, 5, 5, 3), (
        f"BasicBlock(3, 5, stride=2) makes (2, 3, 9, 6) to {tuple(y.shape)}"
    )


@pytest.mark.level("runs")
@pytest.mark.parametrize(
    ("name", "args", "shape"),
    [
        ("BasicBlock", (4, 4, 1), (4, 9, 6)),
        ("BasicBlock", (4, 6, 3), (6, 3, 2)),
        ("Bottleneck", (8, 2, 1), (8, 9, 6)),
        ("Bottleneck", (5, 3, 2), (12, 5, 3)),
    ],
)
def test_shapes(student, rng, name, args, shape):
    """A basic block puts out `width` channels, a bottleneck four times as many; a stride makes the maps smaller."""
    block = getattr(student, name)(*args)
    y = block(rng.randn(2, args[0], 9, 6))
    assert tuple(y.shape) == (2, *shape), f"{name}{args} makes (2, {args[0]}, 9, 6) to {tuple(y.shape)}"


@pytest.mark.level("runs")
@pytest.mark.weight(1.5)
def test_expansion(student):
    """expansion is an attribute of the class: 1 and 4."""
    assert_close(student.BasicBlock.expansion, 1, name="BasicBlock.expansion")
    assert_close(student.Bottleneck.expansion, 4, name="Bottleneck.expansion")


@pytest.mark.level("plain")
@pytest.mark.parametrize(("name", "args"), [("BasicBlock", (5, 5)), ("Bottleneck", (12, 3))])
def test_identity_shortcut(student, rng, name, args):
    """Where shapes agree, the block is ReLU(x + f(x)), without a parameter for the shortcut."""
    theirs, ours = both(student, rng, name, *args)
    outputs_agree(theirs, ours, rng, 3, args[0], 7, 5)


@pytest.mark.level("plain")
@pytest.mark.parametrize(
    ("name", "args"),
    [("BasicBlock", (4, 6)), ("BasicBlock", (4, 4, 2)), ("Bottleneck", (6, 2)), ("Bottleneck", (8, 2, 2))],
)
def test_projection(student, rng, name, args):
    """Where stride or channels differ, x goes through a 1x1 convolution with the stride and a batch norm."""
    theirs, ours = both(student, rng, name, *args)
    outputs_agree(theirs, ours, rng, 3, args[0], 7, 6)


@pytest.mark.level("options")
@pytest.mark.weight(16)
@pytest.mark.parametrize("args", [(4, 6, 2), (4, 7, 1), (5, 5, 2), (5, 5, 1)])
def test_padding_shortcut(student, rng, args):
    """The padding shortcut takes every stride-th row and column and puts channels of zeros after x's own."""
    theirs, ours = both(student, rng, "BasicBlock", *args, shortcut="padding")
    outputs_agree(theirs, ours, rng, 3, args[0], 7, 6)


@pytest.mark.level("options")
@pytest.mark.weight(15)
@pytest.mark.parametrize(
    ("args", "settings"),
    [
        ((6, 8), {"groups": 4, "base_width": 16}),
        ((16, 4), {"groups": 2}),
        ((6, 3), {"base_width": 100}),
        ((5, 6), {"groups": 3, "base_width": 20}),
        ((4, 4, 2), {"groups": 4}),
    ],
)
def test_groups(student, rng, args, settings):
    """Cardinality widens the inner layers and is the number of groups of the 3x3 convolution."""
    theirs, ours = both(student, rng, "Bottleneck", *args, **settings)
    outputs_agree(theirs, ours, rng, 3, args[0], 7, 6)


@pytest.mark.level("options")
@pytest.mark.weight(16)
@pytest.mark.parametrize(("scale", "relu"), [(0.17, True), (0.2, False), (1.0, True), (-0.5, False)])
def test_scaled_sum(student, rng, scale, relu):
    """ScaledSum is x + scale * branch(x), with a ReLU or without, for any branch."""
    branch = student.PlainBlock(3, 3)
    theirs = student.ScaledSum(branch, scale, relu)
    filled(branch, rng)
    theirs.double()
    theirs.eval()
    x = rng.randn(2, 3, 6, 5, dtype=torch.float64)
    want = x + scale * branch(x).detach()
    assert_close(
        theirs(x).detach(), want.relu() if relu else want, name=f"ScaledSum with scale {scale}, relu={relu}"
    )


@pytest.mark.level("options")
@pytest.mark.weight(4)
def test_scaled_sum_trains_its_branch(student, rng):
    """The branch is a part of the ScaledSum: its parameters are, it follows train and eval, and gets gradients."""
    branch = student.PlainBlock(3, 3)
    theirs = student.ScaledSum(branch, 0.3)
    found = sum(p.numel() for p in theirs.parameters())
    want = sum(p.numel() for p in branch.parameters())
    assert found == want, f"ScaledSum has {found} parameters, its branch {want}"
    theirs(rng.randn(4, 3, 5, 6)).sum().backward()
    assert all(p.grad is not None for p in theirs.parameters()), "no gradient reaches the branch"


@pytest.mark.level("options")
@pytest.mark.weight(4)
def test_inception_resnet(student):
    """Inception-ResNet-v2 of ScaledSums has 55,843,464 parameters."""
    found = sum(p.numel() for p in student.on_meta(student.inception_resnet_v2).parameters())
    assert found == 55_843_464, f"Inception-ResNet-v2 has {found:,} parameters, published are 55,843,464"


def plan(counts, widths, expansion):
    """(c_in, width, stride) of every block of a ResNet, by stage."""
    channels = widths[0]
    for i, (number, width) in enumerate(zip(counts, widths, strict=True)):
        for j in range(number):
            yield f"layer{i + 1}.{j}", channels, width, 2 if i > 0 and j == 0 else 1
            channels = width * expansion


IMAGENET, CIFAR = (64, 128, 256, 512), (16, 32, 64)


@pytest.mark.level("options")
@pytest.mark.weight(3)
@pytest.mark.parametrize(
    ("name", "counts", "widths", "classes", "settings", "want"),
    [
        ("BasicBlock", (2, 2, 2, 2), IMAGENET, 1000, {}, 11_689_512),
        ("Bottleneck", (3, 4, 6, 3), IMAGENET, 1000, {}, 25_557_032),
        ("Bottleneck", (3, 4, 6, 3), IMAGENET, 1000, {"groups": 32, "base_width": 4}, 25_028_904),
        ("BasicBlock", (3, 3, 3), CIFAR, 10, {"shortcut": "padding"}, 269_722),
    ],
    ids=["resnet18", "resnet50", "resnext50", "cifar20"],
)
def test_published_count(student, name, counts, widths, classes, settings, want):
    """ResNet-18, ResNet-50, ResNeXt-50 and the ResNet-20 for CIFAR have their published numbers of parameters."""
    expansion, kernel = 1 if name == "BasicBlock" else 4, 7 if widths is IMAGENET else 3
    found = 3 * widths[0] * kernel**2 + 2 * widths[0] + (widths[-1] * expansion + 1) * classes
    made = {}  # blocks of equal shape have equal counts
    for _, c_in, width, stride in plan(counts, widths, expansion):
        key = (c_in, width, stride)
        if key not in made:
            block = student.on_meta(getattr(student, name), *key, **settings)
            made[key] = sum(p.numel() for p in block.parameters())
        found += made[key]
    assert found == want, f"a network of these blocks has {found:,} parameters, published are {want:,}"


@pytest.mark.level("plain")
@pytest.mark.parametrize(("name", "counts"), [("BasicBlock", (2, 2, 2)), ("Bottleneck", (2, 1, 2))])
def test_the_real_network(student, rng, name, counts):
    """A ResNet of your blocks loads a state dict with published names with strict=True, and gives the same logits."""
    widths, expansion = (5, 6, 8), 1 if name == "BasicBlock" else 4
    steps = list(plan(counts, widths, expansion))
    real = {place: BLOCKS[name](c, w, s).double() for place, c, w, s in steps}
    for block in real.values():
        filled(block, rng)
    stem, fc = rng.randn(5, 3, 3, 3, dtype=torch.float64), rng.randn(4, 8 * expansion, dtype=torch.float64)
    x = F.conv2d(rng.randn(2, 3, 20, 17, dtype=torch.float64), stem, stride=2, padding=1).relu()
    want, got = x, x
    for place, c_in, width, stride in steps:
        block = getattr(student, name)(c_in, width, stride)
        block.double()
        block.load_state_dict(dict(real[place].state_dict()), strict=True)
        for module in (block, real[place]):
            module.eval()
        want, got = real[place](want).detach(), block(got).detach()
    assert_close(got.mean((2, 3)) @ fc.T, want.mean((2, 3)) @ fc.T, name="logits")


@pytest.mark.level("invariants")
@pytest.mark.parametrize(
    ("name", "args", "last"), [("BasicBlock", (5, 5), "bn2"), ("Bottleneck", (12, 3), "bn3")]
)
def test_zero_scale_is_the_identity(student, rng, name, args, last):
    """With the last norm's scale and shift at 0 the block passes on a nonnegative x exactly as it is."""
    block = getattr(student, name)(*args)
    state = filled(block, rng)
    block.load_state_dict({**state, **{f"{last}.{n}": 0 * state[f"{last}.{n}"] for n in ("weight", "bias")}})
    x = rng.rand(2, args[0], 6, 5, dtype=torch.float64)
    for training in (True, False):
        block.train(training)
        assert_close(block(x).detach(), x, rtol=0, atol=0, name=f"output of a {name} with last scale 0")


@pytest.mark.level("invariants")
@pytest.mark.parametrize(
    ("name", "args"),
    [("BasicBlock", (4, 4)), ("BasicBlock", (4, 6, 2)), ("Bottleneck", (8, 2)), ("Bottleneck", (6, 2, 2))],
)
def test_gradients(student, rng, name, args):
    """Input and every parameter get the gradients of the same block built of torch.nn."""
    theirs, ours = both(student, rng, name, *args)
    gradients_agree(theirs, ours, rng, 3, args[0], 7, 5)


@pytest.mark.level("converges")
@pytest.mark.timeout(60)
def test_deep_network_learns(student, rng):
    """A network of 34 layers, three epochs on digits with renamed labels: it recognises at least 75% of new ones."""
    digits = load_digits()
    names = rng.perm(10)
    network = student.digit_network(student.BasicBlock, 8)
    student.fit(network, digits.train_images, names[digits.train_labels], 3, rng.seed())
    network.eval()
    found = network(digits.test_images).detach().argmax(1)
    share = (found == names[digits.test_labels]).double().mean().item()
    assert share >= 0.75, f"after three epochs the network recognises {share:.0%} of new digits"
