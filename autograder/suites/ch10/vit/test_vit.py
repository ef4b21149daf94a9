"""Hidden suite of `vit`: patches against PyTorch's unfold, the model against PyTorch's layers with the same weights."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.testing import assert_close, assert_raises

pytestmark = [pytest.mark.exercise("vit"), pytest.mark.shares(runs=6, plain=48, options=24, invariants=22)]

SIZES = {
    "image_size": (6, 9),
    "patch_size": 3,
    "channels": 2,
    "num_classes": 5,
    "width": 8,
    "heads": 2,
    "layers": 2,
}


class Model(nn.Module):
    """A Vision Transformer by its description, of PyTorch's layers."""

    def __init__(self, image_size, patch_size, channels, num_classes, width, heads, layers):
        super().__init__()
        self.size = patch_size
        count = image_size[0] // patch_size * (image_size[1] // patch_size)
        self.project = nn.Linear(channels * patch_size**2, width)
        self.class_token = nn.Parameter(torch.zeros(width))
        self.position = nn.Parameter(torch.zeros(1 + count, width))
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width, heads, 4 * width, 0.0, F.gelu, 1e-6, batch_first=True, norm_first=True
            )
            for _ in range(layers)
        )
        self.norm, self.head = nn.LayerNorm(width, 1e-6), nn.Linear(width, num_classes)

    def forward(self, images):
        x = self.project(F.unfold(images, self.size, stride=self.size).transpose(1, 2))
        first = self.class_token.reshape(1, 1, -1).expand(len(x), 1, -1)
        x = torch.cat([first, x], 1) + self.position
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x[:, 0]))


def pair(student, rng, scale=1.0, **sizes):
    """The student's model and the grader's with the same random weights, in float64."""
    given = SIZES | sizes
    ours = Model(**given).double()
    theirs = student.ViT(*given.values())
    theirs.double()
    shapes = {name: tuple(value.shape) for name, value in theirs.named_parameters()}
    state, handed = {}, {}
    for name, value in ours.state_dict().items():
        drawn = rng.randn(*value.shape, dtype=torch.float64)
        free = name in ("class_token", "position")
        norm = "norm" in name and "weight" in name
        state[name] = scale * drawn if free else drawn / 3 if value.dim() > 1 else 0.4 * drawn + norm
        assert name in shapes, f"there is no parameter {name}"
        # A class token of (1, 1, W) holds the same W numbers.
        handed[name] = state[name].reshape(shapes[name])
    ours.load_state_dict(state)
    theirs.load_state_dict(handed)
    return theirs, ours


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """Patches are (N, J, C P P), logits (N, classes)."""
    patches = student.patchify(rng.randn(2, 3, 4, 6), 2)
    assert tuple(patches.shape) == (2, 6, 12), f"six patches of 3 x 2 x 2 have shape {tuple(patches.shape)}"
    logits = student.ViT(*SIZES.values())(rng.randn(3, 2, 6, 9))
    assert tuple(logits.shape) == (3, 5), f"the logits have shape {tuple(logits.shape)}"


@pytest.mark.level("plain")
@pytest.mark.weight(4)
@pytest.mark.parametrize(("shape", "size"), [((2, 3, 6, 9), 3), ((1, 1, 4, 4), 2), ((3, 2, 8, 4), 4)])
def test_patches(student, rng, shape, size):
    """Patches are those of F.unfold, row by row."""
    images = rng.randn(*shape)
    want = F.unfold(images, size, stride=size).transpose(1, 2)
    assert_close(student.patchify(images, size), want, rtol=0, atol=0, name="patches")


@pytest.mark.level("plain")
@pytest.mark.weight(6)
def test_model(student, rng):
    """With equal weights the logits are those of PyTorch's layers: class token first, positions added, pre-norm."""
    theirs, ours = pair(student, rng)
    images = rng.randn(3, 2, 6, 9, dtype=torch.float64)
    # The epsilon and the form of GELU are asked for by other tests.
    assert_close(theirs(images), ours(images), rtol=1e-3, atol=1e-3, name="logits")


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_count(student):
    """ViT-B/16 has 86,567,656 parameters."""
    model = student.on_meta(student.ViT, (224, 224), 16, 3, 1000, 768, 12, 12)
    total = sum(math.prod(value.shape) for value in model.parameters())
    assert total == 86_567_656, f"ViT-B/16 has 86,567,656 parameters, yours {total:,}"


@pytest.mark.level("options")
@pytest.mark.weight(3)
@pytest.mark.parametrize(
    "sizes",
    [
        {"image_size": (4, 4), "patch_size": 4, "channels": 1, "heads": 1, "layers": 1},
        {"image_size": (2, 8), "patch_size": 1, "channels": 3, "num_classes": 2, "width": 6, "heads": 3},
        {"image_size": (10, 5), "patch_size": 5, "layers": 3},
    ],
)
def test_sizes(student, rng, sizes):
    """One patch for the whole picture, a patch a pixel, high and wide pictures, one picture and several."""
    theirs, ours = pair(student, rng, **sizes)
    given = SIZES | sizes
    for n in (1, 4):
        images = rng.randn(n, given["channels"], *given["image_size"], dtype=torch.float64)
        assert_close(theirs(images), ours(images), rtol=1e-5, atol=1e-6, name="logits")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_small_streams(student, rng):
    """With a very small stream the epsilon of 1e-6 shows."""
    theirs, ours = pair(student, rng, scale=1e-4)
    state = {name: value.clone() for name, value in dict(ours.state_dict()).items()}
    for name in ("project.weight", "project.bias"):
        state[name] = state[name] * 1e-3
    ours.load_state_dict(state)
    shapes = {name: value.shape for name, value in dict(theirs.state_dict()).items()}
    theirs.load_state_dict({name: value.reshape(shapes[name]) for name, value in state.items()})
    images = rng.randn(2, 2, 6, 9, dtype=torch.float64)
    assert_close(theirs(images), ours(images), name="logits")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_views(student, rng):
    """Pictures that are a view are cut as they are seen."""
    images = rng.randn(2, 9, 6, 3).permute(0, 3, 2, 1)[:, :2]
    want = F.unfold(images.contiguous(), 3, stride=3).transpose(1, 2)
    assert_close(student.patchify(images, 3), want, rtol=0, atol=0, name="patches of a view")
    mirrored = rng.randn(1, 1, 4, 6).flip(3)
    want = F.unfold(mirrored, 2, stride=2).transpose(1, 2)
    assert_close(student.patchify(mirrored, 2), want, rtol=0, atol=0, name="patches of a mirrored picture")


@pytest.mark.level("contract")
@pytest.mark.weight(1)
def test_block_argument(student):
    """The blocks are made by the argument `block`, each by a call of its own."""
    asked = []

    def maker(*args, **options):
        asked.append(options)
        return student.ready_block(*args, **options)

    student.ViT(*(SIZES | {"layers": 3}).values(), maker)
    assert len(asked) == 3, f"for 3 layers the block was made {len(asked)} times"


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_gradients(student, rng):
    """Gradients in the pictures and in every parameter are those of PyTorch's layers."""
    theirs, ours = pair(student, rng)
    images = rng.randn(2, 2, 6, 9, dtype=torch.float64)
    direction = rng.randn(2, 5, dtype=torch.float64)
    given = [images.clone().requires_grad_() for _ in range(2)]
    (ours(given[0]) * direction).sum().backward()
    (theirs(given[1]) * direction).sum().backward()
    assert given[1].grad is not None, "no gradient reaches the pictures"
    assert_close(given[1].grad, given[0].grad, rtol=1e-3, atol=1e-3, name="gradient in the pictures")
    wanted = dict(ours.named_parameters())
    for name, value in theirs.named_parameters():
        assert value.grad is not None, f"no gradient reaches {name}"
        want = wanted[name].grad.reshape(value.shape)
        assert_close(value.grad, want, rtol=1e-3, atol=1e-3, name=f"gradient in {name}")


@pytest.mark.level("invariants")
@pytest.mark.weight(4)
def test_places_at_the_start(student, rng):
    """A new model tells places apart: patches that change places change the answer."""
    model = student.ViT(*(SIZES | {"channels": 1}).values())
    images = rng.randn(1, 1, 6, 9)
    moved = torch.cat([images[..., 3:], images[..., :3]], -1)
    before, after = model(images).detach(), model(moved).detach()
    # Without positions the two differ by rounding, 1e-7 of them; starts of many kinds give 1e-4 and more.
    assert (after - before).abs().max().item() > 1e-5 * before.abs().max().item(), (
        "places look alike at the start"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_places_count(student, rng):
    """With positions of zeros the order of patches does not matter; with others it does."""
    theirs, _ = pair(student, rng)
    images = rng.randn(1, 2, 6, 9, dtype=torch.float64)
    moved = torch.cat([images[..., 3:], images[..., :3]], -1)
    change = (theirs(moved) - theirs(images)).detach().abs().max().item()
    assert change > 1e-6, "the order of the patches does not matter"
    state = dict(theirs.state_dict())
    state["position"] = torch.zeros_like(state["position"])
    theirs.load_state_dict(state)
    assert_close(theirs(moved), theirs(images), rtol=1e-6, atol=1e-9, name="logits with positions of zeros")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_pictures_are_apart(student, rng):
    """A picture's answer does not depend on the others of its batch, and two models share nothing."""
    theirs, _ = pair(student, rng)
    images = rng.randn(4, 2, 6, 9, dtype=torch.float64)
    together = theirs(images).detach()
    for row in (0, 3):
        assert_close(
            theirs(images[row : row + 1]).detach()[0], together[row], name="logits of a picture alone"
        )
    other = student.ViT(*SIZES.values())
    other.load_state_dict({name: value + 1 for name, value in dict(other.state_dict()).items()})
    assert_close(theirs(images).detach(), together, name="logits after a change of another model")


@pytest.mark.level("contract")
def test_sizes_that_do_not_fit(student, rng):
    """Pictures that cannot be cut are refused."""
    for shape, size in (((1, 1, 5, 6), 3), ((1, 1, 6, 5), 3), ((1, 2, 4, 9), 6), ((1, 1, 9, 4), 6)):
        assert_raises(ValueError, student.patchify, rng.randn(*shape), size)
