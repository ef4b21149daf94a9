"""Hidden suite of `lenet5`; each stage is computed again by torch.nn.functional from the stage below and the
student's own weights, which are told apart by their number of elements."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from autograder.testing import assert_close

pytestmark = [pytest.mark.exercise("lenet5"), pytest.mark.shares(runs=17, plain=44, options=7, invariants=33)]

CLOSE: dict[str, Any] = {
    "rtol": 1e-4,
    "atol": 1e-4,
}  # sums of at most 400 products of size 0.01 to 1, as the weights were drawn, in float32; mistakes show from 1e-2 on
SHAPES = {
    "c1": (6, 28, 28),
    "s2": (6, 14, 14),
    "c3": (16, 10, 10),
    "s4": (16, 5, 5),
    "c5": (120,),
    "f6": (84,),
    "output": (10,),
}


def parameter(net, *shape):
    """The network's parameter of so many elements, in that shape; a dense weight may be stored transposed."""
    size = torch.Size(shape).numel()
    found = [p.detach() for _, p in net.named_parameters() if p.numel() == size]
    assert len(found) == 1, f"there are {len(found)} parameters of {size} numbers, there should be one"
    (p,) = found
    return p.T.reshape(shape) if tuple(p.shape) == (size // shape[0], shape[0]) else p.reshape(shape)


def dense(net, x, out):
    """A dense layer with the network's weight and bias."""
    return F.linear(x.flatten(1), parameter(net, out, x[0].numel()), parameter(net, out))


def stage(net, name, below, x):
    """The stage computed from the student's outputs of the stage below it."""
    match name:
        case "c1":
            return F.conv2d(x, parameter(net, 6, 1, 5, 5), parameter(net, 6)).tanh()
        case "s2":
            return F.avg_pool2d(below["c1"], 2)
        case "c3":
            return F.conv2d(below["s2"], parameter(net, 16, 6, 5, 5), parameter(net, 16)).tanh()
        case "s4":
            return F.avg_pool2d(below["c3"], 2)
        case "c5":
            return dense(net, below["s4"], 120).tanh()
        case "f6":
            return dense(net, below["c5"], 84).tanh()
        case _:
            return dense(net, below["f6"], 10)


def built(net, x):
    """The logits of the network built of torch.nn.functional with the student's weights."""
    y: dict[str, torch.Tensor] = {}
    for name in SHAPES:
        y[name] = stage(net, name, y, x)
    return y["output"]


@pytest.mark.gate
@pytest.mark.level("runs")
@pytest.mark.weight(0)
def test_runs(student, rng):
    """LeNet5 can be built, and turns images (N, 1, 32, 32) into logits (N, 10)."""
    y = student.LeNet5()(rng.randn(3, 1, 32, 32))
    assert isinstance(y, torch.Tensor), "the network must return a tensor"
    assert y.shape == (3, 10), f"3 images: the logits have shape {tuple(y.shape)} instead of (3, 10)"


@pytest.mark.parametrize(("num_classes", "count"), [(10, 61_706), (7, 61_451), (26, 63_066)])
@pytest.mark.level("runs")
@pytest.mark.weight(3)
def test_parameter_count(student, num_classes, count):
    """The network has 61,706 parameters for 10 classes, and 85 for each class more or fewer."""
    found = sum(p.numel() for _, p in student.LeNet5(num_classes).named_parameters())
    assert found == count, (
        f"for {num_classes} classes the network has {found} parameters, it should have {count}"
    )


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_num_classes(student, rng):
    """The number of classes is the number of logits."""
    for num_classes in (2, 26):
        y = student.LeNet5(num_classes=num_classes)(rng.randn(2, 1, 32, 32))
        assert y.shape == (2, num_classes), f"{num_classes} classes, but logits of shape {tuple(y.shape)}"


@pytest.mark.level("runs")
@pytest.mark.weight(3)
def test_stage_shapes(student, rng):
    """stages(x) gives each stage's output under its name and in its shape."""
    stages = student.LeNet5().stages(rng.randn(3, 1, 32, 32))
    for name, shape in SHAPES.items():
        assert name in stages, f"there is no stage {name!r}"
        got = tuple(stages[name].shape)
        assert got == (3, *shape), f"stage {name} has shape {got}, for 3 images it should have {(3, *shape)}"


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_stage_values(student, rng, name):
    """Each stage is what LeNet-5 makes of the stage below: convolution or dense layer and tanh, or a 2x2 average."""
    net, x = student.LeNet5(), rng.randn(2, 1, 32, 32)
    for training in (True, False):
        net.train(training)
        stages = {key: value.detach() for key, value in net.stages(x).items()}
        where = "" if training else " in evaluation"
        assert_close(stages[name], stage(net, name, stages, x), **CLOSE, name=f"stage {name}{where}")


@pytest.mark.level("plain")
@pytest.mark.weight(4)
def test_logits(student, rng):
    """The logits of a batch are those of the same network built of torch.nn.functional, image by image."""
    net, x = student.LeNet5(), rng.randn(4, 1, 32, 32)
    want = torch.cat([built(net, image) for image in x.split(1)])
    assert_close(net(x).detach(), want, **CLOSE, name="logits")
    net.eval()
    with torch.no_grad():
        assert_close(net(x), want, **CLOSE, name="logits in evaluation")


@pytest.mark.level("plain")
@pytest.mark.weight(0.5)
def test_forward_is_the_last_stage(student, rng):
    """Calling the network gives the stage `output`, in training and in evaluation."""
    net, x = student.LeNet5(), rng.randn(2, 1, 32, 32)
    assert_close(net(x).detach(), net.stages(x)["output"].detach(), **CLOSE)
    net.eval()
    assert_close(net(x).detach(), net.stages(x)["output"].detach(), **CLOSE, name="output in evaluation")


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_every_parameter_gets_gradient(student, rng):
    """Every parameter gets a gradient, finite and not all zero."""
    net = student.LeNet5()
    F.cross_entropy(net(rng.randn(4, 1, 32, 32)), rng.randint(0, 10, (4,))).backward()
    for name, p in net.named_parameters():
        assert p.grad is not None, f"parameter {name} gets no gradient"
        assert torch.isfinite(p.grad).all(), f"the gradient of {name} is not finite"
        assert p.grad.abs().max() > 0, f"the gradient of {name} is zero everywhere"


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_gradient_in_the_image(student, rng):
    """The gradient in the image is that of the same network built of torch.nn.functional."""
    net, x = student.LeNet5(), rng.randn(2, 1, 32, 32, requires_grad=True)
    direction = rng.randn(2, 10)
    (net(x) * direction).sum().backward()
    assert x.grad is not None, "no gradient reaches the image"
    copy = x.detach().clone().requires_grad_()
    (built(net, copy) * direction).sum().backward()
    assert copy.grad is not None
    size = copy.grad.abs().max().item()  # how large depends on how the weights were drawn
    assert_close(x.grad, copy.grad, rtol=1e-3, atol=1e-4 * size, name="gradient in the image")


@pytest.mark.level("invariants")
@pytest.mark.weight(7)
def test_each_image_alone(student, rng):
    """An image's logits do not depend on the other images of the batch, and a batch of one will do."""
    net, x = student.LeNet5(), rng.randn(5, 1, 32, 32)
    assert_close(net(x[2:3]).detach(), net(x).detach()[2:3], **CLOSE)
    turned = net.stages(x.flip(0))
    for name, value in net.stages(x).items():
        want = value.detach().flip(0)
        assert_close(turned[name].detach(), want, **CLOSE, name=f"stage {name}, batch reversed,")


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_networks_are_independent(student):
    """Two networks begin with weights of their own, drawn at random, and share nothing."""
    first, second = student.LeNet5(), student.LeNet5()
    before = {name: value.detach().clone() for name, value in second.state_dict().items()}
    kernels = parameter(first, 6, 1, 5, 5).flatten(1)
    assert len(kernels.unique(dim=0)) == 6, "kernels of C1 begin alike: they would learn the same for ever"
    assert not torch.equal(kernels, parameter(second, 6, 1, 5, 5).flatten(1)), "two networks begin alike"
    for size in (6, 16, 120, 84, 10):
        drawn = parameter(first, size)
        assert len(drawn.unique()) > 1, (
            f"the {size} biases of a layer are not drawn at random: all are the same"
        )
    zeros = {name: torch.zeros_like(value) for name, value in first.state_dict().items()}
    first.load_state_dict(zeros)
    for name, value in second.state_dict().items():
        assert torch.equal(value.detach(), before[name]), f"{name} belongs to both of two networks"


@pytest.mark.level("contract")
@pytest.mark.weight(3)
def test_double_precision(student, rng):
    """A network turned to float64 takes images of float64, and gives logits of it."""
    net, x = student.LeNet5(), rng.randn(2, 1, 32, 32)
    want = net(x).detach().double()
    net.double()
    assert_close(net(x.double()).detach(), want, **CLOSE)
