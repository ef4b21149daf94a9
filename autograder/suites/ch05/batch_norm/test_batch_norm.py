"""Hidden suite of `batch_norm`; the oracle is torch.nn.BatchNorm2d with the same weight and bias.

Tolerance: float32 statistics of at most 250 values of unit size agree to about 1e-6 in any order of summing, outputs
and gradients to about 1e-5. The finest mistake tested, biased against unbiased variance, moves outputs by 1e-2.
"""

from typing import Any

import pytest
import torch
from torch import nn

from autograder.testing import assert_close, assert_raises

pytestmark = [
    pytest.mark.exercise("batch_norm"),
    pytest.mark.shares(runs=7, plain=44, options=25, invariants=32),
]

CLOSE: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-4}


def layers(student, rng, channels, **options):
    """The student's layer and torch's, with the same random weight and bias and the same running statistics.

    Statistics that the student's layer does not store begin as a new layer's: one test asks for them, the others need
    not fail with it.
    """
    ours, theirs = nn.BatchNorm2d(channels, **options), student.BatchNorm2d(channels, **options)
    values = {
        "weight": rng.uniform(0.5, 2.0, channels),
        "bias": rng.randn(channels),
        "running_mean": rng.randn(channels),
        "running_var": rng.uniform(0.5, 3.0, channels),
    }
    stored = theirs.state_dict()
    values = {
        name: value for name, value in values.items() if name in stored or not name.startswith("running")
    }
    for layer in (ours, theirs):
        layer.load_state_dict(layer.state_dict() | values)  # keeps what else is stored, as a count of batches
    return theirs, ours


def images(rng, *shape, scale=2.0):
    """Images whose channels have means and spreads of their own."""
    channels = shape[1]
    spread = rng.uniform(0.5, 1.0, 1, channels, 1, 1) * scale
    return rng.randn(*shape) * spread + rng.randn(1, channels, 1, 1)


@pytest.mark.gate
@pytest.mark.level("runs")
@pytest.mark.weight(0)
def test_runs(student, rng):
    """BatchNorm2d can be built and called, and its output has its input's shape."""
    y = student.BatchNorm2d(3)(rng.randn(4, 3, 5, 6))
    assert isinstance(y, torch.Tensor), "the layer must return a tensor"
    assert y.shape == (4, 3, 5, 6), f"the output has shape {tuple(y.shape)}, its input (4, 3, 5, 6)"


@pytest.mark.level("runs")
@pytest.mark.weight(3)
def test_parameters(student):
    """The parameters are `weight`, ones, and `bias`, zeros, one number per channel; nothing else is learned."""
    parameters = dict(student.BatchNorm2d(7).named_parameters())
    assert sorted(parameters) == ["bias", "weight"], "the parameters are weight and bias, and no other"
    assert_close(parameters["weight"].detach(), torch.ones(7), name="weight")
    assert_close(parameters["bias"].detach(), torch.zeros(7), name="bias")


@pytest.mark.level("runs")
@pytest.mark.weight(3)
def test_buffers(student):
    """`running_mean`, zeros, and `running_var`, ones, are stored with the module, in its state_dict."""
    state = student.BatchNorm2d(7).state_dict()
    for name, value in (("running_mean", torch.zeros(7)), ("running_var", torch.ones(7))):
        assert name in state, f"{name} is not in the state_dict"
        assert_close(state[name], value, name=name)


@pytest.mark.level("plain")
def test_normalises(student, rng):
    """A new layer in training gives each channel mean 0 and variance 1 over the batch and all places."""
    y = student.BatchNorm2d(5)(images(rng, 3, 5, 4, 7))
    assert_close(y.mean((0, 2, 3)), torch.zeros(5), rtol=0, atol=1e-4, name="mean of the output")
    # eps = 1e-5 against a variance of at least 0.3 takes less than 1e-4 off.
    assert_close(
        y.var((0, 2, 3), unbiased=False), torch.ones(5), rtol=0, atol=3e-4, name="variance of the output"
    )


@pytest.mark.parametrize("shape", [(4, 3, 5, 6), (2, 5, 1, 3), (7, 2, 1, 1), (1, 4, 3, 2), (3, 1, 4, 7)])
@pytest.mark.level("plain")
@pytest.mark.weight(4.5)
def test_training_output(student, rng, shape):
    """In training the output equals PyTorch's: biased variance of the batch, then weight and bias."""
    theirs, ours = layers(student, rng, shape[1])
    x = images(rng, *shape)
    assert_close(theirs(x), ours(x), **CLOSE)


@pytest.mark.level("options")
@pytest.mark.weight(8.5)
def test_one_image(student, rng):
    """One image is a batch too: it is normalised over its places, and counts in the running statistics."""
    theirs, ours = layers(student, rng, 3)
    x = images(rng, 1, 3, 2, 2)
    assert_close(theirs(x), ours(x), **CLOSE)
    got, want = theirs.state_dict(), ours.state_dict()
    for name in ("running_mean", "running_var"):
        assert_close(got[name], want[name], **CLOSE, name=name)


@pytest.mark.level("options")
@pytest.mark.weight(4)
def test_without_autograd(student, rng):
    """In training mode a batch counts in the running statistics also where autograd is switched off."""
    theirs, ours = layers(student, rng, 3)
    x = images(rng, 4, 3, 2, 5)
    with torch.no_grad():
        assert_close(theirs(x), ours(x), **CLOSE)
    got, want = theirs.state_dict(), ours.state_dict()
    for name in ("running_mean", "running_var"):
        assert_close(got[name], want[name], **CLOSE, name=name)


@pytest.mark.parametrize("options", [{}, {"eps": 1e-3}, {"eps": 0.5}], ids=["default", "0.001", "0.5"])
@pytest.mark.level("options")
@pytest.mark.weight(7)
def test_eps(student, rng, options):
    """eps, 1e-5 by default, is added to the variance, inside the root, which shows where a channel hardly varies."""
    theirs, ours = layers(student, rng, 3, **options)
    for layer in (theirs, ours):
        layer.eval()
    x = images(rng, 4, 3, 5, 2)
    assert_close(theirs(x), ours(x), **CLOSE, name="output in evaluation")
    for layer in (theirs, ours):
        layer.train()
    # Channels that hardly vary, about a mean as small, so that no digit is lost: eps = 1e-5 outweighs the variance.
    x = 1e-3 * images(rng, 4, 3, 5, 2)
    assert_close(theirs(x), ours(x), **CLOSE, name="output in training")


@pytest.mark.level("options")
@pytest.mark.weight(19)
def test_large_mean(student, rng):
    """A channel whose mean is large beside its spread is normalised as well as any other."""
    x = images(rng, 2, 8, 3, 5) + 5000
    exact = x.double()
    var, mean = torch.var_mean(exact, (0, 2, 3), unbiased=False, keepdim=True)
    want = ((exact - mean) / (var + 1e-5).sqrt()).float()
    # float32 sums of 30 such numbers put the mean off by 0.008 at the very worst; the mean square less the squared
    # mean, two numbers of 25 million that float32 rounds to even ones, puts the variance off by its own size.
    layer = student.BatchNorm2d(8, momentum=0.5)
    assert_close(layer(x), want, rtol=0, atol=0.08)
    got, unbiased = layer.state_dict()["running_var"], (exact.var((0, 2, 3)) + 1) / 2
    assert_close(got, unbiased.float(), rtol=0.05, atol=0, name="running_var")


@pytest.mark.level("options")
@pytest.mark.weight(1.5)
def test_constant_channel(student, rng):
    """A channel without any variation comes out as its bias, finite."""
    theirs, _ = layers(student, rng, 3)
    bias = theirs.state_dict()["bias"]
    for value in (0.25, 0.0):
        y = theirs(torch.full((4, 3, 2, 5), value))
        assert_close(y, bias.view(1, 3, 1, 1).expand(4, 3, 2, 5), **CLOSE)


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_first_batch(student, rng):
    """A new layer's running statistics begin at 0 and 1, and its first batch counts in them no more than any other."""
    theirs, ours = student.BatchNorm2d(4, momentum=0.2), nn.BatchNorm2d(4, momentum=0.2)
    x = images(rng, 3, 4, 2, 1)
    for layer in (theirs, ours):
        layer(x)
    got, want = theirs.state_dict(), ours.state_dict()
    for name in ("running_mean", "running_var"):
        assert_close(got[name], want[name], **CLOSE, name=name)


@pytest.mark.parametrize(
    "options", [{}, {"momentum": 0.3}, {"momentum": 0.75}, {"momentum": 0.0}, {"momentum": 1.0}]
)
@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_running_statistics(student, rng, options):
    """Over several training steps the running mean and the running, unbiased, variance equal PyTorch's."""
    theirs, ours = layers(student, rng, 3, **options)
    for step in range(4):
        x = images(rng, 2, 3, 2, 1)  # four values per channel: biased and unbiased differ by a third
        with torch.set_grad_enabled(step != 2):  # a batch counts with autograd and without
            for layer in (theirs, ours):
                layer(x)
    got, want = theirs.state_dict(), ours.state_dict()
    for name in ("running_mean", "running_var"):
        assert_close(got[name], want[name], **CLOSE, name=name)


@pytest.mark.level("plain")
@pytest.mark.weight(4.5)
def test_evaluation_output(student, rng):
    """In evaluation the output is normalised by the running statistics, as PyTorch's, also after training steps."""
    theirs, ours = layers(student, rng, 4)
    for layer in (theirs, ours):
        layer.eval()
    x = images(rng, 3, 4, 5, 2)
    assert_close(theirs(x), ours(x), **CLOSE)
    for layer in (theirs, ours):
        layer.train()
    for _ in range(3):
        batch = images(rng, 6, 4, 3, 5)
        for layer in (theirs, ours):
            layer(batch)
    for layer in (theirs, ours):
        layer.eval()
    assert_close(theirs(x), ours(x), **CLOSE)


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_evaluation_of_a_new_layer(student, rng):
    """A layer that has not been trained normalises in evaluation by what it starts with: mean 0 and variance 1."""
    layer = student.BatchNorm2d(4)
    layer.eval()
    x = images(rng, 3, 4, 2, 5)
    assert_close(layer(x), x / (1 + 1e-5) ** 0.5, **CLOSE)


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_loaded_after_use(student, rng):
    """Values that load_state_dict puts into the four tensors are used, also after the layer has been used."""
    used, _ = layers(student, rng, 3)
    used(images(rng, 4, 3, 5, 2))
    used.eval()
    x = images(rng, 3, 3, 2, 4)
    used(x)
    source, want = layers(student, rng, 3)
    want.eval()
    used.load_state_dict(source.state_dict())
    assert_close(used(x), want(x), **CLOSE)


@pytest.mark.level("options")
@pytest.mark.weight(1.5)
def test_evaluation_changes_nothing(student, rng):
    """In evaluation the running statistics stay as they are."""
    theirs, _ = layers(student, rng, 4)
    before = theirs.state_dict()
    before = {name: before[name].clone() for name in ("running_mean", "running_var")}
    theirs.eval()
    theirs(images(rng, 3, 4, 5, 2))
    after = theirs.state_dict()
    for name, value in before.items():
        assert_close(after[name], value, rtol=0, atol=0, name=name)


@pytest.mark.level("invariants")
@pytest.mark.weight(4.5)
def test_evaluation_each_image_alone(student, rng):
    """In evaluation an image's output does not depend on its neighbours in the batch, and one image of 1x1 will do."""
    theirs, ours = layers(student, rng, 4)
    for layer in (theirs, ours):
        layer.eval()
    x = images(rng, 5, 4, 3, 2)
    assert_close(theirs(x[3:4]), theirs(x)[3:4], **CLOSE)
    pixel = images(rng, 1, 4, 1, 1)
    assert_close(theirs(pixel), ours(pixel), **CLOSE)


@pytest.mark.level("contract")
@pytest.mark.weight(1)
def test_one_value_per_channel(student, rng):
    """In training one value per channel has no variance: a ValueError."""
    assert_raises(ValueError, student.BatchNorm2d(3), rng.randn(1, 3, 1, 1))


def gradients(layer, x, direction):
    """Gradients of a random projection of the output in x, weight and bias."""
    x = x.clone().requires_grad_()
    (layer(x) * direction).sum().backward()
    parameters = dict(layer.named_parameters())
    return {"image": x.grad, "weight": parameters["weight"].grad, "bias": parameters["bias"].grad}


@pytest.mark.level("invariants")
@pytest.mark.weight(6)
def test_gradients_in_training(student, rng):
    """In training image, weight and bias get PyTorch's gradients, which flow through the batch's mean and variance."""
    gradients_agree(student, rng, training=True)


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_gradient_knows_the_statistics(student, rng):
    """In training the gradient cannot shift or stretch a channel: its sum is zero, alone and weighed by the output."""
    layer, x = student.BatchNorm2d(3), images(rng, 2, 3, 4, 5).requires_grad_()
    y = layer(x)
    (y * rng.randn(2, 3, 4, 5)).sum().backward()
    assert x.grad is not None, "no gradient reaches the image"
    # Sums of 40 terms of unit size, in float32; eps leaves 1e-4 in the second. Without its part the gradient sums to 6.
    assert_close(x.grad.sum((0, 2, 3)), torch.zeros(3), rtol=0, atol=2e-3, name="sum of the gradient")
    weighed = (x.grad * y.detach()).sum((0, 2, 3))
    assert_close(weighed, torch.zeros(3), rtol=0, atol=2e-3, name="sum of the gradient times the output")


@pytest.mark.level("invariants")
@pytest.mark.weight(4.5)
def test_gradients_in_evaluation(student, rng):
    """In evaluation image, weight and bias get PyTorch's gradients."""
    gradients_agree(student, rng, training=False)


def gradients_agree(student, rng, training):
    """The student's gradients against torch's."""
    theirs, ours = layers(student, rng, 3)
    for layer in (theirs, ours):
        layer.train(training)
    x, direction = images(rng, 2, 3, 4, 5), rng.randn(2, 3, 4, 5)
    got, want = gradients(theirs, x, direction), gradients(ours, x, direction)
    for name, grad in want.items():
        assert got[name] is not None, f"no gradient reaches the {name}"
        assert_close(
            got[name], grad, rtol=1e-3, atol=1e-3, name=f"gradient of the {name}"
        )  # sums of 40 terms


@pytest.mark.level("contract")
@pytest.mark.weight(5.5)
def test_double_precision(student, rng):
    """A layer turned to float64 works in float64, in training and in evaluation."""
    theirs, ours = layers(student, rng, 3)
    for layer in (theirs, ours):
        layer.double()
    for training in (True, False):
        for layer in (theirs, ours):
            layer.train(training)
        x = images(rng, 2, 3, 4, 5).double()
        name = f"output in {'training' if training else 'evaluation'}"
        assert_close(theirs(x), ours(x), rtol=1e-9, atol=1e-9, name=name)


@pytest.mark.level("invariants")
@pytest.mark.weight(4.5)
def test_running_statistics_carry_no_graph(student, rng):
    """After a training step the running statistics are plain numbers: they keep no autograd graph alive."""
    theirs, _ = layers(student, rng, 3)
    x = images(rng, 2, 3, 4, 5).requires_grad_()
    theirs(x).sum().backward()
    for name, value in (("running_mean", theirs.running_mean), ("running_var", theirs.running_var)):
        assert not value.requires_grad, f"{name} still hangs on the batch's autograd graph"


@pytest.mark.level("invariants")
@pytest.mark.weight(0.5)
def test_scale_of_the_input(student, rng):
    """In training a channel's brightness and contrast make no difference to the output."""
    layer = student.BatchNorm2d(3)
    x = images(rng, 4, 3, 5, 2)
    changed = x * torch.tensor([2.0, 0.5, 7.0]).view(1, 3, 1, 1) + torch.tensor([-3.0, 1.0, 4.0]).view(
        1, 3, 1, 1
    )
    assert_close(layer(changed), layer(x), rtol=1e-3, atol=1e-3)  # eps counts differently by up to 1e-4


@pytest.mark.level("options")
@pytest.mark.weight(1.5)
def test_layers_are_independent(student, rng):
    """Two layers share nothing: not their running statistics, not their weight and bias."""
    second, (first, _) = student.BatchNorm2d(3), layers(student, rng, 3)
    first(images(rng, 4, 3, 5, 2))
    state = second.state_dict()
    for name, value in (("running_mean", 0.0), ("running_var", 1.0), ("weight", 1.0), ("bias", 0.0)):
        if name in state:  # another test asks whether the statistics are stored
            assert_close(state[name], torch.full((3,), value), name=f"{name} of the other layer")


@pytest.mark.level("options")
@pytest.mark.weight(4)
def test_memory_layout(student, rng):
    """Transposed and expanded inputs give the same output as contiguous ones."""
    theirs, ours = layers(student, rng, 3)
    x = images(rng, 2, 3, 6, 5).permute(2, 1, 3, 0)
    assert_close(theirs(x), ours(x), **CLOSE)
    x = images(rng, 1, 3, 4, 5).expand(3, 3, 4, 5)
    assert_close(theirs(x), ours(x), **CLOSE)
