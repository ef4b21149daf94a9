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
# # Chapter 11. Autoencoders and generative adversarial networks
#
# A network can learn without anybody telling it what an image shows. Ask it to squeeze an image through two numbers and
# to draw it again from those two, and it must find out how images differ. Ask it for images that nobody has drawn, and
# somebody must judge them. This chapter builds two answers. The variational autoencoder judges by a probability, of
# which it can compute a bound. The adversarial network judges by a second network, which learns to tell real from
# made.
#
# | | exercise | points | minutes |
# |---|---|---|---|
# | 1 | `linear_autoencoder`: principal components, and the network that finds them | 8 | 30 |
# | 2 | `denoising`: to repair what was spoilt | 6 | 25 |
# | 3 | `reparameterise`: a gradient through a draw | 8 | 25 |
# | 4 | `elbo`: the variational autoencoder | 10 | 30 |
# | 5 | `bound_gap`: how far below the truth | 6 | 25 |
# | 6 | `optimal_discriminator`: the best judge | 6 | 20 |
# | 7 | `gan_losses`: four games | 8 | 25 |
# | 8 | `gan_steps`: who learns in which step | 10 | 30 |
# | 9 | `dcgan`: convolutions that draw | 7 | 30 |
# | 10 | `gradient_penalty`: a critic with a limited slope | 7 | 30 |
# | 11 | `conditional`: to draw what is asked | 6 | 30 |
# | 12 | `spectral_norm`: the limit without a penalty | 5 | 20 |
# | 13 | `frechet`: a distance between two sets of images | 5 | 15 |
# | 14 | two written questions | 4 + 4 | 25 |

# %% [markdown]
# ### How to work
#
# - Write your code where a cell says `raise NotImplementedError()`, then run the check cell below it. A check
#   runs the public tests; your work is graded by more tests of the same properties, on other shapes and numbers.
# - Exercises are judged one by one, and none needs another: if you are stuck, go on. Only figures may wait for an
#   exercise.
# - A card opens each exercise and says which functions you may use. Where it forbids some, it forbids what would hide
#   them too: code made of text (`eval`, `exec`), names computed with `getattr` or `globals`, threads, `ctypes`, the
#   interpreter's own machinery.
# - Hints are folded below the check: read one at a time.
# - **Symbols.** $x$ is a data point with $D$ values and $z$ a latent with $d$ values. $\mu$ and $\log\sigma^2$ (`mu`, `logvar`) are mean
#   and log-variance of a diagonal normal distribution. $p(z) = \mathcal N(0, I)$ is the prior, $q(z \mid x)$ the encoder's distribution, $p(x \mid z)$ the decoder's. $G$ is a
#   generator, $D_\phi$ a discriminator; it returns *logits* $f(x)$, and $\sigma(f)$ is its probability of "real".
#   Logarithms are natural, and amounts of information are in nats.
# - **Data** are rows of a batch, $(N, D)$, or images $(N, C, H, W)$.
# - All randomness comes from a `torch.Generator` that is handed in (the global one if it is None), so that a seed
#   repeats a run. Draws are independent of each other: from sample to sample, from value to value.
# - What holds for every function: data keep their dtype, and float64 data their digits; views (transposed, expanded)
#   are data too; arguments stay as they are, but for networks that are trained; a call remembers nothing of the one
#   before, where the card does not say so; a batch of one is a batch.
# - Cells that draw figures are not graded. Change their numbers and see what happens.
# - In a terminal, in this folder, `selfcheck` checks the whole notebook at once.

# %% nbgrader={"grade": false, "grade_id": "given_imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import math
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from selfcheck import check


# %% nbgrader={"grade": false, "grade_id": "given_ring", "locked": true, "schema_version": 3, "solution": false, "task": false}
def ring_of_eight(n: int, generator: torch.Generator, spread: float = 0.08) -> Float[Tensor, "n 2"]:
    """Points near eight centres on the circle of radius 1, each as likely, with a normal error of `spread`."""
    angle = math.pi / 4 * torch.randint(8, (n,), generator=generator)
    centres = torch.stack([angle.cos(), angle.sin()], 1)
    return centres + spread * torch.randn(n, 2, generator=generator)


# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
import copy
import sys
import time

import matplotlib.pyplot as plt

from selfcheck.data import load_digits
from selfcheck.plots import show

BLUE, ORANGE, GREEN, RED, GREY, PALE = "#2f6db3", "#e07b16", "#2a9265", "#c43c39", "#8a8f98", "#a9c1dc"
torch.set_num_threads(1)  # networks this small lose more time to sharing work than they gain
# An opaque light page keeps every figure legible in a dark theme too.
plt.rcParams.update({"figure.facecolor": "white", "figure.constrained_layout.use": True, "figure.dpi": 90})
plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 10})
plt.rcParams.update({"font.size": 10, "legend.frameon": False})

digits = load_digits()  # 8 x 8 pixels in [0, 1]; load_digits(8, "mnist") reads MNIST, once downloaded
# 1197 images to learn from, 240 to choose by, 360 for the end.
fit_x, fit_y = digits.train_images[:1197].flatten(1), digits.train_labels[:1197]
choose_x, choose_y = digits.train_images[1197:].flatten(1), digits.train_labels[1197:]
test_x, test_y = digits.test_images.flatten(1), digits.test_labels


def show_images(axes, rows):
    """One row of pixels as a square picture on each axis, white paper and dark ink."""
    for ax, row in zip(axes, rows, strict=False):
        side = math.isqrt(row.numel())
        ax.imshow(row.detach().view(side, side), cmap="gray_r", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set(visible=True, color="#c9ced6")


def progress(done, steps, start):
    """Show how many of the steps of a training are done."""
    if done % max(1, steps // 20) == 0 or done == steps:
        bar = "#" * (40 * done // steps)
        sys.stdout.write(f"\r[{bar:40}] {done}/{steps} steps, {time.perf_counter() - start:.0f} s")
        sys.stdout.write("\n" if done == steps else "")
        sys.stdout.flush()


# %% [markdown]
# ## 1. Two numbers for an image
#
# Here are 64 pixels. Suppose you may send two numbers, and the receiver shall draw the image again as well as possible.
# Which two? The simplest receiver draws a mean image plus a multiple of one fixed image plus a multiple of another. In
# signs, with the mean $m$ and $k$ directions as the rows of a matrix $V$ $(k, D)$, $V V^\top = I$:
#
# $$c = V (x - m), \qquad \hat x = m + V^\top c .$$
#
# The squared error that is left, $\|x - \hat x\|^2$, is what of $x - m$ lies across the plane of the directions. Summed over the data, it is smallest for
# the directions in which the data vary most: the first $k$ eigenvectors of the covariance $C = \frac1N \sum_n (x_n - m)(x_n - m)^\top$, the **principal components** (Pearson, 1901). Their
# eigenvalues are the variances along them, and the error that is left is the sum of all other eigenvalues.
#
# **Example.** The points $(2, 2)$, $(-2, -2)$, $(1, -1)$, $(-1, 1)$ have the mean 0. Along $(1, 1)/\sqrt 2$ they stand at
# $\pm 2\sqrt2$, 0, 0, with the variance $16/4 = 4$; along $(1, -1)/\sqrt 2$ at $\pm\sqrt 2$, 0, 0, with the variance $4/4 = 1$. One
# component keeps 4 of 5 parts of the variance.

# %% [markdown]
# ### A toy: one direction in ten lines
#
# No calculus is needed to see it. Turn a line through the middle of a cloud, and measure what a projection on it leaves.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_toy_direction", "locked": true, "schema_version": 3, "solution": false, "task": false}
cloud = torch.randn(400, 2, generator=torch.Generator().manual_seed(0)) @ torch.tensor(
    [[1.5, 1.0], [0.0, 0.4]]
)
cloud = cloud - cloud.mean(0)
angles = torch.linspace(0, 180, 181)
left = []
for angle in angles:
    v = torch.stack([(angle * math.pi / 180).cos(), (angle * math.pi / 180).sin()])
    left.append(float(((cloud - (cloud @ v)[:, None] * v) ** 2).sum(1).mean()))
best = int(torch.tensor(left).argmin())
eigenvalues, eigenvectors = torch.linalg.eigh(cloud.T @ cloud / len(cloud))
print(
    f"least error {left[best]:.3f} at {best} degrees; smaller eigenvalue of the covariance {eigenvalues[0]:.3f}"
)
direction = math.degrees(math.atan2(float(eigenvectors[1, 1]), float(eigenvectors[0, 1]))) % 180
print(f"direction of the larger eigenvalue: {direction:.1f} degrees")

# %% [markdown]
# **Notice** that the least error that a line leaves is the smaller eigenvalue, and that the best line is the eigenvector of the larger one.
#
# <details><summary>Why must the mean be taken away first?</summary>
#
# The best plane goes through the mean of the data. Take the matrix $\frac1N \sum x_n x_n^\top$ without it, and the first
# eigenvector mostly points from the origin to the mean: it is spent on what all data have in common.
# </details>

# %% [markdown]
# ### The network that finds the same plane
#
# An **autoencoder** is two networks in a row. The encoder maps $x$ to a code of $k$ numbers, the decoder maps the code to $\hat x$, and both are trained
# to make $\|x - \hat x\|^2$ small. Where both are linear, no $\hat x$ can be better than the principal components': all $\hat x$ lie in a plane of
# $k$ dimensions, and theirs is the best one. Baldi and Hornik (1989) showed that the error has no other minimum. So training
# finds the same *plane*. It need not find the same *directions*: for any invertible $R$ $(k, k)$ the codes $R c$ with the decoder $V^\top R^{-1}$ draw the same images.
#
# How do we tell that two matrices $A$ and $B$ $(k, D)$ have rows that span the same plane? By what they do to any vector: the projection on the plane of $A$'s rows is
# $P_A = A^\top (A A^\top)^{-1} A$, the same for every basis of the plane. The largest singular value of $P_A - P_B$ is 0 for the same
# plane. In general it is the sine of the largest angle between a vector of one plane and the other plane.


# %% nbgrader={"grade": false, "grade_id": "given_linear_autoencoder", "locked": true, "schema_version": 3, "solution": false, "task": false}
class LinearAutoencoder(nn.Module):
    """Encoder and decoder, one linear layer each: D values to k and back."""

    def __init__(self, D: int, k: int):
        super().__init__()
        self.encoder, self.decoder = nn.Linear(D, k), nn.Linear(k, D)

    def forward(self, x: Float[Tensor, "N D"]) -> Float[Tensor, "N D"]:
        return self.decoder(self.encoder(x))


# %% [markdown]
# ### Exercise `linear_autoencoder`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 8 | 30 min | 2 s | everything else in PyTorch, `torch.linalg` too | `torch.pca_lowrank`, `torch.svd_lowrank`, `torch.lobpcg`, `sklearn.decomposition`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** Principal components, the images drawn from $k$ numbers, the angle between two planes, and the training of an
# autoencoder.
#
# **Why.** All that follows is an autoencoder with one idea more.
#
# **Details.** There may be fewer data points than values ($N < D$), and values that never change. Components have length 1 and are orthogonal; the sign of each is
# yours. $k = \min(N, D)$ is allowed: where $N \le D$ the last variance is 0, and its direction any that is orthogonal to the others. Gradients need not flow through `pca` and `subspace_gap`. `train_autoencoder` takes any network that maps $(M, D)$ to $(M, D)$ and trains it in place with
# Adam, PyTorch's with nothing but the rate changed: no weight decay. Each step shows it all data in their order, or, with a `batch_size`, that many data points drawn at random by the generator, with replacement. A second call goes on from where the network stands, with a new Adam.


# %% nbgrader={"grade": false, "grade_id": "linear_autoencoder_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def pca(
    x: Float[Tensor, "N D"], k: int
) -> tuple[Float[Tensor, "D"], Float[Tensor, "k D"], Float[Tensor, "k"]]:
    """Mean, the first k principal components as rows, and the variances along them, in falling order.

    Variances are means of squares: divided by N.

    Raises:
        ValueError: if k is not in 1 ... min(N, D).

    Source: Pearson (1901).
    """
    ### BEGIN SOLUTION
    if not 1 <= k <= min(x.shape):
        raise ValueError(f"there are 1 to {min(x.shape)} components, not {k}")
    mean = x.mean(0)
    _, singular_values, rows = torch.linalg.svd(x - mean, full_matrices=False)
    return mean, rows[:k], singular_values[:k] ** 2 / len(x)
    ### END SOLUTION


def pca_reconstruct(
    x: Float[Tensor, "N D"], mean: Float[Tensor, "D"], components: Float[Tensor, "k D"]
) -> Float[Tensor, "N D"]:
    """The points of the plane through the mean that are nearest to x. The components are orthonormal."""
    ### BEGIN SOLUTION
    return mean + (x - mean) @ components.T @ components
    ### END SOLUTION


def subspace_gap(a: Float[Tensor, "k D"], b: Float[Tensor, "k D"]) -> float:
    """Sine of the largest angle between the spaces that the rows of a and of b span, 0 to 1.

    The rows are linearly independent, and need not be orthogonal nor of length 1.
    """
    ### BEGIN SOLUTION
    projections = [m.T @ torch.linalg.solve(m @ m.T, m) for m in (a, b)]
    return float(torch.linalg.matrix_norm(projections[0] - projections[1], 2))
    ### END SOLUTION


def train_autoencoder(
    network: nn.Module,
    x: Float[Tensor, "N D"],
    steps: int,
    lr: float,
    batch_size: int | None = None,
    generator: torch.Generator | None = None,
) -> list[float]:
    """Train with Adam on the squared error, summed over the values of a data point and averaged over the data points.

    Args:
        batch_size: data points drawn for a step; None stands for all of them, each once.

    Returns:
        The error before each step, of the data that the step shows.
    """
    ### BEGIN SOLUTION
    optimiser = torch.optim.Adam(network.parameters(), lr)
    errors = []
    for _ in range(steps):
        batch = x if batch_size is None else x[torch.randint(len(x), (batch_size,), generator=generator)]
        error = ((network(batch) - batch) ** 2).sum(1).mean()
        optimiser.zero_grad()
        error.backward()
        optimiser.step()
        errors.append(error.item())
    return errors
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "linear_autoencoder", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check("linear_autoencoder")

# %% [markdown]
# <a id="hints-linear_autoencoder"></a>
# <details><summary>Hint 1: components without the covariance</summary>
#
# $x - m = U S W^\top$ gives $C = W S^2 W^\top / N$: the rows of $W^\top$ are the components, in the right order, and `torch.linalg.svd(..., full_matrices=False)` returns them.
# `torch.linalg.eigh` of $C$ does it too; its eigenvalues *rise*, and its eigenvectors are columns.
# </details>
# <details><summary>Hint 2: the reconstruction is off by a constant image</summary>
#
# The mean is subtracted before the projection and added after it.
# </details>
# <details><summary>Hint 3: the gap of a plane with itself is not 0</summary>
#
# $A^\top A$ is a projection only if $A$'s rows are orthonormal. Those of a trained decoder are not.
# </details>

# %% [markdown]
# ### Your guess
#
# The digits have 64 pixels. How many principal components keep 90% of their variance? And what share do two components keep? Type in two numbers, then run the cell after.

# %%
my_components = None  # for 90% of the variance
my_share_of_two = None  # between 0 and 1

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_pca", "locked": true, "schema_version": 3, "solution": false, "task": false}
mean, components, variances = pca(fit_x, 64)
kept = variances.cumsum(0) / variances.sum()
_, axes = plt.subplots(1, 2, figsize=(11, 3), gridspec_kw={"width_ratios": [1, 1.2]})
axes[0].plot(range(1, 65), kept, color=BLUE)
axes[0].axhline(0.9, color=GREY, linestyle=":")
axes[0].set(xlabel="components", ylabel="share of the variance", ylim=(0, 1.02))
axes[1].axis("off")
strips = [choose_x[:8], *(pca_reconstruct(choose_x[:8], mean, components[:k]) for k in (20, 5, 2))]
for row, (name, strip) in enumerate(zip(("image", "20", "5", "2"), strips, strict=True)):
    for column, image in enumerate(strip):
        inset = axes[1].inset_axes((0.1 + 0.11 * column, 0.76 - 0.25 * row, 0.1, 0.23))
        show_images([inset], [image])
    axes[1].text(0.08, 0.87 - 0.25 * row, name, ha="right", va="center")
show(
    "Left: the share of the variance rises steeply with the first components and is flat after 40. Right: eight digits "
    "drawn from 20, 5 and 2 components; from 20 they are clear, from 2 they are blurred mixtures."
)
print(f"your guesses: {my_components} components, {my_share_of_two} by two")
print(f"components for 90% of the variance: {int((kept < 0.9).sum()) + 1}")
print(f"share of two components: {kept[1]:.3f}")

# %% [markdown]
# **Notice** that 21 of 64 components keep nine tenths, and that two keep little more than a quarter. The digits drawn from two
# components are mixtures of ghosts: a *flat* plane through the data is a poor map of them.


# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_linear_autoencoder", "locked": true, "schema_version": 3, "solution": false, "task": false}
def deep_autoencoder(seed):
    torch.manual_seed(seed)
    encoder = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 2))
    decoder = nn.Sequential(nn.Linear(2, 128), nn.ReLU(), nn.Linear(128, 64))
    return nn.Sequential(encoder, decoder)


start = time.perf_counter()
gaps, cosines, deep_errors = [], [], []
three = torch.isin(fit_y, torch.tensor([0, 3, 6]))  # of three digits two components stand out clearly
mean_of_three, components_of_three, _ = pca(fit_x[three], 2)
for seed in range(3):
    torch.manual_seed(seed)
    linear = LinearAutoencoder(64, 2)
    train_autoencoder(linear, fit_x[three], 600, 0.03)
    own = linear.decoder.weight.detach().T
    gaps.append(subspace_gap(own, components_of_three))
    cosines.append(float(F.cosine_similarity(own[0], own[1], dim=0)))
    autoencoder = deep_autoencoder(seed)
    train_autoencoder(autoencoder, fit_x, 450, 5e-3, 64, torch.Generator().manual_seed(seed))
    with torch.no_grad():
        deep_errors.append(float(((autoencoder(choose_x) - choose_x) ** 2).sum(1).mean()))
    progress(seed + 1, 3, start)
with torch.no_grad():
    plane_error = float(((pca_reconstruct(choose_x, mean, components[:2]) - choose_x) ** 2).sum(1).mean())
    codes = autoencoder[0](choose_x)
    held = torch.isin(choose_y, torch.tensor([0, 3, 6]))
    linear_codes = linear.encoder(choose_x[held])
_, axes = plt.subplots(1, 3, figsize=(12, 3.6))
for ax, points, labels, title in (
    (axes[0], (choose_x - mean) @ components[:2].T, choose_y, "two principal components"),
    (axes[1], linear_codes, choose_y[held], "linear autoencoder of 0, 3 and 6"),
    (axes[2], codes, choose_y, "deep autoencoder"),
):
    dots = ax.scatter(points[:, 0], points[:, 1], c=labels, cmap="tab10", s=14, vmin=-0.5, vmax=9.5)
    ax.set(title=title, xlabel="first number", ylabel="second number")
plt.colorbar(dots, ax=axes[2], ticks=range(10), label="digit")
show(
    "Held-out digits in three planes, coloured by class. In the plane of two principal components most classes overlap. In the linear autoencoder's plane "
    "0, 3 and 6 form three clouds. In the deep autoencoder's plane the ten classes form arms that are more separate."
)
print(f"largest gap between the linear autoencoder's plane and the components', three seeds: {max(gaps):.4f}")
print("cosine of the linear decoder's two directions: [" + ", ".join(f"{c:.2f}" for c in cosines) + "]")
print(
    f"held-out error per image: two components {plane_error:.2f}, deep, worst of three seeds: {max(deep_errors):.2f}"
)
print(f"deep over components: {max(deep_errors) / plane_error:.2f}")

# %% [markdown]
# **Notice** that the trained plane is the components' plane, for all three seeds, while the two directions in it stand at whatever angle the start led to. And two numbers go further when encoder and decoder may bend: the deep autoencoder's error is less than
# nine tenths of the flat plane's. Nobody told it the classes.
#
# <details><summary>Is a deep autoencoder with a code of 64 numbers of any use?</summary>
#
# It can copy: the identity has no error, and the code has learned nothing. The narrow code is one way of making copying
# impossible. The next section has another.
# </details>

# %% [markdown]
# ## 2. To repair what was spoilt
#
# Spoil the input, and ask for the *clean* image (Vincent et al., 2008). A copy is now a bad answer, however wide the code
# is. To repair an image one must know what images look like. Two ways of spoiling are common: noise on every value, and values that are lost (set to 0).
#
# For noise there is a best answer to compare with. Let the data have mean $m$ and covariance $C$, and let $\tilde x = x + \sigma \epsilon$ with independent noise
# $\epsilon \sim \mathcal N(0, I)$. Among all affine maps $\hat x = A \tilde x + b$ the mean squared error is least for
#
# $$A = C\,(C + \sigma^2 I)^{-1}, \qquad b = (I - A)\, m .$$
#
# The derivation is one line: the error must be uncorrelated with the input, so
# $\mathrm{Cov}(x, \tilde x) = A\, \mathrm{Cov}(\tilde x)$, where $\mathrm{Cov}(x, \tilde x) = C$ and $\mathrm{Cov}(\tilde x) = C + \sigma^2 I$. Wiener found it for
# signals. Along a principal component of variance $\lambda$ the map multiplies by $\lambda / (\lambda + \sigma^2)$: strong directions pass, weak ones
# are drowned in noise and given up. It is a soft choice of components.
#
# **Example.** One value with $m = 1$ and variance 3, noise of $\sigma = 1$: $A = 3/4$, $b = 1/4$. From $\tilde x = 5$ comes $\hat x = 4$: one quarter of the way back to the mean.

# %% [markdown]
# ### Exercise `denoising`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 6 | 25 min | 2 s | everything in PyTorch |
#
# **Difficulty** ●●○ · **importance** ●●○
#
# **What.** Spoil data, compute the best affine repair, and train a network to repair.
#
# **Why.** A network that removes noise is the whole of a diffusion model (chapter 12). Here it gets a yardstick.
#
# **Details.** In `spoil` values are lost first, each by itself; those that stay are *not* scaled up. Then noise is added to all values, the lost ones too. In `best_affine` the covariance
# is the sample's own, divided by $N$; $\sigma > 0$, and $C$ may be singular ($N < D$). In `train_denoiser` the network maps $(M, D)$ to $(M, D)$ and is trained in place with Adam, with nothing but its rate changed. Each step draws $M$ =
# `batch_size` data points at random, with replacement, and *new* noise, all by the generator. Gradients are not clipped. In which dtype noise is drawn is up to you; what is spoilt keeps its dtype. The error is measured against the clean data.


# %% nbgrader={"grade": false, "grade_id": "denoising_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def spoil(
    x: Float[Tensor, "N D"],
    sigma: float = 0.0,
    lost: float = 0.0,
    generator: torch.Generator | None = None,
) -> Float[Tensor, "N D"]:
    """The data with each value set to 0 with probability `lost`, then with normal noise of standard deviation `sigma`."""
    ### BEGIN SOLUTION
    stays = torch.rand(x.shape, generator=generator, dtype=x.dtype) >= lost
    noise = torch.randn(x.shape, generator=generator, dtype=x.dtype)
    return x * stays + sigma * noise
    ### END SOLUTION


def best_affine(x: Float[Tensor, "N D"], sigma: float) -> tuple[Float[Tensor, "D D"], Float[Tensor, "D"]]:
    """A and b of the affine map A (x + noise) + b with the least mean squared error, for noise of deviation `sigma`.

    Source: Wiener (1949).
    """
    ### BEGIN SOLUTION
    mean = x.mean(0)
    covariance = (x - mean).T @ (x - mean) / len(x)
    identity = torch.eye(len(mean), dtype=x.dtype)
    A = torch.linalg.solve(covariance + sigma**2 * identity, covariance).T
    return A, mean - A @ mean
    ### END SOLUTION


def train_denoiser(
    network: nn.Module,
    x: Float[Tensor, "N D"],
    sigma: float,
    steps: int,
    batch_size: int,
    lr: float,
    generator: torch.Generator | None = None,
    lost: float = 0.0,
) -> list[float]:
    """Train with Adam to repair spoilt data.

    Returns:
        The error before each step: squared, summed over the values of a data point, averaged over the batch.
    """
    ### BEGIN SOLUTION
    optimiser = torch.optim.Adam(network.parameters(), lr)
    errors = []
    for _ in range(steps):
        clean = x[torch.randint(len(x), (batch_size,), generator=generator)]
        error = ((network(spoil(clean, sigma, lost, generator)) - clean) ** 2).sum(1).mean()
        optimiser.zero_grad()
        error.backward()
        optimiser.step()
        errors.append(error.item())
    return errors
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "denoising", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("denoising")

# %% [markdown]
# <a id="hints-denoising"></a>
# <details><summary>Hint 1: the network learns to copy</summary>
#
# Where does the clean image stand: at the network's input, or at its target?
# </details>
# <details><summary>Hint 2: the matrix is transposed</summary>
#
# $C$ and $(C + \sigma^2 I)^{-1}$ commute, so $A$ is symmetric: `torch.linalg.solve(C + s, C)` is $A$, but for rounding.
# </details>
# <details><summary>Hint 3: the bias</summary>
#
# The mean must be mapped to itself: $A m + b = m$.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_denoising", "locked": true, "schema_version": 3, "solution": false, "task": false}
start, noises = time.perf_counter(), (0.2, 0.5)
found = {}
for row, sigma in enumerate(noises):
    A, b = best_affine(fit_x, sigma)
    for seed in range(3):
        torch.manual_seed(seed)
        denoiser = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64))
        train_denoiser(denoiser, fit_x, sigma, 500, 64, 4e-3, torch.Generator().manual_seed(seed))
        noisy = spoil(choose_x, sigma, generator=torch.Generator().manual_seed(100 + seed))
        with torch.no_grad():
            repaired = {"nothing": noisy, "affine": noisy @ A.T + b, "network": denoiser(noisy)}
        for name, answer in repaired.items():
            error = float(((answer - choose_x) ** 2).sum(1).mean())
            found.setdefault((name, sigma), []).append(error)
        if sigma == noises[1] and seed == 0:
            pictures = (choose_x, *repaired.values())
        progress(3 * row + seed + 1, 6, start)
figure, axes = plt.subplots(1, 2, figsize=(11, 3), gridspec_kw={"width_ratios": [1, 1.2]})
for name, colour in (("nothing", GREY), ("affine", ORANGE), ("network", BLUE)):
    axes[0].plot(noises, [sum(found[name, s]) / 3 for s in noises], "o-", color=colour, label=name)
axes[0].set(xlabel="noise", ylabel="error per image", yscale="log")
axes[0].legend()
axes[1].axis("off")
for row, (name, strip) in enumerate(zip(("clean", "noisy", "affine", "network"), pictures, strict=True)):
    for column, image in enumerate(strip[:8]):
        show_images([axes[1].inset_axes((0.12 + 0.11 * column, 0.76 - 0.25 * row, 0.1, 0.23))], [image])
    axes[1].text(0.1, 0.87 - 0.25 * row, name, ha="right", va="center")
show(
    "Left: error per held-out image against the noise, for no repair, the best affine map and the network; the network is "
    "lowest everywhere. Right: eight digits, clean, with noise 0.5, and repaired in the two ways."
)
for sigma in noises:
    means = {name: sum(found[name, sigma]) / 3 for name in ("nothing", "affine", "network")}
    print(f"noise {sigma}: " + ", ".join(f"{name} {value:.2f}" for name, value in means.items()))
ratios = [n / a for s in noises for n, a in zip(found["network", s], found["affine", s], strict=True)]
print(f"network over affine, worst of three seeds and two noises: {max(ratios):.3f}")
print(f"affine over nothing at noise 0.5: {sum(found['affine', 0.5]) / sum(found['nothing', 0.5]):.3f}")

# %% [markdown]
# **Notice** that the affine map alone removes most of a strong noise, because 64 pixels of digits vary in far fewer directions than noise does. In every run the network comes within 5% of it or does better, and nobody told it a covariance.
# What it can know beyond variances: ink comes in strokes.
#
# <details><summary>The network at noise 0.5 draws blurred digits. Would training for longer make them sharp?</summary>
#
# No. The least squared error is reached by the *mean* of all clean images that could have led to this noisy one, and a mean of several
# sharp images is not sharp. A network that shall draw a sharp image must choose one. Both halves of this chapter are about that.
# </details>

# %% [markdown]
# ## 3. A gradient through a draw
#
# The deep autoencoder gives every image a place in the plane, and nobody told it to fill the plane. Between the arms there is nothing: decode a point there, and what comes out was never asked for. We would like to
# draw a random $z$ and get an image. The variational autoencoder (Kingma and Welling, 2014; Rezende et al., 2014) makes the code a small *cloud*, $q(z \mid x) = \mathcal N(\mu, \sigma^2)$, so that neighbours must decode to similar images, and it charges for clouds
# that stray from a standard normal distribution.
#
# Two tools are needed first. One is the gradient of a mean over a distribution that itself has the parameters:
#
# $$\nabla_\mu \; \mathbb E_{z \sim \mathcal N(\mu, \sigma^2)}\,[f(z)] .$$
#
# A drawn $z$ is a number. It has no derivative in $\mu$, unless it is *written* as a function of $\mu$ and of a noise that has no parameters:
#
# $$z = \mu + \sigma\,\epsilon, \qquad \epsilon \sim \mathcal N(0, I), \qquad \sigma = e^{\frac12 \log\sigma^2} .$$
#
# Then $\partial z/\partial\mu = 1$ and $\partial z/\partial \log\sigma^2 = \frac12 \sigma\epsilon$, and the chain rule does the rest: the **pathwise** estimator. The other way differentiates the density instead of the function:
#
# $$\nabla_\theta\, \mathbb E[f(z)] = \int f\, \nabla_\theta\, q = \mathbb E\,[\,f(z)\, \nabla_\theta \log q(z)\,], \qquad
# \frac{\partial \log q}{\partial \mu} = \frac{z - \mu}{\sigma^2}, \quad
# \frac{\partial \log q}{\partial \log\sigma^2} = \tfrac12\Big(\frac{(z - \mu)^2}{\sigma^2} - 1\Big) .$$
#
# This **score-function** estimator needs no derivative of $f$. It works for a step function, for a game's score. It pays with its variance. A *baseline* $b$ is any constant: $\mathbb E[(f - b)\, \nabla \log q]$ is the same,
# since the mean of $\nabla \log q$ is 0, and a good one lowers the variance.
#
# **Example.** $f(z) = 3z$ at $\mu = 0, \sigma = 1$. Pathwise, every draw gives exactly 3. The score function gives $3z \cdot z$ with the mean 3 and the standard deviation $3\sqrt2 = 4.2$.

# %% [markdown]
# ### The charge, in closed form
#
# The second tool is the Kullback-Leibler divergence between two diagonal normal distributions, in nats. For each dimension
#
# $$\mathrm{KL}\big(\mathcal N(\mu, \sigma^2)\,\|\,\mathcal N(m, s^2)\big) = \tfrac12\Big(\frac{\sigma^2 + (\mu - m)^2}{s^2} - 1 - \log\frac{\sigma^2}{s^2}\Big),$$
#
# and dimensions add. Encoders give $\log\sigma^2$ and not $\sigma$, since it may be any number: no
# square root, no clamp, no division by 0.
#
# **Example.** $\mu = 1$, $\log\sigma^2 = 0$ against the standard normal: $\frac12(1 + 1 - 1 - 0) = 0.5$ nats. $\mu = 0$, $\log\sigma^2 = 2$: $\frac12(e^2 - 1 - 2) = 2.19$ nats.

# %% [markdown]
# ### Exercise `reparameterise`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 8 | 25 min | 0.5 s | everything else in PyTorch | `torch.distributions`, the losses `kl_div` and `gaussian_nll_loss`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** A draw with a gradient, the divergence, and both estimators of a gradient.
#
# **Why.** Line by line, this is what makes the next exercise train.
#
# **Details.** `mu` and `logvar` have any shape, the same for both. Noise has that shape: each value its own; in which dtype it is drawn is up to you, and the draw has that of `mu`. Gradients flow from the draw and from the divergence into all parameters. Log-variances may be $\pm 60$: nothing is clamped, and no small number is added. The divergence sums over
# the last axis only. In the two estimators `f` maps a batch $(K, d)$ to $(K,)$, each value from its own row; `mu` and `logvar` are $(d,)$. They return one estimate for *each draw*, without a graph, work
# where gradients are switched off too, and leave no gradient in anybody's parameters. `score_gradients` never differentiates `f`, which may be a step function and need not be one that autograd understands; what `pathwise_gradients` is handed depends on $z$ by operations that have gradients.


# %% nbgrader={"grade": false, "grade_id": "reparameterise_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def reparameterise(
    mu: Float[Tensor, "*batch d"], logvar: Float[Tensor, "*batch d"], generator: torch.Generator | None = None
) -> Float[Tensor, "*batch d"]:
    """A draw from the normal distribution with this mean and log-variance, through which gradients flow."""
    ### BEGIN SOLUTION
    noise = torch.randn(mu.shape, generator=generator, dtype=mu.dtype)
    return mu + torch.exp(logvar / 2) * noise
    ### END SOLUTION


def gaussian_kl(
    mu: Float[Tensor, "*batch d"],
    logvar: Float[Tensor, "*batch d"],
    prior_mu: Float[Tensor, "*batch d"] | None = None,
    prior_logvar: Float[Tensor, "*batch d"] | None = None,
) -> Float[Tensor, "*batch"]:
    """Divergence KL(q || p) of diagonal normal distributions in nats, summed over the last axis.

    Args:
        mu, logvar: mean and log-variance of q.
        prior_mu, prior_logvar: of p; zeros where not given, each by itself, so that p is the standard normal.
    """
    ### BEGIN SOLUTION
    m = torch.zeros_like(mu) if prior_mu is None else prior_mu
    log_s2 = torch.zeros_like(logvar) if prior_logvar is None else prior_logvar
    ratio = logvar - log_s2
    return 0.5 * (ratio.exp() + (mu - m) ** 2 * torch.exp(-log_s2) - 1 - ratio).sum(-1)
    ### END SOLUTION


def pathwise_gradients(
    f: Callable[[Tensor], Tensor],
    mu: Float[Tensor, "d"],
    logvar: Float[Tensor, "d"],
    K: int,
    generator: torch.Generator | None = None,
) -> tuple[Float[Tensor, "K d"], Float[Tensor, "K d"]]:
    """K estimates each of the gradient of E[f(z)] in mu and in logvar, through the draw."""
    ### BEGIN SOLUTION
    noise = torch.randn(K, len(mu), generator=generator, dtype=mu.dtype)
    spread = torch.exp(logvar.detach() / 2) * noise
    z = (mu.detach() + spread).requires_grad_()
    with torch.enable_grad():
        (slope,) = torch.autograd.grad(f(z).sum(), z)
    return slope, 0.5 * slope * spread
    ### END SOLUTION


def score_gradients(
    f: Callable[[Tensor], Tensor],
    mu: Float[Tensor, "d"],
    logvar: Float[Tensor, "d"],
    K: int,
    generator: torch.Generator | None = None,
    baseline: float = 0.0,
) -> tuple[Float[Tensor, "K d"], Float[Tensor, "K d"]]:
    """K estimates each of the gradient of E[f(z)] in mu and in logvar, by the score function.

    Args:
        baseline: subtracted from every value of f.

    Source: Williams (1992).
    """
    ### BEGIN SOLUTION
    with torch.no_grad():
        noise = torch.randn(K, len(mu), generator=generator, dtype=mu.dtype)
        sigma = torch.exp(logvar / 2)
        value = f(mu + sigma * noise)[:, None] - baseline
        return value * noise / sigma, value * 0.5 * (noise**2 - 1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "reparameterise", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check("reparameterise")

# %% [markdown]
# <a id="hints-reparameterise"></a>
# <details><summary>Hint 1: the spread is wrong</summary>
#
# `logvar` is the logarithm of $\sigma^2$. The noise is multiplied by $\sigma$.
# </details>
# <details><summary>Hint 2: one gradient for each draw</summary>
#
# `f(z).sum()` has the gradient $\nabla f(z_k)$ in row $k$ of $z$, because each value depends on its own row. Make $z$ a leaf of its own, differentiate in $z$,
# and multiply by $\partial z / \partial \mu$ and $\partial z / \partial \log\sigma^2$ by hand.
# </details>
# <details><summary>Hint 3: the score in terms of the noise</summary>
#
# $(z - \mu)/\sigma^2 = \epsilon/\sigma$ and $(z-\mu)^2/\sigma^2 = \epsilon^2$.
# </details>


# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_reparameterise", "locked": true, "schema_version": 3, "solution": false, "task": false}
def squares(z):
    return (z**2).sum(1)


generator = torch.Generator().manual_seed(0)
one = torch.ones(1, dtype=torch.float64)
path = pathwise_gradients(squares, one, 0 * one, 20_000, generator)[0][:, 0]
score = score_gradients(squares, one, 0 * one, 20_000, generator)[0][:, 0]
_, axes = plt.subplots(1, 2, figsize=(11, 3))
bins = torch.linspace(-20, 40, 91).numpy()
axes[0].hist(score, bins, color=ORANGE, alpha=0.8, label="score function")
axes[0].hist(path, bins, color=BLUE, alpha=0.8, label="pathwise")
axes[0].axvline(2, color=GREY, linestyle=":")
axes[0].set(xlabel="estimate of the gradient in the mean", ylabel="draws", yscale="log")
axes[0].legend()
dimensions = (1, 2, 4, 8, 16, 32)
spreads = {"pathwise": [], "score function": [], "score function with a baseline": []}
for d in dimensions:
    mu = torch.ones(d, dtype=torch.float64)
    spreads["pathwise"].append(float(pathwise_gradients(squares, mu, 0 * mu, 4000, generator)[0][:, 0].std()))
    for name, baseline in (("score function", 0.0), ("score function with a baseline", 2.0 * d)):
        estimates = score_gradients(squares, mu, 0 * mu, 4000, generator, baseline)[0][:, 0]
        spreads[name].append(float(estimates.std()))
for (name, values), colour in zip(spreads.items(), (BLUE, ORANGE, GREEN), strict=True):
    axes[1].plot(dimensions, values, "o-", color=colour, label=name)
axes[1].set(xlabel="dimensions of z", ylabel="standard deviation of one estimate", xscale="log", yscale="log")
axes[1].legend()
show(
    "Left: 20,000 estimates of a gradient whose true value is 2. Those of the pathwise estimator stay within 10 of it, those of the score function "
    "reach beyond 40. Right: the standard deviation against the number of dimensions: flat for the pathwise estimator, growing for the score function, "
    "less so with a baseline."
)
print(f"means, true value 2: pathwise {float(path.mean()):.2f}, by the score function {float(score.mean()):.2f}")
print(
    f"standard deviations in one dimension: pathwise {float(path.std()):.2f}, score function {float(score.std()):.2f}"
)
print(
    f"score function over pathwise in 32 dimensions: {spreads['score function'][-1] / spreads['pathwise'][-1]:.1f}"
)
print(
    f"the same with a baseline: {spreads['score function with a baseline'][-1] / spreads['pathwise'][-1]:.1f}"
)

# %% [markdown]
# **Notice** that both estimators have the right mean, and that the spread of one of them grows with every dimension that has nothing to do with the answer. In 32 dimensions it is more than 25
# times as wide. Precision grows with the root of the number of draws, so it needs more than 600 times as many draws for the same precision.
#
# <details><summary>Why does the gradient in the first mean suffer from the other 31 dimensions?</summary>
#
# The score-function estimator multiplies the *whole* value $f(z)$, all 32 squares of it, with the noise of dimension 1, and trusts that the rest averages out. The pathwise
# estimator differentiates, so the rest is gone before anything is averaged.
# </details>

# %% [markdown]
# ## 4. The variational autoencoder
#
# Now the decoder becomes a distribution: $z \sim \mathcal N(0, I)$, then $x \sim \mathcal N(g(z), s^2 I)$ with the decoder's image $g(z)$ and a fixed standard deviation $s$ of every pixel. The probability of an image is an integral over all codes,
#
# $$p(x) = \int p(z)\, p(x \mid z)\, dz ,$$
#
# and nearly all codes say nothing of this $x$. The encoder's $q(z \mid x)$ says where to look. For *any* $q$
#
# $$\log p(x) \;=\; \underbrace{\mathbb E_{q}\,[\log p(x \mid z)]}_{\text{reconstruction}} \;-\; \underbrace{\mathrm{KL}\big(q(z \mid x)\,\|\,p(z)\big)}_{\text{price of the code}} \;+\; \mathrm{KL}\big(q(z\mid x)\,\|\,p(z \mid x)\big) .$$
#
# The last term is not negative, so the first two are a lower bound of $\log p(x)$: the **evidence lower bound** (ELBO). To train, raise it, in encoder and decoder together, by the pathwise gradient of *one* draw of $z$ for each image.
#
# ### Sums, not means
#
# $\log p(x \mid z)$ is the logarithm of a product over pixels, so it is a *sum* over all $D$ of them:
#
# $$\log p(x \mid z) = -\frac{\|x - g(z)\|^2}{2 s^2} - D \log s - \frac D2 \log 2\pi .$$
#
# The divergence is a sum over latents. Average the one over 64 pixels and sum the other, and the code costs 64 times what it is worth. Over the data points of a batch both are averaged.
#
# **Example.** $D = 2$, $x = (1, 0)$, $g(z) = (0.8, 0.4)$, $s = 0.2$: $-0.2/0.08 + 2 \ln 5 - \ln 2\pi = -2.5 + 3.219 - 1.838 = -1.119$ nats. A density may be above 1, so a log-density, and a bound of it, may be positive.

# %% [markdown]
# ### Exercise `elbo`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 10 | 30 min | 4 s | everything in PyTorch |
#
# **Difficulty** ●●● · **importance** ●●●
#
# **What.** The log-density of an image, the network, the bound for each data point, and the training.
#
# **Why.** It is the first model of this chapter that one can draw from, and the only one whose images have a likelihood.
#
# **Details.** `VAE.encode` maps $(N, D)$ to `mu` and `logvar`, both $(N, d)$: one hidden layer with ReLU, then one linear layer of $2d$ values, `mu` first. `VAE.decode` maps $(\dots, d)$ to $(\dots, D)$: one hidden layer with ReLU, then a linear
# layer, without anything that keeps the pixels in a range. Both hidden layers have `width` units. The four linear layers are the only parameters, made in the order in which data meet them. In `elbo` the functions `encode` and `decode` are called on whole batches, and one $z$ is drawn for each data point. The bound is
# reconstruction minus `beta` times the divergence. `train_vae` takes a `VAE`, trains it in place with a new Adam, in which nothing but the rate is changed (no weight decay, no clipping), and raises the bound's mean over a batch, `beta` in it; it returns these very bounds. Each step draws `batch_size` data points at random, with replacement.


# %% nbgrader={"grade": false, "grade_id": "elbo_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def normal_log_likelihood(
    x: Float[Tensor, "*batch D"], mean: Float[Tensor, "*batch D"], sd: float
) -> Float[Tensor, "*batch"]:
    """Log-density of x under independent normal distributions of standard deviation sd, summed over the last axis.

    The two broadcast against each other.
    """
    ### BEGIN SOLUTION
    terms = -((x - mean) ** 2) / (2 * sd**2) - math.log(sd) - 0.5 * math.log(2 * math.pi)
    return terms.sum(-1)
    ### END SOLUTION


class VAE(nn.Module):
    """A variational autoencoder of D values with d latents; one hidden layer of `width` on each side.

    Source: Kingma and Welling (2014).
    """

    def __init__(self, D: int, d: int, width: int):
        ### BEGIN SOLUTION
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(D, width), nn.ReLU(), nn.Linear(width, 2 * d))
        self.decoder = nn.Sequential(nn.Linear(d, width), nn.ReLU(), nn.Linear(width, D))
        ### END SOLUTION

    def encode(self, x: Float[Tensor, "N D"]) -> tuple[Float[Tensor, "N d"], Float[Tensor, "N d"]]:
        """Mean and log-variance of q(z | x)."""
        ### BEGIN SOLUTION
        mu, logvar = self.encoder(x).chunk(2, dim=-1)
        return mu, logvar
        ### END SOLUTION

    def decode(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch D"]:
        """Mean of p(x | z)."""
        ### BEGIN SOLUTION
        return self.decoder(z)
        ### END SOLUTION


def elbo(
    x: Float[Tensor, "N D"],
    encode: Callable[[Tensor], tuple[Tensor, Tensor]],
    decode: Callable[[Tensor], Tensor],
    sd: float,
    generator: torch.Generator | None = None,
    beta: float = 1.0,
) -> tuple[Float[Tensor, "N"], Float[Tensor, "N"], Float[Tensor, "N"]]:
    """The bound, its reconstruction term (one draw) and its divergence (exact), for each data point, in nats.

    Args:
        encode: maps x to the mean and the log-variance of q(z | x).
        decode: maps latents to the mean of p(x | z), whose standard deviation is sd.
        beta: weight of the divergence in the bound; the divergence itself is returned without it.
    """
    ### BEGIN SOLUTION
    mu, logvar = encode(x)
    noise = torch.randn(mu.shape, generator=generator, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * noise
    reconstruction = normal_log_likelihood(x, decode(z), sd)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    return reconstruction - beta * kl, reconstruction, kl
    ### END SOLUTION


def train_vae(
    model: nn.Module,
    x: Float[Tensor, "N D"],
    sd: float,
    steps: int,
    batch_size: int,
    lr: float,
    generator: torch.Generator | None = None,
    beta: float = 1.0,
) -> list[float]:
    """Train with Adam to raise the bound; all draws, of batches and of latents, come from the generator.

    Returns:
        The bound before each step, in nats, averaged over the batch.
    """
    ### BEGIN SOLUTION
    optimiser = torch.optim.Adam(model.parameters(), lr)
    bounds = []
    for _ in range(steps):
        batch = x[torch.randint(len(x), (batch_size,), generator=generator)]
        bound = elbo(batch, model.encode, model.decode, sd, generator, beta)[0].mean()
        optimiser.zero_grad()
        (-bound).backward()
        optimiser.step()
        bounds.append(bound.item())
    return bounds
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "elbo", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("elbo")

# %% [markdown]
# <a id="hints-elbo"></a>
# <details><summary>Hint 1: mu and logvar out of one layer</summary>
#
# `self.encoder(x).chunk(2, dim=-1)` cuts the last axis in two halves.
# </details>
# <details><summary>Hint 2: the divergence falls to 0 and all images look alike</summary>
#
# Is the reconstruction summed over the pixels? And is the mean over the batch taken last, of both terms?
# </details>
# <details><summary>Hint 3: the bound falls in training</summary>
#
# Optimisers go downhill. What do you hand to `backward`?
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_elbo", "locked": true, "schema_version": 3, "solution": false, "task": false}
SD = 0.2


def held_out_bound(model, x, draws=20):
    """Bound, reconstruction and divergence of x, averaged over the data and over some draws."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        parts = [elbo(x, model.encode, model.decode, SD, generator) for _ in range(draws)]
    return [sum(float(part[i].mean()) for part in parts) / draws for i in range(3)]


def probabilistic_pca(x, d):
    """The exact log-likelihood (N,) of the linear model with d latents that fits best (Tipping and Bishop, 1999)."""
    centre, directions, spread = pca(fit_x.double(), 63)
    noise = (((fit_x.double() - centre) ** 2).sum(1).mean() - spread[:d].sum()) / (64 - d)
    W = directions[:d].T * (spread[:d] - noise).sqrt()
    covariance = W @ W.T + noise * torch.eye(64, dtype=torch.float64)
    return torch.distributions.MultivariateNormal(centre, covariance).log_prob(x.double())


start, vaes, curves = time.perf_counter(), [], []
for seed in range(3):
    torch.manual_seed(seed)
    vae = VAE(64, 2, 128)
    curves.append(train_vae(vae, fit_x, SD, 800, 64, 5e-3, torch.Generator().manual_seed(seed)))
    vaes.append(vae)
    progress(seed + 1, 3, start)
chosen = [held_out_bound(vae, choose_x)[0] for vae in vaes]
vae = vaes[chosen.index(max(chosen))]
linear_likelihood = float(probabilistic_pca(choose_x, 2).mean())
smooth = torch.tensor(curves).view(3, -1, 50).mean(2)
_, axes = plt.subplots(1, 3, figsize=(12, 3.6))
for curve in smooth:
    axes[0].plot(range(25, 800, 50), curve, color=BLUE)
axes[0].axhline(linear_likelihood, color=GREY, linestyle=":", label="linear model, held out")
axes[0].set(xlabel="step", ylabel="bound in nats", ylim=(-60, 45), title="training")
axes[0].legend(loc="lower right")
with torch.no_grad():
    places = vae.encode(choose_x)[0]
for ax, points, title in ((axes[1], codes, "deep autoencoder"), (axes[2], places, "VAE: means")):
    ax.scatter(points[:, 0], points[:, 1], c=choose_y, cmap="tab10", s=12, vmin=-0.5, vmax=9.5)
    reach = 1.1 * max(float(codes.abs().max()), float(places.abs().max()))
    ax.set(title=title, xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
show(
    "Left: the bound rises for three seeds and passes the dotted line of the linear model. Middle and right: held-out digits in the code's plane on the same "
    "axes, coloured by class. The autoencoder's codes lie in arms with gaps, wherever the training left them; the VAE's fill a disc around the origin."
)
bounds = [held_out_bound(vae, choose_x) for vae in vaes]
print("held-out bound, three seeds: [" + ", ".join(f"{b[0]:.1f}" for b in bounds) + "]")
print(f"exact held-out log-likelihood of the linear model: {linear_likelihood:.1f}")
print(
    f"worst bound above the linear model's likelihood by {min(b[0] for b in bounds) - linear_likelihood:.1f}"
)
print(
    f"of the chosen one: reconstruction {held_out_bound(vae, choose_x)[1]:.1f}, divergence {held_out_bound(vae, choose_x)[2]:.2f}"
)
print(f"largest code: autoencoder {float(codes.abs().max()):.1f}, VAE {float(places.abs().max()):.1f}")

# %% [markdown]
# **Notice** that the bound, which is below the truth, ends more than 4 nats above the *exact* likelihood of the best linear model with as many latents. And the codes lie where the prior draws: within 3 of the origin, with no arm left.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_walk", "locked": true, "schema_version": 3, "solution": false, "task": false}
cells = 11
steps_of_prior = torch.distributions.Normal(0.0, 1.0).icdf(torch.linspace(0.02, 0.98, cells))
walk = torch.stack(torch.meshgrid(steps_of_prior, -steps_of_prior, indexing="xy"), -1).view(-1, 2)
middle, spread = codes.mean(0), codes.std(0)
with torch.no_grad():
    sheets = autoencoder[1](middle + spread * walk), vae.decode(walk)
    fresh = torch.randn(2000, 2, generator=torch.Generator().manual_seed(1))
    drawn = {"autoencoder": autoencoder[1](middle + spread * fresh), "VAE": vae.decode(fresh)}
_, axes = plt.subplots(1, 2, figsize=(11, 5.2))
for ax, sheet, title in zip(axes, sheets, ("deep autoencoder", "VAE"), strict=True):
    picture = sheet.view(cells, cells, 8, 8).permute(0, 2, 1, 3).reshape(8 * cells, 8 * cells)
    ax.imshow(picture, cmap="gray_r", vmin=0, vmax=1)
    ax.set(title=title, xticks=[], yticks=[])
show(
    "Two sheets of 11 by 11 decoded images, one for each place of a grid in the code's plane. In the autoencoder's sheet many places decode to shapes "
    "that are no digit; in the VAE's sheet nearly all places are digits, and neighbours change smoothly into each other."
)
for name, images in drawn.items():
    outside = float(((images < -0.1) | (images > 1.1)).float().mean())
    nearest = float(torch.cdist(images, fit_x).min(1).values.mean())
    print(
        f"{name}: mean distance of a drawn image to the nearest real one {nearest:.2f}, pixels far out of range {outside:.3f}"
    )

# %% [markdown]
# **Notice** how each row of the right sheet turns one digit into the next, and where the left sheet draws what is no digit. In the left one a code was drawn with the mean and the spread of the autoencoder's own codes; the right one needs no such help: its codes come from the prior.
#
# <details><summary>Why can the VAE's plane have no holes, when nobody asked for that?</summary>
#
# Each image owns a cloud and not a point, and the decoder is asked for that image all over the cloud. Spreading out costs divergence, so the clouds are packed closely around the origin until they
# touch. Where two clouds touch the decoder must serve both, and the best answer to that is something in between.
# </details>

# %% [markdown]
# ### The weight of the code
#
# Higgins et al. (2017) put a weight $\beta$ before the divergence. The figure trains three models for each of five weights and draws what it pays for the code (*rate*) against what it gets (*distortion*), as Alemi et al. (2018) did. The weight of the highest bound is 1, as it must be if training succeeds: the bound *is* the objective at 1. The last weight is 64: that is what happens if
# somebody averages over the pixels instead of summing.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_beta", "locked": true, "schema_version": 3, "solution": false, "task": false}
start, betas, points = time.perf_counter(), (0.05, 0.3, 1.0, 8.0, 64.0), {}
for i, beta in enumerate(betas):
    for seed in range(3):
        torch.manual_seed(seed)
        model = VAE(64, 2, 64)
        train_vae(model, fit_x, SD, 200, 64, 8e-3, torch.Generator().manual_seed(seed), beta)
        points.setdefault(beta, []).append(held_out_bound(model, choose_x, 5))
        progress(3 * i + seed + 1, 3 * len(betas), start)
_, ax = plt.subplots(figsize=(7, 3.2))
rates = [sum(p[2] for p in points[b]) / 3 for b in betas]
distortions = [-sum(p[1] for p in points[b]) / 3 for b in betas]
ax.plot(rates, distortions, "o-", color=BLUE)
for beta, rate, distortion in zip(betas, rates, distortions, strict=True):
    ax.annotate(f"{beta:g}", (rate, distortion), (5, 5), textcoords="offset points", fontsize=9)
ax.set(xlabel="rate: divergence in nats", ylabel="distortion: minus reconstruction")
show(
    "Distortion against rate for five weights of the divergence: from a high rate with a low distortion at the weight 0.05 the points rise to "
    "the left, and at 64 the rate is 0."
)
for beta in betas:
    bound = [p[1] - p[2] for p in points[beta]]
    print(
        f"beta {beta:g}: rates ["
        + ", ".join(f"{p[2]:.2f}" for p in points[beta])
        + f"], bound {sum(bound) / 3:.1f}"
    )
print(f"largest rate at beta 64: {max(p[2] for p in points[64.0]):.4f}")
best_beta = max(betas, key=lambda b: sum(p[1] - p[2] for p in points[b]))
print(f"beta with the highest bound at weight 1, mean of three seeds: {best_beta:g}")

# %% [markdown]
# **Notice** the last point: rate 0. No code is sent, every image is decoded to the mean of all. The loss went down all the same, for every seed. It was the loss of somebody who does not care for the images.
#
# <details><summary>Both curves fell, so is the model not simply too weak?</summary>
#
# The same network with weight 1 is above. Look at the two terms apart: a divergence of 0 says that the encoder is not used at all.
# </details>

# %% [markdown]
# ## 5. How far below the truth?
#
# The bound lies below $\log p(x)$ by $\mathrm{KL}(q(z \mid x)\,\|\,p(z \mid x))$: it is tight where the encoder gives the true posterior, and a normal distribution from a small network seldom does. How large is the gap? Two ways tell.
#
# **More draws.** $p(x) = \mathbb E_q\,[w]$ with the importance weight $w = p(x \mid z)\, p(z) / q(z \mid x)$. Average $K$ weights *before* the logarithm (Burda, Grosse and Salakhutdinov, 2016):
#
# $$L_K = \mathbb E\,\Big[\log \frac1K \sum_{k=1}^K \frac{p(x \mid z_k)\, p(z_k)}{q(z_k \mid x)}\Big], \qquad L_1 \le L_2 \le \dots \le \log p(x) .$$
#
# $L_1$ is the ELBO. By Jensen's inequality every $L_K$ is a bound, and it gets tighter with $K$. The mean is taken over *weights*, which are tiny numbers like $e^{-300}$: their logarithms go through log-sum-exp, and $\log K$ is subtracted.
#
# **A grid.** Two latents are few enough to integrate: sum $p(z)\,p(x\mid z)$ over a grid of the plane, times the area of a cell. That is $\log p(x)$ itself, but for the grid's fineness.
#
# **Example.** Two weights $e^{-2}$ and $e^{-4}$: the mean of the logarithms is $-3$; the logarithm of the mean is $\log\frac{0.1353 + 0.0183}{2} = -2.566$.

# %% [markdown]
# ### Exercise `bound_gap`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 6 | 25 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●●● · **importance** ●●○
#
# **What.** The importance-weighted bound, and the exact log-likelihood by a grid.
#
# **Why.** A bound whose gap nobody knows compares nothing. You will find out which of two models' bounds lies closer.
#
# **Details.** `encode` maps $(N, D)$ to mean and log-variance $(N, d)$, `decode` maps $(\dots, d)$ to the mean $(\dots, D)$ of a normal $p(x \mid z)$ with standard deviation `sd`. The prior is standard normal. The last axes of data and means are equally long. Each data point has $K$ draws of its own. The bound has gradients in the
# parameters of both functions, through the draws too. The grid has `points` places along each of two axes, from `-limit` to `limit`, both ends included; `points` is 2 or more. Each place counts with the area of a whole cell, the square of the distance between neighbours, those at the rim too. The grid has the dtype of the data and needs no gradient.


# %% nbgrader={"grade": false, "grade_id": "bound_gap_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def normal_log_density(
    z: Float[Tensor, "*batch d"], mu: Float[Tensor, "*batch d"], logvar: Float[Tensor, "*batch d"]
) -> Float[Tensor, "*batch"]:
    """Log-density of z under a diagonal normal distribution, summed over the last axis. The three broadcast."""
    ### BEGIN SOLUTION
    return -0.5 * ((z - mu) ** 2 * torch.exp(-logvar) + logvar + math.log(2 * math.pi)).sum(-1)
    ### END SOLUTION


def iwae_bound(
    x: Float[Tensor, "N D"],
    encode: Callable[[Tensor], tuple[Tensor, Tensor]],
    decode: Callable[[Tensor], Tensor],
    sd: float,
    K: int,
    generator: torch.Generator | None = None,
) -> Float[Tensor, "N"]:
    """The importance-weighted bound of each data point from K draws, in nats.

    Source: Burda, Grosse and Salakhutdinov (2016).
    """
    ### BEGIN SOLUTION
    mu, logvar = encode(x)
    noise = torch.randn((K, *mu.shape), generator=generator, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * noise
    nothing = torch.zeros_like(mu)
    log_pixels = normal_log_density(x, decode(z), torch.full_like(x, 2 * math.log(sd)))
    log_w = log_pixels + normal_log_density(z, nothing, nothing) - normal_log_density(z, mu, logvar)
    return torch.logsumexp(log_w, 0) - math.log(K)
    ### END SOLUTION


def grid_log_likelihood(
    x: Float[Tensor, "N D"],
    decode: Callable[[Tensor], Tensor],
    sd: float,
    limit: float = 5.0,
    points: int = 101,
) -> Float[Tensor, "N"]:
    """Log-likelihood of each data point under a decoder with two latents, the integral taken on a grid."""
    ### BEGIN SOLUTION
    line = torch.linspace(-limit, limit, points, dtype=x.dtype)
    z = torch.cartesian_prod(line, line)
    nothing = torch.zeros_like(z)
    log_area = 2 * math.log(2 * limit / (points - 1))
    with torch.no_grad():
        images, log_prior = decode(z), normal_log_density(z, nothing, nothing)
        log_variance = torch.full_like(x[0], 2 * math.log(sd))
        rows = [torch.logsumexp(log_prior + normal_log_density(one, images, log_variance), 0) for one in x]
    return torch.stack(rows) + log_area
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bound_gap", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("bound_gap")

# %% [markdown]
# <a id="hints-bound_gap"></a>
# <details><summary>Hint 1: the shapes</summary>
#
# Noise of shape $(K, N, d)$ makes `z` $(K, N, d)$ by broadcasting, and the three log-densities $(K, N)$. The log-sum-exp goes over the draws.
# </details>
# <details><summary>Hint 2: with K = 1 all is right, with more it is too high</summary>
#
# A log-sum-exp is the logarithm of a *sum*. Of a mean?
# </details>
# <details><summary>Hint 3: the grid in little memory</summary>
#
# Decode the grid once, then go through the data one by one.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_bound_gap", "locked": true, "schema_version": 3, "solution": false, "task": false}
some, numbers = choose_x[:60], (1, 2, 5, 10, 50, 200)
found, truths = [], []
start = time.perf_counter()
for seed, model in enumerate(vaes):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        found.append(
            [
                sum(
                    float(iwae_bound(some, model.encode, model.decode, SD, K, generator).mean())
                    for _ in range(400 // K)
                )
                / (400 // K)
                for K in numbers
            ]
        )
    truths.append(float(grid_log_likelihood(some, model.decode, SD, 5.0, 121).mean()))
    progress(seed + 1, 3, start)
_, axes = plt.subplots(1, 2, figsize=(11, 3.4))
for bounds_of_one, truth, colour in zip(found, truths, (BLUE, ORANGE, GREEN), strict=True):
    axes[0].plot(numbers, bounds_of_one, "o-", color=colour)
    axes[0].axhline(truth, color=colour, linestyle=":")
axes[0].set(
    xlabel="draws K", ylabel="nats", xscale="log", title="bounds, and the integral on the grid (dotted)"
)
line = torch.linspace(-3, 3, 121)
places = torch.cartesian_prod(line, line)
with torch.no_grad():
    spread_of_places = [
        (normal_log_likelihood(image, vae.decode(places), SD) - 0.5 * (places**2).sum(1)).softmax(0)
        for image in some
    ]
    entropy = torch.stack([-(p * (p + 1e-30).log()).sum() for p in spread_of_places])
    widest = int(entropy.argmax())
    mu, logvar = vae.encode(some[widest : widest + 1])
density = spread_of_places[widest].view(121, 121).T
axes[1].contourf(line, line, density, levels=12, cmap="Blues")
turn = torch.linspace(0, 2 * math.pi, 100)
for width in (1, 2):
    radius = width * torch.exp(logvar[0] / 2)
    axes[1].plot(mu[0, 0] + radius[0] * turn.cos(), mu[0, 1] + radius[1] * turn.sin(), color=ORANGE)
axes[1].set(
    title=f"posterior of an image of a {int(choose_y[widest])}, and q",
    xlabel="$z_1$",
    ylabel="$z_2$",
    aspect="equal",
)
show(
    "Left: for three models the bound rises with the number of draws to a dotted line, the integral on the grid, which no bound passes by more than chance. Right: the true posterior of "
    "one image on the plane, with parts that the two ellipses of the encoder's normal distribution do not cover."
)
gaps_of_bounds = [truth - values[0] for truth, values in zip(truths, found, strict=True)]
print("integral on the grid, three models: [" + ", ".join(f"{t:.2f}" for t in truths) + "]")
print("gap of the ELBO: [" + ", ".join(f"{g:.2f}" for g in gaps_of_bounds) + "]")
print(f"smallest gap of the ELBO: {min(gaps_of_bounds):.2f}; largest: {max(gaps_of_bounds):.2f}")
left_over = [truth - values[-1] for truth, values in zip(truths, found, strict=True)]
print(
    f"largest share of the gap left with 200 draws: {max(b / a for a, b in zip(gaps_of_bounds, left_over, strict=True)):.2f}"
)
print(
    f"smallest gain of 200 draws over one: {min(a - b for a, b in zip(gaps_of_bounds, left_over, strict=True)):.2f}"
)

# %% [markdown]
# **Notice** the order of the bounds, the same for all three models, and that the ELBO leaves out more than 2 nats. The right figure shows why: the encoder has one ellipse, and the posterior is no ellipse. With 200 draws less than half of the gap is left.
#
# <details><summary>Two models have the bounds 20 and 22. Is the second one better?</summary>
#
# One cannot know. The first may have a gap of 4 and the second one of 1. Bounds order models only where their gaps are known to be small against the difference.
# </details>

# %% [markdown]
# ## 6. The best judge
#
# The autoencoder's decoder was judged pixel by pixel. Goodfellow et al. (2014) let a second network judge. The **generator** $G$ turns noise $z$ into
# a sample $G(z)$. The **discriminator** $D$ is handed real samples and made ones, and says how likely each is to be real. One number says how
# well it does:
#
# $$V(D, G) = \mathbb E_{x \sim p}\big[\log D(x)\big] + \mathbb E_{x \sim q}\big[\log (1 - D(x))\big],$$
#
# where $p$ is the density of the data and $q$ that of the samples. $D$ makes $V$ large, $G$ makes it small.
#
# Hold $G$ still. At a place $x$ the integrand is $p \log D + q \log(1 - D)$. Its derivative in $D$ is $p/D - q/(1 - D)$, and that is zero at
#
# $$D^*(x) = \frac{p(x)}{p(x) + q(x)}, \qquad f^*(x) = \log \frac{D^*}{1 - D^*} = \log \frac{p(x)}{q(x)} .$$
#
# The best logit is the log-ratio of the two densities. So a discriminator is an estimator of a density *ratio*, learned from samples alone.
#
# **Example.** At a place with $p = 0.3$ and $q = 0.1$ the best judge says "real" with $D^* = 3/4$, the logit is $\ln 3$.
#
# Put $D^*$ into $V$. With the Jensen-Shannon divergence $\text{JSD}(p, q) = \frac12 \text{KL}\big(p \,\|\, \frac{p+q}2\big) + \frac12 \text{KL}\big(q \,\|\, \frac{p+q}2\big)$,
#
# $$V(D^*, G) = -\log 4 + 2\, \text{JSD}(p, q) .$$
#
# It is smallest, $-\log 4 = -1.386$, where $q = p$: the best judge then says one half everywhere. It is largest, $0$, where $p$ and $q$ never meet.

# %% [markdown]
# ### A toy: the best judge of two coins
#
# Real coins show heads with the probability 0.5, forged ones with 0.9. Run the cell: the best judge is computed by trying 999 values of $D$ for each face.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_coins", "locked": true, "schema_version": 3, "solution": false, "task": false}
tried = torch.linspace(0.001, 0.999, 999, dtype=torch.float64)
value = 0.0
for face, real_share, forged_share in (("heads", 0.5, 0.9), ("tails", 0.5, 0.1)):
    gains = real_share * tried.log() + forged_share * (1 - tried).log()
    value += float(gains.max())
    print(
        f"{face}: best of those tried {float(tried[gains.argmax()]):.3f}, p/(p+q) = {real_share / (real_share + forged_share):.3f}"
    )
print(f"value of the best judge {value:.3f}, of one who always says one half {-math.log(4):.3f}")

# %% [markdown]
# ### Exercise `optimal_discriminator`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 6 | 20 min | 0.5 s | everything else in PyTorch | `torch.distributions`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** The log-ratio of two normal densities, the best discriminator of any two densities, and its value.
#
# **Details.** The two normal densities have a mean and a standard deviation for each of $d$ dimensions, which are independent of each other; the log-ratio is one number
# for each row. It is right far out too, where both densities are too small for a float, and for deviations of 0.0003 around means of 500. Its gradients in $x$ and in the four parameters are those of the formula; the other two functions need none.
#
# `optimal_discriminator` is handed log-densities of any shape, and gives the digits of their dtype. Both may be very negative at the same place, or one of them $-\infty$; where both are, any answer will do. Where the judge is nearly sure the small probability has its digits too.
#
# `optimal_value` is $V(D^*, G)$ as a sum over the cells of a grid, each `dx` wide: $\sum_i (p_i \log D^*_i + q_i \log(1 - D^*_i))\, dx$. A log-density may be $-\infty$ in any cell, both of them too: what has no
# probability adds nothing. Cells may be sharp, one density large where the other is tiny, and a grid may cut off tails: the densities are taken as they are, whatever they sum to.
#
# **Why.** What the judge knows at its best is all that the generator can learn from it.


# %% nbgrader={"grade": false, "grade_id": "optimal_discriminator_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def log_ratio(
    x: Float[Tensor, "N d"],
    mean_p: Float[Tensor, "d"],
    std_p: Float[Tensor, "d"],
    mean_q: Float[Tensor, "d"],
    std_q: Float[Tensor, "d"],
) -> Float[Tensor, "N"]:
    """log p(x)/q(x) of two normal densities with independent dimensions: the best discriminator's logit.

    Args:
        std_p, std_q: standard deviations, positive.

    Source: Goodfellow et al. (2014), proposition 1.
    """
    ### BEGIN SOLUTION
    log_p = -0.5 * ((x - mean_p) / std_p) ** 2 - std_p.log()
    log_q = -0.5 * ((x - mean_q) / std_q) ** 2 - std_q.log()
    return (log_p - log_q).sum(-1)
    ### END SOLUTION


def optimal_discriminator(
    log_p: Float[Tensor, "*shape"], log_q: Float[Tensor, "*shape"]
) -> Float[Tensor, "*shape"]:
    """D* = p / (p + q) from log-densities, right where both underflow."""
    ### BEGIN SOLUTION
    return torch.sigmoid(log_p - log_q)
    ### END SOLUTION


def optimal_value(log_p: Float[Tensor, "n"], log_q: Float[Tensor, "n"], dx: float) -> Float[Tensor, ""]:
    """V(D*, G) on a grid of n cells of width dx; cells without probability add nothing.

    Source: Goodfellow et al. (2014), theorem 1.
    """
    ### BEGIN SOLUTION
    p, q, log_sum = log_p.exp(), log_q.exp(), torch.logaddexp(log_p, log_q)
    real = torch.where(p > 0, p * (log_p - log_sum), 0)
    fake = torch.where(q > 0, q * (log_q - log_sum), 0)
    return (real + fake).sum() * dx
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "optimal_discriminator", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("optimal_discriminator")

# %% [markdown]
# <a id="hints-optimal_discriminator"></a>
# <details><summary>Hint 1: the constant</summary>
#
# $\log \mathcal N(x; \mu, \sigma^2) = -\frac12 \big(\frac{x - \mu}{\sigma}\big)^2 - \log \sigma - \frac12 \log 2\pi$. Only the last term cancels in the ratio.
# </details>
# <details><summary>Hint 2: 0 / 0</summary>
#
# Divide numerator and denominator of $p/(p + q)$ by $p$. A function that you know appears, and it takes $\log p - \log q$.
# </details>
# <details><summary>Hint 3: NaN in the value</summary>
#
# $0 \cdot \log 0$ is 0 here, and `0 * -inf` is NaN for a computer. `torch.where` chooses; `torch.special.xlogy` knows the rule.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_best_judge", "locked": true, "schema_version": 3, "solution": false, "task": false}
grid = torch.linspace(-12, 18, 6001, dtype=torch.float64)
dx = float(grid[1] - grid[0])


def normal(mean, std):
    """Log-density of a normal distribution on the grid."""
    return -0.5 * ((grid - mean) / std) ** 2 - math.log(std) - 0.5 * math.log(2 * math.pi)


_, (ax, middle, right) = plt.subplots(1, 3, figsize=(12, 3))
shown = (grid > -4) & (grid < 6)
for log_density, colour, label in ((normal(0, 1), BLUE, "p, data"), (normal(2, 1.5), ORANGE, "q, generator")):
    ax.plot(grid[shown], log_density.exp()[shown], color=colour, label=label)
best = optimal_discriminator(normal(0, 1), normal(2, 1.5))
ax.plot(grid[shown], best[shown], color=GREEN, label="D*")
ax.set(title="the best discriminator", xlabel="x", ylim=(0, 1))
ax.legend(loc="upper right")
one, zero = torch.ones(1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
for std, colour in ((1.0, BLUE), (1.5, ORANGE)):
    middle.plot(
        grid[shown],
        log_ratio(grid[:, None], zero, one, 2 * one, std * one)[shown],
        color=colour,
        label=f"q has sd {std}",
    )
middle.set(title="its logit, log p/q", xlabel="x", ylim=(-5, 8))
middle.legend()
distances = torch.linspace(0, 8, 33).tolist()
values = [float(optimal_value(normal(0, 1), normal(distance, 1), dx)) for distance in distances]
divergence = [(value + math.log(4)) / 2 for value in values]
right.plot(distances, divergence, color=RED)
right.axhline(math.log(2), color=GREY, linestyle=":")
right.set(title="Jensen-Shannon divergence", xlabel="distance of the two means")
show(
    "Left: densities of data and generator, and the best discriminator, which falls from 1 to 0 between them. Middle: its logit, a straight "
    "line for equal deviations, a parabola otherwise. Right: the divergence rises with the distance and is flat at log 2 from a distance of 6 on."
)
print(f"value at distance 0: {values[0]:.4f}; -log 4 is {-math.log(4):.4f}")
slope = (divergence[-1] - divergence[-5]) / (distances[-1] - distances[-5])
print(
    f"slope of the divergence at distance 1: {(divergence[6] - divergence[2]) / (distances[6] - distances[2]):.3f}, from 7 to 8: {slope:.6f}"
)

# %% [markdown]
# **Notice** the middle: for two normal densities of equal deviation the best logit is a *straight line*, logistic regression. With unequal deviations it is a parabola, and a discriminator that is
# too simple cannot be the best one. On the right: the slope is 0.19 at distance 1 and less than 0.001 from 7 to 8. A generator that is far away learns from a perfect judge only that
# it is wrong, not where to go.
#
# <details><summary>Why does the judge at the left not say 0 at x = 6 when both densities are almost 0 there?</summary>
#
# It does say nearly 0. Only the ratio counts, and the narrow $p$ is far smaller there than the wide $q$. On the far left the same happens: at $x = -12$ the wide $q$ wins, and $D^*$ is 0, although
# the data's mean is nearer.
# </details>

# %% [markdown]
# ## 7. Four games
#
# Write $f$ for the discriminator's logit and $\sigma$ for the sigmoid. In code nobody computes $\log \sigma(f)$ from $\sigma(f)$: at $f = -200$ that is $\log 0$. With
# $\text{softplus}(f) = \log(1 + e^f)$,
#
# $$-\log \sigma(f) = \text{softplus}(-f), \qquad -\log(1 - \sigma(f)) = \text{softplus}(f) .$$
#
# Each loss is a mean over a batch; each is *minimised*.
#
# | kind | discriminator | generator |
# |---|---|---|
# | `"minimax"` | $\mathbb E_p\,\text{softplus}(-f) + \mathbb E_q\,\text{softplus}(f)$ | $-\mathbb E_q\,\text{softplus}(f)$ |
# | `"non_saturating"` | the same | $\mathbb E_q\,\text{softplus}(-f)$ |
# | `"least_squares"` (Mao et al., 2017) | $\frac12 \mathbb E_p (f - 1)^2 + \frac12 \mathbb E_q f^2$ | $\frac12 \mathbb E_q (f - 1)^2$ |
# | `"hinge"` (Lim and Ye, 2017) | $\mathbb E_p \max(0, 1 - f) + \mathbb E_q \max(0, 1 + f)$ | $-\mathbb E_q f$ |
#
# **Example.** Real logits $(2, 0)$ and one made logit $-1$, `"hinge"`: the discriminator loses $\frac12 (0 + 1) + 0 = 0.5$, the generator $1$.
#
# **One-sided label smoothing** (Salimans et al., 2016) tells the discriminator that real samples are real with the probability $1 - s$ only, so that it does not become too sure. The target of the made samples stays 0: with another one, the best
# judge would no longer say less than one half where only made samples lie, and would draw the generator to where it already is. For the first two kinds the real part becomes
# $\mathbb E_p\big[(1 - s)\,\text{softplus}(-f) + s\,\text{softplus}(f)\big]$, for least squares $\frac12 \mathbb E_p (f - (1 - s))^2$.

# %% [markdown]
# ### Your guess
#
# A discriminator gives a made sample the probability 0.001 of being real. By what factor is the generator's gradient in the logit larger with the non-saturating loss than with the minimax loss?

# %%
my_factor = None  # a number, for example 2

# %% [markdown]
# ### Exercise `gan_losses`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 8 | 25 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●○○ · **importance** ●●●
#
# **What.** The two losses for four kinds, with one-sided smoothing.
#
# **Details.** Logits have any shape, (N,), (N, 1), or (N, 1, H, W) of a judge of patches; the mean is over all of them. Numbers of real and made samples may differ, shapes too. Logits may be
# $\pm 10^4$: losses and gradients stay finite, and are those of the formulas. Neither loss cuts the graph, so gradients reach both arguments. Smoothing is between 0 and 1, which need not be checked; the hinge loss
# has no targets and refuses any smoothing but 0 with a `ValueError`. An unknown kind is a `ValueError` in both functions; a part of a name, or a name in other letters, is unknown.
#
# **Why.** Which of these losses gives the generator a gradient when it is bad decides whether it ever becomes good.


# %% nbgrader={"grade": false, "grade_id": "gan_losses_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def discriminator_loss(
    real_logits: Float[Tensor, "*real"],
    fake_logits: Float[Tensor, "*fake"],
    kind: str = "non_saturating",
    smoothing: float = 0.0,
) -> Float[Tensor, ""]:
    """The loss that the discriminator minimises.

    Args:
        kind: "minimax", "non_saturating", "least_squares" or "hinge".
        smoothing: how much the target of the real samples is below 1; 0 for the hinge loss.

    Raises:
        ValueError: for another kind, or for the hinge loss with smoothing.

    Source: Goodfellow et al. (2014); Mao et al. (2017); Lim and Ye (2017); Salimans et al. (2016), section 3.4.
    """
    ### BEGIN SOLUTION
    if kind in ("minimax", "non_saturating"):
        real = (1 - smoothing) * F.softplus(-real_logits) + smoothing * F.softplus(real_logits)
        return real.mean() + F.softplus(fake_logits).mean()
    if kind == "least_squares":
        return 0.5 * ((real_logits - (1 - smoothing)) ** 2).mean() + 0.5 * (fake_logits**2).mean()
    if kind == "hinge" and smoothing == 0:
        return F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()
    raise ValueError(f"no loss of the kind {kind!r} with a smoothing of {smoothing}")
    ### END SOLUTION


def generator_loss(fake_logits: Float[Tensor, "*fake"], kind: str = "non_saturating") -> Float[Tensor, ""]:
    """The loss that the generator minimises.

    Raises:
        ValueError: for an unknown kind.
    """
    ### BEGIN SOLUTION
    if kind == "minimax":
        return -F.softplus(fake_logits).mean()
    if kind == "non_saturating":
        return F.softplus(-fake_logits).mean()
    if kind == "least_squares":
        return 0.5 * ((fake_logits - 1) ** 2).mean()
    if kind == "hinge":
        return -fake_logits.mean()
    raise ValueError(f"no loss of the kind {kind!r}")
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "gan_losses", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check("gan_losses")

# %% [markdown]
# <a id="hints-gan_losses"></a>
# <details><summary>Hint 1: inf or NaN</summary>
#
# `torch.log(torch.sigmoid(f))` has lost everything at $f = -200$. `F.softplus` and `F.binary_cross_entropy_with_logits` start from the logit.
# </details>
# <details><summary>Hint 2: the two signs of a generator</summary>
#
# Minimax: the generator minimises $\log(1 - \sigma(f))$, a negative number. Non-saturating: it minimises $-\log \sigma(f)$, a positive one.
# </details>
# <details><summary>Hint 3: where is the hinge?</summary>
#
# In the discriminator alone: it stops caring about samples that it is sure of. The generator always wants more.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_gradients", "locked": true, "schema_version": 3, "solution": false, "task": false}
logits = torch.linspace(-8, 8, 201, dtype=torch.float64)
_, axes = plt.subplots(1, 2, figsize=(10, 3.2))
for kind, colour in zip(
    ("minimax", "non_saturating", "least_squares", "hinge"), (RED, BLUE, GREEN, ORANGE), strict=True
):
    f = logits.clone().requires_grad_()
    losses = torch.stack([generator_loss(value, kind) for value in f])
    (push,) = torch.autograd.grad(losses.sum(), f)
    axes[0].plot(logits, losses.detach(), color=colour, label=kind)
    axes[1].plot(logits, -push, color=colour)
axes[0].set(title="generator's loss", xlabel="logit of a made sample", ylim=(-8, 12))
axes[1].set(title="how hard it is pushed to a larger logit", xlabel="logit of a made sample", ylim=(-0.5, 3))
axes[0].legend()
show(
    "Left: four losses of the generator against the logit. Right: their slopes. Minimax pushes hardly at all at negative logits, non-saturating hardly at all at positive ones, "
    "hinge always by 1, least squares more the farther from 1."
)
sure = torch.tensor(math.log(0.001 / 0.999), dtype=torch.float64, requires_grad=True)
pushes = {
    kind: float(torch.autograd.grad(generator_loss(sure, kind), sure)[0])
    for kind in ("minimax", "non_saturating")
}
print(
    f"at a probability of 0.001: minimax {pushes['minimax']:.4f}, non-saturating {pushes['non_saturating']:.4f}"
)
print(f"factor {pushes['non_saturating'] / pushes['minimax']:.0f}; your guess: {my_factor}")
# A generator at distance 4 from the data, both normal with deviation 1, judged by the best discriminator: f = 8 - 4 x, in samples of the generator.
x = torch.linspace(-6, 6, 4001, dtype=torch.float64)
made = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi) * (x[1] - x[0])
f = 4 * x - 8
print(
    f"push on the generator's mean: minimax {float((made * torch.sigmoid(f)).sum() * 4):.3f}, and non-saturating {float((made * torch.sigmoid(-f)).sum() * 4):.3f}"
)

# %% [markdown]
# **Notice** the factor of 999. While the generator is bad, minimax hardly moves it, and it is always bad in the beginning. In the last line
# the best judge faces a generator whose mean is four deviations off: minimax pushes with less than 0.2, non-saturating with more than 3.8.
#
# <details><summary>Both discriminator losses are the same. Is the game the same?</summary>
#
# No. In the minimax game one player's loss is the other's gain. With the non-saturating loss the sum of the two losses is not constant. The place where both rest is the same: if $q = p$ the best judge says one half everywhere,
# and then neither loss pushes.
# </details>

# %% [markdown]
# ## 8. Who learns in which step
#
# Two networks, two optimisers, and turns. In a **discriminator step** $D$ learns to tell real samples from made ones; in a **generator step** $G$ learns to be taken for real. Each step sends gradients through $D$. The whole art is who may keep them.
#
# | | discriminator step | generator step |
# |---|---|---|
# | minimises | $\mathbb E_p\,\text{softplus}(-f) + \mathbb E_q\,\text{softplus}(f)$ | $\mathbb E_q\,\text{softplus}(-f)$ |
# | made samples are | numbers: the graph to $G$ is cut | part of the graph: the gradient runs *through* $D$ into $G$ |
# | changes | $D$ | $G$ |
# | leaves gradients in | $D$ alone | $G$ alone |
#
# ### A toy: a game of one number each
#
# All data are at 0. The generator always makes the point $\theta$, the discriminator has the logit $f(x) = \psi x$ (Mescheder et al., 2018). Both are at rest at $\theta = \psi = 0$. Where does the game
# go? The second curve charges the discriminator for its slope at the data, $\frac{\gamma}{2} \psi^2$.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_one_number", "locked": true, "schema_version": 3, "solution": false, "task": false}
_, axes = plt.subplots(1, 2, figsize=(8, 3.6))
for ax, gamma in zip(axes, (0.0, 0.3), strict=True):
    theta, psi, path = 1.0, 0.0, []
    for _ in range(500):
        path.append((theta, psi))
        taken_for_real = 1 / (1 + math.exp(-psi * theta))
        climb = psi * taken_for_real  # the minimax generator climbs f
        psi -= 0.1 * (theta * taken_for_real + gamma * psi)  # the discriminator lowers f at the made point
        theta += 0.1 * climb
    ax.plot(*zip(*path, strict=True), color=BLUE, lw=0.8)
    ax.plot(*path[0], "o", color=ORANGE)
    ax.plot(0, 0, "+", color=RED, ms=12)
    distance = math.hypot(*path[-1])
    ax.set(
        title=f"charge {gamma}: ends at a distance of {distance:.2f}",
        xlabel="generator θ",
        ylabel="discriminator ψ",
    )
    print(
        f"charge {gamma}: distance from the goal at first {math.hypot(*path[0]):.2f}, after 500 rounds {distance:.3f}"
    )
show(
    "Two paths of the pair of numbers from the same start. Without a charge the path circles around the goal and moves outwards; with a charge of 0.3 it spirals into the goal."
)

# %% [markdown]
# **Notice** that the plain game does not get there: it *circles*, and after 500 rounds it is farther from the goal than at the start. Each player answers the other's last move. Nothing goes down all the time, so no curve tells whether it is going well. With the charge, the game spirals in to a distance below 0.01; section 11 uses it.
#
# ### Given: two networks for points in the plane


# %% nbgrader={"grade": false, "grade_id": "given_point_networks", "locked": true, "schema_version": 3, "solution": false, "task": false}
class PointGenerator(nn.Module):
    """Noise (N, n_latent) to points (N, 2)."""

    def __init__(self, n_latent: int = 8, width: int = 64):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(n_latent, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 2)
        )

    def forward(self, z: Float[Tensor, "N latent"]) -> Float[Tensor, "N 2"]:
        return self.layers(z)


class PointDiscriminator(nn.Module):
    """Points (N, 2) to logits (N,)."""

    def __init__(self, width: int = 64):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(2, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1)
        )

    def forward(self, x: Float[Tensor, "N 2"]) -> Float[Tensor, "N"]:
        return self.layers(x)[:, 0]


def sgd(network: nn.Module, lr: float) -> torch.optim.Optimizer:
    """Plain gradient descent of a network's parameters."""
    return torch.optim.SGD(network.parameters(), lr)


def sampler(points: Float[Tensor, "M d"], random: torch.Generator) -> Callable[[int], Tensor]:
    """A source of real samples: n rows of the points, drawn with replacement."""
    return lambda n: points[torch.randint(len(points), (n,), generator=random)]


def normal_noise(n_latent: int, random: torch.Generator) -> Callable[[int], Tensor]:
    """A source of noise: n new rows of standard normal numbers."""
    return lambda n: torch.randn(n, n_latent, generator=random)


# %% [markdown]
# ### Given: a loop that runs and is wrong
#
# It trains, it prints losses, and it was written by somebody who knows PyTorch. Three lines of it are wrong.


# %% nbgrader={"grade": false, "grade_id": "given_wrong_loop", "locked": true, "schema_version": 3, "solution": false, "task": false}
def wrong_loop(
    generator: nn.Module,
    discriminator: nn.Module,
    sample: Callable[[int], Tensor],
    noise: Callable[[int], Tensor],
    n_rounds: int,
    batch_size: int = 128,
    lr: float = 2e-3,
) -> list[tuple[float, float]]:
    """A training of a generative adversarial network with three mistakes."""
    discriminator_adam = torch.optim.Adam(discriminator.parameters(), lr, betas=(0.5, 0.999))
    generator_adam = torch.optim.Adam(
        [*generator.parameters(), *discriminator.parameters()], lr, betas=(0.5, 0.999)
    )
    z = noise(batch_size)
    losses = []
    for _ in range(n_rounds):
        real, fake = sample(batch_size), generator(z).detach()
        loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()
        loss.backward()
        discriminator_adam.step()

        generator_adam.zero_grad()
        generator_loss_now = F.softplus(-discriminator(generator(z))).mean()
        generator_loss_now.backward()
        generator_adam.step()
        losses.append((loss.item(), generator_loss_now.item()))
    return losses


# %% [markdown]
# ### Exercise `gan_steps`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 10 | 30 min | 2 s | everything in PyTorch |
#
# **Difficulty** ●●● · **importance** ●●●
#
# **What.** The two steps, and the loop without its mistakes. Find the three before you write it.
#
# **Details of the steps.** The losses are those of the table; batches of real samples and of noise may differ in size. A step updates its own network once, by `optimizer.step()`, with the gradient of this
# batch alone: whatever gradients lay in the network before do not count. Nothing of the other network changes: no parameter, no gradient, no `requires_grad` (it may be frozen), and not whether it is in training or in evaluation. The networks have no batch norm, and the one that learns is not frozen. So after a discriminator step the generator's parameters hold the gradients that they held before (`None`,
# or the same numbers), and after a generator step those of the discriminator do. A step returns its loss as it was *before* the update, as a number without a graph.
#
# **Details of the loop.** Each network has an Adam with the rate `lr` and `betas=(0.5, 0.999)` of its own, made once. A round is `discriminator_steps` discriminator steps, each with a new batch
# `sample(batch_size)` and new noise `noise(batch_size)`, then `generator_steps` generator steps, each with new noise. The loop returns for each round the losses of its last discriminator step and of its last generator step, as two floats. The networks are trained in
# place. Write it on its own or with your steps: where you call them, their mistakes count here too. It is also judged by the points that the trained generator makes: from four clouds at the corners of a square that the grader has turned and stretched, each gets at least 4% of the points, all four together 45%, in the best of eight trainings.
#
# **Why.** Most networks of this kind that do not learn have a mistake in exactly these lines.


# %% nbgrader={"grade": false, "grade_id": "gan_steps_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def discriminator_step(
    generator: nn.Module,
    discriminator: nn.Module,
    optimizer: torch.optim.Optimizer,
    real: Float[Tensor, "N d"],
    z: Float[Tensor, "M latent"],
) -> Float[Tensor, ""]:
    """Update the discriminator once; the generator stays as it is.

    Args:
        optimizer: holds the discriminator's parameters.

    Returns:
        The loss before the update, without a graph.
    """
    ### BEGIN SOLUTION
    fake = generator(z).detach()
    loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()
    ### END SOLUTION


def generator_step(
    generator: nn.Module,
    discriminator: nn.Module,
    optimizer: torch.optim.Optimizer,
    z: Float[Tensor, "M latent"],
) -> Float[Tensor, ""]:
    """Update the generator once by the non-saturating loss; the discriminator stays as it is, its gradients too.

    Args:
        optimizer: holds the generator's parameters.

    Returns:
        The loss before the update, without a graph.
    """
    ### BEGIN SOLUTION
    loss = F.softplus(-discriminator(generator(z))).mean()
    optimizer.zero_grad()
    loss.backward(inputs=list(generator.parameters()))
    optimizer.step()
    return loss.detach()
    ### END SOLUTION


def train_gan(
    generator: nn.Module,
    discriminator: nn.Module,
    sample: Callable[[int], Tensor],
    noise: Callable[[int], Tensor],
    n_rounds: int,
    batch_size: int = 128,
    lr: float = 2e-3,
    discriminator_steps: int = 1,
    generator_steps: int = 1,
) -> list[tuple[float, float]]:
    """Train both networks in place, in turns.

    Args:
        sample: gives so many new real samples.
        noise: gives so many new rows of noise.

    Returns:
        For each round the loss of its last discriminator step and of its last generator step.
    """
    ### BEGIN SOLUTION
    for_discriminator = torch.optim.Adam(discriminator.parameters(), lr, betas=(0.5, 0.999))
    for_generator = torch.optim.Adam(generator.parameters(), lr, betas=(0.5, 0.999))
    losses = []
    for _ in range(n_rounds):
        for _ in range(discriminator_steps):
            real, z = sample(batch_size), noise(batch_size)
            d_loss = discriminator_step(generator, discriminator, for_discriminator, real, z)
        for _ in range(generator_steps):
            g_loss = generator_step(generator, discriminator, for_generator, noise(batch_size))
        losses.append((d_loss.item(), g_loss.item()))
    return losses
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "gan_steps", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("gan_steps")

# %% [markdown]
# <a id="hints-gan_steps"></a>
# <details><summary>Hint 1: whose gradients are these?</summary>
#
# `loss.backward()` leaves gradients in *every* parameter that the loss depends on. `.detach()` cuts the generator off in the discriminator step. In the generator step nothing may be cut on the way to the generator; but `backward` takes `inputs=`, and
# `torch.autograd.grad` leaves nothing anywhere.
# </details>
# <details><summary>Hint 2: the generator does not move</summary>
#
# Under `torch.no_grad()`, or behind a `detach`, the discriminator is a wall: no gradient comes through it. It must stay part of the graph in the generator step although it does not learn there.
# </details>
# <details><summary>Hint 3: the three lines</summary>
#
# Ask of each line of the loop: which parameters does this optimiser move? What lies in `.grad` when `backward` begins? How many different rows of noise does the generator ever see?
# </details>

# %% [markdown]
# ### The ring of eight
#
# The data lie near eight places on a circle. A generator that finds one of them fools the judge for a while; a good one finds all eight. Three trainings, three seeds each: your loop; the given wrong one; and your loop with **five generator steps** for each discriminator
# step, a recipe that always fails. A place counts as reached where at least 1% of 2,000 samples lie within three standard deviations of it.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_ring", "locked": true, "schema_version": 3, "solution": false, "task": false}
corners = torch.arange(8) * math.pi / 4
places = 2 * torch.stack([corners.cos(), corners.sin()], 1)


def reached(points):
    """How many of the eight places are reached, and the share of points that are near one."""
    distance, nearest = torch.cdist(points, places).min(1)
    near = distance < 0.24
    return sum(bool((near & (nearest == k)).float().mean() >= 0.01) for k in range(8)), float(
        near.float().mean()
    )


def ring_run(loop, seed, n_rounds, watch=(), **options):
    """Train on the ring; returns points of the trained generator, snapshots of points, losses, the two networks."""
    torch.manual_seed(seed)
    random = torch.Generator().manual_seed(seed)
    generator, discriminator, frames, calls = PointGenerator(), PointDiscriminator(), {}, 0
    fixed, start = torch.randn(2000, 8, generator=random), time.perf_counter()

    def sample(n):
        nonlocal calls
        if calls in watch:
            with torch.no_grad():
                frames[calls] = generator(fixed)
        calls += 1
        progress(calls, n_rounds, start)
        return 2 * ring_of_eight(n, random, 0.04)

    losses = loop(generator, discriminator, sample, normal_noise(8, random), n_rounds, **options)
    with torch.no_grad():
        frames[n_rounds] = generator(fixed)
    return frames, losses, generator, discriminator


runs = {}
for seed in range(3):
    runs["good", seed] = ring_run(train_gan, seed, 600, watch=(0, 100, 200, 350), lr=4e-3)
    runs["wrong loop", seed] = ring_run(wrong_loop, seed, 300, lr=4e-3)
    runs["five generator steps", seed] = ring_run(train_gan, seed, 120, lr=1e-3, generator_steps=5)
for name in ("good", "wrong loop", "five generator steps"):
    found = [reached(list(runs[name, seed][0].values())[-1]) for seed in range(3)]
    print(
        f"{name}: places reached, least of three seeds: {min(n for n, _ in found)}, most: {max(n for n, _ in found)}"
    )
    print(
        f"{name}: share of points near a place, least: {min(s for _, s in found):.2f}, most: {max(s for _, s in found):.2f}"
    )

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_ring_film", "locked": true, "schema_version": 3, "solution": false, "task": false}
frames, losses, _, discriminator = runs["good", 0]
_, axes = plt.subplots(1, 7, figsize=(14, 2.3))
for ax, (n, points) in zip(axes, frames.items(), strict=False):
    ax.plot(*points.T, ".", ms=1, color=BLUE)
    ax.set_title(f"{n} rounds")
for ax, name in zip(axes[5:], ("wrong loop", "five generator steps"), strict=True):
    ax.plot(*list(runs[name, 0][0].values())[-1].T, ".", ms=1, color=RED)
    ax.set_title(name)
for ax in axes:
    ax.plot(*places.T, "o", mfc="none", color=GREY)
    ax.set(xlim=(-3.2, 3.2), ylim=(-3.2, 3.2), xticks=[], yticks=[], aspect="equal")
show(
    "Seven pictures of generated points and of the eight places. In your training a blob spreads over the ring and gathers at all eight places. The wrong loop's points miss them, and with five generator steps all points lie in one small blob."
)
random = torch.Generator().manual_seed(9)
judged = []
for seed in range(3):
    frames, _, generator, discriminator = runs["good", seed]
    with torch.no_grad():
        on_real = torch.sigmoid(discriminator(2 * ring_of_eight(2000, random, 0.04))).mean()
        on_made = torch.sigmoid(discriminator(frames[600])).mean()
    judged.append((float(on_real), float(on_made)))
print(
    f"discriminator's mean on real points, three seeds: {min(a for a, _ in judged):.2f} to {max(a for a, _ in judged):.2f}"
)
print(
    f"discriminator's mean on made points, three seeds: {min(b for _, b in judged):.2f} to {max(b for _, b in judged):.2f}"
)

# %% [markdown]
# **Notice** that your loop gets to the eight places with each seed, and at the end the discriminator is not far from one half, for real points and for made ones: it can hardly tell them any more. The wrong loop's points are nowhere near. With five generator steps the generator outruns its judge: all samples sit in one blob, which jumps from place to place as the judge follows. This is
# **mode collapse**.
#
# <details><summary>Why does the generator put everything into one place, when the judge sees many samples?</summary>
#
# The judge looks at each sample alone. For a judge held still the best answer of the generator is the *single* point with the largest logit: nothing in the loss asks for variety. Variety comes only because the judge learns, and lowers the logit where too many samples are.
# If it learns too slowly, there is always one best point to run to.
# </details>

# %% [markdown]
# ### What the losses say
#
# Now look at the curves alone, as one does in a long training. Which of the two runs would you stop?

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_ring_losses", "locked": true, "schema_version": 3, "solution": false, "task": false}
_, axes = plt.subplots(1, 2, figsize=(10, 3), sharey=True)
for ax, name in zip(axes, ("good", "five generator steps"), strict=True):
    curves = torch.tensor(runs[name, 0][1])
    smooth = curves.unfold(0, 20, 5).mean(2)
    ax.plot(torch.arange(len(smooth)) * 5 + 20, smooth[:, 0], color=ORANGE, label="discriminator")
    ax.plot(torch.arange(len(smooth)) * 5 + 20, smooth[:, 1], color=BLUE, label="generator")
    ax.axhline(math.log(4), color=ORANGE, linestyle=":")
    ax.axhline(math.log(2), color=BLUE, linestyle=":")
    ax.set(title=name, xlabel="round", ylim=(0, 3))
axes[0].legend()
show(
    "Losses of discriminator and generator by round. Left, in the good run: both wander about log 4 and log 2, the generator's above. Right, in the collapsed run: the generator's loss is no higher than in the good run."
)
for name in ("good", "five generator steps"):
    ends = [torch.tensor(runs[name, seed][1])[-100:].mean(0) for seed in range(3)]
    print(
        f"{name}: generator's loss, last 100 rounds, three seeds: {min(float(e[1]) for e in ends):.2f} to {max(float(e[1]) for e in ends):.2f}"
    )
    print(
        f"{name}: discriminator's loss, last 100 rounds, three seeds: {min(float(e[0]) for e in ends):.2f} to {max(float(e[0]) for e in ends):.2f}"
    )

# %% [markdown]
# **Notice** the printed lines: the generator's loss in the collapsed runs is no higher than in the good ones, although hardly any of their points lies near a place. A generator's loss compares it with *its own* judge of that moment, and this judge
# is bad. Losses of two runs, or of two rounds of one run, are measured with two different rulers. Look at samples, count what they cover, or use a ruler that does not move (section 13).

# %% [markdown]
# ## 9. Convolutions that draw
#
# So far the generator was a few dense layers. For larger images Radford, Metz and Chintala (2016) found a recipe that trains, the **DCGAN**. A generator grows an image: 100 numbers become a map of $4 \times 4$ places with many channels, and each further layer doubles height and
# width and halves the channels. What doubles is a *transposed* convolution. A convolution with kernel $K$, stride $S$ and padding $P$ reads $K$ places for each output; a transposed one *writes* $K$ places for each input, at distances of $S$, and cuts $P$ from each side:
#
# $$n' = (n - 1)\, S - 2P + K .$$
#
# | layer of the generator (64 x 64) | kernel, stride, padding | out | | layer of the discriminator | kernel, stride, padding | out |
# |---|---|---|---|---|---|---|
# | transposed, batch norm, ReLU | 4, 1, 0 | $8w \times 4 \times 4$ | | convolution, leaky ReLU 0.2 | 4, 2, 1 | $w \times 32 \times 32$ |
# | transposed, batch norm, ReLU | 4, 2, 1 | $4w \times 8 \times 8$ | | convolution, batch norm, leaky ReLU | 4, 2, 1 | $2w \times 16 \times 16$ |
# | transposed, batch norm, ReLU | 4, 2, 1 | $2w \times 16 \times 16$ | | convolution, batch norm, leaky ReLU | 4, 2, 1 | $4w \times 8 \times 8$ |
# | transposed, batch norm, ReLU | 4, 2, 1 | $w \times 32 \times 32$ | | convolution, batch norm, leaky ReLU | 4, 2, 1 | $8w \times 4 \times 4$ |
# | transposed, tanh | 4, 2, 1 | $c \times 64 \times 64$ | | convolution | 4, 1, 0 | $1 \times 1 \times 1$ |
#
# There is no pooling, no dense layer and no bias in any convolution. Batch norm stands neither at the generator's output nor at the discriminator's input: there the pixels' own mean and
# spread matter. For another size $2^m$ the table has more or fewer of the middle rows. All weights of convolutions start as draws from $\mathcal N(0, 0.02^2)$, the scales of batch norm from $\mathcal N(1, 0.02^2)$, and its shifts at 0.
#
# **Example.** From 4 to 8: $(4 - 1) \cdot 2 - 2 \cdot 1 + 4 = 8$. From 1 to 4: $(1 - 1) \cdot 1 - 0 + 4 = 4$.

# %% [markdown]
# ### Account
#
# A transposed convolution from $a$ to $b$ channels has $16ab$ weights, batch norm over $b$ channels $2b$. At 64 x 64 with 100 latents, $w = 64$, $c = 3$:
#
# $$16\,(100 \cdot 512 + 512 \cdot 256 + 256 \cdot 128 + 128 \cdot 64 + 64 \cdot 3) + 2\,(512 + 256 + 128 + 64) = 3{,}576{,}704 .$$
#
# The discriminator has 2,765,568. You will write the count as a formula for every size, without building a network.

# %% [markdown]
# ### Exercise `dcgan`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 7 | 30 min | 1 s | everything in PyTorch |
#
# **Difficulty** ●●○ · **importance** ●●○
#
# **What.** The size after a transposed convolution, generator and discriminator, and the generator's number of parameters.
#
# **Why.** Nearly every network that draws has layers like these.
#
# **Details.** `size` is 8, 16, 32, 64, 128 and so on. For `size` $= 4 \cdot 2^m$ the first map of the generator has $2^{m-1} w$ channels. Modules hold the layers of the table and nothing else that has parameters, made in the order in which data meet them. The
# generator maps $(N, \text{latent})$ to $(N, c, \text{size}, \text{size})$ with values in $-1 \dots 1$; the discriminator maps images to logits $(N,)$, without a sigmoid. Leaky ReLU has the slope 0.2. Batch norm is `nn.BatchNorm2d` as PyTorch makes it, with its epsilon and its running statistics, so that in evaluation an image does not depend on its batch. `generator_parameters`
# is a formula: it also counts a network that no computer could hold; it need not refuse a size.


# %% nbgrader={"grade": false, "grade_id": "dcgan_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def transposed_size(n: int, kernel: int, stride: int, padding: int) -> int:
    """Height or width of a transposed convolution's output for an input of n."""
    ### BEGIN SOLUTION
    return (n - 1) * stride - 2 * padding + kernel
    ### END SOLUTION


class DCGANGenerator(nn.Module):
    """Latents to images of size x size.

    Args:
        latent: numbers that an image is drawn from.
        width: channels of the map of half the image's size.
        channels: channels of the image.
        size: its height and width.

    Raises:
        ValueError: if size is not 8, 16, 32, ...

    Source: Radford, Metz and Chintala (2016).
    """

    def __init__(self, latent: int = 100, width: int = 64, channels: int = 3, size: int = 64):
        ### BEGIN SOLUTION
        super().__init__()
        doublings = (size // 4).bit_length() - 1
        if doublings < 1 or size != 4 * 2**doublings:
            raise ValueError(f"an image's size is 8, 16, 32, ..., not {size}")
        now = width * 2 ** (doublings - 1)
        layers = [nn.ConvTranspose2d(latent, now, 4, 1, 0, bias=False), nn.BatchNorm2d(now), nn.ReLU()]
        for _ in range(doublings - 1):
            layers += [
                nn.ConvTranspose2d(now, now // 2, 4, 2, 1, bias=False),
                nn.BatchNorm2d(now // 2),
                nn.ReLU(),
            ]
            now //= 2
        layers += [nn.ConvTranspose2d(now, channels, 4, 2, 1, bias=False), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        for layer in layers:
            if isinstance(layer, nn.ConvTranspose2d):
                nn.init.normal_(layer.weight, 0.0, 0.02)
            elif isinstance(layer, nn.BatchNorm2d):
                nn.init.normal_(layer.weight, 1.0, 0.02)
        ### END SOLUTION

    def forward(self, z: Float[Tensor, "N latent"]) -> Float[Tensor, "N C S S"]:
        ### BEGIN SOLUTION
        return self.layers(z[:, :, None, None])
        ### END SOLUTION


class DCGANDiscriminator(nn.Module):
    """Images of size x size to one logit each; arguments and errors as the generator's."""

    def __init__(self, width: int = 64, channels: int = 3, size: int = 64):
        ### BEGIN SOLUTION
        super().__init__()
        halvings = (size // 4).bit_length() - 1
        if halvings < 1 or size != 4 * 2**halvings:
            raise ValueError(f"an image's size is 8, 16, 32, ..., not {size}")
        layers, now = [nn.Conv2d(channels, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)], width
        for _ in range(halvings - 1):
            layers += [
                nn.Conv2d(now, 2 * now, 4, 2, 1, bias=False),
                nn.BatchNorm2d(2 * now),
                nn.LeakyReLU(0.2),
            ]
            now *= 2
        layers.append(nn.Conv2d(now, 1, 4, 1, 0, bias=False))
        self.layers = nn.Sequential(*layers)
        for layer in layers:
            if isinstance(layer, nn.Conv2d):
                nn.init.normal_(layer.weight, 0.0, 0.02)
            elif isinstance(layer, nn.BatchNorm2d):
                nn.init.normal_(layer.weight, 1.0, 0.02)
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "N C S S"]) -> Float[Tensor, "N"]:
        ### BEGIN SOLUTION
        return self.layers(x).flatten()
        ### END SOLUTION


def generator_parameters(latent: int = 100, width: int = 64, channels: int = 3, size: int = 64) -> int:
    """Number of parameters of the generator, by formula: no network is built."""
    ### BEGIN SOLUTION
    now = width * size // 8
    total = 16 * latent * now + 2 * now
    while now > width:
        total += 16 * now * (now // 2) + 2 * (now // 2)
        now //= 2
    return total + 16 * width * channels
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "dcgan", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
check("dcgan")

# %% [markdown]
# <a id="hints-dcgan"></a>
# <details><summary>Hint 1: latents are not a map</summary>
#
# `z[:, :, None, None]` makes $(N, \text{latent}, 1, 1)$ of $(N, \text{latent})$.
# </details>
# <details><summary>Hint 2: the count is too large</summary>
#
# `bias=False` in every convolution, no batch norm after the last layer, none after the discriminator's first.
# </details>
# <details><summary>Hint 3: a batch of one gives a number without an axis</summary>
#
# `squeeze()` removes the axis of the batch too where $N = 1$. `flatten()` does not.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_dcgan", "locked": true, "schema_version": 3, "solution": false, "task": false}
sizes = (8, 16, 32, 64, 128, 256)
counts = [generator_parameters(size=size) for size in sizes]
_, axes = plt.subplots(1, 3, figsize=(12, 3.2), gridspec_kw={"width_ratios": [1.3, 1, 1]})
axes[0].plot(sizes, counts, "o-", color=BLUE)
axes[0].set(
    xlabel="size of the image",
    ylabel="parameters of the generator",
    xscale="log",
    yscale="log",
    xticks=sizes,
    xticklabels=sizes,
)
unevenness = {}
for ax, kernel, padding in ((axes[1], 3, 1), (axes[2], 4, 1)):
    written = torch.ones(1, 1, 9, 9)
    with torch.no_grad():
        written = F.conv_transpose2d(written, torch.ones(1, 1, kernel, kernel), stride=2, padding=padding)[
            0, 0
        ]
    inner = written[2:-2, 2:-2]
    unevenness[kernel] = float(inner.max() / inner.min())
    ax.imshow(written, cmap="Blues", vmin=0, vmax=4.5)
    ax.set(title=f"kernel {kernel}, stride 2", xticks=[], yticks=[])
show(
    "Left: parameters against the size of the image on logarithmic axes, rising ever more steeply. Middle and right: how often each output pixel of a transposed "
    "convolution is written. With kernel 3 and stride 2 there is a checkerboard, with kernel 4 an even surface with a paler rim."
)
print(f"parameters at 64 x 64: {generator_parameters()}; at 128 x 128: {generator_parameters(size=128)}")
print(
    f"writes of the most over the least written inner pixel: kernel 3: {unevenness[3]:.0f}, kernel 4: {unevenness[4]:.0f}"
)
first_share = (16 * 100 * 512 + 2 * 512 + 16 * 512 * 256 + 2 * 256) / generator_parameters()
print(f"share of the two first layers: {first_share:.2f}")

# %% [markdown]
# **Notice** the checkerboard in the middle (a figure of Odena, Dumoulin and Olah, 2016): with kernel 3 and stride 2 some pixels are written four times and others once, and a network must learn to undo it. With a kernel that the stride divides, all inner pixels
# are written equally often. That is why DCGAN has kernel 4. Four fifths of the parameters sit in the first two layers, where the map has 16 and 64 places.
#
# <details><summary>Why are there no parameters in the tanh, and why is it there?</summary>
#
# It fits the range of the pixels, scaled to $-1 \dots 1$. Data in $0 \dots 1$ against a generator of $-1 \dots 1$ would let the discriminator win by the range alone.
# </details>

# %% [markdown]
# ## 10. A critic with a limited slope
#
# Section 6 ended with a divergence that is flat where the two densities do not meet. The **Wasserstein distance** is not: it is the least mean distance over which the one density's mass must be carried to become the other's. Two points at a distance of 5 are 5 apart, at 50 they are
# 50 apart. Its dual form (Kantorovich and Rubinstein) is a game again,
#
# $$W(p, q) = \max_{\lVert \nabla f \rVert \le 1} \; \mathbb E_{x \sim p}\big[f(x)\big] - \mathbb E_{x \sim q}\big[f(x)\big],$$
#
# with a **critic** $f$ that gives scores of any size, not logits, and whose slope is nowhere above 1. How does one keep a network's slope below 1?
#
# - **Clipping** (Arjovsky et al., 2017): after each update of the critic, every parameter is cut to $[-c, c]$.
# - **Gradient penalty** (Gulrajani et al., 2017): the best critic has a slope of exactly 1 almost everywhere between the two densities. So the critic's loss is charged for slopes other than 1, at random points between real and made samples:
#
# $$\hat x_i = \epsilon_i x_i + (1 - \epsilon_i)\, \tilde x_i, \quad \epsilon_i \sim \text{uniform}(0, 1), \qquad R = \frac1N \sum_i \big(\lVert \nabla_{\hat x} f(\hat x_i) \rVert_2 - 1\big)^2 .$$
#
# The critic minimises $\mathbb E_q f - \mathbb E_p f + \lambda R$, usually with $\lambda = 10$. The one-sided form charges only slopes above 1: $\max(0, \lVert \nabla f \rVert - 1)^2$.
#
# **Example.** The critic $f(x) = 3 x_1 + 4 x_2$ has the slope 5 everywhere: $R = 16$. The critic $f = 0.6\, x_1$ has $R = 0.16$, one-sided 0.

# %% [markdown]
# ### A toy: how far is far?
#
# Two clouds of 1,000 points on a line, ever farther apart. On a line the Wasserstein distance of two equally large sets is the mean distance of the sorted points. Three lines compute it.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_far", "locked": true, "schema_version": 3, "solution": false, "task": false}
random = torch.Generator().manual_seed(0)
for distance in (0.0, 1.0, 5.0, 50.0):
    a, b = torch.randn(1000, generator=random), distance + torch.randn(1000, generator=random)
    print(
        f"means {distance:4.1f} apart: Wasserstein distance {float((a.sort()[0] - b.sort()[0]).abs().mean()):.2f}"
    )

# %% [markdown]
# ### Exercise `gradient_penalty`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 7 | 30 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●●● · **importance** ●●●
#
# **What.** The points between, the penalty, and the clipping that came before it.
#
# **Details.** Samples have any number of axes after the first: points (N, d), images (N, C, H, W). `between` draws one $\epsilon$ for each *sample*, the same for all its values; all are independent. The result has no graph, even where real or made samples have one. A
# critic maps a batch to one score for each sample, as (N,) or as (N, 1), each from its own sample alone. The norm is taken over all values of a sample, the mean over the samples.
# Gradients of the penalty reach the critic's parameters. Where a critic is flat, its slope is 0 and the two-sided penalty 1, never NaN, and its gradient is finite; a critic need not use its input at all: then it is flat too. The penalty works where gradients are
# switched off, and leaves no gradient in anybody's parameters. One-sided, each sample's excess is cut at 0 by itself. `clip_weights` cuts every parameter of a network to $[-c, c]$, frozen ones too, in place and without a graph.
#
# **Why.** The same few lines stand in every network with a penalty on its slope, in physics too.


# %% nbgrader={"grade": false, "grade_id": "gradient_penalty_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def between(
    real: Float[Tensor, "N *shape"], fake: Float[Tensor, "N *shape"], random: torch.Generator | None = None
) -> Float[Tensor, "N *shape"]:
    """A random point on the line from each real sample to its made one, without a graph.

    Args:
        random: draws one number for each sample, uniform between 0 and 1; the global generator if None.

    Source: Gulrajani et al. (2017), algorithm 1, line 6.
    """
    ### BEGIN SOLUTION
    shape = (len(real),) + (1,) * (real.dim() - 1)
    epsilon = torch.rand(shape, generator=random, dtype=real.dtype)
    return (epsilon * real + (1 - epsilon) * fake).detach()
    ### END SOLUTION


def gradient_penalty(
    critic: Callable[[Tensor], Tensor], x: Float[Tensor, "N *shape"], one_sided: bool = False
) -> Float[Tensor, ""]:
    """Mean over the samples of (slope - 1)^2, where the slope is the norm of the critic's gradient at x.

    Args:
        critic: maps a batch to scores (N,) or (N, 1).
        one_sided: charge only slopes above 1.

    Source: Gulrajani et al. (2017), equation 3.
    """
    ### BEGIN SOLUTION
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        scores = critic(x).sum() + 0 * x.sum()
        (gradient,) = torch.autograd.grad(scores, x, create_graph=True)
        excess = torch.linalg.vector_norm(gradient.flatten(1), dim=1) - 1
        if one_sided:
            excess = F.relu(excess)
        return (excess**2).mean()
    ### END SOLUTION


def clip_weights(network: nn.Module, c: float) -> None:
    """Cut every parameter to [-c, c], in place.

    Source: Arjovsky et al. (2017), algorithm 1, line 7.
    """
    ### BEGIN SOLUTION
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.clamp_(-c, c)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "gradient_penalty", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
check("gradient_penalty")

# %% [markdown]
# <a id="hints-gradient_penalty"></a>
# <details><summary>Hint 1: the penalty changes, the critic does not care</summary>
#
# The gradient in $x$ must itself be a function of the parameters, with a graph of its own: `create_graph=True`.
# </details>
# <details><summary>Hint 2: one gradient for each sample</summary>
#
# The scores of different samples do not see each other, so the gradient of their *sum* holds the gradient of each in its own row.
# </details>
# <details><summary>Hint 3: NaN, "does not require grad", "unused"</summary>
#
# The square root has an infinite slope at 0; `torch.linalg.vector_norm` knows that the norm's gradient may be taken as 0 there. A critic that does not use $x$ has no graph to it: adding `0 * x.sum()` makes one.
# </details>

# %% [markdown]
# ### Clipping fails, for all to see
#
# Gulrajani et al. trained critics on a toy: the ring, against the ring with normal noise, both held still, and looked at the weights (their figure 1b). Critics with three hidden layers, three seeds each: clipped at 0.1, clipped at 0.01, or with a penalty of 10.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_clipping", "locked": true, "schema_version": 3, "solution": false, "task": false}
bounds = {"clipped at 0.1": 0.1, "clipped at 0.01": 0.01, "penalty": None}
critics, start = {}, time.perf_counter()
for seed in range(3):
    for name, bound in bounds.items():
        torch.manual_seed(seed)
        random = torch.Generator().manual_seed(seed)
        critic = nn.Sequential(
            nn.Linear(2, 48),
            nn.ReLU(),
            nn.Linear(48, 48),
            nn.ReLU(),
            nn.Linear(48, 48),
            nn.ReLU(),
            nn.Linear(48, 1),
        )
        adam = torch.optim.Adam(critic.parameters(), 2e-3, betas=(0.0, 0.9))
        for _ in range(300):
            real = 2 * ring_of_eight(128, random, 0.04)
            made = 2 * ring_of_eight(128, random, 0.04) + torch.randn(128, 2, generator=random)
            loss = critic(made).mean() - critic(real).mean()
            if bound is None:
                loss = loss + 10 * gradient_penalty(critic, between(real, made, random))
            adam.zero_grad()
            loss.backward()
            adam.step()
            if bound is not None:
                clip_weights(critic, bound)
        critics[name, seed] = critic
        progress(len(critics), 9, start)


def weights_of(critic):
    """All weights of a critic, without the biases."""
    return torch.cat([layer.weight.detach().flatten() for layer in critic if isinstance(layer, nn.Linear)])


random = torch.Generator().manual_seed(5)
real = 2 * ring_of_eight(2000, random, 0.04)
made = 2 * ring_of_eight(2000, random, 0.04) + torch.randn(2000, 2, generator=random)
_, axes = plt.subplots(1, 4, figsize=(13, 2.6))
for k, (name, bound) in enumerate(bounds.items()):
    slopes = []
    for seed in range(3):
        x = between(real, made, random).requires_grad_()
        (gradient,) = torch.autograd.grad(critics[name, seed](x).sum(), x)
        slopes.append(gradient.norm(dim=1))
    axes[k].hist(weights_of(critics[name, 0]).tolist(), 41, color=(RED, ORANGE, BLUE)[k])
    axes[k].set(title=f"{name}: weights", yticks=[])
    axes[3].hist(slopes[0].tolist(), 40, range=(0, 2), color=(RED, ORANGE, BLUE)[k], alpha=0.6, label=name)
    means = [float(slope.mean()) for slope in slopes]
    print(f"{name}: mean slope between real and made, three seeds: {min(means):.4f} to {max(means):.4f}")
    if bound is not None:
        shares = [
            float(((weights_of(critics[name, seed]).abs() / bound - 1).abs() < 0.01).float().mean())
            for seed in range(3)
        ]
        print(f"{name}: share of weights at the bounds, least of three seeds: {min(shares):.2f}")
axes[3].set(title="slopes", yticks=[])
axes[3].legend()
show(
    "Histograms. The weights of both clipped critics pile up at their two bounds, those of the penalised critic make one hump around 0. On the right the slopes: near 1 for the penalised critic, spread out "
    "below it for the one clipped at 0.1, and all at 0 for the one clipped at 0.01."
)

# %% [markdown]
# **Notice** the weights: more than half of those of the critic clipped at 0.1 sit at one of the two bounds, with each seed. It wants a steeper slope than it is allowed, and pushes every weight to the limit: what is left to choose are signs. The mean slope of the penalised critics is near 1. With a bound ten times
# smaller the slope is not ten times smaller but below 0.002: it all but vanishes.
#
# <details><summary>Why is a bound so hard to choose?</summary>
#
# The slope is at most the product of the layers' norms. With four layers of weights a bound ten times smaller makes this product $10^4$ times smaller. A bound a little too small makes the slope vanish exponentially with the depth, a little too large lets it explode. The penalty acts on the slope itself.
# </details>

# %% [markdown]
# ## 11. To draw what is asked
#
# A **conditional** generator is told what to draw: $G(z, y)$. The judge is told too, $f(x, y)$, and asks: is this a real image *of a $y$*? (Mirza and Osindero, 2014.) A label enters a dense network as a vector beside the other inputs, one-hot or learned (`nn.Embedding`). A judge that is
# not told would take any good digit for real, and nothing would make the generator listen.
#
# To be recognised is not enough. A generator that draws one perfect 3, one perfect 7, and so on, is recognised always. So two numbers decide here:
#
# - **recognised**: the share of samples that a classifier of the grader's gives the class that was asked for;
# - **diversity**: the mean distance of two samples of one class, over the mean distance of two real images of it, averaged over the classes. Real images have 1, a generator with one drawing for each class 0.
#
# ### Given: a charge on the slope at real images
#
# Section 8's toy showed that a charge on the judge's slope *at the data* stops the circling. For images it is the **R1** penalty (Mescheder et al., 2018), a simpler relative of your gradient penalty: no points between, no norm of 1.


# %% nbgrader={"grade": false, "grade_id": "given_r1", "locked": true, "schema_version": 3, "solution": false, "task": false}
def r1_penalty(
    discriminator: Callable[[Tensor, Tensor], Tensor], images: Float[Tensor, "N D"], labels: Int[Tensor, "N"]
) -> Float[Tensor, ""]:
    """Half of the mean squared slope of the discriminator at real images; its gradient reaches the parameters.

    Source: Mescheder, Geiger and Nowozin (2018), equation 9.
    """
    x = images.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(discriminator(x, labels).sum(), x, create_graph=True)
    return 0.5 * (gradient**2).sum(1).mean()


# %% [markdown]
# ### Exercise `conditional`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 6 | 30 min | 8 s | everything in PyTorch |
#
# **Difficulty** ●●● · **importance** ●●○
#
# **What.** The two networks, and their training.
#
# **Details of the networks.** Any architecture, as long as shapes are those of the signatures and each sample depends on its own inputs alone, so no batch norm. Images are rows of pixels in [0, 1], and the generator's lie in [0, 1] for any noise. Both networks depend on *both* inputs, for every
# class; a label is a whole number from 0 to `n_classes` - 1, of which a batch, and the data, need not hold all. Two calls with the same inputs have the same output, in training too, so no dropout. Every parameter is reached by gradients, where all classes are in the batch.
#
# **Details of the training.** `train_conditional` makes both networks (their weights come from the global random generator, which you do not seed; batches and noise come from `random`), trains them for `n_steps` discriminator steps with as many generator steps, and returns the generator. It leaves images and labels as they are. How it trains is up to you; a recipe that
# works: non-saturating losses plus `r1_penalty`, batches of 64 drawn with replacement, made images with the *labels they were made for*, Adam with a rate of 2e-3 and `betas=(0.0, 0.99)` for both, 16 latents, two hidden layers of 128. 800 steps take about 7 s.
#
# **What decides.** The grader permutes the pixels and renames the classes. After 800 steps at least 85% of 1,000 samples are recognised, with a diversity of at least 0.65; after 500 steps at least 70% are recognised. Fewer than 5% of the samples may be images of the data, copied.


# %% nbgrader={"grade": false, "grade_id": "conditional_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
class ConditionalGenerator(nn.Module):
    """Noise (N, n_latent) and labels (N,) to images (N, n_pixels) in [0, 1]."""

    def __init__(self, n_latent: int, n_classes: int, n_pixels: int, width: int = 128):
        ### BEGIN SOLUTION
        super().__init__()
        self.n_classes = n_classes
        self.layers = nn.Sequential(
            nn.Linear(n_latent + n_classes, width),
            nn.ReLU(),
            nn.Linear(width, width),
            nn.ReLU(),
            nn.Linear(width, n_pixels),
        )
        ### END SOLUTION

    def forward(self, z: Float[Tensor, "N latent"], labels: Int[Tensor, "N"]) -> Float[Tensor, "N D"]:
        ### BEGIN SOLUTION
        told = F.one_hot(labels, self.n_classes).to(z.dtype)
        return torch.sigmoid(self.layers(torch.cat([z, told], 1)))
        ### END SOLUTION


class ConditionalDiscriminator(nn.Module):
    """Images (N, n_pixels) and labels (N,) to logits (N,)."""

    def __init__(self, n_pixels: int, n_classes: int, width: int = 128):
        ### BEGIN SOLUTION
        super().__init__()
        self.n_classes = n_classes
        self.layers = nn.Sequential(
            nn.Linear(n_pixels + n_classes, width),
            nn.LeakyReLU(0.2),
            nn.Linear(width, width),
            nn.LeakyReLU(0.2),
            nn.Linear(width, 1),
        )
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "N D"], labels: Int[Tensor, "N"]) -> Float[Tensor, "N"]:
        ### BEGIN SOLUTION
        told = F.one_hot(labels, self.n_classes).to(x.dtype)
        return self.layers(torch.cat([x, told], 1))[:, 0]
        ### END SOLUTION


def train_conditional(
    images: Float[Tensor, "M D"],
    labels: Int[Tensor, "M"],
    n_classes: int,
    n_latent: int = 16,
    n_steps: int = 800,
    random: torch.Generator | None = None,
) -> ConditionalGenerator:
    """Train a conditional generator from nothing; returns it.

    Args:
        images: pixels in [0, 1].
        random: draws batches and noise; the global generator if None.
    """
    ### BEGIN SOLUTION
    generator = ConditionalGenerator(n_latent, n_classes, images.shape[1])
    discriminator = ConditionalDiscriminator(images.shape[1], n_classes)
    for_generator = torch.optim.Adam(generator.parameters(), 2e-3, betas=(0.0, 0.99))
    for_discriminator = torch.optim.Adam(discriminator.parameters(), 2e-3, betas=(0.0, 0.99))
    for _ in range(n_steps):
        index = torch.randint(len(images), (64,), generator=random)
        real, asked = images[index], labels[index]
        with torch.no_grad():
            fake = generator(torch.randn(64, n_latent, generator=random), asked)
        loss = F.softplus(-discriminator(real, asked)).mean() + F.softplus(discriminator(fake, asked)).mean()
        loss = loss + r1_penalty(discriminator, real, asked)
        for_discriminator.zero_grad()
        loss.backward()
        for_discriminator.step()
        asked = torch.randint(n_classes, (64,), generator=random)
        fake = generator(torch.randn(64, n_latent, generator=random), asked)
        loss = F.softplus(-discriminator(fake, asked)).mean()
        for_generator.zero_grad()
        loss.backward()
        for_generator.step()
    return generator
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "conditional", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("conditional")

# %% [markdown]
# <a id="hints-conditional"></a>
# <details><summary>Hint 1: good digits, but not those asked for</summary>
#
# Does the judge see the label? And is a made image judged with the label it was *made for*?
# </details>
# <details><summary>Hint 2: one drawing for each class</summary>
#
# Is the penalty part of the loss that is differentiated? Is new noise drawn in each step?
# </details>
# <details><summary>Hint 3: labels are numbers</summary>
#
# Class 7 is not larger than class 3. As a single number beside the pixels a label is nearly invisible; `F.one_hot` or `nn.Embedding` give it a direction of its own.
# </details>

# %% [markdown]
# ### Two generators of digits, and real ones
#
# The same data, two ways: your conditional adversarial network and, as a baseline, a conditional variational autoencoder. Besides the two numbers above, **precision** asks how many samples lie among real images, **recall** how many real images lie among
# samples (Kynkäänniemi et al., 2019): a point lies among others where it is nearer to one of them than this one's fifth nearest neighbour of its own kind.


# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_conditional_vae", "locked": true, "schema_version": 3, "solution": false, "task": false}
class ConditionalVAE(nn.Module):
    """The autoencoder of section 4, told the class on both sides; `forward` is its generator."""

    def __init__(self, n_latent=8, width=128):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(74, width), nn.ReLU(), nn.Linear(width, 2 * n_latent))
        self.decoder = nn.Sequential(nn.Linear(n_latent + 10, width), nn.ReLU(), nn.Linear(width, 64))

    def forward(self, z, labels):
        return torch.sigmoid(self.decoder(torch.cat([z, F.one_hot(labels, 10).float()], 1)))

    def loss(self, x, labels, random):
        mu, logvar = self.encoder(torch.cat([x, F.one_hot(labels, 10).float()], 1)).chunk(2, 1)
        z = mu + (logvar / 2).exp() * torch.randn(mu.shape, generator=random)
        misfit = ((x - self(z, labels)) ** 2).sum(1) / (2 * 0.15**2)
        return (misfit + 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)).mean()


torch.manual_seed(0)
random, start = torch.Generator().manual_seed(0), time.perf_counter()
conditional_vae = ConditionalVAE()
adam = torch.optim.Adam(conditional_vae.parameters(), 2e-3)
for step in range(600):
    index = torch.randint(len(fit_x), (128,), generator=random)
    adam.zero_grad()
    conditional_vae.loss(fit_x[index], fit_y[index], random).backward()
    adam.step()
    progress(step + 1, 600, start)
torch.manual_seed(0)
gan = train_conditional(fit_x, fit_y, 10, random=random)

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_conditional", "locked": true, "schema_version": 3, "solution": false, "task": false}
from sklearn.svm import SVC

classifier = SVC().fit(fit_x.numpy(), fit_y.numpy())


def spread(x):
    """Mean distance of two rows."""
    return float(torch.pdist(x).mean())


def among(points, others, k=5):
    """Share of the points that are nearer to one of the others than this one's k-th neighbour among the others."""
    radius = torch.cdist(others, others).sort(1)[0][:, k]
    return float((torch.cdist(points, others) <= radius).any(1).float().mean())


asked = torch.arange(1000) % 10
drawn = {"real": (choose_x, choose_y)}
with torch.no_grad():
    for name, generator, n_latent in (("adversarial", gan, 16), ("variational", conditional_vae, 8)):
        drawn[name] = generator(torch.randn(1000, n_latent, generator=random), asked), asked
print("                  recognised  diversity  precision  recall")
for name, (x, y) in drawn.items():
    recognised = float((classifier.predict(x.numpy()) == y.numpy()).mean())
    diversity = sum(spread(x[y == k]) / spread(fit_x[fit_y == k]) for k in range(10)) / 10
    print(
        f"{name + ':':18}{recognised:10.2f} {diversity:10.2f} {among(x, fit_x):10.2f} {among(fit_x, x):7.2f}"
    )
_, axes = plt.subplots(6, 10, figsize=(9, 5))
for pair, (name, (x, y)) in enumerate(drawn.items()):
    for k in range(10):
        for row in range(2):
            show_images([axes[2 * pair + row, k]], x[y == k][row : row + 1])
    axes[2 * pair, 0].set_ylabel(name, fontsize=8)
show(
    "Two images of each of the ten digits in three pairs of rows: real ones, those of the adversarial network, and those of the variational autoencoder. "
    "Most are legible; those of the autoencoder are smoother than real ones."
)

# %% [markdown]
# **Notice** the table: both are recognised nearly always, and the autoencoder's images are less diverse than those of the adversarial network. It draws the *mean* of what it is unsure of, so its images are smoother. Try your training once without the penalty, and look at the diversity.
#
# <details><summary>Could a generator that remembers the training images and shows them again be found out by these four numbers?</summary>
#
# No. It would be recognised, diverse, precise, and have full recall. One has to look for the nearest training image of each sample, and compare the distance with that of held-out images.
# </details>

# %% [markdown]
# ## 12. The limit without a penalty
#
# The penalty of the last section limits the critic's slope where it is measured. Miyato et al. (2018) limit it everywhere, by the weights. A linear layer $x \mapsto W x$ stretches no vector by more than the largest singular value $\sigma(W)$ of its matrix. ReLU stretches nothing. So if every $W$
# is replaced by $W / \sigma(W)$, the whole network has a slope of at most 1.
#
# A decomposition in every step is dear. **Power iteration** needs two products: start with any $u$, then
#
# $$v \leftarrow \frac{W^\top u}{\|W^\top u\|}, \qquad u \leftarrow \frac{W v}{\|W v\|}, \qquad \sigma \approx u^\top W v .$$
#
# Each round multiplies the part of $u$ along the second singular vector by $(\sigma_2 / \sigma_1)^2$, relative to the first. And weights move little from step to step of a training: keep $u$, and *one* round a step is enough.
#
# $u$ and $v$ are treated as constants, $\sigma = u^\top W v$ is not: its gradient in $W$ is $u v^\top$. (At the true singular vectors that is the exact gradient, since $\sigma$ does not change to first order when $u$ and $v$ turn.)
#
# **Example.** $W = \mathrm{diag}(3, 1)$, $u = (1, 1)/\sqrt 2$: $v = (3, 1)/\sqrt{10}$, $W v = (9, 1)/\sqrt{10}$, $u = (9, 1)/\sqrt{82}$, $\sigma \approx \sqrt{82/10} = 2.864$. One more round: 2.998.

# %% [markdown]
# ### Exercise `spectral_norm`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 5 | 20 min | 0.5 s | everything else in PyTorch | `nn.utils.spectral_norm`, `nn.utils.parametrizations`, ready-made decompositions, inverses and solvers (`torch.linalg`, `torch.svd`, `torch.inverse`, ...), matrix norms of `torch.linalg` and `numpy.linalg`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●●○
#
# **What.** Power iteration, and a linear layer whose matrix has the spectral norm 1.
#
# **Why.** It is the cheapest way of limiting a network's slope, and the most used.
#
# **Details.** `power_iteration` first computes $v$ from $u$, then $u$ from $v$, `rounds` times, and $\sigma = u^\top W v$ at the end. `rounds` is 1 or more, $W$ is not 0, and it may be large or small, by a million; a $10^{-12}$ in a norm is too little to count; norms of *vectors* are allowed, `torch.linalg.norm` and `torch.linalg.vector_norm` too. $u$ and $v$ come back without a graph, $\sigma$ with one, in which they are constants. `SpectralLinear` has the parameters `weight` $(m, n)$ and `bias` $(m,)$, which start as those of
# `nn.Linear`, and a buffer `u` $(m,)$ of length 1 that starts at random. In training each call makes one round from `u`, stores the new one, and uses the $\sigma$ of that round. In evaluation a call changes nothing, so the same input has the same output: $\sigma$ then comes from the stored `u` and the $v$ that belongs to it. The bias is not divided. Two calls in training before one `backward` must be possible.


# %% nbgrader={"grade": false, "grade_id": "spectral_norm_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def power_iteration(
    weight: Float[Tensor, "m n"], u: Float[Tensor, "m"], rounds: int = 1
) -> tuple[Float[Tensor, ""], Float[Tensor, "m"], Float[Tensor, "n"]]:
    """Estimates of the largest singular value and of its left and right singular vector, starting at u, not zero.

    Source: Miyato et al. (2018).
    """
    ### BEGIN SOLUTION
    with torch.no_grad():
        for _ in range(rounds):
            v = F.normalize(weight.T @ u, dim=0)
            u = F.normalize(weight @ v, dim=0)
    return u @ weight @ v, u, v
    ### END SOLUTION


class SpectralLinear(nn.Module):
    """A linear layer from n to m values whose matrix is divided by its largest singular value."""

    def __init__(self, n: int, m: int):
        ### BEGIN SOLUTION
        super().__init__()
        start = nn.Linear(n, m)
        self.weight, self.bias = start.weight, start.bias
        self.register_buffer("u", F.normalize(torch.randn(m), dim=0))
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "*batch n"]) -> Float[Tensor, "*batch m"]:
        ### BEGIN SOLUTION
        if self.training:
            sigma, self.u, _ = power_iteration(self.weight, self.u)
        else:
            v = F.normalize(self.weight.detach().T @ self.u, dim=0)
            sigma = self.u @ self.weight @ v
        return F.linear(x, self.weight / sigma, self.bias)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "spectral_norm", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("spectral_norm")

# %% [markdown]
# <a id="hints-spectral_norm"></a>
# <details><summary>Hint 1: sigma has no gradient</summary>
#
# The rounds run without a graph; the last product $u^\top W v$ does not.
# </details>
# <details><summary>Hint 2: u in the checkpoint, not among the parameters</summary>
#
# `self.register_buffer("u", ...)`: it is stored and moved with the module, and no optimiser touches it.
# </details>
# <details><summary>Hint 3: backward complains of a change in place</summary>
#
# Assign a new tensor to `self.u`. `self.u.copy_(...)` changes what the graph of the call before still needs.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_spectral_norm", "locked": true, "schema_version": 3, "solution": false, "task": false}
generator = torch.Generator().manual_seed(0)
_, axes = plt.subplots(1, 2, figsize=(11, 3))
late = []
for colour in (BLUE, ORANGE, GREEN):
    matrix = torch.randn(64, 100, generator=generator, dtype=torch.float64)
    u0, truth = (
        torch.randn(64, generator=generator, dtype=torch.float64),
        float(torch.linalg.matrix_norm(matrix, 2)),
    )
    errors = [1 - float(power_iteration(matrix, u0, rounds)[0]) / truth for rounds in range(1, 101)]
    late.append(errors[0])
    axes[0].plot(range(1, 101), errors, color=colour)
    # A training in small: the weights drift, and one round a step follows them.
    u, ratios = u0, []
    for _ in range(300):
        matrix = matrix + 0.02 * torch.randn(64, 100, generator=generator, dtype=torch.float64)
        sigma, u, _ = power_iteration(matrix, u)
        ratios.append(float(sigma) / float(torch.linalg.matrix_norm(matrix, 2)))
    axes[1].plot(ratios, color=colour, label=f"last: {ratios[-1]:.3f}")
    late.append(1 - min(ratios[100:]))
axes[0].set(xlabel="rounds", ylabel="relative error of sigma", yscale="log")
axes[1].axhline(1, color=GREY, linestyle=":")
axes[1].set(xlabel="step, one round each", ylabel="estimate over truth", ylim=(0.6, 1.02))
axes[1].legend()
show(
    "Left: the relative error of sigma falls with the rounds, from about a quarter to less than a hundredth. Right: with one round a step on a matrix that drifts, the "
    "estimate comes within a few percent of the truth after some tens of steps, and follows it."
)
kernel = torch.randn(8, 4, 3, 3, generator=generator, dtype=torch.float64)
image = torch.randn(1, 4, 16, 16, generator=generator, dtype=torch.float64)
for _ in range(300):  # power iteration on the convolution itself
    image = image / image.norm()
    image = F.conv_transpose2d(F.conv2d(image, kernel, padding=1), kernel, padding=1)
true_norm = float(image.norm().sqrt())
flat_norm = float(torch.linalg.matrix_norm(kernel.flatten(1), 2))
print(f"relative error after one round: {min(late[0::2]):.2f} to {max(late[0::2]):.2f}")
print(f"largest relative error after step 100 with one round a step, three matrices: {max(late[1::2]):.3f}")
print(
    f"a random convolution: norm {true_norm:.1f}, of its kernel flattened to a matrix {flat_norm:.1f}, ratio {true_norm / flat_norm:.2f}"
)

# %% [markdown]
# **Notice** that one round from a random $u$ is off by a fifth or more, and that one round a *step* is not: the estimate follows the drifting matrix. Notice the last line too. Public code flattens a convolution's kernel $(C', C, 3, 3)$ to a matrix and
# takes its norm. The convolution itself stretches some images nearly twice as much: a kernel's matrix is not the operator.
#
# <details><summary>The estimate is always below the truth. Is the layer then really limited to slope 1?</summary>
#
# Not quite: it is divided by a little too little, so its slope is a little above 1.
# </details>

# %% [markdown]
# ## 13. A distance between two sets of images
#
# A GAN has no likelihood, so how good are its samples? Heusel et al. (2017) compare *sets*. Map real and made images to features, describe each set by mean and covariance, and take the Fréchet distance between the two normal distributions:
#
# $$d^2 = \|\mu_1 - \mu_2\|^2 + \mathrm{tr}\big(C_1 + C_2 - 2\,(C_1 C_2)^{1/2}\big) .$$
#
# With the features of an Inception network this is the **FID**. The root is the trouble. $C_1 C_2$ is not symmetric where the two do not commute, and the root is not that of the single elements. But its trace is that of a symmetric matrix with the same
# eigenvalues: $\mathrm{tr}\,(C_1 C_2)^{1/2} = \mathrm{tr}\,\big(C_1^{1/2} C_2\, C_1^{1/2}\big)^{1/2}$. Two decompositions of symmetric matrices do it. Eigenvalues that rounding has made a little negative count as 0.
#
# **Example.** One feature: $d^2 = (\mu_1 - \mu_2)^2 + (\sigma_1 - \sigma_2)^2$, here of $\mathcal N(1, 4)$ and $\mathcal N(3, 1)$: $4 + (2 - 1)^2 = 5$.

# %% [markdown]
# ### Exercise `frechet`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 5 | 15 min | 0.2 s | everything in PyTorch, SciPy, NumPy |
#
# **Difficulty** ●●○ · **importance** ●●○
#
# **What.** The moments of a set of features, and the distance between two pairs of moments.
#
# **Why.** Nearly every paper on images reports it.
#
# **Details.** The covariance is divided by $N - 1$. There may be one feature alone. Features may lie far from 0. Covariances may be singular, large and small, down to $10^{-8}$, and need not commute. The distance is a real number in the dtype of the first mean; equal moments have the distance 0 up to rounding. In float32 the distance is computed in float64 and returned as float32, since the trace is a small
# difference of large numbers. It needs no gradient.


# %% nbgrader={"grade": false, "grade_id": "frechet_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def feature_moments(features: Float[Tensor, "N F"]) -> tuple[Float[Tensor, "F"], Float[Tensor, "F F"]]:
    """Mean and covariance, divided by N - 1, of a set of features.

    Raises:
        ValueError: for fewer than two samples, which have no covariance.
    """
    ### BEGIN SOLUTION
    if len(features) < 2:
        raise ValueError(f"a covariance needs two samples, not {len(features)}")
    mean = features.mean(0)
    centred = features - mean
    return mean, centred.T @ centred / (len(features) - 1)
    ### END SOLUTION


def frechet_distance(
    mean_1: Float[Tensor, "F"],
    covariance_1: Float[Tensor, "F F"],
    mean_2: Float[Tensor, "F"],
    covariance_2: Float[Tensor, "F F"],
) -> Float[Tensor, ""]:
    """Squared Fréchet distance of two normal distributions.

    Source: Dowson and Landau (1982); Heusel et al. (2017).
    """
    ### BEGIN SOLUTION
    m1, C1, m2, C2 = (t.detach().double() for t in (mean_1, covariance_1, mean_2, covariance_2))
    values, vectors = torch.linalg.eigh(C1)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    cross = torch.linalg.eigvalsh(root @ C2 @ root).clamp(min=0).sqrt().sum()
    return (((m1 - m2) ** 2).sum() + C1.trace() + C2.trace() - 2 * cross).to(mean_1.dtype)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "frechet", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("frechet")

# %% [markdown]
# <a id="hints-frechet"></a>
# <details><summary>Hint 1: the square root of a symmetric matrix</summary>
#
# $C = Q \Lambda Q^\top$ (`torch.linalg.eigh`) has the root $Q \Lambda^{1/2} Q^\top$. `C.sqrt()` takes the root of each element, which is something else.
# </details>
# <details><summary>Hint 2: NaN, or complex numbers</summary>
#
# A singular covariance has eigenvalues of 0, and rounding makes some of them $-10^{-17}$. Clamp them before the root.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_frechet", "locked": true, "schema_version": 3, "solution": false, "task": false}
mean20, components20, _ = pca(fit_x, 20)


def features(x):
    """The first 20 principal components: features that need no training."""
    return ((x - mean20) @ components20.T).double()


generator = torch.Generator().manual_seed(0)
reference = feature_moments(features(fit_x))
sets = {"test digits": test_x}
for noise in (0.1, 0.2):
    sets[f"with noise {noise}"] = test_x + noise * torch.randn(test_x.shape, generator=generator)
with torch.no_grad():
    sets["VAE, decoder's means"] = vae.decode(torch.randn(360, 2, generator=generator))
    sets["VAE, with its noise"] = vae.decode(torch.randn(360, 2, generator=generator)) + SD * torch.randn(
        360, 64, generator=generator
    )
sets["mean image"] = fit_x.mean(0).expand(360, -1)
distances = {
    name: float(frechet_distance(*reference, *feature_moments(features(x)))) for name, x in sets.items()
}
numbers = (25, 50, 100, 200, 400, 800)
curve = []
for number in numbers:
    values = []
    for _ in range(20):
        order = torch.randperm(len(fit_x), generator=generator)
        few = feature_moments(features(fit_x[order[:number]]))
        values.append(float(frechet_distance(*reference, *few)))
    curve.append(sum(values) / 20)
_, axes = plt.subplots(1, 2, figsize=(11, 3))
axes[0].barh(list(distances), list(distances.values()), color=BLUE)
axes[0].invert_yaxis()
axes[0].set(xlabel="squared Fréchet distance to the training digits")
axes[1].plot(numbers, curve, "o-", color=ORANGE)
axes[1].set(
    xlabel="samples",
    ylabel="distance of real digits to real digits",
    xscale="log",
    yscale="log",
    ylim=(min(curve) / 2, 2 * max(curve)),
)
show(
    "Left: distances of six sets to the training digits: the test digits are nearest, the VAE's images are further, and the mean image is furthest. Right: the distance of few real digits to all "
    "of them falls with their number."
)
for name, value in distances.items():
    print(f"{name}: {value:.3f}")
print(
    f"real digits against real ones: 25 samples {curve[0]:.2f}, 100 samples {curve[2]:.2f}, 800 samples {curve[-1]:.3f}"
)
print(f"25 samples over 400 samples: {curve[0] / curve[4]:.1f}")

# %% [markdown]
# **Notice** the right figure: it compares real digits with real digits. With 25 samples their distance is more than 15 times that with 400. A covariance from few samples is wrong in a way that makes the distance larger, always, so distances
# from different numbers of samples must not be compared.
#
# <details><summary>Noise on every pixel changes the distance less than one would think. Why?</summary>
#
# The features see 20 directions of 64. What the features do not see, the distance does not know. The same holds for Inception's features: they were made to tell dogs from cars.
# </details>

# %% [markdown]
# ## 14. Questions
#
# Answer in a few sentences. Numbers of your own runs are welcome.
#
# ### Question 1: the weight of the divergence (4 points)
#
# A colleague trains a VAE on your digits with $\beta = 0.05$. Her reconstructions are sharper than yours, and she reports "reconstruction minus $0.05 \cdot$ divergence" as a lower bound of $\log p(x)$.
#
# 1. Is it one? Is it one for $\beta = 4$? Give the reason with the signs. (2 points)
# 2. Her samples, decoded from $z \sim \mathcal N(0, I)$, look worse than yours. Explain with what the divergence does to the codes. (1 point)
# 3. Another colleague averages the squared error over the 64 pixels, uses $s = 1$, and sums the divergence over the latents. His divergence is 0 after an epoch. To what $\beta$ and what is it equal? (1 point)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written_weight", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Model answer.** The ELBO has the weight 1, and $\log p(x) \ge \text{reconstruction} - \mathrm{KL}$. The divergence is not negative, so with $\beta = 4$ something *more* is subtracted: the value lies below the ELBO and is still a bound, a looser one.
# With $\beta = 0.05$ less is subtracted: the value lies above the ELBO by $0.95 \cdot \mathrm{KL}$, which may be above $\log p(x)$. It is not a bound. (The ELBO of her model, with the weight 1, is one.)
#
# A small weight makes divergence cheap. The clouds $q(z \mid x)$ become small and move far apart, like the codes of a plain autoencoder: together they no longer look like the prior. Codes drawn from $\mathcal N(0, I)$ fall where no cloud was, and there the decoder was never trained.
#
# With $s = 1$ the reconstruction in the ELBO is $-\frac12 \sum (x - g)^2$. His is a mean, so it is $\frac1{64}$ of that sum (or $\frac{2}{64}$ without the half). Multiply his loss by 64: he has the sum, and the divergence with the weight 64 (32 without the half). The code costs more than it is worth, so it is not used.
#
# **Marks.**
# - Part 1: 1 for "not a bound" at 0.05 with the sign; 1 for "a bound, but looser" at 4. A bare yes or no: 0.
# - Part 2: 1 for codes that do not match the prior (gaps, far apart). "It overfits" alone: 0.
# - Part 3: 1 for 64, or 32 if the factor of a half is argued.
# ### END SOLUTION

# %% [markdown]
# ### Question 2: what do falling losses tell? (4 points)
#
# A colleague trains a generative adversarial network. Over ten hours the generator's loss (non-saturating) has fallen from 2.1 to 0.4 and stays there. The discriminator's loss is 1.7. "It converges", says the colleague.
#
# 1. What would the two losses be if the samples could not be told from the data? Which of the two players is too weak here, and how do you see it from 1.7? (2 points)
# 2. Give a training in which the generator's loss falls and the samples become worse, and say why the loss of an ordinary network, measured on held-out data, does not have this problem. (1 point)
# 3. Name a measurement that would tell whether training goes well, and one way in which it can be fooled. (1 point)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written_losses", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Model answer.** If samples and data cannot be told apart, the best judge says one half everywhere: the generator's loss is $-\log \frac12 = 0.693$, the discriminator's $2 \log 2 = 1.386$. A loss of 1.7 is *above* what the judge would have by always saying one half, without looking. So the judge is wrong
# more than it is right: it is too weak, or too slow. The generator's 0.4 says only that it fools this judge ($e^{-0.4} = 0.67$).
#
# Example: many generator steps for each discriminator step, or a discriminator with too small a rate. The generator runs to the one point that the judge likes at the moment: its loss is low, all samples are the same. The loss of an ordinary network compares its answers with labels that do not change. A generator's
# loss compares its samples with the opinion of a judge that changes with it.
#
# Example: the Frechet distance of features between samples and held-out data. It can be fooled by few samples (it is biased), or by remembered training images. Also good: precision and recall, places reached, looking at samples with their nearest training images, each with a weakness.
#
# **Marks.**
# - Part 1: 1 for 0.693 and 1.386; 1 for "the discriminator, as 1.7 is worse than not looking".
# - Part 2: 1 for a working example *with* the moving judge. Half of it: 0.5.
# - Part 3: 1 for a measurement of samples against data with a way to fool it. "Look at samples" without a weakness: 0.5.
# ### END SOLUTION

# %% [markdown]
# ## A surprise to end with
#
# The VAE has a likelihood, so it should know a digit when it sees one. Show it things that are not digits: an empty image, the mean of all digits, digits mixed with that mean, digits with the pixels shuffled, digits turned by a quarter, noise. The figure shows the bound for each.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_surprise", "locked": true, "schema_version": 3, "solution": false, "task": false}
generator = torch.Generator().manual_seed(0)
shuffle = torch.randperm(64, generator=generator)
strangers = {
    "test digits": test_x,
    "mean image": fit_x.mean(0).expand(360, -1),
    "half digit, half mean": 0.5 * test_x + 0.5 * fit_x.mean(0),
    "turned by a quarter": test_x.view(-1, 8, 8).rot90(1, (1, 2)).flatten(1),
    "pixels shuffled": test_x[:, shuffle],
    "empty": torch.zeros(360, 64),
    "uniform noise": torch.rand(360, 64, generator=generator),
}
_, ax = plt.subplots(figsize=(8, 3.2))
scores = {}
for name, x in strangers.items():
    scores[name] = [held_out_bound(model, x, 5)[0] for model in vaes]
values = [sum(s) / 3 for s in scores.values()]
ax.barh(list(scores), values, color=[BLUE, ORANGE, ORANGE, GREY, GREY, GREY, GREY])
ax.axvline(0, color=GREY, linewidth=0.8)
ax.invert_yaxis()
ax.set(xlabel="bound in nats, mean of three models", xscale="symlog")
show(
    "Bounds of seven sets of images. The mean image and digits mixed with it have higher bounds than real test digits; turned and shuffled digits, empty images and noise have lower ones."
)
for name, value in scores.items():
    print(f"{name}: [" + ", ".join(f"{v:.1f}" for v in value) + "]")
print(
    f"mean image above test digits, least of three models: {min(a - b for a, b in zip(scores['mean image'], scores['test digits'], strict=True)):.1f}"
)
print(
    f"mixtures above test digits, least of three models: {min(a - b for a, b in zip(scores['half digit, half mean'], scores['test digits'], strict=True)):.1f}"
)

# %% [markdown]
# **Notice** that the mean of all digits, a grey blur that nobody would take for a digit, has a *higher* likelihood than real digits, for all three models, and so have digits that were mixed with it half and half. The blur is never drawn: like the most likely state of many coins, it is likely as a point and has no volume. Nalisnick et al. (2019) saw the
# same in large models: simple images score above the data they were trained on. A likelihood is not a test of "have I seen this kind of thing".
#
# To go on, ungraded: take the mean code of your VAE for all images of a 3 and for all of an 8, and add their difference to the code of another digit. With two latents it works badly. From how many latents does it work? And what does the bound say about your results?

# %% [markdown]
# ## What you have read about
#
# - K. Pearson (1901), *On lines and planes of closest fit to systems of points in space*; P. Baldi and K. Hornik (1989), *Neural networks and principal component analysis*; M. Tipping and C. Bishop (1999), *Probabilistic principal component analysis*.
# - N. Wiener (1949), *Extrapolation, interpolation, and smoothing of stationary time series*; P. Vincent et al. (2008), *Extracting and composing robust features with denoising autoencoders*.
# - R. Williams (1992), *Simple statistical gradient-following algorithms for connectionist reinforcement learning*; D. Kingma and M. Welling (2014), *Auto-encoding variational Bayes*; D. Rezende, S. Mohamed and D. Wierstra (2014), *Stochastic backpropagation and
#   approximate inference in deep generative models*; Y. Burda, R. Grosse and R. Salakhutdinov (2016), *Importance weighted autoencoders*; I. Higgins et al. (2017), *beta-VAE*; A. Alemi et al. (2018), *Fixing a broken ELBO*.
# - I. Goodfellow et al. (2014), *Generative adversarial nets*; M. Mirza and S. Osindero (2014), *Conditional generative adversarial nets*; A. Radford, L. Metz and S. Chintala (2016), *Unsupervised representation learning with deep convolutional generative adversarial
#   networks*; A. Odena, V. Dumoulin and C. Olah (2016), *Deconvolution and checkerboard artifacts*.
# - X. Mao et al. (2017), *Least squares generative adversarial networks*; M. Arjovsky, S. Chintala and L. Bottou (2017), *Wasserstein GAN*; I. Gulrajani et al. (2017), *Improved training of Wasserstein GANs*; L. Mescheder, A. Geiger and S. Nowozin (2018), *Which
#   training methods for GANs do actually converge?*; T. Miyato et al. (2018), *Spectral normalization for generative adversarial networks*.
# - D. Dowson and B. Landau (1982), *The Fréchet distance between multivariate normal distributions*; M. Heusel et al. (2017), *GANs trained by a two time-scale update rule converge to a local Nash equilibrium*; E. Nalisnick et al. (2019), *Do deep generative models know
#   what they don't know?*
