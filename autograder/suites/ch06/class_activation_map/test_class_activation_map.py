"""Hidden suite of `class_activation_map`: sums written out, the identity with the logit, boxes pixel by pixel."""

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("class_activation_map"),
    pytest.mark.shares(runs=18, plain=25, options=39, invariants=18),
]


def by_hand(features, weight, labels):
    """The map of each image, channel by channel."""
    maps = []
    for image, label in zip(features, labels.tolist(), strict=True):
        total = torch.zeros_like(image[0])
        for plane, factor in zip(image, weight[label], strict=True):
            total = total + factor * plane
        maps.append(total)
    return torch.stack(maps)


def box_by_hand(heat, share):
    """First and last row and column of a pixel at or above the bar."""
    bar = share * max(max(row) for row in heat.tolist())
    inside = [(i, j) for i, row in enumerate(heat.tolist()) for j, value in enumerate(row) if value >= bar]
    rows, columns = zip(*inside, strict=True)
    return min(rows), min(columns), max(rows), max(columns)


@pytest.mark.gate
@pytest.mark.level("runs")
def test_shape(student, rng):
    """There is a map of the features' height and width for each image."""
    y = student.class_activation_map(rng.randn(2, 5, 4, 3), rng.randn(7, 5), torch.tensor([6, 0]))
    assert isinstance(y, torch.Tensor), "class_activation_map must return a tensor"
    assert tuple(y.shape) == (2, 4, 3), f"two images of 4x3 places have maps of shape {tuple(y.shape)}"


@pytest.mark.level("plain")
@pytest.mark.parametrize(("n", "c", "h", "w", "k"), [(3, 5, 4, 6, 7), (1, 2, 3, 1, 4), (4, 4, 4, 4, 4)])
def test_map(student, rng, n, c, h, w, k):
    """The map is the sum of the features, each times the weight that its channel has for the image's label."""
    features, weight, labels = rng.randn(n, c, h, w), rng.randn(k, c), rng.randint(0, k, (n,))
    want = by_hand(features, weight, labels)
    assert_close(
        student.class_activation_map(features, weight, labels), want, name="map", rtol=1e-4, atol=1e-5
    )


@pytest.mark.level("invariants")
def test_mean_is_the_logit(student, rng):
    """The mean of a map is the logit of its class, without the bias."""
    features, weight = rng.randn(5, 6, 3, 4, dtype=torch.float64), rng.randn(4, 6, dtype=torch.float64)
    logits, labels = features.mean((2, 3)) @ weight.T, torch.tensor([3, 0, 1, 1, 2])
    got = student.class_activation_map(features, weight, labels)
    assert_close(got.mean((1, 2)), logits[torch.arange(5), labels], name="mean of the map")


@pytest.mark.level("plain")
@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_box(student, rng, share):
    """The box holds all pixels that reach the share of the largest value, ends included."""
    heat = torch.zeros(9, 7)
    heat[2:6, 3:5] = rng.rand(4, 2) + 0.5
    heat[7, 1] = 0.35
    want = box_by_hand(heat, share)
    assert_close(tuple(student.bounding_box(heat, share)), want, name=f"bounding_box with share {share}")


@pytest.mark.level("options")
def test_edges_of_boxes(student, rng):
    """A single pixel, a corner, the whole map, two places, values exactly at the bar, negative values beside."""
    cases = {"a single pixel": (3, 4), "the first corner": (0, 0), "the last corner": (5, 6)}
    for name, (row, column) in cases.items():
        heat = -rng.rand(6, 7)
        heat[row, column] = 2.0
        assert_close(tuple(student.bounding_box(heat)), (row, column, row, column), name=f"box of {name}")
    assert_close(tuple(student.bounding_box(torch.ones(3, 5))), (0, 0, 2, 4), name="box of a constant map")
    heat = torch.full((6, 7), -1.0)
    heat[2, 3], heat[3, 1] = 2.0, 0.7
    assert_close(tuple(student.bounding_box(heat)), (2, 3, 2, 3), name="box of a map with negative values")
    heat = torch.zeros(6, 7)
    heat[1, 5], heat[4, 2], heat[5, 6] = 2.0, 1.0, 0.99
    assert_close(tuple(student.bounding_box(heat)), (1, 2, 4, 5), name="box with a value exactly at the bar")


@pytest.mark.level("options")
@pytest.mark.weight(0.6)
@pytest.mark.parametrize("share", [0.4, 0.6, 1.0])
def test_just_below_the_bar(student, share):
    """A value that is only a thousandth below the bar stays outside, and one a thousandth above it is in."""
    heat = torch.zeros(6, 7)
    heat[2, 3], heat[1, 4] = 5.0, 5.0 * min(1.0, share + 0.001)
    heat[0, 5] = heat[5, 0] = 5.0 * (share - 0.001)
    assert_close(
        tuple(student.bounding_box(heat, share)),
        (1, 3, 2, 4),
        name=f"box with share {share} and values just below the bar",
    )


@pytest.mark.level("options")
def test_default_share(student, rng):
    """The share is a half if none is given, and all four numbers are ints."""
    heat = rng.rand(6, 5) + 0.1
    got = student.bounding_box(heat)
    assert all(type(n) is int for n in got), "rows and columns are ints"
    assert_close(tuple(got), box_by_hand(heat, 0.5), name="bounding_box")


@pytest.mark.level("options")
def test_repeated_labels_and_views(student, rng):
    """Labels may repeat, and features may be any view."""
    features = rng.randn(4, 3, 6, 5).permute(3, 2, 1, 0)
    labels = torch.tensor([4, 4, 0, 5, 4])
    weight = rng.randn(6, 6)
    want = by_hand(features, weight, labels)
    assert_close(
        student.class_activation_map(features, weight, labels), want, name="map", rtol=1e-4, atol=1e-5
    )


@pytest.mark.level("invariants")
def test_gradients(student, rng):
    """Gradients reach features and weights."""
    features, weight = rng.randn(2, 3, 4, 5, requires_grad=True), rng.randn(4, 3, requires_grad=True)
    direction, labels = rng.randn(2, 4, 5), torch.tensor([3, 1])
    (student.class_activation_map(features, weight, labels) * direction).sum().backward()
    assert features.grad is not None, "no gradient reaches the features"
    assert weight.grad is not None, "no gradient reaches the weights"
    want = direction[:, None] * weight.detach()[labels][:, :, None, None]
    assert_close(features.grad, want, name="gradient in the features")


@pytest.mark.level("invariants")
def test_map_is_linear_and_raw(student, rng):
    """The map is linear in the features: neither cut at 0 nor rescaled."""
    a, b = rng.randn(2, 3, 4, 5, dtype=torch.float64), rng.randn(2, 3, 4, 5, dtype=torch.float64)
    weight, labels = rng.randn(4, 3, dtype=torch.float64), torch.tensor([3, 1])
    one, two = (student.class_activation_map(x, weight, labels) for x in (a, b))
    assert_close(
        student.class_activation_map(2 * a - 3 * b, weight, labels), 2 * one - 3 * two, name="map of a sum"
    )
