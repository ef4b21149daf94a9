"""Hidden suite of `gan_steps`: the grader holds copies of both networks and makes the same steps with torch.

Steps are plain gradient descent in float64, where a gradient that should not be there shows to the last digit. The loop
is compared with the grader's own for a few rounds on the batches that the grader handed out, and judged in the end by
the points that it learns to make, on clouds that no weights made beforehand fit.
"""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("gan_steps"),
    pytest.mark.shares(runs=9, plain=45, options=18, invariants=18, converges=10),
]

CLOSE = {"rtol": 1e-7, "atol": 1e-9}


def networks(student, n_latent=3, width=5):
    """A small generator and a small discriminator of the notebook, float64."""
    generator, discriminator = student.PointGenerator(n_latent, width), student.PointDiscriminator(width + 1)
    generator.double()
    discriminator.double()
    return generator, discriminator


def copy_of(network):
    """The grader's own copy of one of them; a discriminator's answers are columns."""
    stored = {name.removeprefix("layers."): value.clone() for name, value in network.state_dict().items()}
    (width, inputs), (outputs, _) = stored["0.weight"].shape, stored["4.weight"].shape
    layers = nn.Sequential(
        nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, outputs)
    ).to(stored["0.weight"].dtype)
    layers.load_state_dict(stored)
    return layers


def judge_loss(g, d, real, z):
    return F.softplus(-d(real)).mean() + F.softplus(d(g(z).detach())).mean()


def forger_loss(g, d, z):
    return F.softplus(-d(g(z))).mean()


def descend(network, loss, lr):
    """One step of gradient descent of the grader's copy."""
    gradients = torch.autograd.grad(loss, list(network.parameters()))
    with torch.no_grad():
        for p, gradient in zip(network.parameters(), gradients, strict=True):
            p -= lr * gradient


def assert_is(network, copy, what):
    """The student's network has the parameters of the grader's copy."""
    for (name, got), want in zip(network.named_parameters(), copy.parameters(), strict=True):
        assert_close(got.detach(), want.detach(), **CLOSE, name=f"{what}: {name}")


def assert_untouched(network, before, what):
    """Bit for bit what it was."""
    for (name, got), want in zip(network.named_parameters(), before.parameters(), strict=True):
        assert torch.equal(got.detach(), want.detach()), f"{what}: {name} has changed"


def recorded(make):
    """A source of batches, and the list of those that it has given."""
    given = []

    def source(n):
        given.append(make(n))
        return given[-1]

    return source, given


@pytest.mark.level("runs")
@pytest.mark.gate
def test_runs(student, rng):
    """A step returns one number, the loop a pair of numbers for each round."""
    g, d = networks(student)
    real, z = rng.randn(4, 2).double(), rng.randn(4, 3).double()
    for loss in (
        student.discriminator_step(g, d, student.sgd(d, 0.1), real, z),
        student.generator_step(g, d, student.sgd(g, 0.1), z),
    ):
        assert isinstance(loss, torch.Tensor) and tuple(loss.shape) == (), (
            "a step returns its loss, one number"
        )
    g, d = networks(student)
    losses = student.train_gan(
        g, d, lambda n: rng.randn(n, 2).double(), lambda n: rng.randn(n, 3).double(), 1, 4
    )
    assert len(losses) == 1 and len(losses[0]) == 2, "one pair of losses for each round"


@pytest.mark.level("plain")
@pytest.mark.weight(4)
def test_discriminator_step(student, rng):
    """The discriminator takes one step down its loss, for real and made batches of two sizes."""
    for n, m in ((7, 4), (3, 6)):
        g, d = networks(student)
        mine_g, mine_d = copy_of(g), copy_of(d)
        real, z = rng.randn(n, 2).double(), rng.randn(m, 3).double()
        student.discriminator_step(g, d, student.sgd(d, 0.3), real, z)
        descend(mine_d, judge_loss(mine_g, mine_d, real, z), 0.3)
        assert_is(d, mine_d, "discriminator after its step")


@pytest.mark.level("plain")
@pytest.mark.weight(4)
def test_generator_step(student, rng):
    """The generator takes one step down its loss, through the discriminator."""
    for m in (7, 4):
        g, d = networks(student)
        mine_g, mine_d, z = copy_of(g), copy_of(d), rng.randn(m, 3).double()
        student.generator_step(g, d, student.sgd(g, 0.3), z)
        descend(mine_g, forger_loss(mine_g, mine_d, z), 0.3)
        assert_is(g, mine_g, "generator after its step")


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_losses(student, rng):
    """What a step returns is the loss before the update, without a graph."""
    g, d = networks(student)
    mine_g, mine_d = copy_of(g), copy_of(d)
    real, z = rng.randn(5, 2).double(), rng.randn(4, 3).double()
    want = judge_loss(mine_g, mine_d, real, z)
    got = student.discriminator_step(g, d, student.sgd(d, 2.0), real, z)
    assert not got.requires_grad, "the discriminator's loss still has a graph"
    assert_close(got, want.detach(), **CLOSE, name="discriminator's loss")
    want = forger_loss(mine_g, copy_of(d), z)
    got = student.generator_step(g, d, student.sgd(g, 2.0), z)
    assert not got.requires_grad, "the generator's loss still has a graph"
    assert_close(got, want.detach(), **CLOSE, name="generator's loss")


def follow(student, rng, n_rounds, batch_size, lr, judge_steps=1, forger_steps=1, options=None):
    """Run the student's loop and the grader's on the same batches, and compare both networks and the losses."""
    g, d = networks(student)
    mine_g, mine_d = copy_of(g), copy_of(d)
    sample, reals = recorded(lambda n: rng.randn(n, 2).double() + 1)
    noise, rows = recorded(lambda n: rng.randn(n, 3).double())
    losses = student.train_gan(g, d, sample, noise, n_rounds, batch_size, lr, **(options or {}))
    wanted = (n_rounds * judge_steps, n_rounds * (judge_steps + forger_steps))
    assert len(reals) == wanted[0], (
        f"{wanted[0]} batches of real samples are needed, {len(reals)} were asked for"
    )
    assert len(rows) == wanted[1], f"{wanted[1]} batches of noise are needed, {len(rows)} were asked for"
    assert all(len(batch) == batch_size for batch in reals + rows), f"batches of {batch_size} are asked for"
    adam_d = torch.optim.Adam(mine_d.parameters(), lr, betas=(0.5, 0.999))
    adam_g = torch.optim.Adam(mine_g.parameters(), lr, betas=(0.5, 0.999))
    reals, rows = iter(reals), iter(rows)
    for k in range(n_rounds):
        for _ in range(judge_steps):
            judge = judge_loss(mine_g, mine_d, next(reals), next(rows))
            adam_d.zero_grad()
            judge.backward()
            adam_d.step()
        for _ in range(forger_steps):
            forger = forger_loss(mine_g, mine_d, next(rows))
            adam_g.zero_grad()
            forger.backward()
            adam_g.step()
        for what, got, want in (("discriminator", losses[k][0], judge), ("generator", losses[k][1], forger)):
            assert_close(
                torch.as_tensor(got).double().detach(),
                want.detach(),
                rtol=1e-5,
                atol=1e-7,
                name=f"{what}'s loss in round {k}",
            )
    for what, network, mine in (("discriminator", d, mine_d), ("generator", g, mine_g)):
        for (name, got), want in zip(network.named_parameters(), mine.parameters(), strict=True):
            assert_close(
                got.detach(), want.detach(), rtol=1e-5, atol=1e-7, name=f"{what} after the loop: {name}"
            )


@pytest.mark.level("plain")
@pytest.mark.weight(6)
def test_loop(student, rng):
    """A few rounds of the loop: both networks are where the grader's loop brings them, and so are the losses."""
    follow(student, rng, 4, 6, 0.01)


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_numbers_of_steps(student, rng):
    """Several discriminator or generator steps in a round, each with new batches."""
    follow(student, rng, 2, 5, 0.02, 3, 1, {"discriminator_steps": 3})
    follow(student, rng, 2, 5, 0.02, 1, 2, {"generator_steps": 2})
    follow(student, rng, 3, 4, 0.02, 2, 3, {"discriminator_steps": 2, "generator_steps": 3})


@pytest.mark.level("options")
def test_edges(student, rng):
    """One sample alone, one round alone, and the batch of 128 and the rate of 2e-3 where none are given."""
    follow(student, rng, 1, 1, 0.05)
    g, d = networks(student)
    sample, reals = recorded(lambda n: rng.randn(n, 2).double())
    before = copy_of(g)
    student.train_gan(g, d, sample, lambda n: rng.randn(n, 3).double(), 1)
    assert [len(batch) for batch in reals] == [128], "a batch has 128 samples where no size is given"
    # Adam's first step is the rate, whatever the gradient's size.
    moves = [
        float((p - q).detach().abs().max()) for p, q in zip(g.parameters(), before.parameters(), strict=True)
    ]
    assert abs(max(moves) - 2e-3) < 1e-5, (
        f"the first step moves a parameter by {max(moves):.1e} where no rate is given"
    )


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_leftovers(student, rng):
    """Gradients that lie in a network before its step do not count."""
    real, z = rng.randn(5, 2).double(), rng.randn(4, 3).double()
    g, d = networks(student)
    d(rng.randn(6, 2).double()).sum().backward()
    mine_g, mine_d = copy_of(g), copy_of(d)
    student.discriminator_step(g, d, student.sgd(d, 0.3), real, z)
    descend(mine_d, judge_loss(mine_g, mine_d, real, z), 0.3)
    assert_is(d, mine_d, "discriminator with leftover gradients after its step")
    g, d = networks(student)
    g(rng.randn(6, 3).double()).sum().backward()
    mine_g, mine_d = copy_of(g), copy_of(d)
    student.generator_step(g, d, student.sgd(g, 0.3), z)
    descend(mine_g, forger_loss(mine_g, mine_d, z), 0.3)
    assert_is(g, mine_g, "generator with leftover gradients after its step")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_other_network_stays(student, rng):
    """No parameter of the other network moves, and all of both still take gradients."""
    g, d = networks(student)
    real, z = rng.randn(5, 2).double(), rng.randn(4, 3).double()
    before = copy_of(g)
    student.discriminator_step(g, d, student.sgd(d, 0.3), real, z)
    assert_untouched(g, before, "generator after a discriminator step")
    before = copy_of(d)
    student.generator_step(g, d, student.sgd(g, 0.3), z)
    assert_untouched(d, before, "discriminator after a generator step")
    for what, network in (("generator", g), ("discriminator", d)):
        assert all(p.requires_grad for p in network.parameters()), (
            f"parameters of the {what} no longer take gradients"
        )


@pytest.mark.level("invariants")
@pytest.mark.weight(3.5)
def test_frozen_and_in_evaluation(student, rng):
    """The other network keeps its mode, and a parameter of it that is frozen stays so."""
    g, d = networks(student)
    real, z = rng.randn(5, 2).double(), rng.randn(4, 3).double()
    for mode in (True, False):
        g.train(mode)
        student.discriminator_step(g, d, student.sgd(d, 0.3), real, z)
        assert g.training == mode, "a discriminator step changes whether the generator is in training"
        g.train()
        d.train(mode)
        student.generator_step(g, d, student.sgd(g, 0.3), z)
        assert d.training == mode, "a generator step changes whether the discriminator is in training"
        d.train()
    d.requires_grad_(False)
    student.generator_step(g, d, student.sgd(g, 0.3), z)
    assert not any(p.requires_grad for p in d.parameters()), (
        "a frozen discriminator takes gradients after a generator step"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_gradients_of_the_other_stay(student, rng):
    """The other network's gradients stay what they were: None, or the same numbers."""
    g, d = networks(student)
    real, z = rng.randn(5, 2).double(), rng.randn(4, 3).double()
    student.discriminator_step(g, d, student.sgd(d, 0.3), real, z)
    got = [p.grad for p in g.parameters()]
    assert all(grad is None or not grad.any() for grad in got), (
        "a discriminator step leaves gradients in the generator"
    )
    g, d = networks(student)
    student.generator_step(g, d, student.sgd(g, 0.3), z)
    got = [p.grad for p in d.parameters()]
    assert all(grad is None or not grad.any() for grad in got), (
        "a generator step leaves gradients in the discriminator"
    )
    d(real).sum().backward()
    before = [p.grad.clone() for p in d.parameters()]
    student.generator_step(g, d, student.sgd(g, 0.3), z)
    for old, p in zip(before, d.parameters(), strict=True):
        assert p.grad is not None, "a generator step throws gradients of the discriminator away"
        assert_close(p.grad, old, **CLOSE, name="discriminator's gradients after a generator step")


@pytest.mark.level("invariants")
def test_optimizer_decides(student, rng):
    """A step moves by the optimiser that is handed in: at a rate of 0 nothing moves, and the loss is still told."""
    g, d = networks(student)
    before_g, before_d = copy_of(g), copy_of(d)
    real, z = rng.randn(5, 2).double(), rng.randn(4, 3).double()
    first = student.discriminator_step(g, d, student.sgd(d, 0.0), real, z)
    again = student.discriminator_step(g, d, student.sgd(d, 0.0), real, z)
    assert_close(first, again, **CLOSE, name="loss of the same batch again")
    student.generator_step(g, d, student.sgd(g, 0.0), z)
    assert_untouched(d, before_d, "discriminator at a rate of 0")
    assert_untouched(g, before_g, "generator at a rate of 0")


@pytest.mark.level("converges")
@pytest.mark.timeout(60)
def test_four_clouds(student, rng):
    """Four clouds at the corners of a square that is turned and stretched: after 400 rounds each gets its points.

    One training in five, of a right solution too, leaves a cloud out, as GANs do: the best of eight counts.
    """
    turn, stretch = float(rng.uniform(0.0, 1.57, 1)), float(rng.uniform(0.85, 1.2, 1))
    angle = torch.arange(4) * math.pi / 2 + turn
    corners = 1.5 * stretch * torch.stack([angle.cos(), angle.sin()], 1)
    points = corners[rng.randint(0, 4, (20_000,))] + 0.3 * stretch * rng.randn(20_000, 2)
    best = 0.0, 0.0
    for _ in range(8):
        student.torch.manual_seed(rng.seed())
        g, d = student.PointGenerator(4, 32), student.PointDiscriminator(32)
        sources = student.sampler(points, rng.generator()), student.normal_noise(4, rng.generator())
        student.train_gan(g, d, *sources, 400, 64, 4e-3)
        distance, nearest = torch.cdist(g(rng.randn(2000, 4)).detach(), corners).min(1)
        near = distance < 3 * 0.3 * stretch
        shares = [float((near & (nearest == k)).float().mean()) for k in range(4)]
        if min(shares) > 0.04 and sum(shares) > 0.45:
            return
        best = max(best, (min(shares), sum(shares)))
    raise AssertionError(
        f"in the best of eight trainings the rarest of the four clouds gets {best[0]:.2f} of the points, all four "
        f"together {best[1]:.2f}"
    )


@pytest.mark.level("contract")
def test_nothing_remembered(student, rng):
    """Two trainings from the same start with the same batches end alike; losses are plain numbers."""
    ends = []
    g, d = networks(student)
    start_g, start_d = g.state_dict(), d.state_dict()
    start_g, start_d = {k: v.clone() for k, v in start_g.items()}, {k: v.clone() for k, v in start_d.items()}
    real, z = rng.randn(6, 2).double(), rng.randn(6, 3).double()
    for _ in range(2):
        g.load_state_dict(start_g)
        d.load_state_dict(start_d)
        losses = student.train_gan(g, d, lambda n: real[:n], lambda n: z[:n], 3, 6, 0.01)
        assert all(isinstance(value, float) for pair in losses for value in pair), "losses are floats"
        ends.append([p.detach().clone() for p in g.parameters()])
    for one, two in zip(*ends, strict=True):
        assert_close(one, two, rtol=0, atol=0, name="generator after two trainings from one start")
