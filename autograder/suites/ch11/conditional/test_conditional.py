"""Hidden suite of `conditional`: what the two networks depend on, and samples that a classifier of the grader's judges.

The grader permutes the pixels of scikit-learn's digits and renames the classes, so that no weights made beforehand fit.
Its classifier, a support vector machine, has seen all real digits; the student's process has seen no classifier.
"""

import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.svm import SVC

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("conditional"),
    pytest.mark.shares(runs=4, plain=35, options=10, invariants=4, converges=47),
]


def inputs(rng, n, d, classes):
    """Noise or pixels in [0, 1], and labels with every class among them."""
    return rng.rand(n, d), (torch.arange(n) % classes)[rng.perm(n)]


def digits(rng):
    """All digits with permuted pixels and renamed classes."""
    data = load_digits()
    pixels, names = rng.perm(64), rng.perm(10)
    return torch.tensor(data.data, dtype=torch.float32)[:, pixels] / 16, names[torch.tensor(data.target)]


def judged(generator, rng, images, labels):
    """Share of 1,000 samples that are recognised, and their diversity."""
    classifier = SVC().fit(images.numpy(), labels.numpy())
    asked = torch.arange(1000) % 10
    made = generator(rng.randn(1000, 16), asked).detach()
    recognised = float((torch.tensor(classifier.predict(made.numpy())) == asked).float().mean())
    ratios = [
        torch.pdist(made[asked == k]).mean() / torch.pdist(images[labels == k]).mean() for k in range(10)
    ]
    copied = float((torch.cdist(made, images).min(1).values < 1e-3).float().mean())
    assert copied < 0.05, f"a share of {copied:.2f} of the samples are images of the data"
    return recognised, float(torch.stack(ratios).mean())


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """A row of pixels for each row of noise, a logit for each image, and a training that gives a generator."""
    z, labels = inputs(rng, 7, 5, 3)
    made = student.ConditionalGenerator(5, 3, 11)(z, labels)
    assert tuple(made.shape) == (7, 11), (
        f"seven rows of noise and 11 pixels give images of shape {tuple(made.shape)}"
    )
    logits = student.ConditionalDiscriminator(11, 3)(made.detach(), labels)
    assert tuple(logits.shape) == (7,), f"seven images give logits of shape {tuple(logits.shape)}"
    images, labels = inputs(rng, 9, 11, 3)
    generator = student.train_conditional(images, labels, 3, 16, 2, rng.generator())
    assert tuple(generator(rng.randn(7, 16), labels[:7]).shape) == (7, 11), (
        "the trained generator makes images of the data's size"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(3.2)
def test_generator_listens(student, rng):
    """The generator's image depends on the noise and on the label, for every pair of classes."""
    g = student.ConditionalGenerator(6, 5, 13)
    z = rng.randn(1, 6)
    images = torch.stack([g(z, torch.tensor([k])).detach()[0] for k in range(5)])
    assert float(torch.pdist(images).min()) > 1e-5, "two labels give the same image"
    other = g(rng.randn(4, 6), torch.tensor([3, 3, 3, 3])).detach()
    assert float(torch.pdist(other).min()) > 1e-5, "two rows of noise give the same image"


@pytest.mark.level("plain")
@pytest.mark.weight(3.2)
def test_judge_is_told(student, rng):
    """The discriminator's logit depends on the image and on the label, for every pair of classes."""
    d = student.ConditionalDiscriminator(13, 5)
    x = rng.rand(1, 13)
    logits = torch.stack([d(x, torch.tensor([k])).detach()[0] for k in range(5)])
    assert float(torch.pdist(logits[:, None]).min()) > 1e-7, (
        "two labels give the same logit: is the discriminator told?"
    )
    other = d(rng.rand(4, 13), torch.tensor([2, 2, 2, 2])).detach()
    assert float(torch.pdist(other[:, None]).min()) > 1e-7, "two images give the same logit"


@pytest.mark.level("plain")
@pytest.mark.weight(1.4)
def test_pixels(student, rng):
    """Pixels lie in [0, 1], for huge noise too, and logits take both signs."""
    g = student.ConditionalGenerator(6, 4, 13)
    z, labels = inputs(rng, 12, 6, 4)
    for scale in (1.0, 100.0):
        made = g(scale * (2 * z - 1), labels).detach()
        assert float(made.min()) >= 0 and float(made.max()) <= 1, "a pixel is not between 0 and 1"
    d = student.ConditionalDiscriminator(13, 4)
    logits = d(200 * rng.randn(300, 13), torch.arange(300) % 4).detach()
    assert float(logits.min()) < 0 < float(logits.max()), "a logit may have either sign and any size"
    assert float(logits.max() - logits.min()) > 1.5, (
        "logits do not grow with the input: is a sigmoid in the way?"
    )


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_each_by_itself(student, rng):
    """A sample depends on its own inputs alone; one sample is a batch; other sizes and widths."""
    for n_latent, classes, pixels, width in ((3, 2, 7, 9), (4, 12, 5, 20)):
        g = student.ConditionalGenerator(n_latent, classes, pixels, width)
        d = student.ConditionalDiscriminator(pixels, classes, width)
        z, labels = inputs(rng, 12, n_latent, classes)
        made = g(z, labels).detach()
        for k in (0, 5, 11):
            one = slice(k, k + 1)
            assert_close(
                g(z[one], labels[one]).detach(), made[one], rtol=1e-4, atol=1e-6, name="image of one"
            )
            assert_close(
                d(made[one], labels[one]).detach(),
                d(made, labels).detach()[one],
                rtol=1e-4,
                atol=1e-6,
                name="logit of one",
            )


@pytest.mark.level("options")
@pytest.mark.weight(2.2)
def test_arguments(student, rng):
    """No step at all gives a generator too, any number of latents and pixels will do, data may be views."""
    images, labels = rng.rand(7, 12).T, torch.arange(12) % 4
    for steps in (0, 1):
        g = student.train_conditional(images, labels, 4, 3, steps, rng.generator())
        assert tuple(g(rng.randn(2, 3), torch.tensor([0, 3])).shape) == (2, 7), (
            "latents and pixels are those asked for"
        )


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_gradients(student, rng):
    """Every parameter of both networks is reached by a gradient, and the image gets one through the judge."""
    z, labels = inputs(rng, 20, 6, 4)
    g, d = student.ConditionalGenerator(6, 4, 13), student.ConditionalDiscriminator(13, 4)
    (g(z, labels) * rng.randn(20, 13)).sum().backward()
    x = rng.rand(20, 13).requires_grad_()
    d(x, labels).sum().backward()
    for what, network in (("generator", g), ("discriminator", d)):
        for name, p in network.named_parameters():
            assert p.grad is not None and bool(p.grad.any()), f"no gradient reaches {name} of the {what}"
            assert bool(p.grad.isfinite().all()), f"the gradient of {name} of the {what} is not finite"
    assert x.grad is not None and bool((x.grad != 0).any(1).all()), (
        "no gradient reaches the images through the judge"
    )


@pytest.mark.level("invariants")
def test_seeds(student, rng):
    """Equal seeds train equal generators, and the training moves the generator."""
    images, labels = inputs(rng, 30, 9, 3)
    seed, z = rng.seed(), rng.randn(5, 4)
    made = []
    for steps in (3, 3, 0):
        student.torch.manual_seed(seed)
        g = student.train_conditional(images, labels, 3, 4, steps, torch.Generator().manual_seed(seed))
        made.append(g(z, torch.tensor([0, 1, 2, 0, 1])).detach())
    assert_close(made[0], made[1], rtol=0, atol=0, name="images of two trainings from one seed")
    assert not torch.equal(made[0], made[2]), "three steps have not moved the generator"


@pytest.mark.level("converges")
@pytest.mark.timeout(60)
def test_recognised(student, rng):
    """After 500 steps at least 70% of the samples are recognised, pixels permuted and classes renamed."""
    images, labels = digits(rng)
    student.torch.manual_seed(rng.seed())
    generator = student.train_conditional(images, labels, 10, 16, 500, rng.generator())
    recognised, _ = judged(generator, rng, images, labels)
    assert recognised >= 0.70, f"after 500 steps {recognised:.2f} of the samples are recognised"


@pytest.mark.level("converges")
@pytest.mark.weight(2)
@pytest.mark.timeout(90)
def test_diverse(student, rng):
    """After 800 steps at least 85% are recognised, and the samples of a class differ: a diversity of at least 0.65."""
    images, labels = digits(rng)
    student.torch.manual_seed(rng.seed())
    generator = student.train_conditional(images, labels, 10, 16, 800, rng.generator())
    recognised, diversity = judged(generator, rng, images, labels)
    assert recognised >= 0.85 and diversity >= 0.65, (
        f"after 800 steps {recognised:.2f} of the samples are recognised, with a diversity of {diversity:.2f}"
    )


@pytest.mark.level("contract")
def test_double(student, rng):
    """Networks in float64 answer in float64."""
    z, labels = inputs(rng, 6, 5, 3)
    g, d = student.ConditionalGenerator(5, 3, 11), student.ConditionalDiscriminator(11, 3)
    g.double()
    d.double()
    made = g(z.double(), labels)
    assert made.dtype == torch.float64, "a generator in float64 gives float64"
    assert d(made.detach(), labels).dtype == torch.float64, "a discriminator in float64 gives float64"


@pytest.mark.level("contract")
def test_draws(student, rng):
    """Weights come from the global random generator, batches and noise from the one that is handed in."""
    images, labels = inputs(rng, 30, 9, 3)
    seed, z = rng.seed(), rng.randn(5, 4)

    def made(own, handed, steps):
        student.torch.manual_seed(own)
        g = student.train_conditional(images, labels, 3, 4, steps, torch.Generator().manual_seed(handed))
        return g(z, torch.tensor([0, 1, 2, 0, 1])).detach()

    assert not torch.equal(made(seed, seed, 0), made(seed + 1, seed, 0)), (
        "the weights do not come from the global random generator"
    )
    assert not torch.equal(made(seed, seed, 3), made(seed, seed + 1, 3)), (
        "batches and noise do not come from the generator that is handed in"
    )


@pytest.mark.level("contract")
def test_class_without_images(student, rng):
    """A class of which the data hold no image is a class."""
    images, labels = inputs(rng, 12, 7, 3)
    g = student.train_conditional(images, labels, 4, 3, 1, rng.generator())
    assert tuple(g(rng.randn(2, 3), torch.tensor([3, 3])).shape) == (2, 7)
