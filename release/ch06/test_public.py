"""The tests you are given: run by the check cells of the notebook, or by `pytest` in this folder.

Each exercise has a ladder: shape, a value worked out by hand, PyTorch's own layers as the oracle, gradients. Your work is
graded by more tests than these, on other shapes and other numbers. `student` is your notebook.
"""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from selfcheck import assert_close, assert_own, assert_raises, gradcheck


def count(network):
    """How many numbers training would change."""
    return sum(p.numel() for p in network.parameters())


def load_in_order(module, numbers):
    """Give the module these numbers, tensor by tensor in the order in which it stores them."""
    state = module.state_dict()
    assert len(state) == len(numbers), f"the module stores {len(state)} tensors, by the table {len(numbers)}"
    for name, value, number in zip(state, state.values(), numbers, strict=True):
        assert value.numel() == number.numel(), (
            f"{name} has shape {tuple(value.shape)}, in this place the table has {tuple(number.shape)}"
        )
    module.load_state_dict({n: x.reshape(v.shape) for (n, v), x in zip(state.items(), numbers, strict=True)})


def random_numbers(module, rng):
    """Random numbers for each tensor that a layer of PyTorch stores; its variances stay above zero."""
    with torch.no_grad():
        for name, value in module.state_dict().items():
            if value.is_floating_point():
                value.copy_(
                    rng.rand(*value.shape) + 0.5 if "running_var" in name else rng.randn(*value.shape) / 2
                )
    return list(module.state_dict().values())


def agrees(module, oracle, rng, *shape):
    """With the oracle's numbers the module gives the oracle's output, in evaluation and in training."""
    load_in_order(module, random_numbers(oracle, rng))
    x = rng.randn(*shape)
    for training in (False, True):
        module.train(training)
        oracle.train(training)
        where = "in training" if training else "in evaluation"
        assert_close(module(x).detach(), oracle(x).detach(), rtol=1e-3, atol=1e-3, name=f"output {where}")


def zeroed(module, choose):
    """Set to 0 what the module stores under the names that are chosen."""
    state = module.state_dict()
    module.load_state_dict(
        {name: torch.zeros_like(v) if choose(name) else v.clone() for name, v in state.items()}
    )


def every_parameter_learns(module, *shape):
    """A backward pass gives every parameter a finite gradient."""
    module(torch.randn(*shape, generator=torch.Generator().manual_seed(3))).square().sum().backward()
    for name, p in module.named_parameters():
        assert p.grad is not None, f"no gradient reaches {name}"
        assert bool(p.grad.isfinite().all()), f"the gradient of {name} is not finite"


def conv_norm(c_in, c_out, kernel, stride=1, padding=0, groups=1, eps=1e-5):
    """Convolution without bias and batch norm."""
    conv = nn.Conv2d(c_in, c_out, kernel, stride, padding, groups=groups, bias=False)
    return [conv, nn.BatchNorm2d(c_out, eps=eps)]


# ---------------------------------------------------------------------------------------------------- account
account = pytest.mark.exercise("account")


@account
@pytest.mark.gate
def test_account_by_hand(student):
    """AlexNet's first layer, the example of the notebook: 23,296 parameters, 70,276,800 multiply-adds, 55x55 places."""
    layer = {"kind": "conv", "out": 64, "kernel": 11, "stride": 4, "padding": 2}
    parameters, work, shape = student.layer_cost(layer, (3, 224, 224))
    assert_close(tuple(shape), (64, 55, 55), name="output shape")
    assert_close(parameters, 23_296, name="parameters")
    assert_close(work, 70_276_800, name="multiply-adds")


@account
def test_account_settings(student):
    """Groups, no bias, rows and columns that differ; a dense layer; a norm."""
    parameters, work, shape = student.layer_cost(
        {"kind": "conv", "out": 10, "kernel": 3, "padding": 1, "groups": 5, "bias": False}, (5, 6, 4)
    )
    assert_close((parameters, work, tuple(shape)), (90, 2160, (10, 6, 4)), name="a convolution in 5 groups")
    got = student.layer_cost({"kind": "dense", "out": 7}, (2, 3, 4))
    assert_close((got[0], got[1], tuple(got[2])), (175, 168, (7, 1, 1)), name="a dense layer")
    got = student.layer_cost({"kind": "norm"}, (6, 3, 4))
    assert_close((got[0], got[1], tuple(got[2])), (12, 0, (6, 3, 4)), name="a batch norm")
    got = student.layer_cost({"kind": "pool", "kernel": 3, "stride": 2}, (6, 9, 8))
    assert_close((got[0], got[1], tuple(got[2])), (0, 0, (6, 4, 3)), name="a pooling")
    got = student.layer_cost({"kind": "global_pool"}, (6, 9, 8))
    assert_close((got[0], got[1], tuple(got[2])), (0, 0, (6, 1, 1)), name="a global pooling")
    assert all(type(n) is int for n in (*got[:2], *got[2])), "all results are ints"


@account
def test_account_of_a_list(student):
    """The layers of a list follow each other; activations are all outputs, for the batch, in bytes."""
    layers = [{"kind": "conv", "out": 4, "kernel": 3}, {"kind": "relu"}, {"kind": "dense", "out": 5}]
    got = student.network_cost(layers, (2, 6, 5), batch=3, bytes_per_number=2)
    want = {"parameters": 76 + 245, "multiply_adds": 864 + 240, "activation_bytes": (48 + 48 + 5) * 3 * 2}
    assert_close(got, want, name="network_cost")


@account
def test_account_refuses_an_unknown_kind(student):
    """Another kind of layer is a ValueError."""
    assert_raises(ValueError, student.layer_cost, {"kind": "magic"}, (3, 4, 5))


@account
def test_account_is_your_own(student, not_allowed):
    """The costs are arithmetic: no layer of PyTorch is built and counted."""
    assert_own(student.layer_cost, not_allowed)
    assert_own(student.network_cost, not_allowed)


# ---------------------------------------------------------------------------------------------------- he_init
he_init = pytest.mark.exercise("he_init")


@he_init
@pytest.mark.gate
def test_fans_by_hand(student):
    """The example of the notebook, and a dense layer."""
    assert_close(tuple(student.fans((6, 2, 3, 5), 3)), (30, 30), name="fans((6, 2, 3, 5), 3)")
    assert_close(tuple(student.fans((6, 2, 3, 5))), (30, 90), name="fans((6, 2, 3, 5))")
    assert_close(tuple(student.fans((4, 9))), (9, 4), name="fans((4, 9))")


@he_init
def test_he_init_sizes(student, rng):
    """A layer's weights have the standard deviation sqrt(2 / fan), its biases are 0."""
    network = student.sample_network(12)
    for mode, fan in (("fan_in", 24 * 9), ("fan_out", 36 * 9)):
        student.he_init(network, mode=mode, generator=rng.generator())
        found = dict(network.named_parameters())
        got, want = float(found["body.block.conv1.weight"].std()), math.sqrt(2 / fan)
        assert abs(got / want - 1) < 0.05, (
            f"with {mode} the grouped layer has standard deviation {got:.4f}, not {want:.4f}"
        )
        assert not found["body.block.conv1.bias"].any(), "a bias does not start at 0"


@he_init
def test_he_init_norms(student):
    """A batch norm starts at scale 1 and shift 0, and at scale 0 where its name is in zero_scales."""
    network = student.sample_network()
    network.load_state_dict({name: torch.full_like(v, 3) for name, v in network.state_dict().items()})
    student.he_init(network, zero_scales=("bn2",))
    found = dict(network.named_parameters())
    for name, want in (("stem.1", 1.0), ("body.block.bn1", 1.0), ("body.block.bn2", 0.0)):
        assert bool((found[f"{name}.weight"] == want).all()), f"the scale of {name} should start at {want:g}"
        assert not found[f"{name}.bias"].any(), f"the shift of {name} should start at 0"
    assert all(p.requires_grad for p in network.parameters()), "parameters must still take gradients"


@he_init
def test_he_init_repeats(student):
    """Equal generators give equal weights."""
    first, second = student.sample_network(), student.sample_network()
    for network in (first, second):
        student.he_init(network, generator=torch.Generator().manual_seed(5))
    for (name, one), two in zip(first.named_parameters(), second.parameters(), strict=True):
        assert_close(two.detach(), one.detach(), rtol=0, atol=0, name=name)


@he_init
def test_he_init_is_your_own(student, not_allowed):
    """No start is taken from PyTorch."""
    assert_own(student.he_init, not_allowed)


# ------------------------------------------------------------------------------------------------- plain_nets
plain_nets = pytest.mark.exercise("plain_nets")


@plain_nets
@pytest.mark.gate
def test_vgg_stage(student, rng):
    """A stage of two convolutions agrees with the same layers of PyTorch."""
    layers = [
        nn.Conv2d(3, 5, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(5, 5, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
    ]
    agrees(student.vgg_stage(3, 5, 2), nn.Sequential(*layers), rng, 2, 3, 7, 8)


@plain_nets
def test_plain_counts(student):
    """VGG-16 has 138,357,544 parameters, AlexNet 61,100,840."""
    for name, build, want in (("VGG-16", student.VGG, 138_357_544), ("AlexNet", student.AlexNet, 61_100_840)):
        found = count(student.on_meta(build))
        assert found == want, f"{name} has {found:,} parameters, it should have {want:,}"


@plain_nets
def test_plain_stages(student):
    """Stages have the shapes of the tables, and logits follow."""
    x = torch.empty(1, 3, 224, 224, device="meta")
    for build, want in (
        (student.AlexNet, [(64, 27, 27), (192, 13, 13), (256, 6, 6)]),
        (student.VGG, [(64, 112, 112), (128, 56, 56), (256, 28, 28), (512, 14, 14), (512, 7, 7)]),
    ):
        network = student.on_meta(build)
        got = [tuple(stage.shape[1:]) for stage in network.stages(x)]
        assert got == want, f"the stages have shapes {got}, the table has {want}"
        assert tuple(network(x).shape) == (1, 1000), "1000 classes have 1000 logits"


@plain_nets
def test_small_vgg(student, rng):
    """A small VGG of another table agrees with PyTorch's layers; dropout acts only in training."""
    network = student.VGG(((4, 1), (6, 1)), hidden=7, num_classes=3, in_channels=2, size=8)
    convs = [
        nn.Conv2d(2, 4, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3, padding=1),
        nn.ReLU(),
    ]
    dense = [nn.Linear(24, 7), nn.ReLU(), nn.Linear(7, 7), nn.ReLU(), nn.Linear(7, 3)]
    oracle = nn.Sequential(*convs, nn.MaxPool2d(2), nn.Flatten(), *dense)
    load_in_order(network, random_numbers(oracle, rng))
    network.eval()
    x = rng.randn(2, 2, 8, 8)
    assert_close(network(x).detach(), oracle(x).detach(), rtol=1e-3, atol=1e-3, name="logits")


@plain_nets
def test_plain_nets_are_your_own(student, not_allowed):
    """No network is taken from a library."""
    assert_own(student.VGG, not_allowed)
    assert_own(student.AlexNet, not_allowed)


# -------------------------------------------------------------------------------------------------- inception
inception = pytest.mark.exercise("inception")


@inception
@pytest.mark.gate
def test_inception_shapes(student):
    """Each block puts out the channels of its table and keeps height and width."""
    for name, args, c_in, want in (
        ("inception_v1", (192, 64, (96, 128), (16, 32), 32), 192, 256),
        ("inception_v3", (768, 128), 768, 768),
        ("inception_v4", (), 1024, 1024),
    ):
        block = student.on_meta(getattr(student, name), *args)
        got = tuple(block(torch.empty(2, c_in, 9, 7, device="meta")).shape)
        assert got == (2, want, 9, 7), f"{name} puts out {got}, it should put out {(2, want, 9, 7)}"


@inception
def test_inception_counts(student):
    """GoogLeNet, Inception-v3 and Inception-v4 of your blocks have their published numbers of parameters."""
    for name, want in (
        ("googlenet", 6_624_904),
        ("inception_v3_network", 23_834_568),
        ("inception_v4_network", 42_679_816),
    ):
        found = count(student.on_meta(getattr(student, name)))
        assert found == want, f"{name} has {found:,} parameters, published are {want:,}"


class Side(nn.Module):
    """Parts side by side."""

    def __init__(self, *parts):
        super().__init__()
        self.parts = nn.ModuleList(parts)

    def forward(self, x):
        return torch.cat([part(x) for part in self.parts], 1)


def units(*rows):
    """Convolution, batch norm and ReLU for each row (c_in, c_out, kernel, padding)."""
    return [layer for a, b, k, p in rows for layer in (*conv_norm(a, b, k, padding=p, eps=1e-3), nn.ReLU())]


@inception
def test_inception_v1_values(student, rng):
    """The first block agrees with the table built of PyTorch's layers, branch by branch in order."""
    branches = [
        nn.Sequential(*units((4, 3, 1, 0))),
        nn.Sequential(*units((4, 2, 1, 0), (2, 5, 3, 1))),
        nn.Sequential(*units((4, 3, 1, 0), (3, 2, 5, 2))),
        nn.Sequential(nn.MaxPool2d(3, 1, 1), *units((4, 6, 1, 0))),
    ]
    agrees(student.inception_v1(4, 3, (2, 5), (3, 2), 6), Side(*branches), rng, 2, 4, 6, 7)


@inception
def test_inception_v3_values(student, rng):
    """The factorised block agrees with its table, at the border too."""
    wide, tall = ((1, 7), (0, 3)), ((7, 1), (3, 0))
    average = nn.AvgPool2d(3, 1, 1, count_include_pad=False)
    branches = [
        nn.Sequential(*units((3, 192, 1, 0))),
        nn.Sequential(*units((3, 2, 1, 0), (2, 2, *wide), (2, 192, *tall))),
        nn.Sequential(*units((3, 2, 1, 0), (2, 2, *tall), (2, 2, *wide), (2, 2, *tall), (2, 192, *wide))),
        nn.Sequential(average, *units((3, 192, 1, 0))),
    ]
    agrees(student.inception_v3(3, 2), Side(*branches), rng, 2, 3, 5, 6)


@inception
def test_inception_learns(student):
    """Every parameter of the blocks gets a gradient."""
    every_parameter_learns(student.inception_v1(4, 3, (2, 5), (3, 2), 6), 2, 4, 6, 5)
    every_parameter_learns(student.inception_v4(2), 2, 2, 5, 6)


@inception
def test_inception_is_your_own(student, not_allowed):
    """No network is taken from a library."""
    for name in ("inception_v1", "inception_v3", "inception_v4"):
        assert_own(getattr(student, name), not_allowed)


# --------------------------------------------------------------------------------------------------- residual
residual = pytest.mark.exercise("residual")


@residual
@pytest.mark.gate
def test_residual_shapes(student, rng):
    """A basic block puts out width channels, a bottleneck four times as many; the stride halves the maps."""
    for block, want in (
        (student.BasicBlock(4, 6, stride=2), (2, 6, 4, 3)),
        (student.Bottleneck(4, 3), (2, 12, 8, 5)),
        (student.BasicBlock(4, 4), (2, 4, 8, 5)),
    ):
        got = tuple(block(rng.randn(2, 4, 8, 5)).shape)
        assert got == want, f"the output has shape {got} instead of {want}"


@residual
def test_residual_by_hand(student):
    """With all weights 0 and all norms neutral, the branch is 0: the block is ReLU(x)."""
    block = student.BasicBlock(1, 1)
    zeroed(block, lambda name: name.startswith("conv"))
    x = torch.tensor([[[[1.0, -2.0], [3.0, -4.0]]]])
    assert_close(block(x).detach(), torch.tensor([[[[1.0, 0.0], [3.0, 0.0]]]]), name="ReLU(x + 0)")


@residual
def test_residual_names(student):
    """Parameters have the published names; a projection is there only where shapes differ."""
    names = [name for name, _ in student.Bottleneck(8, 2).named_parameters()]
    assert "conv3.weight" in names and "bn3.bias" in names, f"the parameters are called {names}"
    assert not any("downsample" in name for name in names), "Bottleneck(8, 2) needs no projection"
    names = [name for name, _ in student.Bottleneck(8, 2, stride=2).named_parameters()]
    assert "downsample.0.weight" in names and "downsample.1.weight" in names, (
        f"the parameters are called {names}"
    )
    assert not any(
        "downsample" in name for name, _ in student.BasicBlock(4, 6, 2, shortcut="padding").named_parameters()
    )


@residual
def test_residual_counts(student):
    """The bottleneck of the notebook's example has 70,400 parameters; with 32 groups of 4 it has fewer than 82,000."""
    assert_close(count(student.Bottleneck(256, 64)), 70_400, name="parameters of Bottleneck(256, 64)")
    found = count(student.Bottleneck(256, 64, groups=32, base_width=4))
    assert_close(
        found, 256 * 128 + 128 * 4 * 9 + 128 * 256 + 1024, name="parameters with 32 groups of width 4"
    )


@residual
def test_residual_identity(student, rng):
    """With the last norm's scale at 0 a block passes on a nonnegative x, and its input stays as it is."""
    block = student.Bottleneck(8, 2)
    zeroed(block, lambda name: name in ("bn3.weight", "bn3.bias"))
    x = rng.rand(2, 8, 5, 4)
    before = x.clone()
    assert_close(block(x).detach(), before, name="output")
    assert torch.equal(x, before), "the block changes its input"


@residual
def test_residual_shortcuts(student, rng):
    """The padding shortcut takes every second pixel and puts channels of zeros after x's own."""
    block = student.BasicBlock(2, 5, 2, shortcut="padding")
    zeroed(block, lambda name: name in ("bn2.weight", "bn2.bias"))
    x = rng.rand(2, 2, 6, 5)
    want = torch.cat([x[:, :, ::2, ::2], torch.zeros(2, 3, 3, 3)], 1)
    assert_close(block(x).detach(), want, name="output of the shortcut alone")


@residual
def test_scaled_sum(student, rng):
    """x + scale * branch(x), with a ReLU or without; the branch is a part of it."""
    x, branch = rng.randn(2, 3, 4, 5), nn.Conv2d(3, 3, 1)
    want = (x + 0.2 * branch(x)).detach()
    assert_close(student.ScaledSum(branch, 0.2, relu=False)(x).detach(), want, name="without ReLU")
    assert_close(student.ScaledSum(branch, 0.2)(x).detach(), want.relu(), name="with ReLU")
    assert_close(count(student.ScaledSum(branch, 0.2)), 12, name="parameters of a ScaledSum around 12")


@residual
def test_residual_learns(student):
    """Every parameter gets a gradient, also those of a projection."""
    every_parameter_learns(student.BasicBlock(3, 5, 2), 3, 3, 6, 5)
    every_parameter_learns(student.Bottleneck(3, 2, 2), 3, 3, 6, 5)


@residual
def test_blocks_are_your_own(student, not_allowed):
    """No block is taken from a library."""
    for name in ("BasicBlock", "Bottleneck", "ScaledSum"):
        assert_own(getattr(student, name), not_allowed)


# ----------------------------------------------------------------------------------------------------- resnet
resnet = pytest.mark.exercise("resnet")


@resnet
@pytest.mark.gate
def test_resnet_shape(student, rng):
    """Two stages of plain blocks give logits."""
    y = student.ResNet(student.PlainBlock, (1, 2), widths=(4, 6), num_classes=5)(rng.randn(2, 3, 32, 40))
    assert tuple(y.shape) == (2, 5), f"the logits have shape {tuple(y.shape)} instead of (2, 5)"


@resnet
def test_resnet_stages(student):
    """Stem and stages have the shapes of the tables."""
    net = student.on_meta(student.ResNet, student.PlainBlock, (2, 2, 2, 2))
    got = [tuple(y.shape[1:]) for y in net.stages(torch.empty(1, 3, 224, 224, device="meta"))]
    want = [(64, 56, 56), (64, 56, 56), (128, 28, 28), (256, 14, 14), (512, 7, 7)]
    assert got == want, f"stem and stages put out {got}, they should put out {want}"
    net = student.on_meta(student.ResNet, student.PlainBlock, (1, 1, 1), widths=(16, 32, 64), stem="cifar")
    got = [tuple(y.shape[1:]) for y in net.stages(torch.empty(1, 3, 32, 32, device="meta"))]
    assert got == [(16, 32, 32), (16, 32, 32), (32, 16, 16), (64, 8, 8)], f"the CIFAR form puts out {got}"


@resnet
def test_resnet_names(student):
    """Parameters have the published names."""
    net = student.ResNet(student.PlainBlock, (1, 2), widths=(4, 6), num_classes=5)
    names = list(net.state_dict())
    for name in ("conv1.weight", "bn1.running_var", "layer1.0.conv2.weight", "layer2.1.bn1.bias", "fc.bias"):
        assert name in names, f"there is no {name}"
    assert not any(name.startswith("layer3") for name in names), "two stages were asked for"


@resnet
def test_resnet_count(student):
    """A network of 34 plain layers has 21,623,848 parameters with 1000 classes."""
    found = count(student.on_meta(student.ResNet, student.PlainBlock, (3, 4, 6, 3)))
    assert found == 21_623_848, f"the network has {found:,} parameters, it should have 21,623,848"


@resnet
def test_resnet_values(student, rng):
    """A small network agrees with the same layers of PyTorch."""
    net = student.ResNet(student.PlainBlock, (1,), widths=(4,), stem="cifar", num_classes=3)
    layers = [*conv_norm(3, 4, 3, padding=1), nn.ReLU(), *conv_norm(4, 4, 3, padding=1), nn.ReLU()]
    layers += [
        *conv_norm(4, 4, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 3),
    ]
    oracle, x = nn.Sequential(*layers), rng.randn(2, 3, 32, 33)
    numbers = random_numbers(oracle, rng)
    parts = {"conv1": oracle[0], "bn1": oracle[1], "layer1.0.conv1": oracle[3], "layer1.0.bn1": oracle[4]}
    parts |= {"layer1.0.conv2": oracle[6], "layer1.0.bn2": oracle[7], "fc": oracle[11]}
    assert numbers
    state = {f"{place}.{name}": v for place, part in parts.items() for name, v in part.state_dict().items()}
    net.load_state_dict(state, strict=True)
    net.eval()
    oracle.eval()
    assert_close(net(x).detach(), oracle(x).detach(), rtol=1e-3, atol=1e-3, name="logits")


@resnet
def test_resnet_options(student, rng):
    """A block that puts out twice its width, with options."""
    net = student.ResNet(student.PlainBottleneck, (1, 2), widths=(4, 6), num_classes=3, options={"groups": 2})
    assert tuple(net(rng.randn(2, 3, 32, 32)).shape) == (2, 3)
    assert tuple(net.state_dict()["layer2.1.conv2.weight"].shape) == (6, 3, 3, 3), "options reach every block"
    every_parameter_learns(net, 2, 3, 32, 32)


@resnet
def test_resnet_is_your_own(student, not_allowed):
    """No network is taken from a library."""
    assert_own(student.ResNet, not_allowed)


# ------------------------------------------------------------------------------------------------ dense_block
dense_block = pytest.mark.exercise("dense_block")


@dense_block
@pytest.mark.gate
def test_dense_shapes(student, rng):
    """Each layer adds growth channels; a transition halves the maps."""
    y = student.DenseBlock(4, 3, 2)(rng.randn(2, 4, 6, 5))
    assert tuple(y.shape) == (2, 10, 6, 5), f"the block puts out {tuple(y.shape)} instead of (2, 10, 6, 5)"
    y = student.Transition(10, 5)(rng.randn(2, 10, 6, 5))
    assert tuple(y.shape) == (2, 5, 3, 2), f"the transition puts out {tuple(y.shape)} instead of (2, 5, 3, 2)"


@dense_block
def test_dense_begins_with_its_input(student, rng):
    """The output begins with the input, which stays as it is."""
    x = rng.randn(2, 4, 6, 5)
    before = x.clone()
    y = student.DenseBlock(4, 3, 2)(x).detach()
    assert_close(y[:, :4], before, rtol=0, atol=0, name="the first channels")
    assert torch.equal(x, before), "the block changes its input"


@dense_block
def test_dense_values(student, rng):
    """A block of one layer, and a transition, agree with PyTorch's layers."""

    class One(nn.Module):
        def __init__(self):
            super().__init__()
            first = (nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 12, 1, bias=False))
            self.layer = nn.Sequential(
                *first, nn.BatchNorm2d(12), nn.ReLU(), nn.Conv2d(12, 3, 3, padding=1, bias=False)
            )

        def forward(self, x):
            return torch.cat([x, self.layer(x)], 1)

    agrees(student.DenseBlock(4, 3, 1), One(), rng, 3, 4, 6, 5)
    layers = (nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 4, 1, bias=False), nn.AvgPool2d(2))
    agrees(student.Transition(6, 4), nn.Sequential(*layers), rng, 3, 6, 7, 4)


@dense_block
def test_dense_count(student):
    """DenseNet-121 of your blocks has 7,978,856 parameters."""
    found = count(student.on_meta(student.densenet121))
    assert found == 7_978_856, f"DenseNet-121 has {found:,} parameters, published are 7,978,856"


@dense_block
def test_dense_learns(student):
    """Every parameter gets a gradient; the 1x1 convolution has bottleneck * growth channels; no layers: the identity."""
    block = student.DenseBlock(4, 3, 2, bottleneck=2)
    every_parameter_learns(block, 2, 4, 5, 6)
    assert sorted(p.shape[0] for p in block.parameters() if p.dim() > 1) == [3, 3, 6, 6], (
        "other widths were asked for"
    )
    x = torch.ones(1, 4, 2, 3)
    assert_close(student.DenseBlock(4, 3, 0)(x).detach(), x, name="a block of no layers")


@dense_block
def test_dense_is_your_own(student, not_allowed):
    """No block is taken from a library."""
    assert_own(student.DenseBlock, not_allowed)
    assert_own(student.Transition, not_allowed)


# -------------------------------------------------------------------------------------------------- separable
separable = pytest.mark.exercise("separable")


@separable
@pytest.mark.gate
def test_separable_shapes(student, rng):
    """The three modules put out the channels asked for, and strides halve the maps."""
    for module, want in (
        (student.SeparableConv(4, 7), (2, 7, 6, 5)),
        (student.XceptionModule(4, 6, 2, 2), (2, 6, 3, 3)),
        (student.InvertedResidual(4, 6, 2), (2, 6, 3, 3)),
    ):
        got = tuple(module(rng.randn(2, 4, 6, 5)).shape)
        assert got == want, f"the output has shape {got} instead of {want}"


@separable
def test_separable_values(student, rng):
    """A separable convolution is a grouped one, then a 1x1: nine weights a channel, then one for each pair."""
    oracle = nn.Sequential(nn.Conv2d(4, 4, 3, 1, 1, groups=4, bias=False), nn.Conv2d(4, 7, 1, bias=False))
    module = student.SeparableConv(4, 7)
    assert_close(count(module), 36 + 28, name="parameters of SeparableConv(4, 7)")
    agrees(module, oracle, rng, 2, 4, 6, 5)


@separable
def test_separable_counts(student):
    """Xception and MobileNetV2 of your modules have their published numbers of parameters."""
    for name, want in (("xception", 22_855_952), ("mobilenet_v2", 3_504_872)):
        found = count(student.on_meta(getattr(student, name)))
        assert found == want, f"{name} has {found:,} parameters, published are {want:,}"


class Sum(nn.Module):
    """x plus what the layers make of it."""

    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.layers(x)


@separable
def test_inverted_residual_values(student, rng):
    """Narrow, wide, narrow, with ReLU6; added where shapes agree, and only there."""
    wide = [*conv_norm(4, 12, 1), nn.ReLU6(), *conv_norm(12, 12, 3, 1, 1, 12), nn.ReLU6()]
    agrees(student.InvertedResidual(4, 4, 1, 3), Sum(*wide, *conv_norm(12, 4, 1)), rng, 3, 4, 6, 5)
    thin = [*conv_norm(4, 4, 3, 2, 1, 4), nn.ReLU6(), *conv_norm(4, 4, 1)]
    agrees(student.InvertedResidual(4, 4, 2, 1), nn.Sequential(*thin), rng, 3, 4, 6, 5)


def sep(c_in, c_out):
    """A separable convolution's two layers and the norm after them."""
    depthwise = nn.Conv2d(c_in, c_in, 3, 1, 1, groups=c_in, bias=False)
    return [depthwise, nn.Conv2d(c_in, c_out, 1, bias=False), nn.BatchNorm2d(c_out)]


@separable
def test_xception_values(student, rng):
    """The Xception module without a stride is x plus its chain; the first ReLU may be left out."""
    agrees(
        student.XceptionModule(4, 4, 2), Sum(nn.ReLU(), *sep(4, 4), nn.ReLU(), *sep(4, 4)), rng, 3, 4, 6, 5
    )
    module = student.XceptionModule(4, 4, 1, relu_first=False)
    agrees(module, Sum(*sep(4, 4)), rng, 3, 4, 6, 5)


@separable
def test_xception_widths(student):
    """Channels change in the first unit, or in the last; the shortcut of a module with a stride has its own layers."""
    for widen, want in ((True, [4, 5, 5]), (False, [4, 4, 4])):
        shapes = [
            tuple(p.shape)
            for p in student.XceptionModule(4, 5, 3, 2, widen_first=widen).parameters()
            if p.dim() > 1
        ]
        depthwise = [shape[0] for shape in shapes if shape[2:] == (3, 3)]
        assert depthwise == want, (
            f"with widen_first={widen} the depthwise layers have {depthwise} channels, not {want}"
        )
        assert shapes[-1] == (5, 4, 1, 1), (
            "the shortcut's convolution is 1x1, from 4 to 5 channels, and comes last"
        )


@separable
def test_separable_learns(student, rng):
    """Every parameter gets a gradient, and no module changes its input."""
    for module in (
        student.XceptionModule(4, 6, 2, 2),
        student.InvertedResidual(4, 4),
        student.XceptionModule(4, 4, 2),
    ):
        every_parameter_learns(module, 2, 4, 5, 6)
        x = rng.randn(2, 4, 5, 6)
        before = x.clone()
        module(x)
        assert torch.equal(x, before), "the input is changed"


@separable
def test_separable_is_your_own(student, not_allowed):
    """No module is taken from a library."""
    for name in ("SeparableConv", "XceptionModule", "InvertedResidual"):
        assert_own(getattr(student, name), not_allowed)


# ----------------------------------------------------------------------------------------------------- mbconv
mbconv = pytest.mark.exercise("mbconv")


@mbconv
@pytest.mark.gate
def test_mbconv_shapes(student, rng):
    """Gate and stochastic depth keep the shape, the block changes it as asked."""
    x = rng.randn(2, 8, 6, 5)
    for module, want in (
        (student.SqueezeExcitation(8, 2), (2, 8, 6, 5)),
        (student.StochasticDepth(0.5), (2, 8, 6, 5)),
        (student.MBConv(8, 6, 5, 2), (2, 6, 3, 3)),
    ):
        got = tuple(module(x).shape)
        assert got == want, f"the output has shape {got} instead of {want}"


@mbconv
def test_gate_values(student, rng):
    """The gate is the sigmoid of two layers with SiLU between, applied to the averages."""
    first, second = nn.Linear(5, 2), nn.Linear(2, 5)
    gate, x = student.SqueezeExcitation(5, 2), rng.randn(3, 5, 4, 6)
    load_in_order(gate, random_numbers(nn.Sequential(first, second), rng))
    want = x * second(F.silu(first(x.mean((2, 3))))).sigmoid()[:, :, None, None]
    assert_close(gate(x).detach(), want.detach(), name="output")


@mbconv
def test_stochastic_depth_values(student):
    """Each image by itself is dropped or divided by 1 - p; in evaluation nothing happens."""
    drop, x = student.StochasticDepth(0.25), torch.full((2000, 2, 1, 3), 6.0)
    y = drop(x).detach()
    images = y.flatten(1)
    assert bool((images == images[:, :1]).all()), "parts of an image are treated differently"
    assert_close(
        sorted(set(images[:, 0].tolist())), [0.0, 8.0], name="the values that 6 becomes, with p = 0.25"
    )
    dropped = float((images[:, 0] == 0).double().mean())
    assert abs(dropped - 0.25) < 0.07, f"{dropped:.1%} of the images are dropped, p is 25%"
    drop.eval()
    assert_close(drop(x), x, name="output in evaluation")
    assert_close(student.StochasticDepth(0.0)(x), x, name="output with p = 0")
    assert_close(student.StochasticDepth(1.0)(x), torch.zeros_like(x), name="output with p = 1")
    assert_raises(ValueError, student.StochasticDepth, 1.5)


@mbconv
def test_mbconv_count(student):
    """EfficientNet-B0 of your blocks has 5,288,548 parameters; a small block by hand has 430."""
    found = count(student.MBConv(4, 6, 3, 1, 3))
    want = 48 + 24 + 108 + 24 + (12 + 1) + (12 + 12) + 72 + 12
    assert_close(found, want, name="parameters of MBConv(4, 6, 3, 1, 3)")
    found = count(student.on_meta(student.efficientnet))
    assert found == 5_288_548, f"EfficientNet-B0 has {found:,} parameters, published are 5,288,548"


@mbconv
def test_mbconv_sum(student, rng):
    """Where shapes agree the input is added: with the last scale and shift at 0 the block is the identity."""
    for module, is_identity in ((student.MBConv(8, 8), True), (student.MBConv(8, 8, 3, 2), False)):
        last = [name for name, p in module.named_parameters() if p.dim() == 1][-2:]
        zeroed(module, last.__contains__)
        x = rng.randn(2, 8, 6, 4)
        want = x if is_identity else torch.zeros(2, 8, 3, 2)
        assert_close(module(x).detach(), want, name="output with the last norm at 0")


@mbconv
def test_mbconv_drops_images(student, rng):
    """With drop = 1 the branch is never there in training, and always in evaluation."""
    block, x = student.MBConv(8, 8, drop=1.0), rng.randn(3, 8, 5, 4)
    assert_close(block(x).detach(), x, name="output in training with drop = 1")
    block.eval()
    assert not torch.equal(block(x).detach(), x), "in evaluation the branch is missing"
    every_parameter_learns(student.MBConv(8, 8), 2, 8, 5, 6)


@mbconv
def test_mbconv_is_your_own(student, not_allowed):
    """No module is taken from a library."""
    for name in ("SqueezeExcitation", "StochasticDepth", "MBConv"):
        assert_own(getattr(student, name), not_allowed)


# ------------------------------------------------------------------------------------------- compound_scaling
compound_scaling = pytest.mark.exercise("compound_scaling")


@compound_scaling
@pytest.mark.gate
def test_rounding_by_hand(student):
    """The examples of the notebook, and a half that goes upwards."""
    for channels, width, want in ((24, 1.4, 32), (10, 1.0, 16), (52, 1.0, 56), (3, 1.0, 8), (32, 1.0, 32)):
        got = student.round_channels(channels, width)
        assert type(got) is int, "a number of channels is an int"
        assert_close(got, want, name=f"round_channels({channels}, {width})")


@compound_scaling
def test_scaled_rows(student):
    """Channels and repeats change, the rest of a row stays, and so does the table."""
    rows = [(1, 16, 1, 1, 3), (6, 40, 2, 2, 5)]
    got = student.scale_rows(rows, 1.4, 1.8)
    assert_close([tuple(row) for row in got], [(1, 24, 2, 1, 3), (6, 56, 4, 2, 5)], name="scale_rows")
    assert rows == [(1, 16, 1, 1, 3), (6, 40, 2, 2, 5)], "the table that is given has changed"


@compound_scaling
def test_rates_by_hand(student):
    """Four blocks and a last rate of 0.2: 0, 0.05, 0.1, 0.15."""
    got = student.drop_rates([(1, 16, 1, 1, 3), (6, 40, 3, 2, 5)], 0.2)
    assert_close(list(got), [0.0, 0.05, 0.1, 0.15], name="drop_rates")


# -------------------------------------------------------------------------------------------- fold_batch_norm
fold_batch_norm = pytest.mark.exercise("fold_batch_norm")


@fold_batch_norm
@pytest.mark.gate
def test_fold_by_hand(student):
    """The example of the notebook: weight 3 becomes -3, and the bias 6."""
    one = torch.ones(1)
    weight, bias = student.fold_batch_norm(
        torch.full((1, 1, 1, 1), 3.0), None, -2 * one, one, 5 * one, 4 * one, 0.0
    )
    assert_close(weight, torch.full((1, 1, 1, 1), -3.0), name="weight")
    assert_close(bias, torch.tensor([6.0]), name="bias")


@fold_batch_norm
@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize("with_bias", [True, False])
def test_fold_agrees(student, rng, with_bias, groups):
    """One convolution does what convolution and batch norm did, with scales of both signs."""
    weight, x = (
        rng.randn(6, 3 // groups, 3, 2, dtype=torch.float64),
        rng.randn(2, 3, 7, 6, dtype=torch.float64),
    )
    bias, gamma, beta, mean = (rng.randn(6, dtype=torch.float64) for _ in range(4))
    var, kept = rng.rand(6, dtype=torch.float64) + 0.1, bias if with_bias else None
    want = F.batch_norm(F.conv2d(x, weight, kept, groups=groups), mean, var, gamma, beta, eps=1e-3)
    new_weight, new_bias = student.fold_batch_norm(weight, kept, gamma, beta, mean, var, 1e-3)
    assert_close(
        F.conv2d(x, new_weight, new_bias, groups=groups), want, name="output of the folded convolution"
    )


@fold_batch_norm
def test_fold_is_your_own(student, not_allowed):
    """The folding is not taken from PyTorch."""
    assert_own(student.fold_batch_norm, not_allowed)


# --------------------------------------------------------------------------------------- class_activation_map
class_activation_map = pytest.mark.exercise("class_activation_map")


@class_activation_map
@pytest.mark.gate
def test_map_by_hand(student):
    """The example of the notebook: the map is (0, 6)."""
    features = torch.tensor([[[[1.0, 3.0]], [[2.0, 0.0]]]])
    weight = torch.tensor([[7.0, 7.0], [2.0, -1.0]])
    got = student.class_activation_map(features, weight, torch.tensor([1]))
    assert_close(got, torch.tensor([[[0.0, 6.0]]]), name="map")


@class_activation_map
def test_map_mean(student, rng):
    """The mean of each map is its logit, and gradients agree."""
    features, weight = rng.randn(3, 4, 2, 5, dtype=torch.float64), rng.randn(6, 4, dtype=torch.float64)
    labels = torch.tensor([5, 0, 5])
    want = (features.mean((2, 3)) @ weight.T)[torch.arange(3), labels]
    assert_close(
        student.class_activation_map(features, weight, labels).mean((1, 2)), want, name="mean of the map"
    )
    features.requires_grad_()
    assert gradcheck(lambda f: student.class_activation_map(f, weight, labels), (features,))


@class_activation_map
def test_box_by_hand(student):
    """Pixels of at least half the largest value, ends included."""
    heat = torch.tensor([[0.0, 0.1, 0.0, 0.0], [0.0, 2.0, 1.0, 0.2], [-3.0, 0.4, 1.5, 0.0]])
    assert_close(tuple(student.bounding_box(heat)), (1, 1, 2, 2), name="bounding_box(heat)")
    assert_close(tuple(student.bounding_box(heat, 1.0)), (1, 1, 1, 1), name="bounding_box(heat, 1.0)")
    assert all(type(n) is int for n in student.bounding_box(heat)), "rows and columns are ints"


# --------------------------------------------------------------------------------------------------- transfer
transfer = pytest.mark.exercise("transfer")


def few(rng):
    """Nine images and their labels, three of each class."""
    return rng.randn(9, 1, 20, 20), torch.arange(9) % 3


def snapshot(module):
    """A copy of all that a module stores."""
    return {name: value.clone() for name, value in module.state_dict().items()}


def changed(before, module):
    """Names of what is not the same bit for bit."""
    return [name for name, value in module.state_dict().items() if not torch.equal(value, before[name])]


@transfer
@pytest.mark.gate
def test_transfer_shape(student, rng):
    """The network gives logits for new images."""
    network = student.transfer(student.digit_trunk(), *few(rng), 3, steps=2)
    y = network(rng.randn(4, 1, 20, 20))
    assert tuple(y.shape) == (4, 3), f"the logits have shape {tuple(y.shape)} instead of (4, 3)"


@transfer
def test_freeze_stops_everything(student, rng):
    """No parameter of a frozen trunk takes gradients, and no running statistic moves."""
    trunk = student.digit_trunk()
    student.freeze(trunk)
    before = snapshot(trunk)
    trunk(rng.randn(3, 1, 20, 20))
    assert not any(p.requires_grad for p in trunk.parameters()), "a parameter takes gradients"
    assert not changed(before, trunk), (
        f"a call changes {changed(before, trunk)[0]}: in which mode is the trunk?"
    )


@transfer
def test_frozen_and_fine_tuned(student, rng):
    """A frozen trunk stays bit for bit; fine-tuning changes all of it, also if it had been frozen."""
    images, labels = few(rng)
    trunk = student.digit_trunk()
    before = snapshot(trunk)
    student.transfer(trunk, images, labels, 3, frozen=True, steps=3)
    assert not changed(before, trunk), f"{changed(before, trunk)[0]} of the frozen trunk has changed"
    student.transfer(trunk, images, labels, 3, frozen=False, steps=3)
    assert len(changed(before, trunk)) == len(before), "fine-tuning leaves a part of the trunk as it was"


@transfer
def test_head_starts_at_zero(student, rng):
    """Without a step all logits are 0; the first step moves the head by its rate, 1e-2 frozen and 3e-3 fine-tuned."""
    images, labels = few(rng)
    assert not student.transfer(student.digit_trunk(), images, labels, 3, steps=0)(images).any(), (
        "the head starts at 0"
    )
    for frozen, rate in ((True, 1e-2), (False, 3e-3)):
        network = student.transfer(student.digit_trunk(), images, labels, 3, frozen=frozen, steps=1)
        head = list(network.parameters())[-2:]
        largest = max(float(p.abs().max()) for p in head)
        assert abs(largest / rate - 1) < 0.05, (
            f"frozen={frozen}: the first step moves the head by {largest:.1e}"
        )


@transfer
def test_returned_network_is_in_evaluation(student, rng):
    """An image's logits do not depend on the other images."""
    images, labels = few(rng)
    for frozen in (True, False):
        network = student.transfer(student.digit_trunk(), images, labels, 3, frozen=frozen, steps=2)
        assert_close(
            network(images).detach()[:1], network(images[:1]).detach(), rtol=1e-3, atol=1e-3, name="logits"
        )
