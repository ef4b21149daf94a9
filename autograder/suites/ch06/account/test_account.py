"""Hidden suite of `account`: the layers of torch.nn are built on the meta device, and hooks count what they do."""

import math

import pytest
import torch
from torch import nn

from autograder.testing import assert_close, assert_raises

pytestmark = [
    pytest.mark.exercise("account"),
    pytest.mark.shares(runs=11, plain=33, options=39, invariants=19),
]


def module(layer, shape):
    """The layer of torch.nn that a row of a table stands for."""
    settings = {key: value for key, value in layer.items() if key not in ("kind", "out")}
    match layer["kind"]:
        case "conv":
            kernel = settings.pop("kernel")
            return nn.Conv2d(shape[0], layer["out"], kernel, **settings)
        case "norm":
            return nn.BatchNorm2d(shape[0])
        case "relu":
            return nn.ReLU()
        case "pool":
            kernel, stride = settings["kernel"], settings.get("stride", 1)
            return nn.MaxPool2d(kernel, stride, settings.get("padding", 0))
        case "global_pool":
            return nn.AdaptiveAvgPool2d(1)
        case _:
            return nn.Sequential(
                nn.Flatten(),
                nn.Linear(math.prod(shape), layer["out"], **settings),
                nn.Unflatten(1, (layer["out"], 1, 1)),
            )


def measured(layer, shape):
    """(parameters, multiply-adds, output shape) of the layer built on the meta device."""
    with torch.device("meta"):
        built = module(layer, shape)
    work = [0]
    for part in built.modules():
        if isinstance(part, (nn.Conv2d, nn.Linear)):
            part.register_forward_hook(lambda part, _, y: work.append(y[0].numel() * part.weight[0].numel()))
    y = built.eval()(torch.empty(1, *shape, device="meta"))
    return sum(p.numel() for p in built.parameters()), sum(work), tuple(y.shape[1:])


def check(student, layer, shape):
    """layer_cost of one layer against the layer itself."""
    got, name = student.layer_cost(dict(layer), shape), f"layer_cost({layer}, {shape})"
    assert isinstance(got, (tuple, list)) and len(got) == 3, f"{name} must give three things"
    parameters, work, output = measured(layer, shape)
    assert_close(tuple(got[2]), output, name=f"output shape of {name}")
    assert_close(got[0], parameters, name=f"parameters of {name}")
    assert_close(got[1], work, name=f"multiply-adds of {name}")


@pytest.mark.gate
@pytest.mark.level("runs")
def test_runs(student):
    """layer_cost gives two ints and a shape, network_cost a dictionary of three ints."""
    got = student.layer_cost({"kind": "conv", "out": 5, "kernel": 3}, (2, 9, 7))
    assert isinstance(got, (tuple, list)) and len(got) == 3, (
        "layer_cost gives parameters, multiply-adds, shape"
    )
    assert all(type(n) is int for n in (*got[:2], *got[2])), "counts and sizes are ints"
    got = student.network_cost([{"kind": "conv", "out": 5, "kernel": 3}], (2, 9, 7))
    assert sorted(got) == ["activation_bytes", "multiply_adds", "parameters"], (
        "the entries are those of the docstring"
    )
    assert all(type(n) is int for n in got.values()), "counts are ints"


@pytest.mark.level("plain")
@pytest.mark.parametrize(
    ("out", "kernel", "shape"), [(5, 3, (2, 9, 7)), (7, 1, (4, 3, 8)), (3, 5, (6, 5, 11))]
)
def test_convolution(student, out, kernel, shape):
    """A convolution's weights and biases are its parameters; each weight is used once at every place of the output."""
    check(student, {"kind": "conv", "out": out, "kernel": kernel}, shape)


@pytest.mark.level("plain")
def test_dense(student):
    """A dense layer reads all numbers of its input and puts out a single place."""
    check(student, {"kind": "dense", "out": 11}, (3, 4, 5))
    check(student, {"kind": "dense", "out": 1}, (7, 1, 1))


@pytest.mark.level("options")
@pytest.mark.weight(1.6)
@pytest.mark.parametrize(
    ("stride", "padding", "kernel"), [(2, 0, 3), (3, 2, 5), (1, 1, 3), (4, 2, 11), (2, 3, 7)]
)
def test_stride_and_padding(student, stride, padding, kernel):
    """Stride and padding change the size of the output as in chapter 5, and with it the work."""
    check(
        student,
        {"kind": "conv", "out": 5, "kernel": kernel, "stride": stride, "padding": padding},
        (3, 23, 18),
    )
    check(
        student,
        {"kind": "pool", "kernel": kernel, "stride": stride, "padding": min(padding, kernel // 2)},
        (3, 23, 18),
    )


@pytest.mark.level("options")
@pytest.mark.parametrize(("c_in", "out", "groups"), [(6, 9, 3), (8, 8, 8), (4, 12, 2), (5, 10, 5)])
def test_groups(student, c_in, out, groups):
    """With groups a kernel is only as deep as its group: both parameters and multiply-adds fall."""
    check(student, {"kind": "conv", "out": out, "kernel": 3, "groups": groups, "padding": 1}, (c_in, 7, 5))


@pytest.mark.level("options")
@pytest.mark.weight(1.3)
def test_without_bias(student):
    """Without a bias only the parameters are fewer; a bias costs no multiply-adds."""
    check(student, {"kind": "conv", "out": 5, "kernel": 3, "bias": False}, (2, 9, 7))
    check(student, {"kind": "dense", "out": 5, "bias": False}, (2, 3, 7))


@pytest.mark.level("options")
@pytest.mark.weight(1.1)
def test_normalisation(student):
    """Batch normalisation has two parameters a channel; running statistics are not counted; shapes stay."""
    check(student, {"kind": "norm"}, (7, 3, 5))


@pytest.mark.level("options")
@pytest.mark.weight(1.3)
def test_layers_without_parameters(student):
    """ReLU and poolings have neither parameters nor multiply-adds; a global pooling leaves one place."""
    check(student, {"kind": "relu"}, (7, 3, 5))
    check(student, {"kind": "global_pool"}, (7, 3, 8))
    check(student, {"kind": "pool", "kernel": 2}, (7, 3, 5))


def conv(out, kernel, stride=1, padding=0, **more):
    return {"kind": "conv", "out": out, "kernel": kernel, "stride": stride, "padding": padding, **more}


RELU, NORM = {"kind": "relu"}, {"kind": "norm"}
POOL = {"kind": "pool", "kernel": 3, "stride": 2}
HEAD = [
    {"kind": "dense", "out": 4096},
    RELU,
    {"kind": "dense", "out": 4096},
    RELU,
    {"kind": "dense", "out": 1000},
]
ALEXNET = [
    *(conv(64, 11, 4, 2), RELU, POOL, conv(192, 5, 1, 2), RELU, POOL, conv(384, 3, 1, 1), RELU),
    *(conv(256, 3, 1, 1), RELU, conv(256, 3, 1, 1), RELU, POOL, *HEAD),
]


def mobilenet_v1():
    """The table of Howard et al. (2017): depthwise and pointwise layers, each with batch norm and ReLU."""
    rows = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]
    layers, channels = [conv(32, 3, 2, 1, bias=False), NORM, RELU], 32
    for out, stride in rows:
        layers += [conv(channels, 3, stride, 1, groups=channels, bias=False), NORM, RELU]
        layers += [conv(out, 1, bias=False), NORM, RELU]
        channels = out
    return [*layers, {"kind": "global_pool"}, {"kind": "dense", "out": 1000}]


@pytest.mark.level("plain")
def test_published_totals(student):
    """AlexNet has 61,100,840 parameters and 714,188,480 multiply-adds."""
    got = student.network_cost(ALEXNET, (3, 224, 224))
    assert_close(got["parameters"], 61_100_840, name="parameters of AlexNet")
    assert_close(got["multiply_adds"], 714_188_480, name="multiply-adds of AlexNet")


@pytest.mark.level("options")
def test_published_totals_of_a_separable_network(student):
    """MobileNet has 4,231,976 parameters and 568,740,352 multiply-adds."""
    got = student.network_cost(mobilenet_v1(), (3, 224, 224))
    assert_close(got["parameters"], 4_231_976, name="parameters of MobileNet")
    assert_close(got["multiply_adds"], 568_740_352, name="multiply-adds of MobileNet")


LAYERS = [
    conv(6, 3, 2, 1),
    NORM,
    RELU,
    {"kind": "pool", "kernel": 2, "stride": 2},
    conv(4, 1, bias=False),
    HEAD[0],
]


def numbers(layers, shape):
    """How many numbers the layers put out for one image."""
    total = 0
    for layer in layers:
        shape = measured(layer, shape)[2]
        total += math.prod(shape)
    return total


@pytest.mark.level("plain")
def test_activations(student):
    """Activations are the outputs of all layers, ReLU included, and not the input; in bytes of float32."""
    got = student.network_cost(LAYERS, (3, 21, 17))
    assert_close(got["activation_bytes"], 4 * numbers(LAYERS, (3, 21, 17)), name="activation_bytes")


@pytest.mark.level("options")
@pytest.mark.weight(1.3)
def test_batch_and_precision(student):
    """A batch and the bytes of a number multiply the activations, and nothing else."""
    one = student.network_cost(LAYERS, (3, 21, 17))
    many = student.network_cost(LAYERS, (3, 21, 17), batch=5, bytes_per_number=2)
    assert_close(
        many["activation_bytes"], 10 * numbers(LAYERS, (3, 21, 17)), name="activation_bytes of a batch"
    )
    for key in ("parameters", "multiply_adds"):
        assert_close(many[key], one[key], name=f"{key} of a batch")


@pytest.mark.level("invariants")
def test_costs_add_up(student):
    """Two lists of layers one after the other cost the sum of both; no layers cost nothing."""
    shape = (3, 21, 17)
    middle = shape
    for layer in LAYERS[:3]:
        middle = measured(layer, middle)[2]
    whole = student.network_cost(LAYERS, shape)
    first, second = student.network_cost(LAYERS[:3], shape), student.network_cost(LAYERS[3:], middle)
    for key, value in whole.items():
        assert_close(first[key] + second[key], value, name=f"{key} of two parts together")
    assert not any(student.network_cost([], shape).values()), "no layers cost nothing"


@pytest.mark.level("contract")
@pytest.mark.parametrize(
    "kind", ["attention", "batch_norm", "max_pool", "global_max", "conv1d", "Conv", "linear", ""]
)
def test_unknown_kind(student, kind):
    """A kind that is not on the card is a ValueError, however much it is like one, and with whatever entries."""
    assert_raises(ValueError, student.layer_cost, {"kind": kind, "out": 4, "kernel": 3}, (3, 5, 4))
