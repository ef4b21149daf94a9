# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---


# %% [markdown]
# # Chapter 12. Diffusion models

# %% nbgrader={"grade": false, "grade_id": "given_imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from selfcheck import check

# %% nbgrader={"grade": false, "grade_id": "given_per_sample", "locked": true, "schema_version": 3, "solution": false, "task": false}
def per_sample(table: Float[Tensor, "T"], t: Int[Tensor, "N"], like: Float[Tensor, "N ..."]) -> Float[Tensor, "N ..."]:
    """The entry `table[t]` of each sample, as (N, 1, ..., 1) in the dtype of `like`, ready to be multiplied with it."""
    return table[t].to(like.dtype).view(-1, *[1] * (like.dim() - 1))

# %% nbgrader={"grade": false, "grade_id": "given_point_data", "locked": true, "schema_version": 3, "solution": false, "task": false}
def two_moons(n: int, generator: torch.Generator) -> Float[Tensor, "n 2"]:
    """Points on two interleaved half circles, blurred by a normal error of 0.1."""
    angle = math.pi * torch.rand(n, generator=generator)
    side = torch.where(torch.rand(n, generator=generator) < 0.5, 1.0, -1.0)
    points = torch.stack([side * (angle.cos() - 0.5), side * (angle.sin() - 0.25)], 1)
    return 1.2 * points + 0.1 * torch.randn(n, 2, generator=generator)


def two_rings(n: int, generator: torch.Generator) -> Float[Tensor, "n 2"]:
    """Points on two circles of radius 0.7 and 1.6 about the origin, blurred by a normal error of 0.08."""
    angle = 2 * math.pi * torch.rand(n, generator=generator)
    radius = torch.where(torch.rand(n, generator=generator) < 0.6, 1.6, 0.7)
    return radius[:, None] * torch.stack([angle.cos(), angle.sin()], 1) + 0.08 * torch.randn(n, 2, generator=generator)


def eight_gaussians(n: int, generator: torch.Generator) -> Float[Tensor, "n 2"]:
    """Points from eight normal distributions of standard deviation 0.15, centred on a circle of radius 1.5."""
    angle = torch.randint(0, 8, (n,), generator=generator) * (math.pi / 4)
    return 1.5 * torch.stack([angle.cos(), angle.sin()], 1) + 0.15 * torch.randn(n, 2, generator=generator)

# %% [markdown]
# ### Exercise `schedules`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 7 | 20 min | 0.1 s | everything in PyTorch |

# %% nbgrader={"grade": false, "grade_id": "schedules_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def linear_betas(T: int, beta_start: float = 1e-4, beta_end: float = 0.02) -> Float[Tensor, "T"]:
    """Variances of the noise of each step, evenly spaced from beta_start to beta_end.

    Args:
        T: number of steps, at least 1.
        beta_start, beta_end: the first and the last variance.

    Returns:
        beta, (T,), float64.

    Source: Ho, Jain and Abbeel (2020), section 4.
    """
    ### BEGIN SOLUTION
    return torch.linspace(beta_start, beta_end, T, dtype=torch.float64)
    ### END SOLUTION


def cosine_betas(T: int, s: float = 0.008, max_beta: float = 0.999) -> Float[Tensor, "T"]:
    """Variances for which alpha-bar falls like a squared cosine.

    Args:
        T: number of steps, at least 1.
        s: small offset that keeps the first steps from being tiny.
        max_beta: no variance is larger than this.

    Returns:
        beta, (T,), float64: beta[t] = min(1 - f(t + 1) / f(t), max_beta) with
        f(u) = cos^2((u / T + s) / (1 + s) * pi / 2).

    Source: Nichol and Dhariwal (2021), section 3.2.
    """
    ### BEGIN SOLUTION
    u = torch.arange(T + 1, dtype=torch.float64)
    f = torch.cos((u / T + s) / (1 + s) * math.pi / 2) ** 2
    return (1 - f[1:] / f[:-1]).clamp(max=max_beta)
    ### END SOLUTION


def alpha_bars(betas: Float[Tensor, "T"]) -> Float[Tensor, "T"]:
    """Share of the data's variance that is left after each step: alpha_bar[t] = prod of 1 - beta[s] for s <= t.

    Args:
        betas: (T,), float64, each in (0, 1).

    Returns:
        alpha-bar, (T,), float64, decreasing.

    Source: Ho, Jain and Abbeel (2020), equation 4.
    """
    ### BEGIN SOLUTION
    return torch.cumprod(1 - betas, dim=0)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "schedules", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
check("schedules")

# %% [markdown]
# ### Exercise `q_sample`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 6 | 15 min | 0.1 s | everything in PyTorch |

# %% nbgrader={"grade": false, "grade_id": "q_sample_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def q_sample(
    x0: Float[Tensor, "N ..."], t: Int[Tensor, "N"], alpha_bar: Float[Tensor, "T"], noise: Float[Tensor, "N ..."]
) -> Float[Tensor, "N ..."]:
    """Noise data to time t in one step: a draw from q(x_t given x_0), made of the noise given.

    Args:
        x0: data of any shape (N, ...).
        t: a time for each sample, int64 in 0 ... T - 1; after t = 0 one step of noise has been added.
        alpha_bar: (T,), float64.
        noise: standard normal, of the shape of x0.

    Returns:
        x_t, shape and dtype of x0.

    Source: Ho, Jain and Abbeel (2020), equation 4.
    """
    ### BEGIN SOLUTION
    a = per_sample(alpha_bar, t, x0)
    return a.sqrt() * x0 + (1 - a).sqrt() * noise
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "q_sample", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("q_sample")

# %% [markdown]
# ### Exercise `posterior`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 9 | 35 min | 0.1 s | everything in PyTorch |

# %% nbgrader={"grade": false, "grade_id": "posterior_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def posterior(
    x0: Float[Tensor, "N ..."], x_t: Float[Tensor, "N ..."], t: Int[Tensor, "N"], betas: Float[Tensor, "T"]
) -> tuple[Float[Tensor, "N ..."], Float[Tensor, "N ..."]]:
    """Mean and variance of q(x_{t-1} given x_t and x_0): one step back when the data are known.

    Args:
        x0, x_t: data and their noised versions, of any shape (N, ...).
        t: a time for each sample, int64 in 0 ... T - 1. The state before t = 0 is the data themselves.
        betas: (T,), float64.

    Returns:
        (mean, variance): the mean of the shape of x0, the variance (N, 1, ..., 1), both in the dtype of x0.
        At t = 0 they are x0 and 0.

    Source: Ho, Jain and Abbeel (2020), equations 6 and 7.
    """
    ### BEGIN SOLUTION
    alpha_bar = torch.cumprod(1 - betas, dim=0)
    before = torch.cat([torch.ones_like(alpha_bar[:1]), alpha_bar[:-1]])  # alpha-bar of t - 1, 1 for the data
    from_x0 = before.sqrt() * betas / (1 - alpha_bar)
    from_xt = (1 - betas).sqrt() * (1 - before) / (1 - alpha_bar)
    mean = per_sample(from_x0, t, x0) * x0 + per_sample(from_xt, t, x0) * x_t
    return mean, per_sample(betas * (1 - before) / (1 - alpha_bar), t, x0)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "posterior", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
check("posterior")

# %% [markdown]
# ### Exercise `time_embedding`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 5 | 15 min | 0.1 s | everything in PyTorch |

# %% nbgrader={"grade": false, "grade_id": "time_embedding_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def time_embedding(t: Int[Tensor, "N"], dim: int, max_period: float = 10000.0) -> Float[Tensor, "N dim"]:
    """Each time as waves of geometrically falling frequency.

    Args:
        t: times, (N,).
        dim: length of the embedding, even. With half = dim / 2, frequency i is max_period^(-i / half).
        max_period: the longest wave is a little shorter than 2 pi times this.

    Returns:
        (N, dim), float32: the sines of all frequencies, then the cosines.

    Raises:
        ValueError: if dim is odd.

    Source: Vaswani et al. (2017), section 3.5; Ho, Jain and Abbeel (2020), appendix B.
    """
    ### BEGIN SOLUTION
    if dim % 2:
        raise ValueError(f"dim must be even, to hold as many sines as cosines; it is {dim}")
    half = dim // 2
    frequencies = max_period ** (-torch.arange(half, dtype=torch.float64) / half)
    angles = t[:, None].double() * frequencies
    return torch.cat([angles.sin(), angles.cos()], dim=1).float()
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "time_embedding", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("time_embedding")

# %% nbgrader={"grade": false, "grade_id": "given_time_features", "locked": true, "schema_version": 3, "solution": false, "task": false}
TIME_FEATURES = 16


def time_features(t: Int[Tensor, "N"]) -> Float[Tensor, "N 16"]:
    """Times 0 ... 999 as 16 smooth bumps, evenly spaced on a logarithmic scale. Needs no exercise of yours."""
    place = torch.log1p(t.float()) / math.log(1000) * (TIME_FEATURES - 1)
    return torch.exp(-0.5 * (place[:, None] - torch.arange(TIME_FEATURES)) ** 2)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with a skip around them; the condition is added to every channel in between.

    Maps x (N, in_channels, H, W) and a condition (N, condition_dim) to (N, out_channels, H, W).
    """

    def __init__(self, in_channels: int, out_channels: int, condition_dim: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.second = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.norm = nn.GroupNorm(1, out_channels)
        self.condition = nn.Linear(condition_dim, out_channels)
        self.skip = nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, x: Float[Tensor, "N C_in H W"], condition: Float[Tensor, "N D"]) -> Float[Tensor, "N C_out H W"]:
        h = self.norm(self.first(x)) + self.condition(condition)[:, :, None, None]
        return self.skip(x) + self.second(F.silu(h))

# %% [markdown]
# ### Exercise `unet`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 9 | 50 min | 1 s | everything in PyTorch, `ResidualBlock` and `time_features` |

# %% nbgrader={"grade": false, "grade_id": "unet_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
class UNet(nn.Module):
    """A network that predicts the noise in an image, told the time and, if there are classes, the label.

    Args:
        in_channels: C, channels of the images.
        base_channels: channels at full resolution; twice as many at half of it, four times at a quarter.
        num_classes: K, or None for a network without labels. Label K means "no label".

    forward(x, t, y=None): x (N, C, H, W) with H and W divisible by 4, t (N,) int64, y (N,) int64 in 0 ... K or
    None for "no label" throughout; returns (N, C, H, W).

    Source: Ronneberger, Fischer and Brox (2015); Ho, Jain and Abbeel (2020), appendix B.
    """

    def __init__(self, in_channels: int = 1, base_channels: int = 16, num_classes: int | None = None) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        c, d = base_channels, 4 * base_channels
        self.time = nn.Sequential(nn.Linear(TIME_FEATURES, d), nn.SiLU(), nn.Linear(d, d))
        self.label = None if num_classes is None else nn.Embedding(num_classes + 1, d)
        self.down1 = ResidualBlock(in_channels, c, d)
        self.down2 = ResidualBlock(c, 2 * c, d)
        self.middle = ResidualBlock(2 * c, 4 * c, d)
        self.up2 = ResidualBlock(4 * c + 2 * c, 2 * c, d)
        self.up1 = ResidualBlock(2 * c + c, c, d)
        self.out = nn.Conv2d(c, in_channels, 3, padding=1)
        ### END SOLUTION

    def forward(
        self, x: Float[Tensor, "N C H W"], t: Int[Tensor, "N"], y: Int[Tensor, "N"] | None = None
    ) -> Float[Tensor, "N C H W"]:
        ### BEGIN SOLUTION
        condition = self.time(time_features(t))
        if self.label is not None:
            null = torch.full_like(t, self.label.num_embeddings - 1)
            condition = condition + self.label(null if y is None else y)
        fine = self.down1(x, condition)  # (N, c, H, W)
        coarse = self.down2(F.avg_pool2d(fine, 2), condition)  # (N, 2c, H/2, W/2)
        h = self.middle(F.avg_pool2d(coarse, 2), condition)  # (N, 4c, H/4, W/4)
        h = self.up2(torch.cat([F.interpolate(h, scale_factor=2), coarse], dim=1), condition)
        h = self.up1(torch.cat([F.interpolate(h, scale_factor=2), fine], dim=1), condition)
        return self.out(h)
        ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "unet", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
check("unet")

# %% [markdown]
# ### Exercise `eps_loss`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 7 | 15 min | 0.1 s | everything in PyTorch |

# %% nbgrader={"grade": false, "grade_id": "eps_loss_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def eps_loss(
    model: Callable[[Tensor, Tensor], Tensor],
    x0: Float[Tensor, "N ..."],
    alpha_bar: Float[Tensor, "T"],
    generator: torch.Generator,
) -> Float[Tensor, ""]:
    """Mean squared error of the predicted noise, at a random time for each sample.

    Args:
        model: maps (x_t, t), with t (N,) int64, to a prediction of the noise, of the shape of x_t.
        x0: data of any shape (N, ...).
        alpha_bar: (T,), float64.
        generator: draws the times, uniform over 0 ... T - 1, and the noise.

    Returns:
        The mean over all N x ... elements, differentiable in the model's parameters.

    Source: Ho, Jain and Abbeel (2020), equation 14.
    """
    ### BEGIN SOLUTION
    t = torch.randint(0, len(alpha_bar), (len(x0),), generator=generator)
    noise = torch.randn(x0.shape, dtype=x0.dtype, generator=generator)
    a = per_sample(alpha_bar, t, x0)
    x_t = a.sqrt() * x0 + (1 - a).sqrt() * noise
    return F.mse_loss(model(x_t, t), noise)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "eps_loss", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
check("eps_loss")

# %% [markdown]
# ### Exercise `ancestral_sampler`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 9 | 35 min | 1 s | everything in PyTorch |

# %% nbgrader={"grade": false, "grade_id": "ancestral_sampler_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
@torch.no_grad()
def ancestral_sample(
    model: Callable[[Tensor, Tensor], Tensor],
    shape: tuple[int, ...],
    betas: Float[Tensor, "T"],
    generator: torch.Generator,
    clip: float | None = None,
) -> Float[Tensor, "N ..."]:
    """Samples from noise, step by step through all T times.

    Args:
        model: maps (x_t, t), with t (N,) int64, to a prediction of the noise, of the shape of x_t.
        shape: (N, ...) of the samples.
        betas: (T,), float64.
        generator: draws the starting noise and the noise of every step.
        clip: if given, the predicted x_0 is kept in [-clip, clip] at every step.

    Returns:
        Samples, float32, of the given shape. Each step's noise has the variance of q(x_{t-1} given x_t, x_0); the
        last step (t = 0) adds none.

    Source: Ho, Jain and Abbeel (2020), algorithm 2 and equations 7 and 15.
    """
    ### BEGIN SOLUTION
    alpha_bar = torch.cumprod(1 - betas, dim=0).tolist()
    x = torch.randn(shape, generator=generator)
    for t in reversed(range(len(betas))):
        beta, a, before = float(betas[t]), alpha_bar[t], alpha_bar[t - 1] if t > 0 else 1.0
        eps = model(x, torch.full((shape[0],), t))
        x0 = (x - math.sqrt(1 - a) * eps) / math.sqrt(a)
        if clip is not None:
            x0 = x0.clamp(-clip, clip)
        x = (math.sqrt(before) * beta * x0 + math.sqrt(1 - beta) * (1 - before) * x) / (1 - a)
        if t > 0:
            x = x + math.sqrt(beta * (1 - before) / (1 - a)) * torch.randn(shape, generator=generator)
    return x
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "ancestral_sampler", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
check("ancestral_sampler")

# %% [markdown]
# ### Exercise `ddim_sampler`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 8 | 30 min | 1 s | everything in PyTorch |

# %% nbgrader={"grade": false, "grade_id": "ddim_sampler_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
@torch.no_grad()
def ddim_sample(
    model: Callable[[Tensor, Tensor], Tensor],
    shape: tuple[int, ...],
    alpha_bar: Float[Tensor, "T"],
    steps: list[int],
    eta: float = 0.0,
    generator: torch.Generator | None = None,
) -> Float[Tensor, "N ..."]:
    """Samples from noise through any subset of the times.

    Args:
        model: maps (x_t, t), with t (N,) int64, to a prediction of the noise, of the shape of x_t.
        shape: (N, ...) of the samples.
        alpha_bar: (T,), float64.
        steps: the times to visit, increasing, at most T - 1; the sampler runs through them backwards, and from
            the first of them to the data, where alpha-bar is 1.
        eta: 0 for a deterministic path from the starting noise, 1 for the noise of the ancestral sampler.
        generator: draws the starting noise, and the noise of the steps; None for the global one.

    Returns:
        Samples, float32, of the given shape.

    Source: Song, Meng and Ermon (2021), equations 12 and 16.
    """
    ### BEGIN SOLUTION
    x = torch.randn(shape, generator=generator)
    for i in reversed(range(len(steps))):
        a, before = float(alpha_bar[steps[i]]), float(alpha_bar[steps[i - 1]]) if i > 0 else 1.0
        eps = model(x, torch.full((shape[0],), steps[i]))
        x0 = (x - math.sqrt(1 - a) * eps) / math.sqrt(a)
        sigma = eta * math.sqrt((1 - before) / (1 - a) * (1 - a / before))
        x = math.sqrt(before) * x0 + math.sqrt(1 - before - sigma**2) * eps
        if sigma > 0:
            x = x + sigma * torch.randn(shape, generator=generator)
    return x
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "ddim_sampler", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check("ddim_sampler")

# %% [markdown]
# ### Exercise `guidance`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 6 | 15 min | 0.1 s | everything in PyTorch |

# %% nbgrader={"grade": false, "grade_id": "guidance_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def drop_labels(y: Int[Tensor, "N"], p: float, null_label: int, generator: torch.Generator) -> Int[Tensor, "N"]:
    """Replace each label by the null label with probability p, independently.

    Args:
        y: labels, (N,), int64; not changed.
        p: probability in [0, 1].
        null_label: the label that means "no label".
        generator: draws which labels go.

    Returns:
        New labels, (N,), int64.

    Source: Ho and Salimans (2022), algorithm 1.
    """
    ### BEGIN SOLUTION
    dropped = torch.rand(y.shape, generator=generator) < p
    return torch.where(dropped, torch.full_like(y, null_label), y)
    ### END SOLUTION


def guided_eps(
    model: Callable[[Tensor, Tensor, Tensor], Tensor],
    x: Float[Tensor, "N ..."],
    t: Int[Tensor, "N"],
    y: Int[Tensor, "N"],
    scale: float,
    null_label: int,
) -> Float[Tensor, "N ..."]:
    """Classifier-free guidance: the noise predicted without the label, moved towards and past that with it.

    Args:
        model: maps (x_t, t, y) to a prediction of the noise.
        x, t, y: noised data (N, ...), times (N,) and labels (N,).
        scale: 0 gives the prediction without label, 1 that with it; larger values go on in that direction.
        null_label: the label that means "no label".

    Returns:
        The guided prediction, of the shape of x.

    Source: Ho and Salimans (2022), equation 6, with scale = 1 + w.
    """
    ### BEGIN SOLUTION
    eps_null = model(x, t, torch.full_like(y, null_label))
    return eps_null + scale * (model(x, t, y) - eps_null)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "guidance", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("guidance")

# %% [markdown]
# ### Exercise `score_matching`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 9 | 45 min | 0.1 s | everything in PyTorch but `torch.distributions` |

# %% nbgrader={"grade": false, "grade_id": "score_matching_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def score_from_eps(
    eps: Float[Tensor, "N ..."], t: Int[Tensor, "N"], alpha_bar: Float[Tensor, "T"]
) -> Float[Tensor, "N ..."]:
    """The score, gradient of log q(x_t) in x_t, that belongs to a noise prediction.

    Args:
        eps: predicted noise (N, ...).
        t: times (N,).
        alpha_bar: (T,), float64.

    Returns:
        The score, of the shape and dtype of eps.

    Source: Song et al. (2021), section 3; Luo (2022), equation 148.
    """
    ### BEGIN SOLUTION
    return -eps / (1 - per_sample(alpha_bar, t, eps)).sqrt()
    ### END SOLUTION


def dsm_loss(
    score_model: Callable[[Tensor, float], Tensor], x: Float[Tensor, "N ..."], sigma: float, noise: Float[Tensor, "N ..."]
) -> Float[Tensor, ""]:
    """Denoising score matching at one noise level, weighted by its variance.

    Args:
        score_model: maps (points, sigma) to the score at the points, of their shape.
        x: data of any shape (N, ...).
        sigma: standard deviation of the noise added.
        noise: standard normal, of the shape of x.

    Returns:
        sigma^2 / 2 times the squared distance between the model's score at x + sigma * noise and the score
        -noise / sigma of the blur; summed over the dimensions of a sample, averaged over the N samples.

    Source: Vincent (2011), equation 9; Song and Ermon (2019), equations 5 and 6.
    """
    ### BEGIN SOLUTION
    difference = score_model(x + sigma * noise, sigma) + noise / sigma
    return 0.5 * sigma**2 * difference.square().flatten(1).sum(1).mean()
    ### END SOLUTION


def gaussian_kl(mean1: Tensor, log_var1: Tensor, mean2: Tensor, log_var2: Tensor) -> Tensor:
    """KL divergence from N(mean1, exp(log_var1)) to N(mean2, exp(log_var2)), element by element.

    Args:
        mean1, log_var1, mean2, log_var2: of shapes that broadcast.

    Returns:
        KL(first || second) of each element, in nats, of the broadcast shape.

    Source: Kingma and Welling (2014), appendix B.
    """
    ### BEGIN SOLUTION
    ratio = torch.exp(log_var1 - log_var2)
    return 0.5 * (log_var2 - log_var1 + ratio + (mean1 - mean2) ** 2 * torch.exp(-log_var2) - 1)
    ### END SOLUTION


def v_target(
    x0: Float[Tensor, "N ..."], noise: Float[Tensor, "N ..."], t: Int[Tensor, "N"], alpha_bar: Float[Tensor, "T"]
) -> Float[Tensor, "N ..."]:
    """The velocity v = sqrt(alpha_bar) noise - sqrt(1 - alpha_bar) x_0, of the shape and dtype of x0.

    Source: Salimans and Ho (2022), section 4 and appendix D.
    """
    ### BEGIN SOLUTION
    a = per_sample(alpha_bar, t, x0)
    return a.sqrt() * noise - (1 - a).sqrt() * x0
    ### END SOLUTION


def x0_from_v(
    x_t: Float[Tensor, "N ..."], v: Float[Tensor, "N ..."], t: Int[Tensor, "N"], alpha_bar: Float[Tensor, "T"]
) -> Float[Tensor, "N ..."]:
    """The x_0 that belongs to x_t and the velocity v, of the shape and dtype of x_t.

    Source: Salimans and Ho (2022), section 4 and appendix D.
    """
    ### BEGIN SOLUTION
    a = per_sample(alpha_bar, t, x_t)
    return a.sqrt() * x_t - (1 - a).sqrt() * v
    ### END SOLUTION


def vlb_term(
    x0: Float[Tensor, "N ..."],
    x_t: Float[Tensor, "N ..."],
    t: Int[Tensor, "N"],
    eps_pred: Float[Tensor, "N ..."],
    betas: Float[Tensor, "T"],
) -> Float[Tensor, "N"]:
    """One term of the variational bound: KL(q(x_{t-1} given x_t, x_0) || p(x_{t-1} given x_t)), in nats.

    Args:
        x0, x_t: data and their noised versions, of any shape (N, ...).
        t: times (N,), each at least 1.
        eps_pred: the noise the model predicts in x_t. p is q's posterior with the x_0 that this noise implies,
            of the same variance.
        betas: (T,), float64.

    Returns:
        (N,), summed over the dimensions of a sample, in the dtype of x0.

    Source: Ho, Jain and Abbeel (2020), equations 5 and 12, with the posterior variance.
    """
    ### BEGIN SOLUTION
    alpha_bar = torch.cumprod(1 - betas, dim=0)
    a, before = alpha_bar[1:], alpha_bar[:-1]
    # Both means weigh x_0 by before.sqrt() * beta / (1 - a), both variances are beta (1 - before) / (1 - a).
    weight = before * betas[1:] / ((1 - a) * (1 - before))
    a_t = per_sample(alpha_bar, t, x0)
    x0_pred = (x_t - (1 - a_t).sqrt() * eps_pred) / a_t.sqrt()
    return 0.5 * weight[t - 1].to(x0.dtype) * (x0 - x0_pred).square().flatten(1).sum(1)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "score_matching", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
check("score_matching")

# %% [markdown]
# ### Exercise `ema`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 4 | 10 min | 0.1 s | everything in PyTorch but `torch.optim.swa_utils` |

# %% nbgrader={"grade": false, "grade_id": "ema_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
class EMA:
    """Exponential moving average of parameters.

    Args:
        params: tensors, such as `model.parameters()`; not changed and not kept.
        decay: share of the old average that stays at each update, in [0, 1].

    Attributes:
        shadow: list of the averages, detached copies that start as the parameters.

    Source: Ho, Jain and Abbeel (2020), appendix B; Polyak and Juditsky (1992).
    """

    def __init__(self, params: list[Tensor], decay: float = 0.999) -> None:
        ### BEGIN SOLUTION
        self.decay = decay
        self.shadow = [p.detach().clone() for p in params]
        ### END SOLUTION

    @torch.no_grad()
    def update(self, params: list[Tensor]) -> None:
        """Move each average a share 1 - decay of the way to its parameter."""
        ### BEGIN SOLUTION
        for average, p in zip(self.shadow, params, strict=True):
            average.lerp_(p.detach(), 1 - self.decay)
        ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "ema", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("ema")

# %% nbgrader={"grade": false, "grade_id": "given_denoisers", "locked": true, "schema_version": 3, "solution": false, "task": false}
class PointDenoiser(nn.Module):
    """Predicts the noise in points of the plane: forward(x (N, 2), t (N,)) -> (N, 2)."""

    def __init__(self, width: int = 128) -> None:
        super().__init__()
        self.time = nn.Sequential(nn.Linear(TIME_FEATURES, width), nn.SiLU(), nn.Linear(width, width))
        self.first = nn.Linear(14, width)
        self.second = nn.Linear(width, width)
        self.third = nn.Linear(width, width)
        self.out = nn.Linear(width, 2)

    def forward(self, x: Float[Tensor, "N 2"], t: Int[Tensor, "N"]) -> Float[Tensor, "N 2"]:
        # Waves over the plane: from the coordinates alone a network is slow to learn fine structure.
        waves = torch.cat([x, 2 * x, 4 * x], dim=1)
        time = self.time(time_features(t))
        h = F.relu(self.first(torch.cat([x, waves.sin(), waves.cos()], dim=1)) + time)
        h = F.relu(self.second(h) + time)
        return self.out(F.relu(self.third(h)))


class DigitDenoiser(nn.Module):
    """Predicts the noise in 8x8 images: forward(x (N, 1, 8, 8), t (N,), y (N,)) -> (N, 1, 8, 8).

    Labels are 0 ... num_classes - 1; num_classes itself means "no label".
    """

    def __init__(self, num_classes: int, width: int = 224) -> None:
        super().__init__()
        self.label = nn.Embedding(num_classes + 1, 32)
        self.condition = nn.Sequential(nn.Linear(TIME_FEATURES + 32, 128), nn.SiLU())
        self.first = nn.Linear(64, width)
        self.shift = nn.ModuleList(nn.Linear(128, width) for _ in range(2))
        self.up = nn.ModuleList(nn.Linear(width, width) for _ in range(2))
        self.down = nn.ModuleList(nn.Linear(width, width) for _ in range(2))
        self.out = nn.Linear(width, 64)

    def forward(
        self, x: Float[Tensor, "N 1 8 8"], t: Int[Tensor, "N"], y: Int[Tensor, "N"]
    ) -> Float[Tensor, "N 1 8 8"]:
        condition = self.condition(torch.cat([time_features(t), self.label(y)], dim=1))
        h = self.first(x.flatten(1))
        for shift, up, down in zip(self.shift, self.up, self.down, strict=True):
            h = h + down(F.silu(up(h) + shift(condition)))
        return self.out(F.silu(h)).view_as(x)


def point_denoiser() -> nn.Module:
    """A new network for points of the plane: model(x (N, 2), t (N,)) -> (N, 2)."""
    return PointDenoiser()


def digit_denoiser(num_classes: int = 10) -> nn.Module:
    """A new network for 8x8 digits with labels: model(x (N, 1, 8, 8), t (N,), y (N,)); label 10 is "no label"."""
    return DigitDenoiser(num_classes)

# %% [markdown]
# ### Exercise `train_diffusion`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 9 | 30 min | 10 s | everything in PyTorch |

# %% nbgrader={"grade": false, "grade_id": "train_diffusion_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train_diffusion(
    model: nn.Module,
    data: Float[Tensor, "N ..."],
    alpha_bar: Float[Tensor, "T"],
    labels: Int[Tensor, "N"] | None = None,
    null_label: int | None = None,
    epochs: int = 150,
    batch_size: int = 128,
    lr: float = 4e-3,
    p_drop: float = 0.1,
    generator: torch.Generator | None = None,
) -> list[float]:
    """Train a noise predictor in place by Adam on the mean squared error of the noise, in training mode.

    Args:
        model: predicts the noise, as model(x_t, t), or as model(x_t, t, y) if labels are given.
        data: (N, ...).
        alpha_bar: (T,), float64.
        labels: (N,), int64, or None.
        null_label: the label that means "no label"; needed with labels.
        epochs: passes over all N samples, each in a new random order, at new times and with new noise.
        batch_size: samples per step; the last batch of an epoch may be smaller.
        lr: learning rate of the first step; it falls linearly to 0, which the last step would reach.
        p_drop: each label is replaced by the null label with this probability, anew at each step.
        generator: draws orders, times, noise and dropped labels; None for the global one.

    Returns:
        Mean loss per sample of each epoch, `epochs` numbers.

    Source: Ho, Jain and Abbeel (2020), algorithm 1; Ho and Salimans (2022), algorithm 1.
    """
    ### BEGIN SOLUTION
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    steps = epochs * math.ceil(len(data) / batch_size)
    falling = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1.0, end_factor=0.0, total_iters=steps)
    model.train()
    losses = []
    for _ in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(data), generator=generator).split(batch_size):
            x0, t = data[batch], torch.randint(0, len(alpha_bar), batch.shape, generator=generator)
            noise = torch.randn(x0.shape, dtype=x0.dtype, generator=generator)
            a = per_sample(alpha_bar, t, x0)
            inputs = [a.sqrt() * x0 + (1 - a).sqrt() * noise, t]
            if labels is not None:
                dropped = torch.rand(batch.shape, generator=generator) < p_drop
                inputs.append(labels[batch].masked_fill(dropped, null_label))
            loss = F.mse_loss(model(*inputs), noise)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            falling.step()
            total += loss.item() * len(batch)
        losses.append(total / len(data))
    return losses
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "train_diffusion", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
check("train_diffusion")

# %% [markdown]
# ### Question 1: why predict noise (6 points)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written_noise", "locked": false, "points": 6, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Model answer.**
# ### END SOLUTION

# %% [markdown]
# ### Question 2: what guidance trades (6 points)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written_guidance", "locked": false, "points": 6, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Model answer.**
# ### END SOLUTION
