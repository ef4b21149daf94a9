"""Hidden suite of `plain_nets`: the networks are built again of torch.nn, with the student's numbers in their order.

Whole networks are counted on the meta device; values are compared in small ones, in float64.
"""

import pytest
import torch
import torch.nn.functional as F

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("plain_nets"),
    pytest.mark.shares(runs=12, plain=37, options=36, invariants=16),
]

SMALL = {
    "table": ((5, 1), (7, 2), (6, 3)),
    "hidden": 11,
    "num_classes": 4,
    "in_channels": 2,
    "size": 24,
    "dropout": 0.0,
}


def filled(module, rng):
    """The student's module in float64, every parameter replaced by random numbers; those in their order."""
    module.double()
    state = {}
    for name, value in module.state_dict().items():
        fan = max(1, value[0].numel()) if value.dim() > 1 else 4
        state[name] = rng.randn(*value.shape, dtype=torch.float64) * (2 / fan) ** 0.5
    module.load_state_dict(state)
    return list(state.values())


def layers(numbers, shapes):
    """(weight, bias) of each layer, from the numbers in their order."""
    got, want = [tuple(n.shape) for n in numbers], [s for shape in shapes for s in (shape, shape[:1])]
    for i, (one, other) in enumerate(zip(got, want, strict=False)):
        assert one == other, f"parameter number {i} (from 0) has shape {one}, by the table it has {other}"
    assert len(got) == len(want), f"there are {len(got)} parameters, by the table {len(want)}"
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def vgg_shapes(table, hidden, num_classes, in_channels, size, **_):
    """Shapes of all weights of a VGG, in order."""
    shapes, below = [], in_channels
    for width, convs in table:
        for _ in range(convs):
            shapes.append((width, below, 3, 3))
            below = width
    side = size // 2 ** len(table)
    return [*shapes, (hidden, below * side * side), (hidden, hidden), (num_classes, hidden)]


def vgg(x, weights, table, **_):
    """Outputs of the stages, and logits."""
    weights, outputs = list(weights), []
    for _, convs in table:
        for _ in range(convs):
            x = F.conv2d(x, *weights.pop(0), padding=1).relu()
        x = F.max_pool2d(x, 2)
        outputs.append(x)
    return outputs, head(x, weights)


def head(x, weights):
    x = x.flatten(1)
    for weight, bias in weights[:-1]:
        x = F.linear(x, weight, bias).relu()
    return F.linear(x, *weights[-1])


def alexnet_shapes(w, num_classes):
    convs = [
        (w, 3, 11, 11),
        (3 * w, w, 5, 5),
        (6 * w, 3 * w, 3, 3),
        (4 * w, 6 * w, 3, 3),
        (4 * w, 4 * w, 3, 3),
    ]
    return [*convs, (64 * w, 144 * w), (64 * w, 64 * w), (num_classes, 64 * w)]


def alexnet(x, weights):
    """Outputs of the three poolings, and logits."""
    outputs = []
    for i, (stride, padding) in enumerate(((4, 2), (1, 2), (1, 1), (1, 1), (1, 1))):
        x = F.conv2d(x, *weights[i], stride=stride, padding=padding).relu()
        if i in (0, 1, 4):
            x = F.max_pool2d(x, 3, 2)
            outputs.append(x)
    return outputs, head(x, weights[5:])


@pytest.mark.gate
@pytest.mark.level("runs")
@pytest.mark.weight(0)
def test_runs(student, rng):
    """A stage of VGG and a small VGG can be built and called."""
    y = student.vgg_stage(3, 5, 2)(rng.randn(2, 3, 8, 6))
    assert tuple(y.shape) == (2, 5, 4, 3), f"vgg_stage(3, 5, 2) makes (2, 3, 8, 6) to {tuple(y.shape)}"


@pytest.mark.level("runs")
@pytest.mark.parametrize(
    ("name", "settings", "want"),
    [
        ("VGG", {}, 138_357_544),
        ("AlexNet", {}, 61_100_840),
        ("VGG", {"table": ((64, 1), (128, 1), (256, 2), (512, 2), (512, 2))}, 132_863_336),
    ],
    ids=["vgg16", "alexnet", "vgg11"],
)
def test_published_count(student, name, settings, want):
    """VGG-16, AlexNet and VGG-11 have their published numbers of parameters."""
    network = student.on_meta(getattr(student, name), **settings)
    found = sum(p.numel() for p in network.parameters())
    assert found == want, f"{name} has {found:,} parameters, published are {want:,}"


@pytest.mark.level("runs")
@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("VGG", [(64, 112, 112), (128, 56, 56), (256, 28, 28), (512, 14, 14), (512, 7, 7)]),
        ("AlexNet", [(64, 27, 27), (192, 13, 13), (256, 6, 6)]),
    ],
)
def test_stage_shapes(student, name, want):
    """stages(x) is a list of what each stage puts out after its pooling."""
    network = student.on_meta(getattr(student, name))
    stages = network.stages(torch.empty(2, 3, 224, 224, device="meta"))
    assert [tuple(stage.shape) for stage in stages] == [(2, *shape) for shape in want], (
        f"the stages of {name} have shapes {[tuple(stage.shape) for stage in stages]}"
    )


@pytest.mark.level("plain")
@pytest.mark.parametrize("convs", [1, 2, 3])
def test_stage(student, rng, convs):
    """A stage is convolutions 3x3 with padding 1, a ReLU after each, then the largest of each 2x2."""
    stage = student.vgg_stage(3, 5, convs)
    numbers = filled(stage, rng)
    weights = layers(numbers, [(5, 3 if i == 0 else 5, 3, 3) for i in range(convs)])
    x = rng.randn(2, 3, 9, 6, dtype=torch.float64)
    want = vgg(x, [*weights, (torch.ones(1, 60, dtype=x.dtype), None)], ((5, convs),))[0][0]
    assert_close(stage(x), want, name=f"output of a stage of {convs}", axes="NCHW")


@pytest.mark.level("plain")
def test_vgg(student, rng):
    """Stages and logits of a small VGG are those of the same network built of torch.nn.functional."""
    network = student.VGG(**SMALL)
    weights = layers(filled(network, rng), vgg_shapes(**SMALL))
    x = rng.randn(3, 2, 24, 24, dtype=torch.float64)
    stages, logits = vgg(x, weights, **SMALL)
    for i, (got, want) in enumerate(zip(network.stages(x), stages, strict=True)):
        assert_close(got, want, name=f"stage {i + 1}")
    assert_close(network(x), logits, name="logits")


@pytest.mark.level("plain")
def test_alexnet(student, rng):
    """Stages and logits of a narrow AlexNet are those of the same network built of torch.nn.functional."""
    network = student.AlexNet(num_classes=5, width=2, dropout=0.0)
    weights = layers(filled(network, rng), alexnet_shapes(2, 5))
    x = rng.randn(2, 3, 224, 224, dtype=torch.float64)
    stages, logits = alexnet(x, weights)
    for i, (got, want) in enumerate(zip(network.stages(x), stages, strict=True)):
        assert_close(got, want, name=f"stage {i + 1}")
    assert_close(network(x), logits, name="logits")


@pytest.mark.level("options")
@pytest.mark.parametrize(
    "settings",
    [
        {"table": ((3, 2),), "hidden": 5, "num_classes": 2, "in_channels": 1, "size": 6},
        {"table": ((4, 1), (6, 1)), "hidden": 3, "num_classes": 7, "in_channels": 5, "size": 10},
    ],
)
def test_other_tables(student, rng, settings):
    """Any table, number of channels, size, width and number of classes will do, also a size that halves unevenly."""
    network = student.VGG(**settings)
    weights = layers(filled(network, rng), vgg_shapes(**settings))
    network.eval()
    x = rng.randn(1, settings["in_channels"], settings["size"], settings["size"], dtype=torch.float64)
    assert_close(network(x), vgg(x, weights, **settings)[1], name="logits in evaluation")


@pytest.mark.level("options")
def test_dropout(student, rng):
    """Dropout with the probability asked for acts on the dense layers, in training only."""
    small = {**SMALL, "hidden": 300}
    x = rng.randn(1, 2, 24, 24, dtype=torch.float64)
    network = student.VGG(**{**small, "dropout": 0.5})
    filled(network, rng)
    assert not torch.equal(network(x).detach(), network(x).detach()), (
        "training with dropout gives the same logits twice"
    )
    assert torch.equal(network.stages(x)[-1].detach(), network.stages(x)[-1].detach()), (
        "dropout acts in the stages"
    )
    network.eval()
    assert torch.equal(network(x).detach(), network(x).detach()), "the network drops out in evaluation"


@pytest.mark.level("options")
def test_place_of_dropout(student, rng):
    """With probability 1 only biases are left: VGG drops out after hidden ReLUs, AlexNet before dense layers."""
    network = student.VGG(**{**SMALL, "dropout": 1.0})
    weights = layers(filled(network, rng), vgg_shapes(**SMALL))
    x = rng.randn(2, 2, 24, 24, dtype=torch.float64)
    assert_close(network(x), weights[-1][1].expand(2, -1), name="VGG with dropout 1: logits")
    network = student.AlexNet(num_classes=5, width=1, dropout=1.0)
    weights = layers(filled(network, rng), alexnet_shapes(1, 5))
    hidden = weights[-2][1].relu()
    want = F.linear(hidden, *weights[-1]).expand(2, -1)
    x = rng.randn(2, 3, 224, 224, dtype=torch.float64)
    assert_close(network(x), want, name="AlexNet with dropout 1: logits")


@pytest.mark.level("invariants")
def test_gradients(student, rng):
    """Every parameter gets the gradient of the same network built of torch.nn.functional."""
    network = student.VGG(**SMALL)
    numbers = filled(network, rng)
    x, target = rng.randn(3, 2, 24, 24, dtype=torch.float64), rng.randint(0, 4, (3,))
    F.cross_entropy(network(x), target).backward()
    leaves = [n.clone().requires_grad_() for n in numbers]
    F.cross_entropy(vgg(x, layers(leaves, vgg_shapes(**SMALL)), **SMALL)[1], target).backward()
    for (name, got), want in zip(network.named_parameters(), leaves, strict=True):
        assert got.grad is not None, f"parameter {name} gets no gradient"
        assert_close(got.grad, want.grad, name=f"gradient of {name}")


@pytest.mark.level("invariants")
def test_each_image_alone(student, rng):
    """An image's logits do not depend on its neighbours in the batch."""
    network = student.VGG(**SMALL)
    filled(network, rng)
    x = rng.randn(4, 2, 24, 24, dtype=torch.float64)
    whole = network(x).detach()
    assert_close(network(x[1:2]).detach(), whole[1:2], name="logits of one image alone")


@pytest.mark.level("invariants")
@pytest.mark.weight(1.5)
def test_networks_share_nothing(student):
    """Two networks have weights of their own."""
    first, second = student.VGG(**SMALL), student.VGG(**SMALL)
    (a, *_), (b, *_) = first.parameters(), second.parameters()
    assert not torch.equal(a.detach(), b.detach()), "two networks start with the same weights"
    first.load_state_dict({name: torch.zeros_like(value) for name, value in first.state_dict().items()})
    assert bool(next(iter(second.parameters())).detach().any()), "changing one network changed another"
