"""Hidden suite of `transfer`: trunks are given ones, and what they store is compared bit by bit.

What was learned is judged by predictions. The grader trains a trunk on the digits 0 to 4 (`pretrained`), renames 5 to
9, and asks the returned network for 500 images that the student's process has not seen.
"""

import functools
import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.testing import assert_close
from selfcheck.mnist import load_mnist5000

pytestmark = [
    pytest.mark.exercise("transfer"),
    pytest.mark.shares(runs=9, plain=29, options=24, invariants=28, converges=10),
]


def stored(module):
    """A copy of all that a module of the student's stores."""
    return {name: value.detach().clone() for name, value in module.state_dict().items()}


def assert_same(before, after, what):
    """Bit for bit."""
    moved = [name for name, value in before.items() if not torch.equal(value, after[name])]
    assert not moved, f"{what}: {len(moved)} of {len(before)} stored tensors have changed, {moved[0]} for one"


def task(rng, n=10, classes=3):
    """Random images and labels, each class at least once."""
    labels = torch.arange(n) % classes
    return rng.randn(n, 1, 20, 20), labels[rng.perm(n)]


@pytest.mark.gate
@pytest.mark.level("runs")
def test_runs(student, rng):
    """transfer returns a network that gives logits for any number of images."""
    images, labels = task(rng)
    network = student.transfer(student.digit_trunk(), images, labels, 3, steps=2)
    y = network(rng.randn(4, 1, 20, 20))
    assert tuple(y.shape) == (4, 3), f"four images and three classes give logits of shape {tuple(y.shape)}"


@pytest.mark.level("plain")
@pytest.mark.weight(5)
def test_freeze(student, rng):
    """After freeze no parameter takes gradients, and a call moves no running statistic."""
    trunk = student.digit_trunk()
    student.freeze(trunk)
    assert not any(p.requires_grad for p in trunk.parameters()), "a parameter still takes gradients"
    before = stored(trunk)
    trunk(rng.randn(3, 1, 20, 20))
    assert_same(before, stored(trunk), "after a call of the frozen trunk")


@pytest.mark.level("plain")
@pytest.mark.weight(6)
def test_frozen_trunk_stays(student, rng):
    """With frozen=True nothing of the trunk changes, not a bit, running statistics included."""
    images, labels = task(rng)
    trunk = student.digit_trunk()
    before = stored(trunk)
    student.transfer(trunk, images, labels, 3, frozen=True, steps=4)
    assert_same(before, stored(trunk), "after transfer with frozen=True")


@pytest.mark.level("invariants")
def test_left_frozen(student, rng):
    """The trunk is left frozen: in evaluation mode, no parameter takes gradients; the head's do."""
    images, labels = task(rng)
    trunk = student.digit_trunk()
    network = student.transfer(trunk, images, labels, 3, steps=2)
    before = stored(trunk)
    trunk(images)
    assert_same(before, stored(trunk), "a call after transfer")
    assert not any(p.requires_grad for p in trunk.parameters()), "the trunk takes gradients again"
    learned = [p for p in network.parameters() if p.requires_grad]
    assert sum(p.numel() for p in learned) == 3 * 65, (
        "the head of 64 features and 3 classes has 195 parameters"
    )


@pytest.mark.level("plain")
def test_fine_tuning_moves_the_trunk(student, rng):
    """With frozen=False every parameter of the trunk itself moves, and its running statistics do."""
    images, labels = task(rng)
    trunk = student.digit_trunk()
    before = stored(trunk)
    student.transfer(trunk, images, labels, 3, frozen=False, steps=4)
    after = stored(trunk)
    for name, value in before.items():
        assert not torch.equal(value, after[name]), f"{name} of the trunk has not changed"


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_fine_tuning_what_was_frozen(student, rng):
    """A trunk that had been frozen is trained all the same with frozen=False."""
    images, labels = task(rng)
    trunk = student.digit_trunk()
    student.freeze(trunk)
    before = stored(trunk)
    student.transfer(trunk, images, labels, 3, frozen=False, steps=3)
    after = stored(trunk)
    for name, value in before.items():
        assert not torch.equal(value, after[name]), f"{name} of the trunk has not changed"


@pytest.mark.level("invariants")
def test_evaluation_mode(student, rng):
    """The network that is returned is in evaluation mode: each image by itself, and a call changes nothing."""
    images, labels = task(rng)
    for frozen in (True, False):
        network = student.transfer(student.digit_trunk(), images, labels, 3, frozen=frozen, steps=3)
        before, x = stored(network), rng.randn(3, 1, 20, 20)
        assert_close(
            network(x).detach()[1:2],
            network(x[1:2]).detach(),
            rtol=1e-4,
            atol=1e-4,
            name="logits of one image",
        )
        assert_same(before, stored(network), "a call of the returned network")


def trained_head(features, labels, classes, steps):
    """The head by the card: AdamW from 0 with a cosine schedule; its weight and bias."""
    weight = torch.zeros(classes, features.shape[1], requires_grad=True)
    bias = torch.zeros(classes, requires_grad=True)
    optimizer = torch.optim.AdamW([weight, bias], lr=1e-2, weight_decay=0.01)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 1e-2 * (1 + math.cos(math.pi * step / steps)) / 2
        optimizer.zero_grad()
        F.cross_entropy(F.linear(features, weight, bias), labels).backward()
        optimizer.step()
    return weight.detach(), bias.detach()


@pytest.mark.level("plain")
@pytest.mark.weight(12)
@pytest.mark.parametrize("steps", [1, 12])
def test_head(student, rng, steps):
    """The head is what AdamW makes of zeros in so many steps on all images, at a rate of 1e-2 falling as a cosine."""
    images, labels = task(rng, 37, 4)
    trunk = student.digit_trunk()
    trunk.eval()
    features = trunk(images).detach()
    network = student.transfer(trunk, images, labels, 4, frozen=True, steps=steps)
    x = rng.randn(5, 1, 20, 20)
    want = F.linear(trunk(x).detach(), *trained_head(features, labels, 4, steps))
    assert_close(network(x).detach(), want, rtol=1e-3, atol=1e-4, name=f"logits after {steps} steps")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_steps(student, rng):
    """No step at all leaves the head at 0: all logits are 0."""
    images, labels = task(rng)
    for frozen in (True, False):
        network = student.transfer(student.digit_trunk(), images, labels, 3, frozen=frozen, steps=0)
        assert not network(images).detach().any(), (
            "without a step the logits are not 0: how does the head start?"
        )


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_rates_of_fine_tuning(student, rng):
    """In the first step the head moves by 3e-3 and the trunk, whose gradient is 0 then, only by its weight decay."""
    images, labels = task(rng)
    trunk = student.digit_trunk()
    before = stored(trunk)
    network = student.transfer(trunk, images, labels, 3, frozen=False, steps=1)
    after, names = stored(trunk), [name for name, _ in trunk.named_parameters()]
    for name in names:
        assert_close(
            after[name], before[name] * (1 - 5e-4 * 0.01), rtol=1e-6, atol=1e-9, name=f"{name} after one step"
        )
    head = [p.detach() for p in network.parameters()][len(names) :]
    largest = max(p.abs().max().item() for p in head)
    assert abs(largest - 3e-3) < 1e-4, f"after one step the head has moved by {largest:.1e}, its rate is 3e-3"


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_width_and_classes(student, rng):
    """Any number of classes will do, and trunks of another width."""
    trunk = student.unit(1, 7, 3)
    flat = student.pooled(trunk)
    images, labels = task(rng, 8, 2)
    network = student.transfer(flat, images, labels, 6, steps=2)
    assert tuple(network(images).shape) == (8, 6), "a trunk of 7 features does not do"


def clutter(images, generator, noise=0.1):
    """Each image at a random place of a 20x20 canvas with noise."""
    canvas = noise * torch.randn(len(images), 1, 20, 20, generator=generator)
    places = torch.randint(0, 7, (len(images), 2), generator=generator)
    for one, image, (row, column) in zip(canvas, images, places.tolist(), strict=True):
        one[:, row : row + 14, column : column + 14] += image
    return canvas


def unit(c_in, c_out, stride=1):
    conv = nn.Conv2d(c_in, c_out, 3, stride, 1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(c_out, eps=1e-3), nn.ReLU())


@functools.cache
def pretrained(seed):
    """What a trunk stores after 100 steps on the digits 0 to 4."""
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        trunk = nn.Sequential(
            *(unit(1, 16), unit(16, 32, 2), unit(32, 32), unit(32, 64, 2), unit(64, 64)),
            *(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        )
        head = nn.Linear(64, 5)
    images, labels = load_mnist5000()
    images, labels = images[labels < 5], labels[labels < 5]
    optimizer = torch.optim.AdamW([*trunk.parameters(), *head.parameters()], 2e-3)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 100)
    for _ in range(100):
        rows = torch.randint(0, len(images), (64,), generator=generator)
        loss = F.cross_entropy(head(trunk(clutter(images[rows], generator))), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        falling.step()
    return trunk.state_dict()


@pytest.mark.level("converges")
@pytest.mark.timeout(60)
@pytest.mark.parametrize("frozen", [True, False], ids=["frozen", "fine_tuned"])
def test_few_images_are_enough(student, rng, frozen):
    """With five images of each new class at least 45% of 500 new ones are recognised; about 30% without pretraining."""
    weights = pretrained(6)
    names, generator = rng.perm(5), rng.generator()
    images, labels = load_mnist5000()
    order = rng.perm(2500)
    images, labels = images[labels >= 5][order], names[labels[labels >= 5][order] - 5]
    few = torch.cat([(labels == k).nonzero().flatten()[:5] for k in range(5)])
    rest = torch.ones(2500, dtype=torch.bool)
    rest[few] = False
    trunk = student.digit_trunk()
    trunk.load_state_dict(dict(zip(trunk.state_dict(), weights.values(), strict=True)))
    network = student.transfer(trunk, clutter(images[few], generator), labels[few], 5, frozen=frozen)
    found = network(clutter(images[rest][:500], generator)).detach().argmax(1)
    share = (found == labels[rest][:500]).double().mean().item()
    assert share >= 0.45, f"{share:.0%} of new images are recognised"
