"""Hidden suite of `resnet`: the network of the given plain blocks, against one written here with published names."""

import pytest
import torch
from torch import nn

from autograder.testing import assert_close, filled, gradients_agree, outputs_agree

pytestmark = [
    pytest.mark.exercise("resnet"),
    pytest.mark.shares(runs=15, plain=35, options=21, invariants=29),
]


class Plain(nn.Module):
    """The given blocks, by their description."""

    def __init__(self, c_in, widths, kernels, stride, groups=1):
        super().__init__()
        self.number = len(widths)
        for i, (width, kernel) in enumerate(zip(widths, kernels, strict=True), start=1):
            strided = stride if i == kernels.index(3) + 1 else 1
            grouped = groups if kernel == 3 else 1
            conv = nn.Conv2d(c_in, width, kernel, strided, kernel // 2, groups=grouped, bias=False)
            self.add_module(f"conv{i}", conv)
            self.add_module(f"bn{i}", nn.BatchNorm2d(width))
            c_in = width

    def forward(self, x):
        for i in range(1, self.number + 1):
            x = self.get_submodule(f"bn{i}")(self.get_submodule(f"conv{i}")(x)).relu()
        return x


def block(name, c_in, width, stride, options):
    if name == "PlainBlock":
        return Plain(c_in, (width, width), (3, 3), stride)
    return Plain(c_in, (width, width, 2 * width), (1, 3, 1), stride, **options)


class Oracle(nn.Module):
    """A network of the plan, with published names."""

    def __init__(
        self,
        name,
        blocks,
        widths=(64, 128, 256, 512),
        stem="imagenet",
        num_classes=1000,
        in_channels=3,
        options=None,
    ):
        super().__init__()
        kernel, stride, padding = (7, 2, 3) if stem == "imagenet" else (3, 1, 1)
        self.stem = stem
        self.conv1 = nn.Conv2d(in_channels, widths[0], kernel, stride, padding, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        channels, self.depth = widths[0], len(blocks)
        for i in range(len(blocks)):
            stage = nn.Sequential()
            for j in range(blocks[i]):
                stage.append(block(name, channels, widths[i], 2 if i and not j else 1, options or {}))
                channels = widths[i] * (1 if name == "PlainBlock" else 2)
            self.add_module(f"layer{i + 1}", stage)
        self.fc = nn.Linear(channels, num_classes)

    def stages(self, x):
        x = self.bn1(self.conv1(x)).relu()
        outputs = [nn.functional.max_pool2d(x, 3, 2, 1) if self.stem == "imagenet" else x]
        for i in range(self.depth):
            outputs.append(self.get_submodule(f"layer{i + 1}")(outputs[-1]))
        return outputs

    def forward(self, x):
        return self.fc(self.stages(x)[-1].mean((2, 3)))


def both(student, rng, name="PlainBlock", blocks=(1, 2), widths=(4, 6), num_classes=5, **settings):
    """The student's network with random numbers loaded by published names, and the oracle."""
    settings = {"widths": widths, "num_classes": num_classes, **settings}
    theirs = student.ResNet(getattr(student, name), blocks, **settings)
    ours = Oracle(name, blocks, **settings)
    names, wanted = list(theirs.state_dict()), list(ours.state_dict())
    missing, odd = [n for n in wanted if n not in names], [n for n in names if n not in wanted]
    assert not missing, f"the network has no {missing[0]}, a published name"
    assert not odd, f"the network has {odd[0]}, which no published state dict has"
    ours.double().load_state_dict(filled(theirs, rng))
    return theirs, ours


@pytest.mark.gate
@pytest.mark.level("runs")
@pytest.mark.weight(0)
def test_runs(student, rng):
    """A network of two stages can be built, and gives logits."""
    net = student.ResNet(student.PlainBlock, (1, 1), widths=(4, 6), num_classes=5)
    y = net(rng.randn(2, 3, 32, 32))
    assert tuple(y.shape) == (2, 5), f"two images and five classes give logits of shape {tuple(y.shape)}"


@pytest.mark.level("runs")
@pytest.mark.parametrize(
    ("name", "blocks", "settings"),
    [
        ("PlainBlock", (3, 4, 6, 3), {}),
        ("PlainBottleneck", (3, 4, 23, 3), {"options": {"groups": 32}}),
        ("PlainBlock", (9, 9, 9), {"widths": (16, 32, 64), "stem": "cifar", "num_classes": 10}),
    ],
    ids=["plain34", "bottlenecks", "cifar56"],
)
def test_count(student, name, blocks, settings):
    """The number of parameters is that of the table, counted on the meta device."""
    found = sum(
        p.numel()
        for p in student.on_meta(student.ResNet, getattr(student, name), blocks, **settings).parameters()
    )
    with torch.device("meta"):
        want = sum(p.numel() for p in Oracle(name, blocks, **settings).parameters())
    assert found == want, f"the network has {found:,} parameters, by the table {want:,}"


@pytest.mark.level("runs")
@pytest.mark.parametrize(
    ("stem", "size", "widths"), [("imagenet", 224, (64, 128, 256, 512)), ("cifar", 32, (16, 32, 64))]
)
def test_stage_shapes(student, stem, size, widths):
    """Stem and stages put out maps of the table's sizes: only the first block of a later stage has a stride."""
    net = student.on_meta(student.ResNet, student.PlainBlock, [2] * len(widths), widths=widths, stem=stem)
    got = [tuple(y.shape[1:]) for y in net.stages(torch.empty(1, 3, size, size, device="meta"))]
    side = size // 4 if stem == "imagenet" else size
    want = [(widths[0], side, side), *((w, side >> i, side >> i) for i, w in enumerate(widths))]
    assert got == want, f"stem and stages put out {got}, they should put out {want}"


@pytest.mark.level("plain")
@pytest.mark.parametrize("stem", ["imagenet", "cifar"])
def test_logits(student, rng, stem):
    """The grader's state dict loads with strict=True, and the logits are the same, in evaluation and in training."""
    theirs, ours = both(student, rng, blocks=(2, 1, 2), widths=(4, 6, 7), stem=stem)
    outputs_agree(theirs, ours, rng, 2, 3, 40, 33)


@pytest.mark.level("plain")
@pytest.mark.parametrize("stem", ["imagenet", "cifar"])
def test_stages(student, rng, stem):
    """Stem and each stage put out what they should."""
    theirs, ours = both(student, rng, blocks=(1, 2, 1), widths=(4, 6, 7), stem=stem)
    x = rng.randn(2, 3, 36, 41, dtype=torch.float64)
    for module in (theirs, ours):
        module.eval()
    got, want = theirs.stages(x), ours.stages(x)
    assert len(got) == len(want), f"stages gives {len(got)} tensors, a stem and three stages are {len(want)}"
    for i, (one, other) in enumerate(zip(got, want, strict=True)):
        assert_close(one.detach(), other.detach(), name=f"stage {i}" if i else "stem", axes="NCHW")


@pytest.mark.level("options")
@pytest.mark.weight(0.8)
@pytest.mark.parametrize("blocks", [(1,), (2, 1), (1, 1, 1, 2)])
def test_expansion(student, rng, blocks):
    """With a block that puts out twice its width each next block reads what comes out, and so does the dense layer."""
    theirs, ours = both(student, rng, "PlainBottleneck", blocks, (4, 6, 5, 3)[: len(blocks)], stem="cifar")
    outputs_agree(theirs, ours, rng, 2, 3, 32, 35)


@pytest.mark.level("options")
def test_options(student, rng):
    """Options go to every block, together with its stride."""
    theirs, ours = both(student, rng, "PlainBottleneck", (2, 1), (4, 6), options={"groups": 2})
    outputs_agree(theirs, ours, rng, 2, 3, 48, 32)


@pytest.mark.level("options")
@pytest.mark.weight(1.1)
@pytest.mark.parametrize("stem", ["cifar", "imagenet"])
def test_channels_and_classes(student, rng, stem):
    """Any number of input channels and of classes will do; more widths than stages are left unused."""
    theirs, ours = both(
        student, rng, blocks=(1, 1), widths=(4, 6, 9), in_channels=2, num_classes=3, stem=stem
    )
    outputs_agree(theirs, ours, rng, 1, 2, 33, 40)


@pytest.mark.level("options")
@pytest.mark.weight(1.1)
def test_equal_widths(student, rng):
    """A stage as wide as the one before makes the maps smaller all the same."""
    theirs, ours = both(student, rng, blocks=(1, 2, 1), widths=(4, 4, 4), stem="cifar")
    outputs_agree(theirs, ours, rng, 2, 3, 32, 35)


@pytest.mark.level("invariants")
def test_gradients(student, rng):
    """Images and every parameter get the gradients of the same network built of torch.nn."""
    theirs, ours = both(student, rng, blocks=(1, 2), stem="cifar")
    gradients_agree(theirs, ours, rng, 2, 3, 32, 33)


@pytest.mark.level("invariants")
def test_each_image_alone(student, rng):
    """In evaluation an image's logits do not depend on its neighbours, and images of other sizes go through."""
    theirs, _ = both(student, rng)
    theirs.eval()
    x = rng.randn(3, 3, 45, 38, dtype=torch.float64)
    assert_close(theirs(x[2:]).detach(), theirs(x).detach()[2:], name="logits of one image")


@pytest.mark.level("invariants")
def test_networks_share_nothing(student):
    """Two networks, and two blocks of a stage, have weights of their own."""
    first, second = (student.ResNet(student.PlainBlock, (2,), widths=(4,)) for _ in range(2))
    one, two = dict(first.state_dict()), dict(second.state_dict())
    assert not torch.equal(one["layer1.0.conv1.weight"], two["layer1.0.conv1.weight"]), (
        "two networks are equal"
    )
    assert not torch.equal(one["layer1.0.conv1.weight"], one["layer1.1.conv1.weight"]), (
        "two blocks are the same one"
    )
