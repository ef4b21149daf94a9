"""Hidden suite of `elbo`: closed forms of linear models, the grader's own training, a bound on held-out digits.

An encoder whose log-variance is -60 draws its mean, to 13 digits: then every number is determined, and the grader's own
Adam decides. The digits' pixels are permuted by the grader, so no weights made beforehand fit.
"""

import math

import pytest
import torch
from torch.distributions import MultivariateNormal, Normal

from autograder.testing import assert_close
from selfcheck.data import load_digits

pytestmark = [
    pytest.mark.exercise("elbo"),
    pytest.mark.shares(runs=8, plain=37, options=23, invariants=12, converges=20),
]

FLOAT64 = {"rtol": 1e-7, "atol": 1e-8}
SIGMAS = 6.5


def weights(model):
    """The four layers' weights and biases, in the order in which data meet them."""
    found = [p for _, p in model.named_parameters()]
    assert len(found) == 8, f"four linear layers have 8 parameters, the network has {len(found)}"
    return found


def encoder(W, b, V, c, x):
    h = (x @ W.T + b).clamp(min=0) @ V.T + c
    return h[..., : h.shape[-1] // 2], h[..., h.shape[-1] // 2 :]


def decoder(W, b, V, c, z):
    return (z @ W.T + b).clamp(min=0) @ V.T + c


def kl(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)


def without_spread(student, D, d, width):
    """A model of the student's in float64 whose encoder has the log-variance -60 wherever it looks."""
    model = student.VAE(D, d, width).double()
    state = dict(model.state_dict())
    W, b, V, c = list(state)[:4]
    state[V] = torch.cat([state[V][:d], torch.zeros_like(state[V][d:])])
    state[c] = torch.cat([state[c][:d], torch.full_like(state[c][d:], -60.0)])
    model.load_state_dict(state)
    return model


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """Likelihoods, codes, images, three terms for each data point, one bound for each step."""
    x, model = rng.randn(7, 6), student.VAE(6, 2, 5)
    assert tuple(student.normal_log_likelihood(x, 0 * x, 0.5).shape) == (7,), "one log-density for each row"
    mu, logvar = model.encode(x)
    assert tuple(mu.shape) == tuple(logvar.shape) == (7, 2), "mu and logvar are (N, d)"
    assert tuple(model.decode(mu).shape) == (7, 6), "images are (N, D)"
    terms = student.elbo(x, model.encode, model.decode, 0.5)
    assert [tuple(t.shape) for t in terms] == [(7,), (7,), (7,)], (
        "bound, reconstruction and divergence of each data point"
    )
    bounds = student.train_vae(model, x, 0.5, 3, 4, 0.01)
    assert len(bounds) == 3 and all(isinstance(b, float) for b in bounds), "one float for each step"


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize("sd", [0.2, 1.7])
def test_likelihood(student, rng, sd):
    """The log-density is that of independent normal distributions, summed over the values."""
    x, mean = rng.randn(5, 4).double(), rng.randn(5, 4).double()
    want = Normal(mean, sd).log_prob(x).sum(-1)
    assert_close(student.normal_log_likelihood(x, mean, sd), want, **FLOAT64, name="log-density")


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_network(student, rng):
    """Encoder and decoder have one hidden layer with ReLU each; mu is the first half of the encoder's values."""
    model = student.VAE(7, 3, 5).double()
    p = [w.detach() for w in weights(model)]
    shapes = [(5, 7), (5,), (6, 5), (6,), (5, 3), (5,), (7, 5), (7,)]
    assert [tuple(w.shape) for w in p] == shapes, "the layers are D to width to 2 d, and d to width to D"
    x, z = 3 * rng.randn(6, 7).double(), 3 * rng.randn(6, 3).double()
    mu, logvar = model.encode(x)
    want_mu, want_logvar = encoder(*p[:4], x)
    assert_close(mu.detach(), want_mu, **FLOAT64, name="mu")
    assert_close(logvar.detach(), want_logvar, **FLOAT64, name="logvar")
    assert_close(model.decode(z).detach(), decoder(*p[4:], z), **FLOAT64, name="image")


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_terms(student, rng):
    """Reconstruction is the log-density around the decoded draw, the divergence exact, the bound their difference."""
    A, B, W = rng.randn(5, 2).double(), rng.randn(5, 2).double(), rng.randn(2, 5).double()
    x, asked = rng.randn(8, 5).double(), []

    def decode(z):
        asked.append(z.detach())
        return torch.tanh(z @ W)

    bound, reconstruction, divergence = student.elbo(
        x, lambda x: (x @ A, x @ B), decode, 0.4, rng.generator()
    )
    z = torch.cat(asked).reshape(-1, 2)
    assert len(z) == 8, f"{len(z)} latents were decoded for 8 data points: one draw each"
    assert_close(divergence, kl(x @ A, x @ B), **FLOAT64, name="divergence")
    want = Normal(torch.tanh(z @ W), 0.4).log_prob(x).sum(-1)
    assert_close(reconstruction, want, **FLOAT64, name="reconstruction")
    assert_close(bound, want - kl(x @ A, x @ B), **FLOAT64, name="bound")


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_draws(student, rng):
    """Latents are drawn with the encoder's mean and standard deviation, each value by itself."""
    asked = []

    def decode(z):
        asked.append(z.detach())
        return z

    x = torch.zeros(3000, 2).double()
    level = torch.tensor([0.8, -1.4]).double()
    student.elbo(x, lambda x: (x + 3, x + level), decode, 1.0, rng.generator())
    noise = (torch.cat(asked) - 3) / (level / 2).exp()
    n = len(noise)
    assert bool((noise.mean(0).abs() < SIGMAS / math.sqrt(n)).all()), "the draws' mean is not mu"
    spread = (noise.var(0) - 1).abs()
    assert bool((spread < (SIGMAS + 1) * math.sqrt(2 / n)).all()), (
        "the draws' standard deviation is not exp(logvar / 2)"
    )
    assert abs(float((noise[:, 0] * noise[:, 1]).mean())) < SIGMAS / math.sqrt(n), (
        "two latents share their noise"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(4)
def test_steps(student, rng):
    """Each step is one of Adam that raises the mean bound; the bounds returned are those before the step."""
    model, row = without_spread(student, 5, 2, 4), rng.randn(1, 5).double()
    # A hidden unit that is silent has no gradient: only a decay of the weights would move it.
    state = dict(model.state_dict())
    state[list(state)[1]][0] = -50.0
    model.load_state_dict(state)
    for call in ("first", "second"):
        p = [w.detach().clone().requires_grad_() for w in weights(model)]
        optimiser, want = torch.optim.Adam(p, 0.01), []
        for _ in range(4):
            mu, logvar = encoder(*p[:4], row)
            bound = (Normal(decoder(*p[4:], mu), 0.6).log_prob(row).sum(-1) - kl(mu, logvar)).mean()
            optimiser.zero_grad()
            (-bound).backward()
            optimiser.step()
            want.append(bound.item())
        got = student.train_vae(model, row.expand(6, 5), 0.6, 4, 3, 0.01, rng.generator())
        assert_close(
            torch.tensor(got).double(),
            torch.tensor(want).double(),
            rtol=1e-5,
            atol=1e-5,
            name=f"bounds of the {call} training",
        )
        for mine, right in zip(weights(model), p, strict=True):
            assert_close(
                mine.detach(), right.detach(), rtol=1e-5, atol=1e-6, name=f"weights after the {call} training"
            )


@pytest.mark.level("options")
@pytest.mark.weight(2)
@pytest.mark.parametrize("beta", [0.0, 0.3, 4.0])
def test_beta(student, rng, beta):
    """A weight changes the bound alone: reconstruction and divergence stay what they are."""
    A, x = rng.randn(4, 3).double(), rng.randn(5, 4).double()
    bound, reconstruction, divergence = student.elbo(
        x, lambda x: (x @ A, 0.1 * x[:, :3] - 1), lambda z: z @ A.T, 0.7, rng.generator(), beta=beta
    )
    assert_close(divergence, kl(x @ A, 0.1 * x[:, :3] - 1), **FLOAT64, name="divergence")
    assert_close(bound, reconstruction - beta * divergence, **FLOAT64, name="bound")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_beta_in_training(student, rng):
    """In training the weight stands before the divergence, in the bounds and in the gradients."""
    model, row = without_spread(student, 4, 3, 6), rng.randn(1, 4).double()
    p = [w.detach().clone().requires_grad_() for w in weights(model)]
    mu, logvar = encoder(*p[:4], row)
    bound = (Normal(decoder(*p[4:], mu), 1.3).log_prob(row).sum(-1) - 2.5 * kl(mu, logvar)).mean()
    gradients = torch.autograd.grad(bound, p)
    got = student.train_vae(model, row.expand(5, 4), 1.3, 1, 2, 1e-3, rng.generator(), beta=2.5)
    for mine, before, g in zip(weights(model), p, gradients, strict=True):
        clear = g.abs() > 1e-3
        moved = (mine.detach() - before.detach()) * g.sign()
        assert bool((moved[clear] > 0).all()), "a step does not go up the gradient of the weighted bound"
    assert abs(got[0] - bound.item()) < 1e-4 * abs(bound.item()) + 1e-5, (
        f"bound {got[0]:.4f} instead of {bound.item():.4f}"
    )


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_edges(student, rng):
    """One data point, one latent, views, a mean that broadcasts, latents with more axes."""
    x, mean = rng.randn(4, 3, 5).double(), rng.randn(3, 5).double()
    want = Normal(mean, 0.3).log_prob(x).sum(-1)
    assert_close(student.normal_log_likelihood(x, mean, 0.3), want, **FLOAT64, name="log-density")
    model = student.VAE(5, 1, 4).double()
    p = [w.detach() for w in weights(model)]
    z = rng.randn(3, 2, 1).double()
    assert_close(
        model.decode(z).detach(), decoder(*p[4:], z), **FLOAT64, name="images of latents with two batch axes"
    )
    view = rng.randn(5, 1).double().T
    assert [tuple(t.shape) for t in student.elbo(view, model.encode, model.decode, 0.5)] == [(1,)] * 3
    assert len(student.train_vae(model, view, 0.5, 2, 1, 0.01)) == 2


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_batches(student, rng):
    """Each step draws its own data points, with replacement, and its own latents."""
    model = without_spread(student, 4, 2, 5)
    x = torch.tensor([1.0, 10.0, 100.0]).double()[:, None] * torch.ones(3, 4).double()
    single = [student.train_vae(model, x[i : i + 1], 1.0, 1, 1, 0.0)[0] for i in range(3)]
    seen = student.train_vae(model, x, 1.0, 90, 1, 0.0, rng.generator())
    rows = [min(range(3), key=lambda i, b=b: abs(b - single[i])) for b in seen]
    assert set(rows) == {0, 1, 2}, "batches of one show only some of the data"
    assert any(a == b for a, b in zip(rows, rows[1:], strict=False)), (
        "data points are drawn anew in each step"
    )
    wide = student.train_vae(model, x, 1.0, 12, 3, 0.0, rng.generator())
    assert max(wide) - min(wide) > 1e-6, (
        "a batch as large as the data always holds all of them: draw with replacement"
    )
    noisy = student.VAE(4, 2, 50).double()  # of five hidden units all may be silent
    bounds = student.train_vae(noisy, x[:1].expand(2, 4), 1.0, 5, 2, 0.0, rng.generator())
    assert len(set(bounds)) == 5, "each step draws new latents"


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_bound_of_a_linear_model(student, rng):
    """With the true posterior the bound's mean is the exact log-likelihood of a linear model; elsewhere it is lower."""
    # The posterior is diagonal where the decoder's directions are orthogonal.
    sd, directions = 0.8, torch.linalg.qr(rng.randn(4, 2).double())[0]
    W = directions * torch.tensor([1.3, 0.6]).double()
    covariance = W @ W.T + sd**2 * torch.eye(4).double()
    M = W.T @ W + sd**2 * torch.eye(2).double()
    row = rng.randn(1, 4).double()
    many = row.expand(20_000, 4)
    posterior = torch.linalg.solve(M, W.T @ row[0])
    logvar = (sd**2 / M.diagonal()).log()
    exact = float(MultivariateNormal(torch.zeros(4).double(), covariance).log_prob(row)[0])
    for shift, name in ((0.0, "true"), (0.5, "shifted")):
        bound, _, _ = student.elbo(
            many,
            lambda x, s=shift: ((posterior + s).expand(len(x), 2), logvar.expand(len(x), 2)),
            lambda z: z @ W.T,
            sd,
            rng.generator(),
        )
        gap = 0.5 * float((shift**2 / logvar.exp()).sum())
        allowed = SIGMAS * float(bound.std()) / math.sqrt(20_000)
        off = abs(float(bound.mean()) - (exact - gap))
        assert off < allowed, f"with the {name} posterior the bound is {off:.3f} away from its exact value"


@pytest.mark.level("invariants")
@pytest.mark.weight(1.5)
def test_gradients(student, rng):
    """Gradients of the bound reach encoder and decoder, also through the draw."""
    a, b, w = (rng.randn(3, dtype=torch.float64, requires_grad=True) for _ in range(3))
    x, asked = rng.randn(6, 3).double(), []

    def decode(z):
        asked.append(z)
        return z * w

    bound, _, _ = student.elbo(x, lambda x: (x * a, x * b), decode, 0.9, rng.generator())
    z = torch.cat([value.detach() for value in asked])
    noise = (z - x * a.detach()) / (x * b.detach() / 2).exp()
    mu, logvar = x * a, x * b
    want = (Normal((mu + (logvar / 2).exp() * noise) * w, 0.9).log_prob(x).sum(-1) - kl(mu, logvar)).sum()
    right = torch.autograd.grad(want, (a, b, w))
    a.grad = b.grad = w.grad = None
    bound.sum().backward()
    for p, g, name in zip(
        (a, b, w), right, ("encoder's mean", "encoder's log-variance", "decoder"), strict=True
    ):
        assert p.grad is not None, f"no gradient reaches the {name}"
        assert_close(p.grad, g, rtol=1e-6, atol=1e-7, name=f"gradient in the {name}")


@pytest.mark.level("invariants")
@pytest.mark.weight(1.5)
def test_second_call(student, rng):
    """A second call goes on with the same model, and two models share nothing."""
    one, two = without_spread(student, 4, 2, 3), student.VAE(4, 2, 3).double()
    before = {name: value.clone() for name, value in two.state_dict().items()}
    row = rng.randn(1, 4).double().expand(3, 4)
    first = student.train_vae(one, row, 0.7, 30, 3, 0.02, rng.generator())
    second = student.train_vae(one, row, 0.7, 1, 3, 0.02, rng.generator())
    assert second[0] > first[0] + 0.1, "a second call does not go on from where the first one ended"
    for name, value in two.state_dict().items():
        assert_close(value, before[name], rtol=0, atol=0, name="weights of a model that is not trained")


@pytest.fixture(scope="module")
def digits():
    return load_digits()


@pytest.mark.level("converges")
@pytest.mark.timeout(40)
def test_held_out_bound(student, rng, digits):
    """On digits with permuted pixels the held-out bound passes a bar that an unused code does not reach."""
    order = rng.perm(64)
    x, new = digits.train_images.flatten(1)[:, order], digits.test_images.flatten(1)[:, order]
    model = student.VAE(64, 3, 48)
    bounds = student.train_vae(model, x, 0.2, 250, 64, 8e-3, rng.generator())
    mu, logvar = (t.detach().double() for t in model.encode(new))
    total = 0.0
    for _ in range(4):
        z = mu + (logvar / 2).exp() * rng.randn(*mu.shape, dtype=torch.float64)
        images = model.decode(z.float()).detach().double()
        total += float((Normal(images, 0.2).log_prob(new.double()).sum(-1) - kl(mu, logvar)).mean()) / 4
    rate = float(kl(mu, logvar).mean())
    # The mean image and no code: -15.0. Measured over 6 seeds: bound 6.5 to 8.4, rate 4.8 to 5.4, spread 0.66 to 0.76.
    assert rate > 1.0, f"the code is not used: its divergence is {rate:.2f} nats"
    assert total > 3.0, f"the held-out bound is {total:.1f} nats"
    assert abs(bounds[-1] - total) < 15, (
        f"the last bound reported is {bounds[-1]:.1f}; on held-out digits it is {total:.1f}"
    )
    fresh = model.decode(rng.randn(300, 3)).detach()
    spread = float(torch.pdist(fresh).mean() / torch.pdist(new[:300]).mean())
    assert spread > 0.35, f"images of fresh latents differ by {spread:.2f} of what digits do"


@pytest.mark.level("contract")
def test_generator_and_dtype(student, rng):
    """A seed repeats terms and training; the global generator draws without one; float32 stays float32."""
    x, seed, model = rng.randn(5, 4), rng.seed(), student.VAE(4, 2, 3)
    one, two = (
        student.elbo(x, model.encode, model.decode, 0.5, torch.Generator().manual_seed(seed))
        for _ in range(2)
    )
    for a, b in zip(one, two, strict=True):
        assert_close(a, b, rtol=0, atol=0, name="terms from one seed")
        assert a.dtype == torch.float32
    runs = [
        student.train_vae(model, x, 0.5, 4, 2, 0.0, torch.Generator().manual_seed(seed)) for _ in range(2)
    ]
    assert_close(torch.tensor(runs[0]), torch.tensor(runs[1]), rtol=0, atol=0, name="bounds from one seed")
