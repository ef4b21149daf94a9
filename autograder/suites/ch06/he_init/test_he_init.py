"""Hidden suite of `he_init`: the networks are given ones, their weights are judged by moments and by the signal.

Standard deviations of n normal numbers have a relative error of 1 / sqrt(2 n); bars are 6.5 of those (1e-10 for each of
fewer than 100 comparisons). The signal through 30 layers of 96 channels: see `test_signal_through_thirty_layers`.
"""

import math

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("he_init"),
    pytest.mark.shares(runs=6, plain=23, options=41, invariants=35),
]

SIGMAS = 6.5
WIDTH = 8  # channels 48 and 72
FANS = {  # by parameter, of sample_network(8): fan in, fan out
    "stem.0.weight": (3 * 10, 48 * 10),
    "body.block.conv1.weight": (16 * 9, 24 * 9),
    "body.block.conv2.weight": (72, 48),
    "head.weight": (48, 4),
}
WIDE_HEAD = 40  # 960 weights: with those of sample_network(8) a factor of 2 in the variance could hide
NORMS = ("stem.1", "body.block.bn1", "body.block.bn2")


def started(student, rng, width=WIDTH, **settings):
    """A network filled with other numbers, then given its start; its parameters by name."""
    network = student.sample_network(width)
    network.load_state_dict(
        {
            name: value if name.endswith("tracked") else rng.rand(*value.shape) + 1.5
            for name, value in network.state_dict().items()
        }
    )
    student.he_init(network, **settings)
    return {name: value.detach() for name, value in network.named_parameters()}


def assert_spread(values, fan, name):
    """The values have mean 0 and variance 2 / fan, and are normal."""
    n, want = values.numel(), math.sqrt(2 / fan)
    assert abs(values.mean().item()) < SIGMAS * want / math.sqrt(n), f"the mean of {name} is not 0"
    found = values.square().mean().sqrt().item()
    assert abs(found / want - 1) < SIGMAS / math.sqrt(2 * n), (
        f"the standard deviation of {name} is {found:.4f}, it should be {want:.4f}"
    )


@pytest.mark.gate
@pytest.mark.level("runs")
def test_runs(student):
    """fans gives two ints, and he_init accepts a network."""
    assert_close(tuple(student.fans((4, 3))), (3, 4), name="fans of a dense layer (4, 3)")
    student.he_init(student.sample_network())


@pytest.mark.level("plain")
@pytest.mark.parametrize(
    ("shape", "want"), [((7, 4, 3, 5), (60, 105)), ((2, 9, 1, 1), (9, 2)), ((5, 8), (8, 5))]
)
def test_fans(student, shape, want):
    """Fan in counts what an output adds up, fan out how many outputs read an input."""
    assert_close(tuple(student.fans(shape)), want, name=f"fans({shape})")


@pytest.mark.level("options")
@pytest.mark.weight(0.6)
@pytest.mark.parametrize(
    ("shape", "groups", "want"),
    [((6, 2, 3, 5), 3, (30, 30)), ((8, 1, 3, 3), 8, (9, 9)), ((10, 3, 1, 2), 2, (6, 10))],
)
def test_fans_with_groups(student, shape, groups, want):
    """With groups an input reaches the outputs of its own group only."""
    assert_close(tuple(student.fans(shape, groups)), want, name=f"fans({shape}, {groups})")
    assert_close(tuple(student.fans(shape, groups=groups)), want, name=f"fans({shape}, groups={groups})")


@pytest.mark.level("plain")
@pytest.mark.weight(1.5)
@pytest.mark.parametrize("name", FANS)
def test_weights(student, rng, name):
    """Weights of convolutions and dense layers have mean 0 and standard deviation sqrt(2 / fan in)."""
    assert_spread(started(student, rng)[name], FANS[name][0], name)


@pytest.mark.level("plain")
@pytest.mark.weight(1.2)
def test_a_wide_dense_layer(student, rng):
    """A dense layer starts as a convolution does, in both modes."""
    for mode, fan in (("fan_in", 6 * WIDE_HEAD), ("fan_out", 4)):
        weights = started(student, rng, WIDE_HEAD, mode=mode)["head.weight"]
        assert_spread(weights, fan, f"head.weight with mode {mode}")


@pytest.mark.level("options")
@pytest.mark.weight(0.7)
@pytest.mark.parametrize("name", [name for name in FANS if "conv1" not in name])
def test_fan_out(student, rng, name):
    """With mode fan_out the standard deviation is sqrt(2 / fan out)."""
    assert_spread(started(student, rng, mode="fan_out")[name], FANS[name][1], name)


@pytest.mark.level("options")
@pytest.mark.weight(1.5)
def test_fan_out_of_a_grouped_layer(student, rng):
    """With mode fan_out a grouped convolution's fan out counts the outputs of a group."""
    name = "body.block.conv1.weight"
    assert_spread(started(student, rng, mode="fan_out")[name], FANS[name][1], name)


@pytest.mark.level("invariants")
@pytest.mark.weight(0.8)
def test_weights_are_normal(student, rng):
    """The weights are normally distributed: 68.3% lie within a standard deviation."""
    weights = started(student, rng)["body.block.conv1.weight"].flatten() / math.sqrt(2 / 144)
    n, p = weights.numel(), math.erf(1 / math.sqrt(2))
    inside = int((weights.abs() < 1).sum())
    assert abs(inside - n * p) < SIGMAS * math.sqrt(n * p * (1 - p)), (
        "the weights are not normally distributed"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(1.2)
def test_large_weights(student, rng):
    """The normal distribution is not cut off: 0.23% of the weights lie beyond 3.05 standard deviations."""
    layer = next(iter(student.stack_of_layers(1, 96)))
    student.he_init(layer)
    weights = next(value.detach() for name, value in layer.named_parameters() if name == "weight")
    n, p = weights.numel(), 1 - math.erf(3.05 / math.sqrt(2))
    beyond = int((weights.abs() > 3.05 * math.sqrt(2 / (96 * 9))).sum())
    assert abs(beyond - n * p) < SIGMAS * math.sqrt(n * p), (
        f"of {n} weights {beyond} lie beyond 3.05 standard deviations, of normal ones about {n * p:.0f} do"
    )


@pytest.mark.level("plain")
def test_biases_and_norms(student, rng):
    """Biases start at 0, batch norms at scale 1 and shift 0."""
    found = started(student, rng)
    for name in ("stem.0.bias", "body.block.conv1.bias", "head.bias", *(f"{norm}.bias" for norm in NORMS)):
        assert not found[name].any(), f"{name} does not start at 0"
    for norm in NORMS:
        assert bool((found[f"{norm}.weight"] == 1).all()), f"the scale of {norm} does not start at 1"


@pytest.mark.level("options")
@pytest.mark.weight(1.5)
@pytest.mark.parametrize(
    ("names", "zero"), [(("bn2",), {"body.block.bn2"}), (("bn1", "1"), {"body.block.bn1", "stem.1"})]
)
def test_zero_scales(student, rng, names, zero):
    """A batch norm starts at scale 0 where its own name is among zero_scales, and only there; its shift is 0 too."""
    found = started(student, rng, zero_scales=names)
    for norm in NORMS:
        want = 0.0 if norm in zero else 1.0
        assert bool((found[f"{norm}.weight"] == want).all()), (
            f"with zero_scales={names} the scale of {norm} should start at {want:g}"
        )
        assert not found[f"{norm}.bias"].any(), f"with zero_scales={names} the shift of {norm} is not 0"


@pytest.mark.level("options")
@pytest.mark.weight(1.5)
def test_zero_scales_by_the_whole_name(student, rng):
    """A name in zero_scales is the layer's own name, not a part of it or of a name above it."""
    found = started(student, rng, zero_scales=("body", "n2", "block", "bn"))
    for norm in NORMS:
        assert bool((found[f"{norm}.weight"] == 1).all()), (
            f"{norm} is not among the names, and starts at another scale"
        )


@pytest.mark.level("options")
@pytest.mark.weight(1.5)
def test_generator(student, rng):
    """The generator alone decides: equal seeds give equal weights, other seeds others; without one two calls differ."""
    seed = rng.seed()
    first, second = (started(student, rng, generator=rng.generator().manual_seed(s)) for s in (seed, seed))
    other = started(student, rng, generator=rng.generator().manual_seed(seed + 1))
    for name in FANS:
        assert_close(second[name], first[name], rtol=0, atol=0, name=f"{name} of the second network")
        assert not torch.equal(other[name], first[name]), f"{name} does not depend on the generator"
    one, two = started(student, rng), started(student, rng)
    for name in FANS:
        assert not torch.equal(one[name], two[name]), (
            f"without a generator {name} is the same in two networks"
        )


@pytest.mark.level("options")
@pytest.mark.weight(1.5)
def test_generator_goes_on(student, rng):
    """Numbers come from the generator itself: a second network with the same generator gets other numbers."""
    generator = rng.generator()
    one, two = (started(student, rng, generator=generator) for _ in range(2))
    for name in FANS:
        assert not torch.equal(one[name], two[name]), (
            f"a second start with the same generator gives {name} the same numbers again"
        )


@pytest.mark.level("options")
@pytest.mark.weight(1.5)
def test_a_single_layer(student, rng):
    """The module may be a layer itself."""
    layer = next(iter(student.stack_of_layers(1, 24)))
    student.he_init(layer)
    found = {name: value.detach() for name, value in layer.named_parameters()}
    assert_spread(found["weight"], 24 * 9, "the weight of a single convolution")
    assert not found["bias"].any(), "the bias of a single convolution does not start at 0"


@pytest.mark.level("invariants")
@pytest.mark.weight(0.9)
def test_layers_differ(student, rng):
    """Each layer draws its own numbers."""
    stack = student.stack_of_layers(2, 24)
    student.he_init(stack, generator=rng.generator())
    first, second = (value.detach() for name, value in stack.named_parameters() if name.endswith("weight"))
    assert not torch.equal(first, second), "two layers start with the same weights"


@pytest.mark.level("invariants")
@pytest.mark.weight(1.2)
def test_still_trainable(student, rng):
    """After the start all parameters are leaves that gradients reach."""
    stack = student.stack_of_layers(2, 6)
    student.he_init(stack)
    stack(rng.randn(2, 6, 5, 4)).sum().backward()
    for name, value in stack.named_parameters():
        assert value.requires_grad, f"{name} does not require gradients any more"
        assert value.grad is not None, f"no gradient reaches {name}"


@pytest.mark.level("invariants")
@pytest.mark.weight(1.6)
def test_parameters_stay_the_same_objects(student, rng):
    """An optimiser that was made before holds the same parameters: their gradients are still there."""
    stack = student.stack_of_layers(2, 6)
    stack(rng.randn(2, 6, 5, 4)).sum().backward()
    before = {name: value.grad for name, value in stack.named_parameters()}
    student.he_init(stack)
    for name, value in stack.named_parameters():
        assert value.grad is not None, f"{name} is another object after the start: its gradient is gone"
        assert_close(value.grad, before[name], rtol=0, atol=0, name=f"gradient of {name} after the start")


@pytest.mark.level("contract")
def test_double_precision(student):
    """A network in float64 stays in float64."""
    stack = student.stack_of_layers(2, 6)
    stack.double()
    student.he_init(stack)
    for name, value in stack.named_parameters():
        assert value.dtype == torch.float64, (
            f"{name} of a network in float64 is {value.dtype} after the start"
        )


@pytest.mark.level("invariants")
@pytest.mark.weight(1.4)
def test_signal_through_thirty_layers(student, rng):
    """The mean square of a signal is kept through thirty layers."""
    stack = student.stack_of_layers(30, 96)
    student.he_init(stack, generator=rng.generator())
    size = math.log(stack(rng.randn(1, 96, 4, 4)).square().mean().item() + 1e-30)
    # Spread 1.3 around -0.9 over 20 seeds. A variance wrong by a factor of 2 is a shift of 20.8.
    assert abs(size + 0.9) < 9, (
        f"after thirty layers the signal is {math.exp(size):.1e} of its size, in the mean square"
    )
