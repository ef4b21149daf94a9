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
#
# Let a drop of ink fall into water and it spreads until nothing of it is left to see. Film it, and run the
# film backwards: out of grey water a drop gathers. A diffusion model learns to run that film backwards, for
# images. The way forwards needs no learning, it is adding noise; the way back is one regression, repeated a
# hundred times. Here you build all of it: the noise, the network, the samplers, guidance, and the theory that
# ties them together.
#
# | | exercise | points | minutes |
# |---|---|---|---|
# | 1 | `schedules`: how fast data turn into noise | 7 | 25 |
# | 2 | `q_sample`: noising in one step | 6 | 20 |
# | 3 | `posterior`: one step back, if you knew the data | 9 | 30 |
# | 4 | `time_embedding`: telling a network the time | 5 | 20 |
# | 5 | `unet`: a network that sees time and label | 9 | 30 |
# | 6 | `eps_loss`: the loss | 7 | 20 |
# | 7 | `ancestral_sampler`: the reverse process | 9 | 30 |
# | 8 | `ddim_sampler`: fewer steps, and no new noise | 8 | 30 |
# | 9 | `guidance`: asking for a class | 6 | 25 |
# | 10 | `score_matching`: scores, bounds, velocities | 9 | 30 |
# | 11 | `ema`: averaging weights | 4 | 15 |
# | 12 | `train_diffusion`: the training loop | 9 | 30 |
# | 13 | two written questions | 6 + 6 | 40 |
#
# The minutes include the reading of the section. With the figures of sections 12 and 13 it is about six hours. What is
# folded away is for those who have more time.

# %% [markdown]
# ### How to work
#
# - Write your code where a cell says `raise NotImplementedError()`, then run the check cell below it. A check
#   runs the public tests; your work is graded by more tests of the same properties, on other shapes and
#   numbers.
# - Exercises are judged one by one, and none needs another: if you are stuck, go on. Only figures may wait
#   for an exercise.
# - A card opens each exercise and says which functions you may use. Where it forbids some, it forbids what
#   would hide them too: code made of text (`eval`, `exec`), names computed with `getattr` or `globals`,
#   threads, `ctypes`, the interpreter's own machinery.
# - Hints are folded below the check: read one at a time.
# - Data are $(N, \dots)$: a batch of points $(N, 2)$ or of images $(N, C, H, W)$. The same code serves both.
# - **Times** are $t = 0, 1, \dots, T-1$, an int64 tensor $(N,)$ with a time for each sample. `betas[t]` is
#   the noise of step $t$. So $x_t$ has been noised $t + 1$ times, and before the first of them stand the
#   data, where $\bar\alpha = 1$. As in the papers, $x_0$ in a formula and `x0` in code always mean the *data*;
#   the state at $t = 0$, noised once, is never written so. (Papers count times from 1; then their $\beta_1$ is
#   our `betas[0]`.)
# - All randomness comes from a `torch.Generator` that is handed in, so that a seed repeats a run, and draws are
#   independent of each other: in a batch, in a sample, from step to step.
# - What holds for every function: data keep their dtype, and float64 data their digits; views (transposed, expanded)
#   are data too; arguments stay as they are; a call remembers nothing of the one before.
# - Cells that draw figures are not graded. Change their numbers and see what happens.
# - In a terminal, in this folder, `selfcheck` checks the whole notebook at once.

# %% nbgrader={"grade": false, "grade_id": "given_imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from selfcheck import check


# %% nbgrader={"grade": false, "grade_id": "given_per_sample", "locked": true, "schema_version": 3, "solution": false, "task": false}
def per_sample(
    table: Float[Tensor, "T"], t: Int[Tensor, "N"], like: Float[Tensor, "N ..."]
) -> Float[Tensor, "N ..."]:
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
    return radius[:, None] * torch.stack([angle.cos(), angle.sin()], 1) + 0.08 * torch.randn(
        n, 2, generator=generator
    )


def eight_gaussians(n: int, generator: torch.Generator) -> Float[Tensor, "n 2"]:
    """Points from eight normal distributions of standard deviation 0.15, centred on a circle of radius 1.5."""
    angle = torch.randint(0, 8, (n,), generator=generator) * (math.pi / 4)
    return 1.5 * torch.stack([angle.cos(), angle.sin()], 1) + 0.15 * torch.randn(n, 2, generator=generator)


# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
import sys
import time
from contextlib import contextmanager

import matplotlib.pyplot as plt

from selfcheck.data import load_digits
from selfcheck.plots import show

BLUE, ORANGE, GREEN, RED, GREY, PALE = "#2f6db3", "#e07b16", "#2a9265", "#c43c39", "#8a8f98", "#a9c1dc"
torch.set_num_threads(1)  # networks this small lose more time to sharing work than they gain
# An opaque light page keeps every figure legible in a dark theme too.
plt.rcParams.update({"figure.facecolor": "white", "figure.constrained_layout.use": True, "figure.dpi": 90})
plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 10})
plt.rcParams.update({"font.size": 10, "legend.frameon": False})


def show_points(ax, points, title="", colour=BLUE, limit=2.6, size=3):
    """Points (N, 2) on a square piece of the plane."""
    ax.scatter(points[:, 0], points[:, 1], s=size, color=colour, linewidths=0)
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", xticks=[], yticks=[], title=title)
    ax.spines[:].set(visible=True, color="#c9ced6")


def show_images(axes, images):
    """One image (H, W) with values in [-1, 1] on each axis, in a thin frame."""
    for ax, image in zip(axes, images, strict=False):
        ax.imshow(image.detach(), cmap="gray_r", vmin=-1, vmax=1)
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set(visible=True, color="#c9ced6")


@contextmanager
def progress(model, steps):
    """Show, while a model trains, how many of its training steps are done."""
    done, start = [0], time.perf_counter()

    def count(*_):
        done[0] += 1
        if done[0] % max(1, steps // 20) == 0 or done[0] == steps:
            bar = "#" * (40 * done[0] // steps)
            sys.stdout.write(f"\r[{bar:40}] {done[0]}/{steps} steps, {time.perf_counter() - start:.0f} s")
            sys.stdout.flush()

    hook = model.register_forward_hook(count)
    try:
        yield
    finally:
        hook.remove()
        print()


# %% [markdown]
# ### The data
#
# Two kinds. Points in the plane, where a whole distribution can be seen in one picture. And the 8x8 digits of
# scikit-learn, scaled from [0, 1] to [-1, 1], so that they have about the size of the noise that they will meet. Of
# the training digits 300 are kept for **validation**: whatever is chosen in this notebook is chosen on them. The test
# digits are used once, near the end.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_data", "locked": true, "schema_version": 3, "solution": false, "task": false}
generator = torch.Generator().manual_seed(0)
digits = load_digits()
order = torch.randperm(len(digits.train_images), generator=generator)
validation, training = order[:300], order[300:]
digit_images, digit_labels = 2 * digits.train_images[training] - 1, digits.train_labels[training]
val_images, val_labels = 2 * digits.train_images[validation] - 1, digits.train_labels[validation]
test_images = 2 * digits.test_images - 1
figure = plt.figure(figsize=(11, 2.7))
left, right = figure.subfigures(1, 2, width_ratios=[1.25, 1])
square = 5.2 * torch.rand(4000, 2, generator=generator) - 2.6
for ax, (name, draw) in zip(
    left.subplots(1, 3),
    {"two moons": two_moons, "two rings": two_rings, "eight Gaussians": eight_gaussians}.items(),
    strict=True,
):
    points = draw(1500, generator)
    show_points(ax, points, name)
    empty = (torch.cdist(square, points).min(1).values > 0.25).double().mean()
    print(f"{name}: share of the square that is farther than 0.25 from all 1,500 points: {float(empty):.2f}")
shuffled = val_images.flatten(1)[:, torch.randperm(64, generator=generator)]
for name, images in (("a validation digit", val_images.flatten(1)), ("the same with shuffled pixels", shuffled)):
    apart = torch.cdist(images, digit_images.flatten(1)).min(1).values.median()
    print(f"distance to the nearest training digit: {name} {float(apart):.1f}")
show_images(right.subplots(3, 6).flat, digit_images[:18, 0])
show(
    "Left, three clouds of points in the plane: two interleaved half circles, two rings one inside the other, and eight "
    "round spots on a circle; most of each square is empty. Right, eighteen grey digits of 8 by 8 pixels."
)

# %% [markdown]
# **Notice** how thin the support is: 57 to 70% of the square is far from all data, and an image of the same pixels in
# another order is three times as far from every training digit as a new digit is. A generator has to find the thin part
# without being told where it is.
#
# <details><summary>Can a generator not simply put down its training points again?</summary>
#
# It can, and no distance to the data would find fault with it. But it would have learned a list and not a distribution:
# nothing that it makes is new. Section 7 shows a perfect denoiser that does just that.
# </details>

# %% [markdown]
# ## A toy in ten lines
#
# The simplest diffusion model has data of one dimension: numbers that are $-1$ (three of ten) or $+1$ (seven of ten).
#
# - **Forwards.** Forty times, shrink each number a little and add a little noise. After step $t$ a share
#   $\bar\alpha_t = 0.9^{t+1}$ of the variance is data, and the rest is noise.
# - **Backwards.** Begin with noise. At each step *guess the data*, work out which noise that would mean, and mix the two
#   again with a little less noise than before.
#
# For data as simple as these the best guess is known, so nothing has to be trained: Bayes' rule gives the probability of
# $+1$, and the mean is
# $\hat x_0 = \tanh\!\big(\sqrt{\bar\alpha}\,x/(1-\bar\alpha) + \tfrac12 \log\tfrac{0.7}{0.3}\big)$.
#
# **Your guess.** The way back starts from noise that is as often negative as positive. How many of 100 numbers end at
# $-1$? Type it in, then run both cells.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_toy_guess", "locked": true, "schema_version": 3, "solution": false, "task": false}
my_share = None  # of 100 numbers, how many end at -1?

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_toy", "locked": true, "schema_version": 3, "solution": false, "task": false}
def there_and_back(seed, n=4000):
    """Forwards and backwards in ten lines; returns the data, the data with noise, and what comes back out of noise."""
    generator = torch.Generator().manual_seed(seed)
    data = torch.where(torch.rand(n, generator=generator) < 0.3, -1.0, 1.0)
    noisy, levels = data, [0.9 ** (t + 1) for t in range(40)]
    for _ in levels:
        noisy = math.sqrt(0.9) * noisy + math.sqrt(0.1) * torch.randn(n, generator=generator)
    x = torch.randn(n, generator=generator)
    for a, before in zip(levels[::-1], [*levels[-2::-1], 1.0], strict=True):
        guess = torch.tanh(math.sqrt(a) * x / (1 - a) + 0.5 * math.log(0.7 / 0.3))
        noise = (x - math.sqrt(a) * guess) / math.sqrt(1 - a)
        x = math.sqrt(before) * guess + math.sqrt(1 - before) * noise
    return data, noisy, x


print(f"your guess: {my_share}")
shares = []
for seed in range(3):
    data, noisy, back = there_and_back(seed)
    shares.append(100 * float((back < 0).double().mean()))
    print(f"seed {seed}: of 100 numbers end at -1: {shares[-1]:.1f}; of the data are -1: {100 * float((data < 0).double().mean()):.1f}")
    print(f"distance of what comes back from the nearer of -1 and 1: mean {float((back.abs() - 1).abs().mean()):.3f}")
_, axes = plt.subplots(1, 3, figsize=(11, 2.2), sharex=True)
for ax, values, title, colour in zip(
    axes, (data, noisy, back), ("data", "after 40 steps forwards", "noise after 40 steps back"), (GREY, BLUE, GREEN), strict=True
):
    ax.hist(values, bins=61, range=(-3.5, 3.5), color=colour)
    ax.set(title=title, yticks=[])
show(
    "Three histograms. The data are two spikes, a low one at -1 and a high one at 1. After forty steps forwards they are "
    "one bell about 0. Noise that has gone forty steps back is again a low spike at -1 and a high one at 1."
)

# %% [markdown]
# **Notice** that 31 or 32 of 100 numbers end at $-1$, one more than in the data, for each of three starts, though the noise was as often
# negative as positive: the guess draws everything towards $+1$ while the noise is still strong.
#
# <details><summary>The first step back begins at noise that says nothing. What does it guess?</summary>
#
# The mean of the data, $-0.3 + 0.7 = 0.4$, nearly the same for every number: $\tanh(\tfrac12\log\tfrac{0.7}{0.3}) = 0.4$.
# So the whole bell is drawn a little to the right, and with small enough steps the border between those that end at $-1$
# and those that end at $+1$ lies where 30% of the noise is to the left of it.
# </details>
#
# All that follows puts this into general terms: which steps (section 1), the formula for any step at once (2), the exact
# step back (3), a network for the guess (4 to 6), the way back with it (7 to 9), the theory (10) and the training (11, 12).

# %% [markdown]
# ## 1. Adding noise, a little at a time
#
# One step of the forward process shrinks the sample a little and adds a little noise:
#
# $$x_t = \sqrt{1-\beta_t}\; x_{t-1} + \sqrt{\beta_t}\; \varepsilon_t, \qquad \varepsilon_t \sim \mathcal N(0, I).$$
#
# Why shrink? The variance of a sum of independent parts is the sum of theirs. If $x_{t-1}$ has variance 1, so
# has $x_t$: $(1-\beta_t) \cdot 1 + \beta_t = 1$. Without the shrinking, values would grow without end.
#
# Write $\alpha_t = 1-\beta_t$. What is left of the data after step $t$? Each step multiplies their *variance*
# by $\alpha$, so after all of them
#
# $$\bar\alpha_t = \alpha_0\,\alpha_1 \cdots \alpha_t .$$
#
# That number, not $\beta$, says how noisy $x_t$ is: **alpha-bar** is the share of the variance that is still
# data, $1-\bar\alpha$ the share that is noise.

# %% [markdown]
# ### Two schedules
#
# **Linear** (Ho et al., 2020): $\beta$ rises in a straight line from $10^{-4}$ to $0.02$, for $T = 1000$.
#
# **Cosine** (Nichol and Dhariwal, 2021): choose how $\bar\alpha$ should fall, and let $\beta$ follow. With
#
# $$f(u) = \cos^2\!\left(\frac{u/T + s}{1+s} \cdot \frac{\pi}{2}\right), \qquad
# \bar\alpha_t = \frac{f(t+1)}{f(0)}, \qquad \beta_t = \min\!\left(1 - \frac{f(t+1)}{f(t)},\; 0.999\right),$$
#
# the data fade evenly. The clip is needed because $f(T) = 0$: the last $\beta$ would be 1, and later we
# divide by $\sqrt{\alpha_t}$.
#
# | symbol | in code | meaning |
# |---|---|---|
# | $T$ | `T` | number of steps |
# | $\beta_t$ | `betas[t]` | variance of the noise added by step $t$ |
# | $\bar\alpha_t$ | `alpha_bar[t]` | share of the variance left of the data after step $t$ |
#
# **Example.** $\beta = (0.1, 0.2, 0.5)$ leaves
# $\bar\alpha = (0.9,\; 0.9 \cdot 0.8,\; 0.9 \cdot 0.8 \cdot 0.5) = (0.9, 0.72, 0.36)$. In three steps 64% of
# the variance has become noise.

# %% [markdown]
# ### Exercise `schedules`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 7 | 25 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●○○ · **importance** ●●●
#
# **What.** The two schedules, and alpha-bar.
#
# **Details.** A schedule of one step is one number, the linear one's is `beta_start`. Every $\beta$ is above 0 and below 1;
# `max_beta` changes those above it and no others.
#
# **Why.** Everything below is written in $\bar\alpha$. A mistake here makes a model that trains and samples
# without an error, and whose samples are blurred.


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
# <a id="hints-schedules"></a>
# <details><summary>Hint 1: a beta is negative, or larger than 1</summary>
#
# In the cosine schedule a beta comes from *two* neighbours of $f$: one minus the later over the earlier. Is
# the fraction the right way up? $f$ falls.
# </details>
# <details><summary>Hint 2: off by one</summary>
#
# There are $T$ betas and $T + 1$ places of $f$: $u = 0, 1, \dots, T$. The first beta uses $f(1)$ and $f(0)$.
# </details>
# <details><summary>Hint 3: float32</summary>
#
# `torch.linspace` and `torch.arange` make float32 unless you give a dtype. $1 - \beta$ with a beta of
# $10^{-4}$ loses four of its seven digits there.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_schedules", "locked": true, "schema_version": 3, "solution": false, "task": false}
T = 1000
_, axes = plt.subplots(1, 3, figsize=(12, 3))
for name, betas, colour in (("linear", linear_betas(T), BLUE), ("cosine", cosine_betas(T), ORANGE)):
    alpha_bar = alpha_bars(betas)
    axes[0].plot(betas, color=colour, label=name)
    axes[1].plot(alpha_bar, color=colour)
    snr = (alpha_bar / (1 - alpha_bar)).log10()
    axes[2].plot(snr, color=colour)
    print(f"{name}: share of the data at t = 600: {alpha_bar[600]:.3f}")
    print(f"{name}: log10 of signal to noise first: {snr[0]:.1f}, last: {snr[-1]:.1f}")
axes[0].set(title=r"$\beta_t$", ylim=(0, 0.06), xlabel="t")
axes[1].set(title=r"$\bar\alpha_t$: share of the data", xlabel="t")
axes[2].set(
    title=r"signal to noise, $\log_{10}\ \bar\alpha_t / (1 - \bar\alpha_t)$", xlabel="t", ylim=(-9, 4.8)
)
axes[2].axhline(0, color=GREY, linewidth=0.8, linestyle=":")
axes[0].legend()
show(
    "Three curves over 1,000 steps for a linear and a cosine schedule. Beta: a straight line to 0.02, and a curve that stays "
    "lower and shoots up at the end. Share of the data: the linear one is near 0 from step 600 on, the cosine one falls "
    "evenly. Signal to noise, as a logarithm: both begin near 4; the cosine one stays higher and drops to -9 at the end."
)

# %% [markdown]
# The picture in the middle is figure 5 of Nichol and Dhariwal (2021).
#
# **Notice** in the middle how early the linear schedule is done: by $t = 600$ under 3% of the variance is
# data, and the last 400 steps turn noise into noise. The cosine spends its steps evenly. On the right, both
# begin at nearly the same level ($10^{4.0}$ and $10^{4.4}$), and the cosine ends far lower ($10^{-8.6}$ against
# $10^{-4.4}$): a schedule decides where the noise ends, and how much *time* is spent on each level before.
#
# <details><summary>Why not a single step, from the data straight to noise?</summary>
#
# Because of the way back. One step back would have to guess the data out of pure noise, and the best guess is then the
# mean of all data. Small steps can correct each other: each has to remove a little noise only, and looks anew.
# </details>

# %% [markdown]
# ## 2. All the steps at once
#
# Must we loop through 600 steps to see $x_{600}$? Take two steps and look:
#
# $$x_1 = \sqrt{\alpha_1}\,\big(\sqrt{\alpha_0}\,x_0 + \sqrt{\beta_0}\,\varepsilon_0\big) + \sqrt{\beta_1}\,\varepsilon_1
# = \sqrt{\alpha_1\alpha_0}\,x_0 + \underbrace{\sqrt{\alpha_1\beta_0}\,\varepsilon_0 + \sqrt{\beta_1}\,\varepsilon_1}_{\text{normal, variance } \alpha_1(1-\alpha_0) + 1-\alpha_1 \,=\, 1-\alpha_1\alpha_0} .$$
#
# Two independent normal terms are one normal term, and their variances add up to just what is missing to 1.
# By induction
#
# $$q(x_t \mid x_0) = \mathcal N\big(\sqrt{\bar\alpha_t}\,x_0,\; (1-\bar\alpha_t) I\big), \qquad
# x_t = \sqrt{\bar\alpha_t}\; x_0 + \sqrt{1-\bar\alpha_t}\; \varepsilon .$$
#
# ($x_0$ is the data, as always here.) This is what makes training cheap: any time of any sample is one
# multiplication away.
#
# **Example.** $\bar\alpha_t = 0.64$, $x_0 = (2, -1)$, $\varepsilon = (1, 3)$:
# $x_t = 0.8 \cdot (2, -1) + 0.6 \cdot (1, 3) = (2.2, 1.0)$.

# %% [markdown]
# ### A number for each sample
#
# Every sample of a batch has its own $t$, so $\bar\alpha_t$ is one number per *sample*, shape $(N,)$, and
# must be multiplied with data $(N, C, H, W)$. Broadcasting aligns shapes from the right: $(N,)$ would be laid
# along the width. It has to become $(N, 1, 1, 1)$. The given `per_sample(alpha_bar, t, x)` does that, and
# turns float64 into the dtype of `x`.

# %% [markdown]
# ### Exercise `q_sample`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 6 | 20 min | 0.6 s | everything in PyTorch, the given `per_sample` |
#
# **Difficulty** ●○○ · **importance** ●●●
#
# **What.** Noise a batch to given times, with given noise.
#
# **Why.** The forward process is all the supervision that a diffusion model ever gets.


# %% nbgrader={"grade": false, "grade_id": "q_sample_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def q_sample(
    x0: Float[Tensor, "N ..."],
    t: Int[Tensor, "N"],
    alpha_bar: Float[Tensor, "T"],
    noise: Float[Tensor, "N ..."],
) -> Float[Tensor, "N ..."]:
    """Noise data to time t in one step: a draw from q(x_t given x_0), made of the noise given.

    Args:
        x0: data of any shape (N, ...) and any size: nothing is cut off.
        t: a time for each sample, int64 in 0 ... T - 1; after t = 0 one step of noise has been added.
        alpha_bar: (T,), float64.
        noise: standard normal, of the shape of x0.

    Returns:
        x_t, shape and dtype of x0; gradients reach x0 and noise.

    Source: Ho, Jain and Abbeel (2020), equation 4.
    """
    ### BEGIN SOLUTION
    a = per_sample(alpha_bar, t, x0)
    return a.sqrt() * x0 + (1 - a).sqrt() * noise
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "q_sample", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("q_sample")

# %% [markdown]
# <a id="hints-q_sample"></a>
# <details><summary>Hint 1: the variance is not 1</summary>
#
# The *squares* of the two weights add up to 1: $\sqrt{\bar\alpha}^2 + \sqrt{1-\bar\alpha}^2$. Did a square
# root get lost?
# </details>
# <details><summary>Hint 2: alone or among others</summary>
#
# Look up `alpha_bar[t]` with the whole tensor `t`, and give the result axes of length 1 until it has as many
# as the data.
# </details>

# %% [markdown]
# ### Watching data dissolve
#
# First the toy's numbers, whose density is known at every time: $q(x_t)$ is two bells at $\pm\sqrt{\bar\alpha_t}$ of
# variance $1-\bar\alpha_t$. Then points and a digit. For all figures from here on we take $T = 100$ steps, each ten times
# as large as the paper's: `linear_betas(100, 1e-3, 0.2)`.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_density", "locked": true, "schema_version": 3, "solution": false, "task": false}
betas = linear_betas(100, 1e-3, 0.2)
alpha_bar = alpha_bars(betas)
places = torch.linspace(-3, 3, 241, dtype=torch.float64)


def toy_density(a):
    """The density of the toy's numbers (30% are -1, 70% are 1) at the places, where a share a of the variance is data."""
    bells = [share * torch.exp(-((places - c * a.sqrt()) ** 2) / (2 * (1 - a))) for share, c in ((0.3, -1), (0.7, 1))]
    return sum(bells) / (2 * math.pi * (1 - a)).sqrt()


density = torch.stack([toy_density(a) for a in alpha_bar], 1)  # (places, T)
inner = density[1:-1]
peaks = ((inner > density[:-2]) & (inner > density[2:])).sum(0)
print(f"two bells can be told apart up to t = {int((peaks == 2).nonzero().max())}")
far = (density[:, -1] - torch.exp(-(places**2) / 2) / math.sqrt(2 * math.pi)).abs().max()
print(f"at t = 99 the density differs from the normal one by at most {float(far):.4f}")


def show_density(ax, title):
    """The density over time, each column divided by its largest value."""
    ax.imshow(density / density.max(0).values, aspect="auto", origin="lower", extent=(-0.5, 99.5, -3, 3), cmap="Blues", vmax=1.4)
    ax.set(title=title, xlabel="t", ylabel="x")


generator = torch.Generator().manual_seed(1)
path = [torch.tensor([-1.0, -1.0, 1.0, 1.0, 1.0])]
for beta in betas.tolist():
    path.append(math.sqrt(1 - beta) * path[-1] + math.sqrt(beta) * torch.randn(5, generator=generator))
_, ax = plt.subplots(figsize=(9, 2.8))
show_density(ax, "how two values become one bell, and five numbers on their way")
ax.plot(torch.arange(-1, 100), torch.stack(path), color=ORANGE, linewidth=0.9)
show(
    "The density of the toy's numbers from time 0 at the left to 99 at the right, as blue shades: two narrow bands at -1 and "
    "1 grow wide, bend towards each other and become one wide band about 0. Five jagged paths start in the bands and mix."
)

# %% [markdown]
# **Notice** where the two bands become one: two bells can be told apart up to $t = 19$. From there on a path has no memory
# that the picture would show, and at $t = 99$ the density differs from the normal one by less than 0.001. A way back
# must decide between the bands *before* there are two.
#
# <details><summary>The bands bend towards 0. What bends them, the shrinking or the noise?</summary>
#
# The shrinking: the bells stand at $\pm\sqrt{\bar\alpha_t}$. The noise makes them wide. Without the shrinking the bands
# would stay at $\pm 1$ and grow wider without end.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_noising", "locked": true, "schema_version": 3, "solution": false, "task": false}
generator = torch.Generator().manual_seed(1)
times = [0, 5, 10, 20, 30, 45, 60, 99]


def named(noisy, t):
    """The likeliest class of digits noised to time t, if the training digits were all digits there are."""
    a = float(alpha_bar[t])
    logits = -(torch.cdist(noisy.flatten(1), math.sqrt(a) * digit_images.flatten(1)) ** 2) / (2 * (1 - a))
    return (logits.softmax(1) @ F.one_hot(digit_labels, 10).float()).argmax(1)


for t in times:
    right = []
    for _ in range(3):
        noise = torch.randn(val_images.shape, generator=generator)
        noisy = q_sample(val_images, torch.full((300,), t), alpha_bar, noise)
        right.append(100 * float((named(noisy, t) == val_labels).double().mean()))
    print(f"t = {t}: of 100 validation digits named {min(right):.0f} to {max(right):.0f}")
_, axes = plt.subplots(2, 9, figsize=(13, 3.2))
moons = two_moons(1200, generator)
show_points(axes[0, 0], moons, "data")
show_images(axes[1, :1], digit_images[2:3, 0])
for column, t in zip(axes.T[1:], times, strict=True):
    noisy = q_sample(moons, torch.full((1200,), t), alpha_bar, torch.randn(1200, 2, generator=generator))
    show_points(column[0], noisy, rf"$t = {t}$, $\bar\alpha = {float(alpha_bar[t]):.2g}$")
    noise = torch.randn(1, 1, 8, 8, generator=generator)
    show_images(column[1:], q_sample(digit_images[2:3], torch.tensor([t]), alpha_bar, noise)[0])
print(f"moons at t = 99: standard deviations {noisy.std(0)[0]:.2f} and {noisy.std(0)[1]:.2f}")
show(
    "Two moons and a digit at times 0, 5, 10, 20, 30, 45, 60 and 99. The moons blur, run together and are a round cloud "
    "from about 45 on. The digit can be read up to about 10, and is random pixels from about 30 on."
)

# %% [markdown]
# **Notice** that the two ends are easy: at $t = 0$ nothing is to be done, at $t = 99$ nothing can be known.
# What a digit *is* gets lost between. A classifier that knows the noise level, and compares with all training digits, names
# at least 90 of 100 validation digits at $t = 20$, about 70 at $t = 30$, 30 to 40 at $t = 45$ and no more than chance
# at $t = 99$. Your eyes give up earlier. And notice that the
# moons do not fade: they blur and shrink into one round cloud of standard deviation 1, the same for every data set. From
# there the way back starts.
#
# <details><summary>Why does the classifier see more than you do?</summary>
#
# It uses the exact probability of every pixel and adds 64 weak pieces of evidence up. Eyes look for strokes. A network
# that removes noise can do as the classifier does.
# </details>

# %% [markdown]
# ## 3. One step back
#
# The film backwards needs $q(x_{t-1} \mid x_t)$: given this frame, what was the one before? That depends on
# the whole data distribution, which nobody has. But if someone *told* us the data point $x_0$, Bayes' rule
# answers, and everything in it is normal:
#
# $$q(x_{t-1} \mid x_t, x_0) \;\propto\; \underbrace{q(x_t \mid x_{t-1})}_{\text{one step}}\; \underbrace{q(x_{t-1} \mid x_0)}_{\text{section 2}} .$$
#
# As functions of $x_{t-1}$ both are Gaussian bells, and a product of bells is a bell. In the exponent the two
# parabolas add up:
#
# $$-\frac{(x_t - \sqrt{\alpha_t}\,x_{t-1})^2}{2\beta_t} - \frac{(x_{t-1} - \sqrt{\bar\alpha_{t-1}}\,x_0)^2}{2(1-\bar\alpha_{t-1})} .$$

# %% [markdown]
# **Variance.** The number in front of $x_{t-1}^2$, times $-1$, is $1/(2\tilde\beta_t)$:
#
# $$\frac1{\tilde\beta_t} = \frac{\alpha_t}{\beta_t} + \frac1{1-\bar\alpha_{t-1}}
# \quad\Longrightarrow\quad \tilde\beta_t = \frac{1-\bar\alpha_{t-1}}{1-\bar\alpha_t}\,\beta_t .$$
#
# **Mean.** The number in front of $x_{t-1}$ is $\tilde\mu_t / \tilde\beta_t$, so
#
# $$\tilde\mu_t = \frac{\sqrt{\bar\alpha_{t-1}}\,\beta_t}{1-\bar\alpha_t}\; x_0 \;+\; \frac{\sqrt{\alpha_t}\,(1-\bar\alpha_{t-1})}{1-\bar\alpha_t}\; x_t .$$
#
# A weighted sum of where the sample comes from and where it is. Before $t = 0$ stand the data,
# $\bar\alpha_{-1} = 1$: then $\tilde\mu_0 = x_0$ and $\tilde\beta_0 = 0$, as it should be.
#
# **Example.** $\beta = (0.5, 0.5)$, so $\bar\alpha = (0.5, 0.25)$. At $t = 1$ with $x_0 = 1$ and $x_1 = 0$:
# $\tilde\mu = \frac{\sqrt{0.5} \cdot 0.5}{0.75} \cdot 1 + 0 = 0.4714$ and
# $\tilde\beta = \frac{0.5}{0.75} \cdot 0.5 = \frac13$.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_bayes", "locked": true, "schema_version": 3, "solution": false, "task": false}
x, x0, x_t, a_before, beta = torch.linspace(-3.5, 3.5, 400), 1.5, -0.4, 0.6, 0.35
a = a_before * (1 - beta)
prior = torch.exp(-((x - math.sqrt(a_before) * x0) ** 2) / (2 * (1 - a_before)))
step = torch.exp(-((x_t - math.sqrt(1 - beta) * x) ** 2) / (2 * beta))
_, ax = plt.subplots(figsize=(8, 2.8))
for curve, name in ((prior, "noised from the data"), (step, "would step to x_t"), (prior * step, "posterior")):
    weight = curve / curve.sum()
    centre = float((weight * x).sum())
    spread = float((weight * (x - centre) ** 2).sum().sqrt())
    print(f"{name}: mean {centre:.2f}, standard deviation {spread:.2f}")
for curve, name, colour in (
    (prior, r"$q(x_{t-1}\,|\,x_0)$: noised from the data", BLUE),
    (step, r"$q(x_t\,|\,x_{t-1})$: what would step to $x_t$", ORANGE),
    (prior * step, "their product, the posterior", GREEN),
):
    ax.fill_between(x, curve / curve.sum(), color=colour, alpha=0.2)
    ax.plot(x, curve / curve.sum(), color=colour, label=name)
ax.set(yticks=[], xlabel=r"$x_{t-1}$")
ax.annotate(r"$x_0$", (x0, 0), (x0, 0.004), ha="center", arrowprops={"arrowstyle": "->"})
ax.annotate(r"$x_t$", (x_t, 0), (x_t, 0.004), ha="center", arrowprops={"arrowstyle": "->"})
ax.legend(loc="upper left")
show(
    "Three bells over x before the step: blue, noised from the data, about 1.2; orange, what would step to x_t, about -0.5; "
    "and green, their product, between the two and narrower than both. Arrows mark x_0 at 1.5 and x_t at -0.4."
)

# %% [markdown]
# **Notice** that the posterior stands between the two and is narrower than either (0.48 against 0.63 and 0.73): two
# uncertain sources together are better than one. A small $\beta$ makes the orange bell narrow, and then $x_{t-1}$ is nearly $x_t$.
#
# <details><summary>Does $\tilde\beta_t$ depend on where $x_0$ and $x_t$ are?</summary>
#
# No. The number in front of $x_{t-1}^2$ holds neither of them: two bells of given widths have a product of one width,
# wherever they stand. Only the mean moves. So a network need not guess the variance of this step.
# </details>

# %% [markdown]
# ### Exercise `posterior`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 9 | 30 min | 0.5 s | everything in PyTorch, `per_sample` |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** Mean and variance of $q(x_{t-1} \mid x_t, x_0)$, with a time per sample.
#
# **Details.** Schedules of any length, of a single step too, and times in any order. The `betas` of this call count, also
# after a call with others. Data of any size and sign, views and float64 among them. At $t = 0$ the variance is 0; who needs
# its logarithm may give a number below 1e-9 there.
#
# **Why.** It is what the network has to imitate, the step of the sampler, and a term of the variational
# bound.


# %% nbgrader={"grade": false, "grade_id": "posterior_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def posterior(
    x0: Float[Tensor, "N ..."], x_t: Float[Tensor, "N ..."], t: Int[Tensor, "N"], betas: Float[Tensor, "T"]
) -> tuple[Float[Tensor, "N ..."], Float[Tensor, "N ..."]]:
    """Mean and variance of q(x_{t-1} given x_t and x_0): one step back when the data are known.

    Args:
        x0, x_t: data and their noised versions, of any shape (N, ...) and any size.
        t: a time for each sample, int64 in 0 ... T - 1. The state before t = 0 is the data themselves.
        betas: (T,), float64.

    Returns:
        (mean, variance): the mean of the shape of x0, the variance (N, 1, ..., 1), both in the dtype of x0.
        At t = 0 they are x0 and 0; a variance below 1e-9 counts as 0. Gradients reach x0 and x_t through the mean.

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
# <a id="hints-posterior"></a>
# <details><summary>Hint 1: alpha-bar before time 0</summary>
#
# Make a table `before` of $\bar\alpha_{t-1}$ for all $t$: the table `alpha_bar` moved by one place, with a 1
# in front. What does `alpha_bar[t - 1]` give at $t = 0$?
# </details>
# <details><summary>Hint 2: which alpha where</summary>
#
# In front of $x_0$ stands $\sqrt{\bar\alpha_{t-1}}$, with a bar; in front of $x_t$ stands $\sqrt{\alpha_t}$,
# without. Check with $x_0 = 1$ and the noiseless $x_t = \sqrt{\bar\alpha_t}$: the mean must come out as
# $\sqrt{\bar\alpha_{t-1}}$.
# </details>
# <details><summary>Hint 3: shapes and dtypes</summary>
#
# Compute the three tables of weights in float64, shape $(T,)$, and look them up with `per_sample` last.
# </details>

# %% [markdown]
# ## 4. Telling a network the time
#
# One network serves all noise levels, so it must know which one it is at. A bare number $t = 37$ is a poor
# input: a linear layer can scale it, but hardly treat 37 and 38 alike and 3 and 4 differently. Clocks have
# the same task and solve it with hands of different speed. So does the sinusoidal embedding, with
# $h = \text{dim}/2$ frequencies
#
# $$\omega_i = P^{-i/h}, \quad i = 0, \dots, h-1, \qquad
# \mathrm{emb}(t) = (\sin \omega_0 t, \dots, \sin \omega_{h-1} t,\; \cos \omega_0 t, \dots, \cos \omega_{h-1} t) .$$
#
# | symbol | argument | meaning |
# |---|---|---|
# | $P$ | `max_period` | how slow the slowest hand is, 10,000 by custom |
# | $h$ | `dim // 2` | number of hands; each has a sine and a cosine |
#
# **Example.** dim 4 and $P = 100$: frequencies $1$ and $100^{-1/2} = 0.1$. Time 3 becomes
# $(\sin 3, \sin 0.3, \cos 3, \cos 0.3) = (0.141, 0.296, -0.990, 0.955)$.

# %% [markdown]
# ### Exercise `time_embedding`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 5 | 20 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●○○ · **importance** ●●○
#
# **What.** Times as vectors of sines and cosines.
#
# **Details.** A single time will do, and a time of a million too. A row depends on its own time alone, and a call on its
# own `dim` and `max_period` alone. No two of a thousand times have the same row.
#
# **Why.** Many a first diffusion model computes it and forgets to feed it in; in the next exercise you feed
# it. The same embedding marks places in transformers.


# %% nbgrader={"grade": false, "grade_id": "time_embedding_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def time_embedding(t: Int[Tensor, "N"], dim: int, max_period: float = 10000.0) -> Float[Tensor, "N dim"]:
    """Each time as waves of geometrically falling frequency.

    Args:
        t: times, (N,), 0 and above, without an upper bound.
        dim: length of the embedding, even. With half = dim / 2, frequency i is max_period^(-i / half).
        max_period: the slowest frequency is max_period^(-(half - 1) / half), above 1 / max_period by a factor of
            max_period^(1 / half).

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

# %% [markdown]
# <a id="hints-time_embedding"></a>
# <details><summary>Hint 1: frequencies</summary>
#
# Exponents are $0, -1/h, -2/h, \dots$: the fastest hand has frequency exactly 1, and the slowest
# $P^{-(h-1)/h}$: faster than $1/P$ by a factor of $P^{1/h}$, which is 10 in the example and 1.8 for dim 32.
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `t[:, None] * frequencies` is a table (N, h) of angles.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_time_embedding", "locked": true, "schema_version": 3, "solution": false, "task": false}
embedding = time_embedding(torch.arange(100), 32)
likeness = embedding @ embedding.T / 16
along = max(float(likeness.diagonal(k).max() - likeness.diagonal(k).min()) for k in range(100))
print(f"likeness along a diagonal differs by at most {along:.5f}")
print(f"slow hands: {int((embedding[99, 16:] > 0.5).sum())} of 16 cosines stay above 0.5 for 100 steps")
_, axes = plt.subplots(1, 2, figsize=(11, 3), width_ratios=[2, 1])
axes[0].imshow(embedding.T, aspect="auto", cmap="RdBu", vmin=-1, vmax=1)
axes[0].set(xlabel="t", ylabel="component", title="sines above, cosines below")
axes[1].imshow(embedding @ embedding.T / 16, cmap="Blues", vmin=0, vmax=1)
axes[1].set(xlabel="t", ylabel="t'", title="how alike two times look")
show(
    "Left, the embedding of 100 times as colours: in the sines above and in the cosines below the first rows change fast, "
    "the others ever more slowly, and most of the lower rows of each block hardly at all. Right, the likeness of any two "
    "times: stripes along the diagonal, darkest on the diagonal itself."
)

# %% [markdown]
# **Notice** on the right that likeness depends on the *distance* of two times alone (the picture is constant
# along diagonals), since $\sin a \sin b + \cos a \cos b = \cos(a - b)$. On the left, the lower half of each
# block hardly moves: with $P = 10{,}000$ eleven of sixteen hands are too slow to make a sixth of a turn in 100 steps.
#
# <details><summary>Why not a vector with a 1 in place $t$ and zeros elsewhere?</summary>
#
# All times would be equally unlike each other: what is learned at $t = 37$ would say nothing of 38, and a time beyond the
# table would have no vector. Here neighbours are alike, and a linear layer can still tell them apart.
# </details>

# %% [markdown]
# ## 5. A network that sees image, time and label
#
# The network answers "which part of this image is noise?", so its output is as large as its input. To see a
# stroke as a whole it must look from afar; to say which *pixel* is noise it must keep every detail. A
# **U-Net** does both: it goes down to coarse maps and up again, and at each level hands the fine map across,
# a **skip connection**.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_unet_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
_, ax = plt.subplots(figsize=(10, 3.9))
boxes = {
    "in": (0.4, 3, 0.9, "x\nC"),
    "down1": (1.9, 3, 1.0, "c"),
    "down2": (3.5, 2, 1.0, "2c"),
    "middle": (5.1, 1, 1.2, "4c"),
    "up2": (6.9, 2, 1.2, "6c → 2c"),
    "up1": (8.7, 3, 1.2, "3c → c"),
    "out": (10.5, 3, 0.9, "noise\nC"),
}
for name, (x, y, width, text) in boxes.items():
    colour = GREY if name in ("in", "out") else BLUE
    ax.add_patch(plt.Rectangle((x, y - 0.3), width, 0.6, facecolor=colour, alpha=0.25, edgecolor=colour))
    ax.text(x + width / 2, y, text, ha="center", va="center")
links = [
    ("in", "down1", ""),
    ("down1", "down2", "halve"),
    ("down2", "middle", "halve"),
    ("middle", "up2", "double"),
    ("up2", "up1", "double"),
    ("up1", "out", ""),
]
for start, end, text in links:
    (x1, y1, width, _), (x2, y2, _, _) = boxes[start], boxes[end]
    ax.annotate("", (x2, y2), (x1 + width, y1), arrowprops={"arrowstyle": "->", "color": "black"})
    ax.text(
        (x1 + width + x2) / 2 + (0.1 if y2 < y1 else -0.1),
        (y1 + y2) / 2 + 0.1,
        text,
        fontsize=8,
        ha="left" if y2 < y1 else "right",
    )
for start, end in (("down1", "up1"), ("down2", "up2")):
    (x1, y, width, _), (x2, _, _, _) = boxes[start], boxes[end]
    ax.annotate(
        "",
        (x2, y + 0.15),
        (x1 + width, y + 0.15),
        arrowprops={"arrowstyle": "->", "color": ORANGE, "linewidth": 2},
    )
    ax.text(
        (x1 + width + x2) / 2, y + 0.24, "skip: concatenate channels", ha="center", color=ORANGE, fontsize=9
    )
for name in ("down1", "down2", "middle", "up2", "up1"):
    x, y, width, _ = boxes[name]
    ax.annotate(
        "",
        (x + width / 2, y - 0.3),
        (x + width / 2, y - 0.62),
        arrowprops={"arrowstyle": "->", "color": GREEN},
    )
    ax.text(x + width / 2, y - 0.78, "time + label", ha="center", color=GREEN, fontsize=8)
for y, text in ((3, "H x W"), (2, "H/2 x W/2"), (1, "H/4 x W/4")):
    ax.text(-0.9, y, text, color=GREY, va="center")
ax.set(xlim=(-1, 11.8), ylim=(0, 3.6))
ax.axis("off")
show(
    "The plan of a U-Net: from x with C channels to a block with c channels at full size, halved to 2c, halved to 4c, doubled "
    "to a block from 6c to 2c, doubled to a block from 3c to c, then the noise with C channels. Two skips lead across at full "
    "and at half size. Time and label go into all five blocks."
)

# %% [markdown]
# Read the channels going up: 6c are 4c from below and 2c from the side. Time and label enter *every*
# block, as one vector: time features through a small network, plus a learned vector for each class.
#
# **No label** is a label too. With $K$ classes there are $K + 1$ vectors, and number $K$ means "I am not
# told". In section 9 that becomes the handle by which we steer.
#
# The block is given: two convolutions, a normalisation, the condition added in between, and a way around all
# of it. So that this exercise needs none of your others, a plain set of time features is given as well.

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

    def forward(
        self, x: Float[Tensor, "N C_in H W"], condition: Float[Tensor, "N D"]
    ) -> Float[Tensor, "N C_out H W"]:
        h = self.norm(self.first(x)) + self.condition(condition)[:, :, None, None]
        return self.skip(x) + self.second(F.silu(h))


# %% [markdown]
# ### Exercise `unet`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 9 | 30 min | 0.6 s | everything in PyTorch, `ResidualBlock`, `time_features` |
#
# **Difficulty** ●●● · **importance** ●●●
#
# **What.** The network of the figure. One way to wire it, with $c$ = `base_channels`:
#
# | block | its input | channels | size |
# |---|---|---|---|
# | `down1` | x | $C \to c$ | $H \times W$ |
# | `down2` | `down1`, halved by `F.avg_pool2d(h, 2)` | $c \to 2c$ | $H/2 \times W/2$ |
# | `middle` | `down2`, halved | $2c \to 4c$ | $H/4 \times W/4$ |
# | `up2` | `middle`, doubled by `F.interpolate(h, scale_factor=2)`, joined with `down2` by `torch.cat` | $4c + 2c \to 2c$ | $H/2 \times W/2$ |
# | `up1` | `up2`, doubled, joined with `down1` | $2c + c \to c$ | $H \times W$ |
# | `out` | `up1`, through a 3x3 convolution | $c \to C$ | $H \times W$ |
#
# All blocks get the same condition $(N, D)$, of a length $D$ that you choose: `time_features(t)` through two linear layers,
# plus a row of `nn.Embedding(K + 1, D)` where there are classes.
#
# Names and details are yours; the tests ask what it does:
#
# - Height and width are any multiples of 4, not always equal. The output depends on every pixel, is of both signs,
#   and has no bound.
# - Convolutions have `base_channels` channels at full resolution, twice as many at half of it and four times at a
#   quarter, so the number of weights grows with it. Tests take multiples of 8, so that channels can be put into groups.
# - A skip brings the full resolution to the output, and something is computed at a quarter of the resolution.
# - Every time from 0 to 999 gives another output, early ones a few steps apart clearly so. Every label does, too, and
#   without `y` all images have the null label. Time and label enter where the image is processed: what they change
#   depends on the image.
# - Each image is treated by itself, at its own time and label. Only while training may a batch normalisation bring others in.
# - Every parameter gets a gradient, and the image does. The `state_dict` holds all that the network knows.
# - What is random while training, such as dropout, rests after `model.eval()`.
#
# A layer may start at zero, as many good ones do: the tests add random numbers to all parameters first.
#
# **Why.** Most image diffusion uses it, and so do other tasks whose output is an image.


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
# <a id="hints-unet"></a>
# <details><summary>Hint 1: sizes</summary>
#
# `F.avg_pool2d(x, 2)` halves, `F.interpolate(x, scale_factor=2)` doubles, `torch.cat([a, b], dim=1)` joins
# channels. Write the shape behind every line as a comment.
# </details>
# <details><summary>Hint 2: the condition</summary>
#
# Make one vector (N, D): `self.time(time_features(t))`, and with classes `+ self.label(y)`. D is your choice;
# each `ResidualBlock` is told it when it is made.
# </details>
# <details><summary>Hint 3: a parameter gets no gradient</summary>
#
# Something is made in `__init__` and not used in `forward`, or a skip is computed and not joined on.
# </details>

# %% [markdown]
# You can see it train in section 12. First, what should it be trained *for*?

# %% [markdown]
# ## 6. The loss
#
# The step back needs $x_0$, and the network is to guess it. Since
# $x_t = \sqrt{\bar\alpha_t}\,x_0 + \sqrt{1-\bar\alpha_t}\,\varepsilon$, who knows $x_t$ and $t$ can turn a
# guess of the noise into a guess of the data and back. Ho et al. (2020) let the network $\varepsilon_\theta$
# guess the noise:
#
# $$L = \mathbb E_{\,x_0,\; t \sim U\{0, \dots, T-1\},\; \varepsilon \sim \mathcal N(0, I)}\;
# \big\lVert \varepsilon_\theta\big(\sqrt{\bar\alpha_t}\,x_0 + \sqrt{1-\bar\alpha_t}\,\varepsilon,\; t\big) - \varepsilon \big\rVert^2 ,$$
#
# as a mean over all elements. It is a regression with endless data: every batch gets new times and new noise.
#
# **Example.** A network that always says 0 has the loss $\mathbb E\,\varepsilon^2 = 1$. That is the mark to
# beat, and where a healthy training curve starts.

# %% [markdown]
# ### Exercise `eps_loss`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 7 | 20 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●○○ · **importance** ●●●
#
# **What.** One number: draw times, draw noise, noise the batch, compare.
#
# **Details.** The model is called once, with the whole batch, at a time for each sample, drawn independently of the
# others'. Both ends of the times are drawn. Noise is left as it is drawn, in a small batch too: not centred, not scaled. What the call is given counts, not
# what an earlier call was given. Gradients reach the model's parameters. float64 data are noised and judged in float64; their
# noise may be drawn in float32.
#
# **Why.** The derivation of diffusion models fills pages. What is left of it in code are these five lines.


# %% nbgrader={"grade": false, "grade_id": "eps_loss_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def eps_loss(
    model: Callable[[Tensor, Tensor], Tensor],
    x0: Float[Tensor, "N ..."],
    alpha_bar: Float[Tensor, "T"],
    generator: torch.Generator,
) -> Float[Tensor, ""]:
    """Mean squared error of the predicted noise, at a random time for each sample.

    Args:
        model: maps (x_t, t), with t (N,) int64, to a prediction of the noise, of the shape of x_t. It is called
            once, with the whole batch.
        x0: data of any shape (N, ...).
        alpha_bar: (T,), float64.
        generator: draws the times, uniform over 0 ... T - 1, and the noise, standard normal and left as it is drawn;
            a time for each sample, noise for each element. The next call draws others.

    Returns:
        The mean over all N x ... elements, differentiable in the model's parameters, in the dtype of x0.

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
# <a id="hints-eps_loss"></a>
# <details><summary>Hint 1: the perfect prediction has a loss</summary>
#
# The noise in the comparison must be the very tensor that went into $x_t$, and the time that the model is
# told the one it was made with.
# </details>
# <details><summary>Hint 2: times</summary>
#
# `torch.randint(low, high, ...)` leaves `high` out. One time for each sample, not one for the batch.
# </details>

# %% [markdown]
# ### The best possible answer
#
# What is the best a network can do? A squared error is smallest at the conditional mean,
# $\mathbb E[\varepsilon \mid x_t]$, which is the same as knowing $\mathbb E[x_0 \mid x_t]$. If the data were
# just $M$ training points, that mean can be *computed*: every point $x^{(i)}$ counts with the weight $\rho_i$ by which
# it explains $x_t$,
#
# $$\rho_i \propto \exp\!\left(-\frac{\lVert x_t - \sqrt{\bar\alpha_t}\,x^{(i)} \rVert^2}{2(1-\bar\alpha_t)}\right), \qquad
# \mathbb E[x_0 \mid x_t] = \sum_i \rho_i\, x^{(i)} .$$
#
# So we have a perfect noise predictor before any training. It will serve us to test samplers.


# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_exact", "locked": true, "schema_version": 3, "solution": false, "task": false}
def exact_denoiser(data, alpha_bar):
    """The noise predictor with the smallest possible loss on this training set, computed, not learned."""

    def model(x, t):
        a = per_sample(alpha_bar, t, x)
        logits = -(torch.cdist(x, data * a[0].sqrt()) ** 2) / (2 * (1 - a[0]))
        return (x - a.sqrt() * (logits.softmax(1) @ data)) / (1 - a).sqrt()

    return model


generator = torch.Generator().manual_seed(2)
betas = linear_betas(100, 1e-3, 0.2)
alpha_bar = alpha_bars(betas)
ring = eight_gaussians(40, generator)
exact = exact_denoiser(ring, alpha_bar)
side = torch.linspace(-2.4, 2.4, 17)
grid = torch.cartesian_prod(side, side)


def show_arrows(ax, places, arrows, scale=19.0):
    """An arrow (N, 2) at each place (N, 2); its length is a square root, so that the long ones do not hide the rest."""
    length = arrows.norm(dim=1, keepdim=True)
    arrows = arrows / length.sqrt().clamp(min=1e-6) / length.max().sqrt()
    ax.quiver(places[:, 0], places[:, 1], arrows[:, 0], arrows[:, 1], color=ORANGE, scale=scale, width=0.006)


_, axes = plt.subplots(1, 4, figsize=(13, 3.4))
for ax, t in zip(axes, (80, 20, 8, 2), strict=True):
    times = torch.full((len(grid),), t)
    a = alpha_bar[t].float()
    guess = (grid - (1 - a).sqrt() * exact(grid, times)) / a.sqrt()
    noisy = q_sample(
        ring.repeat(16, 1), torch.full((640,), t), alpha_bar, torch.randn(640, 2, generator=generator)
    )
    show_points(ax, noisy, f"t = {t}", PALE)
    show_arrows(ax, grid, a.sqrt() * guess - grid)
    print(f"t = {t}: the guesses are {float(guess.std(dim=0).mean()):.2f} apart (standard deviation over the grid)")
show(
    "Arrows over the plane at times 80, 20, 8 and 2, with the noised training points behind them. At 80 all arrows point to "
    "the middle, at 8 to a ring of eight spots, at 2 to the nearest spot."
)

# %% [markdown]
# Pale blue are 40 training points, noised to time $t$. An arrow points from $x_t$ to the best guess of what
# it was without the noise.
#
# **Notice** how the question changes. In heavy noise all arrows point to the middle (at $t = 80$ the guesses have
# a standard deviation of 0.06 over the grid): no guess is better than the mean of everything. As the noise goes, the arrows choose sides: first the ring, then one of eight, at
# last single points. An early step back settles the large, a late one the small.
#
# <details><summary>At $t = 80$ the best guess lies where no data are. Is it a bad guess?</summary>
#
# It is the best in squared error: far from every point, but nearest to all of them on average. A single step that went
# there would end in the empty middle. The sampler goes only a little of the way, and asks again.
# </details>

# %% [markdown]
# ## 7. The reverse process
#
# Now run the film backwards. Start at $x \sim \mathcal N(0, I)$ and for $t = T-1, \dots, 0$:
#
# 1. ask the model for the noise $\hat\varepsilon = \varepsilon_\theta(x_t, t)$,
# 2. solve for the data:
#    $\hat x_0 = \big(x_t - \sqrt{1-\bar\alpha_t}\;\hat\varepsilon\big) / \sqrt{\bar\alpha_t}$,
# 3. step back as if $\hat x_0$ were the truth: draw
#    $x_{t-1} \sim \mathcal N\big(\tilde\mu_t(\hat x_0, x_t),\; \tilde\beta_t I\big)$ of section 3. At $t = 0$
#    take the mean, without noise.
#
# Papers put 2 into 3 and write
# $\tilde\mu_t = \frac1{\sqrt{\alpha_t}}\big(x_t - \frac{\beta_t}{\sqrt{1-\bar\alpha_t}} \hat\varepsilon\big)$:
# noise is *subtracted*. Ours has one advantage. Images live in $[-1, 1]$, so a guess $\hat x_0$ outside can
# be clamped before it does harm.
#
# **Why add noise again** on the way back? Each step shrinks the sample towards $\hat x_0$, and the noise gives
# back the spread that the data have. After the exercise you will see what comes of it if it is left out.

# %% [markdown]
# **Example.** Data that are always the point 2; $\bar\alpha_t = 0.25$, $x_t = 1.866$. The model knows:
# $\hat\varepsilon = (1.866 - 0.5 \cdot 2) / \sqrt{0.75} = 1$. Then
# $\hat x_0 = (1.866 - 0.866 \cdot 1)/0.5 = 2$, whatever $x_t$ was. With $\beta_t = 0.5$ and
# $\bar\alpha_{t-1} = 0.5$ the mean is $0.471 \cdot 2 + 0.471 \cdot 1.866 = 1.823$: nearer to
# $\sqrt{\bar\alpha_{t-1}} \cdot 2 = 1.414$ than before, where the point is expected after one step less of noise.

# %% [markdown]
# ### Exercise `ancestral_sampler`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 9 | 30 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** The reverse process, with optional clipping.
#
# **Details.** The model is called once for each of the $T$ times, with the whole batch and one int64 time per sample. The start is standard
# normal. Every step but the last draws new noise, for each sample and element, and leaves it as it is drawn.
# The `betas` of this call count, also after a call with others; schedules may have a thousand steps or one. All
# randomness is the generator's, which goes on from call to call. Without `clip` nothing is cut off.
#
# **Why.** It is the first sampler, and still the reference that others are measured by. Judged with models
# whose answer is known in closed form, so your training cannot spoil it.


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
        generator: draws the starting noise and new noise for every step; the global generator is left alone.
        clip: if given, the predicted x_0 is kept in [-clip, clip] at every step, and nothing else is. 0 is a number.

    Returns:
        Samples, float32, of the given shape, without a graph. Each step's noise has the variance of q(x_{t-1} given
        x_t, x_0); the last step (t = 0) adds none.

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
# <a id="hints-ancestral_sampler"></a>
# <details><summary>Hint 1: the model wants a tensor of times</summary>
#
# `torch.full((N,), t)` is int64, one time per sample.
# </details>
# <details><summary>Hint 2: samples are near the point, not on it</summary>
#
# Is noise still added at $t = 0$? And is $\bar\alpha$ before $t = 0$ equal to 1, not `alpha_bar[-1]`?
# </details>
# <details><summary>Hint 3: the variance is too large or too small</summary>
#
# The standard deviation of the noise is the *root* of $\tilde\beta_t$. Draw new noise at every step.
# </details>
# <details><summary>Hint 4: samples explode</summary>
#
# Is the predicted noise taken away, not added? Is it $\bar\alpha$ in the guess of $\hat x_0$, not $\alpha$?
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_reverse", "locked": true, "schema_version": 3, "solution": false, "task": false}
def film(model, shape, seed, keys, **options):
    """Samples, and the states and the guesses of the data at the times in keys."""
    states, guesses = {}, {}

    def filmed(x, t):
        eps, a = model(x, t), float(alpha_bar[int(t[0])])
        states[int(t[0])], guesses[int(t[0])] = x, (x - math.sqrt(1 - a) * eps) / math.sqrt(a)
        return eps

    end = ancestral_sample(filmed, shape, betas, torch.Generator().manual_seed(seed), **options)
    return end, [states[key] for key in keys], [guesses[key] for key in keys]


keys = [99, 60, 30, 20, 10, 5, 2]
end, states, guesses = film(exact, (600, 2), 3, keys)
_, axes = plt.subplots(2, 9, figsize=(14, 3.6))
for row, points in zip(axes, (states, guesses), strict=True):
    show_points(row[0], ring, "40 training points", GREY, size=8)
    for ax, key, at in zip(row[1:-1], keys, points, strict=True):
        show_points(ax, at, f"t = {key}", BLUE if points is states else ORANGE)
    show_points(row[-1], end, "600 samples", GREEN)
axes[0, 0].set_ylabel(r"$x_t$")
axes[1, 0].set_ylabel(r"$\hat x_0$")
for key, at in zip(keys, guesses, strict=True):
    print(f"t = {key}: radius of the guess of the data {float(at.norm(dim=1).mean()):.2f} on average")
for name, points in (("a guess at t = 5", guesses[5]), ("a sample", end), ("a new point of the data", eight_gaussians(600, generator))):
    apart = torch.cdist(points, ring).min(1).values
    print(f"distance of {name} to the nearest training point: median {float(apart.median()):.4f}")
show(
    "Upper row, the state of 600 samples from time 99 to 2 and at the end: a round cloud becomes a ring, eight spots, and at "
    "last 40 points. Lower row, the guesses of the data at the same times: a small spot in the middle at 99 and 60 that "
    "opens into a ring and breaks up into the 40 training points earlier than the state does."
)

# %% [markdown]
# Above the state $x_t$, below the guess $\hat x_0$ at the same time.
#
# **Notice** that the two run against each other: the state begins wide and contracts, the guess begins as one point (the
# mean of everything, at $t = 99$ within 0.03 of the middle on average) and opens, to a mean radius of 1.3 at $t = 20$. It is ahead of the state: at
# $t = 5$ it lies nearer to the training points than new data do (0.07 against 0.12). And look at the green points: 600 samples, and nearly all of them sit on one of the 40 training points! The
# predictor with the *smallest possible loss* has memorised its training set. That a trained network
# makes new images is owed to its failing to reach that minimum, and to *how* it fails. We come back to this
# with the digits.
#
# <details><summary>Would more training points help?</summary>
#
# They would lie closer together, and a copy of one of them would look more like a new point. But every sample would still
# be a copy. In 64 dimensions it would take more points than anybody has until that cannot be seen.
# </details>
#
# ### A failure on purpose
#
# The same sampler, but step 3 takes the mean at every $t$: no noise is added on the way back.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_no_noise", "locked": true, "schema_version": 3, "solution": false, "task": false}
def without_noise(model, shape, generator):
    """The ancestral sampler with the noise left out: what a line forgotten makes of it."""
    x = torch.randn(shape, generator=generator)
    for t in reversed(range(len(betas))):
        times, a = torch.full((shape[0],), t), float(alpha_bar[t])
        guess = (x - math.sqrt(1 - a) * model(x, times)) / math.sqrt(a)
        x = posterior(guess, x, times, betas)[0]
    return x


centres = 1.5 * torch.tensor([[math.cos(k * math.pi / 4), math.sin(k * math.pi / 4)] for k in range(8)])


def smooth_model(x, t):
    """The exact noise predictor of eight Gaussians themselves, not of a sample of 40 points."""
    a = per_sample(alpha_bar, t, x)
    variance = a * 0.15**2 + 1 - a
    logits = -(torch.cdist(x, a[0].sqrt() * centres.to(x)) ** 2) / (2 * variance)
    return (1 - a).sqrt() * (x - a.sqrt() * (logits.softmax(1) @ centres.to(x))) / variance


_, axes = plt.subplots(1, 3, figsize=(9, 2.7))
for seed in range(3):
    generator = torch.Generator().manual_seed(seed)
    clouds = {
        "data": eight_gaussians(1000, generator),
        "with noise": ancestral_sample(smooth_model, (1000, 2), betas, generator),
        "without noise": without_noise(smooth_model, (1000, 2), generator),
    }
    for name, points in clouds.items():
        share = torch.bincount(torch.cdist(points, centres).argmin(1), minlength=8) / 10
        print(
            f"seed {seed}, {name}: mean radius {float(points.norm(dim=1).mean()):.2f}, "
            f"the rarest of the eight has {float(share.min()):.0f} of 100"
        )
for ax, (name, points), colour in zip(axes, clouds.items(), (GREY, GREEN, RED), strict=True):
    show_points(ax, points, name, colour)
show(
    "Three clouds: the data, eight round spots; samples with noise, which look the same; and samples without noise, eight "
    "small spots that lie nearer to the middle."
)

# %% [markdown]
# **Notice** what is lost and what is not. Without noise all eight are found, about equally often, since the start decides;
# but the samples lie too near the middle, at a mean radius of 1.28 instead of 1.50, for each of three seeds. In images the same mistake gives
# smooth, flat pictures with little contrast. No error is raised and each picture is plausible.
#
# <details><summary>The DDIM sampler of the next section adds no noise either. Why does it not shrink?</summary>
#
# It keeps the noise that it sees: its step ends at $\sqrt{\bar\alpha}\,\hat x_0 + \sqrt{1-\bar\alpha}\,\hat\varepsilon$, which has
# the right variance. The mean $\tilde\mu_t$ has less than the right variance, by just $\tilde\beta_t$, because noise was meant
# to be added to it.
# </details>

# %% [markdown]
# ## 8. Fewer steps, and no new noise
#
# A hundred network calls for one batch is slow. Song et al. (2021) saw that the loss never looks at
# $q(x_t \mid x_{t-1})$: it knows $x_t$ and $x_0$ alone. So *any* process whose $x_t$ are distributed as in
# section 2 can use the trained network, also one that jumps from time $t$ straight to an earlier time $r$:
#
# $$x_r = \sqrt{\bar\alpha_r}\;\hat x_0 + \sqrt{1-\bar\alpha_r-\sigma^2}\;\hat\varepsilon + \sigma z, \qquad
# \sigma = \eta\, \sqrt{\frac{1-\bar\alpha_r}{1-\bar\alpha_t}}\, \sqrt{1 - \frac{\bar\alpha_t}{\bar\alpha_r}}, \quad z \sim \mathcal N(0, I).$$
#
# Read it: noise the guess $\hat x_0$ to level $r$, but use the noise you already see, $\hat\varepsilon$, for
# all but a part $\sigma^2$ of it. With $\eta = 0$ nothing is drawn after the start, and the sampler is a
# *function* from noise to data. With $\eta = 1$ and all times, $\sigma^2 = \tilde\beta_t$: the ancestral
# sampler.
#
# | symbol | in code | meaning |
# |---|---|---|
# | $t \to r$ | `steps[i]` to `steps[i - 1]` | neighbours in the list; from `steps[0]` to the data, where $\bar\alpha_r = 1$ |
# | $\eta$ | `eta` | share of the ancestral sampler's noise |

# %% [markdown]
# **Example.** $\bar\alpha_t = 0.36$, $\bar\alpha_r = 0.64$, $x_t = 1.4$, and the model says
# $\hat\varepsilon = 1$. Then $\hat x_0 = (1.4 - 0.8)/0.6 = 1$ and, with $\eta = 0$,
# $x_r = 0.8 \cdot 1 + 0.6 \cdot 1 = 1.4$. With $\eta = 1$:
# $\sigma = \frac{0.6}{0.8}\sqrt{1 - 0.5625} = 0.496$, so that
# $x_r = 0.8 + \sqrt{0.36 - 0.246} \cdot 1 + 0.496\,z = 1.138 + 0.496\,z$.

# %% [markdown]
# ### Exercise `ddim_sampler`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 8 | 30 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●●● · **importance** ●●●
#
# **What.** The sampler for any list of times and any $\eta$.
#
# **Details.** The model is called once for each of `steps`, with the whole batch and one int64 time per sample; the list may have one
# element. The start is standard normal at whichever time. $\eta$ may lie between 0 and 1, `clip` may be 0, and both may
# be given. `alpha_bar` and `steps` of this call count, and stay as they are. With a generator the global one is left alone.
# At $\eta = 0$ you may draw noise, but it has no part in the samples.
#
# **Why.** Ten steps instead of a hundred; and a deterministic map lets you go *back* from an image to its
# noise, the ground of most image editing.


# %% nbgrader={"grade": false, "grade_id": "ddim_sampler_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
@torch.no_grad()
def ddim_sample(
    model: Callable[[Tensor, Tensor], Tensor],
    shape: tuple[int, ...],
    alpha_bar: Float[Tensor, "T"],
    steps: list[int],
    eta: float = 0.0,
    generator: torch.Generator | None = None,
    clip: float | None = None,
) -> Float[Tensor, "N ..."]:
    """Samples from noise through any subset of the times.

    Args:
        model: maps (x_t, t), with t (N,) int64, to a prediction of the noise, of the shape of x_t.
        shape: (N, ...) of the samples.
        alpha_bar: (T,), float64.
        steps: the times to visit, increasing, at most T - 1; the sampler runs through them backwards, and from
            the first of them to the data, where alpha-bar is 1.
        eta: 0 for a deterministic path from the starting noise, 1 for the noise of the ancestral sampler.
        generator: draws the starting noise, and new noise for each step; None for the global one.
        clip: if given, the predicted x_0 is kept in [-clip, clip] at every step, and the predicted noise becomes the
            one that belongs to it: (x_t - sqrt(alpha_bar) x_0) / sqrt(1 - alpha_bar).

    Returns:
        Samples, float32, of the given shape, without a graph. The arguments stay as they are.

    Source: Song, Meng and Ermon (2021), equations 12 and 16.
    """
    ### BEGIN SOLUTION
    x = torch.randn(shape, generator=generator)
    for i in reversed(range(len(steps))):
        a, before = float(alpha_bar[steps[i]]), float(alpha_bar[steps[i - 1]]) if i > 0 else 1.0
        eps = model(x, torch.full((shape[0],), steps[i]))
        x0 = (x - math.sqrt(1 - a) * eps) / math.sqrt(a)
        if clip is not None:
            x0 = x0.clamp(-clip, clip)
            eps = (x - math.sqrt(a) * x0) / math.sqrt(1 - a)
        sigma = eta * math.sqrt((1 - before) / (1 - a) * (1 - a / before))
        x = math.sqrt(before) * x0 + math.sqrt(1 - before - sigma**2) * eps
        if sigma > 0:
            x = x + sigma * torch.randn(shape, generator=generator)
    return x
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "ddim_sampler", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check("ddim_sampler")

# %% [markdown]
# <a id="hints-ddim_sampler"></a>
# <details><summary>Hint 1: the last step</summary>
#
# From `steps[0]` you go to $\bar\alpha_r = 1$: then $\sigma = 0$ and $x = \hat x_0$. Ending at `alpha_bar[0]`
# leaves a little noise in.
# </details>
# <details><summary>Hint 2: which is which</summary>
#
# In $\sigma$ the fraction $\bar\alpha_t/\bar\alpha_r$ is below 1, because $t$ is the noisier one.
# </details>
# <details><summary>Hint 3: eta 0 is not deterministic</summary>
#
# Multiplying a draw by 0 is deterministic too; but is the *starting* noise drawn from the generator, and only
# there?
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_paths", "locked": true, "schema_version": 3, "solution": false, "task": false}
_, axes = plt.subplots(1, 4, figsize=(13, 3.4))
every, few = list(range(100)), list(range(9, 100, 10))
for ax, (steps, eta) in zip(axes, ((every, 1.0), (every, 0.0), (few, 1.0), (few, 0.0)), strict=True):
    path = []
    generator = torch.Generator().manual_seed(4)
    end = ddim_sample(
        lambda x, t, path=path: (path.append(x), exact(x, t))[1], (40, 2), alpha_bar, steps, eta, generator
    )
    track = torch.stack([*path, end])
    straight = (end - track[0]).norm(dim=1)
    detour = track.diff(dim=0).norm(dim=2).sum(0) / straight
    print(f"{len(steps)} steps, eta {eta:g}: a path is {float(detour.median()):.1f} times as long as the straight line")
    show_points(ax, ring, f"{len(steps)} steps, eta {eta:g}", PALE)
    ax.plot(track[:, :, 0], track[:, :, 1], color=BLUE, linewidth=0.7, alpha=0.6)
    ax.scatter(end[:, 0], end[:, 1], s=12, color=ORANGE, zorder=3)
same = []
for seed in range(3):
    ends = [
        ddim_sample(smooth_model, (400, 2), alpha_bar, steps, 0.0, torch.Generator().manual_seed(seed))
        for steps in (every, few)
    ]
    same.append(float((ends[0] - ends[1]).norm(dim=1).median()))
print(f"ends after 10 and after 100 steps without noise, three seeds: apart at most {max(same):.2f} (medians)")
show(
    "Forty paths from noise to 40 training points. With eta 1 they are a tangle, with 100 steps a dense one, with 10 a coarse "
    "one. With eta 0 they are smooth curves, nearly the same ones with 100 and with 10 steps."
)

# %% [markdown]
# The same forty starts, with the exact predictor for the 40 training points.
#
# **Notice** that with $\eta = 0$ the paths are smooth, and a start decides its end: a path is 1.2 times as long as the straight line, with
# $\eta = 1$ 20 times. Smooth paths can be followed in ten long steps: for the eight Gaussians themselves, ten steps end within about 0.1
# of where a hundred end (medians of three seeds). With $\eta = 1$ each step goes astray on purpose, and in ten steps these jumps are coarse.
#
# <details><summary>A hundred short steps or ten long ones: for which of the two values of $\eta$ is the path's length nearly the same?</summary>
#
# For $\eta = 0$: both follow the same curve. The path with $\eta = 1$ has no length in the limit: with ever shorter steps it
# becomes a Brownian motion, and ever longer.
# </details>
#
# ### The same in one dimension
#
# The toy again, with its density over time behind the paths. Read it from right to left.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_two_ways", "locked": true, "schema_version": 3, "solution": false, "task": false}
def toy_model(x, t):
    """The exact noise predictor of numbers that are -1 (30%) or 1 (70%)."""
    a = per_sample(alpha_bar, t, x)
    guess = torch.tanh(a.sqrt() * x / (1 - a) + 0.5 * math.log(0.7 / 0.3))
    return (x - a.sqrt() * guess) / (1 - a).sqrt()


_, axes = plt.subplots(1, 2, figsize=(12, 3))
for ax, eta in zip(axes, (1.0, 0.0), strict=True):
    path = []
    generator = torch.Generator().manual_seed(5)
    end = ddim_sample(
        lambda x, t, path=path: (path.append(x), toy_model(x, t))[1], (12, 1), alpha_bar, every, eta, generator
    )
    track = torch.stack([*path, end])[:, :, 0]
    show_density(ax, f"eta {eta:g}: {'new noise at each step' if eta else 'a function of the start'}")
    ax.plot(torch.arange(99, -2, -1), track, color=ORANGE, linewidth=0.9)
    crossed = (track[:-1].sign() != track[1:].sign()).sum(0).double().mean()
    print(f"eta {eta:g}: a path changes its sign {float(crossed):.1f} times on average")
    shares = []
    for seed in range(3):
        ends = ddim_sample(toy_model, (3000, 1), alpha_bar, every, eta, torch.Generator().manual_seed(seed))
        shares.append(100 * float((ends < 0).double().mean()))
    print(f"eta {eta:g}, three seeds: of 100 paths end at -1 {min(shares):.0f} to {max(shares):.0f}")
show(
    "The toy's density over time, twice, with twelve paths from noise at time 99 back to -1 or 1. With eta 1 the paths are "
    "jagged and cross each other. With eta 0 they are smooth, never cross, and part where the two bands part."
)

# %% [markdown]
# This is figure 2 of Song et al. (2021), in small: on the left what they call the reverse SDE, on the right the
# probability-flow ODE.
#
# **Notice** that both ways end at $-1$ in about 30 of 100 cases (28 to 31 with $\eta = 1$, 29 to 30 with $\eta = 0$, three seeds), by quite different paths: a path with $\eta = 1$ changes its sign
# about 8 times on average, one with $\eta = 0$ 0.2 times. Many processes have the same densities at all times.
#
# <details><summary>Why can two paths with $\eta = 0$ never cross in one dimension?</summary>
#
# A start decides the path. At a crossing two paths would be at one place at one time, so they would be the same from there
# on, and (followed forwards in $t$) before. So their order stays, and the lowest 30% of the noise become the $-1$.
# </details>

# %% [markdown]
# ## 9. Asking for a class
#
# A conditional model $\varepsilon_\theta(x_t, t, y)$ is told the label while it trains. In practice such
# models use the label too little: much of $x_t$ can be denoised without it. **Classifier-free guidance** (Ho and
# Salimans, 2022) makes more of it. While training, replace the label now and then by "no label". One network
# then knows two predictions, and their *difference* is what the label contributes. When sampling, take more
# of it:
#
# $$\hat\varepsilon = \varepsilon_\theta(x_t, t, \varnothing) + w\,\big(\varepsilon_\theta(x_t, t, y) - \varepsilon_\theta(x_t, t, \varnothing)\big) .$$
#
# $w = 0$ ignores the label, $w = 1$ is the plain conditional model, $w > 1$ exaggerates. (The paper's $w$ is
# ours minus 1.) What does it sample from? The noise prediction is, up to a factor, the gradient of a
# log-density (section 10), and by Bayes' rule the difference is that of $\log p(y \mid x_t)$. So guidance
# climbs
#
# $$\log p(x_t) + w \log p(y \mid x_t) :$$
#
# data that a classifier would be *very* sure of.
#
# **Example.** Without the label the model says 1, with it 4. Scale 0 gives 1, scale 1 gives 4, and scale 3
# gives $1 + 3 \cdot 3 = 10$.

# %% [markdown]
# ### Exercise `guidance`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 6 | 25 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●●○ · **importance** ●●○
#
# **What.** Dropping labels, and the guided prediction.
#
# **Details.** Through `guided_eps` gradients reach x and the model's parameters, by both predictions. Labels stay
# int64, those passed in stay as they are, and every draw comes from the generator. Each label goes or stays by itself,
# whatever the others do, so their number is chance as well.
#
# **Why.** Most text-to-image models were trained and sampled with these two functions.


# %% nbgrader={"grade": false, "grade_id": "guidance_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def drop_labels(
    y: Int[Tensor, "N"], p: float, null_label: int, generator: torch.Generator
) -> Int[Tensor, "N"]:
    """Replace each label by the null label with probability p, independently.

    Args:
        y: labels, (N,), int64; not changed.
        p: probability in [0, 1], not rounded.
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
        model: maps (x_t, t, y) to a prediction of the noise; ask it in one call or in two.
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
# <a id="hints-guidance"></a>
# <details><summary>Hint 1: the labels given are changed</summary>
#
# Make new labels with `torch.where` or `masked_fill`, not by writing into `y`.
# </details>
# <details><summary>Hint 2: scale 0 and scale 1 are exchanged</summary>
#
# At scale 0 the *unconditional* prediction must come out.
# </details>

# %% [markdown]
# ### What exaggerating does
#
# Two classes on a line, both normal and overlapping: the densities $p(x)\,p(y \mid x)^w$ can be drawn at
# once.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_guidance", "locked": true, "schema_version": 3, "solution": false, "task": false}
x = torch.linspace(-4, 4, 600)
first, second = torch.exp(-((x - 0.8) ** 2) / 2), torch.exp(-((x + 0.8) ** 2) / 2)
_, ax = plt.subplots(figsize=(8, 2.9))
for scale, colour in ((0, GREY), (1, BLUE), (3, GREEN), (8, ORANGE)):
    density = (first + second) * (first / (first + second)) ** scale
    weight = density / density.sum()
    ax.plot(x, weight / (x[1] - x[0]), color=colour, label=f"w = {scale}")
    centre = float((weight * x).sum())
    print(f"w = {scale}: mean {centre:.2f}, standard deviation {float((weight * (x - centre) ** 2).sum().sqrt()):.2f}")
ax.axvline(0.8, color=BLUE, linewidth=0.8, linestyle=":")
ax.set(yticks=[], xlabel="x", title="guided towards the class with mean 0.8")
ax.legend()
show(
    "Four bells over x. Without guidance a wide one about 0; at w = 1 the class's own about 0.8, which a dotted line marks; at "
    "3 and 8 narrower ones farther to the right."
)

# %% [markdown]
# **Notice** the two prices. The bells move *away* from the class's true mean of 0.8 (dotted), to 1.32 at $w = 3$ and
# 1.75 at $w = 8$, to where no one could mistake it for the other class. And they get narrower, from 1 to 0.68: less diversity, and a distribution that is no longer the
# class's own, in exchange for clarity. In section 12 you will measure that on digits.
#
# <details><summary>What would happen at $w = 8$ if the two classes did not overlap at all?</summary>
#
# Nothing: where $p(y \mid x)$ is 1 for every point of the class, its logarithm is 0 and flat, and there is nothing to climb. Guidance
# changes a class only where another one competes with it.
# </details>

# %% [markdown]
# ## 10. Scores, bounds and velocities
#
# Four short theories of the same thing.
#
# **The score.** The gradient of the log-density, $\psi(x) = \nabla_x \log p(x)$, points to where data are
# denser, and needs no normalising constant. For the noised data, $q(x_t \mid x_0)$ is normal and its score is
# $-(x_t - \sqrt{\bar\alpha_t}x_0)/(1-\bar\alpha_t) = -\varepsilon/\sqrt{1-\bar\alpha_t}$; averaging over the
# $x_0$ behind $x_t$ keeps the form:
#
# $$\nabla \log q(x_t) = -\frac{\mathbb E[\varepsilon \mid x_t]}{\sqrt{1-\bar\alpha_t}} .$$
#
# A noise predictor **is** a score model.

# %% [markdown]
# **Denoising score matching** (Vincent, 2011) trains the score without ever knowing it: blur the data with
# $\sigma\varepsilon$ and regress on the score of the blur, $-\varepsilon/\sigma$. With the weight $\sigma^2$,
#
# $$L_\sigma = \mathbb E\; \tfrac12 \sigma^2\, \Big\lVert \psi_\theta(x + \sigma\varepsilon, \sigma) + \frac{\varepsilon}{\sigma} \Big\rVert^2 .$$
#
# Put $\psi_\theta = -\varepsilon_\theta/\sigma$ and it is
# $\frac12 \lVert \varepsilon_\theta - \varepsilon \rVert^2$, section
# 6. Norms are summed over the dimensions of a sample and averaged over samples.
#
# **Example.** $\sigma = 0.5$, noise $(1, -1)$ and $(0, 2)$, and a model that says 0:
# $\frac12 \sigma^2 \lVert \varepsilon/\sigma \rVert^2 = \frac12 \lVert \varepsilon \rVert^2$, that is 1 and
# 2, mean 1.5.

# %% [markdown]
# **The variational bound.** $-\log p_\theta(x_0)$ is at most a sum of divergences, one per time: how far is
# the model's step $p_\theta(x_{t-1} \mid x_t)$ from the true step back $q(x_{t-1} \mid x_t, x_0)$? Both are
# normal, and for normals
#
# $$\mathrm{KL}\big(\mathcal N(\mu_1, \sigma_1^2)\,\|\,\mathcal N(\mu_2, \sigma_2^2)\big) =
# \tfrac12\Big(\log\frac{\sigma_2^2}{\sigma_1^2} + \frac{\sigma_1^2 + (\mu_1-\mu_2)^2}{\sigma_2^2} - 1\Big) .$$
#
# Our sampler gives both the same variance $\tilde\beta_t$, so a term is
# $\lVert \tilde\mu_t(x_0, x_t) - \tilde\mu_t(\hat x_0, x_t) \rVert^2 / (2\tilde\beta_t)$, where $\hat x_0$ is
# what the predicted noise implies. The $x_t$ parts are the same in both means and cancel.
#
# **Example.** $\beta = (0.5, 0.5)$, $t = 1$, two dimensions, $x_0 = (1, 1)$, $x_t = (0, 0)$, predicted noise
# 0, so $\hat x_0 = 0$: the means differ by 0.4714 (section 3) in both, $\tilde\beta = \frac13$, and the term
# is $2 \cdot 0.4714^2 / (2 \cdot \frac13) = 0.667$ nats.
#
# <details><summary>The steps of the full bound</summary>
#
# Here the states are written $\xi_0, \dots, \xi_{T-1}$, so that $\xi_0$, noised once, is not taken for the data $x_0$. The model
# makes data by $p(\xi_{T-1}) \prod_{t \ge 1} p(\xi_{t-1} \mid \xi_t)\; p(x_0 \mid \xi_0)$.
#
# 1. A logarithm of a mean is at least the mean of the logarithms (Jensen), here over the forward process $q$:
# $$-\log p(x_0) \;\le\; \mathbb E_q\Big[ -\log p(\xi_{T-1}) - \sum_{t \ge 1} \log p(\xi_{t-1} \mid \xi_t) - \log p(x_0 \mid \xi_0) + \log q(\xi_0 \mid x_0) + \sum_{t \ge 1} \log q(\xi_t \mid \xi_{t-1}) \Big] .$$
# 2. Turn each forward step round by Bayes' rule, with the data known:
# $$q(\xi_t \mid \xi_{t-1}) = q(\xi_{t-1} \mid \xi_t, x_0)\; \frac{q(\xi_t \mid x_0)}{q(\xi_{t-1} \mid x_0)} .$$
# 3. In the sum over $t$ the logarithms of the fractions cancel each other but for the first and the last:
# $\log q(\xi_{T-1} \mid x_0) - \log q(\xi_0 \mid x_0)$. The second of these cancels too.
# 4. What is left are divergences:
# $$-\log p(x_0) \le \underbrace{\mathrm{KL}\big(q(\xi_{T-1} \mid x_0) \,\|\, \mathcal N(0, I)\big)}_{\text{the end is noise}} + \sum_{t \ge 1} \underbrace{\mathbb E\, \mathrm{KL}\big(q(\xi_{t-1} \mid \xi_t, x_0) \,\|\, p(\xi_{t-1} \mid \xi_t)\big)}_{\texttt{vlb\_term}} \; \underbrace{- \;\mathbb E \log p(x_0 \mid \xi_0)}_{\text{the last step}} .$$
# </details>

# %% [markdown]
# **Velocity** (Salimans and Ho, 2022). Predicting noise is hopeless to sample from where
# $\bar\alpha \approx 0$ (dividing by $\sqrt{\bar\alpha}$), predicting data is trivial where
# $\bar\alpha \approx 1$. Write $\sqrt{\bar\alpha} = \cos\varphi$ and $\sqrt{1-\bar\alpha} = \sin\varphi$;
# then $x_t = \cos\varphi\; x_0 + \sin\varphi\; \varepsilon$ turns on a circle, and its velocity is
#
# $$v = \frac{\mathrm d x_t}{\mathrm d \varphi} = \sqrt{\bar\alpha_t}\;\varepsilon - \sqrt{1-\bar\alpha_t}\;x_0,
# \qquad x_0 = \sqrt{\bar\alpha_t}\;x_t - \sqrt{1-\bar\alpha_t}\;v :$$
#
# no division anywhere.
#
# **Example.** $\bar\alpha = 0.64$, $x_0 = 2$, $\varepsilon = 1$: $x_t = 2.2$, $v = 0.8 - 1.2 = -0.4$, and
# back, $0.8 \cdot 2.2 - 0.6 \cdot (-0.4) = 2$.

# %% [markdown]
# ### Exercise `score_matching`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 9 | 30 min | 0.5 s | everything else in PyTorch | `torch.distributions`, the losses `kl_div` and `gaussian_nll_loss`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●●● · **importance** ●●○
#
# **What.** Six short functions: a score, a loss, a divergence, a velocity and back, and a term of the bound.
#
# | function | formula |
# |---|---|
# | `score_from_eps` | $-\hat\varepsilon / \sqrt{1-\bar\alpha_t}$ |
# | `dsm_loss` | $L_\sigma$ |
# | `gaussian_kl`, of $\lambda = \log \sigma^2$ | $\frac12 \big(\lambda_2 - \lambda_1 + e^{\lambda_1 - \lambda_2} + (\mu_1 - \mu_2)^2 e^{-\lambda_2} - 1\big)$ |
# | `v_target` | $\sqrt{\bar\alpha_t}\,\varepsilon - \sqrt{1-\bar\alpha_t}\,x_0$ |
# | `x0_from_v` | $\sqrt{\bar\alpha_t}\,x_t - \sqrt{1-\bar\alpha_t}\,v$ |
# | `vlb_term` | $\lVert \tilde\mu_t(x_0, x_t) - \tilde\mu_t(\hat x_0, x_t) \rVert^2 / (2\tilde\beta_t)$ |
#
# Gradients pass through all of them, to every tensor that goes in. Nothing is clipped, and nothing is added to a
# denominator.
#
# **Why.** Papers speak of scores, bounds or velocities as if they were different models. After this you can
# read all of them.


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
    score_model: Callable[[Tensor, float], Tensor],
    x: Float[Tensor, "N ..."],
    sigma: float,
    noise: Float[Tensor, "N ..."],
) -> Float[Tensor, ""]:
    """Denoising score matching at one noise level, weighted by its variance.

    Args:
        score_model: maps (points, sigma) to the score at the points, of their shape. It is called once.
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
    return 0.5 * sigma**2 * difference.square().reshape(len(x), -1).sum(1).mean()
    ### END SOLUTION


def gaussian_kl(mean1: Tensor, log_var1: Tensor, mean2: Tensor, log_var2: Tensor) -> Tensor:
    """KL divergence from N(mean1, exp(log_var1)) to N(mean2, exp(log_var2)), element by element.

    Args:
        mean1, log_var1, mean2, log_var2: of shapes that broadcast; variances from exp(-20) to exp(8) are common.

    Returns:
        KL(first || second) of each element, in nats, of the broadcast shape.

    Source: Kingma and Welling (2014), appendix B.
    """
    ### BEGIN SOLUTION
    ratio = torch.exp(log_var1 - log_var2)
    return 0.5 * (log_var2 - log_var1 + ratio + (mean1 - mean2) ** 2 * torch.exp(-log_var2) - 1)
    ### END SOLUTION


def v_target(
    x0: Float[Tensor, "N ..."],
    noise: Float[Tensor, "N ..."],
    t: Int[Tensor, "N"],
    alpha_bar: Float[Tensor, "T"],
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
    return 0.5 * weight[t - 1].to(x0.dtype) * (x0 - x0_pred).square().reshape(len(x0), -1).sum(1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "score_matching", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
check("score_matching")

# %% [markdown]
# <a id="hints-score_matching"></a>
# <details><summary>Hint 1: the loss is too small</summary>
#
# Sum over the dimensions of a sample, *then* average over the samples. `.mean()` over everything divides by
# the dimension too.
# </details>
# <details><summary>Hint 2: gaussian_kl</summary>
#
# You are given log-variances: the ratio of variances is `exp(log_var1 - log_var2)`, and you never need a
# root.
# </details>
# <details><summary>Hint 3: vlb_term</summary>
#
# Get $\hat x_0$ from the predicted noise. The means differ by their weight of $x_0$ times $x_0 - \hat x_0$.
# Simplify weight squared over variance on paper:
# $\bar\alpha_{t-1}\beta_t / ((1-\bar\alpha_t)(1-\bar\alpha_{t-1}))$.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_vlb", "locked": true, "schema_version": 3, "solution": false, "task": false}
betas_1000 = linear_betas(1000)
bars = alpha_bars(betas_1000)
t = torch.arange(1, 1000)
x0 = torch.ones(999, 1, dtype=torch.float64)
noise = torch.zeros_like(x0)
wrong_by_one = vlb_term(x0, q_sample(x0, t, bars, noise), t, noise + 1, betas_1000)
_, ax = plt.subplots(figsize=(8, 2.6))
ax.semilogy(t, wrong_by_one, color=BLUE)
ax.set(xlabel="t", ylabel="nats", title="what an error of 1 in the predicted noise costs in the bound")
for time_of in (1, 10, 500):
    cost = float(wrong_by_one[time_of - 1])
    print(f"t = {time_of}: {cost:.4f} nats, {cost / float(wrong_by_one[499]):.0f} times the middle")
show(
    "The cost in nats of an error of 1 in the predicted noise, on a logarithmic axis over 1,000 times: 0.6 at the left, then a "
    "steep fall to less than 0.01, and a nearly level line."
)

# %% [markdown]
# **Notice** that the bound cares a hundred times more about the step at $t = 1$ than about the middle (0.6 nats
# against 0.005), and still fourteen times more about $t = 10$. The simple loss of section 6 weighs all times alike: it gives up likelihood (the faintest noise, that no eye sees) for
# what the picture shows. That is the choice that made diffusion models look good.
#
# <details><summary>Then why does nobody who wants likelihood simply train on the bound?</summary>
#
# Some do (Nichol and Dhariwal mix the two). But terms that differ a hundredfold make a noisy gradient: most batches see
# small terms, a few see large ones. Drawing the large ones more often, and weighing them less, helps.
# </details>
#
# ### The bound, added up
#
# For the eight Gaussians everything is known: the best predictor, and $-\log p$ of the data themselves. How much does the
# bound lose?

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_bound", "locked": true, "schema_version": 3, "solution": false, "task": false}
def bound(seed, n=2000):
    """The bound's terms for the exact predictor of eight Gaussians: the end, the steps with the variance of the posterior
    and with that of the step forwards, the last step; and the true mean of -log p. All in nats."""
    generator = torch.Generator().manual_seed(seed)
    x0 = eight_gaussians(n, generator).double()
    a, nothing = alpha_bar[-1], torch.zeros_like(x0)
    end = gaussian_kl(a.sqrt() * x0, nothing + (1 - a).log(), nothing, nothing).sum(1).mean()
    narrow, wide = [], []
    for t in range(1, 100):
        times = torch.full((n,), t)
        x_t = q_sample(x0, times, alpha_bar, torch.randn(n, 2, generator=generator, dtype=torch.float64))
        narrow.append(vlb_term(x0, x_t, times, smooth_model(x_t, times), betas).mean())
        variance = posterior(x0[:1], x_t[:1], times[:1], betas)[1].flatten()
        widths = 2 * gaussian_kl(nothing[0, :1], variance.log(), nothing[0, :1], betas[t : t + 1].log()).sum()
        wide.append(widths + narrow[-1] * variance.sum() / betas[t])
    # The last step, from t = 0 to the data, is given the variance of the first step forwards.
    times = torch.zeros(n, dtype=torch.int64)
    x_t = q_sample(x0, times, alpha_bar, torch.randn(n, 2, generator=generator, dtype=torch.float64))
    guess = (x_t - betas[0].sqrt() * smooth_model(x_t, times)) / (1 - betas[0]).sqrt()
    last = ((x0 - guess) ** 2 / (2 * betas[0]) + 0.5 * (2 * math.pi * betas[0]).log()).sum(1).mean()
    bells = -(torch.cdist(x0, centres.double()) ** 2) / (2 * 0.15**2)
    truth = -(bells.logsumexp(1) - math.log(8) - math.log(2 * math.pi * 0.15**2)).mean()
    return float(end), torch.stack(narrow), torch.stack(wide), float(last), float(truth)


too_much = {"posterior's variance": [], "variance beta": []}
for seed in range(3):
    end, narrow, wide, last, truth = bound(seed)
    for name, steps in (("posterior's variance", narrow), ("variance beta", wide)):
        total = end + float(steps.sum()) + last
        too_much[name].append(total - truth)
        print(
            f"seed {seed}, {name}: bound {total:.2f} = end {end:.4f} + steps {float(steps.sum()):.2f} + last step {last:.2f}; "
            f"true {truth:.2f}"
        )
for name, nats in too_much.items():
    print(f"too much with the {name}: {min(nats):.2f} to {max(nats):.2f} nats")
print(f"of the steps' nats the first ten make {100 * float(narrow[:10].sum() / narrow.sum()):.0f} of 100")
_, ax = plt.subplots(figsize=(8, 2.6))
ax.semilogy(range(1, 100), narrow, color=BLUE, label=r"with variance $\tilde\beta_t$")
ax.semilogy(range(1, 100), wide, color=ORANGE, label=r"with variance $\beta_t$")
ax.set(xlabel="t", ylabel="nats", title="what each step costs with the best possible predictor")
ax.legend()
show(
    "The terms of the bound for the exact predictor over the times 1 to 99, on a logarithmic axis, for two variances of the "
    "step: both fall steeply from the first times on; the one with the variance beta is lower at the first times."
)

# %% [markdown]
# Figure 2 of Nichol and Dhariwal (2021) shows the same for images.
#
# **Notice** that even the best possible predictor misses the true 1.1 nats by 1.8 to 1.9, over three draws, if its step has the variance of the posterior
# as in `vlb_term`. With the variance $\beta_t$ of the step forwards it misses them by 0.16 to 0.24 only. The difference comes from the first times: the first ten
# make 72 of 100 nats of the steps.
#
# <details><summary>Why is a step back wider than the posterior?</summary>
#
# $\tilde\beta_t$ is the variance when the data are *known*. The model does not know them: it adds up over all data that may stand behind
# $x_t$, and that spread comes on top. At the first times, where the noise doubles from step to step, the two are of one size. Nichol and Dhariwal (2021) let
# the network learn a variance between $\tilde\beta_t$ and $\beta_t$; for samples it hardly matters, for the bound it does.
# </details>

# %% [markdown]
# ## 11. Averaging weights
#
# A diffusion model's loss is noisy, since every batch has other times, and the weights jitter about their
# optimum. A sampler calls the network a hundred times and adds its errors up, so jitter shows. The cure is
# cheap: besides the weights $\theta$ keep a slow average of them, and sample with that:
#
# $$\bar\theta \leftarrow d\,\bar\theta + (1-d)\,\theta .$$
#
# Its memory is about $1/(1-d)$ steps: 1000 for $d = 0.999$.
#
# **Example.** $d = 0.9$, an average of 0 and weights that stay at 1: after one update 0.1, after two
# $0.9 \cdot 0.1 + 0.1 = 0.19$, after $n$ of them $1 - 0.9^n$.

# %% [markdown]
# ### Exercise `ema`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 4 | 15 min | 0.5 s | everything else in PyTorch | `torch.optim.swa_utils`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●○○ · **importance** ●●○
#
# **What.** A class that follows a list of parameters.
#
# **Details.** `shadow` is a list of copies: they stay when an optimiser moves the parameters in place. Two averages of the
# same parameters do not disturb each other. The parameters may require gradients; the averages do not.
#
# **Why.** Nearly every published diffusion sample was drawn with averaged weights. (The other cure, which the
# training loop below uses, is to let the learning rate fall to 0.)


# %% nbgrader={"grade": false, "grade_id": "ema_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
class EMA:
    """Exponential moving average of parameters.

    Args:
        params: tensors, such as `list(model.parameters())`; not changed and not kept.
        decay: share of the old average that stays at each update, in [0, 1], the same at every update.

    Attributes:
        shadow: list of the averages, detached copies that start as the parameters, of their shapes and dtypes.

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

# %% [markdown]
# <a id="hints-ema"></a>
# <details><summary>Hint 1: the average changes with the weights</summary>
#
# `p.detach()` shares memory with `p`. Clone it too.
# </details>
# <details><summary>Hint 2: shadow needs a gradient</summary>
#
# Update under `torch.no_grad()` and from detached parameters.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_ema", "locked": true, "schema_version": 3, "solution": false, "task": false}
generator = torch.Generator().manual_seed(5)
weight = torch.zeros(1)
averages = {decay: EMA([weight], decay) for decay in (0.9, 0.99)}
history = {"weight": [], 0.9: [], 0.99: []}
for _ in range(500):
    # Gradient descent on (weight - 1)^2 / 2 with a noisy gradient.
    weight = weight - 0.1 * (weight - 1 + 2 * torch.randn(1, generator=generator))
    history["weight"].append(float(weight))
    for decay, average in averages.items():
        average.update([weight])
        history[decay].append(float(average.shadow[0]))
_, ax = plt.subplots(figsize=(8, 2.6))
for (name, values), colour in zip(history.items(), ("#c9cdd3", BLUE, ORANGE), strict=True):
    ax.plot(
        values,
        color=colour,
        label=name if name == "weight" else f"average, decay {name}",
        linewidth=1 if name == "weight" else 2,
    )
for name, values in history.items():
    late = torch.tensor(values[300:])
    print(f"{name}: after 30 steps {values[29]:.2f}, jitter over the last 200 steps {float(late.std()):.2f}")
ax.axhline(1, color="black", linewidth=0.8, linestyle=":")
ax.set(xlabel="step")
ax.legend()
show(
    "A weight over 500 steps of noisy descent, grey: it jumps about 1. Its average with decay 0.9, blue, follows with smaller "
    "jumps; the one with decay 0.99, orange, rises slowly from 0 and then stays close to 1."
)

# %% [markdown]
# **Notice** the trade: the slow average (orange) is calm, with a fifth of the weight's jitter, but starts late: after 30
# steps it has come a fifth of the way. With a decay of 0.999 and a run of
# 500 steps it would not have arrived.
#
# <details><summary>How far would it have come?</summary>
#
# Towards a weight that stays at 1 it comes $1 - 0.999^{500} = 0.39$ of the way. Public code therefore lets the decay grow during
# training, or divides by $1 - d^n$, as Adam does.
# </details>

# %% [markdown]
# ## 12. Training
#
# All is in place. Two networks are given, small enough for a laptop: one for points, one for digits with
# labels. They are no U-Nets; an 8x8 digit has 64 numbers, and dense layers will do.


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
# One epoch: put the samples in a new random order, cut it into batches, and for each batch
#
# 1. draw a time for each sample and noise for each element, and noise the batch,
# 2. with labels: replace each by the null label with probability `p_drop`,
# 3. ask the model, `model(x_t, t)` or `model(x_t, t, y)`, and take the mean squared error of the noise,
# 4. clear the gradients, compute new ones, step; lower the learning rate a little.
#
# **The learning rate** starts at `lr` and falls in a straight line to 0 over all steps. The gradient never
# stops being noisy, so a constant rate would leave the weights jittering where they are, and samples show it:
# on the moons, a constant rate moves the mean of all samples by up to 0.2, a falling one by 0.04 at most.
#
# **Example.** 500 samples in batches of 64 are 8 steps an epoch, the last of 52 samples. With 3 epochs there
# are 24 steps, and step number $k$ (from 0) has the rate $\text{lr}\,(1 - k/24)$.

# %% [markdown]
# ### Exercise `train_diffusion`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 9 | 30 min | 1.5 s | everything in PyTorch, `torch.optim` and its `lr_scheduler` too |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** The training loop, with and without labels. It is graded by samples that the *grader* draws from
# your trained network: points must be distributed like new points; guided digits must be recognised by a
# classifier that you do not have, and must be neither all alike nor copies of the training set. Its steps are
# graded too.
#
# **Details.** Plain Adam on the mean squared error of the noise, and the falling learning rate of the text
# above. Every batch makes a step and counts in the loss, one of a single sample too. All epochs are run, and the weights
# at the end are those of the last step. A call remembers nothing of the one before. Call the network, `model(...)`, never its `forward`; it trains in training mode. New times, noise and
# dropped labels for every batch of every epoch, all from the generator, and for each sample independent of the others.
#
# **Why.** A low loss is easily had and easily misread. Only samples tell. It is independent of your other
# exercises.


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
        lr: learning rate of the first step; from step to step it falls linearly, to 0 after the last.
        p_drop: each label is replaced by the null label with this probability, anew at each step.
        generator: draws orders, times, noise and dropped labels; None for the global one.

    Returns:
        Mean loss per sample of each epoch, `epochs` numbers.

    Source: Ho, Jain and Abbeel (2020), algorithm 1; Ho and Salimans (2022), algorithm 1.
    """
    ### BEGIN SOLUTION
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    steps = epochs * math.ceil(len(data) / batch_size)
    falling = torch.optim.lr_scheduler.LinearLR(
        optimizer, start_factor=1.0, end_factor=0.0, total_iters=steps
    )
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
# <a id="hints-train_diffusion"></a>
# <details><summary>Hint 1: the loss stays at 1</summary>
#
# Is the model told `x_t` (not `x0`)? Is the noise in the loss the one that was added? Are gradients cleared
# before `backward`, and is the optimiser made once?
# </details>
# <details><summary>Hint 2: the loss falls, the samples are poor</summary>
#
# Is there a time for *each sample*, drawn anew for each batch? Does the learning rate fall? Does `alpha_bar`
# get its square roots?
# </details>
# <details><summary>Hint 3: guided digits are the wrong class</summary>
#
# Labels must be indexed by the same batch as the images. And if labels are never dropped, the null label is
# never learned.
# </details>
# <details><summary>Hint 4: the learning rate</summary>
#
# `torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=steps)`, stepped after each
# `optimizer.step()`.
# </details>

# %% [markdown]
# ### Find the bug
#
# The loop below reports the lowest loss of the chapter. It uses your `eps_loss`, and it is wrong. Its author wanted runs that can be
# repeated. Run it, compare the two numbers, and find the line before you open the fold.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_find_the_bug", "locked": true, "schema_version": 3, "solution": false, "task": false}
def repeatable_training(model, data, alpha_bar, epochs, seed):
    """Train a noise predictor; the mean loss of the last epoch. Something is wrong."""
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
    order = torch.Generator().manual_seed(seed)
    for _ in range(epochs):
        losses = []
        for batch in torch.randperm(len(data), generator=order).split(128):
            generator = torch.Generator().manual_seed(seed)
            loss = eps_loss(model, data[batch], alpha_bar, generator)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.item())
    return sum(losses) / len(losses)


def watch(train, name):
    """Train for three seeds and print the loss that is reported beside that on new times and new noise."""
    for seed in range(3):
        torch.manual_seed(seed)
        generator = torch.Generator().manual_seed(100 + seed)
        model, data = point_denoiser(), two_moons(640, generator)
        reported = train(model, data, alpha_bar, 40, seed)
        with torch.no_grad():
            fresh = float(eps_loss(model, two_moons(4000, generator), alpha_bar, generator))
        print(f"{name}, seed {seed}: loss reported {reported:.3f}, loss on new times and noise {fresh:.3f}")


watch(repeatable_training, "as it stands")

# %% [markdown]
# <details><summary>Which line, and how could one have known?</summary>
#
# `generator = torch.Generator().manual_seed(seed)` stands *inside* the loop: every batch gets the same times and the same noise. The
# sample in place $j$ always meets the same $t$ and the same $\varepsilon$, so the network learns to tell the noise from the time alone and need not
# look at $x_t$. One could have known it from the number: a loss below the smallest possible one (next section) is not a success but a
# fault. A seed is set once, before the loop.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_bug_mended", "locked": true, "schema_version": 3, "solution": false, "task": false}
def mended_training(model, data, alpha_bar, epochs, seed):
    """The same with one generator for the whole run."""
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
    generator = torch.Generator().manual_seed(seed)
    for _ in range(epochs):
        losses = []
        for batch in torch.randperm(len(data), generator=generator).split(128):
            loss = eps_loss(model, data[batch], alpha_bar, generator)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.item())
    return sum(losses) / len(losses)


watch(mended_training, "mended")

# %% [markdown]
# **Notice** the two numbers. As it stands the loop reports 0.12 to 0.17 and has 0.26 to 0.32 on new times and new noise; mended it reports 0.21 to 0.23, and has the
# same on new ones but for 0.01. A loss that is reported and a loss that is measured on new draws have to agree.

# %% [markdown]
# ### The real run: points
#
# **Your guess.** A network that always says 0 has the loss 1. What is the smallest loss that *any* network can have on the two moons, as a mean
# over all times?

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_floor_guess", "locked": true, "schema_version": 3, "solution": false, "task": false}
my_floor = None  # a number between 0 and 1

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_train_points", "locked": true, "schema_version": 3, "solution": false, "task": false}
betas = linear_betas(100, 1e-3, 0.2)
alpha_bar = alpha_bars(betas)
generator = torch.Generator().manual_seed(0)
torch.manual_seed(0)
moons = two_moons(2000, generator)
point_model = point_denoiser()
with progress(point_model, 100 * 16):
    point_losses = train_diffusion(point_model, moons, alpha_bar, epochs=100, generator=generator)
print(f"loss of the fifth epoch {point_losses[4]:.2f}, mean of the last ten {sum(point_losses[-10:]) / 10:.3f}")

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_point_samples", "locked": true, "schema_version": 3, "solution": false, "task": false}
keys = [99, 60, 40, 20, 10, 3]
end, states, guesses = film(point_model, (1500, 2), 0, keys)
_, axes = plt.subplots(2, 7, figsize=(13, 3.9))
for row, points, name, colour in zip(axes, (states, guesses), ("$x_t$", r"$\hat x_0$"), (BLUE, ORANGE), strict=True):
    for ax, key, at in zip(row[:-1], keys, points, strict=True):
        show_points(ax, at, f"{name}, t = {key}", colour)
show_points(axes[0, -1], end, "samples", GREEN)
show_points(axes[1, -1], two_moons(1500, generator), "new data", GREY)
for name, points in (("a sample", end), ("a new point of the data", two_moons(1500, generator))):
    apart = torch.cdist(points, moons).min(1).values
    print(f"distance of {name} to the nearest training point: median {float(apart.median()):.4f}")
between = float((end.norm(dim=1) < 0.25).double().mean())
print(f"share of the samples that lie in the gap about the middle {between:.4f}")
print(f"t = 99: mean radius of the network's guess of the data {float(guesses[0].norm(dim=1).mean()):.1f}")
show(
    "Upper row: 1,500 points go from a round cloud at time 99 to two moons at 3 and as samples. Lower row, the network's "
    "guesses of the data: scattered over the whole plane at 99, one spot at 60, a line at 40, two moons from 20 on. The samples "
    "look like the new data below them."
)

# %% [markdown]
# **Notice** that the samples are as far from the training points as new data are (0.019 against 0.018): they are *new*. The loss reaches 0.23 in the fifth
# epoch and ends at 0.20, and the quality comes from that last bit. A few stray points, 7 in 1,000, lie in the gap between the moons, where the network is
# not sure which way to go. And notice its first guess: at $t = 99$ it is scattered over the plane and beyond, at a mean radius above 2, because the least error in
# the noise is magnified 220 times there. The sampler survives it: its first steps hardly trust the guess.
#
# <details><summary>The guesses at $t = 40$ lie on a line through the gap, where no data are. Why?</summary>
#
# They are means. At that noise a point may have come from either moon, and the mean of both possibilities lies between them. The line
# splits when the noise becomes smaller than the gap.
# </details>
#
# ### How small can the loss be?
#
# The moons are arcs, blurred by a normal error, so the best predictor can be computed for them, not for 2,000 points but for the
# distribution itself.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_floor", "locked": true, "schema_version": 3, "solution": false, "task": false}
angle = math.pi * (torch.arange(200) + 0.5) / 200
arcs = torch.cat([1.2 * side * torch.stack([angle.cos() - 0.5, angle.sin() - 0.25], 1) for side in (1, -1)])


def moons_model(x, t):
    """The exact noise predictor of the moons themselves: a sum over 400 places on the two arcs."""
    a = per_sample(alpha_bar, t, x)
    variance = a * 0.1**2 + 1 - a
    logits = -(torch.cdist(x, a[0].sqrt() * arcs) ** 2) / (2 * variance)
    return (1 - a).sqrt() * (x - a.sqrt() * (logits.softmax(1) @ arcs)) / variance


losses = {"the smallest possible": torch.zeros(3, 100), "your network": torch.zeros(3, 100)}
with torch.no_grad():
    for seed in range(3):
        generator = torch.Generator().manual_seed(seed)
        for t in range(100):
            times, noise = torch.full((500,), t), torch.randn(500, 2, generator=generator)
            x_t = q_sample(two_moons(500, generator), times, alpha_bar, noise)
            for by_time, model in zip(losses.values(), (moons_model, point_model), strict=True):
                by_time[seed, t] = F.mse_loss(model(x_t, times), noise)
print(f"your guess: {my_floor}")
for name, by_time in losses.items():
    means = by_time.mean(1)
    print(f"{name}: mean loss {float(by_time.mean()):.3f}, three draws {float(means.min()):.3f} to {float(means.max()):.3f}")
floor = losses["the smallest possible"].mean(0)
for t in (0, 30, 60, 99):
    print(f"the smallest possible at t = {t}: {float(floor[t]):.3f}")
print(f"of the smallest possible loss the times below 20 make {100 * float(floor[:20].sum() / floor.sum()):.0f} of 100")
extra = (losses["your network"] - losses["the smallest possible"]).mean(0)
print(f"your network has more than the smallest possible: {float(extra.mean()):.4f} on average")
_, ax = plt.subplots(figsize=(8, 2.8))
for (name, by_time), colour, style in zip(losses.items(), (GREY, BLUE), ("-", ":"), strict=True):
    ax.plot(by_time.mean(0), color=colour, linestyle=style, linewidth=2, label=name)
ax.axhline(1, color="black", linewidth=0.8, linestyle=":")
ax.text(60, 0.93, "says 0 always", va="top")
ax.set(xlabel="t", ylabel="loss", ylim=(0, 1.1))
ax.legend(loc="center right")
show(
    "The smallest possible loss and the network's over time. Both fall from 0.95 at time 0 to 0.3 at 30 and nearly 0 from 60 "
    "on, and lie nearly on each other. A dotted line at 1 marks a network that always says 0."
)

# %% [markdown]
# **Notice** that the loss cannot go to 0, and that your network is nearly there: its loss is 0.20, and what it has more than the smallest possible is 0.003. The floor
# is 0.97 at $t = 0$, where a little noise cannot be told from the blur of the data themselves, 0.27 at $t = 30$, 0.015 at $t = 60$ and nothing at $t = 99$, where
# $x_t$ *is* the noise; the times below 20 make 65 of 100 parts of it. The little that is left to gain is where the quality hides.
#
# <details><summary>Why is the loss largest where the noise is smallest?</summary>
#
# A noise of 0.03 on points that are blurred by 0.1 themselves: who sees the noised point cannot tell which part of its place is
# noise. In heavy noise $x_t$ *is* the noise, but for a little. The loss of the *data* is the other way round: small at small $t$.
# </details>

# %% [markdown]
# ### The score field
#
# With `score_from_eps` your network shows the landscape that it has learned.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_score_field", "locked": true, "schema_version": 3, "solution": false, "task": false}
side = torch.linspace(-2.1, 2.1, 22)
places = torch.cartesian_prod(side, side)
far_places = places[torch.cdist(places, arcs).min(1).values > 0.8]
generator = torch.Generator().manual_seed(9)
_, axes = plt.subplots(1, 4, figsize=(15, 4))
with torch.no_grad():
    for ax, t in zip(axes, (60, 15, 5, 1), strict=True):
        times = torch.full((len(places),), t)
        noisy = q_sample(moons, torch.full((2000,), t), alpha_bar, torch.randn(2000, 2, generator=generator))
        show_points(ax, noisy, f"t = {t}", PALE, limit=2.2, size=2)
        show_arrows(ax, places, score_from_eps(point_model(places, times), times, alpha_bar), scale=22.0)
        error = []
        for where in (noisy, far_places):
            at = torch.full((len(where),), t)
            learned, true = point_model(where, at), moons_model(where, at)
            error.append(float(((learned - true).norm(dim=1) / true.norm(dim=1).mean()).mean()))
        print(f"t = {t}: error of the learned score in per cent of its length: near data {100 * error[0]:.0f}, far {100 * error[1]:.0f}")
show(
    "Arrows over the plane at times 60, 15, 5 and 1. At 60 all point to the middle. At 5 and 1 they point to two curved "
    "ridges where the moons are, and part on a line between the two."
)

# %% [markdown]
# **Notice** that each arrow points uphill, to where the points are denser. At $t = 60$ the field knows one
# hill; at $t = 5$ and $t = 1$ it knows two curved ridges, and between them a watershed where neighbouring
# arrows part. Beside the score of the true moons the learned one errs by 2% of its length at $t = 60$; at $t = 1$ by 35% near the
# data and by 46% far from them, where no training point ever was: at low noise those arrows are a guess.
#
# <details><summary>Does a wrong score far from the data harm the samples?</summary>
#
# Hardly, if the sampler never gets there: its states are distributed nearly as the noised data of the same $t$, on which the network was
# trained. It matters for samplers with few, long steps, and for whoever starts from elsewhere.
# </details>

# %% [markdown]
# ### Account for it
#
# `DigitDenoiser` predicts the noise in an image of 64 pixels. Work out on paper, then run: its weights (biases too); the multiplications
# of one call for one image (linear layers alone; a table is looked up); and how many guided samples of 100 steps cost as much as
# the training below, 110 epochs of 1,137 images, if the gradient costs twice as much as the call.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_account", "locked": true, "schema_version": 3, "solution": false, "task": false}
mine = {"weights": 0, "multiplications": 0, "samples": 0}  # type your three numbers here

counted = digit_denoiser()
weights = sum(p.numel() for p in counted.parameters())
multiplications = sum(m.weight.numel() for m in counted.modules() if isinstance(m, nn.Linear))
training_calls, sample_calls = 3 * 110 * 1137, 2 * 100
print(f"weights {weights:,}, yours {mine['weights']:,}")
print(f"multiplications of a call {multiplications:,}, yours {mine['multiplications']:,}")
print(f"multiplications of the training {training_calls * multiplications / 1e9:.0f} thousand million, of a sample {sample_calls * multiplications / 1e6:.0f} million")
print(f"guided samples for the price of the training {training_calls / sample_calls:,.0f}, yours {mine['samples']:,}")

# %% [markdown]
# **Notice** that the weights and the multiplications are nearly the same number (294,976 and 292,864): every weight is used once. And that the training costs no more than 1,876 samples, fewer than two for each
# image: with diffusion the *sampling* is dear, which is why so much work goes into fewer steps.
#
# <details><summary>Which of the two numbers would be different for the U-Net, and how?</summary>
#
# A convolution uses each weight at every place: its multiplications are its weights times the pixels of that level. So the U-Net has fewer weights than multiplications by
# far, and is slow for its size.
# </details>

# %% [markdown]
# ### The real run: digits
#
# First a **judge**: a classifier that has seen the training digits and never a generated one.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_judge", "locked": true, "schema_version": 3, "solution": false, "task": false}
from sklearn.svm import SVC

judge = SVC(gamma=0.02, C=5.0).fit((digit_images.flatten(1).numpy() + 1) / 2, digit_labels.numpy())


def recognised(images, y):
    """Share of images that the judge names y."""
    return float(judge.score((images.detach().clamp(-1, 1).flatten(1).numpy() + 1) / 2, y.numpy()))


print(f"the judge is right on {100 * recognised(val_images, val_labels):.0f} of 100 validation digits")

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_train_digits", "locked": true, "schema_version": 3, "solution": false, "task": false}
generator = torch.Generator().manual_seed(1)
torch.manual_seed(1)
digit_model = digit_denoiser()
with progress(digit_model, 110 * 9):
    digit_losses = train_diffusion(
        digit_model, digit_images, alpha_bar, digit_labels, null_label=10, epochs=110, generator=generator
    )


def guided(model, y, scale):
    """The guided noise predictor for the labels y, ready for a sampler."""
    return lambda x, t: guided_eps(model, x, t, y, scale, 10)


thirty = torch.arange(10).repeat(3)
keys = [99, 60, 45, 30, 20, 10, 5]
films = [film(guided(digit_model, thirty, 2.0), (30, 1, 8, 8), seed, keys, clip=1.0) for seed in range(3)]
for k, key in enumerate(keys):
    named_states = [100 * recognised(states[k], thirty) for _, states, _ in films]
    named_guesses = [100 * recognised(guesses[k], thirty) for _, _, guesses in films]
    print(
        f"t = {key}: of 100 guesses named {min(named_guesses):.0f} to {max(named_guesses):.0f}, "
        f"of 100 states {min(named_states):.0f} to {max(named_states):.0f}"
    )
end, states, guesses = films[0]
_, axes = plt.subplots(8, 20, figsize=(13, 5.4))
for row, key, left, right in zip(axes, [*keys, "samples"], [*states, end], [*guesses, end], strict=True):
    show_images(row[:10], left[:10, 0])
    show_images(row[10:], right[:10, 0])
    row[0].set_ylabel(key if key == "samples" else f"t = {key}", rotation=0, ha="right", va="center")
show(
    "Ten digits from noise at the top to samples at the bottom: left the states, right the guesses of the data. The states "
    "can be read from about time 20 on. The guesses are black and white noise at 99, and digits from 60 on."
)

# %% [markdown]
# One column for each class, with guidance 2: left the states $x_t$, right the guesses $\hat x_0$ at the same times.
#
# **Notice** how far the guess, which is told the label, is ahead of the state. At $t = 60$ the judge names all guesses rightly and 10 to 20 of 100 states, hardly
# more than chance; the states follow at $t = 30$ (70 to 90 of 100) and at $t = 20$ (97 or more), for each of three draws. At $t = 99$ 40 to 47 of 100 guesses are named. What comes later is
# detail. The order is the same as in section 6: the large before the small.
#
# <details><summary>At $t = 99$ the guesses look like noise. Should the best guess not be the mean image of the class?</summary>
#
# It should, and an exact predictor's is. But there $\hat x_0 = (x_t - \sqrt{1-\bar\alpha_t}\,\hat\varepsilon)/\sqrt{\bar\alpha_t}$ divides by 0.0045, so an error of
# 0.01 in the noise is one of 2 in the pixel. Clipping keeps the guess among images, and the sampler's first step hardly moves towards it.
# </details>

# %% [markdown]
# ### Fidelity against diversity
#
# Now guidance, measured. The judge names 180 samples of each scale (*fidelity*: the share named as asked). *Diversity* is the mean
# distance between two samples of a class, divided by the same figure for real digits. And since a scale has to be *chosen*: the
# **energy distance** between samples and the validation digits, twice the mean distance between a sample and a digit minus the
# mean distances within each; it is 0 for equal distributions and counts fidelity and diversity as one. Training digits in the place of samples
# show how small it can be.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_guidance_scales", "locked": true, "schema_version": 3, "solution": false, "task": false}
def spread(images, y):
    """Mean distance between two images of the same class."""
    return sum(float(torch.pdist(images[y == k].flatten(1)).mean()) for k in range(10)) / 10


def energy(images, others):
    """Energy distance between two sets of images."""
    a, b = images.flatten(1), others.flatten(1)
    return float(2 * torch.cdist(a, b).mean() - torch.pdist(a).mean() - torch.pdist(b).mean())


y = torch.arange(10).repeat(18)
thirds = [slice(0, 60), slice(60, 120), slice(120, 180)]  # three independent draws of 60, six of each class
scales, samples, by_scale = [0.0, 0.5, 1.0, 2.0, 4.0, 8.0], {}, {}
real_spread = spread(digit_images, digit_labels)
for scale in scales:
    samples[scale] = ancestral_sample(guided(digit_model, y, scale), (180, 1, 8, 8), betas, generator, clip=1.0)
    by_scale[scale] = [
        (recognised(samples[scale][part], y[part]), spread(samples[scale][part], y[part]) / real_spread, energy(samples[scale][part], val_images))
        for part in thirds
    ]
    shares, spreads, energies = ([f"{value:.2f}" for value in sorted(values)] for values in zip(*by_scale[scale], strict=True))
    print(f"scale {scale:g}: fidelity {' '.join(shares)}; diversity {' '.join(spreads)}; energy distance {' '.join(energies)}")
real = [energy(digit_images[60 * k : 60 * k + 60], val_images) for k in range(3)]
print(f"training digits: energy distance {' '.join(f'{value:.2f}' for value in sorted(real))}")
mean = {scale: [sum(column) / 3 for column in zip(*rows, strict=True)] for scale, rows in by_scale.items()}
chosen_scale = min(scales, key=lambda scale: mean[scale][2])
print(f"chosen on the validation digits: scale {chosen_scale:g}")
figure = plt.figure(figsize=(13, 3.6))
left, right = figure.subfigures(1, 2, width_ratios=[1.1, 1.5])
ax = left.subplots()
ax.plot(scales, [mean[s][0] for s in scales], marker="o", color=BLUE, label="fidelity: recognised")
ax.plot(scales[1:], [mean[s][1] for s in scales[1:]], marker="o", color=ORANGE, label="diversity within a class")
ax.plot(scales, [mean[s][2] for s in scales], marker="o", color=GREEN, label="energy distance to validation")
ax.axhline(sum(real) / 3, color=GREEN, linewidth=0.8, linestyle=":")
ax.set(xlabel="guidance scale", ylim=(0, 1.6))
ax.legend(loc="upper right")
for part, scale in zip(right.subfigures(1, 3), (0.0, 1.0, 4.0), strict=True):
    part.suptitle(f"scale {scale:g}, asked for 3", fontsize=10)
    show_images(part.subplots(3, 6).flat, samples[scale][y == 3, 0])
show(
    "Left: over the guidance scale the share recognised rises steeply to nearly 1 at scale 1, the diversity within a class "
    "falls, and the energy distance to validation digits is smallest at a small scale and grows after it. Right: eighteen "
    "samples asked to be 3 at scale 0, all kinds of digits; at scale 1, different threes; at scale 4, threes that look alike."
)

# %% [markdown]
# **Notice** that neither fidelity nor diversity alone can choose a scale: each is best at an end. At scale 0 the label is ignored: one in ten is right by
# chance. At 1 at least 97 of 100 are named as asked, at 2 and above all; and the diversity falls all the way, from 0.8 at scale 0.5 to 0.5 at 8: the threes
# look more and more like *one* three. The energy distance has its minimum between: 0.01 at scale 2 in all three draws, against 0.07 or more at 1 and at 4. So 2 is chosen, on validation digits.
# (For scale 0
# diversity within a class has no meaning, so it is left out.) The figure is your evidence for the second
# written question.
#
# <details><summary>Scale 1 is what the network was trained for. Why do samples with scale 2 come nearer to the digits?</summary>
#
# The network is not perfect: its samples at scale 1 are a little blurred, and hold traces of other classes. Guidance pushes away from what is common to all classes, so it can
# repair more than it distorts. With a perfect conditional model scale 1 would be best, since its density is $p(x \mid y)$ itself.
# </details>

# %% [markdown]
# ### Has it memorised the training set?
#
# The exact predictor of section 6 returned training points. Does yours? Under each sample, the training image
# that is nearest to it. Here, once, the **test** digits are used: they were seen by no network, no judge and no choice.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_memory", "locked": true, "schema_version": 3, "solution": false, "task": false}
def nearest(images):
    """Distance to the nearest training image, and which it is."""
    return torch.cdist(images.flatten(1), digit_images.flatten(1)).min(1)


shown = samples[chosen_scale][:12]
_, axes = plt.subplots(2, 12, figsize=(11, 2.1))
show_images(axes[0], shown[:, 0])
show_images(axes[1], digit_images[nearest(shown).indices, 0])
axes[0, 0].set_ylabel("sample", rotation=0, ha="right", va="center")
axes[1, 0].set_ylabel("nearest", rotation=0, ha="right", va="center")
show("Twelve samples, and under each the training digit nearest to it: alike, but not the same in any column.")
_, ax = plt.subplots(figsize=(8, 2.6))
exact_digits = exact_denoiser(digit_images.flatten(1), alpha_bar)
copies = ancestral_sample(exact_digits, (100, 64), betas, generator)
for name, images, colour in (
    ("test digits", test_images, GREY),
    ("samples", samples[chosen_scale], BLUE),
    ("samples of the exact predictor", copies, RED),
):
    print(f"distance to the nearest training image, {name}: median {float(nearest(images).values.median()):.2f}")
    ax.hist(
        nearest(images).values,
        bins=40,
        range=(0, 5),
        density=True,
        histtype="step",
        linewidth=2,
        color=colour,
        label=name,
    )
ax.set(xlabel="distance to the nearest training image", yticks=[], ylim=(0, 3))
ax.legend()
print(f"energy distance to the test digits: samples {energy(samples[chosen_scale], test_images):.2f}, training digits {energy(digit_images[:180], test_images):.2f}")
show(
    "Histograms of the distance to the nearest training image. Those of the test digits and of the samples overlap for the "
    "most part, about 2. The exact predictor's is a single spike at 0."
)

# %% [markdown]
# **Notice** that the samples stand as far from the training set as the test digits do (medians 2.1 and 2.2): they are not copies. Their energy distance to the test
# digits is 0.04; training digits in their place have $-0.01$, which is 0 but for chance.
# The exact predictor, whose loss on the training set nobody can beat, makes copies only (the red spike at 0).
# A network of modest size, trained for a modest time, cannot represent a landscape with a peak for every training image, and
# learns a smooth one instead. To that failure it owes what it can do.
#
# <details><summary>Which network would memorise?</summary>
#
# A large one, trained for long on few images. Carlini et al. (2023) found copies of training images in the samples of large models, above all
# of images that were in the training set many times. Try it: train on 20 digits for 2,000 epochs.
# </details>

# %% [markdown]
# ### Your U-Net
#
# Last, a network of your own, on the same digits: fewer epochs, as convolutions cost more. As a baseline the dense network, for as many epochs.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_unet", "locked": true, "schema_version": 3, "solution": false, "task": false}
few = torch.arange(10).repeat(6)
drawn = {}
for name, build in (("U-Net", lambda: UNet(base_channels=8, num_classes=10)), ("dense network", digit_denoiser)):
    torch.manual_seed(2)
    generator = torch.Generator().manual_seed(2)
    network = build()
    average = EMA(list(network.parameters()), decay=0.97)
    hook = network.register_forward_pre_hook(lambda module, _, average=average: average.update(list(module.parameters())))
    with progress(network, 15 * 9):
        losses = train_diffusion(
            network, digit_images, alpha_bar, digit_labels, null_label=10, epochs=15, lr=6e-3, generator=generator
        )
    hook.remove()
    with torch.no_grad():
        for p, smooth in zip(network.parameters(), average.shadow, strict=True):
            p.copy_(smooth)
    drawn[name] = ancestral_sample(guided(network, few, 2.0), (60, 1, 8, 8), betas, generator, clip=1.0)
    size = sum(p.numel() for p in network.parameters())
    print(
        f"{name}: weights {size:,}, loss of the last three epochs {sum(losses[-3:]) / 3:.3f}\n"
        f"{name}: of 100 recognised {100 * recognised(drawn[name], few):.0f}\n"
        f"{name}: energy distance to validation {energy(drawn[name], val_images):.2f}"
    )
_, axes = plt.subplots(2, 20, figsize=(13, 1.5))
for row, (name, images) in zip(axes, drawn.items(), strict=True):
    show_images(row, images[:20, 0])
    row[0].set_ylabel(name, rotation=0, ha="right", va="center")
show(
    "Twenty digits each after fifteen epochs of training, 0 to 9 twice: above those of the U-Net, below those of the dense "
    "network."
)

# %% [markdown]
# **Notice** that the U-Net does not win, in one training of each: of its samples 88 of 100 are recognised and of the dense network's all, and the energy distance is 0.29 against 0.14. It has
# 36,121 weights, an eighth of the dense network's, and on 8x8 pixels a dense layer sees the whole image at once. What a convolution need not learn, that neighbouring
# pixels belong together, counts for more on larger images: with twice the side a dense layer from image to image has sixteen times the weights, a convolution as many as before.
#
# <details><summary>Would the comparison change with the pixels in another order, the same one for all images?</summary>
#
# The dense network would not notice. The U-Net would lose what it gets for nothing, and fall further behind.
# </details>

# %% [markdown]
# ## 13. Explore
#
# Not graded. Guess first, then run.
#
# ### Guess 1. How few steps?
#
# The deterministic sampler can take any number of steps. With how many network calls are nine of ten digits recognised:
# 50, 25, 10, 5, 3, 2? Type it in, then run.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_calls_guess", "locked": true, "schema_version": 3, "solution": false, "task": false}
my_calls = None

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_few_steps", "locked": true, "schema_version": 3, "solution": false, "task": false}
y = torch.arange(10).repeat(12)
thirds = [slice(0, 40), slice(40, 80), slice(80, 120)]
counts, strips = [1, 2, 3, 5, 10, 25, 50], []
asked = guided(digit_model, y, 1.5)
runs = {
    ("as it is", 0.0): (None, BLUE, "-"),
    ("as it is", 1.0): (None, ORANGE, "-"),
    ("clipped", 0.0): (1.0, BLUE, ":"),
    ("clipped", 1.0): (1.0, ORANGE, ":"),
}
table = {run: [] for run in runs}
print(f"your guess: {my_calls}")
for count in counts:
    steps = [99] if count == 1 else torch.linspace(4, 99, count).long().tolist()
    for (name, eta), (clip, _, _) in runs.items():
        start = torch.Generator().manual_seed(7)
        drawn = ddim_sample(asked, (120, 1, 8, 8), alpha_bar, steps, eta, start, clip)
        shares = sorted(recognised(drawn[part], y[part]) for part in thirds)
        table[name, eta].append(sum(shares) / 3)
        print(f"{count} calls, {name}, eta {eta:g}: of 100 recognised {100 * shares[0]:.0f} to {100 * shares[-1]:.0f}")
        if (name, eta) == ("clipped", 0.0):
            strips.append(drawn[:10].clamp(-1, 1))
late = float((strips[4] - strips[-1]).flatten(1).norm(dim=1).median())
other = float(torch.pdist(strips[-1].flatten(1)).median())
print(f"distance between the images of 10 and of 50 calls from the same noise: median {late:.1f}, between two digits {other:.1f}")
figure = plt.figure(figsize=(13, 4))
left, right = figure.subfigures(1, 2)
ax = left.subplots()
for (name, eta), (_, colour, style) in runs.items():
    ax.semilogx(counts, table[name, eta], marker="o", color=colour, linestyle=style, label=f"{name}, eta {eta:g}")
ax.set(xlabel="network calls", ylabel="recognised", xticks=counts, xticklabels=counts, ylim=(0, 1.05))
ax.legend()
for row, images, count in zip(right.subplots(len(counts), 10), strips, counts, strict=True):
    show_images(row, images[:, 0])
    row[0].set_ylabel(f"{count}", rotation=0, ha="right", va="center")
show(
    "Left: the share recognised over the number of network calls. With the guess clipped it is nearly 1 from three calls on, "
    "for both values of eta; as it is, it needs five to ten calls. Right: clipped samples with eta 0 from the same noise for "
    "1 to 50 calls; from three on each column shows the same digit, ever cleaner."
)

# %% [markdown]
# **Notice** three things. As it is, three calls are not enough (at most 50 of 100 are recognised): the first step starts at $t = 99$, where the
# division by $\sqrt{\bar\alpha} = 0.0045$ magnifies the least error of the network 220 times, and no later
# step makes up for it. But keep the guess $\hat x_0$ within $[-1, 1]$, where images live, and three calls are enough: all are recognised
# (dotted). And all strips begin with the same noise, and each column shows the *same* digit: those of 10 and of 50 calls are 0.3 apart, two
# digits 5.7. The map from noise to image belongs to the model, the steps only follow it more or less closely.
#
# <details><summary>After two calls about half is recognised at most, clipped or not. What do the two calls do?</summary>
#
# The first, at $t = 99$, guesses out of pure noise, and what it guesses is mostly magnified error. The second, at $t = 4$, is asked for the noise in an image that is
# nearly clean, and takes away only what looks like noise of that strength: it cannot repair the first. A time in the middle is missing.
# </details>

# ### Guess 2. An equation behind it
#
# In the limit of small steps, the deterministic sampler follows an ordinary differential equation, the
# **probability-flow ODE** (Song et al., 2021). With $\varphi$ from section 10
# ($\cos\varphi = \sqrt{\bar\alpha}$) it is simply
#
# $$\frac{\mathrm d x}{\mathrm d \varphi} = v_\theta(x, \varphi) = \cos\varphi\; \hat\varepsilon - \sin\varphi\; \hat x_0 ,$$
#
# from $\varphi = \pi/2$ (noise) to $0$ (data). Any solver will do, and it also runs the other way: from data
# to the noise they belong to. How well does one come back?


# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_ode", "locked": true, "schema_version": 3, "solution": false, "task": false}
def flow(model, x, levels):
    """Follow the probability-flow ODE through the given times, in either direction, by Heun's method."""
    angles = alpha_bar.sqrt().arccos()

    def velocity(x, t):
        a = alpha_bar[t]
        eps = model(x, torch.full((len(x),), t))
        x0 = (x - (1 - a).sqrt().float() * eps) / a.sqrt().float()
        return a.sqrt().float() * eps - (1 - a).sqrt().float() * x0

    track = [x]
    with torch.no_grad():
        for now, following in zip(levels[:-1], levels[1:], strict=True):
            h = float(angles[following] - angles[now])
            first = velocity(x, now)
            x = x + h / 2 * (first + velocity(x + h * first, following))
            track.append(x)
    return torch.stack(track)


levels = list(range(1, 98, 2))
track = flow(point_model, two_moons(600, generator), levels)
returned = flow(point_model, track[-1], levels[::-1])[-1]
hue = torch.atan2(track[0][:, 1], track[0][:, 0])
_, axes = plt.subplots(1, 4, figsize=(14, 3.6))
for ax, points, title in zip(
    axes,
    (track[0], track[5], track[-1], returned),
    ("data", "at t = 11", "their noise", "and back"),
    strict=True,
):
    show_points(ax, points, title)
    ax.collections[0].remove()
    ax.scatter(points[:, 0], points[:, 1], c=hue, cmap="twilight", s=6)
print(f"error after going there and back: median {float((returned - track[0]).norm(dim=1).median()):.4f}")
print(f"the noise of the data: mean {float(track[-1].mean()):.2f}, standard deviation {float(track[-1].std()):.2f}")
show(
    "600 points, coloured by their angle: as two moons, at time 11, as a round cloud of noise, and back as two moons. "
    "Neighbouring colours stay neighbours in all four pictures."
)

# %% [markdown]
# **Notice** that the colours keep their order: the flow bends and stretches the plane and tears nothing. The
# third picture is a round cloud (standard deviation 0.95), and every point of it is the *code* of a data point. The way back
# returns to where it started, within 0.0002 (median).
#
# <details><summary>The sampler with $\eta = 1$ gives samples of the same distribution. Has it a way back too?</summary>
#
# No: a sample does not determine the noise that was drawn on its way. Codes, and edits by way of codes, need the deterministic sampler.
# </details>

# ### Guess 3. Half an image is missing
#
# Your model was trained to make whole digits. Can it complete one? At every step, keep what is known: noise
# the known pixels to the level of that step, and let the model fill in the rest (Lugmayr et al., 2022,
# without their resampling). Nothing is trained for it.


# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_inpainting", "locked": true, "schema_version": 3, "solution": false, "task": false}
@torch.no_grad()
def inpaint(model, image, known, betas, generator):
    """Fill in the pixels of images (N, 1, 8, 8) where the mask `known` is False."""
    alpha_bar = alpha_bars(betas)
    x = torch.randn(image.shape, generator=generator)
    for t in reversed(range(len(betas))):
        times = torch.full((len(x),), t)
        given = q_sample(image, times, alpha_bar, torch.randn(x.shape, generator=generator))
        x = torch.where(known, given, x)
        a = per_sample(alpha_bar, times, x)
        guess = ((x - (1 - a).sqrt() * model(x, times)) / a.sqrt()).clamp(-1, 1)
        mean, variance = posterior(torch.where(known, image, guess), x, times, betas)
        x = mean + variance.sqrt() * torch.randn(x.shape, generator=generator)
    return torch.where(known, image, x)


generator = torch.Generator().manual_seed(8)
chosen, shown_as = val_images[:40].repeat(3, 1, 1, 1), val_labels[:40].repeat(3)
known = torch.zeros(1, 1, 8, 8, dtype=torch.bool)
known[..., :4, :] = True
null = torch.full((120,), 10)
untold = inpaint(lambda x, t: digit_model(x, t, null), chosen, known, betas, generator)
told = inpaint(lambda x, t: digit_model(x, t, shown_as), chosen, known, betas, generator)
halves = torch.where(known, chosen, -1.0)
for name, images in (("upper half alone", halves), ("filled, not told the label", untold), ("filled, told the label", told)):
    shares = [100 * recognised(part, shown_as[:40]) for part in images.split(40)]
    print(f"{name}: of 100 named rightly {min(shares):.0f} to {max(shares):.0f}")
apart = torch.stack([torch.pdist(untold[k::40].flatten(1)).mean() for k in range(40)])
print(f"distance between three answers to one half: least {float(apart.min()):.1f}, most {float(apart.max()):.1f}")
rows = {"image": chosen[:12], "given": halves[:12], **{f"filled {k + 1}": untold[40 * k : 40 * k + 12] for k in range(3)}}
_, axes = plt.subplots(5, 12, figsize=(10, 4.4))
for row, (name, images) in zip(axes, rows.items(), strict=True):
    show_images(row, images[:, 0])
    row[0].set_ylabel(name, rotation=0, ha="right", va="center")
show(
    "Twelve validation digits, their upper halves, and three ways in which the model filled in the lower half of each: most "
    "are digits, some another one than the image, and the three answers differ more for some halves than for others."
)

# %% [markdown]
# %% [markdown]
# **Notice** that the model does not restore *the* image: it samples from those that fit. Three answers to one half are 2.0 apart where it leaves little open and 3.4 where
# it leaves much. The judge names 55 to 60 of 100 of them as the image was, against 42 for the half alone, which is the baseline; told the label, the model fills in
# 98 or more of 100 rightly. Nothing was trained for it.
#
# <details><summary>The known pixels are put back at every step. Why not once, at the end?</summary>
#
# Then the lower half would be drawn without regard to the upper one, and would fit it by chance alone. At every step the network sees both halves at the same
# noise, and moves the lower one towards what goes with the upper.
# </details>

# More to try: train with `v_target` instead of noise, and compare ten-step samples; put `cosine_betas(100)`
# in the place of the linear schedule and look at its last time, where $\bar\alpha \approx 10^{-7}$; or
# measure how guidance and $\eta$ interact. And something that nobody has answered fully: a network with less loss on the training set would
# make copies, one with more would make noise. What decides that yours makes *new digits*? With internet, `load_digits(size=16, source="mnist")` has 60,000
# larger digits for your U-Net.

# %% [markdown]
# ## 14. Written questions
#
# Answer in your own words, in about 150 words each. A figure or a number from this notebook is worth more
# than a quotation.

# %% [markdown]
# ### Question 1: why predict noise (6 points)
#
# 1. A network may predict the noise $\varepsilon$, the data $x_0$, or the velocity $v$. Show with one
#    equation that from a prediction of the noise, $x_t$ and $t$ you get a prediction of the data; and find
#    the factor $c_t$ in
#    $\lVert \hat\varepsilon - \varepsilon \rVert^2 = c_t\, \lVert \hat x_0 - x_0 \rVert^2$. (2 points)
# 2. What is the loss of predicting noise, then, in terms of the data, and why may that weighting of the times
#    be better for pictures than that of the variational bound? Use the figure of section 10. (2 points)
# 3. In which range of $t$ is predicting noise a bad basis for *sampling*, and why? What remedies do you know?
#    (2 points)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written_noise", "locked": false, "points": 6, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Model answer.** From $x_t = \sqrt{\bar\alpha_t}\,x_0 + \sqrt{1-\bar\alpha_t}\,\varepsilon$ follows
# $\hat x_0 = (x_t - \sqrt{1-\bar\alpha_t}\,\hat\varepsilon)/\sqrt{\bar\alpha_t}$. Subtracting the same
# equation for the true values,
# $\hat x_0 - x_0 = -\sqrt{(1-\bar\alpha_t)/\bar\alpha_t}\,(\hat\varepsilon - \varepsilon)$, so
# $c_t = \bar\alpha_t/(1-\bar\alpha_t)$, the signal-to-noise ratio.
#
# The noise loss is thus a data loss weighted by the signal-to-noise ratio: every time has a target of the
# same size (variance 1). The bound weighs an error in the noise
# by $\beta_t / (2\alpha_t(1-\bar\alpha_{t-1}))$, which is a hundred times larger at $t = 1$ than in the middle, and
# fourteen times at $t = 10$ (figure of section 10): it spends capacity on imperceptible noise at small $t$. Equal weights
# shift the effort to middle and high noise, where class, shape and strokes are decided (sections 2 and 6).
#
# At large $t$, $\bar\alpha_t \approx 0$: the predictor need only return $x_t$ to have nearly no loss, and an
# error $\delta$ in it becomes $\delta\sqrt{(1-\bar\alpha_t)/\bar\alpha_t}$ in $\hat x_0$, a factor of about
# 220 at the last of our hundred times. Remedies: clip $\hat x_0$; predict $v$ (or $x_0$) there; a schedule
# that does not end at $\bar\alpha \approx 0$; averaged weights or a falling learning rate, which make
# $\delta$ small.
#
# **Marks.**
# - Part 1: 1 for the equation of $\hat x_0$; 1 for $c_t = \bar\alpha_t/(1-\bar\alpha_t)$. Inverted factor:
#   half.
# - Part 2: 1 for "a data loss weighted by the signal-to-noise ratio" or "targets of equal variance at all
#   times"; 1 for the comparison with the bound, with the figure (small $t$ dominates there). "It works
#   better": 0.
# - Part 3: 1 for large $t$ with the amplification $1/\sqrt{\bar\alpha_t}$; 1 for a remedy with its reason.
# ### END SOLUTION

# %% [markdown]
# ### Question 2: what guidance trades (6 points)
#
# 1. Write the guided prediction in terms of scores, and say from which density it would sample if it were the
#    score of one. (2 points)
# 2. From your figure: what happens to fidelity and diversity between scale 0 and scale 8, and why can neither
#    be had in full? Explain with the picture of the two bells in section 9. (2 points)
# 3. Someone reports that guided samples are recognised 100% of the time and concludes that the model has
#    learned the distribution of digits. Name two models that would pass this test without having learned it,
#    and for each a measurement that exposes it. (2 points)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written_guidance", "locked": false, "points": 6, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Model answer.** Since $\psi = -\hat\varepsilon/\sqrt{1-\bar\alpha_t}$, the guided score is
# $\nabla\log p(x_t) + w\,(\nabla\log p(x_t \mid y) - \nabla\log p(x_t)) = \nabla\log p(x_t) + w\,\nabla\log p(y \mid x_t)$
# by Bayes' rule: the score of $p(x_t)\,p(y \mid x_t)^w$ up to a constant, which for $w = 1$ is
# $p(x_t \mid y)$. (Strictly, these densities at different $t$ are not noised versions of one another, so the
# sampler does not draw from $p(x_0)\,p(y \mid x_0)^w$ exactly.)
#
# The share recognised rises from chance (10%) at scale 0 to nearly 1 at scale 1 and 1 from 2 on; diversity within a
# class is below that of real digits already at scales 0.5 (0.8) and 1 (0.7), about 0.6 at 2, and falls to 0.5 at 8. With $w > 1$ the density is moved to where $p(y \mid x)$
# is largest, away from the other classes, and it narrows: the ambiguous but real examples of a class (in the
# overlap of the two bells) are suppressed. To be recognised always, one must not draw what is hard to
# recognise, and that is part of the data.
#
# A model that returns one perfect image for each class (mode collapse) is exposed by the distance between
# samples of a class, compared with that of real ones. A model that returns training images is exposed by the
# distance to the nearest training image, compared with that of held-out real images. (Also good: very high
# guidance, exposed by comparing the distributions, for instance by MMD to held-out data, or by the variance
# of pixels.)
#
# **Marks.**
# - Part 1: 1 for $\nabla\log p(x_t) + w\,\nabla\log p(y \mid x_t)$ (or the equivalent with $p(x_t \mid y)$);
#   1 for $p(x_t)\,p(y \mid x_t)^w$.
# - Part 2: 1 for both tendencies with numbers read off the own figure; 1 for the reason (moved from the
#   overlap and narrowed).
# - Part 3: 1 for each model *with* the measurement and what it is compared with. Without a comparison: half.
# ### END SOLUTION

# %% [markdown]
# ## What you have read about
#
# - J. Sohl-Dickstein et al. (2015), *Deep unsupervised learning using nonequilibrium thermodynamics*; J. Ho,
#   A. Jain and P. Abbeel (2020), *Denoising diffusion probabilistic models*.
# - A. Nichol and P. Dhariwal (2021), *Improved denoising diffusion probabilistic models*.
# - J. Song, C. Meng and S. Ermon (2021), *Denoising diffusion implicit models*.
# - P. Vincent (2011), *A connection between score matching and denoising autoencoders*; Y. Song and S. Ermon
#   (2019), *Generative modeling by estimating gradients of the data distribution*; Y. Song et al. (2021),
#   *Score-based generative modeling through stochastic differential equations*.
# - J. Ho and T. Salimans (2022), *Classifier-free diffusion guidance*; T. Salimans and J. Ho (2022),
#   *Progressive distillation for fast sampling of diffusion models*; C. Luo (2022), *Understanding diffusion
#   models: a unified perspective*.
# - O. Ronneberger, P. Fischer and T. Brox (2015), *U-Net*; A. Vaswani et al. (2017), *Attention is all you
#   need*.
# - D. Kingma and M. Welling (2014), *Auto-encoding variational Bayes*; B. Polyak and A. Juditsky (1992),
#   *Acceleration of stochastic approximation by averaging*.
# - A. Lugmayr et al. (2022), *RePaint*; N. Carlini et al. (2023), *Extracting training data from diffusion
#   models*.
