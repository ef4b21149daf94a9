"""Hidden suite of `inception`: each block is built again of torch.nn, with the student's numbers in their order."""

import pytest
import torch
from torch import nn

from autograder.testing import assert_close, filled, given_numbers, gradients_agree, outputs_agree

pytestmark = [
    pytest.mark.exercise("inception"),
    pytest.mark.shares(runs=12, plain=40, options=19, invariants=28),
]


class Side(nn.Module):
    """Branches whose outputs lie side by side."""

    def __init__(self, *branches):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


def chain(c_in, *rows, pool=None):
    """A branch: a pooling if there is one, then rows (channels, kernel)."""
    layers = [pool] if pool is not None else []
    for c_out, (kh, kw) in rows:
        conv = nn.Conv2d(c_in, c_out, (kh, kw), padding=(kh // 2, kw // 2), bias=False)
        layers += [conv, nn.BatchNorm2d(c_out, eps=1e-3), nn.ReLU()]
        c_in = c_out
    return nn.Sequential(*layers)


ONE, WIDE, TALL = (1, 1), (1, 7), (7, 1)


def v1(c, ones, threes, fives, pooled, kernel=5):
    return Side(
        chain(c, (ones, ONE)),
        chain(c, (threes[0], ONE), (threes[1], (3, 3))),
        chain(c, (fives[0], ONE), (fives[1], (kernel, kernel))),
        chain(c, (pooled, ONE), pool=nn.MaxPool2d(3, 1, 1)),
    )


def average():
    return nn.AvgPool2d(3, 1, 1, count_include_pad=False)


def v3(c, m):
    return Side(
        chain(c, (192, ONE)),
        chain(c, (m, ONE), (m, WIDE), (192, TALL)),
        chain(c, (m, ONE), (m, TALL), (m, WIDE), (m, TALL), (192, WIDE)),
        chain(c, (192, ONE), pool=average()),
    )


def v4(c):
    return Side(
        chain(c, (384, ONE)),
        chain(c, (192, ONE), (224, WIDE), (256, TALL)),
        chain(c, (192, ONE), (192, TALL), (224, WIDE), (224, TALL), (256, WIDE)),
        chain(c, (128, ONE), pool=average()),
    )


BLOCKS = {
    "inception_v1": (v1, (6, 2, (3, 5), (4, 7), 8)),
    "inception_v3": (v3, (5, 4)),
    "inception_v4": (v4, (3,)),
}
BRANCHES = ("first", "second", "third", "fourth")
ROUGH = {"rtol": 0.02, "atol": 0.05}  # another eps shows in training and in gradients, and nowhere else


def both(student, rng, name, *args, **settings):
    """The student's block and the oracle with its numbers."""
    build, usual = BLOCKS[name]
    theirs = getattr(student, name)(*(args or usual), **settings)
    state = filled(theirs, rng)
    return theirs, given_numbers(build(*(args or usual), **settings), state)


@pytest.mark.gate
@pytest.mark.level("runs")
@pytest.mark.weight(0)
def test_runs(student, rng):
    """The first block can be built and called, and keeps height and width."""
    y = student.inception_v1(6, 2, (3, 5), (4, 7), 8)(rng.randn(2, 6, 9, 5))
    assert tuple(y.shape) == (2, 22, 9, 5), (
        f"(2, 6, 9, 5) becomes {tuple(y.shape)}, it should be (2, 22, 9, 5)"
    )


@pytest.mark.level("runs")
@pytest.mark.parametrize(
    ("name", "args", "want"),
    [
        ("inception_v1", (192, 64, (96, 128), (16, 32), 32), 256),
        ("inception_v3", (768, 160), 768),
        ("inception_v4", (), 1024),
    ],
)
def test_shapes_on_the_meta_device(student, name, args, want):
    """Each block keeps height and width and puts out the table's channels, on the meta device too."""
    block = student.on_meta(getattr(student, name), *args)
    channels = args[0] if args else 1024
    y = block(torch.empty(2, channels, 17, 14, device="meta"))
    assert tuple(y.shape) == (2, want, 17, 14), f"{name} puts out {tuple(y.shape)}, not (2, {want}, 17, 14)"


@pytest.mark.level("runs")
@pytest.mark.parametrize(
    ("name", "settings", "want"),
    [
        ("googlenet", {}, 6_624_904),
        ("googlenet", {"kernel": 5}, 7_005_832),
        ("inception_v3_network", {}, 23_834_568),
        ("inception_v4_network", {}, 42_679_816),
    ],
    ids=["googlenet", "googlenet-5x5", "v3", "v4"],
)
def test_published_count(student, name, settings, want):
    """The networks of these blocks have their published numbers of parameters."""
    found = sum(p.numel() for p in student.on_meta(getattr(student, name), **settings).parameters())
    assert found == want, f"the network has {found:,} parameters, published are {want:,}"


@pytest.mark.level("plain")
@pytest.mark.parametrize("branch", range(4), ids=BRANCHES)
@pytest.mark.parametrize("name", BLOCKS)
def test_branch(student, rng, name, branch):
    """Each branch does what its row of the table says, and its channels stand in its place."""
    theirs, ours = both(student, rng, name)
    for module in (theirs, ours):
        module.eval()
    x = rng.randn(2, BLOCKS[name][1][0], 9, 8, dtype=torch.float64)
    parts = [part(x).detach() for part in ours.branches]
    start = sum(part.shape[1] for part in parts[:branch])
    got = theirs(x).detach()[:, start : start + parts[branch].shape[1]]
    assert_close(got, parts[branch], name=f"the {BRANCHES[branch]} branch of {name}", axes="NCHW", **ROUGH)


@pytest.mark.level("plain")
@pytest.mark.parametrize("name", BLOCKS)
def test_in_training(student, rng, name):
    """Outputs agree in training too, where batch norm uses the batch's statistics with eps = 1e-3."""
    theirs, ours = both(student, rng, name)
    outputs_agree(theirs, ours, rng, 3, BLOCKS[name][1][0], 7, 5)


@pytest.mark.level("options")
@pytest.mark.parametrize("kernel", [1, 3, 7])
def test_window_of_the_third_branch(student, rng, kernel):
    """The third branch's window has the size asked for, padded to keep height and width."""
    theirs, ours = both(student, rng, "inception_v1", 4, 3, (2, 5), (3, 6), 7, kernel=kernel)
    for module in (theirs, ours):
        module.eval()
    x = rng.randn(2, 4, 8, 5, dtype=torch.float64)
    assert_close(theirs(x), ours(x), name=f"inception_v1 with kernel={kernel}", axes="NCHW", **ROUGH)


@pytest.mark.level("options")
@pytest.mark.parametrize("name", BLOCKS)
def test_single_pixel(student, rng, name):
    """A single pixel of a single image goes through in evaluation."""
    theirs, ours = both(student, rng, name)
    for module in (theirs, ours):
        module.eval()
    x = rng.randn(1, BLOCKS[name][1][0], 1, 1, dtype=torch.float64)
    assert_close(theirs(x), ours(x), name=f"{name} of one pixel", **ROUGH)


@pytest.mark.level("invariants")
@pytest.mark.parametrize("name", BLOCKS)
def test_gradients(student, rng, name):
    """Input and every parameter get the gradients of the same block built of torch.nn."""
    theirs, ours = both(student, rng, name)
    gradients_agree(theirs, ours, rng, 2, BLOCKS[name][1][0], 8, 5)


@pytest.mark.level("invariants")
def test_outputs_are_rectified(student, rng):
    """Every channel ends in a ReLU."""
    theirs, _ = both(student, rng, "inception_v1")
    assert theirs(rng.randn(2, 6, 7, 5, dtype=torch.float64)).detach().min() >= 0, (
        "there are negative outputs"
    )
