"""Hidden suite of `gradient_penalty`: linear critics in closed form, others by the grader's own Jacobians.

Tolerance: float64 arithmetic on numbers of size 10 agrees to 1e-8.
"""

import pytest
import torch

from autograder.testing import MOST_ECHO, assert_close, echo

pytestmark = [
    pytest.mark.exercise("gradient_penalty"),
    pytest.mark.shares(runs=5, plain=40, options=22, invariants=28),
]

CLOSE = {"rtol": 1e-6, "atol": 1e-8}


def curved(A, b):
    """A critic whose gradient differs from sample to sample, in length too; scores (N,)."""
    return lambda x: (torch.tanh(x.flatten(1) @ A) * b).sum(1) + 0.2 * (x.flatten(1) ** 2).sum(1)


def slopes(critic, x):
    """The norm of the critic's gradient at each sample, one sample at a time."""
    return torch.stack(
        [torch.autograd.functional.jacobian(lambda p: critic(p[None]).sum(), row).norm() for row in x]
    )


def shares_of(x, real, fake):
    """For each sample how much of the way from made to real it lies, and how far it is off the line."""
    way, at = (real - fake).flatten(1), (x - fake).flatten(1)
    share = (at * way).sum(1) / (way**2).sum(1)
    return share, (at - share[:, None] * way).abs().max()


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """Points between have the shape of the samples, the penalty is one number."""
    x = student.between(rng.randn(4, 1, 3, 5), rng.randn(4, 1, 3, 5), rng.generator())
    assert tuple(x.shape) == (4, 1, 3, 5), "points between have the shape of the samples"
    value = student.gradient_penalty(lambda x: x.sum(1), rng.randn(5, 3))
    assert isinstance(value, torch.Tensor) and tuple(value.shape) == (), "a penalty is one number"


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("n", "d"), [(5, 3), (7, 2)])
def test_linear_critic(student, rng, n, d):
    """A linear critic has the same slope everywhere, the length of its weights: (length - 1)^2."""
    w, x = rng.randn(d).double(), rng.randn(n, d).double()
    for length in (0.3, 1.0, 4.0):
        direction = length * w / w.norm()
        got = student.gradient_penalty(lambda x, w=direction: x @ w, x)
        assert_close(
            got, torch.tensor((length - 1) ** 2).double(), **CLOSE, name=f"penalty of a slope of {length}"
        )


@pytest.mark.level("plain")
@pytest.mark.weight(4)
@pytest.mark.parametrize("shape", [(5, 3), (4, 2, 3, 2)])
def test_curved_critic(student, rng, shape):
    """Each sample has a slope of its own, over all its values; the mean is over the samples."""
    x = rng.randn(*shape).double()
    d = x[0].numel()
    critic = curved(rng.randn(d, 4).double(), rng.randn(4).double())
    want = ((slopes(critic, x) - 1) ** 2).mean()
    assert_close(student.gradient_penalty(critic, x), want, **CLOSE, name="penalty")


@pytest.mark.level("plain")
@pytest.mark.weight(4)
@pytest.mark.parametrize("shape", [(400, 3), (300, 2, 3, 2)])
def test_between(student, rng, shape):
    """Each point lies on the line between its two samples, one random share for each sample, uniform from 0 to 1."""
    real, fake = rng.randn(*shape).double(), 2 + rng.randn(*shape).double()
    x = student.between(real, fake, rng.generator())
    share, off = shares_of(x, real, fake)
    assert float(off) < 1e-9, "a point is not on the line between its two samples"
    assert float(share.min()) >= 0 and float(share.max()) <= 1, "a share is not between 0 and 1"
    assert echo(share) < MOST_ECHO, "the shares repeat each other"
    # Kolmogorov's bound: above 2.9 / sqrt(n) in one of 10 million right solutions.
    steps = torch.arange(1, len(share) + 1).double() / len(share)
    gap = (share.sort()[0] - steps).abs().max()
    assert float(gap) < 2.9 / len(share) ** 0.5 + 1 / len(share), "the shares are not uniform"


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_clip(student, rng):
    """Every parameter is cut to [-c, c] in place; what is inside stays."""
    g = student.PointDiscriminator(5)
    before = {name: value.clone() for name, value in g.state_dict().items()}
    for c in (0.2, 0.05):
        student.clip_weights(g, c)
        for name, value in g.state_dict().items():
            assert_close(value, before[name].clamp(-c, c), rtol=0, atol=0, name=f"{name} clipped at {c}")
    frozen = student.PointDiscriminator(3)
    frozen.requires_grad_(False)
    before = {name: value.clone() for name, value in frozen.state_dict().items()}
    student.clip_weights(frozen, 0.1)
    for name, value in frozen.state_dict().items():
        assert_close(
            value, before[name].clamp(-0.1, 0.1), rtol=0, atol=0, name=f"frozen {name} clipped at 0.1"
        )


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_one_sided(student, rng):
    """One-sided, slopes below 1 cost nothing, and those above what they did."""
    x = rng.randn(6, 3).double()
    critic = curved(0.7 * rng.randn(3, 4).double(), rng.randn(4).double())
    want = (torch.clamp(slopes(critic, x) - 1, min=0) ** 2).mean()
    assert_close(student.gradient_penalty(critic, x, one_sided=True), want, **CLOSE, name="one-sided penalty")
    for length, want in ((0.4, 0.0), (3.0, 4.0)):
        w = torch.tensor([0.6, 0.0, -0.8]).double() * length
        got = student.gradient_penalty(lambda x, w=w: x @ w, x, True)
        assert_close(
            got, torch.tensor(want).double(), **CLOSE, name=f"one-sided penalty of a slope of {length}"
        )
    # The parabola |x|^2 / 2 has the slope |x|: some slopes above 1 and some below, with a mean below 1 and above.
    for lengths in ([0.1, 0.3, 0.6, 1.5, 0.2], [3.0, 0.4, 2.5, 0.7, 1.2]):
        lengths = torch.tensor(lengths).double()
        x = torch.nn.functional.normalize(rng.randn(5, 3).double(), dim=1) * lengths[:, None]
        got = student.gradient_penalty(lambda x: (x**2).sum(1) / 2, x, one_sided=True)
        want = (torch.clamp(lengths - 1, min=0) ** 2).mean()
        assert_close(got, want, **CLOSE, name="one-sided penalty of slopes on both sides of 1")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_flat_critic(student, rng):
    """A critic that is flat, or does not use its input, is charged 1, one-sided 0, with a finite gradient."""
    x = rng.randn(4, 3).double()
    scale = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
    value = student.gradient_penalty(lambda x: scale * (x**2).sum(1), x)
    assert_close(value, torch.tensor(1.0).double(), **CLOSE, name="penalty of a flat critic")
    value.backward()
    assert scale.grad is None or bool(scale.grad.isfinite().all()), (
        "a flat critic has a gradient that is not finite"
    )
    height = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    for one_sided, want in ((False, 1.0), (True, 0.0)):
        got = student.gradient_penalty(lambda x: height.expand(len(x)), x, one_sided)
        assert_close(
            got, torch.tensor(want).double(), **CLOSE, name="penalty of a critic that does not use its input"
        )


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_columns_and_one_sample(student, rng):
    """Scores (N, 1) as well as (N,); a batch of one; views; data with a graph; gradients switched off."""
    critic = curved(rng.randn(3, 4).double(), rng.randn(4).double())
    x = rng.randn(3, 5).double().T
    want = ((slopes(critic, x) - 1) ** 2).mean()
    assert_close(
        student.gradient_penalty(lambda x: critic(x)[:, None], x), want, **CLOSE, name="penalty of columns"
    )
    with torch.no_grad():
        assert_close(student.gradient_penalty(critic, x), want, **CLOSE, name="penalty without gradients")
    leaf = x.clone().requires_grad_()
    assert_close(
        student.gradient_penalty(critic, 1 * leaf), want, **CLOSE, name="penalty at points with a graph"
    )
    one = ((slopes(critic, x[2:3]) - 1) ** 2).mean()
    assert_close(student.gradient_penalty(critic, x[2:3]), one, **CLOSE, name="penalty of one sample")
    point = student.between(x[:1], x[1:2], rng.generator())
    assert float(shares_of(point, x[:1], x[1:2])[1]) < 1e-9, "one point is not between its two samples"


@pytest.mark.level("invariants")
@pytest.mark.weight(7)
@pytest.mark.parametrize("one_sided", [False, True])
def test_parameter_gradients(student, rng, one_sided):
    """The penalty's gradient reaches the critic's parameters, and is that of the slopes' formula."""
    x = rng.randn(6, 3).double()
    A, b = (
        rng.randn(3, 4, dtype=torch.float64, requires_grad=True),
        rng.randn(4, dtype=torch.float64, requires_grad=True),
    )

    def critic(x):
        return (torch.tanh(x @ A) * b).sum(1)

    # The gradient of the critic by hand: A (b (1 - tanh^2)).
    inner = (1 - torch.tanh(x @ A) ** 2) * b
    excess = (inner @ A.T).norm(dim=1) - 1
    want = torch.autograd.grad(((excess.clamp(min=0) if one_sided else excess) ** 2).mean(), (A, b))
    student.gradient_penalty(critic, x, one_sided).backward()
    for what, parameter, right in (("matrix", A, want[0]), ("weights", b, want[1])):
        assert parameter.grad is not None, f"no gradient of the penalty reaches the critic's {what}"
        assert_close(parameter.grad, right, **CLOSE, name=f"gradient of the penalty in the critic's {what}")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_no_graph_to_the_samples(student, rng):
    """Points between have no graph, and a penalty leaves no gradient in a network."""
    real, fake = rng.randn(5, 3).requires_grad_(), rng.randn(5, 3).requires_grad_()
    assert not student.between(real, fake, rng.generator()).requires_grad, "points between still have a graph"
    d = student.PointDiscriminator(4)
    student.gradient_penalty(d, rng.randn(5, 2))
    assert all(p.grad is None or not p.grad.any() for p in d.parameters()), (
        "the penalty leaves gradients in the critic"
    )
    assert all(p.requires_grad for p in d.parameters()), "the critic's parameters no longer take gradients"


@pytest.mark.level("invariants")
def test_clipped_can_learn(student, rng):
    """A clipped network still takes gradients, and bounds that nothing exceeds change nothing."""
    d = student.PointDiscriminator(4)
    before = {name: value.clone() for name, value in d.state_dict().items()}
    student.clip_weights(d, 1e3)
    for name, value in d.state_dict().items():
        assert torch.equal(value, before[name]), f"{name} has changed inside the bounds"
    student.clip_weights(d, 0.1)
    assert all(p.requires_grad for p in d.parameters()), "after clipping parameters no longer take gradients"
    d(rng.randn(3, 2)).sum().backward()
    assert all(p.grad is not None for p in d.parameters()), (
        "after clipping no gradient reaches the parameters"
    )


@pytest.mark.level("contract")
def test_draws_and_dtype(student, rng):
    """The generator draws, the global one if None, anew in each call; float32 stays float32."""
    real, fake, seed = rng.randn(6, 3), rng.randn(6, 3), rng.seed()
    one, two = (student.between(real, fake, torch.Generator().manual_seed(seed)) for _ in range(2))
    assert_close(one, two, rtol=0, atol=0, name="points from one seed")
    assert one.dtype == torch.float32, "float32 samples have float32 points between"
    student.torch.manual_seed(seed)
    first, second = student.between(real, fake), student.between(real, fake)
    assert not torch.equal(first, second), "two calls draw the same shares"
    assert student.gradient_penalty(lambda x: x.sum(1), real).dtype == torch.float32
