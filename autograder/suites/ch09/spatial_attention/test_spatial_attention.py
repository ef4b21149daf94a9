"""Hidden suite of `spatial_attention`; the oracle takes each place by itself, with the student's own weights,
which the grader has drawn.

Tolerance: weights of size 0.5 and at most 40 places; outputs are near 1, so that float32 agrees to 1e-5.
"""

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("spatial_attention"),
    pytest.mark.shares(runs=8, plain=31, options=42, invariants=19),
]

FLOAT32 = {"rtol": 1e-3, "atol": 3e-5}
FLOAT64 = {"rtol": 1e-8, "atol": 1e-10}
EXACT = {"rtol": 0, "atol": 0}


def weights_of(rng, channels, inner, dtype=torch.float32):
    shapes = {
        "query.weight": (inner, channels),
        "key.weight": (inner, channels),
        "value.weight": (channels // 2, channels),
        "output.weight": (channels, channels // 2),
    }
    found = {
        name: (1.1 * rng.randn(*s, dtype=dtype) / s[1] ** 0.5)[:, :, None, None] for name, s in shapes.items()
    }
    return found | {"gate": rng.uniform(0.5, 1.5, 1, dtype=dtype)}


def block(student, rng, channels, inner=None, pool=False, dtype=torch.float32):
    """The student's block and the weights that were copied into it."""
    named = ({} if inner is None else {"inner": inner}) | ({"pool": True} if pool else {})
    layer = student.SpatialAttention(channels, **named)
    if dtype == torch.float64:
        layer.double()
    state = weights_of(rng, channels, max(1, channels // 8) if inner is None else inner, dtype)
    layer.load_state_dict({name: value.detach().clone() for name, value in state.items()})
    return layer, state


def halved(x):
    """The largest of each 2x2, a place without a partner left out."""
    n, c, h, w = x.shape
    x = x[:, :, : h // 2 * 2, : w // 2 * 2].reshape(n, c, h // 2, 2, w // 2, 2)
    return x.amax(5).amax(3)


def by_places(state, x, pool=False):
    """Outputs and weights, image by image and place by place."""
    flat = {name: value[:, :, 0, 0] for name, value in state.items() if name != "gate"}
    outputs, maps = [], []
    for image in x:

        def project(name, image=image):
            return torch.einsum("oc,chw->ohw", flat[f"{name}.weight"], image)

        keys, values = project("key"), project("value")
        if pool:
            keys, values = halved(keys[None])[0], halved(values[None])[0]
        keys, values, queries = keys.flatten(1), values.flatten(1), project("query").flatten(1)
        rows = torch.stack(
            [(keys * queries[:, i : i + 1]).sum(0).softmax(0) for i in range(queries.shape[1])]
        )
        found = torch.stack([(values * row).sum(1) for row in rows], 1)
        outputs.append(image + state["gate"] * (flat["output.weight"] @ found).reshape(image.shape))
        maps.append(rows)
    return torch.stack(outputs), torch.stack(maps)


def agrees(student, rng, channels, n, h, w, inner=None, pool=False, dtype=torch.float32):
    layer, state = block(student, rng, channels, inner, pool, dtype)
    x = rng.randn(n, channels, h, w, dtype=dtype)
    output, maps = by_places(state, x, pool)
    close = FLOAT64 if dtype == torch.float64 else FLOAT32
    assert_close(layer.weights(x), maps, **close, name="weights")
    assert_close(layer(x), output, **close, name="output")


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """The output has the shape of the input, the weights are (N, H W, L)."""
    layer = student.SpatialAttention(8)
    x = rng.randn(2, 8, 3, 5)
    for tensor, shape, name in (
        (layer(x), (2, 8, 3, 5), "output"),
        (layer.weights(x), (2, 15, 15), "weights"),
    ):
        assert isinstance(tensor, torch.Tensor), f"the {name} must be a tensor"
        assert tensor.shape == shape, f"the {name} has shape {shape}, not {tuple(tensor.shape)}"


@pytest.mark.level("runs")
@pytest.mark.parametrize(("channels", "inner", "width"), [(16, None, 2), (4, None, 1), (6, 5, 5), (7, 3, 3)])
def test_parameters(student, channels, inner, width):
    """The parameters are four 1x1 convolutions without bias and one gate."""
    layer = student.SpatialAttention(channels) if inner is None else student.SpatialAttention(channels, inner)
    found = {name: tuple(p.shape) for name, p in layer.named_parameters()}
    half = channels // 2
    want = {
        "query.weight": (width, channels, 1, 1),
        "key.weight": (width, channels, 1, 1),
        "value.weight": (half, channels, 1, 1),
        "output.weight": (channels, half, 1, 1),
        "gate": (1,),
    }
    assert found == want, f"for {channels} channels the parameters are {found}, they should be {want}"


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize(("channels", "n", "h", "w"), [(24, 2, 3, 5), (16, 3, 4, 2), (17, 2, 4, 4)])
def test_against_places(student, rng, channels, n, h, w):
    """Output and weights are those of a calculation place by place, with an open gate."""
    agrees(student, rng, channels, n, h, w)


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_identity_at_the_start(student, rng):
    """A new block changes nothing, bit by bit; and its gate is 0."""
    for named in ({}, {"pool": True}, {"inner": 3}):
        layer, x = student.SpatialAttention(8, **named), rng.randn(2, 8, 4, 6)
        assert_close(layer(x), x, **EXACT, name="output of a new block")
        gate = dict(layer.named_parameters())["gate"]
        assert_close(gate.detach(), torch.zeros(1), **EXACT, name="gate of a new block")


@pytest.mark.level("options")
@pytest.mark.weight(3)
@pytest.mark.parametrize(("h", "w"), [(4, 6), (5, 4), (3, 7), (2, 2)])
def test_pool(student, rng, h, w):
    """With pooling, keys and values are the largest of each 2x2; a last row or column without a partner falls away."""
    agrees(student, rng, 16, 2, h, w, pool=True)


@pytest.mark.level("options")
@pytest.mark.parametrize("pool", [False, True])
@pytest.mark.parametrize("inner", [1, 5])
def test_inner(student, rng, inner, pool):
    """Another width of queries and keys, without pooling and with it."""
    agrees(student, rng, 6, 2, 3, 4, inner, pool)


@pytest.mark.level("options")
@pytest.mark.weight(4)
@pytest.mark.parametrize(
    ("channels", "n", "h", "w"),
    [(8, 1, 3, 4), (8, 2, 1, 5), (8, 2, 4, 1), (8, 1, 1, 1), (2, 2, 3, 2), (9, 2, 2, 3)],
)
def test_edges(student, rng, channels, n, h, w):
    """One image, one row, one column, one place, few channels, an odd number of channels."""
    agrees(student, rng, channels, n, h, w)


@pytest.mark.level("options")
def test_views(student, rng):
    """Transposed and channels-last images give the same."""
    layer, state = block(student, rng, 8)
    for x in (rng.randn(2, 8, 5, 3).transpose(2, 3), rng.randn(2, 3, 5, 8).permute(0, 3, 1, 2)):
        assert_close(layer(x), by_places(state, x)[0], **FLOAT32, name="output")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_few_channels(student, rng):
    """With fewer than 8 channels queries and keys have the width 1."""
    agrees(student, rng, 4, 2, 3, 2)
    agrees(student, rng, 7, 2, 2, 3)


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_calls_share_nothing(student, rng):
    """Weights and output are those of this map, whatever its size, not of the map of an earlier call."""
    layer, state = block(student, rng, 8)
    first, second = rng.randn(2, 8, 3, 4), rng.randn(2, 8, 2, 5)
    layer(first)
    output, maps = by_places(state, second)
    assert_close(layer.weights(second), maps, **FLOAT32, name="weights of another map")
    assert_close(layer(second), output, **FLOAT32, name="output of another map")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_large_scores(student, rng):
    """Scores of hundreds do no harm."""
    layer, state = block(student, rng, 8)
    x = 20 * rng.randn(2, 8, 3, 4)
    assert_close(layer(x), by_places(state, x)[0], rtol=1e-2, atol=1e-2, name="output")


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
@pytest.mark.parametrize("pool", [False, True])
def test_gradients(student, rng, pool):
    """Gradients reach the input and all parameters, and are right."""
    layer, state = block(student, rng, 6, 2, pool, torch.float64)
    x, direction = rng.randn(2, 6, 4, 3, dtype=torch.float64), rng.randn(2, 6, 4, 3, dtype=torch.float64)
    given, again = x.clone().requires_grad_(), x.clone().requires_grad_()
    state = {name: value.requires_grad_() for name, value in state.items()}
    (layer(given) * direction).sum().backward()
    (by_places(state, again, pool)[0] * direction).sum().backward()
    assert given.grad is not None, "no gradient reaches the input"
    assert_close(given.grad, again.grad, **FLOAT64, name="gradient of the input")
    for name, parameter in layer.named_parameters():
        assert parameter.grad is not None, f"no gradient reaches {name}"
        assert_close(parameter.grad, state[name].grad, **FLOAT64, name=f"gradient of {name}")


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_gate_learns(student, rng):
    """At the start the gate gets a gradient that is not 0, although it is 0 itself."""
    layer = student.SpatialAttention(8)
    (layer(rng.randn(2, 8, 3, 4)) * rng.randn(2, 8, 3, 4)).sum().backward()
    grad = dict(layer.named_parameters())["gate"].grad
    assert grad is not None, "no gradient reaches the gate"
    assert float(grad.abs()) > 0, "the gradient of the gate is 0"


@pytest.mark.level("invariants")
def test_permuted_pixels(student, rng):
    """Permuted pixels give permuted outputs."""
    layer, _ = block(student, rng, 8)
    x, order = rng.randn(2, 8, 3, 5), rng.perm(15)
    moved = x.flatten(2)[:, :, order].reshape(x.shape)
    want = layer(x).flatten(2)[:, :, order].reshape(x.shape)
    assert_close(layer(moved), want, **FLOAT32, name="output of permuted pixels")


@pytest.mark.level("invariants")
def test_images_are_separate(student, rng):
    """Each image is treated by itself, and each query's weights sum to 1."""
    layer, _ = block(student, rng, 8)
    x = rng.randn(3, 8, 2, 5)
    assert_close(layer(x)[1:2], layer(x[1:2]), **FLOAT32, name="output of one image")
    assert_close(layer.weights(x).sum(2), torch.ones(3, 10), **FLOAT32, name="sum of each query's weights")


@pytest.mark.level("invariants")
def test_two_blocks(student, rng):
    """Two blocks share nothing."""
    first, state = block(student, rng, 8)
    block(student, rng, 8, 4, True)
    x = rng.randn(2, 8, 3, 4)
    assert_close(first(x), by_places(state, x)[0], **FLOAT32, name="output of the first block")


@pytest.mark.level("contract")
@pytest.mark.parametrize("pool", [False, True])
def test_dtype(student, rng, pool):
    """As a block of float64 it has float64's precision."""
    agrees(student, rng, 8, 2, 3, 4, None, pool, torch.float64)
