"""Hidden suite of `dcgan`: each network is computed again by torch.nn.functional with the student's own weights.

Weights are told by their order, which the card states; the grader fills them with random numbers in float64.
"""

import math

import pytest
import torch
import torch.nn.functional as F

from autograder.testing import assert_close, assert_raises

pytestmark = [pytest.mark.exercise("dcgan"), pytest.mark.shares(runs=12, plain=42, options=22, invariants=24)]

CLOSE = {"rtol": 1e-6, "atol": 1e-8}


def filled(model, rng):
    """The model in float64 with random weights and statistics; its weights in order, and its statistics in order."""
    model.double()
    state = {}
    for name, value in model.state_dict().items():
        if name.endswith("num_batches_tracked"):
            state[name] = value
        elif name.endswith("running_var"):
            state[name] = 0.5 + rng.rand(*value.shape, dtype=torch.float64)
        else:
            fan = value[0].numel() if value.dim() > 1 else 1
            state[name] = rng.randn(*value.shape, dtype=torch.float64) / math.sqrt(fan) + (
                0.3 if value.dim() == 1 else 0
            )
    model.load_state_dict(state)
    weights = [p.detach() for _, p in model.named_parameters()]
    statistics = [b.detach().clone() for n, b in model.state_dict().items() if "running" in n]
    return weights, statistics


def norm(x, weights, statistics, training):
    """Batch norm by the next scale, shift, and statistics."""
    scale, shift = weights.pop(0), weights.pop(0)
    mean, variance = statistics.pop(0), statistics.pop(0)
    if training:
        mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), correction=0)
    x = (x - mean[:, None, None]) / (variance[:, None, None] + 1e-5).sqrt()
    return scale[:, None, None] * x + shift[:, None, None]


def generated(z, weights, statistics, training):
    weights, statistics, x = list(weights), list(statistics), z[:, :, None, None]
    x = F.conv_transpose2d(x, weights.pop(0))
    while weights:
        x = norm(x, weights, statistics, training).clamp(min=0)
        x = F.conv_transpose2d(x, weights.pop(0), stride=2, padding=1)
    return torch.tanh(x)


def judged(x, weights, statistics, training):
    weights, statistics = list(weights), list(statistics)
    x = F.conv2d(x, weights.pop(0), stride=2, padding=1)
    while len(weights) > 1:
        x = torch.where(x > 0, x, 0.2 * x)
        x = F.conv2d(x, weights.pop(0), stride=2, padding=1)
        x = norm(x, weights, statistics, training)
    return F.conv2d(torch.where(x > 0, x, 0.2 * x), weights.pop(0))[:, 0, 0, 0]


def count(latent, width, channels, size):
    """Parameters, layer by layer."""
    widths = [width * size // 8]
    while widths[-1] > width:
        widths.append(widths[-1] // 2)
    pairs = zip([latent, *widths], [*widths, channels], strict=True)
    return sum(16 * a * b for a, b in pairs) + 2 * sum(widths)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """Latents become images in -1 ... 1, images become one logit each."""
    images = student.DCGANGenerator(7, 3, 2, 64)(rng.randn(4, 7))
    assert tuple(images.shape) == (4, 2, 64, 64), "images are (N, C, size, size)"
    assert float(images.detach().abs().max()) <= 1, "pixels lie in -1 ... 1"
    assert tuple(student.DCGANDiscriminator(3, 2, 64)(images.detach()).shape) == (4,), (
        "one logit for each image"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(2.4)
@pytest.mark.parametrize(
    ("n", "kernel", "stride", "padding"), [(5, 4, 2, 1), (1, 4, 1, 0), (7, 3, 3, 1), (4, 6, 2, 2)]
)
def test_size(student, rng, n, kernel, stride, padding):
    """The size after a transposed convolution is the one that PyTorch's has."""
    want = F.conv_transpose2d(
        torch.zeros(1, 1, n, n), torch.zeros(1, 1, kernel, kernel), stride=stride, padding=padding
    )
    got = student.transposed_size(n, kernel, stride, padding)
    assert got == want.shape[-1], (
        f"from {n} by kernel {kernel}, stride {stride}, padding {padding}: {got}, not {want.shape[-1]}"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(1.5)
def test_published_counts(student):
    """At 64 x 64 the generator has 3,576,704 parameters and the discriminator 2,765,568."""
    got = sum(p.numel() for _, p in student.DCGANGenerator().named_parameters())
    assert got == 3_576_704, f"the generator has {got:,} parameters instead of 3,576,704"
    got = sum(p.numel() for _, p in student.DCGANDiscriminator().named_parameters())
    assert got == 2_765_568, f"the discriminator has {got:,} parameters instead of 2,765,568"


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize("training", [True, False])
def test_generator(student, rng, training):
    """The generator is the table's: transposed convolutions, batch norm and ReLU between them, tanh at the end."""
    model = student.DCGANGenerator(5, 4, 3, 32)
    weights, statistics = filled(model, rng)
    assert weights[0].shape == (5, 16, 4, 4), (
        f"the first weight has the shape {tuple(weights[0].shape)} instead of (5, 16, 4, 4)"
    )
    model.train(training)
    z = rng.randn(3, 5).double()
    assert_close(
        model(z).detach(), generated(z, weights, statistics, training), **CLOSE, name="images", axes="NCHW"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize("training", [True, False])
def test_discriminator(student, rng, training):
    """The discriminator is the table's: leaky ReLU of slope 0.2, no batch norm at the input, no sigmoid."""
    model = student.DCGANDiscriminator(4, 3, 32)
    weights, statistics = filled(model, rng)
    model.train(training)
    x = rng.randn(5, 3, 32, 32).double()
    assert_close(model(x).detach(), judged(x, weights, statistics, training), **CLOSE, name="logits")


@pytest.mark.level("plain")
@pytest.mark.weight(1.5)
@pytest.mark.parametrize("options", [(100, 64, 3, 64), (10, 5, 1, 8), (33, 7, 2, 16), (100, 64, 3, 256)])
def test_formula(student, options):
    """The formula counts the generator's parameters at every size."""
    got = student.generator_parameters(*options)
    assert got == count(*options), (
        f"{got:,} parameters by the formula for {options} instead of {count(*options):,}"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_formula_of_a_giant(student):
    """The formula counts a network that no computer could hold: nothing is built."""
    options = (2**40, 2**40, 3, 2**20)
    share = student.generator_parameters(*options) / count(*options)
    assert abs(share - 1) < 1e-9, f"{share} times as many parameters as a generator of the size {options} has"


@pytest.mark.level("options")
@pytest.mark.weight(2)
@pytest.mark.parametrize("size", [8, 16, 128])
def test_other_sizes(student, rng, size):
    """Other sizes have more or fewer of the middle layers; the smallest has none."""
    generator, discriminator = student.DCGANGenerator(3, 2, 1, size), student.DCGANDiscriminator(2, 1, size)
    weights, statistics = filled(generator, rng)
    z = rng.randn(2, 3).double()
    want = generated(z, weights, statistics, True)
    assert tuple(want.shape) == (2, 1, size, size), (
        f"{len(weights)} weights do not make images of {size} x {size}"
    )
    assert_close(generator(z).detach(), want, **CLOSE, name=f"images of {size} x {size}", axes="NCHW")
    weights, statistics = filled(discriminator, rng)
    x = rng.randn(2, 1, size, size).double()
    assert_close(
        discriminator(x).detach(),
        judged(x, weights, statistics, True),
        **CLOSE,
        name=f"logits at {size} x {size}",
    )


@pytest.mark.level("options")
def test_one(student, rng):
    """One image is a batch, in evaluation; views are data."""
    generator, discriminator = student.DCGANGenerator(4, 3, 2, 16), student.DCGANDiscriminator(3, 2, 16)
    for model in (generator, discriminator):
        filled(model, rng)
        model.eval()
    z = rng.randn(4, 3).double().T
    images = generator(z).detach()
    assert tuple(generator(z[:1]).shape) == (1, 2, 16, 16) and tuple(discriminator(images[:1]).shape) == (
        1,
    ), "a batch of one keeps its axis"
    assert_close(generator(z[:1]).detach(), images[:1], **CLOSE, name="image of one")
    turned = images.transpose(2, 3)
    assert_close(
        discriminator(turned).detach(),
        discriminator(turned.contiguous()).detach(),
        **CLOSE,
        name="logits of views",
    )


@pytest.mark.level("options")
@pytest.mark.weight(0.7)
def test_defaults(student, rng):
    """The defaults are 100 latents, width 64, 3 channels, 64 x 64, by name too."""
    assert student.generator_parameters() == 3_576_704, "the formula's defaults are those of the generator"
    assert student.generator_parameters(size=16, channels=1) == count(100, 64, 1, 16), (
        "arguments may be given by name"
    )
    model = student.DCGANDiscriminator(size=8, channels=5, width=3)
    assert tuple(model(rng.randn(2, 5, 8, 8)).shape) == (2,)


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_start(student, rng):
    """Convolutions start at N(0, 0.02^2), scales of batch norm at N(1, 0.02^2), shifts at 0, each draw anew."""
    for model in (student.DCGANGenerator(20, 16, 3, 32), student.DCGANDiscriminator(16, 3, 32)):
        kernels = torch.cat([p.detach().flatten() for _, p in model.named_parameters() if p.dim() == 4])
        vectors = [p.detach() for _, p in model.named_parameters() if p.dim() == 1]
        scales, shifts = torch.cat(vectors[0::2]), torch.cat(vectors[1::2])
        n = kernels.numel()
        assert abs(float(kernels.mean())) < 6.5 * 0.02 / math.sqrt(n), (
            "the convolutions' weights have not the mean 0"
        )
        assert abs(float(kernels.std()) / 0.02 - 1) < 6.5 / math.sqrt(2 * n), (
            "the convolutions' weights have not the deviation 0.02"
        )
        within = float((kernels.abs() < 0.02).double().mean())
        assert abs(within - 0.6827) < 6.5 * 0.47 / math.sqrt(n), (
            "the convolutions' weights are not normally distributed"
        )
        assert abs(float(scales.mean()) - 1) < 0.02 and 0.012 < float(scales.std()) < 0.03, (
            "scales start at N(1, 0.02^2)"
        )
        assert float(shifts.abs().max()) == 0, "shifts start at 0"
    one, two = (list(student.DCGANGenerator(4, 2, 1, 8).named_parameters())[0][1].detach() for _ in range(2))
    assert float((one - two).abs().max()) > 0, "two networks start with the same weights"


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_gradients(student, rng):
    """Gradients reach every parameter of both networks and the latents, with the values of the networks built here."""
    generator, discriminator = student.DCGANGenerator(4, 2, 3, 16), student.DCGANDiscriminator(2, 3, 16)
    parts = [filled(model, rng) for model in (generator, discriminator)]
    z = rng.randn(5, 4).double()
    mine, own = z.clone().requires_grad_(), z.clone().requires_grad_()
    copies = [[w.clone().requires_grad_() for w in weights] for weights, _ in parts]
    judged(generated(own, copies[0], parts[0][1], True), copies[1], parts[1][1], True).sum().backward()
    discriminator(generator(mine)).sum().backward()
    assert mine.grad is not None, "no gradient reaches the latents"
    assert_close(mine.grad, own.grad, rtol=1e-5, atol=1e-9, name="gradient in the latents")
    for model, weights in zip((generator, discriminator), copies, strict=True):
        for (name, p), w in zip(model.named_parameters(), weights, strict=True):
            assert p.grad is not None, f"{name} gets no gradient"
            assert_close(p.grad, w.grad, rtol=1e-5, atol=1e-8, name=f"gradient of {name}")


@pytest.mark.level("contract")
def test_refuses(student):
    """Sizes that the table cannot make are refused."""
    for size in (4, 24, 63):
        assert_raises(ValueError, student.DCGANGenerator, 4, 2, 1, size)
        assert_raises(ValueError, student.DCGANDiscriminator, 2, 1, size)
