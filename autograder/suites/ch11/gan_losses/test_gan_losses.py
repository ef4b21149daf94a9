"""Hidden suite of `gan_losses`: losses of torch.nn.functional with targets, written-out hinges, closed forms far out.

Tolerance: float64 arithmetic on numbers of size 10 agrees to 1e-9, float32 to 1e-5 of the value.
"""

import math

import pytest
import torch
import torch.nn.functional as F

from autograder.testing import assert_close, assert_raises, gradcheck

pytestmark = [pytest.mark.exercise("gan_losses")]

CLOSE = {"rtol": 1e-8, "atol": 1e-9}
KINDS = ("minimax", "non_saturating", "least_squares", "hinge")


def cross_entropy(logits, target):
    """Mean binary cross-entropy against one target, by torch."""
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


def judge(real, fake, kind, smoothing=0.0):
    """The discriminator's loss."""
    if kind == "least_squares":
        return (
            F.mse_loss(real, torch.full_like(real, 1 - smoothing)) / 2
            + F.mse_loss(fake, torch.zeros_like(fake)) / 2
        )
    if kind == "hinge":
        return torch.clamp(1 - real, min=0).mean() + torch.clamp(1 + fake, min=0).mean()
    return cross_entropy(real, 1 - smoothing) + cross_entropy(fake, 0.0)


def forger(fake, kind):
    """The generator's loss."""
    if kind == "least_squares":
        return F.mse_loss(fake, torch.ones_like(fake)) / 2
    if kind == "hinge":
        return -fake.sum() / fake.numel()
    return cross_entropy(fake, 1.0) if kind == "non_saturating" else -cross_entropy(fake, 0.0)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """Each loss is one number, for each kind."""
    for kind in KINDS:
        for loss in (
            student.discriminator_loss(rng.randn(5), rng.randn(5), kind),
            student.generator_loss(rng.randn(5), kind),
        ):
            assert isinstance(loss, torch.Tensor) and tuple(loss.shape) == (), f"{kind}: a loss is one number"


@pytest.mark.level("plain")
@pytest.mark.weight(5)
@pytest.mark.parametrize("kind", KINDS)
def test_discriminator(student, rng, kind):
    """The discriminator's loss is that of its kind."""
    real, fake = 3 * rng.randn(6).double(), 3 * rng.randn(6).double()
    assert_close(
        student.discriminator_loss(real, fake, kind), judge(real, fake, kind), **CLOSE, name=f"{kind} loss"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize("kind", KINDS)
def test_generator(student, rng, kind):
    """The generator's loss is that of its kind."""
    fake = 3 * rng.randn(7).double()
    assert_close(student.generator_loss(fake, kind), forger(fake, kind), **CLOSE, name=f"{kind} loss")


@pytest.mark.level("options")
@pytest.mark.weight(2)
@pytest.mark.parametrize("smoothing", [0.1, 0.35, 1.0])
def test_smoothing(student, rng, smoothing):
    """Smoothing lowers the target of the real samples alone, for both entropies and least squares."""
    real, fake = 3 * rng.randn(6).double(), 3 * rng.randn(6).double()
    for kind in KINDS[:3]:
        got = student.discriminator_loss(real, fake, kind, smoothing)
        assert_close(got, judge(real, fake, kind, smoothing), **CLOSE, name=f"{kind} loss with smoothing")
        got = student.discriminator_loss(real, fake, kind=kind, smoothing=0.0)
        assert_close(got, judge(real, fake, kind), **CLOSE, name=f"{kind} loss without smoothing")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_different_sizes(student, rng):
    """Other numbers of made samples than of real ones, columns, judges of patches, one sample alone."""
    for real_shape, fake_shape in (
        ((5,), (3,)),
        ((5, 1), (3, 1)),
        ((2, 1, 3, 4), (3, 1, 3, 4)),
        ((1,), (1,)),
        ((4, 1), (4,)),
    ):
        real, fake = 3 * rng.randn(*real_shape).double(), 3 * rng.randn(*fake_shape).double()
        for kind in KINDS:
            got = student.discriminator_loss(real, fake, kind)
            assert_close(
                got, judge(real, fake, kind), **CLOSE, name=f"{kind} loss of {real_shape} and {fake_shape}"
            )
            got = student.generator_loss(fake, kind)
            assert_close(got, forger(fake, kind), **CLOSE, name=f"{kind} generator's loss of {fake_shape}")


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_huge_logits(student):
    """Logits of plus and minus 10,000 have the losses of the formulas, in float32 too."""
    up, down = torch.tensor([1e4, 30.0]), torch.tensor([-1e4, -30.0])
    small = math.log1p(math.exp(-30.0)) / 2
    for kind in KINDS[:2]:
        got = student.discriminator_loss(down, up, kind)
        assert_close(
            got, torch.tensor(10030.0), rtol=1e-5, atol=0, name=f"{kind}: loss of a judge who is all wrong"
        )
        got = student.discriminator_loss(up, down, kind)
        assert_close(
            got,
            torch.tensor(2 * small),
            rtol=1e-3,
            atol=1e-6,
            name=f"{kind}: loss of a judge who is all right",
        )
        got = student.discriminator_loss(up, down, kind, 0.25)
        assert_close(got, torch.tensor(0.25 * 5015.0), rtol=1e-5, atol=0, name=f"{kind}: smoothed loss")
    for logits, minimax, other in ((up, -5015.0, small), (down, -small, 5015.0)):
        assert_close(
            student.generator_loss(logits, "minimax"),
            torch.tensor(minimax),
            rtol=1e-3,
            atol=1e-6,
            name="minimax",
        )
        got = student.generator_loss(logits, "non_saturating")
        assert_close(got, torch.tensor(other), rtol=1e-3, atol=1e-6, name="non-saturating")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_defaults_and_views(student, rng):
    """Non-saturating without smoothing unless another kind is named; strided logits; gradients switched off."""
    real, fake = 3 * rng.randn(4, 6).double()[:, ::2], (3 * rng.randn(5, 4).double()).T
    with torch.no_grad():
        got = student.discriminator_loss(real, fake), student.generator_loss(fake)
    assert_close(got[0], judge(real, fake, "non_saturating"), **CLOSE, name="default discriminator's loss")
    assert_close(got[1], forger(fake, "non_saturating"), **CLOSE, name="default generator's loss")


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
@pytest.mark.parametrize("kind", KINDS)
def test_gradients(student, rng, kind):
    """Both arguments get the gradients of finite differences, and both losses stay in the graph."""
    # Not near the corners of the hinge, where finite differences are wrong.
    real, fake = (
        rng.uniform(-0.8, 0.8, 5, dtype=torch.float64) + 2 * (rng.randint(0, 3, (5,)) - 1) for _ in range(2)
    )
    real, fake = real.requires_grad_(), fake.requires_grad_()
    assert gradcheck(lambda r, f: student.discriminator_loss(r, f, kind), (real, fake))
    if kind != "hinge":
        assert gradcheck(lambda r, f: student.discriminator_loss(r, f, kind, 0.3), (real, fake))
    assert gradcheck(lambda f: student.generator_loss(f, kind), (fake,))


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_huge_gradients(student):
    """At huge logits the gradients are those of the formulas: 0 or 1 over the batch, never NaN."""
    slopes = {
        "minimax": (-0.5, 0.0),
        "non_saturating": (0.0, -0.5),
        "least_squares": (4999.5, -5000.5),
        "hinge": (-0.5, -0.5),
    }
    for kind, want in slopes.items():
        fake = torch.tensor([1e4, -1e4], requires_grad=True)
        student.generator_loss(fake, kind).backward()
        assert fake.grad is not None, f"{kind}: no gradient reaches the made logits"
        assert_close(
            fake.grad,
            torch.tensor(want),
            rtol=1e-5,
            atol=1e-7,
            name=f"gradient of the {kind} generator's loss",
        )
    slopes = {"minimax": ((0.0, -0.5), (0.5, 0.0)), "hinge": ((0.0, -0.5), (0.5, 0.0))}
    for kind, (want_real, want_fake) in slopes.items():
        real, fake = (
            torch.tensor([1e4, -1e4], requires_grad=True),
            torch.tensor([1e4, -1e4], requires_grad=True),
        )
        student.discriminator_loss(real, fake, kind).backward()
        for what, got, want in (("real", real.grad, want_real), ("made", fake.grad, want_fake)):
            assert got is not None, f"{kind}: no gradient reaches the {what} logits"
            assert_close(
                got,
                torch.tensor(want),
                rtol=1e-5,
                atol=1e-7,
                name=f"gradient of the {kind} loss, {what} logits",
            )


@pytest.mark.level("invariants")
def test_zero_sum(student, rng):
    """In the minimax game the made samples' part of the one loss is minus the other; non-saturating is no such game."""
    real, fake = rng.randn(5).double(), rng.randn(4).double()
    total = student.discriminator_loss(real, fake, "minimax") + student.generator_loss(fake, "minimax")
    other = student.discriminator_loss(real, -2 * fake, "minimax") + student.generator_loss(
        -2 * fake, "minimax"
    )
    assert_close(total, other, **CLOSE, name="sum of both minimax losses for other made samples")
    zeros = torch.zeros(6, dtype=torch.float64)
    for kind in KINDS[:2]:
        got = student.discriminator_loss(zeros, zeros, kind)
        assert_close(
            got,
            torch.tensor(math.log(4)).double(),
            rtol=1e-6,
            atol=1e-7,
            name=f"{kind} loss of a judge who says one half",
        )


@pytest.mark.level("contract")
def test_refused(student, rng):
    """An unknown kind is a ValueError in both functions, and so is smoothing with the hinge loss."""
    logits = rng.randn(3)
    for unknown in ("wasserstein", "Minimax", "mini", "saturating", ""):
        assert_raises(ValueError, student.discriminator_loss, logits, logits, unknown)
        assert_raises(ValueError, student.generator_loss, logits, unknown)
    assert_raises(ValueError, student.discriminator_loss, logits, logits, "hinge", 0.1)
