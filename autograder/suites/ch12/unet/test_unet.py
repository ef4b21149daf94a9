"""Hidden suite of `unet`: properties that every network of the kind has, whatever its blocks and the names in it.

Many a good network starts with its last layer at zero. So that its output shows anything, random numbers are added to
all parameters first, small enough for activations to keep their size.
"""

import math

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [pytest.mark.exercise("unet"), pytest.mark.shares(runs=3, plain=47, options=18, invariants=20)]

CLOSE = {"rtol": 1e-3, "atol": 1e-4}  # float32 convolutions in another order of summing


def network(student, rng, *args, **options):
    """The student's network in evaluation, with random numbers added to every parameter."""
    model = student.UNet(*args, **options)
    state = dict(model.state_dict())
    for name, value in list(model.named_parameters()):
        fan_in = math.prod(value.shape[1:]) if value.dim() > 1 else 25
        state[name] = value.detach() + rng.randn(*value.shape) / math.sqrt(fan_in) / 2
    model.load_state_dict(state)
    model.eval()
    return model


def differ(one, other):
    """Whether two outputs differ by more than rounding, which is 1e-6 of them."""
    return (one - other).abs().max().item() > 1e-5 * other.abs().max().item()


def open_units(model, offset):
    """Add `offset` to every bias, so that most units work in the linear part of their activation."""
    state = dict(model.state_dict())
    for name, value in list(model.named_parameters()):
        if name.endswith("bias"):
            state[name] = value.detach() + offset
    model.load_state_dict(state)


def check_depends_on_time(student, rng):
    model = network(student, rng)
    x = rng.randn(1, 1, 8, 12)
    times = torch.tensor([0, 10, 40, 120, 300, 600, 999])
    outputs = model(x.expand(7, 1, 8, 12), times).detach()
    for i in range(6):
        for j in range(i + 1, 7):
            assert differ(outputs[i], outputs[j]), "at two different times the output is the same"


def check_depends_on_label(student, rng):
    model = network(student, rng, num_classes=3)
    x, t = rng.randn(1, 1, 8, 8), torch.full((4,), 20)
    outputs = model(x.expand(4, 1, 8, 8), t, torch.arange(4)).detach()
    for i in range(4):
        for j in range(i + 1, 4):
            assert differ(outputs[i], outputs[j]), "two labels give the same output"


def check_skips(student, rng):
    model = network(student, rng, 8, base_channels=8)
    size = 8 * 8 * 4
    ranks = []
    # Rectifiers let half of their inputs through at first, and nearly all of them with larger biases.
    for offset in (0.0, 1.0, 2.0):
        open_units(model, offset)
        x = rng.randn(1, 8, 8, 4).expand(size, 8, 8, 4).clone().requires_grad_()
        y = model(x, torch.full((size,), 50))
        # Row i of the Jacobian: the gradient of output i, taken in copy i of the image.
        y.backward(torch.eye(size).reshape(size, 8, 8, 4))
        values = torch.linalg.svdvals(x.grad.reshape(size, size).double())
        ranks.append(int((values > 1e-5 * values[0]).sum()))
        if ranks[-1] > 160:
            break
    # Through a middle of 4 times 8 channels at a quarter of the resolution go 64 numbers, through one of half the
    # resolution and 16 channels 128. The image has 256.
    assert max(ranks) > 160, "the output sees too little of the full resolution: are there skip connections?"


def check_coarse_maps(student, rng):
    model = network(student, rng, base_channels=8)
    x = torch.zeros(1, 1, 48, 48)
    x[:, :, 20:28, 20:28] = 10 * rng.randn(1, 1, 8, 8)
    t = torch.tensor([30])
    y, moved = model(x, t).detach(), model(x.roll(2, 3), t).detach()
    # Convolutions at full and half resolution alone give the same picture, moved, up to rounding (2e-7 measured);
    # right networks of many kinds change by 1e-3 and more.
    there, here = moved.roll(-2, 3)[..., 16:32, 16:32], y[..., 16:32, 16:32]
    change = (there - here).abs().max().item() / here.abs().max().item()
    assert change > 1e-5, "the network has no coarse maps: nothing is computed at a quarter of the resolution"


def check_range(student, rng):
    model = network(student, rng, 32, base_channels=8)
    state = dict(model.state_dict())
    state.update(
        {name: 4 * value.detach() for name, value in list(model.named_parameters()) if value.dim() > 1}
    )
    model.load_state_dict(state)
    # That all of 32 channels, each with weights of its own, have one sign happens once in a thousand million times.
    y = model(rng.randn(2, 32, 8, 8), torch.tensor([30, 600])).detach()
    assert bool((y > 0).any()) and bool((y < 0).any()), "the output has one sign alone, and noise has both"
    assert y.abs().max().item() > 1.01, "the output is bounded by 1, and noise is not"


def check_state(student, rng):
    model = network(student, rng, 3, num_classes=2)
    twin = student.UNet(3, num_classes=2)
    twin.load_state_dict(dict(model.state_dict()))
    twin.eval()
    x, t, y = rng.randn(2, 3, 8, 4), torch.tensor([77, 3]), torch.tensor([1, 2])
    assert_close(
        twin(x, t, y).detach(), model(x, t, y).detach(), **CLOSE, name="output of the second network"
    )


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """The output has the input's shape."""
    y = student.UNet()(rng.randn(2, 1, 8, 8), torch.tensor([3, 0]))
    assert isinstance(y, torch.Tensor), "the network must return a tensor"
    assert y.shape == (2, 1, 8, 8), f"the input has shape (2, 1, 8, 8), the output {tuple(y.shape)}"


@pytest.mark.level("options")
@pytest.mark.weight(2)
@pytest.mark.parametrize(
    ("shape", "base_channels"),
    [((3, 1, 8, 12), 16), ((2, 3, 16, 4), 8), ((1, 2, 12, 20), 24), ((5, 1, 4, 8), 16), ((2, 1, 4, 4), 8)],
)
def test_shapes(student, rng, shape, base_channels):
    """Images may have any number of channels and any height and width divisible by 4."""
    model = student.UNet(in_channels=shape[1], base_channels=base_channels)
    y = model(rng.randn(*shape), rng.randint(0, 1000, shape[:1]))
    assert y.shape == shape, f"the input has shape {shape}, the output {tuple(y.shape)}"
    assert bool(y.isfinite().all()), "the output is not finite"


@pytest.mark.level("options")
def test_width(student):
    """base_channels sets the width at every level: the number of weights grows with it, and faster the wider it is."""
    default, small, medium, large = (
        sum(value.numel() for _, value in student.UNet(**options).named_parameters())
        for options in ({}, {"base_channels": 8}, {"base_channels": 16}, {"base_channels": 24})
    )
    assert default == medium, "without arguments base_channels is 16"
    # Weights between two layers of the network grow with the square, which makes the second step 5/3 of the first.
    assert large - medium > 1.2 * (medium - small) > 0, "base_channels does not set the width of the network"


@pytest.mark.level("options")
@pytest.mark.weight(5)
def test_widths(student):
    """There are convolutions of base_channels channels, of twice and of four times as many: one width a level."""
    for base in (8, 24):
        weights = [v for _, v in student.UNet(3, base).named_parameters() if v.dim() == 4]
        widths = {size for value in weights for size in value.shape[:2]}
        assert not weights or {base, 2 * base, 4 * base} <= widths, (
            f"with base_channels {base} no convolution has {base}, {2 * base} or {4 * base} channels"
        )


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_depends_on_time(student, rng):
    """The same image at different times gives different outputs, early as late."""
    check_depends_on_time(student, rng)


@pytest.mark.level("plain")
@pytest.mark.weight(5)
def test_near_times(student, rng):
    """Early times a few steps apart are told apart, though later ones are hundreds of steps away."""
    model = network(student, rng)
    x = rng.randn(1, 1, 8, 12)
    start, soon, *late = model(x.expand(5, 1, 8, 12), torch.tensor([0, 6, 300, 600, 999])).detach()
    farthest = max((other - start).abs().max().item() for other in late)
    # A time that enters as a bare number, divided by 1000 or not, moves the output by about 6 / 999 of that. Over right
    # networks of many kinds it is 0.1 and more.
    assert (soon - start).abs().max().item() > 0.03 * farthest, (
        "times 0 and 6 are hardly told apart: a number that runs to 999 needs features that see small differences"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(1.5)
def test_each_sample_its_time(student, rng):
    """Every image of a batch is treated at its own time, and without regard to the other images."""
    model = network(student, rng, 2)
    x, t = rng.randn(4, 2, 8, 4), torch.tensor([7, 950, 0, 120])
    together = model(x, t).detach()
    for i in (1, 3):
        alone = model(x[i : i + 1], t[i : i + 1]).detach()
        assert_close(alone, together[i : i + 1], **CLOSE, name="output for one image")


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_depends_on_label(student, rng):
    """With classes, every label and the null label give an output of their own."""
    check_depends_on_label(student, rng)


@pytest.mark.level("invariants")
@pytest.mark.weight(1.5)
def test_each_sample_its_label(student, rng):
    """Every image of a batch is treated as of its own label."""
    model = network(student, rng, num_classes=5)
    x, t, y = rng.randn(3, 1, 4, 8), torch.tensor([4, 30, 500]), torch.tensor([5, 2, 0])
    together = model(x, t, y).detach()
    for i in range(3):
        alone = model(x[i : i + 1], t[i : i + 1], y[i : i + 1]).detach()
        assert_close(alone, together[i : i + 1], **CLOSE, name="output for one image")


@pytest.mark.level("invariants")
@pytest.mark.weight(5.5)
def test_condition_inside(student, rng):
    """What the time and the label change depends on the image: they enter the blocks, where images are processed."""
    model = network(student, rng, num_classes=3)
    x = rng.randn(2, 1, 8, 8).repeat(3, 1, 1, 1)
    t, y = torch.tensor([20, 20, 500, 500, 20, 20]), torch.tensor([0, 0, 0, 0, 2, 2])
    before, later, labelled = model(x, t, y).detach().split(2)
    for name, after in (("time", later), ("label", labelled)):
        first, second = after - before
        # In right networks of many kinds the two differ by 6e-3 of the output and more, through rounding by 1e-6.
        assert (first - second).abs().max().item() > 1e-4 * before.abs().max().item(), (
            f"another {name} adds the same to every image's output"
        )


@pytest.mark.level("options")
@pytest.mark.weight(5)
def test_null_label(student, rng):
    """Without y every image has the null label, which is num_classes."""
    model = student.UNet(num_classes=6)  # as it was made: its null label may be a row of zeros that stays so
    model.eval()
    x, t = rng.randn(3, 1, 8, 4), torch.tensor([1, 700, 42])
    assert_close(
        model(x, t).detach(), model(x, t, torch.full((3,), 6)).detach(), **CLOSE, name="output without y"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(5.5)
@pytest.mark.parametrize("num_classes", [None, 4])
def test_gradients(student, rng, num_classes):
    """Every parameter gets a gradient, and so does the image."""
    model = network(student, rng, 2, num_classes=num_classes)
    model.zero_grad()
    x, t = rng.randn(5, 2, 8, 12, requires_grad=True), torch.tensor([0, 999, 3, 70, 400])
    inputs = (x, t) if num_classes is None else (x, t, torch.arange(5))
    (model(*inputs) * rng.randn(5, 2, 8, 12)).sum().backward()
    parameters = list(model.named_parameters())
    assert parameters, "the network has no parameters"
    for name, value in parameters:
        assert value.grad is not None, f"no gradient reaches the parameter {name}"
        assert bool(value.grad.isfinite().all()), f"the gradient of the parameter {name} is not finite"
        assert bool((value.grad != 0).any()), f"the gradient of the parameter {name} is zero everywhere"
    assert x.grad is not None and bool((x.grad != 0).any()), "no gradient reaches the image"


@pytest.mark.level("options")
@pytest.mark.weight(5)
def test_every_pixel(student, rng):
    """The output depends on every pixel of the image, also of a large one."""
    model = network(student, rng, base_channels=8)
    x = rng.randn(1, 1, 24, 40, requires_grad=True)
    (model(x, torch.tensor([20])) * rng.randn(1, 1, 24, 40)).sum().backward()
    assert x.grad is not None, "no gradient reaches the image"
    assert (x.grad == 0).double().mean().item() < 0.02, "the output does not depend on some of the pixels"


@pytest.mark.level("plain")
@pytest.mark.weight(5.5)
def test_skips(student, rng):
    """Skip connections bring the full resolution to the output: not all of it goes through the narrow middle."""
    check_skips(student, rng)


@pytest.mark.level("plain")
@pytest.mark.weight(5.5)
def test_coarse_maps(student, rng):
    """The network works at a quarter of the resolution too: a shift by 2 is not the same to it as no shift."""
    check_coarse_maps(student, rng)


@pytest.mark.level("plain")
@pytest.mark.weight(5.5)
def test_range(student, rng):
    """Noise has both signs and no bound, and so has the output where weights are large."""
    check_range(student, rng)


@pytest.mark.level("invariants")
@pytest.mark.weight(5.5)
def test_state(student, rng):
    """The state_dict holds all that the network knows: with it, another network gives the same output."""
    check_state(student, rng)


@pytest.mark.level("contract")
def test_repeatable(student, rng):
    """In evaluation the same input gives the same output twice."""
    model = network(student, rng)
    x, t = rng.randn(2, 1, 8, 8), torch.tensor([9, 800])
    assert_close(model(x, t).detach(), model(x, t).detach(), **CLOSE)


@pytest.mark.level("plain")
@pytest.mark.weight(19.5)
def test_whole(student, rng):
    """All in one: it sees time and label, detail and whole, answers as noise is, and keeps its weights."""
    # Whoever lacks one of them has another network, which costs more than the one property.
    for check in (
        check_depends_on_time,
        check_depends_on_label,
        check_skips,
        check_coarse_maps,
        check_range,
        check_state,
    ):
        check(student, rng)
