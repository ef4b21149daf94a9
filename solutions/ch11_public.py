"""The tests you are given: run by the check cells of the notebook, or by `pytest` in this folder.

Each exercise has a ladder: shape, a value worked out by hand, a closed form as the oracle, gradients, a small run. Your
work is graded by more tests than these, on other shapes and other numbers. `student` is your notebook.
"""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from selfcheck import assert_close, assert_own, assert_raises, gradcheck

# -------------------------------------------------------------------------------------------------- linear_autoencoder
linear_autoencoder = pytest.mark.exercise("linear_autoencoder")


def covariance(x):
    """The covariance of rows, divided by N."""
    return (x - x.mean(0)).T @ (x - x.mean(0)) / len(x)


@linear_autoencoder
@pytest.mark.gate
def test_linear_autoencoder_shapes(student, rng):
    """Mean (D,), components (k, D), variances (k,); a float for the gap; one float for each step of a training."""
    mean, components, variances = student.pca(rng.randn(8, 4), 2)
    assert [tuple(t.shape) for t in (mean, components, variances)] == [(4,), (2, 4), (2,)]
    assert tuple(student.pca_reconstruct(rng.randn(3, 4), mean, components).shape) == (3, 4)
    assert isinstance(student.subspace_gap(torch.eye(4)[:2], torch.eye(4)[2:]), float), "the gap is a float"
    errors = student.train_autoencoder(student.LinearAutoencoder(4, 2), rng.randn(8, 4), 3, 0.01)
    assert len(errors) == 3 and all(isinstance(e, float) for e in errors)


@linear_autoencoder
def test_linear_autoencoder_by_hand(student):
    """The four points of the example, moved: variances 4 and 1 along (1, 1) and (1, -1)."""
    x = torch.tensor([[2.0, 2.0], [-2.0, -2.0], [1.0, -1.0], [-1.0, 1.0]], dtype=torch.float64) + 10
    mean, components, variances = student.pca(x, 2)
    assert_close(mean, torch.full((2,), 10.0).double(), name="mean")
    assert_close(variances, torch.tensor([4.0, 1.0]).double(), name="variances")
    want = torch.full((2, 2), 0.5**0.5, dtype=torch.float64)
    assert_close(components.abs(), want, name="components, without their signs")
    assert float(components[0, 0] * components[0, 1]) > 0, "the first component is along (1, 1)"
    drawn = student.pca_reconstruct(x, mean, components[:1])
    assert_close(
        drawn[:3] - 10,
        torch.tensor([[2.0, 2.0], [-2.0, -2.0], [0.0, 0.0]]).double(),
        name="from one component",
    )


@linear_autoencoder
def test_linear_autoencoder_covariance(student, rng):
    """Components are the covariance's eigenvectors, with fewer data than values too, from the largest variance on."""
    for n, d in ((30, 4), (3, 6)):
        x = rng.randn(n, d).double() * 2.0 ** -torch.arange(d)
        _, components, variances = student.pca(x, 2)
        assert_close(
            covariance(x) @ components.T,
            components.T * variances,
            rtol=1e-6,
            atol=1e-9,
            name="C times components",
        )
        assert_close(variances, torch.linalg.eigvalsh(covariance(x)).flip(0)[:2], rtol=1e-6, name="variances")


@linear_autoencoder
def test_linear_autoencoder_gap(student):
    """The gap asks for planes, not for bases: 0 for a plane and itself, 1 for orthogonal ones, 0.6 for directions (1, 0) and (4, 3)."""
    a = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], dtype=torch.float64)
    other_basis = torch.tensor([[3.0, 1.0, 0.0], [1.0, 2.0, 0.0]], dtype=torch.float64)
    assert abs(student.subspace_gap(a, other_basis)) < 1e-6, "two bases of one plane have the gap 0"
    turned = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 5.0]], dtype=torch.float64)
    assert abs(student.subspace_gap(a, turned) - 1) < 1e-6, (
        "planes with an orthogonal direction have the gap 1"
    )
    got = student.subspace_gap(torch.tensor([[1.0, 0.0]]).double(), torch.tensor([[4.0, 3.0]]).double())
    assert abs(got - 0.6) < 1e-6, f"the gap of (1, 0) and (4, 3) is 0.6, not {got:.3f}"


@linear_autoencoder
def test_linear_autoencoder_training(student, rng):
    """Errors are summed over values and averaged over data; a step is Adam's; a batch shows as many data as it says."""
    network, x = student.LinearAutoencoder(3, 1), rng.randn(5, 3)
    before = ((network(x).detach() - x) ** 2).sum(1).mean()
    reported = student.train_autoencoder(network, x, 1, 0.01)[0]
    assert abs(reported - float(before)) < 1e-5, (
        f"error {reported:.4f} before the first step, not {float(before):.4f}"
    )
    assert student.train_autoencoder(network, x, 1, 0.0)[0] != reported, (
        "the network that is handed in is trained"
    )
    single = [student.train_autoencoder(network, x[i : i + 1], 1, 0.0)[0] for i in range(5)]
    seen = student.train_autoencoder(network, x, 40, 0.0, 1, rng.generator())
    assert all(min(abs(e - s) for s in single) < 1e-5 for e in seen), (
        "with a batch size of 1 a step shows one data point"
    )
    assert len({round(e, 5) for e in seen}) > 1, "each step draws its own data points"


@linear_autoencoder
def test_linear_autoencoder_finds_the_plane(student, rng):
    """A linear autoencoder trained on all data finds the plane of the components."""
    x = rng.randn(30, 5) * torch.tensor([2.0, 1.0, 0.3, 0.2, 0.1])
    network = student.LinearAutoencoder(5, 2)
    student.train_autoencoder(network, x, 250, 0.05)
    best = torch.linalg.eigvalsh(covariance(x))[:3].sum()
    found = ((network(x).detach() - x) ** 2).sum(1).mean()
    assert float(found) < 1.1 * float(best), (
        f"error {float(found):.3f}; two components have {float(best):.3f}"
    )


@linear_autoencoder
def test_linear_autoencoder_refuses(student, rng):
    """There is no fifth component of four data points."""
    assert_raises(ValueError, student.pca, rng.randn(4, 6), 5)


@linear_autoencoder
def test_linear_autoencoder_is_your_own(student, not_allowed):
    """Nothing is used that the card does not allow."""
    assert_own(student.pca, not_allowed)


# -------------------------------------------------------------------------------------------------- denoising
denoising = pytest.mark.exercise("denoising")


@denoising
@pytest.mark.gate
def test_denoising_shapes(student, rng):
    """Spoilt data keep their shape; A (D, D), b (D,); one float for each step."""
    x = rng.randn(7, 3)
    assert tuple(student.spoil(x, 0.1, 0.1).shape) == (7, 3)
    A, b = student.best_affine(x, 0.5)
    assert tuple(A.shape) == (3, 3) and tuple(b.shape) == (3,)
    errors = student.train_denoiser(student.LinearAutoencoder(3, 2), x, 0.1, 2, 4, 0.01)
    assert len(errors) == 2 and all(isinstance(e, float) for e in errors)


@denoising
def test_denoising_by_hand(student):
    """One value with mean 1 and variance 3, noise 1: A = 3/4 and b = 1/4."""
    x = 1 + torch.tensor([[3.0**0.5], [-(3.0**0.5)]], dtype=torch.float64)
    A, b = student.best_affine(x, 1.0)
    assert_close(A, torch.tensor([[0.75]]).double(), name="A")
    assert_close(b, torch.tensor([0.25]).double(), name="b")


@denoising
def test_denoising_spoil(student, rng):
    """The noise has the standard deviation asked for; the lost share too; what stays is not scaled; lost values have noise."""
    x = 5 + torch.zeros(100, 60, dtype=torch.float64)
    noise = student.spoil(x, 0.5, generator=rng.generator()) - x
    assert abs(float(noise.std()) - 0.5) < 0.03 and abs(float(noise.mean())) < 0.05, (
        "noise of standard deviation 0.5"
    )
    got = student.spoil(x, lost=0.25, generator=rng.generator())
    assert abs(float((got == 0).double().mean()) - 0.25) < 0.04, "a quarter of the values is lost"
    assert bool((got[got != 0] == 5).all()), "what stays is not scaled"
    both = student.spoil(x, 0.1, 0.5, rng.generator())
    assert abs(float(both[both < 2.5].std()) - 0.1) < 0.02, "lost values have noise too"


@denoising
def test_denoising_orthogonal(student, rng):
    """The best map's error is uncorrelated with its input."""
    x = rng.randn(9, 3).double() @ rng.randn(3, 3).double() + 2
    A, b = student.best_affine(x, 0.8)
    C = covariance(x)
    assert_close(
        A @ (C + 0.64 * torch.eye(3).double()),
        C,
        rtol=1e-6,
        atol=1e-9,
        name="A times the covariance of the input",
    )
    assert_close(A @ x.mean(0) + b, x.mean(0), rtol=1e-6, atol=1e-9, name="the mean, repaired")


@denoising
def test_denoising_training(student, rng):
    """The network sees spoilt data, new in each step, and is compared with clean ones."""
    x = 1000.0 * torch.arange(1, 4, dtype=torch.float64)[:, None] * torch.ones(3, 4, dtype=torch.float64)
    network, seen = student.LinearAutoencoder(4, 2).double(), []
    network.register_forward_hook(
        lambda module, args, answer: seen.append((args[0].detach().clone(), answer.detach().clone()))
    )
    errors = student.train_denoiser(network, x, 1.0, 6, 5, 0.0, rng.generator())
    for error, (shown, answer) in zip(errors, seen, strict=False):
        clean = x[torch.cdist(shown, x).argmin(1)]
        assert shown.shape == (5, 4), "a batch has the size asked for"
        assert float((shown - clean).abs().max()) > 0.2, "the network is shown clean data"
        want = float(((answer - clean) ** 2).sum(1).mean())
        assert abs(error / want - 1) < 1e-6, "the error is the squared distance to the clean data"
    noise = [shown - x[torch.cdist(shown, x).argmin(1)] for shown, _ in seen]
    assert all(float((a - b).abs().max()) > 0.1 for a, b in zip(noise, noise[1:], strict=False)), (
        "each step has new noise"
    )


@denoising
def test_denoising_learns(student, rng):
    """A linear network comes near the best affine map, on new data."""
    scale = torch.tensor([2.0, 0.3, 0.1])
    x, new = rng.randn(300, 3) * scale, rng.randn(1000, 3) * scale
    network = student.LinearAutoencoder(3, 3)
    student.train_denoiser(network, x, 1.0, 200, 64, 0.02, rng.generator())
    found = float(((network(new + rng.randn(1000, 3)).detach() - new) ** 2).sum(1).mean())
    best = float((scale**2 / (scale**2 + 1)).sum())
    assert found < 1.4 * best, f"error {found:.2f}; the best affine map has {best:.2f}, no repair 3"


# -------------------------------------------------------------------------------------------------- reparameterise
reparameterise = pytest.mark.exercise("reparameterise")


@reparameterise
@pytest.mark.gate
def test_reparameterise_shapes(student, rng):
    """A draw like the mean; a divergence for each row; (K, d) estimates."""
    mu, logvar = rng.randn(4, 2), rng.randn(4, 2)
    assert tuple(student.reparameterise(mu, logvar).shape) == (4, 2)
    assert tuple(student.gaussian_kl(mu, logvar).shape) == (4,)
    for estimator in (student.pathwise_gradients, student.score_gradients):
        pair = estimator(lambda z: z.sum(1), mu[0], logvar[0], 5)
        assert [tuple(g.shape) for g in pair] == [(5, 2), (5, 2)]


@reparameterise
def test_reparameterise_by_hand(student):
    """The card's examples: 0.5 nats, and 2.19 nats; a prior of its own leaves 0."""
    mu, logvar = torch.tensor([[1.0], [0.0]]).double(), torch.tensor([[0.0], [2.0]]).double()
    want = torch.tensor([0.5, (math.e**2 - 3) / 2], dtype=torch.float64)
    assert_close(student.gaussian_kl(mu, logvar), want, name="divergence")
    assert_close(student.gaussian_kl(mu, logvar, mu, logvar), 0 * want, name="divergence from itself")
    shifted = student.gaussian_kl(mu, logvar, prior_mu=mu)
    assert_close(
        shifted, torch.tensor([0.0, (math.e**2 - 3) / 2]).double(), name="divergence from a shifted prior"
    )
    wide = student.gaussian_kl(mu[:1], logvar[:1], prior_logvar=torch.full((1, 1), math.log(4)).double())
    assert_close(
        wide, torch.tensor([(2 / 4 - 1 + math.log(4)) / 2]).double(), name="divergence from a wide prior"
    )


@reparameterise
def test_reparameterise_draws(student, rng):
    """Mean mu, standard deviation exp(logvar / 2), noise of its own for each value."""
    mu, logvar = (
        torch.full((3000, 2), 3.0).double(),
        torch.tensor([math.log(4), math.log(0.25)]).double().expand(3000, 2),
    )
    z = student.reparameterise(mu, logvar, rng.generator())
    assert float((z.mean(0) - 3).abs().max()) < 0.25, "the mean is 3"
    assert_close(z.std(0), torch.tensor([2.0, 0.5]).double(), rtol=0.1, name="standard deviation")
    assert len(z[:, 0].unique()) == 3000, "each row has noise of its own"


@reparameterise
def test_reparameterise_gradients(student, rng):
    """Gradients reach both parameters through the draw, and finite differences agree for the divergence."""
    mu, logvar = (rng.randn(3, 2, dtype=torch.float64, requires_grad=True) for _ in range(2))
    z = student.reparameterise(mu, logvar, rng.generator())
    z.sum().backward()
    assert mu.grad is not None and logvar.grad is not None, "no gradient reaches mean and log-variance"
    assert_close(mu.grad, torch.ones(3, 2).double(), name="gradient in the mean")
    assert_close(logvar.grad, (z - mu).detach() / 2, name="gradient in the log-variance")
    assert gradcheck(student.gaussian_kl, (mu, logvar))


@reparameterise
def test_reparameterise_linear(student, rng):
    """For f(z) = 3 z every pathwise estimate is 3; the score function's have the mean 3 and a wide spread."""
    mu, logvar = torch.zeros(1).double(), torch.zeros(1).double()
    path, _ = student.pathwise_gradients(lambda z: 3 * z[:, 0], mu, logvar, 50, rng.generator())
    assert_close(path, torch.full((50, 1), 3.0).double(), name="pathwise estimates")
    score, _ = student.score_gradients(lambda z: 3 * z[:, 0], mu, logvar, 20_000, rng.generator())
    assert abs(float(score.mean()) - 3) < 0.25 and 3.5 < float(score.std()) < 5, (
        "mean 3, standard deviation 4.2"
    )


@reparameterise
def test_reparameterise_step(student, rng):
    """The score function sees a step; a baseline keeps the mean; no estimate has a graph."""
    mu, logvar = torch.zeros(1).double(), torch.full((1,), math.log(4)).double()
    for baseline in (0.0, 0.5):
        in_mu, in_logvar = student.score_gradients(
            lambda z: (z[:, 0] > 0).double(), mu, logvar, 20_000, rng.generator(), baseline
        )
        # The mean of a step is Phi(mu / sigma): its slope at 0 is 0.3989 / 2.
        assert abs(float(in_mu.mean()) - 0.1995) < 0.02, "the slope of the probability is 0.1995"
        assert abs(float(in_logvar.mean())) < 0.03, "the spread changes nothing at 0"
        assert not in_mu.requires_grad, "an estimate has a graph"


@reparameterise
def test_reparameterise_is_your_own(student, not_allowed):
    """Nothing is used that the card does not allow."""
    assert_own(student.gaussian_kl, not_allowed)


# -------------------------------------------------------------------------------------------------- elbo
elbo = pytest.mark.exercise("elbo")


@elbo
@pytest.mark.gate
def test_elbo_shapes(student, rng):
    """Codes (N, d), images (N, D), three terms (N,), one float for each step."""
    x, model = rng.randn(5, 4), student.VAE(4, 2, 6)
    mu, logvar = model.encode(x)
    assert tuple(mu.shape) == tuple(logvar.shape) == (5, 2)
    assert tuple(model.decode(mu).shape) == (5, 4)
    assert [tuple(t.shape) for t in student.elbo(x, model.encode, model.decode, 0.5)] == [(5,)] * 3
    bounds = student.train_vae(model, x, 0.5, 2, 3, 0.01)
    assert len(bounds) == 2 and all(isinstance(b, float) for b in bounds)


@elbo
def test_elbo_by_hand(student):
    """The example of the text: -1.119 nats."""
    got = student.normal_log_likelihood(
        torch.tensor([[1.0, 0.0]]).double(), torch.tensor([[0.8, 0.4]]).double(), 0.2
    )
    assert_close(
        got, torch.tensor([-2.5 + 2 * math.log(5) - math.log(2 * math.pi)]).double(), name="log-density"
    )


@elbo
def test_elbo_network(student):
    """Four linear layers: 4 -> 6 -> 2 * 3 and 3 -> 6 -> 4, ReLU inside and nothing at the ends."""
    model = student.VAE(4, 3, 6)
    shapes = [tuple(p.shape) for _, p in model.named_parameters()]
    assert shapes == [(6, 4), (6,), (6, 6), (6,), (6, 3), (6,), (4, 6), (4,)], (
        f"parameters of the shapes {shapes}"
    )
    p = [p.detach() for _, p in model.named_parameters()]
    x = torch.linspace(-3, 3, 8).view(2, 4)
    code = torch.relu(x @ p[0].T + p[1]) @ p[2].T + p[3]
    mu, logvar = model.encode(x)
    assert_close(mu.detach(), code[:, :3], name="mu")
    assert_close(logvar.detach(), code[:, 3:], name="logvar")
    assert_close(
        model.decode(code[:, :3]).detach(),
        torch.relu(code[:, :3] @ p[4].T + p[5]) @ p[6].T + p[7],
        name="images",
    )


@elbo
def test_elbo_terms(student, rng):
    """With a narrow encoder the terms are those at its mean; beta weighs the divergence in the bound alone."""
    x = rng.randn(4, 3).double()
    encode, decode = (
        (lambda x: (x[:, :2], torch.full((len(x), 2), -50.0).double())),
        (lambda z: torch.cat([z, z[:, :1]], 1)),
    )
    for beta in (1.0, 3.0):
        bound, reconstruction, kl = student.elbo(x, encode, decode, 0.5, rng.generator(), beta)
        want = torch.distributions.Normal(decode(x[:, :2]), 0.5).log_prob(x).sum(1)
        assert_close(reconstruction, want, rtol=1e-6, name="reconstruction")
        assert_close(kl, ((x[:, :2] ** 2).sum(1) - 2 + 100) / 2, rtol=1e-6, name="divergence")
        assert_close(bound, want - beta * kl, rtol=1e-6, name="bound")


@elbo
def test_elbo_draws(student, rng):
    """One latent is drawn for each data point, with the encoder's mean and standard deviation."""
    asked = []

    def decode(z):
        asked.append(z.detach())
        return z

    x = torch.ones(2000, 1).double()
    student.elbo(x, lambda x: (2 * x, math.log(9) * x), decode, 1.0, rng.generator())
    z = torch.cat(asked)
    assert z.shape == (2000, 1), "one latent for each data point"
    assert abs(float(z.mean()) - 2) < 0.5 and abs(float(z.std()) - 3) < 0.35, (
        "mean 2 and standard deviation 3"
    )


@elbo
def test_elbo_gradients(student, rng):
    """Gradients of the bound reach every parameter of the network."""
    model = student.VAE(3, 2, 8)
    student.elbo(rng.randn(20, 3), model.encode, model.decode, 0.5, rng.generator())[0].sum().backward()
    for name, p in model.named_parameters():
        assert p.grad is not None and float(p.grad.abs().max()) > 0, f"no gradient reaches {name}"


@elbo
def test_elbo_training(student, rng):
    """The bound rises far above its start, the code is used, and a weight of 100 makes it useless."""
    angle = 6.28 * rng.rand(200, 1)
    x = torch.cat([angle.cos(), angle.sin(), (2 * angle).cos()], 1)
    rates = []
    for beta in (1.0, 100.0):
        model = student.VAE(3, 2, 24)
        bounds = student.train_vae(model, x, 0.2, 150, 32, 0.02, rng.generator(), beta)
        mu, logvar = (t.detach() for t in model.encode(x))
        rates.append(float((0.5 * (mu**2 + logvar.exp() - 1 - logvar)).sum(1).mean()))
        assert sum(bounds[-20:]) / 20 > bounds[0] + 5, "the bound does not rise"
    assert rates[0] > 0.5, f"with beta = 1 the divergence is {rates[0]:.2f}: the code is not used"
    assert rates[1] < 0.3 * rates[0], (
        f"with beta = 100 the divergence is {rates[1]:.2f}, with 1 it is {rates[0]:.2f}"
    )


# -------------------------------------------------------------------------------------------------- bound_gap
bound_gap = pytest.mark.exercise("bound_gap")


def line_model(slope, sd):
    """One latent, two values x = slope (z, z) + noise: decoder, exact posterior, exact log-likelihood."""

    def decode(z):
        return slope * z[..., :1].expand(*z.shape[:-1], 2)

    def posterior(x):
        precision = 1 + 2 * slope**2 / sd**2
        return slope * x.sum(1, keepdim=True) / sd**2 / precision, torch.full(
            (len(x), 1), -math.log(precision)
        ).to(x)

    C = slope**2 * torch.ones(2, 2).double() + sd**2 * torch.eye(2).double()
    return decode, posterior, torch.distributions.MultivariateNormal(torch.zeros(2).double(), C).log_prob


@bound_gap
@pytest.mark.gate
def test_bound_gap_shapes(student, rng):
    """One number for each data point."""
    decode, posterior, _ = line_model(0.7, 0.5)
    x = rng.randn(4, 2).double()
    assert tuple(student.iwae_bound(x, posterior, decode, 0.5, 3).shape) == (4,)
    assert tuple(student.grid_log_likelihood(x, decode, 0.5, 3.0, 7).shape) == (4,)
    assert tuple(student.normal_log_density(x, x, x).shape) == (4,)


@bound_gap
def test_bound_gap_by_hand(student):
    """Two standard deviations out in one of two dimensions."""
    z, mu = torch.tensor([4.0, 1.0]).double(), torch.tensor([0.0, 1.0]).double()
    got = student.normal_log_density(z, mu, torch.tensor([math.log(4), 0.0]).double())
    assert_close(got, torch.tensor(-2 - math.log(2) - math.log(2 * math.pi)).double(), name="log-density")


@bound_gap
def test_bound_gap_exact_posterior(student, rng):
    """With the true posterior the bound is exact for any K, also where weights are as small as exp(-1000)."""
    decode, posterior, exact = line_model(0.7, 0.3)
    for x in (rng.randn(5, 2).double(), 15 * torch.tensor([[1.0, -1.0]]).double()):
        for K in (1, 6):
            got = student.iwae_bound(x, posterior, decode, 0.3, K, rng.generator())
            assert_close(got, exact(x), rtol=1e-6, atol=1e-6, name=f"bound, K = {K}")


@bound_gap
def test_bound_gap_order(student, rng):
    """With a wrong encoder the bound rises with K and stays below the truth."""
    decode, posterior, exact = line_model(1.0, 0.5)
    x = torch.tensor([[0.5, -0.2]]).double().expand(4000, 2)

    def wrong(x):
        return posterior(x)[0] + 0.4, posterior(x)[1]

    one, ten = (float(student.iwae_bound(x, wrong, decode, 0.5, K, rng.generator()).mean()) for K in (1, 10))
    truth = float(exact(x[:1])[0])
    assert one < ten - 0.1 and ten < truth + 0.05, (
        f"{one:.2f} with K = 1, {ten:.2f} with 10, truth {truth:.2f}"
    )


@bound_gap
def test_bound_gap_grid(student, rng):
    """The grid's integral is the exact likelihood; on a coarse grid it is a sum of places times the area of a cell."""
    decode, _, exact = line_model(0.8, 0.6)
    x = rng.randn(3, 2).double()
    assert_close(
        student.grid_log_likelihood(x, decode, 0.6, 6.0, 121),
        exact(x),
        rtol=1e-4,
        atol=1e-5,
        name="log-likelihood",
    )
    z = torch.tensor([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]]).double()
    joint = (
        torch.distributions.Normal(decode(z)[:, None], 0.6).log_prob(x).sum(-1) - 1 - math.log(2 * math.pi)
    )
    got = student.grid_log_likelihood(x, decode, 0.6, 1.0, 2)
    assert_close(got, joint.logsumexp(0) + math.log(4), rtol=1e-6, name="log-likelihood on four places")


@bound_gap
def test_bound_gap_gradients(student, rng):
    """Gradients of the bound reach encoder and decoder."""
    w, shift, level = (rng.randn(1, dtype=torch.float64, requires_grad=True) for _ in range(3))
    x = rng.randn(6, 2).double()
    bound = student.iwae_bound(
        x,
        lambda x: (x[:, :1] + shift, level.expand(6, 1)),
        lambda z: (w * z).expand(*z.shape[:-1], 2),
        0.5,
        4,
        rng.generator(),
    )
    bound.sum().backward()
    for p, name in ((w, "decoder"), (shift, "encoder's mean"), (level, "encoder's log-variance")):
        assert p.grad is not None and float(p.grad.abs().max()) > 0, f"no gradient reaches the {name}"


# ----------------------------------------------------------------------------------------------- optimal_discriminator
optimal_discriminator = pytest.mark.exercise("optimal_discriminator")


@optimal_discriminator
@pytest.mark.gate
def test_optimal_discriminator_shapes(student, rng):
    """One log-ratio for each row, one probability for each place, one number for the value."""
    zero, one = torch.zeros(2), torch.ones(2)
    assert tuple(student.log_ratio(rng.randn(3, 2), zero, one, one, 2 * one).shape) == (3,)
    assert tuple(student.optimal_discriminator(rng.randn(2, 4), rng.randn(2, 4)).shape) == (2, 4)
    assert tuple(student.optimal_value(rng.randn(5), rng.randn(5), 0.5).shape) == ()


@optimal_discriminator
def test_optimal_discriminator_by_hand(student):
    """p = 0.3 and q = 0.1 have D* = 3/4; N(0, 1) over N(0, 4) at 0 is 2; the coins' value is -1.183."""
    p, q = torch.tensor([0.3], dtype=torch.float64), torch.tensor([0.1], dtype=torch.float64)
    got = student.optimal_discriminator(p.log(), q.log())
    assert_close(got, torch.tensor([0.75], dtype=torch.float64), name="best discriminator")
    one = torch.ones(1, dtype=torch.float64)
    got = student.log_ratio(0 * one[None], 0 * one, one, 0 * one, 2 * one)
    assert_close(got, torch.tensor([math.log(2)], dtype=torch.float64), name="log-ratio")
    p, q = torch.tensor([0.5, 0.5], dtype=torch.float64), torch.tensor([0.9, 0.1], dtype=torch.float64)
    want = 0.5 * math.log(5 / 14) + 0.5 * math.log(5 / 6) + 0.9 * math.log(9 / 14) + 0.1 * math.log(1 / 6)
    got = student.optimal_value(p.log(), q.log(), 1.0)
    assert_close(got, torch.tensor(want, dtype=torch.float64), name="value")


@optimal_discriminator
def test_optimal_discriminator_dimensions(student, rng):
    """The log-ratio of two dimensions is the sum of their log-ratios, and it is a plain formula far out."""
    one = torch.ones(2, dtype=torch.float64)
    x = torch.tensor([[100.0, -50.0]], dtype=torch.float64)
    got = student.log_ratio(x, 0 * one, one, one, one)
    want = -0.5 * (100.0**2 + 50.0**2) + 0.5 * (99.0**2 + 51.0**2)
    assert_close(got, torch.tensor([want], dtype=torch.float64), name="log-ratio far out")


@optimal_discriminator
def test_optimal_discriminator_impossible(student):
    """Densities of 0, and both far below what a float can hold."""
    log_p = torch.tensor([-math.inf, 0.0, -4000.0], dtype=torch.float64)
    log_q = torch.tensor([-1.0, -math.inf, -4000.0], dtype=torch.float64)
    want = torch.tensor([0.0, 1.0, 0.5], dtype=torch.float64)
    assert_close(student.optimal_discriminator(log_p, log_q), want, name="best discriminator")
    p, q = (
        torch.tensor([1.0, 0.0, 0.0], dtype=torch.float64),
        torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64),
    )
    got = student.optimal_value(p.log(), q.log(), 1.0)
    assert_close(got, torch.tensor(0.0, dtype=torch.float64), name="value of what never meets")


@optimal_discriminator
def test_optimal_discriminator_equality(student):
    """For equal densities the value is -log 4, on a grid too."""
    x = torch.linspace(-8, 8, 801, dtype=torch.float64)
    log_p = -0.5 * x**2 - 0.5 * math.log(2 * math.pi)
    got = student.optimal_value(log_p, log_p, 0.02)
    assert_close(got, torch.tensor(-math.log(4), dtype=torch.float64), rtol=1e-6, name="value at equality")


@optimal_discriminator
def test_optimal_discriminator_gradient(student, rng):
    """The log-ratio has the gradient of finite differences in the samples."""
    x = rng.randn(3, 2, dtype=torch.float64, requires_grad=True)
    one = torch.ones(2, dtype=torch.float64)
    assert gradcheck(lambda x: student.log_ratio(x, 0 * one, one, one, 2 * one), (x,))


@optimal_discriminator
def test_optimal_discriminator_is_your_own(student, not_allowed):
    """Ready-made densities are not allowed."""
    for function in (student.log_ratio, student.optimal_discriminator, student.optimal_value):
        assert_own(function, not_allowed)


# ---------------------------------------------------------------------------------------------------------- gan_losses
gan_losses = pytest.mark.exercise("gan_losses")
GAN_KINDS = ("minimax", "non_saturating", "least_squares", "hinge")


@gan_losses
@pytest.mark.gate
def test_gan_losses_shapes(student, rng):
    """Each loss is one number."""
    for kind in GAN_KINDS:
        assert tuple(student.discriminator_loss(rng.randn(4), rng.randn(4), kind).shape) == ()
        assert tuple(student.generator_loss(rng.randn(4), kind).shape) == ()


@gan_losses
@pytest.mark.parametrize(
    ("kind", "judge", "forger"),
    [
        ("minimax", math.log(4), -math.log(2)),
        ("non_saturating", math.log(4), math.log(2)),
        ("least_squares", 0.5, 0.5),
        ("hinge", 2.0, 0.0),
    ],
)
def test_gan_losses_by_hand(student, kind, judge, forger):
    """A judge who always gives the logit 0."""
    f = torch.zeros(3, dtype=torch.float64)
    got = student.discriminator_loss(f, f, kind)
    assert_close(got, torch.tensor(judge, dtype=torch.float64), name=f"{kind} discriminator's loss")
    got = student.generator_loss(f, kind)
    assert_close(got, torch.tensor(forger, dtype=torch.float64), name=f"{kind} generator's loss")


@gan_losses
def test_gan_losses_example(student):
    """The card's example: real logits 2 and 0, a made logit -1, the hinge loss."""
    real, fake = torch.tensor([2.0, 0.0]), torch.tensor([-1.0])
    assert_close(
        student.discriminator_loss(real, fake, "hinge"), torch.tensor(0.5), name="discriminator's loss"
    )
    assert_close(student.generator_loss(fake, "hinge"), torch.tensor(1.0), name="generator's loss")


@gan_losses
def test_gan_losses_means(student):
    """Each half has a mean of its own, over logits of any shape; squares are taken before the mean."""
    real, fake = torch.tensor([[1.0], [3.0]]), torch.tensor([[[[2.0, -2.0], [0.0, 0.0]]]])
    got = student.discriminator_loss(real, fake, "least_squares")
    assert_close(got, torch.tensor(0.5 * 2.0 + 0.5 * 2.0), name="least-squares loss")


@gan_losses
def test_gan_losses_smoothing(student):
    """With a smoothing of 0.25 the target of the real samples is 0.75, that of the made ones stays 0."""
    f = torch.tensor([2.0], dtype=torch.float64)
    for kind in GAN_KINDS[:2]:
        got = student.discriminator_loss(f, -f, kind, 0.25)
        want = 0.75 * F.softplus(-f) + 0.25 * F.softplus(f) + F.softplus(-f)
        assert_close(got, want[0], name=f"{kind} loss")
    got = student.discriminator_loss(f, 0 * f, "least_squares", 0.25)
    assert_close(got, torch.tensor(0.5 * 1.25**2, dtype=torch.float64), name="least-squares loss")


@gan_losses
def test_gan_losses_huge(student):
    """Logits of 10,000: finite losses, and the gradients of the formulas."""
    f = torch.tensor([-1e4], requires_grad=True)
    for kind, want, slope in (("minimax", 0.0, 0.0), ("non_saturating", 1e4, -1.0)):
        loss = student.generator_loss(f, kind)
        assert_close(loss, torch.tensor(want), rtol=1e-5, atol=1e-6, name=f"{kind} loss")
        (gradient,) = torch.autograd.grad(loss, f)
        assert_close(
            gradient, torch.tensor([slope]), rtol=1e-5, atol=1e-6, name=f"gradient of the {kind} loss"
        )
    loss = student.discriminator_loss(f, -f, "minimax")
    assert_close(loss, torch.tensor(2e4), rtol=1e-5, name="loss of a judge who is all wrong")


@gan_losses
def test_gan_losses_gradients(student, rng):
    """Both arguments get the gradients of finite differences."""
    real, fake = (rng.uniform(-0.8, 0.8, 4, dtype=torch.float64).requires_grad_() for _ in range(2))
    for kind in GAN_KINDS:
        assert gradcheck(lambda r, f, kind=kind: student.discriminator_loss(r, f, kind), (real, fake))
        assert gradcheck(lambda f, kind=kind: student.generator_loss(f, kind), (fake,))


@gan_losses
def test_gan_losses_refused(student):
    """Unknown kinds, and smoothing of the hinge loss."""
    f = torch.zeros(2)
    assert_raises(ValueError, student.discriminator_loss, f, f, "hing")
    assert_raises(ValueError, student.generator_loss, f, "hing")
    assert_raises(ValueError, student.discriminator_loss, f, f, "hinge", 0.2)


# ----------------------------------------------------------------------------------------------------------- gan_steps
gan_steps = pytest.mark.exercise("gan_steps")


def small_gan(student):
    """A small generator of the notebook and a small discriminator, float64, and what they store."""
    g, d = student.PointGenerator(2, 4), student.PointDiscriminator(4)
    g.double()
    d.double()
    return g, d


def stored(network):
    """A copy of a network's parameters."""
    return [p.detach().clone() for p in network.parameters()]


def moved(network, before):
    """Whether any parameter has changed."""
    return any(not torch.equal(p.detach(), q) for p, q in zip(network.parameters(), before, strict=True))


@gan_steps
@pytest.mark.gate
def test_gan_steps_run(student, rng):
    """A step returns one number without a graph, the loop a pair for each round."""
    g, d = small_gan(student)
    real, z = rng.randn(5, 2).double(), rng.randn(3, 2).double()
    for loss in (
        student.discriminator_step(g, d, student.sgd(d, 0.1), real, z),
        student.generator_step(g, d, student.sgd(g, 0.1), z),
    ):
        assert tuple(loss.shape) == () and not loss.requires_grad, (
            "a step returns its loss, a number without a graph"
        )
    losses = student.train_gan(g, d, lambda n: real[:n], lambda n: rng.randn(n, 2).double(), 2, 4)
    assert [len(pair) for pair in losses] == [2, 2], "one pair of losses for each round"


@gan_steps
def test_gan_steps_losses(student, rng):
    """A step's loss is that of the table, before the update."""
    g, d = small_gan(student)
    real, z = rng.randn(5, 2).double(), rng.randn(3, 2).double()
    want = (F.softplus(-d(real)).mean() + F.softplus(d(g(z))).mean()).detach()
    assert_close(
        student.discriminator_step(g, d, student.sgd(d, 1.0), real, z), want, name="discriminator's loss"
    )
    want = F.softplus(-d(g(z))).mean().detach()
    assert_close(student.generator_step(g, d, student.sgd(g, 1.0), z), want, name="generator's loss")


@gan_steps
def test_gan_steps_who_moves(student, rng):
    """In each step one network moves, and its loss falls."""
    g, d = small_gan(student)
    real, z = rng.randn(5, 2).double(), rng.randn(3, 2).double()
    g_before, d_before = stored(g), stored(d)
    first = student.discriminator_step(g, d, student.sgd(d, 0.05), real, z)
    assert moved(d, d_before), "a discriminator step does not move the discriminator"
    assert not moved(g, g_before), "a discriminator step moves the generator"
    second = student.discriminator_step(g, d, student.sgd(d, 0.05), real, z)
    assert float(second) < float(first), (
        "after a small step the discriminator's loss of the same batch is not lower"
    )
    d_before = stored(d)
    first = student.generator_step(g, d, student.sgd(g, 0.05), z)
    assert moved(g, g_before), "a generator step does not move the generator"
    assert not moved(d, d_before), "a generator step moves the discriminator"
    second = student.generator_step(g, d, student.sgd(g, 0.05), z)
    assert float(second) < float(first), (
        "after a small step the generator's loss of the same batch is not lower"
    )


@gan_steps
def test_gan_steps_whose_gradients(student, rng):
    """A step leaves no gradient in the other network, and what lay in its own does not count."""
    g, d = small_gan(student)
    real, z = rng.randn(5, 2).double(), rng.randn(3, 2).double()
    student.discriminator_step(g, d, student.sgd(d, 0.0), real, z)
    assert all(p.grad is None or not p.grad.any() for p in g.parameters()), "the generator holds gradients"
    g, d = small_gan(student)
    student.generator_step(g, d, student.sgd(g, 0.0), z)
    assert all(p.grad is None or not p.grad.any() for p in d.parameters()), (
        "the discriminator holds gradients"
    )
    student.discriminator_step(g, d, student.sgd(d, 0.0), real, z)
    once = [p.grad.clone() for p in d.parameters()]
    student.discriminator_step(g, d, student.sgd(d, 0.0), real, z)
    for p, grad in zip(d.parameters(), once, strict=True):
        assert_close(p.grad, grad, name="gradient after a second step with the same batch")
    assert all(p.requires_grad for p in [*g.parameters(), *d.parameters()]), (
        "parameters no longer take gradients"
    )


@gan_steps
def test_gan_steps_batches(student, rng):
    """Each step of the loop gets batches of its own, in the numbers of steps that are asked for."""
    g, d = small_gan(student)
    counts = {"sample": [], "noise": []}

    def source(name):
        def give(n):
            counts[name].append(n)
            return rng.randn(n, 2).double()

        return give

    student.train_gan(
        g, d, source("sample"), source("noise"), 3, 5, 0.01, discriminator_steps=2, generator_steps=4
    )
    assert counts["sample"] == [5] * 6, (
        "three rounds of two discriminator steps need six batches of real samples"
    )
    assert counts["noise"] == [5] * 18, "three rounds of six steps need eighteen batches of noise"


@gan_steps
def test_gan_steps_learns(student, rng):
    """Two clouds: after 300 rounds points are made near both."""
    points = torch.where(torch.rand(4000, 1) < 0.5, -1.5, 1.5) + 0.3 * rng.randn(4000, 2)
    student.torch.manual_seed(0)
    g, d = student.PointGenerator(4, 32), student.PointDiscriminator(32)
    sources = student.sampler(points, rng.generator()), student.normal_noise(4, rng.generator())
    student.train_gan(g, d, *sources, 300, 64)
    made = g(rng.randn(1000, 4)).detach()
    shares = [float(((made - place).norm(dim=1) < 1.2).float().mean()) for place in (-1.5, 1.5)]
    assert min(shares) > 0.1, f"shares of the points near the two clouds: {shares[0]:.2f} and {shares[1]:.2f}"


# ---------------------------------------------------------------------------------------------------- gradient_penalty
gradient_penalty = pytest.mark.exercise("gradient_penalty")


@gradient_penalty
@pytest.mark.gate
def test_gradient_penalty_shapes(student, rng):
    """Points between have the shape of the samples, the penalty is one number."""
    x = student.between(rng.randn(3, 1, 2, 4), rng.randn(3, 1, 2, 4), rng.generator())
    assert tuple(x.shape) == (3, 1, 2, 4)
    assert tuple(student.gradient_penalty(lambda x: x.sum(1), rng.randn(5, 2)).shape) == ()


@gradient_penalty
def test_gradient_penalty_by_hand(student, rng):
    """The card's two linear critics: slopes of 5 and of 0.6."""
    x = rng.randn(4, 2).double()
    for weights, one_sided, want in (
        ((3, 4), False, 16.0),
        ((0.6, 0), False, 0.16),
        ((0.6, 0), True, 0.0),
        ((3, 4), True, 16.0),
    ):
        w = torch.tensor(weights, dtype=torch.float64)
        got = student.gradient_penalty(lambda x, w=w: x @ w, x, one_sided)
        assert_close(got, torch.tensor(want, dtype=torch.float64), name=f"penalty, weights {weights}")


@gradient_penalty
def test_gradient_penalty_each_sample(student):
    """The critic x^2/2 has the slope |x|: each sample its own; a column of scores is as good."""
    x = torch.tensor([[0.0], [2.0], [-4.0]], dtype=torch.float64)
    want = torch.tensor((1.0 + 1.0 + 9.0) / 3, dtype=torch.float64)
    assert_close(student.gradient_penalty(lambda x: (x**2).sum(1) / 2, x), want, name="penalty")
    assert_close(student.gradient_penalty(lambda x: x**2 / 2, x), want, name="penalty of a column of scores")
    image = torch.ones(2, 1, 2, 2, dtype=torch.float64)
    got = student.gradient_penalty(lambda x: (x**2).sum((1, 2, 3)) / 2, image)
    assert_close(got, torch.tensor(1.0, dtype=torch.float64), name="penalty of images")


@gradient_penalty
def test_gradient_penalty_trains(student, rng):
    """The penalty of a slope w is (|w| - 1)^2, and its gradient in w is 2 (|w| - 1) for a positive w."""
    w = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    student.gradient_penalty(lambda x: w * x[:, 0], rng.randn(5, 2).double()).backward()
    assert w.grad is not None, "the penalty's gradient does not reach the critic's parameter"
    assert_close(w.grad, torch.tensor(4.0, dtype=torch.float64), name="gradient of the penalty")


@gradient_penalty
def test_gradient_penalty_flat(student, rng):
    """A flat critic is charged 1, with a finite gradient; a critic need not use its input."""
    x = rng.randn(3, 2).double()
    w = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    value = student.gradient_penalty(lambda x: x @ w, x)
    assert_close(value, torch.tensor(1.0, dtype=torch.float64), name="penalty of a flat critic")
    value.backward()
    assert w.grad is None or bool(w.grad.isfinite().all()), (
        "the gradient of a flat critic's penalty is not finite"
    )
    got = student.gradient_penalty(lambda x: w.sum().expand(len(x)), x)
    assert_close(got, torch.tensor(1.0, dtype=torch.float64), name="penalty of a critic without its input")
    with torch.no_grad():
        got = student.gradient_penalty(lambda x: x.sum(1) / 2**0.5, x)
    assert_close(got, torch.tensor(0.0, dtype=torch.float64), atol=1e-12, name="penalty without gradients")


@gradient_penalty
def test_gradient_penalty_between(student, rng):
    """One share for each sample, the same for all its values, and no graph."""
    real, fake = (
        torch.ones(50, 2, 3, dtype=torch.float64),
        torch.zeros(50, 2, 3, dtype=torch.float64).requires_grad_(),
    )
    x = student.between(real, fake, rng.generator())
    assert not x.requires_grad, "points between have no graph"
    assert bool((x == x[:, :1, :1]).all()), "a sample has one share for all its values"
    assert float(x.min()) >= 0 and float(x.max()) <= 1, "shares lie between 0 and 1"
    assert len(x[:, 0, 0].unique()) > 45, "each sample has a share of its own"


@gradient_penalty
def test_gradient_penalty_clip(student):
    """Clipping changes the network itself, and only what is outside."""
    d = student.PointDiscriminator(3)
    before = [p.detach().clone() for p in d.parameters()]
    assert student.clip_weights(d, 0.3) is None
    for p, old in zip(d.parameters(), before, strict=True):
        assert_close(p.detach(), old.clamp(-0.3, 0.3), name="clipped parameter")
        assert p.requires_grad, "after clipping parameters still take gradients"


# --------------------------------------------------------------------------------------------------------- conditional
conditional = pytest.mark.exercise("conditional")


@conditional
@pytest.mark.gate
def test_conditional_shapes(student, rng):
    """A row of pixels in [0, 1] for each row of noise, a logit for each image."""
    labels = torch.tensor([0, 2, 1, 2, 0])
    made = student.ConditionalGenerator(4, 3, 6)(10 * rng.randn(5, 4), labels)
    assert tuple(made.shape) == (5, 6)
    assert float(made.min()) >= 0 and float(made.max()) <= 1, "pixels lie between 0 and 1"
    assert tuple(student.ConditionalDiscriminator(6, 3)(made.detach(), labels).shape) == (5,)


@conditional
def test_conditional_both_inputs(student, rng):
    """Both networks depend on both inputs."""
    g, d = student.ConditionalGenerator(4, 3, 6), student.ConditionalDiscriminator(6, 3)
    z, x, labels = rng.randn(1, 4).expand(3, 4), rng.rand(1, 6).expand(3, 6), torch.arange(3)
    assert float(torch.pdist(g(z, labels).detach()).min()) > 0, "the generator does not listen"
    assert float(torch.pdist(d(x, labels).detach()[:, None]).min()) > 0, (
        "the discriminator is not told the label"
    )
    same = torch.zeros(3, dtype=torch.int64)
    assert float(torch.pdist(g(rng.randn(3, 4), same).detach()).min()) > 0, "the generator ignores the noise"
    assert float(torch.pdist(d(rng.rand(3, 6), same).detach()[:, None]).min()) > 0, (
        "the discriminator ignores the image"
    )


@conditional
def test_conditional_alone(student, rng):
    """A sample depends on its own inputs alone."""
    g, labels = student.ConditionalGenerator(4, 3, 6), torch.tensor([0, 2, 1, 2])
    z = rng.randn(4, 4)
    assert_close(
        g(z[1:2], labels[1:2]).detach(), g(z, labels).detach()[1:2], rtol=1e-4, atol=1e-6, name="image of one"
    )


@conditional
def test_conditional_gradients(student, rng):
    """Every parameter of both networks is reached."""
    z, x, labels = rng.randn(9, 4), rng.rand(9, 6), torch.arange(9) % 3
    g, d = student.ConditionalGenerator(4, 3, 6), student.ConditionalDiscriminator(6, 3)
    (g(z, labels) * rng.randn(9, 6)).sum().backward()
    d(x, labels).sum().backward()
    for network in (g, d):
        for name, p in network.named_parameters():
            assert p.grad is not None and bool(p.grad.any()), f"no gradient reaches {name}"


@conditional
def test_conditional_learns(student, rng):
    """Three classes of bright thirds: after 400 steps samples are bright where they were asked to be, and differ."""
    labels = torch.arange(600) % 3
    third = torch.arange(12) // 4
    height = 0.5 + 0.4 * torch.rand(600, 1)
    images = torch.where(third[None] == labels[:, None], height, torch.tensor(0.1)) + 0.03 * rng.randn(
        600, 12
    )
    student.torch.manual_seed(0)
    g = student.train_conditional(images.clamp(0, 1), labels, 3, 16, 400, rng.generator())
    asked = torch.arange(300) % 3
    made = g(rng.randn(300, 16), asked).detach()
    means = torch.stack([made[:, third == k].mean(1) for k in range(3)], 1)
    right = float((means.argmax(1) == asked).float().mean())
    assert right > 0.9, f"{right:.2f} of the samples are brightest in the third that was asked for"
    spread = sum(float(means[asked == k, k].std()) for k in range(3)) / 3
    assert spread > 0.04, (
        f"the samples of a class hardly differ: standard deviation {spread:.3f}, that of the data is 0.115"
    )


# -------------------------------------------------------------------------------------------------- dcgan
dcgan = pytest.mark.exercise("dcgan")


@dcgan
@pytest.mark.gate
def test_dcgan_shapes(student, rng):
    """Latents to images, images to logits."""
    images = student.DCGANGenerator(6, 2, 1, 16)(rng.randn(3, 6))
    assert tuple(images.shape) == (3, 1, 16, 16)
    assert tuple(student.DCGANDiscriminator(2, 1, 16)(images.detach()).shape) == (3,), (
        "one logit for each image"
    )
    assert float(images.detach().abs().max()) <= 1, "pixels lie in -1 ... 1"


@dcgan
def test_dcgan_size(student):
    """The card's examples: 4 becomes 8, 1 becomes 4; and 5 with kernel 3, stride 3, padding 1 becomes 13."""
    assert student.transposed_size(4, 4, 2, 1) == 8
    assert student.transposed_size(1, 4, 1, 0) == 4
    assert student.transposed_size(5, 3, 3, 1) == 13


@dcgan
def test_dcgan_counts(student):
    """3,576,704 and 2,765,568 parameters at 64 x 64; the formula counts the networks of other sizes too."""
    assert sum(p.numel() for _, p in student.DCGANGenerator().named_parameters()) == 3_576_704
    assert sum(p.numel() for _, p in student.DCGANDiscriminator().named_parameters()) == 2_765_568
    for options in ((100, 64, 3, 64), (12, 6, 2, 8), (9, 4, 1, 32)):
        network = student.DCGANGenerator(*options)
        built = sum(p.numel() for _, p in network.named_parameters())
        assert student.generator_parameters(*options) == built, (
            f"the formula and the network disagree for {options}"
        )


@dcgan
def test_dcgan_layers(student, rng):
    """At 8 x 8 the networks are short enough to be written out."""
    generator, discriminator = student.DCGANGenerator(5, 3, 2, 8), student.DCGANDiscriminator(3, 2, 8)
    first, scale, shift, last = (p.detach() for _, p in generator.named_parameters())
    z = rng.randn(4, 5)
    x = F.batch_norm(F.conv_transpose2d(z[:, :, None, None], first), None, None, scale, shift, training=True)
    want = torch.tanh(F.conv_transpose2d(torch.relu(x), last, stride=2, padding=1))
    images = generator(z).detach()
    assert_close(images, want, rtol=1e-4, atol=1e-6, name="images")
    first, last = (p.detach() for _, p in discriminator.named_parameters())
    x = F.leaky_relu(F.conv2d(images, first, stride=2, padding=1), 0.2)
    assert_close(
        discriminator(images).detach(), F.conv2d(x, last)[:, 0, 0, 0], rtol=1e-4, atol=1e-6, name="logits"
    )


@dcgan
def test_dcgan_start(student):
    """Convolutions start with the deviation 0.02, scales of batch norm around 1, shifts at 0."""
    for network in (student.DCGANGenerator(20, 16, 3, 32), student.DCGANDiscriminator(16, 3, 32)):
        kernels = torch.cat([p.detach().flatten() for _, p in network.named_parameters() if p.dim() == 4])
        vectors = [p.detach() for _, p in network.named_parameters() if p.dim() == 1]
        assert abs(float(kernels.std()) - 0.02) < 0.001, "convolutions start with the standard deviation 0.02"
        assert abs(float(torch.cat(vectors[0::2]).mean()) - 1) < 0.02, "scales start around 1"
        assert float(torch.cat(vectors[1::2]).abs().max()) == 0, "shifts start at 0"


@dcgan
def test_dcgan_one_image(student, rng):
    """One image is a batch, in evaluation; gradients reach every parameter."""
    generator, discriminator = student.DCGANGenerator(4, 2, 1, 16), student.DCGANDiscriminator(2, 1, 16)
    discriminator(generator(rng.randn(5, 4))).sum().backward()
    for network in (generator, discriminator):
        for name, p in network.named_parameters():
            assert p.grad is not None, f"{name} gets no gradient"
        network.eval()
    assert tuple(discriminator(generator(rng.randn(1, 4))).shape) == (1,), "a batch of one keeps its axis"


@dcgan
def test_dcgan_refuses(student):
    """No table makes images of 20 x 20."""
    assert_raises(ValueError, student.DCGANGenerator, 4, 2, 1, 20)
    assert_raises(ValueError, student.DCGANDiscriminator, 2, 1, 4)


# -------------------------------------------------------------------------------------------------- spectral_norm
spectral_norm = pytest.mark.exercise("spectral_norm")


@spectral_norm
@pytest.mark.gate
def test_spectral_norm_shapes(student, rng):
    """One number and two vectors; a layer from n to m values."""
    sigma, u, v = student.power_iteration(rng.randn(5, 2), rng.randn(5))
    assert tuple(sigma.shape) == () and tuple(u.shape) == (5,) and tuple(v.shape) == (2,)
    assert tuple(student.SpectralLinear(2, 5)(rng.randn(3, 2)).shape) == (3, 5)


@spectral_norm
def test_spectral_norm_by_hand(student):
    """The example of the text: 2.864 after one round, 2.998 after two."""
    W, u = torch.diag(torch.tensor([3.0, 1.0])).double(), torch.ones(2).double() / 2**0.5
    sigma, left, right = student.power_iteration(W, u)
    assert_close(sigma, torch.tensor(8.2**0.5).double(), name="sigma after one round")
    assert_close(left, torch.tensor([9.0, 1.0]).double() / 82**0.5, name="u")
    assert_close(right, torch.tensor([3.0, 1.0]).double() / 10**0.5, name="v")
    assert abs(float(student.power_iteration(W, u, 2)[0]) - 2.998) < 1e-3, "sigma after two rounds is 2.998"


@spectral_norm
def test_spectral_norm_largest(student, rng):
    """Many rounds find the largest singular value, of which the gradient is u v^T."""
    W = rng.randn(4, 6, dtype=torch.float64, requires_grad=True)
    sigma, u, v = student.power_iteration(W, rng.randn(4).double(), 300)
    assert_close(sigma.detach(), torch.linalg.svdvals(W.detach())[0], rtol=1e-5, name="sigma")
    sigma.backward()
    assert_close(W.grad, torch.outer(u, v), rtol=1e-6, atol=1e-8, name="gradient of sigma")


@spectral_norm
def test_spectral_norm_layer(student, rng):
    """A call in training makes one round from u and keeps it; in evaluation nothing changes."""
    layer = student.SpectralLinear(3, 4).double()
    state = {name: value.clone() for name, value in layer.state_dict().items()}
    assert set(state) == {"weight", "bias", "u"}, f"the layer stores {sorted(state)}"
    W, b, u = state["weight"], state["bias"], state["u"]
    v = F.normalize(W.T @ u, dim=0)
    u = F.normalize(W @ v, dim=0)
    x = rng.randn(5, 3).double()
    assert_close(
        layer(x).detach(), x @ W.T / (u @ W @ v) + b, rtol=1e-6, atol=1e-9, name="output in training"
    )
    assert_close(layer.state_dict()["u"], u, rtol=1e-6, atol=1e-9, name="u after a call in training")
    layer.eval()
    first = layer(x).detach()
    assert_close(layer(x).detach(), first, rtol=0, atol=0, name="output of a second call in evaluation")
    assert_close(layer.state_dict()["u"], u, rtol=1e-6, atol=1e-9, name="u after calls in evaluation")


@spectral_norm
def test_spectral_norm_gradients(student, rng):
    """Two calls before one backward; the gradient in the weight is at right angles to the weight."""
    layer = student.SpectralLinear(3, 4).double()
    x = rng.randn(6, 3).double()
    ((layer(x) ** 2).sum() + layer(x).sum()).backward()
    found = dict(layer.named_parameters())
    assert set(found) == {"weight", "bias"}, "weight and bias are the parameters"
    for name, p in found.items():
        assert p.grad is not None, f"no gradient reaches the {name}"
    # The output does not change with the scale of the weight, so the gradient has no part along it.
    along = float((found["weight"].grad * found["weight"].detach()).sum())
    assert abs(along) < 1e-8, "sigma depends on the weight: the gradient must go through it too"


@spectral_norm
def test_spectral_norm_is_your_own(student, not_allowed):
    """Nothing is used that the card does not allow."""
    assert_own(student.power_iteration, not_allowed)


# -------------------------------------------------------------------------------------------------- frechet
frechet = pytest.mark.exercise("frechet")


@frechet
@pytest.mark.gate
def test_frechet_shapes(student, rng):
    """A mean, a covariance, one number."""
    mean, C = student.feature_moments(rng.randn(6, 4))
    assert tuple(mean.shape) == (4,) and tuple(C.shape) == (4, 4)
    assert tuple(student.frechet_distance(mean, C, mean, C).shape) == ()


@frechet
def test_frechet_by_hand(student):
    """N(1, 4) and N(3, 1) have the distance 5; two samples have a covariance divided by 1."""

    def one(value):
        return torch.tensor([value], dtype=torch.float64)

    got = student.frechet_distance(one(1.0), one(4.0)[None], one(3.0), one(1.0)[None])
    assert_close(got, torch.tensor(5.0).double(), name="distance")
    mean, C = student.feature_moments(torch.tensor([[0.0, 0.0], [2.0, 4.0]]).double())
    assert_close(mean, torch.tensor([1.0, 2.0]).double(), name="mean")
    assert_close(C, torch.tensor([[2.0, 4.0], [4.0, 8.0]]).double(), name="covariance")


@frechet
def test_frechet_not_commuting(student):
    """Two covariances that do not commute: a stretched one, and the same turned by 45 degrees."""
    C1 = torch.diag(torch.tensor([4.0, 1.0])).double()
    C2 = torch.tensor([[2.5, 1.5], [1.5, 2.5]]).double()
    M = C1 @ C2
    want = 10 - 2 * torch.sqrt(M.trace() + 2 * torch.sqrt(torch.linalg.det(M)))
    zero = torch.zeros(2).double()
    assert_close(student.frechet_distance(zero, C1, zero, C2), want, rtol=1e-6, name="distance")


@frechet
def test_frechet_singular(student, rng):
    """A point against a cloud; two orthogonal lines; equal singular covariances."""
    mean, line = torch.zeros(3).double(), torch.diag(torch.tensor([4.0, 0.0, 0.0])).double()
    across = torch.diag(torch.tensor([0.0, 9.0, 0.0])).double()
    point = torch.zeros(3, 3).double()
    assert_close(
        student.frechet_distance(mean, point, mean + 1, line),
        torch.tensor(7.0).double(),
        rtol=1e-6,
        name="distance of a point",
    )
    assert_close(
        student.frechet_distance(mean, line, mean, across),
        torch.tensor(13.0).double(),
        rtol=1e-6,
        name="distance of two lines",
    )
    u = rng.randn(3).double()
    same = student.frechet_distance(u, torch.outer(u, u), u, torch.outer(u, u))
    assert abs(float(same)) < 1e-6, f"equal moments have the distance {float(same):.2g}"


@frechet
def test_frechet_single_precision(student, rng):
    """float32 comes back as float32, computed in float64: large and nearly equal covariances keep their difference."""
    root = rng.randn(5, 7)
    C = 1000 * root @ root.T
    C = (C + C.T) / 2
    mean = torch.zeros(5)
    got = student.frechet_distance(mean, C, mean, 1.0002 * C)
    assert got.dtype == torch.float32
    want = float(C.double().trace()) * (1.0002**0.5 - 1) ** 2
    assert abs(float(got) - want) < 0.1 * want, f"distance {float(got):.3g} instead of {want:.3g}"


@frechet
def test_frechet_refuses(student, rng):
    """One sample has no covariance."""
    assert_raises(ValueError, student.feature_moments, rng.randn(1, 2))
