"""Hidden suite of `attention_cnn`; the oracle is torch.nn.functional with the network's own weights, which the
grader has drawn and told apart by their number of elements.

Tolerance: sums of at most 144 products of size 0.1, so that float32 agrees to 1e-5.
"""

import pytest
import torch
import torch.nn.functional as F

from autograder.testing import assert_close
from selfcheck.data import load_digits

pytestmark = [
    pytest.mark.exercise("attention_cnn"),
    pytest.mark.shares(runs=10, plain=33, options=20, invariants=22, converges=15),
]

CLOSE = {"rtol": 1e-3, "atol": 3e-5}
SHAPES = ((16, 1, 3, 3), (16,), (32, 16, 3, 3), (32,))
LEAST = 0.75
"""Accuracy on unseen digits; the reference's over 8 seeds is 0.861 to 0.953."""


def parameters_of(net, classes):
    """The network's own parameters in the order of the table; those of a block have other sizes."""
    found = []
    for shape in (*SHAPES, (classes, 32), (classes,)):
        own = [
            p for name, p in net.named_parameters() if "look." not in name
        ]  # those of a block are called so
        fitting = [p for p in own if p.numel() == torch.Size(shape).numel()]
        assert len(fitting) == 1, (
            f"there are {len(fitting)} parameters of {torch.Size(shape).numel()} numbers, there should be one"
        )
        found.append(fitting[0].detach().reshape(shape))
    return found


def drawn(net, rng):
    """The network with weights of the grader's, so that nothing rests on how it was begun."""
    state = {name: value + 0.2 * rng.randn(*value.shape) for name, value in net.state_dict().items()}
    net.load_state_dict(state)
    return net


def opened(student, rng):
    """The given block with an open gate and weights of the grader's."""
    block = student.PixelAttention(32)
    state = {name: value + 0.2 * rng.randn(*value.shape) for name, value in block.state_dict().items()}
    block.load_state_dict(state | {"gate": torch.full((1,), 1.5)})
    return block


def by_table(net, images, classes, block=lambda x: x):
    w1, b1, w2, b2, w3, b3 = parameters_of(net, classes)
    x = F.max_pool2d(F.conv2d(images, w1, b1, padding=1).relu(), 2)
    x = F.conv2d(x, w2, b2, padding=1).relu()
    return F.linear(block(x).mean((2, 3)), w3, b3)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """The network turns images (N, 1, 8, 8) into logits (N, classes)."""
    got = student.attention_cnn(10)(rng.rand(3, 1, 8, 8))
    assert isinstance(got, torch.Tensor), "the network must return a tensor"
    assert got.shape == (3, 10), f"the logits of 3 images have shape (3, 10), not {tuple(got.shape)}"


@pytest.mark.level("runs")
@pytest.mark.parametrize(("classes", "with_block"), [(10, False), (7, False), (10, True)])
def test_parameter_count(student, classes, with_block):
    """Without a block there are 4,800 parameters and 33 for each class; a block's are added to them."""
    block = student.PixelAttention(32) if with_block else None
    own = 0 if block is None else sum(p.numel() for _, p in block.named_parameters())
    net = student.attention_cnn(classes) if block is None else student.attention_cnn(classes, block)
    found = sum(p.numel() for _, p in net.named_parameters())
    want = 4800 + 33 * classes + own
    assert found == want, f"for {classes} classes there are {found} parameters, there should be {want}"


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize("classes", [10, 6])
def test_without_block(student, rng, classes):
    """Without a block the logits are those of the table."""
    net, images = drawn(student.attention_cnn(classes), rng), rng.randn(3, 1, 8, 8)
    assert_close(net(images), by_table(net, images, classes), **CLOSE, name="logits")


@pytest.mark.level("plain")
@pytest.mark.weight(5)
def test_with_block(student, rng):
    """With a block, what stands before the mean is what the block makes of the second stage."""
    block = opened(student, rng)
    net, images = student.attention_cnn(10, block), rng.randn(2, 1, 8, 8)
    assert_close(net(images), by_table(net, images, 10, block), **CLOSE, name="logits")


@pytest.mark.level("options")
@pytest.mark.parametrize(("n", "h", "w"), [(1, 8, 8), (2, 6, 10), (2, 2, 4), (3, 12, 8)])
def test_sizes(student, rng, n, h, w):
    """One image, images of other sizes, without a block and with one."""
    images = rng.randn(n, 1, h, w)
    net = drawn(student.attention_cnn(10), rng)
    assert_close(net(images), by_table(net, images, 10), **CLOSE, name="logits")
    block = opened(student, rng)
    net = student.attention_cnn(10, block)
    assert_close(net(images), by_table(net, images, 10, block), **CLOSE, name="logits with a block")


@pytest.mark.level("options")
def test_ten_classes(student, rng):
    """There are ten classes if nothing is said."""
    assert student.attention_cnn()(rng.rand(2, 1, 8, 8)).shape == (2, 10), "ten classes are the default"


@pytest.mark.level("invariants")
def test_new_block_changes_nothing(student, rng):
    """A block whose gate is 0 changes no logit."""
    block = student.PixelAttention(32)
    net, images = student.attention_cnn(10, block), rng.rand(3, 1, 8, 8)
    assert_close(net(images), by_table(net, images, 10), **CLOSE, name="logits with a closed gate")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_block_is_put_in(student, rng):
    """The block is put in as it is: its gate gets the network's gradient, and changing it changes the network."""
    block = opened(student, rng)
    net, images = student.attention_cnn(10, block), rng.rand(3, 1, 8, 8)
    net(images).square().sum().backward()
    grad = dict(block.named_parameters())["gate"].grad
    assert grad is not None and float(grad.abs()) > 0, "no gradient reaches the gate of the block"
    before = net(images).detach()
    block.load_state_dict({name: 2 * value for name, value in block.state_dict().items()})
    assert not torch.allclose(net(images), before), "a change of the block does not change the network"


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_block_stays(student, rng):
    """The block's numbers, its mode and what of it learns stay; from then on its mode is the network's."""
    block = opened(student, rng)
    before = {name: value.clone() for name, value in block.state_dict().items()}
    net = student.attention_cnn(10, block)
    for name, value in block.state_dict().items():
        assert_close(value, before[name], rtol=0, atol=0, name=f"{name} of the block")
    assert block.training, "the block is put into evaluation mode"
    assert all(p.requires_grad for _, p in block.named_parameters()), "the block does not learn any more"
    net.eval()
    assert not block.training, "the block stays in training mode when the network is evaluated"
    still = opened(student, rng)
    still.requires_grad_(False)
    still.eval()
    net = student.attention_cnn(10, still)
    assert not still.training, "a block that was in evaluation mode is put into training mode"
    learning = [name for name, p in still.named_parameters() if p.requires_grad]
    assert not learning, f"{learning[0]} of a block that was frozen learns"
    empty = student.nn.Sequential()
    student.attention_cnn(10, empty).eval()
    assert not empty.training, "an empty Sequential is a block too, and is not in the network"


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_modes(student, rng):
    """The network gives the same logits in training and in evaluation, with a block too."""
    block = opened(student, rng)
    net, images = student.attention_cnn(10, block), rng.randn(2, 1, 8, 8)
    want = by_table(net, images, 10, block)
    assert_close(net(images), want, **CLOSE, name="logits in training")
    net.eval()
    assert_close(net(images), want, **CLOSE, name="logits in evaluation")


@pytest.mark.level("invariants")
def test_gradients(student, rng):
    """Every parameter gets a gradient."""
    net = drawn(student.attention_cnn(10, student.PixelAttention(32)), rng)
    net(rng.rand(4, 1, 8, 8)).square().sum().backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None and float(parameter.grad.abs().sum()) > 0, (
            f"no gradient reaches {name}"
        )


@pytest.mark.level("invariants")
def test_two_networks(student, rng):
    """Two networks share nothing."""
    first, images = drawn(student.attention_cnn(10), rng), rng.rand(2, 1, 8, 8)
    before = first(images)
    drawn(student.attention_cnn(10), rng)
    assert_close(first(images), before, rtol=0, atol=0, name="logits of the first network")


@pytest.mark.level("converges")
@pytest.mark.timeout(60)
def test_accuracy(student, rng):
    """Trained by the given loop on digits that the grader turned and renamed, it names unseen ones rightly."""
    digits, names = load_digits(), rng.perm(10)
    turns, mirrored = int(rng.randint(0, 4)), bool(rng.randint(0, 2))

    def turned(images):
        images = images.rot90(turns, (2, 3))
        return images.flip(3) if mirrored else images

    torch.manual_seed(rng.seed())
    net = student.attention_cnn(10, student.PixelAttention(32))
    student.fit_classifier(net, turned(digits.train_images), names[digits.train_labels], 10, rng.seed())
    net.eval()
    with torch.no_grad():
        right = float((net(turned(digits.test_images)).argmax(1) == names[digits.test_labels]).float().mean())
    assert right >= LEAST, f"{right:.2f} of unseen digits are named rightly, at least {LEAST} is asked"
