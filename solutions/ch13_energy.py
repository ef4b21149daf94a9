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
# # Chapter 13. Energy-based models
#
# Put a ball on a hilly table and shake it. It spends most of its time in the valleys, less on the slopes, hardly any
# on the hills, and statistical physics says exactly how much: the probability of a place falls exponentially with its
# height. An energy-based model turns this around. It chooses the hills so that the ball is found where the data are.
# Any function that gives a number can be such a landscape, which is the freedom of these models. The price is one sum
# over everything that could be, and this chapter is about that price: paying it exactly where the world is small,
# and going round it where it is not.
#
# | | exercise | points | minutes |
# |---|---|---|---|
# | 1 | `partition_function`: from energies to probabilities | 6 | 20 |
# | 2 | `phases`: the gradient has two phases | 9 | 30 |
# | 3 | `gibbs`: one unit after the other | 7 | 25 |
# | 4 | `langevin`: downhill, with noise | 6 | 20 |
# | 5 | `metropolis`: to accept or to stay | 6 | 30 |
# | 6 | `rbm`: hidden units that can be summed away | 8 | 25 |
# | 7 | `exact_likelihood`: the smaller side | 4 | 15 |
# | 8 | `contrastive_divergence`: a chain of a few steps | 7 | 25 |
# | 9 | `train_rbm`: chains that go on | 7 | 25 |
# | 10 | `deep_belief_network`: one machine on the other | 5 | 25 |
# | 11 | `hopfield`: memories as valleys | 6 | 25 |
# | 12 | `score_matching`: learning without the sum | 7 | 30 |
# | 13 | `nce`: the sum as one more parameter | 5 | 20 |
# | 14 | `self_organising_map`: a map of the data | 4 | 15 |
# | 15 | `deep_stacking_network`: least squares on least squares | 4 | 20 |
# | 16 | two written questions | 4 + 5 | 30 |

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
# - **Probabilities** are $p(x) = e^{-E(x)/T} / Z$: $E$ is the energy, $T$ the temperature (1 where none is named), $Z$
#   the partition function. Logarithms are natural.
# - **States** are rows of a batch. A *spin* $s_i$ is $-1$ or $+1$; a *unit* $v_i$ or $h_j$ of a Boltzmann machine is 0
#   or 1. Both are stored as floating-point numbers.
# - An energy handed to you as a function maps a batch $(N, \dots)$ to one number for each sample, $(N,)$, each from its
#   own sample alone.
# - All randomness comes from a `torch.Generator` that is handed in (the global one if it is None), so that a seed
#   repeats a run. Draws are independent of each other: from sample to sample, from unit to unit, from step to step.
# - What holds for every function: data keep their dtype, and float64 data their digits; views (transposed, expanded)
#   are data too; arguments stay as they are; a call remembers nothing of the one before; a batch of one is a batch.
# - Samplers return tensors without a graph, work where gradients are switched off too, and leave no gradient in anybody's
#   parameters.
# - Cells that draw figures are not graded. Change their numbers and see what happens.
# - In a terminal, in this folder, `selfcheck` checks the whole notebook at once.

# %% nbgrader={"grade": false, "grade_id": "given_imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import math
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from selfcheck import check


# %% nbgrader={"grade": false, "grade_id": "given_point_data", "locked": true, "schema_version": 3, "solution": false, "task": false}
def two_moons(n: int, generator: torch.Generator) -> Float[Tensor, "n 2"]:
    """Points on two interleaved half circles, blurred by a normal error of 0.1; as in chapter 12."""
    angle = math.pi * torch.rand(n, generator=generator)
    side = torch.where(torch.rand(n, generator=generator) < 0.5, 1.0, -1.0)
    points = torch.stack([side * (angle.cos() - 0.5), side * (angle.sin() - 0.25)], 1)
    return 1.2 * points + 0.1 * torch.randn(n, 2, generator=generator)


def bars_and_stripes(side: int = 4) -> Float[Tensor, "M side*side"]:
    """Every image of full rows, or of full columns, each once: 2 * 2**side - 2 binary images, flattened."""
    codes = torch.arange(2**side)[:, None] // 2 ** torch.arange(side - 1, -1, -1) % 2
    rows = codes[:, :, None].expand(-1, side, side)
    images = torch.cat([rows, rows.transpose(1, 2)]).flatten(1).float()
    return images.unique(dim=0)


# %% nbgrader={"grade": false, "grade_id": "given_energy_network", "locked": true, "schema_version": 3, "solution": false, "task": false}
class EnergyNetwork(nn.Module):
    """Energy of a point in the plane by a small network, smooth, with a weak pull to the origin far out."""

    def __init__(self, width: int = 64):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(2, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 1)
        )

    def forward(self, x: Float[Tensor, "N 2"]) -> Float[Tensor, "N"]:
        return self.layers(x)[:, 0] + 0.05 * (x**2).sum(1)


# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
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


def show_bits(axes, rows, side):
    """One row of 0 and 1 (or -1 and 1) as a square picture on each axis."""
    for ax, row in zip(axes, rows, strict=False):
        ax.imshow(row.view(side, -1), cmap="gray_r", vmin=min(0.0, float(row.min())), vmax=1)
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
# ## 1. Energies and probabilities
#
# Give every state $x$ a number $E(x)$, its energy. Low energy shall mean "likely". To turn energies into probabilities
# they must become positive and sum to 1:
#
# $$p(x) = \frac{e^{-E(x)/T}}{Z}, \qquad Z = \sum_{x'} e^{-E(x')/T} .$$
#
# **Example.** Two states with energies 0 and $\ln 3$, $T = 1$: the weights are $1$ and $1/3$, $Z = 4/3$, the
# probabilities $3/4$ and $1/4$. Add 100 to both energies: the weights change, the probabilities do not. An energy has
# no zero. Only differences count: $p(x)/p(y) = e^{-(E(x)-E(y))/T}$, and there $Z$ has gone.

# %% [markdown]
# ### A toy: three spins in ten lines
#
# A spin is $-1$ or $+1$. Spins $i$ and $j$ with a coupling $J_{ij} > 0$ like to agree, and a field $b_i > 0$ pulls spin
# $i$ to $+1$:
#
# $$E(s) = -\sum_{i<j} J_{ij}\, s_i s_j - \sum_i b_i s_i = -\tfrac12\, s^\top J s - b^\top s .$$
#
# $J$ is symmetric with a diagonal of zeros. In the double sum $s^\top J s$ each pair stands twice, so it is halved;
# each field stands once, so it is not. Run the cell: three spins in a ring that like to agree.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_toy", "locked": true, "schema_version": 3, "solution": false, "task": false}
ring = torch.tensor([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
weights = {}
for a in (-1.0, 1.0):
    for b in (-1.0, 1.0):
        for c in (-1.0, 1.0):
            s = torch.tensor([a, b, c])
            weights[a, b, c] = math.exp(0.5 * float(s @ ring @ s))
Z_ring = sum(weights.values())
for s, weight in weights.items():
    print(s, f"probability {weight / Z_ring:.4f}")
print(f"Z = {Z_ring:.4f}; by hand 2 e^3 + 6 e^-1 = {2 * math.exp(3) + 6 * math.exp(-1):.4f}")
print(f"share of all up and all down together: {2 * math.exp(3) / Z_ring:.3f}")

# %% [markdown]
# **Notice** that two of the eight states, all up and all down, share 95% of the probability. For three spins the sum has 8
# terms. For the 64 pixels of a small binary image it has $2^{64} \approx 1.8 \cdot 10^{19}$: at a thousand million terms
# a second that takes 585 years.
#
# <details><summary>The most likely state has 47%. Is it a typical state?</summary>
#
# Here yes. In a large system it need not be: one state of lowest energy can be outweighed by very many states of
# higher energy. A thousand coins that each show heads with probability 0.6 have one most likely state, all heads, and
# you will never see it. Written question 1 comes back to this.
# </details>

# %% [markdown]
# ### Exercise `partition_function`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 6 | 20 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●○○ · **importance** ●●●
#
# **What.** The energy of spins, a table of all states, $\log Z$, the log-probabilities, and a mean under the model.
#
# **Why.** Where all states can be listed, everything in this chapter can be checked exactly.
#
# **Details.** Energies may be huge, like $\pm 10^6$: $e^{10^6}$ is no number, $\log Z$ is. An energy of `inf` marks a
# state that cannot occur: its probability is 0. At least one energy is finite. Gradients flow through all functions but
# `all_states`. $J$ is symmetric: you may read both of a pair's entries or one of them twice, so the gradient of a pair is that of the two
# entries together.


# %% nbgrader={"grade": false, "grade_id": "partition_function_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def ising_energy(
    s: Float[Tensor, "*batch n"], J: Float[Tensor, "n n"], b: Float[Tensor, "n"]
) -> Float[Tensor, "*batch"]:
    """Energy of spins: minus half of s J s, minus b s.

    Args:
        s: spins, each -1 or +1, with any number of axes before the last.
        J: couplings, symmetric, with a diagonal of zeros.
        b: fields.
    """
    ### BEGIN SOLUTION
    return -0.5 * ((s @ J) * s).sum(-1) - s @ b
    ### END SOLUTION


def all_states(n: int, low: float = 0.0) -> Float[Tensor, "2**n n"]:
    """Every state of n units, each of them `low` or 1, float64, in the order of counting.

    Row i is i written in base two, the most significant digit first, with `low` for the digit 0: for n = 2 and low = 0
    the rows are 00, 01, 10, 11.
    """
    ### BEGIN SOLUTION
    bits = torch.arange(2**n)[:, None] // 2 ** torch.arange(n - 1, -1, -1) % 2
    return bits.double() * (1 - low) + low
    ### END SOLUTION


def log_partition(energies: Float[Tensor, "M"], temperature: float = 1.0) -> Float[Tensor, ""]:
    """Logarithm of Z, the sum of exp(-E / T) over all M states."""
    ### BEGIN SOLUTION
    return torch.logsumexp(-energies / temperature, 0)
    ### END SOLUTION


def log_probabilities(energies: Float[Tensor, "M"], temperature: float = 1.0) -> Float[Tensor, "M"]:
    """Logarithm of the probability of each state; minus infinity where the energy is infinite."""
    ### BEGIN SOLUTION
    return -energies / temperature - torch.logsumexp(-energies / temperature, 0)
    ### END SOLUTION


def model_mean(
    values: Float[Tensor, "M ..."], energies: Float[Tensor, "M"], temperature: float = 1.0
) -> Float[Tensor, "..."]:
    """Mean, under the model, of a quantity that has the value `values[i]`, of any shape, in state i."""
    ### BEGIN SOLUTION
    p = torch.softmax(-energies / temperature, 0)
    return (p.view(-1, *[1] * (values.dim() - 1)) * values).sum(0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "partition_function", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("partition_function")

# %% [markdown]
# <a id="hints-partition_function"></a>
# <details><summary>Hint 1: a batch of spins</summary>
#
# $s^\top J s$ for each row: `(s @ J) * s`, summed over the last axis.
# </details>
# <details><summary>Hint 2: inf or NaN at huge energies</summary>
#
# Take the lowest energy out of the sum first: $\log\sum_i e^{a_i} = m + \log\sum_i e^{a_i - m}$ with $m = \max_i a_i$.
# `torch.logsumexp` does it.
# </details>
# <details><summary>Hint 3: the temperature</summary>
#
# It divides the energy, and it does so inside of $Z$ too. At a high temperature all states become equally likely.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_partition", "locked": true, "schema_version": 3, "solution": false, "task": false}
_, axes = plt.subplots(1, 2, figsize=(11, 3))
energies = torch.linspace(0, 4, 9, dtype=torch.float64)
for temperature, colour in ((0.3, BLUE), (1.0, ORANGE), (5.0, GREEN)):
    axes[0].plot(
        energies,
        log_probabilities(energies, temperature).exp(),
        "o-",
        color=colour,
        label=f"T = {temperature}",
    )
axes[0].set(xlabel="energy of the state", ylabel="probability")
axes[0].legend()
side = 3
grid = torch.arange(side * side).view(side, side)
lattice = torch.zeros(side * side, side * side, dtype=torch.float64)
for i, j in [
    *zip(grid[:, :-1].flatten(), grid[:, 1:].flatten(), strict=True),
    *zip(grid[:-1].flatten(), grid[1:].flatten(), strict=True),
]:
    lattice[i, j] = lattice[j, i] = 1.0
spins = all_states(side * side, low=-1.0)
lattice_energies = ising_energy(spins, lattice, torch.zeros(side * side, dtype=torch.float64))
temperatures = torch.linspace(0.5, 8, 40)
magnetisation = [float(model_mean(spins.mean(1).abs(), lattice_energies, float(T))) for T in temperatures]
axes[1].plot(temperatures, magnetisation, color=BLUE)
axes[1].set(xlabel="temperature", ylabel="mean of |magnetisation|", ylim=(0, 1.05))
show(
    "Left: probability of nine states against their energy at three temperatures; the colder, the more the lowest state has. "
    "Right: the mean absolute magnetisation of nine spins on a grid falls from 1 in the cold to 0.33 in the heat."
)
independent = float(spins.mean(1).abs().mean())
print(
    f"mean of |magnetisation| at T = 0.5: {magnetisation[0]:.3f}, at T = 8: {magnetisation[-1]:.3f}, of coins: {independent:.3f}"
)

# %% [markdown]
# **Notice** on the right that nine spins have no sudden transition: they go over smoothly from order (1.00 at $T = 0.5$) to
# little more than coins would have (0.33 at $T = 8$, against 0.27). A jump needs infinitely many spins (Onsager, 1944: at
# $T = 2.27$ on the infinite grid). Each point of the curve is exact, a sum over all 512 states.
#
# <details><summary>Why have nine fair coins a mean |magnetisation| above 0?</summary>
#
# Nine spins never sum to 0, and a sum of independent spins strays from 0 by about the root of their number. Per spin that is
# about $0.8/\sqrt{9} = 0.27$. The sign is as often plus as minus, but $|\cdot|$ does not let them cancel.
# </details>

# %% [markdown]
# ## 2. The gradient has two phases
#
# Learning means: choose the parameters $\theta$ of the energy so that the data become likely. For one data point
#
# $$-\log p_\theta(x) = E_\theta(x) + \log Z_\theta .$$
#
# The first term is easy. The second is the sum over everything. Its gradient, though, has a meaning:
#
# $$\nabla_\theta \log Z_\theta = \frac{1}{Z_\theta} \sum_{x'} \nabla_\theta\, e^{-E_\theta(x')}
# = -\sum_{x'} p_\theta(x')\, \nabla_\theta E_\theta(x') = -\,\mathbb E_{p_\theta}\!\big[\nabla_\theta E_\theta\big].$$
#
# It is a *mean under the model*. Over a data set, then,
#
# $$\nabla_\theta\; \mathbb E_{\text{data}}\big[-\log p_\theta\big] = \underbrace{\mathbb E_{\text{data}}\big[\nabla_\theta E_\theta\big]}_{\text{positive phase}}
# - \underbrace{\mathbb E_{p_\theta}\big[\nabla_\theta E_\theta\big]}_{\text{negative phase}} .$$
#
# Descending it pulls the energy down where the data are, and pushes it up where the *model* believes them to be. The two
# balance, and learning stops, where the model's mean of $\nabla_\theta E$ is that of the data.

# %% [markdown]
# ### For spins
#
# With $E = -\frac12 s^\top J s - b^\top s$ and every entry of $J$ seen as a parameter of its own,
# $\partial E/\partial b_i = -s_i$ and $\partial E/\partial J_{ij} = -\frac12 s_i s_j$. So
#
# $$\frac{\partial}{\partial b_i} = \langle s_i \rangle_{\text{model}} - \langle s_i \rangle_{\text{data}}, \qquad
# \frac{\partial}{\partial J_{ij}} = \tfrac12 \big(\langle s_i s_j \rangle_{\text{model}} - \langle s_i s_j \rangle_{\text{data}}\big).$$
#
# On the diagonal $s_i^2 = 1$ in both, and the gradient is 0: a diagonal that is 0 stays 0.
#
# **Example.** One spin with $b = 0$: the model's mean is 0. Data that are $+1$ three times in four have the mean $0.5$.
# The gradient is $0 - 0.5 = -0.5$, and descending it raises $b$, until $\tanh b = 0.5$.

# %% [markdown]
# ### When the model's mean must be estimated
#
# In a large model nobody can sum over all states; one has samples $x^-$ of the model, from a Markov chain. The two
# phases become two means. It is convenient to write a number whose *gradient* they are, and let autograd do the rest:
#
# $$L = \frac1N \sum_n E_\theta(x_n^+) - \frac1M \sum_m E_\theta(x_m^-).$$
#
# Here the samples $x^-$ are *constants*: the formula above has no term in which $\theta$ acts through the place of a
# sample. If the sampler has left a graph on $x^-$, it must be cut. And $L$ itself is no loss: it says nothing about how
# good the model is. It can fall while the model gets worse.
#
# Nothing in $L$ holds the energies near any value. A small price on their squares does (Du and Mordatch, 2019):
# $\alpha \big(\frac1N \sum E(x^+)^2 + \frac1M \sum E(x^-)^2\big)$.

# %% [markdown]
# ### Exercise `phases`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 9 | 30 min | 0.5 s | everything else in PyTorch | autograd (`backward`, `torch.autograd`, `torch.func`) in `exact_gradient`; `torch.ops`, `torch._C` |
#
# **Difficulty** ●●● · **importance** ●●●
#
# **What.** The exact gradient for spins, by enumeration and without autograd; and the contrastive loss for any energy.
#
# **Why.** Each way of training in this chapter is one way of getting the negative phase.
#
# **Details.** `exact_gradient` has at most 12 spins to enumerate. Energies may be so large that only log-sum-exp can hold
# them. In `contrastive_loss` the numbers of data and of samples may differ, samples have any shape $(M, \dots)$, and
# `energy` is called on whole batches. Gradients reach the energy's parameters and the data, and never go through the
# samples.


# %% nbgrader={"grade": false, "grade_id": "phases_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def exact_gradient(
    data: Float[Tensor, "N n"], J: Float[Tensor, "n n"], b: Float[Tensor, "n"]
) -> tuple[Float[Tensor, "n n"], Float[Tensor, "n"]]:
    """Gradient of the mean negative log-likelihood of spins in J and in b, each entry a parameter of its own.

    Args:
        data: spins, -1 or +1.
        J: couplings, symmetric, with a diagonal of zeros.
        b: fields.

    Returns:
        The gradients in J (n, n) and in b (n,), in the dtype of J.

    Source: Ackley, Hinton and Sejnowski (1985).
    """
    ### BEGIN SOLUTION
    n = len(b)
    bits = torch.arange(2**n)[:, None] // 2 ** torch.arange(n) % 2
    states = bits.to(J.dtype) * 2 - 1
    p = torch.softmax(0.5 * ((states @ J) * states).sum(1) + states @ b, 0)
    model_J, model_b = (p[:, None] * states).T @ states, p @ states
    data_J, data_b = data.T @ data / len(data), data.mean(0)
    return 0.5 * (model_J - data_J), model_b - data_b
    ### END SOLUTION


def contrastive_loss(
    energy: Callable[[Tensor], Tensor],
    x_data: Float[Tensor, "N ..."],
    x_model: Float[Tensor, "M ..."],
    alpha: float = 0.0,
) -> Float[Tensor, ""]:
    """A number whose gradient estimates that of the mean negative log-likelihood.

    Args:
        energy: maps a batch to one energy for each sample.
        x_data: the data.
        x_model: samples of the model, constants whether they have a graph or not.
        alpha: price on the squared energies: alpha times (their mean over the data plus their mean over the samples).
    """
    ### BEGIN SOLUTION
    positive, negative = energy(x_data), energy(x_model.detach())
    penalty = (positive**2).mean() + (negative**2).mean()
    return positive.mean() - negative.mean() + alpha * penalty
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "phases", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
check("phases")

# %% [markdown]
# <a id="hints-phases"></a>
# <details><summary>Hint 1: the sign</summary>
#
# Descending the gradient must lower the energy of the data. Is the energy of the data what you add, or what you
# subtract?
# </details>
# <details><summary>Hint 2: all states at once</summary>
#
# A table of states $(2^n, n)$, a vector of their probabilities: $\langle s_i \rangle$ is one matrix product, and
# $\langle s_i s_j \rangle$ is `(p[:, None] * states).T @ states`.
# </details>
# <details><summary>Hint 3: why is there another gradient in my sampler?</summary>
#
# `x_model.detach()` is the same numbers without their history.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_phases", "locked": true, "schema_version": 3, "solution": false, "task": false}
generator = torch.Generator().manual_seed(0)
true_J = torch.zeros(4, 4, dtype=torch.float64)
for i, j, value in ((0, 1, 1.0), (1, 2, -0.8), (2, 3, 0.5)):
    true_J[i, j] = true_J[j, i] = value
spins = all_states(4, low=-1.0)
true_p = log_probabilities(ising_energy(spins, true_J, torch.zeros(4, dtype=torch.float64))).exp()
data = spins[torch.multinomial(true_p, 2000, replacement=True, generator=generator)]
J, b = torch.zeros(4, 4, dtype=torch.float64), torch.zeros(4, dtype=torch.float64)
likelihoods = []
for _ in range(200):
    log_p = log_probabilities(ising_energy(spins, J, b))
    rows = ((data + 1) / 2 @ torch.tensor([8.0, 4.0, 2.0, 1.0], dtype=torch.float64)).long()
    likelihoods.append(float(log_p[rows].mean()))
    grad_J, grad_b = exact_gradient(data, J, b)
    J, b = J - 0.5 * grad_J, b - 0.5 * grad_b
true_likelihood = float(true_p.log()[rows].mean())
settled = next(k for k, value in enumerate(likelihoods) if value > likelihoods[-1] - 0.001)
_, axes = plt.subplots(1, 2, figsize=(11, 2.8))
axes[0].plot(likelihoods, color=BLUE)
axes[0].axhline(true_likelihood, color=GREY, linestyle=":")
axes[0].set(xlabel="step", ylabel="mean log-likelihood")
axes[1].scatter(true_J[0:3].flatten(), J[0:3].flatten(), color=ORANGE)
axes[1].plot([-1, 1], [-1, 1], color=GREY, linewidth=0.8)
axes[1].set(xlabel="true coupling", ylabel="learned coupling")
show(
    "Left: the mean log-likelihood rises to the dotted line of the true model and stays there. Right: learned couplings "
    "against true ones lie close to the diagonal."
)
print(
    f"log-likelihood at the end: {likelihoods[-1]:.4f}, of the true model on these data: {true_likelihood:.4f}"
)
print(
    f"fitted above true by {likelihoods[-1] - true_likelihood:.4f}; within 0.001 of its end after {settled} steps"
)
print(f"largest error of a coupling: {float((J - true_J).abs().max()):.3f}")
print(
    f"spins 0 and 2: correlation in the data {float((data[:, 0] * data[:, 2]).mean()):.2f}, coupling learned {float(J[0, 2]):.2f}"
)

# %% [markdown]
# **Notice** that the couplings come out, and not only a model as likely as the true one: spins 0 and 2 have a
# correlation of about $-0.5$ in the data, yet the coupling between them is learned to be near 0, because spin 1 explains the
# correlation.
#
# <details><summary>The log-likelihood ends a little above the dotted line. Is the fitted model better than the true one?</summary>
#
# On these data, yes: it has fitted the accidents of 2000 samples too. On new data of the same model the true one is better,
# on average.
# </details>

# %% [markdown]
# ## 3. One unit after the other
#
# Samples without $Z$: that is what Markov chains are for. A chain walks from state to state; if its steps are chosen
# well, it visits each state as often as the state is likely. The simplest step changes one unit only. Freeze all spins but
# $s_i$. Two states are left, and for two states $Z$ is no trouble:
#
# $$\frac{p(s_i = +1 \mid \text{rest})}{p(s_i = -1 \mid \text{rest})} = e^{-(E_+ - E_-)/T}, \qquad
# E_+ - E_- = -2\Big(\sum_j J_{ij} s_j + b_i\Big),$$
#
# $$p(s_i = +1 \mid \text{rest}) = \sigma\!\Big(\frac{2}{T}\,\big((J s)_i + b_i\big)\Big), \qquad \sigma(a) = \frac{1}{1+e^{-a}} .$$
#
# The 2 comes from the alphabet: from $-1$ to $+1$ are two steps. (Units of 0 and 1 have no 2 there.) **Gibbs sampling**
# redraws $s_0$, then $s_1$, and so on; each draw sees the *newest* values of the others. Once through all units is a
# **sweep**.
#
# **Example.** Three spins, $J_{01} = 1$, $J_{02} = -0.5$, $b_0 = 0.25$, $s = (\cdot, +1, +1)$, $T = 1$: the field on spin 0 is
# $1 - 0.5 + 0.25 = 0.75$ and $p(s_0 = +1) = \sigma(1.5) = 0.818$.

# %% [markdown]
# ### Why it is right
#
# Let $s$ be distributed as the model. Take $s_i$ away: the rest is distributed as the model's rest. Draw a new $s_i$ from
# the model's conditional: the whole is the model again. So the model's distribution stays as it is under each update, and
# thus under a sweep. If *all* units are redrawn at once from the old state this argument fails, and so does the sampler.

# %% [markdown]
# ### Exercise `gibbs`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 7 | 25 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** The conditional probability, a sweep for a batch of chains, and the record of many sweeps.
#
# **Why.** The restricted Boltzmann machine below is sampled in the same way, layer by layer.
#
# **Details.** Each chain of the batch has draws of its own. A sweep goes through the units in the order $0, 1, \dots, n-1$.
# Fields may be so strong that a spin never turns: a probability of exactly 0 or 1 is obeyed.


# %% nbgrader={"grade": false, "grade_id": "gibbs_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def spin_up_probability(
    s: Float[Tensor, "N n"], i: int, J: Float[Tensor, "n n"], b: Float[Tensor, "n"], temperature: float = 1.0
) -> Float[Tensor, "N"]:
    """Probability that spin i is +1, given all other spins of the row; the old value of spin i plays no part.

    Args:
        s: spins, -1 or +1.
        J: couplings, symmetric, with a diagonal of zeros.
        b: fields.
    """
    ### BEGIN SOLUTION
    return torch.sigmoid(2 * (s @ J[i] + b[i]) / temperature)
    ### END SOLUTION


def gibbs_sweep(
    s: Float[Tensor, "N n"],
    J: Float[Tensor, "n n"],
    b: Float[Tensor, "n"],
    temperature: float = 1.0,
    generator: torch.Generator | None = None,
) -> Float[Tensor, "N n"]:
    """Each spin redrawn once, from spin 0 to spin n - 1, each given the newest values of all others.

    Returns:
        New spins, -1 or +1, in the dtype of s.

    Source: Geman and Geman (1984).
    """
    ### BEGIN SOLUTION
    s = s.clone()
    for i in range(len(b)):
        up = spin_up_probability(s, i, J, b, temperature)
        u = torch.rand(len(s), generator=generator, dtype=s.dtype)
        s[:, i] = torch.where(u < up, 1.0, -1.0).to(s.dtype)
    return s
    ### END SOLUTION


def gibbs_chain(
    s: Float[Tensor, "N n"],
    J: Float[Tensor, "n n"],
    b: Float[Tensor, "n"],
    sweeps: int,
    temperature: float = 1.0,
    generator: torch.Generator | None = None,
) -> Float[Tensor, "sweeps N n"]:
    """The states after each of the sweeps, of N chains that start at s; the start is not among them."""
    ### BEGIN SOLUTION
    states = []
    for _ in range(sweeps):
        s = gibbs_sweep(s, J, b, temperature, generator)
        states.append(s)
    return torch.stack(states)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "gibbs", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
check("gibbs")

# %% [markdown]
# <a id="hints-gibbs"></a>
# <details><summary>Hint 1: correlations are too weak, or of the wrong kind</summary>
#
# Is the probability of spin 1 computed after spin 0 has its new value? A product `s @ J` before the loop sees only the
# old state.
# </details>
# <details><summary>Hint 2: all spins behave as at twice the temperature</summary>
#
# For spins of $\pm1$ the difference of two energies is *twice* the field.
# </details>
# <details><summary>Hint 3: all chains do the same</summary>
#
# One uniform number for each row: `torch.rand(len(s), generator=generator)`.
# </details>

# %% [markdown]
# ### Your guess
#
# Sixteen spins in a ring like to agree with their neighbours, $J = 1$. All chains start with all spins up. After how many
# sweeps is the mean spin below 0.1? Type in one number for $T = 2$ and one for $T = 0.6$, then run the cell after.

# %%
my_sweeps_warm = None  # T = 2
my_sweeps_cold = None  # T = 0.6

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_gibbs", "locked": true, "schema_version": 3, "solution": false, "task": false}
n = 16
neighbours = torch.arange(n)
ring = torch.zeros(n, n, dtype=torch.float64)
ring[neighbours, (neighbours + 1) % n] = ring[(neighbours + 1) % n, neighbours] = 1.0
no_field = torch.zeros(n, dtype=torch.float64)
_, ax = plt.subplots(figsize=(8, 3))
first_below, last = {}, {}
for temperature, colour in ((2.0, ORANGE), (1.0, GREEN), (0.6, BLUE)):
    below = []
    for seed in range(3):
        chain = gibbs_chain(
            torch.ones(500, n, dtype=torch.float64),
            ring,
            no_field,
            150,
            temperature,
            torch.Generator().manual_seed(seed),
        )
        mean = chain.mean((1, 2))
        below.append(next((k + 1 for k, m in enumerate(mean.tolist()) if m < 0.1), None))
    first_below[temperature] = below
    last[temperature] = float(mean[-1])
    ax.plot(range(1, 151), mean, color=colour, label=f"T = {temperature}")
ax.axhline(0, color=GREY, linewidth=0.8)
ax.set(xlabel="sweep", ylabel="mean spin of 500 chains", ylim=(-0.15, 1))
ax.legend()
show(
    "Mean spin against sweeps at three temperatures: it falls to 0 within a few sweeps when warm, and very slowly when cold."
)
print(f"your guesses: {my_sweeps_warm} and {my_sweeps_cold}")
for temperature, below in first_below.items():
    print(f"T = {temperature}: sweeps until the mean spin is below 0.1, three seeds: {below}")
print(f"mean spin after 150 sweeps at T = 0.6: {last[0.6]:.2f}")

# %% [markdown]
# **Notice** how much longer the cold chain remembers its start. The warm one needs 5 sweeps. The cold one has not forgotten
# it after all 150, so `None` is printed for its three seeds, and its mean spin is still above 0.4. The exact mean is 0 at
# every temperature. To turn a row of spins that agree, a chain must first make a state that is unlikely, and in the cold it
# seldom does. A chain that has run long has not thereby *mixed*.
#
# <details><summary>Each chain alone looks lively in the cold too. How would you notice, without knowing the answer?</summary>
#
# Start several chains at very different states (all up, all down, random) and compare their means: as long as they differ,
# the start is not forgotten.
# </details>

# %% [markdown]
# ## 4. Downhill, with noise
#
# For continuous $x$ the gradient of the energy says where down is. Going down alone ends at the bottom of a valley: that is
# optimisation, not sampling. Langevin's dynamics adds noise, of just the right size:
#
# $$x' = x - \eta\, \nabla E(x) + \sqrt{2 \eta T}\; \xi, \qquad \xi \sim \mathcal N(0, I).$$
#
# The drift grows with $\eta$ and the noise with $\sqrt\eta$, because variances add: over a stretch of time $\tau$, cut into
# $\tau/\eta$ steps, the noise sums up to the variance $2\tau T$ however finely one cuts. With $\eta$ in place of
# $\sqrt{2\eta}$ finer steps would have less noise in all, and in the limit none. (Some papers write $\eta/2$ and
# $\sqrt\eta$. It is the same with another name for the step.)
#
# **Example.** $E = x^2/2$, $x = 2$, $\eta = 0.1$: the drift is $-0.2$ and the noise has the standard deviation
# $\sqrt{0.2} = 0.447$. At $T = 0$ only the drift is left.

# %% [markdown]
# ### What a finite step costs
#
# Take $E(x) = x^2/(2v)$, so that $p$ is normal with variance $vT$. A step is $x' = (1-\eta/v)\,x + \sqrt{2\eta T}\,\xi$. If
# the variance is to stay, $\operatorname{var} = (1-\eta/v)^2 \operatorname{var} + 2\eta T$, and so
#
# $$\operatorname{var} = \frac{vT}{1 - \eta/(2v)} .$$
#
# The chain samples a normal distribution that is *too wide*. With $\eta = v$ its variance is twice the right one; with
# $\eta \ge 2v$ the chain flies away. Small steps are nearly right, and slow.

# %% [markdown]
# ### The gradient of a batch
#
# `energy(x)` gives one number for each sample. Its *sum* has in row $n$ the gradient of sample $n$'s own energy, whatever
# the others do. The *mean* has it divided by the number of samples: a chain that moves slower when it has company.

# %% [markdown]
# ### Exercise `langevin`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 6 | 20 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●○○ · **importance** ●●●
#
# **What.** One Langevin step, and a chain of them.
#
# **Why.** This is how images are drawn from an energy that is a network; and chapter 12's samplers are its relatives.
#
# **Details.** Samples have any shape $(N, \dots)$. The temperature may be 0. Each number of each sample has noise of its own.
# Nothing is cut off. Both functions work where gradients are switched off, return tensors without a graph, and leave no
# gradient behind: not in `x`, not in parameters of the energy.


# %% nbgrader={"grade": false, "grade_id": "langevin_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def langevin_step(
    x: Float[Tensor, "N ..."],
    energy: Callable[[Tensor], Tensor],
    step: float,
    temperature: float = 1.0,
    generator: torch.Generator | None = None,
) -> Float[Tensor, "N ..."]:
    """One step of unadjusted Langevin dynamics: x - step grad E(x) + sqrt(2 step temperature) noise.

    Args:
        x: states, with a graph or without.
        energy: maps a batch to one energy for each sample.
        step: eta, positive.
        temperature: 0 means no noise.

    Source: Parisi (1981); Roberts and Tweedie (1996).
    """
    ### BEGIN SOLUTION
    with torch.enable_grad():
        at = x.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(energy(at).sum(), at)
    noise = torch.randn(x.shape, generator=generator, dtype=x.dtype)
    return x.detach() - step * gradient.detach() + math.sqrt(2 * step * temperature) * noise
    ### END SOLUTION


def langevin_chain(
    x: Float[Tensor, "N ..."],
    energy: Callable[[Tensor], Tensor],
    step: float,
    n_steps: int,
    temperature: float = 1.0,
    generator: torch.Generator | None = None,
) -> Float[Tensor, "N ..."]:
    """The states after n_steps Langevin steps from x; with n_steps = 0, x itself without its graph."""
    ### BEGIN SOLUTION
    x = x.detach()
    for _ in range(n_steps):
        x = langevin_step(x, energy, step, temperature, generator)
    return x
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "langevin", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("langevin")

# %% [markdown]
# <a id="hints-langevin"></a>
# <details><summary>Hint 1: the variance is off</summary>
#
# $\sqrt{2\eta T}$ multiplies *standard normal* noise. Is the 2 there, is the root there, is the temperature below the root?
# </details>
# <details><summary>Hint 2: alone or among others</summary>
#
# `energy(x).sum()`, and not the mean.
# </details>
# <details><summary>Hint 3: "does not require grad"</summary>
#
# Inside `torch.no_grad()` no graph is recorded. `with torch.enable_grad():` turns it on again for the gradient.
# </details>
# <details><summary>Hint 4: gradients where none should be</summary>
#
# `backward` fills `.grad` of everything below, the network's parameters too; the next step of an optimiser would apply it.
# `torch.autograd.grad(..., x)` asks for one gradient and leaves the rest alone.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_langevin", "locked": true, "schema_version": 3, "solution": false, "task": false}
generator = torch.Generator().manual_seed(0)


def normal_energy(x):
    """Energy of a standard normal variable."""
    return (x**2).sum(1) / 2


_, axes = plt.subplots(1, 3, figsize=(11, 2.6), sharey=True)
grid = torch.linspace(-5, 5, 200)
for ax, step in zip(axes, (0.1, 1.0, 1.6), strict=True):
    x = langevin_chain(torch.zeros(20_000, 1), normal_energy, step, int(8 / step) + 20, generator=generator)
    ax.hist(x[:, 0], bins=80, range=(-5, 5), density=True, color=PALE)
    ax.plot(grid, torch.exp(-(grid**2) / 2) / math.sqrt(2 * math.pi), color=BLUE)
    ax.set(title=f"step {step}")
    print(f"step {step}: variance of the chain {float(x.var()):.2f}, by the formula {1 / (1 - step / 2):.2f}")
show(
    "Histograms of Langevin chains with steps 0.1, 1 and 1.6 against the normal density: the larger the step, the wider."
)

# %% [markdown]
# **Notice** that the histograms stay bells. Nothing in the samples themselves says that they are too wide, by a factor of 5 in
# variance at step 1.6. Only the formula does, or a smaller step, or the next exercise.

# %% [markdown]
# ### Two wells
#
# $E(x) = 3\,(x^2-1)^2$ has valleys at $-1$ and $+1$ and a hill of height 3 between. All chains start on the left.


# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_two_wells", "locked": true, "schema_version": 3, "solution": false, "task": false}
def two_wells(x):
    """Valleys at -1 and 1, a hill of height 3 between them."""
    return 3 * ((x**2 - 1) ** 2).sum(1)


_, axes = plt.subplots(3, 1, figsize=(9, 4.2), sharex=True)
for ax, temperature in zip(axes, (0.3, 1.0, 3.0), strict=True):
    crossed = []
    for seed in range(3):
        generator, x, path = torch.Generator().manual_seed(seed), -torch.ones(200, 1), []
        for _ in range(1000):
            x = langevin_step(x, two_wells, 0.01, temperature, generator)
            path.append(x[:, 0])
        path = torch.stack(path)
        crossed.append(round(float((path.max(0).values > 0.9).double().mean()), 2))
    ax.plot(path[:, 0], color=BLUE, linewidth=0.7)
    ax.set(ylabel=f"T = {temperature}", ylim=(-2, 2))
    print(
        f"T = {temperature}: share of 200 chains that have seen the right valley within 1000 steps: {crossed}"
    )
axes[-1].set(xlabel="step")
show(
    "One chain's path at three temperatures: cold, it stays in the left valley; warm, it goes over now and then; hot, often."
)

# %% [markdown]
# **Notice** the cold chains. They move all the time, their histogram is smooth, and none of the 600 has ever been where half
# of the probability is. At $T = 1$ about two in three have been there. The waiting time grows like $e^{\text{height}/T}$.
#
# <details><summary>Why not sample hot, then?</summary>
#
# A hot chain mixes and samples another distribution, $e^{-E/3}$. One can start hot and cool slowly (annealing), or run chains at
# several temperatures and let them exchange states (parallel tempering).
# </details>

# %% [markdown]
# ## 5. To accept or to stay
#
# The bias has a cure of one line (Metropolis et al., 1953; Hastings, 1970). Take the Langevin step as a *proposal*
# $x'$, drawn from $q(x' \mid x) = \mathcal N\big(x - \eta \nabla E(x),\, 2\eta T I\big)$, and accept it with the probability
#
# $$a = \min\!\left(1,\; e^{-(E(x') - E(x))/T}\; \frac{q(x \mid x')}{q(x' \mid x)}\right);$$
#
# otherwise the chain *stays*, and the old state counts once more.
#
# **Why.** Let $p(x)\,q(x'|x)$ be the flow from $x$ to $x'$. If it is larger than the flow back, thin it out until both are
# equal: that is $a$. When all flows are balanced in pairs, $p$ does not change. $Z$ stands in $p(x')$ and in $p(x)$, and
# cancels. The last factor is needed because the proposal is not symmetric: going down is proposed more readily than
# going up.
#
# $$\log q(x' \mid x) = -\frac{\lVert x' - x + \eta \nabla E(x) \rVert^2}{4 \eta T} + \text{const}.$$
#
# **Example.** $E = x^2/2$, $T = 1$, $\eta = 1$: from any $x$ the drift leads to 0, so $q(x'|x) \propto e^{-x'^2/4}$. From $x = 0$ to
# $x' = 2$: $\log a = -(2 - 0) + \big(0 - (-1)\big) = -1$, so it is accepted with the probability $0.37$.

# %% [markdown]
# ### Exercise `metropolis`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 6 | 30 min | 0.6 s | everything in PyTorch |
#
# **Difficulty** ●●● · **importance** ●●○
#
# **What.** The proposal's log-density, and a Langevin step that is accepted or refused (MALA).
#
# **Why.** A sampler whose stationary distribution is exact, for steps of any size.
#
# **Details.** Each chain decides for itself. Where the proposed state has the energy `inf` it is refused. Distances
# sum over all axes of a sample. As before: no graph, no gradients left behind, and it works with gradients switched off.


# %% nbgrader={"grade": false, "grade_id": "metropolis_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def log_proposal(
    x_to: Float[Tensor, "N ..."],
    x_from: Float[Tensor, "N ..."],
    gradient: Float[Tensor, "N ..."],
    step: float,
    temperature: float = 1.0,
) -> Float[Tensor, "N"]:
    """Logarithm of the density with which Langevin's step from x_from proposes x_to, without the constant.

    Args:
        x_to, x_from: end and start.
        gradient: of the energy, at x_from.
    """
    ### BEGIN SOLUTION
    return -((x_to - x_from + step * gradient) ** 2).flatten(1).sum(1) / (4 * step * temperature)
    ### END SOLUTION


def mala_step(
    x: Float[Tensor, "N ..."],
    energy: Callable[[Tensor], Tensor],
    step: float,
    temperature: float = 1.0,
    generator: torch.Generator | None = None,
) -> tuple[Float[Tensor, "N ..."], Bool[Tensor, "N"]]:
    """One Metropolis-adjusted Langevin step.

    Args:
        x: states.
        energy: maps a batch to one energy for each sample; finite at x.
        step, temperature: positive.

    Returns:
        The new states, the old one where the proposal was refused; and which chains accepted.

    Source: Besag (1994); Roberts and Tweedie (1996).
    """

    ### BEGIN SOLUTION
    def energy_and_gradient(x):
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            e = energy(x)
            (gradient,) = torch.autograd.grad(e.sum(), x)
        return e.detach(), gradient.detach()

    x = x.detach()
    e, gradient = energy_and_gradient(x)
    noise = torch.randn(x.shape, generator=generator, dtype=x.dtype)
    proposed = x - step * gradient + math.sqrt(2 * step * temperature) * noise
    e_new, gradient_new = energy_and_gradient(proposed)
    log_a = (e - e_new) / temperature
    log_a = log_a + log_proposal(x, proposed, gradient_new, step, temperature)
    log_a = log_a - log_proposal(proposed, x, gradient, step, temperature)
    accepted = torch.rand(len(x), generator=generator, dtype=x.dtype).log() < log_a
    return torch.where(accepted.view(-1, *[1] * (x.dim() - 1)), proposed, x), accepted
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "metropolis", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("metropolis")

# %% [markdown]
# <a id="hints-metropolis"></a>
# <details><summary>Hint 1: which q is which</summary>
#
# *To* comes first. The way back, $q(x|x')$, starts at $x'$ and has the gradient at $x'$; it stands in the numerator.
# </details>
# <details><summary>Hint 2: everything is accepted</summary>
#
# Do both energies come from different points? Is the uniform number compared through its natural logarithm?
# </details>
# <details><summary>Hint 3: one chain decides for all</summary>
#
# `log_a` has one number for each chain. Squares are summed over the axes of a sample, not over the batch.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_metropolis", "locked": true, "schema_version": 3, "solution": false, "task": false}
generator = torch.Generator().manual_seed(0)
_, axes = plt.subplots(1, 2, figsize=(11, 2.8))
steps = (0.1, 0.3, 0.6, 1.0, 1.4, 1.7)
plain, adjusted, rates = [], [], []
for step in steps:
    n_steps = int(8 / step) + 30
    plain.append(
        float(langevin_chain(torch.zeros(20_000, 1), normal_energy, step, n_steps, generator=generator).var())
    )
    x, share = torch.zeros(20_000, 1), []
    for _ in range(n_steps):
        x, accepted = mala_step(x, normal_energy, step, generator=generator)
        share.append(float(accepted.double().mean()))
    adjusted.append(float(x.var()))
    rates.append(share[-1])
axes[0].plot(steps, [1 / (1 - s / 2) for s in steps], color=GREY, label="formula")
axes[0].plot(steps, plain, "o", color=ORANGE, label="Langevin")
axes[0].plot(steps, adjusted, "s", color=BLUE, label="with Metropolis")
axes[0].set(xlabel="step", ylabel="variance of the chain", ylim=(0, 7))
axes[0].legend()
axes[1].plot(steps, rates, "s-", color=BLUE)
axes[1].set(xlabel="step", ylabel="share accepted", ylim=(0, 1.05))
show(
    "Left: the variance of Langevin chains on a standard normal rises with the step along the formula's curve, that of adjusted "
    "chains stays at 1. Right: the share of proposals accepted falls as the step grows."
)
print(f"largest distance of an adjusted chain's variance from 1: {max(abs(v - 1) for v in adjusted):.2f}")
print(f"share accepted at the largest step: {rates[-1]:.2f}")
print("variance with Metropolis, by step:", [round(v, 2) for v in adjusted])
print("share accepted, by step:", [round(r, 2) for r in rates])

# %% [markdown]
# **Notice** that the adjusted chain is right at every step size: its variance is 1. What a large step costs is now to be seen:
# at step 1.7 four proposals in ten are refused. A wrong answer has become a slow one, and slowness can be measured.
#
# <details><summary>Somebody records a state only when it was accepted. "The others are repetitions." What goes wrong?</summary>
#
# A chain stays long where proposals are often refused: that waiting time *is* the weight of the state. Without repetitions,
# likely states are undercounted and the histogram comes out too flat.
# </details>

# %% [markdown]
# ## 6. Hidden units
#
# Fifteen pixels and their pairwise couplings know pairs, nothing more. Units that nobody observes can stand for what several
# pixels do together. A **restricted Boltzmann machine** has visible units $v$ and hidden units $h$, all 0 or 1, and couplings
# only *between* the two layers:
#
# $$E(v, h) = -v^\top W h - a^\top v - c^\top h .$$
#
# | symbol | in code | meaning |
# |---|---|---|
# | $W$ | `weight`, (V, H) | coupling of visible unit $i$ (row) with hidden unit $j$ (column) |
# | $a$ | `visible_bias`, (V,) | field on the visible units |
# | $c$ | `hidden_bias`, (H,) | field on the hidden units |
#
# Given $v$, no two hidden units are coupled. So they are independent, and all of them can be drawn at once:
#
# $$p(h_j = 1 \mid v) = \sigma\big((W^\top v + c)_j\big), \qquad p(v_i = 1 \mid h) = \sigma\big((W h + a)_i\big).$$
#
# No 2 this time: the units are 0 and 1.

# %% [markdown]
# ### Summing the hidden units away
#
# For the likelihood of $v$ the hidden units must be summed over. There are $2^H$ states of $h$, but the sum factorises, for each
# unit is either 0 (weight 1) or 1 (weight $e^{(W^\top v + c)_j}$):
#
# $$\sum_h e^{-E(v,h)} = e^{a^\top v} \prod_j \Big(1 + e^{(W^\top v + c)_j}\Big) = e^{-F(v)}, \qquad
# F(v) = -a^\top v - \sum_j \operatorname{softplus}\big((W^\top v + c)_j\big).$$
#
# $F$ is the **free energy**: the energy of $v$ alone, $p(v) = e^{-F(v)}/Z$. ($\operatorname{softplus}(u) = \ln(1+e^u)$.)
#
# **Example.** One visible, one hidden unit, $W = 2$, $a = 1$, $c = -2$. For $v = 1$: $F = -1 - \ln(1 + e^{0}) = -1.693$. For
# $v = 0$: $F = -\ln(1+e^{-2}) = -0.127$.

# %% [markdown]
# ### Exercise `rbm`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 8 | 25 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** Energy, both conditionals, free energy.
#
# **Details.** States have any number of axes before the last: one state, a batch, a batch of batches. Hidden "states" may also be
# probabilities between 0 and 1: the formulas stay the same. Fields may be huge, of both signs: nothing becomes infinite
# or NaN. Gradients flow to all arguments.


# %% nbgrader={"grade": false, "grade_id": "rbm_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rbm_energy(
    v: Float[Tensor, "*batch V"],
    h: Float[Tensor, "*batch H"],
    weight: Float[Tensor, "V H"],
    visible_bias: Float[Tensor, "V"],
    hidden_bias: Float[Tensor, "H"],
) -> Float[Tensor, "*batch"]:
    """Energy of a visible and a hidden state together: minus v W h, minus a v, minus c h.

    Source: Smolensky (1986); Hinton (2002).
    """
    ### BEGIN SOLUTION
    return -((v @ weight) * h).sum(-1) - v @ visible_bias - h @ hidden_bias
    ### END SOLUTION


def hidden_probabilities(
    v: Float[Tensor, "*batch V"],
    weight: Float[Tensor, "V H"],
    visible_bias: Float[Tensor, "V"],
    hidden_bias: Float[Tensor, "H"],
) -> Float[Tensor, "*batch H"]:
    """Probability of each hidden unit to be 1, given the visible units."""
    ### BEGIN SOLUTION
    return torch.sigmoid(v @ weight + hidden_bias)
    ### END SOLUTION


def visible_probabilities(
    h: Float[Tensor, "*batch H"],
    weight: Float[Tensor, "V H"],
    visible_bias: Float[Tensor, "V"],
    hidden_bias: Float[Tensor, "H"],
) -> Float[Tensor, "*batch V"]:
    """Probability of each visible unit to be 1, given the hidden units."""
    ### BEGIN SOLUTION
    return torch.sigmoid(h @ weight.T + visible_bias)
    ### END SOLUTION


def free_energy(
    v: Float[Tensor, "*batch V"],
    weight: Float[Tensor, "V H"],
    visible_bias: Float[Tensor, "V"],
    hidden_bias: Float[Tensor, "H"],
) -> Float[Tensor, "*batch"]:
    """Energy of a visible state with the hidden units summed away: minus the log of the sum of exp(-E(v, h)) over h."""
    ### BEGIN SOLUTION
    return -(v @ visible_bias) - F.softplus(v @ weight + hidden_bias).sum(-1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "rbm", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check("rbm")

# %% [markdown]
# <a id="hints-rbm"></a>
# <details><summary>Hint 1: shapes</summary>
#
# `weight` has a row for each visible unit. From visible to hidden: `v @ weight`. Back: the transposed one.
# </details>
# <details><summary>Hint 2: is it a softplus of the right thing?</summary>
#
# The bias of a hidden unit belongs *into* the softplus, that of a visible unit stands outside.
# </details>
# <details><summary>Hint 3: infinite</summary>
#
# $\ln(1 + e^{u})$ for $u = 1000$ is 1000. `F.softplus` knows it.
# </details>

# %% [markdown]
# ## 7. The smaller side
#
# $Z = \sum_v e^{-F(v)}$ has $2^V$ terms. But the two layers are alike: summing the *visible* units away first leaves
#
# $$Z = \sum_h e^{c^\top h} \prod_i \Big(1 + e^{(W h + a)_i}\Big),$$
#
# with $2^H$ terms. A machine of 784 pixels and 10 hidden units has a sum of 1024 terms. The likelihood of a data set,
# $\log p(v) = -F(v) - \log Z$, can then be had exactly. Take whichever side is smaller.
#
# **Account.** A machine has 784 visible and 20 hidden units. How many numbers does a table of all states of its smaller side
# hold, and how many the fields on the visible units for all of those states at once? How many bytes are that in float64? Work
# it out before you unfold the answer.
#
# <details><summary>The account</summary>
#
# The table has $2^{20} \cdot 20 = 2.1 \cdot 10^7$ numbers: 168 MB. The fields are $2^{20} \cdot 784 = 8.2 \cdot 10^8$ numbers: 6.6 GB.
# The sum over the states is therefore best done in pieces: the table, its fields and their softplus for some thousand states at a
# time. The larger side would have $2^{784}$ states.
# </details>

# %% [markdown]
# ### Exercise `exact_likelihood`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 4 | 15 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●○○ · **importance** ●●○
#
# **What.** $\log Z$ of a restricted Boltzmann machine, and the log-likelihood of visible states.
#
# **Details.** Enumerate the smaller side: machines of 3 x 60 and 60 x 3 must both work. If even the smaller side has more than 20
# units, raise a ValueError. Gradients flow to the parameters.


# %% nbgrader={"grade": false, "grade_id": "exact_likelihood_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rbm_log_partition(
    weight: Float[Tensor, "V H"], visible_bias: Float[Tensor, "V"], hidden_bias: Float[Tensor, "H"]
) -> Float[Tensor, ""]:
    """log Z of a restricted Boltzmann machine, by enumeration of the smaller of its two layers.

    Raises:
        ValueError: where both layers have more than 20 units.
    """
    ### BEGIN SOLUTION
    if len(visible_bias) < len(hidden_bias):
        weight, visible_bias, hidden_bias = weight.T, hidden_bias, visible_bias
    n = len(hidden_bias)
    if n > 20:
        raise ValueError(f"the smaller layer has {n} units: more than 20 are too many to enumerate")
    h = (torch.arange(2**n)[:, None] // 2 ** torch.arange(n) % 2).to(weight.dtype)
    return torch.logsumexp(h @ hidden_bias + F.softplus(h @ weight.T + visible_bias).sum(1), 0)
    ### END SOLUTION


def rbm_log_likelihood(
    v: Float[Tensor, "N V"],
    weight: Float[Tensor, "V H"],
    visible_bias: Float[Tensor, "V"],
    hidden_bias: Float[Tensor, "H"],
) -> Float[Tensor, "N"]:
    """Exact log-probability of each visible state, in nats."""
    ### BEGIN SOLUTION
    unnormalised = v @ visible_bias + F.softplus(v @ weight + hidden_bias).sum(1)
    return unnormalised - rbm_log_partition(weight, visible_bias, hidden_bias)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "exact_likelihood", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("exact_likelihood")

# %% [markdown]
# <a id="hints-exact_likelihood"></a>
# <details><summary>Hint 1: one function for both sides</summary>
#
# Exchanging the layers is transposing the weight and swapping the two biases. The machine stays the same, and so does $Z$.
# </details>
# <details><summary>Hint 2: check yourself</summary>
#
# The exponentials of the log-likelihoods of *all* visible states sum to 1.
# </details>

# %% [markdown]
# ## 8. A chain of a few steps
#
# Put the two phases of section 2 into an RBM. With $\partial F/\partial W_{ij} = -v_i\, p(h_j{=}1 \mid v)$, the gradient of the mean
# negative log-likelihood is
#
# $$\frac{\partial}{\partial W} = \big\langle v\, p(h|v)^\top \big\rangle_{\text{model}} - \big\langle v\, p(h|v)^\top \big\rangle_{\text{data}}, \qquad
# \frac{\partial}{\partial a} = \langle v \rangle_{\text{model}} - \langle v \rangle_{\text{data}}, \qquad
# \frac{\partial}{\partial c} = \langle p(h|v) \rangle_{\text{model}} - \langle p(h|v) \rangle_{\text{data}} .$$
#
# Hidden units enter by their *probabilities*: the sum over them has been done exactly. Sampled hidden units would have the
# same mean and more noise.
#
# The model's mean comes from a chain. Both layers can be drawn whole: $h \sim p(h|v)$, then $v \sim p(v|h)$. That is one
# step of **block Gibbs sampling**. **Contrastive divergence** (Hinton, 2002) starts the chain at the data and makes $k$
# steps; often $k = 1$. That is far from equilibrium. It is not the gradient of the likelihood, and not of anything else
# (Sutskever and Tieleman, 2010). It often works.

# %% [markdown]
# ### Exercise `contrastive_divergence`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 7 | 25 min | 0.5 s | everything else in PyTorch | autograd (`backward`, `torch.autograd`, `torch.func`) in `cd_gradients`; `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** $k$ steps of block Gibbs sampling, and the two phases' gradients, by hand.
#
# **Details.** `block_gibbs` draws *both* layers, each unit of each chain anew in each step, and returns visible states of 0 and 1;
# with $k = 0$ it returns what it was given. The visible states handed in may hold probabilities (grey pixels). In `cd_gradients`
# data and chains may differ in number.


# %% nbgrader={"grade": false, "grade_id": "contrastive_divergence_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def block_gibbs(
    v: Float[Tensor, "N V"],
    weight: Float[Tensor, "V H"],
    visible_bias: Float[Tensor, "V"],
    hidden_bias: Float[Tensor, "H"],
    k: int = 1,
    generator: torch.Generator | None = None,
) -> Float[Tensor, "N V"]:
    """Visible states after k steps from v: each step draws h given v, then v given h."""
    ### BEGIN SOLUTION
    for _ in range(k):
        h = torch.bernoulli(torch.sigmoid(v @ weight + hidden_bias), generator=generator)
        v = torch.bernoulli(torch.sigmoid(h @ weight.T + visible_bias), generator=generator)
    return v
    ### END SOLUTION


def cd_gradients(
    v_data: Float[Tensor, "N V"],
    v_chain: Float[Tensor, "M V"],
    weight: Float[Tensor, "V H"],
    visible_bias: Float[Tensor, "V"],
    hidden_bias: Float[Tensor, "H"],
) -> tuple[Float[Tensor, "V H"], Float[Tensor, "V"], Float[Tensor, "H"]]:
    """Estimated gradient of the mean negative log-likelihood, the model's means taken over v_chain.

    Returns:
        The gradients in weight, visible_bias and hidden_bias; a step of descent subtracts them.

    Source: Hinton (2002); Fischer and Igel (2012).
    """
    ### BEGIN SOLUTION
    h_data = torch.sigmoid(v_data @ weight + hidden_bias)
    h_chain = torch.sigmoid(v_chain @ weight + hidden_bias)
    grad_weight = v_chain.T @ h_chain / len(v_chain) - v_data.T @ h_data / len(v_data)
    return grad_weight, v_chain.mean(0) - v_data.mean(0), h_chain.mean(0) - h_data.mean(0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "contrastive_divergence", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
check("contrastive_divergence")

# %% [markdown]
# <a id="hints-contrastive_divergence"></a>
# <details><summary>Hint 1: the sign</summary>
#
# These are gradients of the *negative* log-likelihood. Subtracting them must raise the probability of the data.
# </details>
# <details><summary>Hint 2: which hidden probabilities</summary>
#
# Those of the chain belong to the chain's *last* visible state, those of the data to the data.
# </details>
# <details><summary>Hint 3: sum or mean</summary>
#
# All three are means over the batch, the weight's too.
# </details>

# %% [markdown]
# ## 9. Chains that go on
#
# Contrastive divergence restarts its chains at the data in each update. They stay near the data, and deep valleys elsewhere are never
# found: nobody pushes up what nobody visits. **Persistent chains** (Tieleman, 2008) are not restarted. They keep their
# states from update to update. The parameters change little in one update, so the chains stay close to equilibrium, and over many
# updates they wander far.
#
# | | chains start at | cost of an update |
# |---|---|---|
# | CD-1 | the batch, in each update | 1 step |
# | CD-10 | the batch, in each update | 10 steps |
# | persistent | the first batch, once | 1 step |

# %% [markdown]
# ### Bars and stripes
#
# Images of 4 x 4 with full rows or full columns: 30 of $2^{16} = 65{,}536$ states. Uniform over the 30, the best mean
# log-likelihood that any model can have is $-\ln 30 = -3.40$. With 16 hidden units the likelihood can be computed exactly.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_bars", "locked": true, "schema_version": 3, "solution": false, "task": false}
patterns = bars_and_stripes()
print(f"{len(patterns)} patterns; best possible mean log-likelihood {-math.log(len(patterns)):.3f}")
_, axes = plt.subplots(2, 15, figsize=(11, 1.7))
show_bits(axes.flat, patterns, 4)
show(
    "The thirty images of bars and stripes: full rows or full columns of a 4 x 4 grid, among them all white and all black."
)

# %% [markdown]
# ### Exercise `train_rbm`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 7 | 25 min | 3 s | everything in PyTorch |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** The training loop, with chains that are restarted or go on.
#
# **Details.** Each update draws `batch_size` rows of the data with replacement. There are `batch_size` chains. Restarted, they
# start at this update's batch; persistent, they start at the *first* update's batch and then keep their states. In an update they make $k$
# steps, with the parameters as they are before it; the chains' visible units are always 0 or 1. The rate falls linearly, by update: `lr * (1 - update / n_updates)` for
# update $0, 1, \dots$ The three gradients are those of section 8, means over batch and chains, hidden units by their probabilities;
# each parameter moves by minus rate times gradient. Nothing else acts on the parameters. Write it on its own: where you call
# functions of other exercises, their mistakes count here too.


# %% nbgrader={"grade": false, "grade_id": "train_rbm_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train_rbm(
    data: Float[Tensor, "M V"],
    parameters: tuple[Float[Tensor, "V H"], Float[Tensor, "V"], Float[Tensor, "H"]],
    n_updates: int,
    batch_size: int = 30,
    lr: float = 0.1,
    k: int = 1,
    persistent: bool = True,
    generator: torch.Generator | None = None,
) -> tuple[Float[Tensor, "V H"], Float[Tensor, "V"], Float[Tensor, "H"]]:
    """Train a restricted Boltzmann machine by contrastive divergence or with persistent chains.

    Args:
        data: visible states, 0 or 1.
        parameters: weight, visible bias and hidden bias to start from; they stay as they are.

    Returns:
        The trained weight, visible bias and hidden bias.

    Source: Hinton (2002); Tieleman (2008).
    """
    ### BEGIN SOLUTION
    weight, a, c = (p.clone() for p in parameters)
    chain = None
    for update in range(n_updates):
        batch = data[torch.randint(len(data), (batch_size,), generator=generator)]
        v = batch if chain is None or not persistent else chain
        for _ in range(k):
            h = torch.bernoulli(torch.sigmoid(v @ weight + c), generator=generator)
            v = torch.bernoulli(torch.sigmoid(h @ weight.T + a), generator=generator)
        chain = v
        h_data, h_chain = torch.sigmoid(batch @ weight + c), torch.sigmoid(chain @ weight + c)
        rate = lr * (1 - update / n_updates) / batch_size
        weight = weight - rate * (chain.T @ h_chain - batch.T @ h_data)
        a = a - rate * (chain - batch).sum(0)
        c = c - rate * (h_chain - h_data).sum(0)
    return weight, a, c
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "train_rbm", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
check("train_rbm")

# %% [markdown]
# <a id="hints-train_rbm"></a>
# <details><summary>Hint 1: persistent chains that do not persist</summary>
#
# Before the loop there are no chains; in the first update they are the batch. After each update their last state must still be there
# in the next.
# </details>
# <details><summary>Hint 2: the parameters explode</summary>
#
# Is the gradient a mean over the batch? Is it subtracted, and is it the chain's mean minus the data's?
# </details>
# <details><summary>Hint 3: the parameters that were handed in have changed</summary>
#
# `weight -= ...` writes into the tensor that you were given.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_likelihoods", "locked": true, "schema_version": 3, "solution": false, "task": false}
runs = {"CD-1": (1, False, RED), "CD-10": (10, False, ORANGE), "persistent": (1, True, BLUE)}
lengths, ends, start_time = (250, 1000, 4000), {}, time.perf_counter()
many_patterns = patterns.repeat(50, 1)
_, ax = plt.subplots(figsize=(8, 3.2))
for row, (name, (k, persistent, colour)) in enumerate(runs.items()):
    reached, changed = [], []
    for seed in range(3):
        for length in lengths:
            generator = torch.Generator().manual_seed(seed)
            first = 0.01 * torch.randn(16, 16, generator=generator), torch.zeros(16), torch.zeros(16)
            trained = train_rbm(patterns, first, length, 100, 0.2, k, persistent, generator)
            reached.append(float(rbm_log_likelihood(patterns, *trained).mean()))
        if name == "persistent" and seed == 0:
            dreamer = trained
        rebuilt = block_gibbs(many_patterns, *trained, 1, generator)
        changed.append(float((rebuilt != many_patterns).double().mean()))
        progress(3 * row + seed + 1, 9, start_time)
        ax.plot(lengths, reached[-3:], "o-", color=colour, label=name if seed == 0 else None)
    ends[name] = reached[2::3]
    print(
        f"{name}: log-likelihood after {lengths[-1]} updates, worst of three seeds: {min(reached[2::3]):.2f}, best: {max(reached[2::3]):.2f}"
    )
    print(f"{name}: share of pixels rebuilt by one step, worst of three seeds: {1 - max(changed):.3f}")
print(f"worst persistent above best CD-1 by {min(ends['persistent']) - max(ends['CD-1']):.2f} nats")
ax.axhline(-math.log(30), color=GREY, linestyle=":", label="best possible")
ax.axhline(-16 * math.log(2), color=PALE, linestyle="--", label="knowing nothing")
ax.set(xlabel="updates of the whole training", ylabel="exact mean log-likelihood", xscale="log")
ax.legend()
show(
    "Exact mean log-likelihood after trainings of three lengths, three seeds each: it rises from the dashed line; CD-10 comes closest "
    "to the dotted best possible value, persistent chains follow, CD-1 ends clearly below."
)

# %% [markdown]
# **Notice** that persistent chains with *one* step per update end more than half a nat above CD-1, which costs the same, and most
# of the way to CD-10, which costs ten times as much. (Each point is a training of its own, with the rate falling to 0 at its
# end; compare figure 2 of Tieleman, 2008.) Nobody could have drawn this figure without the exact likelihood. The usual
# monitor, how well one step rebuilds the data, gives all three more than 98% of the pixels.
#
# <details><summary>Why is the reconstruction error not a measure?</summary>
#
# It asks whether one step leads back to the data. A machine with deep valleys far from the data passes it too: a chain
# that starts at the data does not see them. So does a chain that hardly moves at all.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_dreams", "locked": true, "schema_version": 3, "solution": false, "task": false}
generator = torch.Generator().manual_seed(1)
v = torch.bernoulli(torch.full((12, 16), 0.5), generator=generator)
known = {tuple(row.tolist()) for row in patterns}
_, axes = plt.subplots(4, 12, figsize=(10, 3.6))
for ax_row, steps in zip(axes, (0, 1, 10, 1000), strict=True):
    v = block_gibbs(v, *dreamer, steps, generator)
    show_bits(ax_row, v, 4)
    ax_row[0].set_ylabel(f"+{steps}", rotation=0, ha="right", va="center")
show("Twelve chains from random pixels after 0, 1, 11 and 1011 steps: noise turns into bars and stripes.")
many = block_gibbs(
    torch.bernoulli(torch.full((2000, 16), 0.5), generator=generator), *dreamer, 1000, generator
)
seen = [tuple(row.tolist()) for row in many]
print(f"share of 2000 dreams that are bars or stripes: {sum(s in known for s in seen) / 2000:.2f}")
print(f"different patterns among them: {len(known & set(seen))} of 30")

# %% [markdown]
# **Notice** that nobody told the machine of rows or columns, and all 30 patterns turn up in what it dreams. Open the figure's
# code and clamp half of the pixels: what does it complete them to?
#
# <details><summary>Not every dream is a bar or a stripe. What are the others?</summary>
#
# The mean log-likelihood is more than half a nat below the best possible. That is the price of the probability that the machine gives to
# images which are no pattern: mostly those that miss one by a pixel or two, as neighbouring states have similar energies.
# </details>

# %% [markdown]
# ## 10. One machine on the other
#
# The hidden layer of a trained machine shows structure that its own prior $p(h)$ does not capture. A second machine can learn that prior: its
# *visible* layer is the first one's hidden layer. Stacked greedily, layer by layer, this is a **deep belief network** (Hinton, Osindero
# and Teh, 2006).
#
# The stack's probability is $p(v) = \sum_h p_1(v \mid h)\, p_2(h)$: the first machine's way down, below the second machine's prior. For any
# distribution $q(h|v)$, here the first machine's own $p_1(h|v)$,
#
# $$\log p(v) \;\ge\; \sum_h q(h|v)\,\big[\log p_1(v|h) + \log p_2(h) - \log q(h|v)\big] .$$
#
# **A start that changes nothing.** Let the second machine be the first one turned upside down: $W_2 = W_1^\top$, its visible bias $c_1$, its hidden bias
# $a_1$. Then $p_2(h) = \sum_{v} p_1(v, h)$ is the first machine's own prior, the stack is the first machine again, and the bound
# is exact. From there every improvement of $\log p_2$ on the hidden states lifts the bound.

# %% [markdown]
# ### Exercise `deep_belief_network`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 5 | 25 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●●● · **importance** ●●○
#
# **What.** The start that changes nothing, the bound by enumeration of $h$, and greedy stacking.
#
# **Details.** In `greedy_stack` a machine is trained by the function handed in: `fit(data, n_hidden)` returns its weight, visible bias and hidden bias.
# The next machine's data are the hidden *probabilities* of the one below, not draws. Probabilities of exactly 0 count as 0 in
# the bound (0 log 0 = 0); fields may be as strong as that. A state that $q$ reaches and the prior forbids (its log-probability is
# minus infinity) makes the bound minus infinity.


# %% nbgrader={"grade": false, "grade_id": "deep_belief_network_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def upside_down(
    weight: Float[Tensor, "V H"], visible_bias: Float[Tensor, "V"], hidden_bias: Float[Tensor, "H"]
) -> tuple[Float[Tensor, "H V"], Float[Tensor, "H"], Float[Tensor, "V"]]:
    """Weight, visible bias and hidden bias of the same machine with its layers exchanged."""
    ### BEGIN SOLUTION
    return weight.T.clone(), hidden_bias.clone(), visible_bias.clone()
    ### END SOLUTION


def dbn_bound(
    v: Float[Tensor, "N V"],
    weight: Float[Tensor, "V H"],
    visible_bias: Float[Tensor, "V"],
    hidden_bias: Float[Tensor, "H"],
    states: Float[Tensor, "M H"],
    log_prior: Float[Tensor, "M"],
) -> Float[Tensor, "N"]:
    """Lower bound on the log-probability of each v: first machine below, any prior above, q the first machine's p(h | v).

    Args:
        v: visible states, 0 or 1.
        weight, visible_bias, hidden_bias: the first machine's.
        states: all M = 2**H hidden states, each once, in any order.
        log_prior: their log-probabilities under the prior above.

    Source: Hinton, Osindero and Teh (2006), appendix A.
    """
    ### BEGIN SOLUTION
    up, down = v @ weight + hidden_bias, states @ weight.T + visible_bias
    log_q = F.logsigmoid(up) @ states.T + F.logsigmoid(-up) @ (1 - states).T
    log_likelihood = v @ F.logsigmoid(down).T + (1 - v) @ F.logsigmoid(-down).T
    q = log_q.exp()
    terms = log_likelihood + log_prior - log_q
    return torch.where(q > 0, q * terms, torch.zeros_like(q)).sum(1)
    ### END SOLUTION


def greedy_stack(
    data: Float[Tensor, "N V"],
    sizes: Sequence[int],
    fit: Callable[[Tensor, int], tuple[Tensor, Tensor, Tensor]],
) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Machines from the bottom to the top, one for each of the numbers of hidden units, each trained on the layer below."""
    ### BEGIN SOLUTION
    machines = []
    for n_hidden in sizes:
        weight, visible_bias, hidden_bias = fit(data, n_hidden)
        machines.append((weight, visible_bias, hidden_bias))
        data = torch.sigmoid(data @ weight + hidden_bias)
    return machines
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "deep_belief_network", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("deep_belief_network")

# %% [markdown]
# <a id="hints-deep_belief_network"></a>
# <details><summary>Hint 1: upside down</summary>
#
# What was hidden is now visible: its bias comes first. The weight's rows belong to the visible layer.
# </details>
# <details><summary>Hint 2: the bound is larger than the likelihood</summary>
#
# The expectation is under $q$: each term is weighed with $q(h|v)$, and $\log q$ is *subtracted*.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_dbn", "locked": true, "schema_version": 3, "solution": false, "task": false}
small = bars_and_stripes(3).double()
hidden_states = all_states(6)
gains = []
for seed in range(3):
    generator = torch.Generator().manual_seed(seed)
    first = 0.01 * torch.randn(9, 6, generator=generator), torch.zeros(9), torch.zeros(6)
    first = tuple(p.double() for p in train_rbm(small.float(), first, 1500, 20, 0.5, 1, True, generator))
    second = upside_down(*first)
    rises = []
    for _ in range(6):
        log_prior = -free_energy(hidden_states, *second) - rbm_log_partition(*second)
        rises.append(float(dbn_bound(small, *first, hidden_states, log_prior).mean()))
        hidden = hidden_probabilities(small, *first).repeat(40, 1)
        hidden = torch.bernoulli(hidden, generator=generator)
        second = train_rbm(hidden, second, 500, 50, 0.1, 1, True, generator)
    gains.append((float(rbm_log_likelihood(small, *first).mean()), rises))
_, ax = plt.subplots(figsize=(7, 2.8))
for seed, (alone, rises) in enumerate(gains):
    ax.plot([500 * i for i in range(6)], rises, "o-", color=(BLUE, ORANGE, GREEN)[seed])
    ax.axhline(alone, color=(BLUE, ORANGE, GREEN)[seed], linestyle=":", linewidth=0.8)
ax.set(xlabel="updates of the second machine", ylabel="bound on the log-likelihood")
show(
    "The bound of three stacks starts exactly at the dotted log-likelihood of the first machine alone and rises from there."
)
for alone, rises in gains:
    print(f"first machine {alone:.3f}; bound at the start {rises[0]:.3f}, at the end {rises[-1]:.3f}")
print(
    f"largest distance of the bound at the start from the first machine: {max(abs(a - r[0]) for a, r in gains):.1e}"
)
print(f"smallest gain of the bound, three seeds: {min(r[-1] - r[0] for _, r in gains):.3f}")

# %% [markdown]
# **Notice** that the bound starts *exactly* at the first machine's log-likelihood, to all digits, and ends higher for all three
# seeds. In between its gradient is estimated by chains, and it need not rise in each step; small steps along the exact gradient would
# let it.
#
# <details><summary>If the bound rises, does the log-likelihood?</summary>
#
# At the start the two are equal, so a bound that has risen lies above the old log-likelihood, and the new log-likelihood lies
# above the bound. From there on the bound may rise because it becomes tighter, without the log-likelihood following.
# </details>

# %% [markdown]
# ## 11. Memories as valleys
#
# So far the landscape was learned slowly. Hopfield (1982) dug it in one go: $P$ patterns $x^{(p)}$ of $n$ spins are stored in
#
# $$W = \frac1n \sum_p x^{(p)} x^{(p)\top} \quad \text{with the diagonal set to } 0, \qquad E(s) = -\tfrac12\, s^\top W s .$$
#
# **Recall** is Gibbs sampling at temperature 0: one unit after the other takes the sign of its field $(W s)_i$, and keeps its old value where
# the field is exactly 0. Changing $s_i$ against the sign of its field to its sign changes the energy by $-2\,|(Ws)_i| \le 0$. The energy never rises, there
# are finitely many states, so recall comes to rest.
#
# Why must the diagonal go? With it the field on $s_i$ contains $\frac{P}{n} s_i$: each unit votes for what it is. Recall then "succeeds" in
# leaving everything as it is, noise too.
#
# **Example.** One pattern $(+,+,-)$: $W_{01} = 1/3$, $W_{02} = W_{12} = -1/3$. From $(-,+,-)$ the field on unit 0 is $1/3+1/3 > 0$: it turns, and the
# pattern is back.

# %% [markdown]
# ### The modern form is attention
#
# Some $0.14\, n$ random patterns can be held. An energy with a sharper valley at each pattern holds far more (Krotov and Hopfield, 2016; Ramsauer et
# al., 2021). For a real vector $\xi$ and patterns as rows of $X$,
#
# $$E(\xi) = -\frac1\beta \log \sum_p e^{\beta\, x^{(p)} \cdot \xi} + \tfrac12 \lVert \xi \rVert^2, \qquad
# \xi' = \sum_p \operatorname{softmax}_p\!\big(\beta\, X \xi\big)\, x^{(p)} .$$
#
# The update is one step of attention: $\xi$ is the query, the patterns are keys and values, and $\beta$ is $1/\sqrt d$ there.
# It never raises the energy.

# %% [markdown]
# ### Exercise `hopfield`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 6 | 25 min | 0.5 s | everything else in PyTorch | `F.scaled_dot_product_attention`, `nn.MultiheadAttention`, `nn.Transformer*`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●●○
#
# **What.** Storage, recall, energy; the modern network's step and energy.
#
# **Details.** Units are updated in the order $0, 1, \dots, n-1$, each seeing the newest values, `sweeps` times over; all rows of a batch are independent of each
# other. `beta` may be large: nothing becomes infinite.


# %% nbgrader={"grade": false, "grade_id": "hopfield_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def hopfield_weights(patterns: Float[Tensor, "P n"]) -> Float[Tensor, "n n"]:
    """Coupling of the units: the patterns' outer products, summed and divided by n, with a diagonal of zeros.

    Args:
        patterns: spins, -1 or +1.

    Source: Hopfield (1982).
    """
    ### BEGIN SOLUTION
    weight = patterns.T @ patterns / patterns.shape[1]
    return weight - torch.diag(weight.diagonal())
    ### END SOLUTION


def hopfield_energy(s: Float[Tensor, "N n"], weight: Float[Tensor, "n n"]) -> Float[Tensor, "N"]:
    """Minus half of s W s, for each state."""
    ### BEGIN SOLUTION
    return -0.5 * ((s @ weight) * s).sum(1)
    ### END SOLUTION


def hopfield_recall(
    s: Float[Tensor, "N n"], weight: Float[Tensor, "n n"], sweeps: int = 5
) -> Float[Tensor, "N n"]:
    """States after that many sweeps, in each of which units 0 ... n - 1 take the sign of their field one by one.

    A unit whose field is exactly 0 keeps its value.
    """
    ### BEGIN SOLUTION
    s = s.clone()
    for _ in range(sweeps):
        for i in range(s.shape[1]):
            field = s @ weight[i]
            s[:, i] = torch.where(field == 0, s[:, i], field.sign())
    return s
    ### END SOLUTION


def modern_step(
    query: Float[Tensor, "N d"], patterns: Float[Tensor, "P d"], beta: float
) -> Float[Tensor, "N d"]:
    """One update of the modern network: the patterns' mean, weighed by softmax(beta * patterns . query).

    Source: Ramsauer et al. (2021), equation 3.
    """
    ### BEGIN SOLUTION
    return torch.softmax(beta * query @ patterns.T, 1) @ patterns
    ### END SOLUTION


def modern_energy(
    query: Float[Tensor, "N d"], patterns: Float[Tensor, "P d"], beta: float
) -> Float[Tensor, "N"]:
    """-log(sum of exp(beta * patterns . query)) / beta + half of the query's squared length."""
    ### BEGIN SOLUTION
    return -torch.logsumexp(beta * query @ patterns.T, 1) / beta + 0.5 * (query**2).sum(1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "hopfield", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("hopfield")

# %% [markdown]
# <a id="hints-hopfield"></a>
# <details><summary>Hint 1: nothing moves</summary>
#
# Is the diagonal 0?
# </details>
# <details><summary>Hint 2: two states take turns for ever</summary>
#
# That happens when all units move at once. Each unit must see the units before it in their new state.
# </details>
# <details><summary>Hint 3: a state of 0</summary>
#
# `torch.sign(0)` is 0, and 0 is no spin.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_hopfield", "locked": true, "schema_version": 3, "solution": false, "task": false}
n = 100
counts = (2, 5, 8, 10, 12, 14, 16, 20)
shares, modern = [], []
for count in counts:
    kept, kept_modern = [], []
    for seed in range(20):
        generator = torch.Generator().manual_seed(1000 * count + seed)
        stored = 2.0 * torch.randint(0, 2, (count, n), generator=generator) - 1
        flip = torch.rand(count, n, generator=generator) < 0.1
        noisy = torch.where(flip, -stored, stored)
        kept.append((hopfield_recall(noisy, hopfield_weights(stored)) == stored).all(1).double().mean())
        kept_modern.append((modern_step(noisy, stored, 1.0).sign() == stored).all(1).double().mean())
    shares.append(float(torch.stack(kept).mean()))
    modern.append(float(torch.stack(kept_modern).mean()))
_, ax = plt.subplots(figsize=(7, 2.8))
ax.plot(counts, shares, "o-", color=BLUE, label="Hopfield, 1982")
ax.plot(counts, modern, "s-", color=ORANGE, label="one modern step")
ax.axvline(0.138 * n, color=GREY, linestyle=":")
ax.set(xlabel="patterns stored in 100 units", ylabel="whole patterns recalled", ylim=(0, 1.05))
ax.legend()
show(
    "Share of patterns recalled without any error against the number stored: the old network falls off a cliff between ten and "
    "twenty patterns, the modern one stays at 1."
)
print("recalled, by number stored:", {c: round(x, 2) for c, x in zip(counts, shares, strict=True)})
print(
    f"ten stored: share recalled {shares[3]:.2f}; twenty stored: share recalled {shares[-1]:.2f}; modern, worst: {min(modern):.2f}"
)
print("recalled by one modern step:", {c: round(x, 2) for c, x in zip(counts, modern, strict=True)})

# %% [markdown]
# **Notice** the cliff near the dotted line at $0.138\,n$ (Amit, Gutfreund and Sompolinsky, 1985): of ten patterns
# nine in ten come back whole, of twenty fewer than one in two. One step of the modern network brings back all of them.
#
# <details><summary>Why does a pattern more harm all others?</summary>
#
# At a stored pattern $x$ the field on unit $i$ is $x_i$ plus the other patterns' terms, each random with the variance $1/n$. $P$
# patterns make a noise of the standard deviation $\sqrt{P/n}$ on every unit of every pattern, and a unit turns where it exceeds 1.
# In the modern energy the others enter through an exponential, and their share is vanishingly small.
# </details>

# %% [markdown]
# ## 12. Learning without the sum
#
# The gradient of $\log p$ in $x$, not in $\theta$, does not know $Z$: the **score** $s(x) = \nabla_x \log p(x) = -\nabla_x E(x)$. Could a model be fitted by its score
# alone? One would like to minimise $\frac12 \mathbb E_{\text{data}} \lVert s(x) - \nabla \log p_{\text{data}}(x) \rVert^2$, but the data's score is unknown.
# Hyvärinen (2005) integrated by parts; up to a constant that does not depend on the model,
#
# $$J = \mathbb E_{\text{data}}\Big[\operatorname{tr} \nabla s(x) + \tfrac12 \lVert s(x) \rVert^2 \Big], \qquad \operatorname{tr} \nabla s = \sum_i \frac{\partial s_i}{\partial x_i} .$$
#
# The first term wants the score to point *inwards* at the data (a valley), the second wants it to be small there (the bottom of the valley).
#
# **Example.** In one dimension $s(x) = -x/v$ and data of variance $\sigma^2$: $J = -1/v + \sigma^2/(2v^2)$, with the minimum at $v = \sigma^2$. The
# variance comes out, and nobody computed a $Z$.

# %% [markdown]
# ### Cheaper: slices
#
# The trace needs $d$ derivatives, one for each dimension. With random directions $u$ of unit covariance, $\mathbb E[u^\top (\nabla s)\, u] = \operatorname{tr} \nabla s$
# (**sliced** score matching, Song et al., 2019):
#
# $$J_{\text{sliced}} = \mathbb E\Big[u^\top (\nabla s)\, u + \tfrac12 (u^\top s)^2\Big], \qquad u^\top (\nabla s)\, u = u^\top\, \nabla_x (u^\top s(x)),$$
#
# one derivative for any $d$. As $\mathbb E\,(u^\top s)^2 = \lVert s \rVert^2$, one may write that in place of the square: less noise.

# %% [markdown]
# ### Given: the denoising form
#
# Chapter 12 has built the third form (Vincent, 2011): noise the data, and regress on the noise. It stands here as given code. It is explicit score
# matching *for the noised data*, up to a constant: below you will see that with your own function.


# %% nbgrader={"grade": false, "grade_id": "given_denoising", "locked": true, "schema_version": 3, "solution": false, "task": false}
def denoising_score_matching(
    score: Callable[[Tensor], Tensor], x: Float[Tensor, "N d"], sigma: float, noise: Float[Tensor, "N d"]
) -> Float[Tensor, ""]:
    """Half of the squared distance of the score at x + sigma noise from -noise / sigma; built in chapter 12."""
    return 0.5 * ((score(x + sigma * noise) + noise / sigma) ** 2).sum(1).mean()


# %% [markdown]
# ### Exercise `score_matching`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 7 | 30 min | 0.5 s | everything else in PyTorch | `torch.autograd.functional`, `torch.func.jacrev`, `torch.func.jacfwd`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●●● · **importance** ●●●
#
# **What.** The explicit and the sliced objective, ready to be minimised.
#
# **Details.** `score` maps a batch $(N, d)$ to scores $(N, d)$, each sample's from its own sample alone. It need not be linear, nor the gradient of anything: its Jacobian may be full and
# unsymmetric. Gradients of both objectives reach the parameters of the score, through *both* terms. A score may be constant in $x$: its derivative is 0 then, not an error.
# Both work where gradients are switched off.


# %% nbgrader={"grade": false, "grade_id": "score_matching_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def explicit_score_matching(score: Callable[[Tensor], Tensor], x: Float[Tensor, "N d"]) -> Float[Tensor, ""]:
    """Mean over the samples of the trace of the score's Jacobian plus half of the score's squared length.

    Source: Hyvarinen (2005), theorem 1.
    """
    ### BEGIN SOLUTION
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        s = score(x) + 0 * x
        trace = torch.zeros(len(x), dtype=x.dtype)
        for i in range(x.shape[1]):
            (row,) = torch.autograd.grad(s[:, i].sum(), x, create_graph=True)
            trace = trace + row[:, i]
        return (trace + 0.5 * (s**2).sum(1)).mean()
    ### END SOLUTION


def sliced_score_matching(
    score: Callable[[Tensor], Tensor],
    x: Float[Tensor, "N d"],
    directions: Float[Tensor, "N d"],
    variance_reduced: bool = False,
) -> Float[Tensor, ""]:
    """Mean over the samples of u (grad s) u plus half of the square of u s, one derivative for any d.

    Args:
        directions: u, one for each sample.
        variance_reduced: half of the score's squared length in place of the square of u s.

    Source: Song, Garg, Shi and Ermon (2019), equations 7 and 8.
    """
    ### BEGIN SOLUTION
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        s = score(x) + 0 * x
        along = (directions * s).sum(1)
        (slope,) = torch.autograd.grad(along.sum(), x, create_graph=True)
        square = (s**2).sum(1) if variance_reduced else along**2
        return ((directions * slope).sum(1) + 0.5 * square).mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "score_matching", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
check("score_matching")

# %% [markdown]
# <a id="hints-score_matching"></a>
# <details><summary>Hint 1: the score shrinks to zero</summary>
#
# The derivative needs a graph of its own (`create_graph=True`). Without it the trace is a number without parameters, and only the squared length is
# minimised.
# </details>
# <details><summary>Hint 2: trace or sum</summary>
#
# Of the derivatives of $s_i$ only the one in $x_i$ counts.
# </details>
# <details><summary>Hint 3: "does not require grad", "unused"</summary>
#
# A score that does not depend on $x$ has no graph to $x$. Adding `0 * x` makes one, or `allow_unused` and `materialize_grads` do.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_score_matching", "locked": true, "schema_version": 3, "solution": false, "task": false}
generator = torch.Generator().manual_seed(0)
x = 1.5 * torch.randn(4000, 2, generator=generator, dtype=torch.float64)
noise = torch.randn(4000, 2, generator=generator, dtype=torch.float64)
directions = torch.randn(4000, 2, generator=generator, dtype=torch.float64)
variances = torch.linspace(1.2, 6, 30)
values = {"explicit": [], "sliced": [], "explicit, noised data": [], "denoising": []}
for v in variances.tolist():

    def score(p, v=v):
        return -p / v

    values["explicit"].append(float(explicit_score_matching(score, x).detach()))
    sliced = sliced_score_matching(score, x, directions, variance_reduced=True)
    values["sliced"].append(float(sliced.detach()))
    values["explicit, noised data"].append(float(explicit_score_matching(score, x + noise).detach()))
    values["denoising"].append(float(denoising_score_matching(score, x, 1.0, noise)))
_, ax = plt.subplots(figsize=(7.5, 3))
for (name, curve), colour in zip(values.items(), (BLUE, PALE, ORANGE, GREEN), strict=True):
    ax.plot(variances, curve, color=colour, label=name)
    print(f"{name}: smallest at v = {float(variances[torch.tensor(curve).argmin()]):.2f}")
ax.set(xlabel="variance v of the model", ylabel="objective")
ax.legend()
show(
    "Four objectives against the variance of a normal model: explicit and sliced are smallest near the data's 2.25, the two for noised "
    "data near 3.25 and run in parallel."
)
gap = torch.tensor(values["denoising"]) - torch.tensor(values["explicit, noised data"])
print(f"denoising minus explicit on noised data: from {float(gap.min()):.3f} to {float(gap.max()):.3f}")
span = max(values["denoising"]) - min(values["denoising"])
print(f"span of the difference over the span of the objective: {float(gap.max() - gap.min()) / span:.2f}")

# %% [markdown]
# **Notice** the last line: over all models the difference of the two objectives changes by less than a tenth of what the
# objective itself does. They are the same objective, up to a constant, and
# what is left of a difference is the sample's accident. The denoising form needs no derivative at all: that is why chapter 12 uses it. Its
# price is the noise: it learns the score of the *noised* data.
#
# <details><summary>Can score matching tell how much of the data lies in each of two far valleys?</summary>
#
# Hardly. Moving weight from one valley to the other changes $\log p$ by a constant in each of them, and the score only where the
# valleys meet. If no data lie there, the objective does not see it.
# </details>

# %% [markdown]
# ## 13. The sum as one more parameter
#
# Why not simply treat $\log Z$ as a parameter and fit it? By maximum likelihood that fails: $\log p = -E - \log Z$ grows without limit as the
# parameter falls. **Noise-contrastive estimation** (Gutmann and Hyvärinen, 2010) makes it work by asking another question. Mix the data with noise of a *known*
# density $p_n$, $\nu$ noise points for each data point, and tell the two apart. By Bayes' rule a model $p_\theta$ knows how:
#
# $$P(\text{data} \mid x) = \frac{p_\theta(x)}{p_\theta(x) + \nu\, p_n(x)} = \sigma\big(G(x)\big), \qquad G(x) = \underbrace{-E_\theta(x) - c}_{\log p_\theta(x)} - \log p_n(x) - \log \nu .$$
#
# Minimise the classifier's loss in $\theta$ *and* in $c$:
#
# $$L = -\,\mathbb E_{\text{data}}\big[\log \sigma(G)\big] - \nu\, \mathbb E_{\text{noise}}\big[\log (1 - \sigma(G))\big] .$$
#
# A $c$ that is too small now costs: noise would be taken for data. At the minimum $c = \log Z$.
#
# **Example.** At the truth with $\nu = 1$ and noise that *is* the data's distribution: $G = 0$ everywhere, and $L = 2 \ln 2 = 1.386$.

# %% [markdown]
# ### Exercise `nce`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 5 | 20 min | 0.5 s | everything else in PyTorch | `torch.distributions`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●●○
#
# **What.** The log-density of independent normal noise, and the loss.
#
# **Details.** $\nu$ is the number of noise points over the number of data points; it need not be whole. `energy` and `log_noise` map batches to one number for each sample. Gradients reach the
# energy's parameters and `log_z`. $G$ may be in the thousands: the loss stays finite. Data have any number of dimensions $d$.
# `F.gaussian_nll_loss` and `torch.special` belong to what is allowed.


# %% nbgrader={"grade": false, "grade_id": "nce_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def normal_log_density(
    x: Float[Tensor, "N d"], mean: Float[Tensor, "d"], std: Float[Tensor, "d"]
) -> Float[Tensor, "N"]:
    """Log-density of each sample under independent normal variables, one for each dimension."""
    ### BEGIN SOLUTION
    return (-0.5 * ((x - mean) / std) ** 2 - std.log() - 0.5 * math.log(2 * math.pi)).sum(1)
    ### END SOLUTION


def nce_loss(
    energy: Callable[[Tensor], Tensor],
    log_z: Float[Tensor, ""],
    log_noise: Callable[[Tensor], Tensor],
    x_data: Float[Tensor, "N d"],
    x_noise: Float[Tensor, "M d"],
) -> Float[Tensor, ""]:
    """Noise-contrastive loss of the model exp(-energy(x) - log_z): mean over the data, plus nu times mean over the noise.

    Args:
        log_z: the parameter c.
        log_noise: log-density of the noise.
        x_data, x_noise: M = nu N points of noise.

    Source: Gutmann and Hyvarinen (2010).
    """
    ### BEGIN SOLUTION
    nu = len(x_noise) / len(x_data)
    g_data = -energy(x_data) - log_z - log_noise(x_data) - math.log(nu)
    g_noise = -energy(x_noise) - log_z - log_noise(x_noise) - math.log(nu)
    return F.softplus(-g_data).mean() + nu * F.softplus(g_noise).mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "nce", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("nce")

# %% [markdown]
# <a id="hints-nce"></a>
# <details><summary>Hint 1: log Z comes out shifted</summary>
#
# By how much? If by $\log \nu$, then the prior odds of data and noise are missing in $G$.
# </details>
# <details><summary>Hint 2: one number for each sample</summary>
#
# A log-density of independent dimensions is their *sum*. In one dimension you would not see the difference.
# </details>
# <details><summary>Hint 3: infinite</summary>
#
# $-\log \sigma(G) = \operatorname{softplus}(-G)$, and $-\log(1 - \sigma(G)) = \operatorname{softplus}(G)$.
# </details>


# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_nce", "locked": true, "schema_version": 3, "solution": false, "task": false}
def wide_noise(x):
    """Log-density of normal noise of standard deviation 2 in both directions."""
    return normal_log_density(x, torch.zeros(2), torch.full((2,), 2.0))


true_log_z, errors = math.log(2 * math.pi * 0.5 * 2.0), []
print(f"true log Z: {true_log_z:.3f}")
for seed in range(3):
    generator = torch.Generator().manual_seed(seed)
    scale = torch.tensor([0.5, 2.0])
    x_data = scale * torch.randn(4000, 2, generator=generator)
    x_noise = 2 * torch.randn(8000, 2, generator=generator)
    log_widths, c = torch.zeros(2, requires_grad=True), torch.zeros((), requires_grad=True)
    optimiser = torch.optim.Adam([log_widths, c], lr=0.05)
    for _ in range(300):
        optimiser.zero_grad()
        nce_loss(
            lambda x, w=log_widths: 0.5 * ((x / w.exp()) ** 2).sum(1), c, wide_noise, x_data, x_noise
        ).backward()
        optimiser.step()
    widths = [round(float(w), 2) for w in log_widths.detach().exp()]
    errors.append(abs(float(c.detach()) - true_log_z))
    print(f"seed {seed}: log Z found {float(c.detach()):.3f}, widths found {widths} (true 0.5 and 2)")
print(f"largest error of log Z, three seeds: {max(errors):.3f}")

# %% [markdown]
# **Notice** that $\log Z$ comes out to within a tenth, as a by-product of a classifier. The better the noise resembles the data, the better the estimate: telling a digit from
# uniform pixel noise is too easy to learn anything from.

# %% [markdown]
# ## 14. A map of the data
#
# Two relatives of the energy-based family close the chapter's exercises. The first has no energy at all, in general (Erwin, Obermayer and Schulten,
# 1992), though it looks as if it had: Kohonen's **self-organising map** (1982). Units sit on a grid of $R \times C$ places, and each has a
# codebook vector in the space of the data. For a sample $x$:
#
# 1. the **best unit** $(r^*, c^*)$ is the one whose codebook vector is nearest to $x$;
# 2. each unit has a share $h_{rc} = \exp\!\big(-\frac{(r-r^*)^2 + (c-c^*)^2}{2\rho^2}\big)$, by its distance *on the grid*;
# 3. all move towards the sample: $m_{rc} \leftarrow m_{rc} + \alpha\, h_{rc}\, (x - m_{rc})$.
#
# That neighbours on the grid move together is what makes them become neighbours among the data. With $\rho \to 0$ only the best unit moves, and the map is
# $k$-means, one sample at a time.
#
# **Example.** Best unit $(0,0)$, $\rho = 1$: the unit at $(0,1)$ has the share $e^{-1/2} = 0.607$, that at $(1,1)$ $e^{-1} = 0.368$.

# %% [markdown]
# ### Exercise `self_organising_map`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 4 | 15 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●○○ · **importance** ●○○
#
# **What.** The best unit, the shares, one step for one sample.
#
# **Details.** Among equally near units the first wins, row by row. Grids may have one row or one column. `radius` is positive. The old codebook stays as it is.
# Data may lie far from the origin. In `som_step` the shares may be float32, as `neighbourhood` gives them, or have the codebook's dtype.


# %% nbgrader={"grade": false, "grade_id": "self_organising_map_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def best_units(x: Float[Tensor, "N d"], codebook: Float[Tensor, "R C d"]) -> Int[Tensor, "N 2"]:
    """Row and column of the unit whose codebook vector is nearest (Euclidean), for each sample, int64."""
    ### BEGIN SOLUTION
    rows, columns, d = codebook.shape
    nearest = ((x[:, None] - codebook.reshape(1, -1, d)) ** 2).sum(2).argmin(1)
    return torch.stack([nearest // columns, nearest % columns], 1)
    ### END SOLUTION


def neighbourhood(best: Int[Tensor, "N 2"], rows: int, columns: int, radius: float) -> Float[Tensor, "N R C"]:
    """Share of each unit for each sample, by its distance on the grid from the sample's best unit; float32."""
    ### BEGIN SOLUTION
    down = torch.arange(rows)[None, :, None] - best[:, 0, None, None]
    across = torch.arange(columns)[None, None, :] - best[:, 1, None, None]
    return torch.exp(-(down**2 + across**2) / (2 * radius**2))
    ### END SOLUTION


def som_step(
    x: Float[Tensor, "d"], codebook: Float[Tensor, "R C d"], rate: float, radius: float
) -> Float[Tensor, "R C d"]:
    """The codebook after one sample: each vector moves towards x by rate times its share of the way.

    Source: Kohonen (1982).
    """
    ### BEGIN SOLUTION
    rows, columns, _ = codebook.shape
    share = neighbourhood(best_units(x[None], codebook), rows, columns, radius)[0].to(codebook.dtype)
    return codebook + rate * share[..., None] * (x - codebook)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "self_organising_map", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("self_organising_map")

# %% [markdown]
# <a id="hints-self_organising_map"></a>
# <details><summary>Hint 1: rows and columns</summary>
#
# A flat index $k$ on a grid with $C$ columns is at row `k // C`, column `k % C`.
# </details>
# <details><summary>Hint 2: which distance</summary>
#
# The best unit is found by distances in the space of the data, the shares by distances on the grid.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_som", "locked": true, "schema_version": 3, "solution": false, "task": false}
digits = load_digits()
images = digits.train_images.flatten(1)
generator = torch.Generator().manual_seed(0)
codebook = images[torch.randint(len(images), (64,), generator=generator)].view(8, 8, 64).clone()


def quantisation_error(codebook):
    """Mean distance of a training image to its best unit's vector."""
    best = best_units(images, codebook)
    return float((images - codebook[best[:, 0], best[:, 1]]).norm(dim=1).mean())


errors, n_steps, start_time = [quantisation_error(codebook)], 3000, time.perf_counter()
for step in range(n_steps):
    left = 1 - step / n_steps
    x = images[torch.randint(len(images), (), generator=generator)]
    codebook = som_step(x, codebook, 0.3 * left + 0.02, 3.0 * left + 0.5)
    if (step + 1) % 300 == 0:
        errors.append(quantisation_error(codebook))
    progress(step + 1, n_steps, start_time)
figure, axes = plt.subplots(8, 8, figsize=(4.2, 4.2))
show_bits(axes.flat, codebook.reshape(64, 64), 8)
show("An 8 x 8 map of digits: each unit shows the image that it stands for, and neighbours look alike.")
across = float((codebook[:, 1:] - codebook[:, :-1]).norm(dim=2).mean())
anywhere = float(torch.cdist(codebook.view(64, 64), codebook.view(64, 64)).sum() / (64 * 63))
print("quantisation error, every 300 samples:", [round(e, 2) for e in errors])
print(
    f"quantisation error after 300 samples over that of the start: {errors[1] / errors[0]:.2f}, at the end: {errors[-1] / errors[0]:.2f}"
)
print(
    f"mean distance of neighbours on the grid: {across:.2f}, of any two units: {anywhere:.2f}, ratio: {across / anywhere:.2f}"
)

# %% [markdown]
# **Notice** that nobody gave labels, and neighbours on the grid are less than half as far apart as any two units are. The
# quantisation error first rises above that of the random start: while the radius is large the units are held together, and the
# map is in order and coarse.
#
# <details><summary>Why not begin with a small radius at once?</summary>
#
# Then only the best unit moves, as in $k$-means. The error falls faster, and where a unit stands on the grid says nothing about the
# digits that it stands for. Order must be made while the units still pull each other.
# </details>

# %% [markdown]
# ## 15. Least squares on least squares
#
# A **deep stacking network** (Deng, He and Gao, 2013; after Wolpert's stacked generalisation, 1992) avoids training by gradient descent. Each module has one hidden
# layer; its output layer is linear, and for a linear layer the squared error has a closed-form minimum. The module's prediction is handed
# to the next one as further inputs.
#
# Here the hidden weights are random and fixed, and each output layer sees its module's hidden units, the module below's prediction and a constant 1.
# With that prediction among the inputs the weights "take it as it is" are among those that least squares chooses from. So the **training error never rises** from
# module to module, whatever the random weights.
#
# $$z_l = [x,\; \hat y_{l-1}], \qquad \phi_l = [\sigma(z_l W_l),\; \hat y_{l-1},\; 1], \qquad \hat y_l = \phi_l\, U_l, \quad U_l = \arg\min_U \lVert \phi_l U - y \rVert^2 ;$$
#
# the first module has no $\hat y_0$: $z_1 = x$, $\phi_1 = [\sigma(x W_1), 1]$.

# %% [markdown]
# ### Exercise `deep_stacking_network`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 4 | 20 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●●○ · **importance** ●○○
#
# **What.** The closed-form layer; fitting the stack; predicting with it.
#
# **Details.** Columns of $\phi$ may depend on each other, or be more than there are samples. Then many $U$ are best; any of them will do, as long as it is finite and the predictions on the training data are the
# best possible. The order of the columns of $z$ and $\phi$ is that of the formulas. A feature that is ten thousand times smaller than the others still counts,
# in float32 too (the cut-off that `torch.linalg.pinv` has by default is low enough for up to some hundred samples). All is computed in the dtype of the data.
# The predictions of the modules may come back as a list or stacked in one tensor.


# %% nbgrader={"grade": false, "grade_id": "deep_stacking_network_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def least_squares(features: Float[Tensor, "N F"], y: Float[Tensor, "N K"]) -> Float[Tensor, "F K"]:
    """Weights U for which the squared error of features @ U is smallest."""
    ### BEGIN SOLUTION
    return torch.linalg.pinv(features) @ y
    ### END SOLUTION


def fit_stack(
    x: Float[Tensor, "N d"], y: Float[Tensor, "N K"], hidden_weights: Sequence[Tensor]
) -> list[Float[Tensor, "F K"]]:
    """Output weights U of each module, from the bottom to the top.

    Args:
        hidden_weights: W of each module, (d, H) for the first, (d + K, H) for all others; H may differ.

    Source: Deng, He and Gao (2013).
    """
    ### BEGIN SOLUTION
    output_weights, prediction = [], x[:, :0]
    for weight in hidden_weights:
        hidden = torch.sigmoid(torch.cat([x, prediction], 1) @ weight)
        features = torch.cat([hidden, prediction, torch.ones(len(x), 1, dtype=x.dtype)], 1)
        output_weights.append(least_squares(features, y))
        prediction = features @ output_weights[-1]
    return output_weights
    ### END SOLUTION


def predict_stack(
    x: Float[Tensor, "N d"], hidden_weights: Sequence[Tensor], output_weights: Sequence[Tensor]
) -> list[Float[Tensor, "N K"]]:
    """Predictions of each module, from the bottom to the top."""
    ### BEGIN SOLUTION
    predictions, prediction = [], x[:, :0]
    for weight, output in zip(hidden_weights, output_weights, strict=True):
        z = torch.cat([x, prediction], 1)
        hidden = torch.sigmoid(z @ weight)
        prediction = torch.cat([hidden, prediction, torch.ones(len(x), 1, dtype=x.dtype)], 1) @ output
        predictions.append(prediction)
    return predictions
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "deep_stacking_network", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("deep_stacking_network")

# %% [markdown]
# <a id="hints-deep_stacking_network"></a>
# <details><summary>Hint 1: singular matrix</summary>
#
# The normal equations need an inverse that may not exist. `torch.linalg.pinv` takes the pseudo-inverse of the features themselves.
# </details>
# <details><summary>Hint 2: the error rises</summary>
#
# Is the prediction of the module below among the *features*, and not only among the hidden layer's inputs?
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_dsn", "locked": true, "schema_version": 3, "solution": false, "task": false}
targets = F.one_hot(digits.train_labels, 10).double()
train_x = digits.train_images.flatten(1).double()
validation_x, validation_labels = train_x[1100:], digits.train_labels[1100:]
fit_x, fit_y = train_x[:1100], targets[:1100]
_, ax = plt.subplots(figsize=(7, 2.8))
rises, best = [], []
for seed in range(3):
    generator = torch.Generator().manual_seed(seed)
    layers = [
        torch.randn(64 if i == 0 else 74, 60, generator=generator, dtype=torch.float64) / 3 for i in range(8)
    ]
    outputs = fit_stack(fit_x, fit_y, layers)
    errors = [float(((p - fit_y) ** 2).mean()) for p in predict_stack(fit_x, layers, outputs)]
    accuracy = [
        float((p.argmax(1) == validation_labels).double().mean())
        for p in predict_stack(validation_x, layers, outputs)
    ]
    ax.plot(range(1, 9), errors, "o-", color=(BLUE, ORANGE, GREEN)[seed])
    rises.append(max(after - before for before, after in zip(errors, errors[1:], strict=False)))
    best.append(accuracy.index(max(accuracy)) + 1)
    print(f"seed {seed}: training error {[round(e, 4) for e in errors]}")
    print(f"        validation accuracy {[round(a, 3) for a in accuracy]}")
ax.set(xlabel="module", ylabel="mean squared training error", ylim=(0, None))
show("Training error by module for three stacks: it falls from module to module and never rises.")
print(f"largest change of the training error from module to module: {max(rises):.5f}")
print(f"module with the best validation accuracy, three seeds: {best}")

# %% [markdown]
# **Notice** that the *training* error never rises: the largest change is below 0. That is a theorem. The validation accuracy, the
# second line of each pair, falls now and then, and choosing the number of modules is done with it.
#
# <details><summary>Each module has least squares of its own. Why is the whole stack not linear in the data?</summary>
#
# Its hidden units are not: $\sigma$ is applied to the data *and* to the prediction below, so each module bends the prediction
# once more. Only the way from the hidden units to the output is linear, and only that is fitted.
# </details>

# %% [markdown]
# ## 16. An energy that is a network
#
# Now everything together, in two dimensions: the energy is a small network, the negative phase comes from Langevin chains, and the chains live in a **buffer** that outlasts the
# updates, as persistent chains do. With a small share of the buffer started anew in each update, chain by chain (Du and Mordatch, 2019).
#
# #### Find the bug
#
# This loop runs. It prints a number that falls. It learns nothing. Read it before you unfold the answer.
#
# ```python
# for step in range(updates):
#     noise = torch.rand(batch, 2) * 5 - 2.5
#     start = torch.where(torch.rand(1) < 0.05, noise, buffer[rows])
#     for _ in range(10):
#         start.requires_grad_()
#         energy(start).mean().backward()
#         start = (start - 0.02 * start.grad + 0.2 * torch.randn_like(start)).detach()
#     buffer[rows] = start
#     loss = energy(start).mean() - energy(data).mean()
#     optimiser.zero_grad()
#     loss.backward()
#     optimiser.step()
# ```
#
# <details><summary>Three faults</summary>
#
# 1. `loss` has the phases the wrong way round: it raises the energy of the data. The printed number falls all the same.
# 2. `.mean()` divides each chain's drift by the batch size, while the noise keeps its size: with 128 chains the drift is 128 times too weak.
#    (The network's gradients, filled by that `backward`, are cleared before the step. Without that `zero_grad` in its place they
#    would be a fourth fault.)
# 3. `torch.rand(1) < 0.05` throws one die for the whole batch: in one update out of twenty *all* chains are noise.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_energy_network", "locked": true, "schema_version": 3, "solution": false, "task": false}


def squared_mmd(x, y):
    """Squared maximum mean discrepancy of two samples, Gaussian kernels of widths 0.2, 0.5 and 1."""

    def mean_kernel(a, b):
        d2 = torch.cdist(a, b) ** 2
        return sum(torch.exp(-d2 / (2 * w**2)).mean() for w in (0.2, 0.5, 1.0))

    return float(mean_kernel(x, x) + mean_kernel(y, y) - 2 * mean_kernel(x, y))


grid = torch.cartesian_prod(torch.linspace(-2.5, 2.5, 60), torch.linspace(-2.5, 2.5, 60))
surfaces, updates, start_time = {}, 600, time.perf_counter()
chains_to_data, noise_to_data = [], []
for seed in range(3):
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model = EnergyNetwork()
    optimiser = torch.optim.Adam(model.parameters(), lr=2e-3, betas=(0.5, 0.99))
    buffer = 5 * torch.rand(2000, 2, generator=generator) - 2.5
    for update in range(updates + 1):
        if seed == 0 and update in (0, 50, 200, 600):
            with torch.no_grad():
                surfaces[update] = model(grid).view(60, 60), buffer[:300].clone()
        rows = torch.randint(len(buffer), (128,), generator=generator)
        fresh = torch.rand(128, 1, generator=generator) < 0.05
        start = torch.where(fresh, 5 * torch.rand(128, 2, generator=generator) - 2.5, buffer[rows])
        chains = langevin_chain(start, model, 0.02, 10, 1.0, generator)
        buffer[rows] = chains
        loss = contrastive_loss(model, two_moons(128, generator), chains, alpha=0.01)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if update:
            progress(updates * seed + update, 3 * updates, start_time)
    real = [two_moons(1000, generator) for _ in range(4)]
    floor = (squared_mmd(real[0], real[1]) + squared_mmd(real[2], real[3])) / 2
    uniform = 5 * torch.rand(1000, 2, generator=generator) - 2.5
    chains_to_data.append(squared_mmd(buffer[:1000], real[0]) / floor)
    noise_to_data.append(squared_mmd(uniform, real[0]) / floor)
_, axes = plt.subplots(1, 4, figsize=(12, 3))
for ax, (update, (surface, points)) in zip(axes, surfaces.items(), strict=True):
    ax.imshow(
        (surface - surface.min()).T, origin="lower", extent=(-2.5, 2.5, -2.5, 2.5), cmap="viridis", vmax=8
    )
    ax.scatter(points[:, 0], points[:, 1], s=3, color="white", linewidths=0)
    ax.set(title=f"after {update} updates", xlim=(-2.5, 2.5), ylim=(-2.5, 2.5), xticks=[], yticks=[])
show(
    "Energy over the plane after 0, 50, 200 and 600 updates, with three hundred chains as white points: first one wide bowl forms, then two "
    "valleys in it, in which the chains gather."
)
print(
    f"discrepancy of chains and data, over that of data and data, three seeds: {[round(d) for d in chains_to_data]}"
)
print(f"the same for uniform noise: {[round(d) for d in noise_to_data]}")
print(
    f"chains over noise, worst of three seeds: {max(c / n for c, n in zip(chains_to_data, noise_to_data, strict=True)):.2f}"
)

# %% [markdown]
# **Notice** how the valleys are dug from both sides: data pull down, chains push up wherever they gather without data. It works, and
# it is not exact: the chains' discrepancy from the data is less than a quarter of uniform noise's, and yet
# several times that of data from data.
# Training energies is a balance of two forces, and larger models lose it easily: the energies of data and chains drift apart,
# the chains leave, and the loss becomes huge. A weak price on the squared energies (`alpha`), little noise in the data and small
# steps are the usual remedies.
#
# <details><summary>Which temperature do the valleys belong to?</summary>
#
# To that of the chains: the model that is trained is $e^{-E}$ with the noise of $T = 1$. Many published recipes use far less noise
# than the step asks for. Their chains run nearly downhill, and what they train is not the $E$ of $e^{-E}/Z$ any more.
# </details>

# %% [markdown]
# ### Is what is unlikely also strange?
#
# A model of $p(x)$ should know a stranger when it sees one. Train a machine on nine digits, leave the tenth out, and use the free energy as a measure of strangeness. The area under the
# curve (AUROC) is the probability that a stranger has a higher free energy than a known digit.
#
# #### Your guess
#
# Which left-out digit will be hardest to recognise as strange, 0, 1 or 4? Type it in.

# %%
my_hardest = None  # 0, 1 or 4

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_anomaly", "locked": true, "schema_version": 3, "solution": false, "task": false}
binary_train, binary_test = (
    (digits.train_images.flatten(1) > 0.5).float(),
    (digits.test_images.flatten(1) > 0.5).float(),
)
print(f"your guess: {my_hardest}")
for left_out in (0, 1, 4):
    scores = []
    for seed in range(3):
        generator = torch.Generator().manual_seed(seed)
        known = binary_train[digits.train_labels != left_out]
        first = 0.01 * torch.randn(64, 64, generator=generator), torch.zeros(64), torch.zeros(64)
        trained = train_rbm(known, first, 3000, 50, 0.05, 1, True, generator)
        energies = free_energy(binary_test, *trained)
        strange = digits.test_labels == left_out
        pairs = energies[strange][:, None] - energies[~strange][None]
        scores.append(round(float((pairs > 0).double().mean() + 0.5 * (pairs == 0).double().mean()), 2))
    print(f"digit {left_out} left out: AUROC of three seeds from {min(scores)} to {max(scores)}")

# %% [markdown]
# **Notice** the digit 1. It has never been seen, and in about one comparison out of three it counts as *more* likely than a digit that has. It is simple: few pixels that vary, parts of it occur in other digits, and simple
# images get a high probability from nearly every model of pixels. The same was found for large models of photographs, which took house numbers for likelier than the photographs that they had been
# trained on (Nalisnick et al., 2019).
#
# <details><summary>Would a better model repair it?</summary>
#
# Not by itself: the exact density of the data has the problem too. A single simple image may really have a high density where whole classes of richer images share theirs among very many. Density is
# a property of a point, typicality one of a set.
# </details>

# %% [markdown]
# ## Two questions
#
# ### Question 1: low energy and high probability (4 points)
#
# 1. A colleague compares two models on a test image: $E_A(x) = -210$, $E_B(x) = -95$, and concludes that model A finds the image more likely. Say in one or two sentences why
#    that does not follow, and give a model $A'$ with the same probabilities as $A$ for which his argument leads to the opposite conclusion. (2 points)
# 2. A thousand independent coins show heads with probability 0.6. Which state has the lowest energy? Use numbers to explain why a sample of the model never looks like it. (2 points)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written_energy", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Model answer.** The probability is $e^{-E(x)}/Z$, and the two models have different $Z$: energies of one model can be compared with each other, energies of two models cannot. $E_{A'} = E_A + 1000$ has
# $Z_{A'} = e^{-1000} Z_A$, the same probabilities everywhere, and $E_{A'}(x) = 790 > -95$.
#
# The lowest energy belongs to all heads. Its probability is $0.6^{1000} = e^{-511}$. There are $\binom{1000}{600} \approx e^{669}$ states with 600 heads, each of the probability
# $0.6^{600}\, 0.4^{400} = e^{-673}$: together they have about $e^{-3.7} = 0.026$ of the probability, and all states with 550 to 650 heads nearly all of it. The single state is less likely by far, and
# there are so very many of them. A sample looks like a typical state, not like the most likely one.
#
# **Marks.**
# - Part 1: 1 for the missing $Z$; 1 for a shift of the energy by a constant with a number for which the order turns.
# - Part 2: 1 for all heads with its probability; 1 for weighing the number of states against the probability of each. "Chance" without numbers: 0.
# ### END SOLUTION

# %% [markdown]
# ### Question 2: why chains must mix (5 points)
#
# 1. In the figure of section 9 CD-1 ends below the persistent chains at the same cost. Explain with the two phases what states CD-1 never raises. (2 points)
# 2. A model with two deep valleys is trained with persistent chains that never cross the hill. The data lie in both valleys, 50% each; of the chains 90% are in the left one by accident. What does the training do to the
#    two valleys, and what do the chains do then? (2 points)
# 3. Name a measurement, without knowing $Z$, that would have shown that the chains have not mixed. (1 point)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written_mixing", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Model answer.** The negative phase raises the energy where the chains are. Chains that start at the data and make one step stay near the data: states far from the data that the model considers likely are never
# visited, so nothing raises their energy, and they keep probability that the data lack. Persistent chains wander, and find them in time.
#
# The positive phase pulls both valleys down alike, the negative phase pushes the left one up nine times as hard as the right one. So the left valley rises and the right one sinks, although their probabilities may have
# been right before. This goes on until the left valley is so shallow that chains cross: then they run over to the right one together, and the force turns round. The valleys swing. The learned probabilities of the two sides are a product of the chains' places, not
# of the data.
#
# Start chains in different places (all left, all right, random) and compare the share on the left, or any mean, between the groups: if the groups differ by more than their own spread, they have not mixed. Also good: the autocorrelation of
# a chain's side; the number of crossings.
#
# **Marks.**
# - Part 1: 1 for "raised only where chains are"; 1 for the states far from the data.
# - Part 2: 1 for the imbalance of the two phases (right direction); 1 for what follows (crossing, swinging, or wrong weights of the valleys).
# - Part 3: 1 for a measurement with what it is compared with. "Look at the loss": 0.
# ### END SOLUTION

# %% [markdown]
# ## To go on
#
# Something to try, ungraded. A *classifier* is an energy-based model that nobody told (Grathwohl et al., 2020): from logits $f_k(x)$ take $E(x) = -\log \sum_k e^{f_k(x)}$. The softmax is unchanged when the same number is
# added to all logits, so classification leaves this energy wide open. Train a small classifier on the two moons, each moon a class, run your `langevin_chain` on its energy, and see where the chains go. What would have to be
# added to the loss to bring them back?

# %% [markdown]
# ## What you have read about
#
# - D. Ackley, G. Hinton and T. Sejnowski (1985), *A learning algorithm for Boltzmann machines*; P. Smolensky (1986), *Harmony theory*.
# - S. Geman and D. Geman (1984), *Stochastic relaxation, Gibbs distributions, and the Bayesian restoration of images*; N. Metropolis et al. (1953), *Equation of state calculations by fast computing machines*; W. Hastings (1970), *Monte Carlo
#   sampling methods using Markov chains and their applications*; G. Roberts and R. Tweedie (1996), *Exponential convergence of Langevin distributions and their discrete approximations*.
# - G. Hinton (2002), *Training products of experts by minimizing contrastive divergence*; T. Tieleman (2008), *Training restricted Boltzmann machines using approximations to the likelihood gradient*; A. Fischer and C. Igel (2010),
#   *Empirical analysis of the divergence of Gibbs sampling based learning algorithms for restricted Boltzmann machines*; I. Sutskever and T. Tieleman (2010), *On the convergence properties of contrastive divergence*.
# - G. Hinton, S. Osindero and Y. Teh (2006), *A fast learning algorithm for deep belief nets*.
# - J. Hopfield (1982), *Neural networks and physical systems with emergent collective computational abilities*; D. Amit, H. Gutfreund and H. Sompolinsky (1985), *Storing infinite numbers of patterns in a spin-glass model of neural
#   networks*; D. Krotov and J. Hopfield (2016), *Dense associative memory for pattern recognition*; H. Ramsauer et al. (2021), *Hopfield networks is all you need*.
# - A. Hyvärinen (2005), *Estimation of non-normalized statistical models by score matching*; P. Vincent (2011), *A connection between score matching and denoising autoencoders*; Y. Song et al. (2019), *Sliced score matching*.
# - M. Gutmann and A. Hyvärinen (2010), *Noise-contrastive estimation*; T. Kohonen (1982), *Self-organized formation of topologically correct feature maps*; D. Wolpert (1992), *Stacked generalization*; L. Deng, X. He and J. Gao (2013), *Deep stacking
#   networks for information retrieval*.
# - Y. Du and I. Mordatch (2019), *Implicit generation and modeling with energy-based models*; E. Nalisnick et al. (2019), *Do deep generative models know what they don't know?*; W. Grathwohl et al. (2020), *Your classifier is secretly an energy
#   based model and you should treat it like one*.
