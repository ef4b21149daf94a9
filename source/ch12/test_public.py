"""The tests you are given: run by the check cells of the notebook, or by `pytest` in this folder.

Each exercise has a ladder: shape, a value worked out by hand, a closed form as the oracle, gradients, a small run.
Your work is graded by more tests than these, on other shapes and other numbers. `student` is your notebook.
"""

import math

import pytest
import torch
from torch import nn

from selfcheck import assert_close, assert_own, assert_raises, gradcheck

BETAS = torch.linspace(1e-3, 0.2, 40, dtype=torch.float64)
ALPHA_BAR = torch.cumprod(1 - BETAS, 0)
POINT = torch.tensor([0.5, -1.5, 2.0])


def point_noise(alpha_bar, visited=None):
    """The exact noise predictor for data that are always POINT; it writes down the times it is asked for."""

    def model(x, t):
        if visited is not None:
            visited.append(int(t[0]))
        a = alpha_bar[t].to(x.dtype)[:, None]
        return (x - a.sqrt() * POINT.to(x.dtype)) / (1 - a).sqrt()

    return model


def gaussian_noise(alpha_bar, mean, variance):
    """The exact noise predictor for data from N(mean, variance), each dimension by itself."""

    def model(x, t):
        a = alpha_bar[t].to(x.dtype)[:, None]
        return (1 - a).sqrt() * (x - a.sqrt() * mean) / (a * variance + 1 - a)

    return model


# -------------------------------------------------------------------------------------------------- schedules
schedules = pytest.mark.exercise("schedules")


@schedules
@pytest.mark.gate
def test_schedules_shapes(student):
    """Betas and alpha-bars are float64 tensors with one number per step."""
    for name, betas in (("linear_betas", student.linear_betas(7)), ("cosine_betas", student.cosine_betas(7))):
        assert tuple(betas.shape) == (7,), f"{name}(7) has shape {tuple(betas.shape)} instead of (7,)"
        assert betas.dtype == torch.float64, f"{name} is {betas.dtype}: small betas need float64"
        assert tuple(student.alpha_bars(betas).shape) == (7,), "alpha_bars has another shape than its betas"


@schedules
@pytest.mark.gate
def test_schedules_by_hand(student):
    """Betas of 0.1, 0.2, 0.5 leave 0.9, then 0.9 * 0.8, then 0.9 * 0.8 * 0.5 of the variance."""
    betas = torch.tensor([0.1, 0.2, 0.5], dtype=torch.float64)
    want = torch.tensor([0.9, 0.72, 0.36], dtype=torch.float64)
    assert_close(student.alpha_bars(betas), want, name="alpha_bars([0.1, 0.2, 0.5])")
    want = torch.tensor([0.1, 0.2, 0.3, 0.4, 0.5], dtype=torch.float64)
    assert_close(student.linear_betas(5, 0.1, 0.5), want, name="linear_betas(5, 0.1, 0.5)")


@schedules
def test_linear_betas_of_the_paper(student):
    """A thousand linear steps leave 4.0358e-5 of the variance."""
    got = float(student.alpha_bars(student.linear_betas(1000))[-1])
    assert abs(got - 4.0358e-5) < 1e-9, f"alpha_bar of the last of 1000 steps is {got:.4e}"


@schedules
def test_cosine_betas_of_the_paper(student):
    """A thousand cosine steps start at 4.128e-5, end at the clip of 0.999, and stay between 0 and 1."""
    betas = student.cosine_betas(1000)
    assert abs(float(betas[0]) - 4.128e-5) < 1e-8, f"the first beta is {float(betas[0]):.4e}"
    assert float(betas[-1]) == 0.999, f"the last beta is {float(betas[-1])}: is it clipped at max_beta?"
    assert bool(((betas > 0) & (betas < 1)).all()), (
        "a beta lies outside (0, 1): it is a variance, and 1 - it too"
    )


@schedules
def test_cosine_alpha_bar_is_a_squared_cosine(student):
    """Before the clip, alpha-bar is f(t + 1) / f(0)."""
    got = student.alpha_bars(student.cosine_betas(50, s=0.02))[:40]
    angle = (torch.arange(1, 41, dtype=torch.float64) / 50 + 0.02) / 1.02 * math.pi / 2
    assert_close(got, (angle.cos() / math.cos(0.02 / 1.02 * math.pi / 2)) ** 2, name="alpha-bar")


# --------------------------------------------------------------------------------------------------- q_sample
q_sample = pytest.mark.exercise("q_sample")


@q_sample
@pytest.mark.gate
def test_q_sample_by_hand(student):
    """With alpha-bar 0.64, x_t is 0.8 x_0 + 0.6 noise."""
    alpha_bar = torch.tensor([0.96, 0.64, 0.36], dtype=torch.float64)
    got = student.q_sample(
        torch.tensor([[2.0, -1.0]]), torch.tensor([1]), alpha_bar, torch.tensor([[1.0, 3.0]])
    )
    assert_close(got, torch.tensor([[2.2, 1.0]]), name="x_t")


@q_sample
def test_q_sample_takes_a_time_per_sample(student, rng):
    """Data of any shape; each sample has its own time, and the dtype is that of the data."""
    t = torch.tensor([0, 39, 11])
    for shape in [(3,), (3, 2), (3, 1, 4, 5)]:
        x0, noise = rng.randn(*shape), rng.randn(*shape)
        together = student.q_sample(x0, t, ALPHA_BAR, noise)
        assert together.dtype == torch.float32, f"x_t is {together.dtype}, the data are float32"
        for i in range(3):
            alone = student.q_sample(x0[i : i + 1], t[i : i + 1], ALPHA_BAR, noise[i : i + 1])
            assert_close(together[i : i + 1], alone, name=f"sample {i} of {shape}, alone or among others")


@q_sample
def test_q_sample_keeps_the_variance(student, rng):
    """Data of variance 1 keep variance 1 at every time, and their correlation with x_0 falls like sqrt(alpha-bar)."""
    x0, noise = rng.randn(20_000, dtype=torch.float64), rng.randn(20_000, dtype=torch.float64)
    for t in (0, 15, 39):
        x_t = student.q_sample(x0, torch.full((20_000,), t), ALPHA_BAR, noise)
        # The variance of 20,000 normal numbers has a standard deviation of 0.01, their correlation of 0.007.
        assert abs(float(x_t.var()) - 1) < 0.07, (
            f"at t = {t} the variance is {float(x_t.var()):.2f} instead of 1"
        )
        correlation, want = float((x_t * x0).mean()), math.sqrt(float(ALPHA_BAR[t]))
        assert abs(correlation - want) < 0.07, (
            f"at t = {t} the correlation is {correlation:.2f}, not {want:.2f}"
        )


@q_sample
def test_q_sample_gradient(student, rng):
    """The gradient reaches x_0, and is what finite differences say."""
    x0, noise = rng.randn(2, 3, dtype=torch.float64, requires_grad=True), rng.randn(2, 3, dtype=torch.float64)
    assert gradcheck(lambda x0: student.q_sample(x0, torch.tensor([3, 30]), ALPHA_BAR, noise), (x0,))


# -------------------------------------------------------------------------------------------------- posterior
posterior = pytest.mark.exercise("posterior")


@posterior
@pytest.mark.gate
def test_posterior_shapes(student, rng):
    """The mean has the shape of the data, the variance is one number per sample, ready to broadcast."""
    mean, variance = student.posterior(
        rng.randn(3, 2, 5), rng.randn(3, 2, 5), torch.tensor([0, 7, 39]), BETAS
    )
    assert tuple(mean.shape) == (3, 2, 5), f"the mean has shape {tuple(mean.shape)} instead of (3, 2, 5)"
    assert tuple(variance.shape) == (3, 1, 1), (
        f"the variance has shape {tuple(variance.shape)}, not (3, 1, 1)"
    )
    assert mean.dtype == torch.float32, f"the mean is {mean.dtype}, the data are float32"
    assert variance.dtype == torch.float32, f"the variance is {variance.dtype}, the data are float32"


@posterior
@pytest.mark.gate
def test_posterior_by_hand(student):
    """The example of the notebook: betas of 0.5 and 0.5, x_0 = 1 and x_1 = 0."""
    betas = torch.tensor([0.5, 0.5], dtype=torch.float64)
    x0, x_t = torch.ones(1, 1, dtype=torch.float64), torch.zeros(1, 1, dtype=torch.float64)
    mean, variance = student.posterior(x0, x_t, torch.tensor([1]), betas)
    assert_close(mean, torch.full((1, 1), math.sqrt(0.5) * 2 / 3, dtype=torch.float64), name="mean")
    assert_close(variance, torch.full((1, 1), 1 / 3, dtype=torch.float64), name="variance")


@posterior
def test_posterior_at_the_first_time(student, rng):
    """Before t = 0 are the data themselves: the mean is x_0, the variance 0."""
    x0 = rng.randn(2, 3, dtype=torch.float64)
    mean, variance = student.posterior(x0, rng.randn(2, 3, dtype=torch.float64), torch.tensor([0, 0]), BETAS)
    assert_close(mean, x0, name="mean at t = 0")
    assert_close(variance, torch.zeros(2, 1, dtype=torch.float64), name="variance at t = 0")


@posterior
def test_posterior_is_bayes_rule(student, rng):
    """Mean and variance are those of the density q(x_{t-1} | x_0) q(x_t | x_{t-1}), summed up on a fine grid."""
    grid = torch.linspace(-9, 9, 200_001, dtype=torch.float64)
    for t in (1, 12, 39):
        x0, x_t = rng.randn(1, dtype=torch.float64), rng.randn(1, dtype=torch.float64)
        noised = -((grid - ALPHA_BAR[t - 1].sqrt() * x0) ** 2) / (2 * (1 - ALPHA_BAR[t - 1]))
        step = -((x_t - (1 - BETAS[t]).sqrt() * grid) ** 2) / (2 * BETAS[t])
        density = torch.softmax(noised + step, 0)
        want = (density * grid).sum()
        mean, variance = student.posterior(x0, x_t, torch.tensor([t]), BETAS)
        assert_close(mean, want[None], rtol=1e-6, name=f"mean at t = {t}")
        spread = (density * (grid - want) ** 2).sum()
        assert_close(variance, spread[None], rtol=1e-6, name=f"variance at t = {t}")


# --------------------------------------------------------------------------------------------- time_embedding
time_embedding = pytest.mark.exercise("time_embedding")


@time_embedding
@pytest.mark.gate
def test_time_embedding_shape(student):
    """Three times and dim 8 give (3, 8) in float32; at time 0 all sines are 0 and all cosines 1."""
    got = student.time_embedding(torch.tensor([0, 1, 500]), 8)
    assert tuple(got.shape) == (3, 8), f"the embedding has shape {tuple(got.shape)} instead of (3, 8)"
    assert got.dtype == torch.float32, f"the embedding is {got.dtype} instead of float32"
    assert_close(got[0], torch.tensor([0.0] * 4 + [1.0] * 4), name="embedding of t = 0")


@time_embedding
def test_time_embedding_by_hand(student):
    """With dim 4 and max_period 100 the frequencies are 1 and 0.1: first the sines, then the cosines."""
    got = student.time_embedding(torch.tensor([3]), 4, max_period=100.0)
    want = torch.tensor([[math.sin(3), math.sin(0.3), math.cos(3), math.cos(0.3)]])
    assert_close(got, want, atol=1e-5)


@time_embedding
def test_time_embedding_tells_times_apart(student):
    """A thousand times have a thousand embeddings, each of length sqrt(dim / 2)."""
    got = student.time_embedding(torch.arange(1000), 32)
    assert_close(got.norm(dim=1), torch.full((1000,), 4.0), atol=1e-4, name="length of the embeddings")
    apart = torch.cdist(got, got) + torch.eye(1000)
    assert float(apart.min()) > 0.05, "two times have nearly the same embedding"


@time_embedding
def test_time_embedding_refuses_odd_dimensions(student):
    """An odd dim cannot hold as many sines as cosines: a ValueError."""
    assert_raises(ValueError, student.time_embedding, torch.tensor([1, 2]), 7)


# ------------------------------------------------------------------------------------------------------- unet
unet = pytest.mark.exercise("unet")


def network(student, rng, **options):
    """A UNet in evaluation, with random numbers added to its parameters, as some may start at zero."""
    model = student.UNet(base_channels=8, **options)
    state = dict(model.state_dict())
    for name, value in list(model.named_parameters()):
        state[name] = value.detach() + 0.05 * rng.randn(*value.shape)
    model.load_state_dict(state)
    model.eval()
    return model


@unet
@pytest.mark.gate
def test_unet_shape(student, rng):
    """The output has the shape of the input, also where that is not square."""
    model = student.UNet(in_channels=2, base_channels=8)
    y = model(rng.randn(3, 2, 8, 12), torch.tensor([0, 40, 99]))
    assert tuple(y.shape) == (3, 2, 8, 12), f"the output has shape {tuple(y.shape)} instead of (3, 2, 8, 12)"


@unet
@pytest.mark.gate
def test_unet_sees_the_time(student, rng):
    """The same image at another time gives another output."""
    model, x = network(student, rng), rng.randn(1, 1, 8, 8)
    early, late = model(x, torch.tensor([2])).detach(), model(x, torch.tensor([80])).detach()
    assert not torch.allclose(early, late, atol=1e-5), "the output does not depend on t: where does t go in?"


@unet
def test_unet_sees_the_label(student, rng):
    """With classes the output depends on the label; without a label it is that of the null label."""
    model = network(student, rng, num_classes=5)
    x, t = rng.randn(2, 1, 8, 8), torch.tensor([10, 10])
    null = model(x, t, torch.tensor([5, 5])).detach()
    assert_close(model(x, t).detach(), null, atol=1e-5, name="output without a label")
    labelled = model(x, t, torch.tensor([3, 3])).detach()
    assert not torch.allclose(labelled, null, atol=1e-5), "the output does not depend on the label"


@unet
def test_unet_keeps_samples_apart(student, rng):
    """What the network says of an image does not depend on the others in the batch."""
    model = network(student, rng)
    x, t = rng.randn(3, 1, 8, 8), torch.tensor([5, 50, 90])
    assert_close(
        model(x, t).detach()[1:2], model(x[1:2], t[1:2]).detach(), atol=1e-5, name="output for one image"
    )


@unet
def test_unet_every_parameter_learns(student, rng):
    """A backward pass gives every parameter a gradient that is finite and not all zero."""
    model = network(student, rng, num_classes=3)
    y = model(rng.randn(4, 1, 8, 8), torch.tensor([0, 30, 60, 90]), torch.tensor([0, 1, 2, 3]))
    (y * rng.randn(4, 1, 8, 8)).sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, f"no gradient reaches {name}"
        assert bool(parameter.grad.isfinite().all()), f"the gradient of {name} is not finite"
        assert bool(parameter.grad.any()), f"the gradient of {name} is zero everywhere"


@unet
def test_unet_has_the_widths_of_the_figure(student):
    """Its convolutions have 8, 16 and 32 channels where base_channels is 8, and the state_dict knows all of them."""
    weights = [value for value in student.UNet(base_channels=8).state_dict().values() if value.dim() == 4]
    widths = {size for value in weights for size in value.shape[:2]}
    assert {8, 16, 32} <= widths, (
        f"the channels of its convolutions are {sorted(widths)}: 8, 16 and 32 are asked for"
    )


@unet
def test_unet_answers_as_noise_is(student, rng):
    """Noise has both signs, and so has the output."""
    y = network(student, rng, in_channels=24)(rng.randn(2, 24, 8, 8), torch.tensor([10, 70])).detach()
    assert float(y.min()) < 0 < float(y.max()), (
        "the output has one sign alone: what comes last in your network?"
    )


@unet
def test_unet_passes_detail_on(student, rng):
    """A change of one pixel matters most near that pixel: the skip at full resolution is in use."""
    model = network(student, rng)
    x = rng.randn(12, 1, 16, 16, requires_grad=True)
    (grad,) = torch.autograd.grad(model(x, torch.full((12,), 20))[:, 0, 5, 6].sum(), x)
    influence = grad.abs().mean((0, 1))
    near = float(influence[4:7, 5:8].mean())
    assert near > 1.5 * float(influence.mean()), "a pixel matters no more to its own place than to the rest"


# --------------------------------------------------------------------------------------------------- eps_loss
eps_loss = pytest.mark.exercise("eps_loss")


@eps_loss
@pytest.mark.gate
def test_eps_loss_of_no_prediction(student, rng):
    """A model that always says 0 is wrong by the variance of the noise, which is 1; the loss is one number."""
    got = student.eps_loss(lambda x, t: torch.zeros_like(x), rng.randn(400, 50), ALPHA_BAR, rng.generator())
    assert tuple(got.shape) == (), f"the loss has shape {tuple(got.shape)}: it is a mean over all elements"
    # The mean of 20,000 squared normal numbers has a standard deviation of 0.01.
    assert abs(float(got) - 1) < 0.07, f"the loss of a model that says 0 is {float(got):.2f} instead of 1"


@eps_loss
def test_eps_loss_of_a_perfect_prediction(student, rng):
    """For data that are one point the noise can be computed from x_t and t, and then the loss is 0."""
    model, x0 = point_noise(ALPHA_BAR), POINT.double().expand(300, 3)
    assert float(student.eps_loss(model, x0, ALPHA_BAR, rng.generator())) < 1e-20, (
        "the exact prediction has a loss: is x_t made at the t that the model is told, with the noise it is "
        "compared with?"
    )


@eps_loss
def test_eps_loss_draws_times_uniformly(student, rng):
    """Each sample has a time of its own; all of 0 ... T - 1 occur, and equally often."""
    times = []
    student.eps_loss(
        lambda x, t: (times.append(t.clone()), x)[1], rng.randn(8000, 1), ALPHA_BAR, rng.generator()
    )
    assert times[0].dtype == torch.int64 and tuple(times[0].shape) == (8000,), "t must be int64 of shape (N,)"
    assert int(times[0].min()) >= 0 and int(times[0].max()) <= 39, "a time lies outside 0 ... T - 1"
    counts = torch.bincount(times[0], minlength=40)
    # 200 draws are expected of each time, with a standard deviation of 14.
    assert int(counts.min()) > 100 and int(counts.max()) < 300, "some times are drawn more often than others"


@eps_loss
def test_eps_loss_gradient(student, rng):
    """The gradient reaches the model: for a constant c it is 2 (c - mean of the noise)."""
    c, drawn = torch.tensor(0.3, dtype=torch.float64, requires_grad=True), rng.seed()
    x0 = rng.randn(5, 4, dtype=torch.float64)

    def loss(c):
        return student.eps_loss(
            lambda x, t: c.expand_as(x), x0, ALPHA_BAR, torch.Generator().manual_seed(drawn)
        )

    assert gradcheck(loss, (c,))


# ------------------------------------------------------------------------------------------ ancestral_sampler
ancestral_sampler = pytest.mark.exercise("ancestral_sampler")


@ancestral_sampler
@pytest.mark.gate
def test_ancestral_sample_visits_every_time(student, rng):
    """It asks the model once at each time, from T - 1 down to 0, and returns float32 of the shape asked for."""
    visited = []
    x = student.ancestral_sample(point_noise(ALPHA_BAR, visited), (4, 3), BETAS, rng.generator())
    assert tuple(x.shape) == (4, 3) and x.dtype == torch.float32, (
        f"samples are {x.dtype} of shape {tuple(x.shape)}"
    )
    assert visited == list(reversed(range(40))), (
        f"the times visited begin with {visited[:3]}, end with {visited[-3:]}"
    )


@ancestral_sampler
def test_ancestral_sample_ends_without_noise(student, rng):
    """Where the data are one point and the predictor is exact, every sample is that point."""
    x = student.ancestral_sample(point_noise(ALPHA_BAR), (5, 3), BETAS, rng.generator())
    assert_close(x, POINT.expand(5, 3), atol=1e-4, name="samples")


@ancestral_sampler
def test_ancestral_sample_of_a_normal_distribution(student, rng):
    """With the exact predictor for normal data, samples have the mean and the variance of the data."""
    betas = torch.linspace(1e-4, 0.05, 400, dtype=torch.float64)
    mean, variance = torch.tensor([1.0, -0.5]), torch.tensor([0.25, 2.0])
    model = gaussian_noise(torch.cumprod(1 - betas, 0), mean, variance)
    x = student.ancestral_sample(model, (4000, 2), betas, rng.generator())
    for i in range(2):
        got, ratio = float(x[:, i].mean()), float(x[:, i].var() / variance[i])
        # The mean of 4000 samples varies by 0.022, their variance by 2.2%; finite steps cost 2% of it.
        assert abs(got - float(mean[i])) < 0.14, f"the mean is {got:.2f} instead of {float(mean[i]):.2f}"
        assert abs(ratio - 1) < 0.17, f"the variance is {ratio:.2f} times that of the data"


@ancestral_sampler
def test_ancestral_sample_clips(student, rng):
    """With clip = 1 no predicted x_0, and so no sample, leaves [-1, 1]."""
    x = student.ancestral_sample(point_noise(ALPHA_BAR), (4, 3), BETAS, rng.generator(), clip=1.0)
    assert_close(x, POINT.clamp(-1, 1).expand(4, 3), atol=1e-4, name="samples")


@ancestral_sampler
def test_ancestral_sample_is_the_generators(student, rng):
    """The same seed gives the same samples, another seed others."""
    model, seed = gaussian_noise(ALPHA_BAR, 0.0, 1.0), rng.seed()
    one, same, other = (
        student.ancestral_sample(model, (2, 3), BETAS, torch.Generator().manual_seed(s))
        for s in (seed, seed, seed + 1)
    )
    assert torch.equal(one, same), "the same seed gave different samples: draw only from the generator"
    assert not torch.equal(one, other), "another seed gave the same samples"


# ----------------------------------------------------------------------------------------------- ddim_sampler
ddim_sampler = pytest.mark.exercise("ddim_sampler")


@ddim_sampler
@pytest.mark.gate
def test_ddim_sample_visits_the_steps(student, rng):
    """It asks the model at the times of `steps` alone, from the last to the first."""
    visited = []
    x = student.ddim_sample(
        point_noise(ALPHA_BAR, visited), (4, 3), ALPHA_BAR, [0, 5, 17, 38], generator=rng.generator()
    )
    assert tuple(x.shape) == (4, 3) and x.dtype == torch.float32, (
        f"samples are {x.dtype} of shape {tuple(x.shape)}"
    )
    assert visited == [38, 17, 5, 0], f"the times visited are {visited} instead of [38, 17, 5, 0]"


@ddim_sampler
def test_ddim_sample_ends_at_the_data(student, rng):
    """The last step goes to alpha-bar 1: where the data are one point, every sample is that point."""
    for eta in (0.0, 0.5, 1.0):
        x = student.ddim_sample(point_noise(ALPHA_BAR), (5, 3), ALPHA_BAR, [3, 11, 39], eta, rng.generator())
        assert_close(x, POINT.expand(5, 3), atol=1e-4, name=f"samples with eta = {eta}")


@ddim_sampler
def test_ddim_sample_one_step_by_hand(student, rng):
    """For a model that says 0, one step from time t divides the starting noise by sqrt(alpha-bar)."""
    seed = rng.seed()
    start = torch.randn((2, 3), generator=torch.Generator().manual_seed(seed))
    got = student.ddim_sample(
        lambda x, t: torch.zeros_like(x),
        (2, 3),
        ALPHA_BAR,
        [20],
        generator=torch.Generator().manual_seed(seed),
    )
    assert_close(got, start / math.sqrt(float(ALPHA_BAR[20])), atol=1e-4, name="samples")


@ddim_sampler
def test_ddim_sample_clips(student, rng):
    """With clip = 1 no predicted x_0 leaves [-1, 1]: that of the last step is the sample. The start is not clipped."""
    seen = []

    def model(x, t):
        seen.append(x.clone())
        return point_noise(ALPHA_BAR)(x, t)

    x = student.ddim_sample(model, (500, 3), ALPHA_BAR, [3, 11, 39], generator=rng.generator(), clip=1.0)
    assert_close(x, POINT.clamp(-1, 1).expand(500, 3), atol=1e-4, name="samples")
    assert float(seen[0].abs().max()) > 1.5, "the start is clipped: it is noise, and noise has no bounds"
    # POINT has 2 there, kept at 1: the noise that belongs to x is then (x - sqrt(a)) / sqrt(1 - a).
    a, before = (float(ALPHA_BAR[t]) for t in (39, 11))
    noise = (seen[0][:, 2] - math.sqrt(a)) / math.sqrt(1 - a)
    want = math.sqrt(before) + math.sqrt(1 - before) * noise
    assert_close(seen[1][:, 2], want, atol=1e-4, name="x after the first step, where x_0 is kept at 1")


@ddim_sampler
def test_ddim_sample_of_a_normal_distribution(student, rng):
    """With the exact predictor for normal data, samples have the mean and the variance of the data, for any eta."""
    alpha_bar = torch.cumprod(1 - torch.linspace(1e-4, 0.05, 400, dtype=torch.float64), 0)
    model = gaussian_noise(alpha_bar, 1.0, 0.25)
    for eta in (0.0, 1.0):
        x = student.ddim_sample(model, (4000, 1), alpha_bar, list(range(0, 400, 2)), eta, rng.generator())
        got, ratio = float(x.mean()), float(x.var()) / 0.25
        # The mean of 4000 samples varies by 0.008, their variance by 2.2%; finite steps cost up to 4% of it.
        assert abs(got - 1) < 0.07, f"with eta = {eta} the mean is {got:.2f} instead of 1"
        assert abs(ratio - 1) < 0.18, f"with eta = {eta} the variance is {ratio:.2f} times that of the data"


@ddim_sampler
def test_ddim_sample_draws_noise_for_eta_only(student, rng):
    """With eta = 0 the starting noise decides everything; with eta = 1 the steps draw too, from the generator."""
    model, seed = gaussian_noise(ALPHA_BAR, 0.0, 2.0), rng.seed()

    def sample(eta, global_seed=0):
        torch.manual_seed(global_seed)
        generator = torch.Generator().manual_seed(seed)
        return student.ddim_sample(model, (2, 3), ALPHA_BAR, [0, 9, 39], eta, generator)

    assert torch.equal(sample(0.0), sample(0.0, global_seed=1)), (
        "with eta = 0 the same start gave two different samples"
    )
    assert torch.equal(sample(1.0), sample(1.0, global_seed=1)), (
        "noise is drawn elsewhere than from the generator"
    )
    assert not torch.allclose(sample(0.0), sample(1.0)), "eta changes nothing"


# --------------------------------------------------------------------------------------------------- guidance
guidance = pytest.mark.exercise("guidance")


@guidance
@pytest.mark.gate
def test_drop_labels_drops_none_or_all(student, rng):
    """p = 0 keeps every label, p = 1 drops every one; the labels given are not changed."""
    y = torch.tensor([3, 0, 2, 2, 1])
    assert_close(student.drop_labels(y, 0.0, 7, rng.generator()), y, name="labels for p = 0")
    assert_close(
        student.drop_labels(y, 1.0, 7, rng.generator()), torch.full((5,), 7), name="labels for p = 1"
    )
    assert_close(y, torch.tensor([3, 0, 2, 2, 1]), name="labels given")


@guidance
def test_drop_labels_rate(student, rng):
    """A share p of labels is replaced, each by itself; the rest stay what they were."""
    y = rng.randint(0, 5, (20_000,))
    got = student.drop_labels(y, 0.3, 5, rng.generator())
    dropped = got == 5
    assert torch.equal(got[~dropped], y[~dropped]), "a label that was not dropped has changed"
    # Six standard deviations of a share of 20,000 draws are 0.02.
    share = float(dropped.double().mean())
    assert abs(share - 0.3) < 0.02, f"{share:.3f} of the labels were dropped instead of 0.3"


@guidance
def test_guided_eps_by_hand(student):
    """With 1 predicted without label and 4 with it, scale 0 gives 1, scale 1 gives 4, scale 3 gives 10."""

    def model(x, t, y):
        return torch.where(y == 9, 1.0, 4.0)[:, None].expand_as(x)

    x, t, y = torch.zeros(2, 3), torch.tensor([5, 6]), torch.tensor([0, 8])
    for scale, want in ((0.0, 1.0), (1.0, 4.0), (3.0, 10.0)):
        got = student.guided_eps(model, x, t, y, scale, 9)
        assert_close(got, torch.full((2, 3), want), name=f"prediction for scale {scale}")


# --------------------------------------------------------------------------------------------- score_matching
score_matching = pytest.mark.exercise("score_matching")


@score_matching
@pytest.mark.gate
def test_score_of_a_normal_distribution(student, rng):
    """The exact noise predictor for normal data gives the exact score, -(x - mean) / variance of x_t."""
    x, t = rng.randn(3, 2, dtype=torch.float64), torch.tensor([0, 20, 39])
    a = ALPHA_BAR[t][:, None]
    eps = gaussian_noise(ALPHA_BAR, 1.5, 0.3)(x, t)
    want = -(x - 1.5 * a.sqrt()) / (0.3 * a + 1 - a)
    assert_close(student.score_from_eps(eps, t, ALPHA_BAR), want, name="score")


@score_matching
def test_dsm_loss_by_hand(student):
    """A score of 0 costs half the squared length of the noise, a score of -noise / sigma nothing."""
    x, noise = torch.tensor([[1.0, 2.0], [0.0, 0.0]]), torch.tensor([[1.0, -1.0], [0.0, 2.0]])
    got = student.dsm_loss(lambda x, sigma: torch.zeros_like(x), x, 0.5, noise)
    assert_close(got, torch.tensor(1.5), name="loss of a score of 0")
    got = student.dsm_loss(lambda points, sigma: (x - points) / sigma**2, x, 0.5, noise)
    assert_close(got, torch.tensor(0.0), atol=1e-6, name="loss of the exact score")


@score_matching
def test_gaussian_kl_matches_torch(student, rng):
    """Element by element it is PyTorch's divergence, which is 0 for equal distributions and not symmetric."""
    mean1, mean2, log_var1, log_var2 = (rng.randn(3, 4, dtype=torch.float64) for _ in range(4))
    first = torch.distributions.Normal(mean1, (log_var1 / 2).exp())
    second = torch.distributions.Normal(mean2, (log_var2 / 2).exp())
    want = torch.distributions.kl_divergence(first, second)
    assert_close(student.gaussian_kl(mean1, log_var1, mean2, log_var2), want, name="KL")
    zero = torch.zeros(3, 4, dtype=torch.float64)
    assert_close(
        student.gaussian_kl(mean1, log_var1, mean1, log_var1), zero, name="KL of equal distributions"
    )


@score_matching
def test_velocity_by_hand(student):
    """With alpha-bar 0.64, v is 0.8 noise - 0.6 x_0, and x_0 comes back from x_t and v."""
    alpha_bar, t = torch.tensor([0.64], dtype=torch.float64), torch.tensor([0])
    x0, noise = torch.tensor([[2.0]]), torch.tensor([[1.0]])
    v = student.v_target(x0, noise, t, alpha_bar)
    assert_close(v, torch.tensor([[-0.4]]), name="v")
    assert_close(
        student.x0_from_v(torch.tensor([[2.2]]), torch.tensor([[-0.4]]), t, alpha_bar), x0, name="x_0"
    )


@score_matching
def test_vlb_term_by_hand(student):
    """The example of the notebook; and the exact noise costs nothing."""
    betas = torch.tensor([0.5, 0.5], dtype=torch.float64)
    x0, x_t = torch.ones(1, 2, dtype=torch.float64), torch.full((1, 2), 0.5, dtype=torch.float64)
    got = student.vlb_term(x0, x_t, torch.tensor([1]), torch.zeros(1, 2, dtype=torch.float64), betas)
    assert tuple(got.shape) == (1,), f"the term has shape {tuple(got.shape)}: one number for each sample"
    # The noise 0 implies x_0 = 0.5 / sqrt(0.25) = 1, the data themselves.
    assert_close(got, torch.zeros(1, dtype=torch.float64), atol=1e-12, name="term of the exact noise")
    got = student.vlb_term(x0, 0 * x_t, torch.tensor([1]), torch.zeros(1, 2, dtype=torch.float64), betas)
    assert_close(got, torch.full((1,), 2 / 3, dtype=torch.float64), name="term of the example")


@score_matching
def test_score_matching_gradients(student, rng):
    """Gradients reach the score model and the predicted noise."""
    x, noise = rng.randn(3, 2, dtype=torch.float64), rng.randn(3, 2, dtype=torch.float64)
    slope = rng.randn(2, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda s: student.dsm_loss(lambda x, sigma: -s * x, x, 0.7, noise), (slope,))
    eps = rng.randn(3, 2, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda eps: student.vlb_term(x, noise, torch.tensor([1, 20, 39]), eps, BETAS), (eps,))


@score_matching
def test_score_matching_is_your_own(student, not_allowed):
    """Nothing is used that the card does not allow."""
    for function in (
        student.score_from_eps,
        student.dsm_loss,
        student.gaussian_kl,
        student.v_target,
        student.x0_from_v,
        student.vlb_term,
    ):
        assert_own(function, not_allowed)


# -------------------------------------------------------------------------------------------------------- ema
ema = pytest.mark.exercise("ema")


@ema
@pytest.mark.gate
def test_ema_starts_as_a_copy(student):
    """The averages start at the parameters, and do not change with them."""
    p = torch.tensor([1.0, 2.0])
    average = student.EMA([p], decay=0.9)
    assert_close(average.shadow[0], torch.tensor([1.0, 2.0]), name="shadow at the start")
    p += 5
    assert_close(average.shadow[0], torch.tensor([1.0, 2.0]), name="shadow after the parameters changed")


@ema
def test_ema_by_hand(student):
    """With decay 0.9, an average of 0 moves to 1 by a tenth, then by a tenth of what is left."""
    average = student.EMA([torch.zeros(2)], decay=0.9)
    average.update([torch.ones(2)])
    assert_close(average.shadow[0], torch.full((2,), 0.1), name="shadow after one update")
    average.update([torch.ones(2)])
    assert_close(average.shadow[0], torch.full((2,), 0.19), name="shadow after two updates")


@ema
def test_ema_carries_no_gradient(student, rng):
    """The averages of trained parameters need no gradient and record no history."""
    p = rng.randn(3, 2, requires_grad=True)
    average = student.EMA([p])
    average.update([p])
    assert not average.shadow[0].requires_grad, "the average keeps a graph through every update: detach it"


@ema
def test_ema_is_your_own(student, not_allowed):
    """Nothing is used that the card does not allow."""
    assert_own(student.EMA, not_allowed)


# -------------------------------------------------------------------------------------------- train_diffusion
train_diffusion = pytest.mark.exercise("train_diffusion")


class Offset(nn.Module):
    """Says the same number for every element; writes down what it is told."""

    def __init__(self):
        super().__init__()
        self.value, self.times, self.labels = nn.Parameter(torch.zeros(())), [], []

    def forward(self, x, t, y=None):
        self.times.append(t.clone())
        if y is not None:
            self.labels.append(y.clone())
        return self.value.expand_as(x)


@train_diffusion
@pytest.mark.gate
def test_train_diffusion_reports_each_epoch(student, rng):
    """It returns one mean loss per epoch, as floats; a model that says 0 and does not learn has a loss of 1."""
    model = Offset()
    losses = student.train_diffusion(
        model, rng.randn(500, 20), ALPHA_BAR, epochs=3, batch_size=64, lr=0.0, generator=rng.generator()
    )
    assert isinstance(losses, list) and len(losses) == 3, "return a list with one loss per epoch"
    assert all(type(loss) is float for loss in losses), "the losses must be floats: use .item()"
    assert all(abs(loss - 1) < 0.1 for loss in losses), f"the losses are {losses} instead of about 1"
    times = torch.cat(model.times)
    assert len(times) == 1500, f"the model saw {len(times)} samples in 3 epochs of 500"
    assert len(times.unique()) == 40, "not all of the times 0 ... T - 1 were drawn"


@train_diffusion
def test_train_diffusion_drops_labels(student, rng):
    """With labels, a share p_drop is replaced by the null label, others at each epoch."""
    model, labels = Offset(), rng.randint(0, 4, (1000,))
    student.train_diffusion(
        model,
        rng.randn(1000, 2),
        ALPHA_BAR,
        labels,
        4,
        epochs=4,
        lr=0.0,
        p_drop=0.25,
        generator=rng.generator(),
    )
    seen = torch.cat(model.labels)
    share = float((seen == 4).double().mean())
    # Six standard deviations of a share of 4000 draws are 0.04.
    assert abs(share - 0.25) < 0.045, f"{share:.2f} of the labels were dropped instead of 0.25"
    assert int(seen.min()) >= 0 and int(seen.max()) <= 4, "a label is neither a class nor the null label"


@train_diffusion
@pytest.mark.timeout(30)
def test_train_diffusion_learns_a_point(student, rng):
    """Where all data are one point, the noise can be told exactly: the loss falls far below 1."""
    model = student.point_denoiser()
    losses = student.train_diffusion(
        model, torch.tensor([[1.0, -0.5]]).expand(256, 2), ALPHA_BAR, epochs=60, generator=rng.generator()
    )
    assert losses[-1] < 0.1, f"after 60 epochs on one point the loss is {losses[-1]:.2f}"


class PointPerLabel(nn.Module):
    """The exact noise predictor for data that are one number per label, told by a table that is to be learned."""

    def __init__(self):
        super().__init__()
        self.table = nn.Parameter(torch.zeros(3))

    def forward(self, x, t, y):
        a = ALPHA_BAR[t].to(x.dtype)[:, None]
        return (x - a.sqrt() * self.table[y][:, None]) / (1 - a).sqrt()


@train_diffusion
def test_train_diffusion_tells_labels_apart(student, rng):
    """Where label 0 always shows -1 and label 1 always 2, the model learns both, and their mean for no label."""
    labels = torch.arange(400) % 2
    model = PointPerLabel()
    data, settings = 3.0 * labels[:, None] - 1, {"epochs": 60, "lr": 0.05, "p_drop": 0.2}
    student.train_diffusion(model, data, ALPHA_BAR, labels, 2, generator=rng.generator(), **settings)
    learned = model.table.detach()
    assert float((learned[:2] - torch.tensor([-1.0, 2.0])).abs().max()) < 0.15, (
        f"labels 0 and 1 mean {float(learned[0]):.2f} and {float(learned[1]):.2f} to the model, not -1 and 2: "
        "does each label stay with its image when the order is drawn?"
    )
    # The null label sees both classes, at few times each: its mean is learned roughly only.
    assert -0.8 < float(learned[2]) < 1.8, (
        f"no label means {float(learned[2]):.2f} to the model, not about 0.5"
    )
