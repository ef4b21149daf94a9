"""Hidden suite of `mbconv`: gate and block are built again of torch.nn, with the student's numbers in their order.

Counts of dropped images are compared at 6.5 standard deviations (two-sided 1e-10) in fewer than 20 comparisons.
"""

import math

import pytest
import torch
from torch import nn

from autograder.testing import (
    assert_close,
    assert_raises,
    filled,
    given_numbers,
    gradients_agree,
    outputs_agree,
)

pytestmark = [
    pytest.mark.exercise("mbconv"),
    pytest.mark.shares(runs=12, plain=27, options=33, invariants=28),
]


class Gate(nn.Module):
    """Squeeze and excitation."""

    def __init__(self, channels, squeezed):
        super().__init__()
        self.first, self.second = nn.Linear(channels, squeezed), nn.Linear(squeezed, channels)

    def forward(self, x):
        hidden = self.first(x.mean((2, 3)))
        return x * torch.sigmoid(self.second(hidden * torch.sigmoid(hidden)))[:, :, None, None]


class Block(nn.Module):
    """MBConv without stochastic depth."""

    def __init__(self, c_in, c_out, kernel=3, stride=1, expand=6):
        super().__init__()
        wide = c_in * expand
        norm = {"eps": 1e-3, "momentum": 0.01}
        layers = (
            []
            if expand == 1
            else [nn.Conv2d(c_in, wide, 1, bias=False), nn.BatchNorm2d(wide, **norm), nn.SiLU()]
        )
        layers += [nn.Conv2d(wide, wide, kernel, stride, (kernel - 1) // 2, groups=wide, bias=False)]
        layers += [nn.BatchNorm2d(wide, **norm), nn.SiLU(), Gate(wide, max(1, c_in // 4))]
        layers += [nn.Conv2d(wide, c_out, 1, bias=False), nn.BatchNorm2d(c_out, **norm)]
        self.layers, self.joins = nn.Sequential(*layers), stride == 1 and c_in == c_out

    def forward(self, x):
        return x + self.layers(x) if self.joins else self.layers(x)


BUILD = {"SqueezeExcitation": Gate, "MBConv": Block}
SIGMAS = 6.5


def both(student, rng, name, *args, **settings):
    """The student's module and the oracle with its numbers."""
    theirs = getattr(student, name)(*args, **settings)
    state = filled(theirs, rng)
    return theirs, given_numbers(BUILD[name](*args, **settings), state)


@pytest.mark.gate
@pytest.mark.level("runs")
@pytest.mark.weight(0)
def test_runs(student, rng):
    """An MBConv can be built and called."""
    y = student.MBConv(4, 6)(rng.randn(2, 4, 6, 5))
    assert isinstance(y, torch.Tensor), "the block must return a tensor"


@pytest.mark.level("runs")
@pytest.mark.parametrize("stride", [1, 2])
def test_shape(student, rng, stride):
    """An MBConv puts out c_out channels, and its stride makes the maps smaller."""
    y = student.MBConv(4, 6, 5, stride)(rng.randn(2, 4, 9, 6))
    want = (2, 6, 9, 6) if stride == 1 else (2, 6, 5, 3)
    assert tuple(y.shape) == want, f"with stride {stride} the output has shape {tuple(y.shape)}, not {want}"


@pytest.mark.level("runs")
def test_published_count(student):
    """EfficientNet-B0 of these blocks has 5,288,548 parameters."""
    found = sum(p.numel() for p in student.on_meta(student.efficientnet).parameters())
    assert found == 5_288_548, f"EfficientNet-B0 has {found:,} parameters, published are 5,288,548"


@pytest.mark.level("plain")
@pytest.mark.parametrize("args", [(6, 2), (3, 5)])
def test_gate(student, rng, args):
    """Each channel is multiplied by the sigmoid of two layers with SiLU between, applied to the averages."""
    theirs, ours = both(student, rng, "SqueezeExcitation", *args)
    x = rng.randn(3, args[0], 7, 5, dtype=torch.float64)
    assert_close(theirs(x), ours(x), axes="NCHW")


@pytest.mark.level("invariants")
def test_gate_lies_between_0_and_1(student, rng):
    """The gate is one number in (0, 1) for each image and channel."""
    theirs, _ = both(student, rng, "SqueezeExcitation", 4, 3)
    x = rng.randn(3, 4, 6, 5, dtype=torch.float64)
    ratio = (theirs(x) / x).detach()
    assert bool(((ratio > 0) & (ratio < 1)).all()), "the gate leaves (0, 1)"
    assert_close(ratio, ratio[:, :, :1, :1].expand_as(ratio), rtol=1e-6, atol=1e-9, name="gate at all places")


@pytest.mark.level("plain")
@pytest.mark.parametrize("p", [0.2, 0.5, 0.7])
def test_stochastic_depth(student, rng, p):
    """Each image becomes 0 with probability p, else it is divided by 1 - p, all of it."""
    drop, x = student.StochasticDepth(p), rng.randn(3000, 2, 1, 3) + 5
    y = drop(x).detach()
    dropped = y.abs().amax((1, 2, 3)) == 0
    assert_close(y[~dropped], x[~dropped] / (1 - p), name="an image that is kept")
    n = len(x)
    bar = SIGMAS * math.sqrt(n * p * (1 - p))
    assert abs(int(dropped.sum()) - n * p) < bar, (
        f"with p = {p} {int(dropped.sum())} of {n} images are dropped"
    )


@pytest.mark.level("options")
def test_stochastic_depth_at_its_ends(student, rng):
    """With p = 0 and in evaluation it is the identity, with p = 1 everything is dropped."""
    x = rng.randn(50, 2, 3, 2)
    assert_close(student.StochasticDepth(0.0)(x), x, rtol=0, atol=0, name="output with p = 0")
    assert_close(
        student.StochasticDepth(1.0)(x), torch.zeros_like(x), rtol=0, atol=0, name="output with p = 1"
    )
    drop = student.StochasticDepth(0.6)
    drop.eval()
    assert_close(drop(x), x, rtol=0, atol=0, name="output in evaluation")
    drop.train()
    assert not torch.equal(drop(x).detach(), x), "back in training nothing is dropped"


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_stochastic_depth_keeps_the_expectation(student, rng):
    """The mean over many images is that of the branch, and two calls drop other images."""
    drop, x = student.StochasticDepth(0.3), torch.ones(4000, 1, 1, 1)
    one, two = drop(x).detach(), drop(x).detach()
    spread = SIGMAS * math.sqrt(0.3 / 0.7 / len(x))
    assert abs(one.mean().item() - 1) < spread, f"the mean of what was 1 is {one.mean().item():.3f}"
    assert not torch.equal(one, two), "two calls drop the same images"
    both_kept = ((one > 0) & (two > 0)).double().mean().item()
    assert abs(both_kept - 0.49) < SIGMAS * math.sqrt(0.49 * 0.51 / len(x)), "two calls depend on each other"


@pytest.mark.level("invariants")
def test_two_blocks_drop_other_images(student):
    """All draw from PyTorch's global generator: two instances drop other images."""
    one, two = (student.StochasticDepth(0.5)(torch.ones(200, 1, 1, 1)).detach() for _ in range(2))
    assert not torch.equal(one, two), "two instances of StochasticDepth drop the same images"


@pytest.mark.level("contract")
@pytest.mark.parametrize("p", [-0.1, 1.5])
def test_probability(student, p):
    """A probability outside [0, 1] is a ValueError."""
    assert_raises(ValueError, student.StochasticDepth, p)


@pytest.mark.level("plain")
@pytest.mark.parametrize("args", [(8, 8), (8, 5), (9, 9, 3, 2)])
def test_block(student, rng, args):
    """The block agrees with its table, in evaluation and in training; input and output are added where shapes agree."""
    theirs, ours = both(student, rng, "MBConv", *args)
    outputs_agree(theirs, ours, rng, 3, args[0], 7, 6)


@pytest.mark.level("options")
@pytest.mark.weight(1.5)
@pytest.mark.parametrize(
    ("args", "settings"),
    [
        ((8, 8), {"expand": 1}),
        ((8, 6, 5, 2), {"expand": 1}),
        ((8, 8, 5), {"expand": 3}),
        ((3, 3), {"expand": 2}),
        ((5, 7, 7), {}),
    ],
)
def test_settings(student, rng, args, settings):
    """Kernel, stride and expansion, alone and together; few channels are squeezed to one number at least."""
    theirs, ours = both(student, rng, "MBConv", *args, **settings)
    outputs_agree(theirs, ours, rng, 3, args[0], 9, 8)


@pytest.mark.level("options")
@pytest.mark.weight(1.8)
def test_running_statistics(student, rng):
    """After a step the running statistics are those of momentum 0.01."""
    theirs, ours = both(student, rng, "MBConv", 8, 8)
    x = rng.randn(4, 8, 5, 6, dtype=torch.float64)
    for module in (theirs, ours):
        module.train()
        module(x)
    for (name, got), want in zip(theirs.state_dict().items(), ours.state_dict().values(), strict=True):
        if "running" in name:
            assert_close(got, want, name=name)


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_dropped_block(student, rng):
    """In a block with drop, an image whose branch is dropped is passed on as it is; the others get it divided."""
    theirs, ours = both(student, rng, "MBConv", 8, 8, 3, 1, 2)
    dropping = student.MBConv(8, 8, 3, 1, 2, drop=0.4)
    dropping.double()
    dropping.load_state_dict(dict(zip(dropping.state_dict(), theirs.state_dict().values(), strict=True)))
    x = rng.randn(60, 8, 3, 4, dtype=torch.float64)
    ours.train()
    branch, y = (ours(x) - x).detach(), dropping(x).detach()
    lost = int((y.abs().amax((1, 2, 3)) == 0).sum())
    assert lost == 0, f"of 60 images {lost} become 0: the input must stay where the branch is dropped"
    got = y - x
    gone = got.abs().amax((1, 2, 3)) < 1e-12
    assert 3 < int(gone.sum()) < 50, f"of 60 branches {int(gone.sum())} are dropped, with drop = 0.4"
    assert_close(got[~gone], branch[~gone] / 0.6, rtol=1e-6, atol=1e-8, name="a branch that is kept")
    dropping.eval()
    ours.eval()
    ours.load_state_dict(
        dict(
            zip(
                ours.state_dict(),
                (
                    v.reshape(w.shape)
                    for v, w in zip(dropping.state_dict().values(), ours.state_dict().values(), strict=True)
                ),
                strict=True,
            )
        )
    )
    assert_close(dropping(x).detach(), ours(x).detach(), name="output in evaluation")


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_drop_without_a_sum(student, rng):
    """Where there is no sum nothing is dropped: an image would be lost."""
    theirs, ours = both(student, rng, "MBConv", 8, 5)
    dropping = student.MBConv(8, 5, drop=0.9)
    dropping.double()
    dropping.load_state_dict(dict(zip(dropping.state_dict(), theirs.state_dict().values(), strict=True)))
    x = rng.randn(12, 8, 3, 4, dtype=torch.float64)
    ours.train()
    assert_close(dropping(x).detach(), ours(x).detach(), name="output in training")


@pytest.mark.level("invariants")
@pytest.mark.parametrize(
    ("name", "args"), [("SqueezeExcitation", (8, 3)), ("MBConv", (8, 8)), ("MBConv", (8, 5, 5, 2))]
)
def test_gradients(student, rng, name, args):
    """Input and every parameter get the gradients of the same module built of torch.nn."""
    theirs, ours = both(student, rng, name, *args)
    gradients_agree(theirs, ours, rng, 3, 8, 6, 5)
