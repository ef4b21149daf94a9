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
# # Chapter 9. Attention on CNNs and RNNs
#
# A recurrent network puts all that it has read into one vector of fixed size, and a convolution sees a few pixels
# around each place. Attention removes both limits with one idea: look at *everything*, and take a weighted mean, with
# weights that depend on what is looked for. Here you build it from a method of statistics that is sixty years old,
# give it masks and heads, put it on top of a recurrent encoder and into a convolutional network, and learn to tell an
# attention that works from one that only trains.
#
# | | exercise | points | minutes |
# |---|---|---|---|
# | 1 | `kernel_attention`: a weighted mean of what is near | 6 | 20 |
# | 2 | `scores`: three ways to say how well a key fits | 10 | 25 |
# | 3 | `scaled_dot_product`: the attention that everybody uses | 12 | 30 |
# | 4 | `masks`: who may look where | 8 | 25 |
# | 5 | `multi_head`: several looks at once | 12 | 30 |
# | 6 | `sinusoidal`: telling places apart | 5 | 20 |
# | 7 | `find_the_bug`: probes for attentions that only train | 5 | 25 |
# | 8 | `attention_decoder`: looking back at a recurrent encoder | 12 | 30 |
# | 9 | `train_seq2seq`: the training loop | 8 | 30 |
# | 10 | `spatial_attention`: pixels that look at pixels | 8 | 25 |
# | 11 | `attention_cnn`: in a network for digits | 4 | 15 |
# | 12 | two written questions | 5 + 5 | 30 |

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
# - What you are given stays as it is, and may be any view: transposed, sliced or expanded. Results have the
#   dtype of the input, float64 too, and a batch may hold a single example.
# - **Masks.** A mask is a boolean tensor, and True means *may be looked at*, here and in
#   `F.scaled_dot_product_attention`. In `nn.MultiheadAttention` True means the opposite.
# - Hints are folded below the check: read one at a time.
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

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
BLUE, ORANGE, GREEN, RED, GREY = "#2f6db3", "#e07b16", "#2a9265", "#c43c39", "#8a8f98"
import sys
import time

import matplotlib.pyplot as plt

from selfcheck.data import load_digits
from selfcheck.pairs import END, START, alphabet_of, make_dates, make_reversals
from selfcheck.plots import show

torch.set_num_threads(1)  # networks this small lose more time to sharing work than they gain
# An opaque light page keeps every figure legible in a dark theme too.
plt.rcParams.update({"figure.facecolor": "white", "figure.constrained_layout.use": True, "figure.dpi": 90})
plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 10})
plt.rcParams.update({"font.size": 10, "legend.frameon": False})


def with_progress(batches, every=20):
    """The batches, with a line that says how far the training is."""

    class Told(list):
        def __iter__(self):
            for i, batch in enumerate(super().__iter__()):
                if i % every == 0:
                    sys.stdout.write(f"\r{i} of {len(self)} steps ")
                    sys.stdout.flush()
                yield batch

    return Told(batches)

# %% [markdown]
# ## 1. A weighted mean of what is near
#
# You know the values $v_j$ of an unknown function at some places $k_j$, and want its value at a place $q$ where you
# have none. The simplest sound answer is a mean in which near places count more:
#
# $$\hat v(q) = \sum_j w_j(q)\, v_j, \qquad
# w_j(q) = \frac{\exp\big(-\lVert q - k_j\rVert^2 / 2\sigma^2\big)}{\sum_l \exp\big(-\lVert q - k_l\rVert^2 / 2\sigma^2\big)} .$$
#
# This is **kernel regression** (Nadaraya and Watson, 1964). Read it again with other words: $q$ is a **query**,
# each $k_j$ is a **key**, each $v_j$ a **value**. A *score* says how well a key fits the query, here $-\lVert q -
# k_j\rVert^2 / 2\sigma^2$. A *softmax* turns scores into weights that sum to 1. The answer is the mean of the
# values with these weights. That is attention; all that will change is the score.

# %% [markdown]
# **The width.** As $\sigma \to 0$ the nearest key takes the whole weight. As $\sigma \to \infty$ all keys weigh the
# same, and the answer is the mean of all values, wherever you ask.
#
# **Example.** Keys 0 and 2 with values 10 and 20; $\sigma = 1$; $q = 0.5$. The scores are $-\frac{0.25}{2} =
# -0.125$ and $-\frac{2.25}{2} = -1.125$. They differ by 1, so the weights are $\frac{e}{e+1} = 0.731$ and $0.269$,
# and the answer is $7.31 + 5.38 = 12.69$.
#
# **Leaving out.** How wide should $\sigma$ be? Ask for the values that you know. But if a query *is* the key $k_j$,
# its own value takes part, and with $\sigma \to 0$ the answer is right for no good reason. So each query is
# answered by all keys *but its own*.
#
# | symbol | in code | shape | meaning |
# |---|---|---|---|
# | $q$ | `queries` | (M, D) | what is asked for |
# | $k_j$ | `keys` | (L, D) | where something is known |
# | $v_j$ | `values` | (L, E) | what is known there |
# | $\sigma$ | `width` | () or a number | how far one looks |
# | $w_j(q)$ | | (M, L) | weights; each query's sum to 1 |

# %% [markdown]
# ### Exercise `kernel_attention`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 6 | 20 min | 0.5 s | everything else in PyTorch | `F.scaled_dot_product_attention`, `nn.MultiheadAttention`, `nn.Transformer*`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●○○ · **importance** ●●●
#
# **What.** Weights and answers of kernel regression.
#
# **Details.** Widths are 0.001 at least. Queries and keys may lie 1,000 apart: no answer is NaN, and each query's
# weights sum to 1: with a narrow width the nearest key takes all, and two that are equally near take half each.
# Gradients flow to queries, keys, values and, where it is a tensor, to the width; they are finite where a query lies
# on a key. With `leave_own_out` there are as many queries as keys, two at least, query $i$ is key $i$, and its own
# weight is exactly 0; another key at the same place keeps its weight. The square may be multiplied out: what float32
# then loses far from the origin does not count.
#
# **Why.** All of attention is here, with a score that can be drawn.


# %% nbgrader={"grade": false, "grade_id": "kernel_attention_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def kernel_weights(
    queries: Float[Tensor, "M D"],
    keys: Float[Tensor, "L D"],
    width: Float[Tensor, ""] | float,
    leave_own_out: bool = False,
) -> Float[Tensor, "M L"]:
    """How much each key counts for each query: a softmax over keys of -distance² / (2 width²).

    Args:
        queries: (M, D). keys: (L, D).
        width: above 0, a number or a tensor with one.
        leave_own_out: key i does not count for query i; M == L.

    Returns:
        (M, L) weights; each row sums to 1.

    Source: Nadaraya (1964), On estimating regression; Watson (1964), Smooth regression analysis.
    """
    ### BEGIN SOLUTION
    squares = (queries[:, None] - keys).square().sum(dim=2)
    scores = -squares / (2 * width**2)
    if leave_own_out:
        scores = scores.masked_fill(torch.eye(len(keys), dtype=torch.bool), -torch.inf)
    return scores.softmax(dim=1)
    ### END SOLUTION


def kernel_attention(
    queries: Float[Tensor, "M D"],
    keys: Float[Tensor, "L D"],
    values: Float[Tensor, "L E"],
    width: Float[Tensor, ""] | float,
    leave_own_out: bool = False,
) -> Float[Tensor, "M E"]:
    """Kernel regression: for each query the mean of the values, weighted as `kernel_weights` says.

    Args:
        queries: (M, D). keys: (L, D). values: (L, E). width, leave_own_out: see `kernel_weights`.

    Returns:
        (M, E) answers.
    """
    ### BEGIN SOLUTION
    return kernel_weights(queries, keys, width, leave_own_out) @ values
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "kernel_attention", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("kernel_attention")

# %% [markdown]
# <a id="hints-kernel_attention"></a>
# <details><summary>Hint 1: all distances at once</summary>
#
# `queries[:, None] - keys` has the shape (M, L, D): every query minus every key. Square it and sum over the last
# axis.
# </details>
# <details><summary>Hint 2: NaN for a narrow width</summary>
#
# `exp` of -1000 is 0 in float32, and a row of zeros divided by its sum is NaN. A softmax subtracts the largest
# score of the row first, so at least one term is 1.
# </details>
# <details><summary>Hint 3: leaving out</summary>
#
# Before the softmax, give the diagonal the score minus infinity. To zero it afterwards would leave rows that no
# longer sum to 1.
# </details>

# %% [markdown]
# ### Narrow and wide
#
# Fifty noisy measurements of $v = 2 \sin k + k^{0.8}$ on $[0, 5]$, the standard example of the book *Dive into Deep
# Learning*. The last axis of the figure shows the weights themselves: a row for each query, a column for each key.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_kernel", "locked": true, "schema_version": 3, "solution": false, "task": false}
def noisy_curve(seed, count=50):
    """Sorted places, and the function there with noise of 0.5."""
    generator = torch.Generator().manual_seed(seed)
    places = (5 * torch.rand(count, 1, generator=generator)).sort(dim=0).values
    return places, curve(places) + 0.5 * torch.randn(count, 1, generator=generator)


def curve(places):
    """The truth."""
    return 2 * places.sin() + places**0.8


def rms(difference):
    """Root of the mean square."""
    return float(difference.square().mean().sqrt())


asked = torch.linspace(0, 5, 200)[:, None]
places, measured = noisy_curve(0)
_, axes = plt.subplots(1, 4, figsize=(14, 3.2))
for ax, width in zip(axes, (0.03, 0.25, 2.0), strict=False):
    answer = kernel_attention(asked, places, measured, width)
    ax.plot(places, measured, ".", color=GREY)
    ax.plot(asked, curve(asked), color="black", linewidth=1, linestyle="--")
    ax.plot(asked, answer, color=BLUE)
    ax.set(title=f"width {width}", xlabel="place", ylim=(-1, 6))
axes[3].imshow(kernel_weights(asked[::4], places, 0.25), cmap="Blues", aspect="auto")
axes[3].set(title="weights at width 0.25", xlabel="key", ylabel="query")
show(
    "Fifty noisy points and a smooth true curve. With width 0.03 the answer jumps from point to point, with 0.25 it follows the "
    "curve, with 2 it is nearly level. Right: the weights as a picture, a dark band along the diagonal."
)
for seed in range(3):
    where, what = noisy_curve(seed)
    errors = [rms(kernel_attention(asked, where, what, width) - curve(asked)) for width in (0.03, 0.25, 2.0)]
    print(f"seed {seed}: error for the width 0.03: {errors[0]:.2f}, for 0.25: {errors[1]:.2f}, for 2: {errors[2]:.2f}")

# %% [markdown]
# **Notice** that one number decides everything. At width 0.03 each answer is one noisy point (an error of 0.44 to
# 0.52, the noise itself), at 2 the answer hardly depends on the question (0.87 to 0.94), and in between (0.21 to
# 0.33) the noise averages out and the shape stays.

# %% [markdown]
# ### A failure on purpose: the width that sees its own target
#
# A width can be *learned*, by gradient descent on the error at the measured places. Below this is done twice, from
# the same start: once with each place answering its own question too, once with it left out.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_own_target", "locked": true, "schema_version": 3, "solution": false, "task": false}
def learn_width(leave_own_out, seed, steps=120):
    """Widths during training, and the error to the truth at the end."""
    where, what = noisy_curve(seed)
    logarithm = torch.zeros((), requires_grad=True)
    optimizer = torch.optim.Adam([logarithm], lr=0.1)
    widths, losses = [], []
    for _ in range(steps):
        loss = (kernel_attention(where, where, what, logarithm.exp(), leave_own_out) - what).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        widths.append(float(logarithm.detach().exp()))
        losses.append(loss.item())
    return widths, losses, rms(kernel_attention(asked, where, what, widths[-1]) - curve(asked))


_, axes = plt.subplots(1, 2, figsize=(10, 3))
for leave_out, colour, name in ((False, RED, "own value seen"), (True, BLUE, "own value left out")):
    for seed in range(3):
        widths, losses, error = learn_width(leave_out, seed)
        axes[0].semilogy(widths, color=colour, alpha=0.8, label=name if seed == 0 else None)
        axes[1].plot(losses, color=colour, alpha=0.8)
        print(f"{name}, seed {seed}: width {widths[-1]:.4f}, training error {losses[-1]:.3f}, error to the truth {error:.2f}")
axes[0].set(xlabel="step", title="width")
axes[0].legend()
axes[1].set(xlabel="step", title="training error (mean square)")
show(
    "Two panels over 120 steps, three runs each. Where each point sees its own value, the width falls below 0.01 and the "
    "training error towards zero; where it is left out, the width settles between 0.1 and 0.3 and the error above the noise."
)

# %% [markdown]
# **Notice** which of the two looks better *in training*: with its own value seen, the error falls below 0.04 and
# goes on falling, the width is below 0.01, and the fit is a set of spikes with an error of 0.51 to 0.56 to the
# truth. Left out, the training error stays at 0.31 to 0.36, a little above the variance of the noise (0.25), the
# width settles at 0.15 to 0.29, and the error to the truth is 0.21 to 0.38. A model that may look at the answer
# looks at the answer. You will meet this again as the *causal mask*.
#
# <details><summary>Why does the width not stop falling at a small value that is good enough?</summary>
#
# While a query's own key takes nearly the whole weight, each further reduction takes a little more from the others,
# so the training error falls as long as the width does. Nothing in the loss pays for smoothness.
# </details>

# %% [markdown]
# ## 2. Scores
#
# A distance is one way to say how well key $k_j$ fits query $q$. Three others made history:
#
# $$\text{dot:}\quad q^\top k_j \qquad\qquad
# \text{general:}\quad q^\top W k_j \qquad\qquad
# \text{additive:}\quad u^\top \tanh(W_q\, q + W_k\, k_j)$$
#
# The additive score (Bahdanau, Cho and Bengio, 2014) is a small network with one hidden layer. Luong, Pham and
# Manning (2015) found that products do as well and are quicker. Dot needs queries and keys of one width; the other
# two do not.
#
# | symbol | in code | shape | meaning |
# |---|---|---|---|
# | $q$ | `q` | (N, M, D) | M queries for each of N examples |
# | $k_j$ | `k` | (N, L, D) or (N, L, K) | L keys for each |
# | $W$ | `w` | (D, K) | general: from key to query |
# | $W_q$, $W_k$ | `w_q`, `w_k` | (A, D), (A, K) | additive: both into a hidden layer of A units |
# | $u$ | `u` | (A,) | additive: what the hidden units count |

# %% [markdown]
# **Distance and dot are relatives.** $-\frac12 \lVert q - k_j \rVert^2 = q^\top k_j - \frac12\lVert q\rVert^2 -
# \frac12\lVert k_j\rVert^2$. The middle term is the same for all keys, so the softmax does not see it. If all keys
# are equally long, not even the last one counts: then kernel attention of width 1 *is* dot attention.
#
# **Example.** $q = (1, 2)$, $k = (3, -1)$: the dot score is $3 - 2 = 1$. With $W = \begin{pmatrix}0 & 1\\ 1 &
# 0\end{pmatrix}$ the general score is $(1, 2) \cdot (-1, 3) = 5$. With $W_q = (1, 0)$, $W_k = (0, 1)$, $u = 2$ (one
# hidden unit) the additive score is $2 \tanh(1 - 1) = 0$.

# %% [markdown]
# **What does it cost?** Count *parameters* and *multiplications*, for one example, M queries and L keys; a tanh and
# an addition are free.
#
# - dot: no parameter, $MLD$ multiplications.
# - general: $DK$ parameters; project each *query* once ($MDK$), then $MLK$ for the products.
# - additive: two matrices and a vector; project each query and each key once, then A multiplications for each pair.
#
# **Example.** D = K = A = 4, M = 2, L = 3: dot 24; general $2\cdot16 + 24 = 56$; additive $2\cdot16 + 3\cdot16 + 24
# = 104$.

# %% [markdown]
# ### Exercise `scores`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 10 | 25 min | 0.5 s | everything else in PyTorch | `F.scaled_dot_product_attention`, `nn.MultiheadAttention`, `nn.Transformer*`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●●○
#
# **What.** The three scores, and what they cost.
#
# **Details.** Scores are returned as they are: without softmax, without scaling. `w`, `w_q`, `w_k` are used as they
# stand, in the shapes of the table. Gradients flow to all arguments. `score_cost` counts by the rules above, also
# where another way would need fewer multiplications; another kind is a ValueError.
#
# **Why.** Every attention since then is one of these with something around it.


# %% nbgrader={"grade": false, "grade_id": "scores_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def dot_scores(q: Float[Tensor, "N M D"], k: Float[Tensor, "N L D"]) -> Float[Tensor, "N M L"]:
    """Score of every query with every key of the same example: their dot product.

    Args:
        q: queries (N, M, D). k: keys (N, L, D).

    Returns:
        (N, M, L); entry n, i, j belongs to query i and key j of example n.

    Source: Luong, Pham and Manning (2015), section 3.1.
    """
    ### BEGIN SOLUTION
    return q @ k.transpose(1, 2)
    ### END SOLUTION


def general_scores(
    q: Float[Tensor, "N M D"], k: Float[Tensor, "N L K"], w: Float[Tensor, "D K"]
) -> Float[Tensor, "N M L"]:
    """Score of every query with every key: query^T W key.

    Args:
        q: queries (N, M, D). k: keys (N, L, K). w: (D, K).

    Returns:
        (N, M, L).

    Source: Luong, Pham and Manning (2015), section 3.1.
    """
    ### BEGIN SOLUTION
    return q @ w @ k.transpose(1, 2)
    ### END SOLUTION


def additive_scores(
    q: Float[Tensor, "N M D"],
    k: Float[Tensor, "N L K"],
    w_q: Float[Tensor, "A D"],
    w_k: Float[Tensor, "A K"],
    u: Float[Tensor, "A"],
) -> Float[Tensor, "N M L"]:
    """Score of every query with every key: u^T tanh(W_q query + W_k key).

    Args:
        q: queries (N, M, D). k: keys (N, L, K). w_q: (A, D). w_k: (A, K). u: (A,).

    Returns:
        (N, M, L).

    Source: Bahdanau, Cho and Bengio (2014), section A.1.2.
    """
    ### BEGIN SOLUTION
    hidden = torch.tanh((q @ w_q.T)[:, :, None] + (k @ w_k.T)[:, None])  # (N, M, L, A)
    return hidden @ u
    ### END SOLUTION


def score_cost(
    kind: str, queries: int, keys: int, query_width: int, key_width: int = 0, hidden: int = 0
) -> tuple[int, int]:
    """Parameters and multiplications of the scores of some queries with some keys, for one example.

    Args:
        kind: "dot", "general" or "additive".
        queries: M. keys: L. query_width: D; for "dot" that of a key too.
        key_width: K, for "general" and "additive". hidden: A, for "additive".

    Returns:
        (parameters, multiplications), counted as the text above says.

    Raises:
        ValueError: for another kind.
    """
    ### BEGIN SOLUTION
    if kind == "dot":
        return 0, queries * keys * query_width
    if kind == "general":
        return query_width * key_width, queries * query_width * key_width + queries * keys * key_width
    if kind == "additive":
        parameters = hidden * query_width + hidden * key_width + hidden
        return parameters, hidden * (queries * query_width + keys * key_width + queries * keys)
    raise ValueError(f"kind is dot, general or additive, not {kind!r}")
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "scores", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("scores")

# %% [markdown]
# <a id="hints-scores"></a>
# <details><summary>Hint 1: general with two products</summary>
#
# `q @ w` has the shape (N, M, K): queries as they look from the keys' side. What is left is a dot score.
# </details>
# <details><summary>Hint 2: every query with every key</summary>
#
# Give the projected queries (N, M, A) an axis for keys, `[:, :, None]`, and the projected keys (N, L, A) one for
# queries, `[:, None]`. Their sum is (N, M, L, A).
# </details>
# <details><summary>Hint 3: the last sum</summary>
#
# `hidden @ u` multiplies the last axis by `u` and sums.
# </details>

# %% [markdown]
# ### Your guess
#
# Queries and keys of independent standard normal numbers, D of them in each. How large is the *standard deviation*
# of their dot score for D = 1024?

# %%
my_deviation = None  # a number

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_variance", "locked": true, "schema_version": 3, "solution": false, "task": false}
generator = torch.Generator().manual_seed(0)
print(f"your guess: {my_deviation}")
for d in (4, 64, 1024):
    pairs = torch.randn(3, 40, d, generator=generator), torch.randn(3, 50, d, generator=generator)
    print(f"D = {d}: standard deviation of the dot score {float(dot_scores(*pairs).std()):.2f}")

# %% [markdown]
# **Notice** that the scores grow as the root of the width: 2.1, 8.0 and 31.7 for 4, 64 and 1024. Each score is a
# sum of D products with mean 0 and variance 1, and variances of independent terms add.

# %% [markdown]
# ## 3. Scaled dot-product attention
#
# Scores of size 32 are trouble: in a softmax, a lead of 32 is a weight of $1 - 10^{-14}$. One key takes all, and
# the gradient of a softmax with weights 0 and 1 is zero. So the scores are divided by what they grow with (Vaswani
# et al., 2017):
#
# $$\mathrm{Attention}(q, k, v) = \mathrm{softmax}\Big(\frac{q k^\top}{\sqrt D} + \text{mask}\Big)\, v ,$$
#
# where the mask stands for minus infinity where a query may not look, and 0 where it may. The softmax runs over
# *keys*: each query distributes the weight 1.

# %% [markdown]
# **A query that may look nowhere** has a row of minus infinities, and its softmax is 0/0 = NaN. It happens: an
# empty sentence in a batch, a padding query, a window with nothing in it. We define the answer: *all its weights
# are 0, and so is its output.* To replace NaN at the end is not enough: on the way back the zero gradient of the
# replaced row meets the NaN inside the softmax, and $0 \cdot \text{NaN} = \text{NaN}$. Best is a NaN that never
# comes into being.
#
# **Example.** Scores (after scaling) 0 and $\log 3$ with values 10 and 20: weights $\frac14, \frac34$, output 17.5.
# With the second masked: weights 1 and 0, output 10. With both masked: weights 0 and 0, output 0.
#
# | symbol | in code | shape | meaning |
# |---|---|---|---|
# | $q$ | `q` | (..., M, D) | queries; the leading axes are examples, heads, or none |
# | $k$ | `k` | (..., L, D) | keys |
# | $v$ | `v` | (..., L, E) | values |
# | | `mask` | broadcasts to (..., M, L) | True where the query may look |

# %% [markdown]
# ### Exercise `scaled_dot_product`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 12 | 30 min | 0.5 s | everything else in PyTorch | `F.scaled_dot_product_attention`, `nn.MultiheadAttention`, `nn.Transformer*`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** A softmax that knows masks, and attention with it.
#
# **Details.** Any number of leading axes, also none; a mask may lack the first of them, for its axes are counted from the end. What stands at a masked
# place, however large its score, has exactly the weight 0, its gradient is exactly 0, and nothing else depends on
# it; it is finite. A row that is wholly masked gives zeros, forwards and backwards, without a NaN, in other rows too.
# Scores may have any finite size and either sign: a masked one of $10^{12}$ beside open ones of $-10^{12}$ too.
# `scale` is what scores are multiplied by, $1/\sqrt D$ if not given; it may be 0. Scores and mask stay as they are.
#
# **Why.** This function, unchanged, is what Transformers are made of.


# %% nbgrader={"grade": false, "grade_id": "scaled_dot_product_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def masked_softmax(
    scores: Float[Tensor, "... M L"], mask: Bool[Tensor, "... M L"] | None = None
) -> Float[Tensor, "... M L"]:
    """Softmax over the last axis, in which masked places have the weight 0.

    Args:
        scores: (..., M, L), finite.
        mask: True where a key may be looked at; broadcasts to the scores. None: everywhere.

    Returns:
        (..., M, L) weights; a row sums to 1, or is all 0 where no key may be looked at.
    """
    ### BEGIN SOLUTION
    if mask is None:
        return scores.softmax(dim=-1)
    somewhere = mask.any(dim=-1, keepdim=True)
    # An open row keeps its mask; a closed one is opened for the softmax and emptied afterwards, so that no NaN arises.
    weights = scores.masked_fill(~(mask | ~somewhere), -torch.inf).softmax(dim=-1)
    return weights.masked_fill(~somewhere, 0.0)
    ### END SOLUTION


def attention(
    q: Float[Tensor, "... M D"],
    k: Float[Tensor, "... L D"],
    v: Float[Tensor, "... L E"],
    mask: Bool[Tensor, "... M L"] | None = None,
    scale: float | None = None,
) -> tuple[Float[Tensor, "... M E"], Float[Tensor, "... M L"]]:
    """Scaled dot-product attention.

    Args:
        q: queries (..., M, D). k: keys (..., L, D). v: values (..., L, E).
        mask: True where a query may look; broadcasts to (..., M, L). None: everywhere.
        scale: factor of the scores; 1 / sqrt(D) if None.

    Returns:
        (output (..., M, E), weights (..., M, L)).

    Source: Vaswani et al. (2017), Attention is all you need, section 3.2.1.
    """
    ### BEGIN SOLUTION
    if scale is None:
        scale = q.shape[-1] ** -0.5
    weights = masked_softmax(q @ k.transpose(-2, -1) * scale, mask)
    return weights @ v, weights
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "scaled_dot_product", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
check("scaled_dot_product")

# %% [markdown]
# <a id="hints-scaled_dot_product"></a>
# <details><summary>Hint 1: the axes</summary>
#
# `k.transpose(-2, -1)`, and a softmax over `dim=-1`: counted from the end, they fit any number of leading axes.
# </details>
# <details><summary>Hint 2: masking</summary>
#
# `scores.masked_fill(~mask, -torch.inf)` before the softmax. A large negative number instead of infinity is beaten
# by a larger negative score.
# </details>
# <details><summary>Hint 3: the row with nothing in it</summary>
#
# `mask.any(-1, keepdim=True)` says which rows have something. Give the others any finite scores *before* the
# softmax, and set their weights to 0 after it.
# </details>

# %% [markdown]
# ### Your guess
#
# 32 keys and a query, standard normal, D = 1024, *without* the root. How large is the largest of the 32 weights,
# typically (the median)?

# %%
my_largest = None  # between 1/32 and 1

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_saturation", "locked": true, "schema_version": 3, "solution": false, "task": false}
def largest_weights(d, scale, count=2000, keys=32, seed=0):
    """The largest weight of each of some queries, each with keys of its own."""
    generator = torch.Generator().manual_seed(seed)
    q = torch.randn(count, 1, d, generator=generator)
    k = torch.randn(count, keys, d, generator=generator)
    return attention(q, k, k[:, :, :1], scale=scale)[1].amax(dim=2).flatten()


_, axes = plt.subplots(1, 3, figsize=(13, 2.8), sharey=True)
print(f"your guess: {my_largest}")
for ax, d in zip(axes, (4, 64, 1024), strict=True):
    plain, scaled = largest_weights(d, 1.0), largest_weights(d, None)
    for found, colour, name in ((plain, RED, "without the root"), (scaled, BLUE, "divided by the root")):
        ax.hist(found, bins=torch.linspace(0, 1, 41).tolist(), color=colour, alpha=0.6, label=name)
    ax.set(title=f"D = {d}", xlabel="largest of 32 weights", yscale="log")
    print(f"D = {d}: median of the largest weight {float(plain.median()):.2f} without the root, {float(scaled.median()):.2f} with it")
axes[0].legend()
show(
    "Three histograms of the largest of 32 weights, for D = 4, 64 and 1024. Divided by the root of D it stays near 0.15 in all three; "
    "without, it moves to the right as D grows, and for 1024 nearly all of it stands at 1."
)

# %% [markdown]
# **Notice** that with the root the typical largest weight stays at 0.13 to 0.15, for any width, and without it
# climbs from 0.29 over 0.89 to 1.00: a network of width 1024 would begin its training with every query glued to one
# random key.
#
# <details><summary>Would dividing by D instead of its root be even safer?</summary>
#
# The scores would shrink as $1/\sqrt D$, and all weights would be nearly equal whatever the query: the mean of all
# values. Training would have to blow the projections up first. You will see this one again in section 7.
# </details>

# %% [markdown]
# ### A NaN, on purpose
#
# A widespread way: *add* minus infinity at the masked places, and mend the NaN after the softmax with `nan_to_num`.
# The first example below is empty, the second is not.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_nan", "locked": true, "schema_version": 3, "solution": false, "task": false}
openings = torch.tensor([[[False, False, False]], [[True, True, False]]])
minus_infinity = torch.zeros(2, 1, 3).masked_fill(~openings, -torch.inf)
scores = torch.zeros(2, 1, 3, requires_grad=True)
repaired = (scores + minus_infinity).softmax(dim=-1).nan_to_num(0.0)
repaired.square().sum().backward()
print("forwards, mended afterwards:", repaired.detach().flatten().tolist())
print(f"backwards: {int(scores.grad.isnan().sum())} of 6 gradients are NaN")
clean = torch.zeros(2, 1, 3, requires_grad=True)
masked_softmax(clean, openings).square().sum().backward()
print(f"backwards, with masked_softmax: {int(clean.grad.isnan().sum())} of 6 gradients are NaN")

# %% [markdown]
# **Notice** that the forward pass looks perfect, and that 3 of the 6 gradients are NaN. One step of an optimiser
# later every weight is.
#
# <details><summary>With `masked_fill` in the place of the sum no gradient is NaN. Why?</summary>
#
# The softmax still sends NaN back. But a filled place depends on nothing, so `masked_fill` replaces what comes back
# there by 0, and in an empty row all places are filled. It works by luck: ask for the logarithm of the weights, or
# add a bias after the mask, and the NaN is back.
# </details>

# %% [markdown]
# ## 4. Who may look where
#
# All masks follow the one convention: **True = may be looked at**, with a row for each query and a column for each
# key.
#
# - **Padding.** Sentences of a batch have different lengths. Nobody may look at padding, and what stands *in* the
#   padding is no query: its row is wholly False.
# - **Causal.** Who writes a text may not look at what comes later. Query $i$ sees the keys $j \le i$, itself
#   included: without itself the first would see nothing.
# - **Window.** Query $i$ sees the keys from $i - b$ to $i + a$: $b$ *before* it, itself, and $a$ *after* it, where
#   they exist. So it sees $b + 1 + a$ keys at most. A window that is wider than the sequence is no restriction.
#
# To combine masks, a place must be allowed by each of them: `&`.
#
# **Example.** Length 2 of size 3, causal:
# $\begin{pmatrix} 1 & 0 & 0 \\ 1 & 1 & 0 \\ 0 & 0 & 0 \end{pmatrix}$.
# With window (0, 0) as well, only the first two places of the diagonal are left.

# %% [markdown]
# ### Exercise `masks`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 8 | 25 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** Masks for self-attention: queries and keys are the same sequence.
#
# **Details.** Masks are boolean tensors, of any size from 1 to some thousands. A length may be 0 or the whole size; a
# window's two numbers may be 0 or larger than the size. `causal` and `window` hold together with the padding and with each
# other.
#
# **Why.** Half of all mistakes with attention are here, and most of them do not crash.


# %% nbgrader={"grade": false, "grade_id": "masks_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def padding_mask(lengths: Int[Tensor, "N"], size: int) -> Bool[Tensor, "N T"]:
    """Where each sequence of a batch has something: the first `lengths[n]` places of example n.

    Args:
        lengths: (N,), int64, each from 0 to size. size: T, places in each row.

    Returns:
        (N, T), True where there is no padding.
    """
    ### BEGIN SOLUTION
    return torch.arange(size) < lengths[:, None]
    ### END SOLUTION


def causal_mask(size: int) -> Bool[Tensor, "T T"]:
    """Each query sees itself and what stands before it.

    Args:
        size: T.

    Returns:
        (T, T); entry i, j is True where j <= i.
    """
    ### BEGIN SOLUTION
    return torch.ones(size, size, dtype=torch.bool).tril()
    ### END SOLUTION


def window_mask(size: int, before: int, after: int) -> Bool[Tensor, "T T"]:
    """Each query sees itself, `before` places before it and `after` places after it.

    Args:
        size: T. before, after: 0 or more, and they may exceed the size.

    Returns:
        (T, T); entry i, j is True where i - before <= j <= i + after.

    Source: Beltagy, Peters and Cohan (2020), Longformer, section 3.1.
    """
    ### BEGIN SOLUTION
    place = torch.arange(size)
    ahead = place - place[:, None]  # how far key j stands after query i
    return (-before <= ahead) & (ahead <= after)
    ### END SOLUTION


def attention_mask(
    lengths: Int[Tensor, "N"], size: int, causal: bool = False, window: tuple[int, int] | None = None
) -> Bool[Tensor, "N T T"]:
    """Who may look where in a batch of padded sequences: all restrictions at once.

    Args:
        lengths: (N,), int64. size: T.
        causal: whether later keys are hidden.
        window: (before, after), or None for no window.

    Returns:
        (N, T, T); rows and columns of padding are wholly False.
    """
    ### BEGIN SOLUTION
    there = padding_mask(lengths, size)
    mask = there[:, :, None] & there[:, None]
    if causal:
        mask = mask & causal_mask(size)
    if window is not None:
        mask = mask & window_mask(size, *window)
    return mask
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "masks", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check("masks")

# %% [markdown]
# <a id="hints-masks"></a>
# <details><summary>Hint 1: comparing places</summary>
#
# `torch.arange(size) < lengths[:, None]` compares every place with every length.
# </details>
# <details><summary>Hint 2: the window</summary>
#
# `place[None, :] - place[:, None]` is how far key j stands after query i. It must lie between `-before` and
# `after`, both included.
# </details>
# <details><summary>Hint 3: padding on both sides</summary>
#
# A pair is allowed where the query is there *and* the key is there: (N, T, 1) & (N, 1, T).
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_masks", "locked": true, "schema_version": 3, "solution": false, "task": false}
size, ends = 12, torch.tensor([9])
grids = {
    "padding (length 9)": attention_mask(ends, size)[0],
    "causal": causal_mask(size),
    "window (3, 1)": window_mask(size, 3, 1),
    "all three": attention_mask(ends, size, causal=True, window=(3, 1))[0],
}
_, axes = plt.subplots(1, 4, figsize=(12, 3.2))
for ax, (name, grid) in zip(axes, grids.items(), strict=True):
    ax.imshow(grid, cmap="Blues", vmin=0, vmax=1.4)
    ax.set(title=name, xlabel="key", ylabel="query", xticks=range(0, size, 3), yticks=range(0, size, 3))
    print(f"{name}: {int(grid.sum())} of {size * size} pairs")
show(
    "Four grids of 12 by 12, dark where a query (row) may look at a key (column): a square of 9 by 9; a lower triangle; a band "
    "around the diagonal; and the lower part of the band, cut off at 9."
)

# %% [markdown]
# **Notice** how few pairs are left: of 144, padding leaves 81, the causal mask 78, and all three together 30. A
# window makes the cost of long sequences grow with T instead of T squared, if the code is written so that it never
# computes the rest.
#
# <details><summary>The window (3, 1) has an "after" of 1. Why is it of no use together with the causal mask?</summary>
#
# What the window allows after the query, the causal mask forbids. Together they are the window (3, 0).
# </details>

# %% [markdown]
# ## 5. Several looks at once
#
# One softmax gives one mean. A word may want to look at its verb *and* at the word before it. So let H **heads**
# look, each with projections of its own to a smaller width, and put their answers side by side:
#
# $$o_h = \mathrm{Attention}\big(W_q^{h} x,\; W_k^{h} y,\; W_v^{h} z\big), \qquad
# \text{output} = W_o\,[o_1; \dots; o_H] + b_o .$$
#
# With D numbers in all, each head has $D/H$, and is scaled by the root of *its* width, $\sqrt{D/H}$. All heads
# together cost as much as one of full width: they share it out.

# %% [markdown]
# **One matrix for all heads.** The H matrices $W_q^h$ of shape (D/H, D) are the rows of one matrix (D, D): head 1
# has the first D/H rows, head 2 the next ones. So one linear layer projects for all heads; then its result (N, M,
# D) is *cut along its width*:
#
# (N, M, D) → (N, M, H, D/H) → (N, H, M, D/H)
#
# Viewing (N, M, D) as (N, H, M, D/H) at once has the right shape and the wrong content: each "head" would be a
# piece of *time*.
#
# **Example.** D = 4, H = 2, two queries projected to $(1, 2, 3, 4)$ and $(5, 6, 7, 8)$. Head 1 has $(1, 2), (5,
# 6)$; head 2 has $(3, 4), (7, 8)$.

# %% [markdown]
# ### Exercise `multi_head`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 12 | 30 min | 0.5 s | everything else in PyTorch | `F.scaled_dot_product_attention`, `nn.MultiheadAttention`, `nn.Transformer*`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●●● · **importance** ●●●
#
# **What.** Multi-head attention as a module.
#
# **Details.** The four layers are `nn.Linear` and are called `query`, `key`, `value` and `output`, so that weights
# can be copied into them; nothing else has parameters. They take the widths of queries, keys and values to D, the
# last takes D to D. With `bias=False` none has a bias. The mask holds for all heads and is (M, L) or (N, M, L);
# True means *may be looked at*. A masked place has exactly the weight 0, however large or small the scores are. A
# query that may look nowhere has weights of 0, so that its output is $W_o\,0 + b_o = b_o$, forwards and backwards
# without a NaN. The weights are returned head by head. There is no dropout, and no call depends on an earlier one.
# Permuting keys together with their values changes no output.
#
# **Why.** With this layer the chapter on Transformers begins.


# %% nbgrader={"grade": false, "grade_id": "multi_head_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
class MultiHeadAttention(nn.Module):
    """Attention with several heads.

    Args:
        width: D, of the queries and of the output; a multiple of `heads`.
        heads: H.
        key_width, value_width: of keys and values; `width` if None.
        bias: whether the four linear layers have one.

    forward(query, key, value, mask=None): query (N, M, D), key (N, L, key_width), value (N, L, value_width), mask
    (M, L) or (N, M, L) or None; returns (output (N, M, D), weights (N, H, M, L)).

    Raises:
        ValueError: where the width is not a multiple of heads.

    Source: Vaswani et al. (2017), section 3.2.2.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        key_width: int | None = None,
        value_width: int | None = None,
        bias: bool = True,
    ) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        if width % heads:
            raise ValueError(f"a width of {width} cannot be shared out among {heads} heads")
        self.heads = heads
        self.query = nn.Linear(width, width, bias=bias)
        self.key = nn.Linear(width if key_width is None else key_width, width, bias=bias)
        self.value = nn.Linear(width if value_width is None else value_width, width, bias=bias)
        self.output = nn.Linear(width, width, bias=bias)
        ### END SOLUTION

    def forward(
        self,
        query: Float[Tensor, "N M D"],
        key: Float[Tensor, "N L KW"],
        value: Float[Tensor, "N L VW"],
        mask: Bool[Tensor, "..."] | None = None,
    ) -> tuple[Float[Tensor, "N M D"], Float[Tensor, "N H M L"]]:
        ### BEGIN SOLUTION
        q, k, v = (
            layer(x).unflatten(2, (self.heads, -1)).transpose(1, 2)  # (N, H, length, D/H)
            for layer, x in ((self.query, query), (self.key, key), (self.value, value))
        )
        scores = q @ k.transpose(2, 3) / q.shape[3] ** 0.5
        if mask is None:
            weights = scores.softmax(dim=3)
        else:
            mask = mask if mask.dim() == 2 else mask[:, None]
            somewhere = mask.any(dim=-1, keepdim=True)
            weights = scores.masked_fill(~mask & somewhere, -torch.inf).softmax(dim=3) * somewhere
        return self.output((weights @ v).transpose(1, 2).flatten(2)), weights
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "multi_head", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
check("multi_head")

# %% [markdown]
# <a id="hints-multi_head"></a>
# <details><summary>Hint 1: cutting and putting together</summary>
#
# `x.view(N, M, H, D // H).transpose(1, 2)`, and back `o.transpose(1, 2).reshape(N, M, D)`.
# </details>
# <details><summary>Hint 2: the mask's axes</summary>
#
# Scores are (N, H, M, L). A mask (N, M, L) needs an axis of size 1 for the heads; a mask (M, L) broadcasts as it is.
# </details>
# <details><summary>Hint 3: right with one head, wrong with two</summary>
#
# Is the root that of D/H? Did you transpose after the view, and before the merge?
# </details>

# %% [markdown]
# ### Attention does not know the order
#
# Permute the sequence, and the outputs of self-attention are permuted in the same way, and nothing else happens:
# "dog bites man" is "man bites dog". Measure it.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_permutation", "locked": true, "schema_version": 3, "solution": false, "task": false}
torch.manual_seed(0)
layer = MultiHeadAttention(24, 4)
words, order = torch.randn(1, 7, 24), torch.randperm(7)
with torch.no_grad():
    before, after = layer(words, words, words)[0], layer(words[:, order], words[:, order], words[:, order])[0]
    triangle = torch.ones(7, 7, dtype=torch.bool).tril()
    causal_before = layer(words, words, words, triangle)[0]
    causal_after = layer(words[:, order], words[:, order], words[:, order], triangle)[0]
print(f"largest difference to the permuted outputs: {float((after - before[:, order]).abs().max()):.1e}")
print(f"the same with a causal mask: {float((causal_after - causal_before[:, order]).abs().max()):.1e}")
count = sum(p.numel() for p in layer.parameters())
print(f"parameters: {count}, by the formula 4 D (D + 1): {4 * 24 * 25}")

# %% [markdown]
# **Notice** that without a mask the difference is rounding (below 0.000001), and with the causal mask it is not
# (0.46): a causal mask tells the places apart a little, since each sees another number of keys.

# %% [markdown]
# ## 6. Telling places apart
#
# Add to each word a vector that says where it stands. The sinusoidal code of Vaswani et al. (2017) is a set of
# clocks, the first quick, the last slow. With width P (even) and the frequencies $\omega_i = b^{-2i/P}$, $i = 0
# \dots P/2 - 1$,
#
# $$\mathrm{code}(t) = \big(\sin \omega_0 t, \cos \omega_0 t, \sin \omega_1 t, \cos \omega_1 t, \dots\big), \qquad b = 10{,}000 .$$
#
# **A shift is a rotation.** $\sin \omega(t+s) = \cos \omega s \, \sin \omega t + \sin \omega s \, \cos \omega t$,
# and likewise for the cosine. So for each shift $s$ there is *one* matrix $R_s$ with $\mathrm{code}(t + s) = R_s\,
# \mathrm{code}(t)$ for **all** t: each pair of sine and cosine is turned by the angle $\omega_i s$. A linear layer
# can look "three places back" without knowing where it stands.

# %% [markdown]
# **Example.** P = 2 has one frequency, $\omega_0 = 1$: $\mathrm{code}(t) = (\sin t, \cos t)$ and
# $R_s = \begin{pmatrix} \cos s & \sin s \\ -\sin s & \cos s \end{pmatrix}$. P = 4, $b = 100$: $\omega = (1, 0.1)$.
#
# | symbol | in code | meaning |
# |---|---|---|
# | $t$ | | place, from 0 |
# | $P$ | `width` | numbers in a code, even |
# | $b$ | `base` | the slowest clock is nearly $b$ times as slow as the quickest |
# | $s$ | `shift` | places, positive or negative |

# %% [markdown]
# ### Exercise `sinusoidal`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 5 | 20 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●●○ · **importance** ●●○
#
# **What.** The codes of the places 0 ... T - 1, and the matrix of a shift.
#
# **Details.** Sines and cosines may alternate, as above, or all sines come first and then all cosines, as in much
# public code: both are right, if `shift_matrix` fits your order, and no third order is. Work in float64 inside and
# return float32: places and shifts go to 20,000, and the rounding of float32 is all that may be lost. The base need
# not be whole. An odd width is a ValueError in both.
#
# **Why.** It is the simplest code of places, and rotary embeddings (chapter 10) are made of the same rotation.


# %% nbgrader={"grade": false, "grade_id": "sinusoidal_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sinusoidal(length: int, width: int, base: float = 10_000.0) -> Float[Tensor, "T P"]:
    """Codes of the places 0 ... length - 1.

    Args:
        length: T, at least 1. width: P, even. base: b, above 1.

    Returns:
        (T, P), float32.

    Raises:
        ValueError: for an odd width.

    Source: Vaswani et al. (2017), section 3.5.
    """
    ### BEGIN SOLUTION
    if width % 2:
        raise ValueError(f"sines and cosines come in pairs: a width of {width} is odd")
    frequencies = base ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    angles = torch.arange(length, dtype=torch.float64)[:, None] * frequencies
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1).float()
    ### END SOLUTION


def shift_matrix(shift: int, width: int, base: float = 10_000.0) -> Float[Tensor, "P P"]:
    """The matrix R with code(t + shift) = R @ code(t) for every place t.

    Args:
        shift: s, may be negative. width: P, even. base: b.

    Returns:
        (P, P), float32, a rotation in the order of your `sinusoidal`.

    Raises:
        ValueError: for an odd width.
    """
    ### BEGIN SOLUTION
    if width % 2:
        raise ValueError(f"sines and cosines come in pairs: a width of {width} is odd")
    matrix = torch.zeros(width, width, dtype=torch.float64)
    for i in range(0, width, 2):
        angle = shift * base ** (-i / width)
        c, s = math.cos(angle), math.sin(angle)
        matrix[i : i + 2, i : i + 2] = torch.tensor([[c, s], [-s, c]], dtype=torch.float64)
    return matrix.float()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "sinusoidal", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("sinusoidal")

# %% [markdown]
# <a id="hints-sinusoidal"></a>
# <details><summary>Hint 1: the exponents</summary>
#
# `torch.arange(0, width, 2) / width` is $2i/P$ already: not twice.
# </details>
# <details><summary>Hint 2: alternating columns</summary>
#
# `torch.stack([sines, cosines], dim=2).flatten(1)`, or `code[:, 0::2] = sines`.
# </details>
# <details><summary>Hint 3: the matrix</summary>
#
# Blocks of two by two on the diagonal, if sines and cosines alternate. Check with shift 1: `shift_matrix(1, P) @
# code[0]` must be `code[1]`.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_sinusoidal", "locked": true, "schema_version": 3, "solution": false, "task": false}
codes = sinusoidal(100, 64)
_, axes = plt.subplots(1, 2, figsize=(12, 3.4))
axes[0].imshow(codes.T, cmap="RdBu_r", aspect="auto")
axes[0].set(xlabel="place", ylabel="channel", title="the code of each place is a column")
likeness = codes @ codes.T / 32
for place, colour in ((10, BLUE), (50, GREEN), (90, ORANGE)):
    axes[1].plot(likeness[place], color=colour, label=f"place {place}")
axes[1].set(xlabel="other place", title="how alike two codes are (dot product / 32)")
axes[1].legend()
show(
    "Left: waves as a picture, quick ones in the upper channels, slow ones below. Right: the dot product of the codes of places 10, "
    "50 and 90 with those of all others: three peaks of the same shape, each at its own place."
)
print(f"likeness of places 10 and 13: {float(likeness[10, 13]):.4f}, of places 50 and 53: {float(likeness[50, 53]):.4f}")
moved = codes[:90] @ shift_matrix(7, 64).T
print(f"shifted by 7 places with one matrix: largest error {float((moved - codes[7:97]).abs().max()):.1e}")

# %% [markdown]
# **Notice** that how alike two codes are depends only on their distance: 0.80 three places apart, at 10 and at
# 50. And one matrix shifts all 90 places at once, with an error of rounding.
#
# <details><summary>Why does the dot product of two codes depend on the distance alone?</summary>
#
# $\sin\alpha\sin\beta + \cos\alpha\cos\beta = \cos(\alpha - \beta)$, for each frequency, and $\alpha - \beta =
# \omega_i (t - t')$.
# </details>

# %% [markdown]
# ## 7. An attention that only trains
#
# Below are four versions of one small attention. Three of them are wrong. All are trained on one task: strings of 4
# to 8 symbols, padded to 8, where each place must name the symbol at the *mirrored* place of its string. Look at
# the losses.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_wrong_ones", "locked": true, "schema_version": 3, "solution": false, "task": false}
def closed_softmax(scores, mask, axis=-1):
    """Softmax in which masked places have the weight 0; a closed row is all 0."""
    return scores.masked_fill(~mask, -torch.inf).softmax(axis).nan_to_num(0.0)


def right(q, k, v, mask):
    return closed_softmax(q @ k.transpose(1, 2) / q.shape[2] ** 0.5, mask) @ v


def version_a(q, k, v, mask):
    return closed_softmax(q @ k.transpose(1, 2) / q.shape[2] ** 0.5, mask, axis=1) @ v


def version_b(q, k, v, mask):
    return ((q @ k.transpose(1, 2) / q.shape[2] ** 0.5).softmax(2) * mask) @ v


def version_c(q, k, v, mask):
    return closed_softmax(q @ k.transpose(1, 2) / q.shape[2], mask) @ v


class Mirror(nn.Module):
    """One head of attention over symbols and places, of which each place has a code."""

    def __init__(self, attend):
        super().__init__()
        self.attend = attend
        self.symbol, self.place = nn.Embedding(13, 24), nn.Embedding(8, 24)
        self.length = nn.Embedding(9, 24)
        self.project = nn.Linear(24, 72)
        self.scores = nn.Linear(24, 13)

    def forward(self, ids):
        there = ids > 0
        x = self.symbol(ids) + self.place.weight + self.length(there.sum(1))[:, None]
        q, k, v = self.project(x).chunk(3, dim=2)
        mask = there[:, None].expand(-1, 8, -1)
        return self.scores(self.attend(q, k, v, mask))


def train_mirror(attend, seed, steps=200):
    """Mean loss of the last 20 steps, and the share of symbols right on new strings."""
    torch.manual_seed(seed)
    generator, model, losses = torch.Generator().manual_seed(seed), Mirror(attend), []
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(steps):
        source, target = make_reversals(32, 4, 8, 10, generator)
        target = target[:, :8] * (source > 0)
        loss = F.cross_entropy(model(source).flatten(0, 1), target.flatten(), ignore_index=0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    source, target = make_reversals(500, 4, 8, 10, generator)
    hits = (model(source).argmax(2) == target[:, :8])[source > 0]
    return sum(losses[-20:]) / 20, float(hits.float().mean())


for attend in (right, version_a, version_b, version_c):
    runs = [train_mirror(attend, seed) for seed in range(3)]
    print(
        f"{attend.__name__:9} loss, from {math.log(10):.2f}: {', '.join(f'{loss:.3f}' for loss, _ in runs)}; "
        f"symbols right: {', '.join(f'{hit:.3f}' for _, hit in runs)}"
    )

# %% [markdown]
# **Notice** that all four learn. From 2.30 the right one comes to 0.41 to 0.68, a to 0.29 to 0.51, b to 0.37 to
# 0.77, and c below 0.01: its weights begin nearly level, which happens to suit this task. Two wrong ones end
# *below* the right one. No loss tells you that a program is wrong. What tells is a **probe**: an input for which
# one knows what a right attention must answer.
#
# <details><summary>What is wrong in a, b and c?</summary>
#
# a: the softmax runs over queries: a key distributes itself among those who ask. b: the mask comes after the
# softmax and nothing is made up for it, so that rows sum to less than 1. c: divided by D instead of its root.
# </details>

# %% nbgrader={"grade": false, "grade_id": "given_random_problem", "locked": true, "schema_version": 3, "solution": false, "task": false}
def random_problem(
    seed: int, m: int = 5, keys: int = 7, d: int = 6, e: int = 3
) -> tuple[Float[Tensor, "2 M D"], Float[Tensor, "2 L D"], Float[Tensor, "2 L E"], Bool[Tensor, "2 M L"]]:
    """Queries, keys, values and a mask to try an attention on; every query may look somewhere, and some not everywhere."""
    generator = torch.Generator().manual_seed(seed)
    q, k, v = (torch.randn(2, *size, generator=generator) for size in ((m, d), (keys, d), (keys, e)))
    mask = torch.rand(2, m, keys, generator=generator) < 0.6
    own = torch.arange(m) % keys
    mask[:, torch.arange(m), (own + 1) % keys] = False
    mask[:, torch.arange(m), own] = True
    return q, k, v, mask


# %% [markdown]
# ### Exercise `find_the_bug`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 5 | 25 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** Four probes. Each is given a function `attend(q, k, v, mask)` that claims to be scaled dot-product
# attention, q (N, M, D), k (N, L, D), v (N, L, E), mask (N, M, L), True where a query may look; it returns the
# outputs (N, M, E). Each probe makes inputs of its own, calls the function as often as it likes, and says whether
# one property holds. Nothing else of it is known.
#
# **Details.** The grader has right attentions, written in several ways, of float32 precision, for any shapes and for
# queries, keys and values of up to some hundreds, and wrong ones that you have not seen. A right one has every
# property. A wrong one lacks at least one, and may have the others; whether it has a property that may be seen either
# way is not asked. Some are wrong only in places: where a mask is given, for one query of one example, at the first or
# the last key, for hidden values alone or hidden keys alone, by a mask that takes no more than some units from a score, for queries of a width above 16. Rows of weights may sum
# to 0.95. An `attend` that answers NaN, always or where a mask is given, has not the property. Probes return a bool.
# `random_problem` is given.
#
# **Why.** This is how one tests code of which nobody has the right answer.


# %% nbgrader={"grade": false, "grade_id": "find_the_bug_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def keeps_constants(attend: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]) -> bool:
    """Whether outputs are weighted *means*: where all values are equal, that is what every query gets, whatever the mask.

    Args:
        attend: attend(q (N, M, D), k (N, L, D), v (N, L, E), mask (N, M, L)) gives (N, M, E).

    Returns:
        True where the property holds.
    """
    ### BEGIN SOLUTION
    for seed in range(2):
        q, k, v, mask = random_problem(seed)
        for opening in (mask, torch.ones_like(mask)):
            answer = attend(q, k, torch.full_like(v, 3.0), opening)
            if not torch.allclose(answer, torch.tensor(3.0), atol=1e-3):
                return False
    return True
    ### END SOLUTION


def obeys_the_mask(attend: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]) -> bool:
    """Whether a query's output does not depend at all on keys and values that it may not look at.

    Args:
        attend: as for `keeps_constants`.

    Returns:
        True where the property holds.
    """
    ### BEGIN SOLUTION
    q, k, v, mask = random_problem(2)
    before = attend(q, k, v, mask)
    for place in range(k.shape[1]):
        other_k, other_v = k.clone(), v.clone()
        other_k[:, place] = -4 * k[:, place]
        other_v[:, place] += 50
        after = attend(q, other_k, other_v, mask)
        blind = ~mask[:, :, place]
        if not torch.allclose(before[blind], after[blind], atol=1e-3):
            return False
    return True
    ### END SOLUTION


def ignores_the_order(attend: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]) -> bool:
    """Whether keys may be permuted, with their values and the mask's columns, and no output changes.

    Args:
        attend: as for `keeps_constants`.

    Returns:
        True where the property holds.
    """
    ### BEGIN SOLUTION
    q, k, v, mask = random_problem(3)
    order = torch.tensor([6, 2, 0, 5, 3, 1, 4])
    for opening in (mask, torch.ones_like(mask)):
        before = attend(q, k, v, opening)
        after = attend(q, k[:, order], v[:, order], opening[:, :, order])
        if not torch.allclose(before, after, atol=1e-3):
            return False
    return True
    ### END SOLUTION


def scales_by_the_root(attend: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]) -> bool:
    """Whether dot products are divided by the root of the width before the softmax, for small widths and large ones.

    Args:
        attend: as for `keeps_constants`.

    Returns:
        True where the property holds.
    """
    ### BEGIN SOLUTION
    for width in (1, 4, 25):
        # One key with the score log 3 and one with 0: weights 3/4 and 1/4, so that values 4 and 0 give 3.
        q, k = torch.zeros(1, 1, width), torch.zeros(1, 2, width)
        q[0, 0, 0], k[0, 0, 0] = width**0.5 * math.log(3), 1.0
        answer = attend(q, k, torch.tensor([[[4.0], [0.0]]]), torch.ones(1, 1, 2, dtype=torch.bool))
        if not torch.allclose(answer, torch.tensor(3.0), atol=1e-2):
            return False
    return True
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "find_the_bug", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("find_the_bug")

# %% [markdown]
# <a id="hints-find_the_bug"></a>
# <details><summary>Hint 1: constants</summary>
#
# `v = torch.ones(...)`. A row of weights that sums to 0.8 gives 0.8. Try it with a mask and without.
# </details>
# <details><summary>Hint 2: the mask</summary>
#
# Change one key and its value by much, and compare the outputs of the queries that may not look at it, before and
# after.
# </details>
# <details><summary>Hint 3: the scale</summary>
#
# Make the scores yourself: two keys, of which one has the dot product $\sqrt{D} \log 3$ with the query and the
# other 0. Which weights must come out? Take more than one width: for D = 1 the root does nothing.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_probes", "locked": true, "schema_version": 3, "solution": false, "task": false}
table = {"right": right, "a": version_a, "b": version_b, "c": version_c}
probes = (keeps_constants, obeys_the_mask, ignores_the_order, scales_by_the_root)
for name, attend in table.items():
    said = ", ".join(f"{probe.__name__} {'yes' if probe(attend) else 'NO'}" for probe in probes)
    print(f"{name:6} {said}")
    print(f"faults found in {name}: {sum(not probe(attend) for probe in probes)} of 4")

# %% [markdown]
# **Notice** that no probe finds a fault with the right one, that each wrong version is caught by one probe at least,
# and that none of them is caught by all: a probe answers one question.

# %% [markdown]
# ## 8. Looking back at a recurrent encoder
#
# A translator without attention reads the whole source into one vector, and writes from that. In 2014 Bahdanau, Cho
# and Bengio let the writer look back: at every step it takes a new weighted mean of *all* states of the encoder,
# the **context**. The encoder is given; you write the decoder's step.
#
# | symbol | in code | shape | meaning |
# |---|---|---|---|
# | $m_j$ | `memory` | (N, L, E) | the encoder's states: keys and values at once |
# | | `mask` | (N, L) | True where the source has a character |
# | $h_t$ | `state` | (N, S) | the decoder's state |
# | $y_{t-1}$ | `ids` | (N,) | the character written last |
# | $a_{tj}$ | `weights` | (N, L) | weights of step t |
# | $c_t$ | | (N, E) | context $\sum_j a_{tj} m_j$ |

# %% [markdown]
# **Two orders.** Additive and product attention differ in *when* they look, not only in the score:
#
# | | `additive` (Bahdanau et al., 2014) | `general` (Luong et al., 2015) |
# |---|---|---|
# | 1 | scores $u^\top \tanh(W_q h_{t-1} + W_k m_j)$ | $h_t = \mathrm{GRU}(\mathrm{emb}(y_{t-1}),\, h_{t-1})$ |
# | 2 | weights, context $c_t$ | scores $h_t^\top W_k m_j$ |
# | 3 | $h_t = \mathrm{GRU}([\mathrm{emb}(y_{t-1}); c_t],\, h_{t-1})$ | weights, context $c_t$ |
# | 4 | logits $= W_r [h_t; c_t] + b_r$ | logits $= W_r [h_t; c_t] + b_r$ |
#
# In the first, the state *before* the step asks, and what was found helps to make the new state. In the second, the
# *new* state asks. Both are simplified a little against the papers: one linear layer makes the logits.

# %% nbgrader={"grade": false, "grade_id": "given_encoder", "locked": true, "schema_version": 3, "solution": false, "task": false}
class Encoder(nn.Module):
    """Reads sources in both directions with a GRU.

    forward(source): source (N, L) int64, 0 is padding; returns memory (N, L, 2 * hidden), mask (N, L) and the decoder's
    first state (N, hidden).
    """

    def __init__(self, vocab_size: int, hidden: int = 64, embedding: int = 32) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding)
        self.recurrent = nn.GRU(embedding, hidden, batch_first=True, bidirectional=True)
        self.bridge = nn.Linear(2 * hidden, hidden)

    def forward(self, source: Int[Tensor, "N L"]) -> tuple[Tensor, Tensor, Tensor]:
        mask = source > 0
        packed = nn.utils.rnn.pack_padded_sequence(
            self.embedding(source), mask.sum(dim=1).clamp(min=1), batch_first=True, enforce_sorted=False
        )
        outputs, last = self.recurrent(packed)
        memory, _ = nn.utils.rnn.pad_packed_sequence(outputs, batch_first=True, total_length=source.shape[1])
        return memory, mask, self.bridge(torch.cat([last[0], last[1]], dim=1)).tanh()


class DecoderLayers(nn.Module):
    """The layers of a decoder with attention; what is done with them is your work.

    Args:
        kind: "additive" or "general". vocab_size: V. hidden: S, of the state. memory_width: E.

    `embedding` (V to 32), `cell` a GRUCell, `key` without bias, `readout` (S + E to V); with "additive" also `query`
    without bias and the vector `u`.
    """

    def __init__(self, kind: str, vocab_size: int, hidden: int = 64, memory_width: int = 128) -> None:
        super().__init__()
        self.kind = kind
        self.embedding = nn.Embedding(vocab_size, 32)
        self.key = nn.Linear(memory_width, hidden, bias=False)
        if kind == "additive":
            self.query = nn.Linear(hidden, hidden, bias=False)
            self.u = nn.Parameter(torch.randn(hidden) / hidden**0.5)
        self.cell = nn.GRUCell(32 + (memory_width if kind == "additive" else 0), hidden)
        self.readout = nn.Linear(hidden + memory_width, vocab_size)


# %% [markdown]
# ### Exercise `attention_decoder`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 12 | 30 min | 0.5 s | everything else in PyTorch, the given `DecoderLayers` | `F.scaled_dot_product_attention`, `nn.MultiheadAttention`, `nn.Transformer*`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●●● · **importance** ●●●
#
# **What.** One step of a decoder, many steps with given characters, and many steps on its own.
#
# **Details.** `layers` is a `DecoderLayers` of either kind: ask `layers.kind`. Scores are not scaled. Masked places
# have exactly the weight 0, and what stands in the memory there changes nothing, however large it is; each source
# has one character at least. Both score functions see `memory` as it is. Gradients reach the state, the memory and
# all the layers' parameters, through `decode` too. Scores may be tens of thousands, of either sign. Your own `greedy`
# records no graph, begins with any `start`, goes on to the last step, whatever it writes, and leaves the layers in
# their mode.
#
# **Why.** Before this, translation grew worse with every word of the sentence.


# %% nbgrader={"grade": false, "grade_id": "attention_decoder_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def decoder_step(
    layers: DecoderLayers,
    ids: Int[Tensor, "N"],
    state: Float[Tensor, "N S"],
    memory: Float[Tensor, "N L E"],
    mask: Bool[Tensor, "N L"],
) -> tuple[Float[Tensor, "N V"], Float[Tensor, "N S"], Float[Tensor, "N L"]]:
    """One step: the scores of the next character from the last one, the state and a look at the memory.

    Args:
        layers: of kind "additive" or "general".
        ids: the characters written last, (N,). state: the state before the step, (N, S).
        memory: (N, L, E). mask: (N, L), True where one may look.

    Returns:
        (logits (N, V), the new state (N, S), weights (N, L)).

    Source: Bahdanau, Cho and Bengio (2014), section 3.1; Luong, Pham and Manning (2015), section 3.1.
    """
    ### BEGIN SOLUTION
    embedded, keys = layers.embedding(ids), layers.key(memory)
    if layers.kind == "additive":
        scores = torch.tanh(layers.query(state)[:, None] + keys) @ layers.u
    else:
        state = layers.cell(embedded, state)
        scores = (keys @ state[:, :, None])[:, :, 0]
    weights = scores.masked_fill(~mask, -torch.inf).softmax(dim=1)
    context = (weights[:, None] @ memory)[:, 0]
    if layers.kind == "additive":
        state = layers.cell(torch.cat([embedded, context], dim=1), state)
    return layers.readout(torch.cat([state, context], dim=1)), state, weights
    ### END SOLUTION


def decode(
    layers: DecoderLayers,
    ids: Int[Tensor, "N T"],
    state: Float[Tensor, "N S"],
    memory: Float[Tensor, "N L E"],
    mask: Bool[Tensor, "N L"],
) -> tuple[Float[Tensor, "N T V"], Float[Tensor, "N T L"]]:
    """Many steps in which step t is given `ids[:, t]`, whatever the step before would have written.

    Args:
        ids: (N, T). layers, state, memory, mask: see `decoder_step`.

    Returns:
        (logits (N, T, V), weights (N, T, L)).
    """
    ### BEGIN SOLUTION
    logits, weights = [], []
    for t in range(ids.shape[1]):
        scores, state, seen = decoder_step(layers, ids[:, t], state, memory, mask)
        logits.append(scores)
        weights.append(seen)
    return torch.stack(logits, dim=1), torch.stack(weights, dim=1)
    ### END SOLUTION


def greedy(
    layers: DecoderLayers,
    state: Float[Tensor, "N S"],
    memory: Float[Tensor, "N L E"],
    mask: Bool[Tensor, "N L"],
    start: int,
    steps: int,
) -> tuple[Int[Tensor, "N T"], Float[Tensor, "N T L"]]:
    """Write on its own: the likeliest character of each step is given to the next one.

    Args:
        layers, state, memory, mask: see `decoder_step`.
        start: the character that the first step is given. steps: T, how many to write.

    Returns:
        (what was written (N, T) without the start, weights (N, T, L)).
    """
    ### BEGIN SOLUTION
    ids = torch.full((len(state),), start)
    written, weights = [], []
    with torch.no_grad():
        for _ in range(steps):
            logits, state, seen = decoder_step(layers, ids, state, memory, mask)
            ids = logits.argmax(dim=1)
            written.append(ids)
            weights.append(seen)
    return torch.stack(written, dim=1), torch.stack(weights, dim=1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "attention_decoder", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
check("attention_decoder")

# %% [markdown]
# <a id="hints-attention_decoder"></a>
# <details><summary>Hint 1: the additive score</summary>
#
# `layers.query(state)` is (N, S), `layers.key(memory)` is (N, L, S): the first needs an axis for L. `@ layers.u`
# sums.
# </details>
# <details><summary>Hint 2: the context</summary>
#
# `weights[:, None] @ memory` is (N, 1, E).
# </details>
# <details><summary>Hint 3: who asks</summary>
#
# Additive: the state that was handed in asks, and the cell comes after. General: the cell comes first, and its
# result asks. In both, `readout` sees the *new* state and the context, in this order.
# </details>

# %% [markdown]
# ## 9. The training loop
#
# In training, step t is given the *true* character $t-1$ (teacher forcing): the decoder's input is the target,
# moved one place to the right, with the start (1) in front. Its last column falls away, since after the end nothing
# is predicted:
#
# | | | | | | |
# |---|---|---|---|---|---|
# | target | c | b | a | end | padding |
# | input | start | c | b | a | end |
#
# The loss is the mean cross-entropy of all characters that are *there*: padding (0) counts neither in the sum nor
# in the number.
#
# **The rate** rises from 0 and falls again. With B steps in all and w of them for warming up, step i (from 0) is
# made with
#
# $$\eta_i = \eta \cdot \begin{cases} (i+1)/w & i < w \\ 0.05 + 0.95 \cdot \frac12\big(1 + \cos \pi \frac{i - w}{B - w}\big) & i \ge w \end{cases}$$
#
# **Example.** $\eta = 1$, w = 2, B = 4: the rates are $\frac12$, 1, 1, and $0.05 + 0.475 = 0.525$.

# %% nbgrader={"grade": false, "grade_id": "given_reader", "locked": true, "schema_version": 3, "solution": false, "task": false}
class Reader(nn.Module):
    """A translator made of PyTorch's own layers, to be trained here: it can do without your decoder.

    Args:
        vocab_size: V, for sources and targets. hidden: of each direction. attention: whether it looks back; otherwise every
            step gets the encoder's last states instead.

    forward(source, inputs): source (N, L) and the decoder's inputs (N, T), int64; returns logits (N, T, V).
    """

    def __init__(self, vocab_size: int, hidden: int = 64, attention: bool = True) -> None:
        super().__init__()
        self.encoder = Encoder(vocab_size, hidden)
        self.embedding = nn.Embedding(vocab_size, 32)
        self.recurrent = nn.GRU(32, hidden, batch_first=True)
        self.look = nn.MultiheadAttention(hidden, 1, kdim=2 * hidden, vdim=2 * hidden, batch_first=True) if attention else None
        self.mix, self.readout = nn.Linear(2 * hidden, hidden), nn.Linear(hidden, vocab_size)

    def forward(self, source: Int[Tensor, "N L"], inputs: Int[Tensor, "N T"]) -> Float[Tensor, "N T V"]:
        memory, mask, first = self.encoder(source)
        states, _ = self.recurrent(self.embedding(inputs), first[None])
        if self.look is None:
            found = first[:, None].expand_as(states)
        else:
            found, _ = self.look(states, memory, memory, key_padding_mask=~mask, need_weights=False)
        return self.readout(self.mix(torch.cat([states, found], dim=2)).tanh())

    @torch.no_grad()
    def write(self, source: Int[Tensor, "N L"], steps: int) -> Int[Tensor, "N T"]:
        """The likeliest character at each of `steps` steps, each given to the next."""
        ids = torch.ones(len(source), 1, dtype=torch.int64)
        for _ in range(steps):
            ids = torch.cat([ids, self(source, ids)[:, -1:].argmax(dim=2)], dim=1)
        return ids[:, 1:]


# %% [markdown]
# ### Exercise `train_seq2seq`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 8 | 30 min | 3 s | everything in PyTorch, `torch.optim` and `nn.utils` too |
#
# **Difficulty** ●●○ · **importance** ●●○
#
# **What.** The training loop of a translator.
#
# **Details.** Plain Adam without decay, one step for each batch, in their order, with the rate of the formula. Gradients are
# clipped to a norm of 1, all parameters together. Call the model, never its `forward`; it trains in training mode.
# Batches differ in size. The weights that count are those after the last step. It is graded by strings that your
# process has never seen, to be reversed in an alphabet that the grader has permuted: at least 0.9 of them exactly
# right. Its steps are graded too.
#
# **Why.** Shifting, masking and scheduling: three places where a translator that "nearly works" goes wrong.


# %% nbgrader={"grade": false, "grade_id": "train_seq2seq_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train_seq2seq(
    model: Callable[[Tensor, Tensor], Tensor],
    batches: Sequence[tuple[Int[Tensor, "N L"], Int[Tensor, "N T"]]],
    lr: float = 1e-2,
    warm_up: int = 20,
    max_norm: float = 1.0,
) -> list[float]:
    """Train a translator in place, with teacher forcing.

    Args:
        model: an nn.Module; model(source (N, L), inputs (N, T)) gives logits (N, T, V).
        batches: (source, target) of each step; 0 is padding, a target ends with 2.
        lr: the largest rate. warm_up: steps in which the rate rises, at least 1 and less than there are batches.
        max_norm: largest norm of the gradients.

    Returns:
        The loss of each step, before the step.

    Source: Sutskever, Vinyals and Le (2014); Loshchilov and Hutter (2016) for the cosine.
    """
    ### BEGIN SOLUTION
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    model.train()
    losses = []
    for i, (source, target) in enumerate(batches):
        turn = 0.5 * (1 + math.cos(math.pi * (i - warm_up) / (len(batches) - warm_up)))
        for group in optimizer.param_groups:
            group["lr"] = lr * ((i + 1) / warm_up if i < warm_up else 0.05 + 0.95 * turn)
        inputs = torch.cat([torch.ones_like(target[:, :1]), target[:, :-1]], dim=1)
        logits = model(source, inputs)
        loss = F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=0)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        optimizer.step()
        losses.append(loss.item())
    return losses
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "train_seq2seq", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check("train_seq2seq")

# %% [markdown]
# <a id="hints-train_seq2seq"></a>
# <details><summary>Hint 1: the input</summary>
#
# `torch.cat([ones, target[:, :-1]], dim=1)`, where ones is a column of the start symbol. If the loss falls to
# nearly 0 at once, the model is shown the character that it has to predict.
# </details>
# <details><summary>Hint 2: padding</summary>
#
# `F.cross_entropy(..., ignore_index=0)` leaves padding out of the sum and of the number.
# </details>
# <details><summary>Hint 3: the rate</summary>
#
# Set `group["lr"]` for each group of `optimizer.param_groups`, before the step. For i = 0 the rate is `lr /
# warm_up`, not 0.
# </details>

# %% [markdown]
# ### Is attention needed? Read backwards
#
# Strings of 3 to 12 of 10 letters, to be written backwards. Without attention, a vector of 64 numbers has to carry
# the whole string; with it, the writer looks back. Both models below are trained by your loop on the same 150
# batches, three times each. Guess first: which share of *new* strings of **12** letters will each reverse without a
# mistake?

# %%
my_share_with = None  # between 0 and 1
my_share_without = None

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_reversal", "locked": true, "schema_version": 3, "solution": false, "task": false}
def exactly_right(model, source, target):
    """For each string whether all that stands before its end is right (N,)."""
    return ((model.write(source, target.shape[1]) == target) | (target == 0)).all(dim=1)


def trained_reader(looks, seed):
    """A reader that has seen 150 batches of 64 strings."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    batches = [make_reversals(64, 3, 12, 10, generator) for _ in range(150)]
    reader = Reader(13, attention=looks)
    train_seq2seq(reader, with_progress(batches), lr=1e-2, warm_up=20)
    return reader.eval()


new_source, new_target = make_reversals(500, 3, 12, 10, torch.Generator().manual_seed(99))
new_lengths = (new_source > 0).sum(1)
print(f"your guesses: {my_share_with}, {my_share_without}")
_, ax = plt.subplots(figsize=(7, 3))
found = {}
for looks, colour, name in ((True, BLUE, "with attention"), (False, ORANGE, "without attention")):
    for seed in range(3):
        began = time.perf_counter()
        reader = trained_reader(looks, seed)
        hits = exactly_right(reader, new_source, new_target).float()
        shares = [float(hits[new_lengths == n].mean()) for n in range(3, 13)]
        found[looks, seed] = shares
        ax.plot(range(3, 13), shares, marker="o", markersize=4, color=colour, label=name if seed == 0 else None)
        print(
            f"\r{name}, seed {seed}: of 3 letters {shares[0]:.2f}, of 7 {shares[4]:.2f}, of 12 {shares[-1]:.2f}, "
            f"of all {float(hits.mean()):.2f} ({time.perf_counter() - began:.0f} s)"
        )
count = {looks: sum(p.numel() for p in Reader(13, attention=looks).parameters()) for looks in (True, False)}
print(f"numbers learned: {count[True]:,} with attention, {count[False]:,} without")
print(f"3 letters, least of all six: {min(shares[0] for shares in found.values()):.2f}")
print(f"7 letters, least of three with attention: {min(found[True, seed][4] for seed in range(3)):.2f}")
print(f"7 letters, most of three without attention: {max(found[False, seed][4] for seed in range(3)):.2f}")
print(f"12 letters, least of three with attention: {min(found[True, seed][-1] for seed in range(3)):.2f}")
print(f"12 letters, most of three without attention: {max(found[False, seed][-1] for seed in range(3)):.2f}")
ax.axhline(0, color=GREY, linewidth=1, linestyle=":", label="guessing")
ax.set(xlabel="length of the string", ylabel="exactly right", ylim=(-0.05, 1.05))
ax.legend()
show(
    "The share of strings that are reversed without a mistake, by their length, 3 to 12, three runs of each model. All begin near 1 at three "
    "letters. With attention the lines stay above 0.9 up to ten letters and end near 0.8; without, they fall to zero at nine."
)

# %% [markdown]
# **Notice** that at 3 letters both models are nearly perfect, and that without attention quality falls with every
# letter: at 7 letters few are right (0.13 to 0.16), and none at 12, where attention still reverses three in four.
# This is the figure of Bahdanau, Cho and Bengio (2014), quality against the length of a sentence, on a task whose truth is
# known.
#
# <details><summary>Could the model without attention learn it with more steps, or more units?</summary>
#
# In principle: 64 real numbers can hold twelve letters. It would have to pack and unpack them without a mistake.
# Attention does not make the impossible possible; it makes the learnable quick.
# </details>

# %% [markdown]
# ### Dates
#
# Now your own decoder, with the additive score: dates as people write them, in seven forms, to year-month-day.
# 12,000 dates to train on, 500 to look at. It is trained by your loop, with 200 batches of 64.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_dates", "locked": true, "schema_version": 3, "solution": false, "task": false}
class Translator(nn.Module):
    """The given encoder and your decoder."""

    def __init__(self, kind, vocab_size):
        super().__init__()
        self.encoder, self.layers = Encoder(vocab_size), DecoderLayers(kind, vocab_size)

    def forward(self, source, inputs):
        memory, mask, first = self.encoder(source)
        return decode(self.layers, inputs, first, memory, mask)[0]

    def write(self, source, steps):
        with torch.no_grad():
            memory, mask, first = self.encoder(source)
        return greedy(self.layers, first, memory, mask, START, steps)


written, iso = make_dates(13_000, 0)
alphabet = alphabet_of(written, iso)
sources, targets = alphabet.numbers(written), alphabet.numbers(iso, end=True)
chosen = torch.randint(0, 12_000, (200, 64), generator=torch.Generator().manual_seed(1))
torch.manual_seed(1)
translator, began = Translator("additive", alphabet.size), time.perf_counter()
date_losses = train_seq2seq(translator, with_progress([(sources[rows], targets[rows]) for rows in chosen]))
translator.eval()
with torch.no_grad():
    answers, maps = translator.write(sources[12_000:12_500], targets.shape[1])
date_hits = ((answers == targets[12_000:12_500]) | (targets[12_000:12_500] == 0)).all(dim=1)
print(f"\rloss {sum(date_losses[-20:]) / 20:.4f} after {time.perf_counter() - began:.0f} s")
print(f"of 500 looked at, exactly right: {float(date_hits.float().mean()):.3f}")
picked = [next(i for i in range(500) if mark in written[12_000 + i]) for mark in (" of ", "/")]
_, axes = plt.subplots(1, 2, figsize=(12, 4.2), width_ratios=[2, 1])
for ax, i in zip(axes, picked, strict=True):
    length = len(written[12_000 + i])
    ax.imshow(maps[i, :10, :length], cmap="Blues", vmin=0, vmax=1, aspect="auto")
    ax.set_xticks(range(length), list(written[12_000 + i]))
    ax.set_yticks(range(10), list(alphabet.text(answers[i]).ljust(10)[:10]))
    ax.set(title=f"{written[12_000 + i]} becomes {alphabet.text(answers[i])}", ylabel="written", xlabel="read")
show(
    "Two maps of weights: rows are the ten characters of the date written, columns those of the date read. The dark places lie in three "
    "blocks that jump: for the year at the end of the source, for the month in its middle, for the day at its beginning."
)

# %% [markdown]
# **Notice** the three blocks: the writer begins with the year and looks at the end of the source, jumps to the
# month, then to the day. Nobody told it where they are. After 200 steps, 0.996 of 500 new dates are exactly right.

# %% [markdown]
# ### Do weights explain?
#
# The map invites us to say "it wrote this digit *because* it looked there". Test it. Replace one character of the
# source at a time by a blank, and measure by how much the log-probability of each character that was written falls:
# a **perturbation**. If weights explained, the characters with much weight would be those that matter.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_perturbation", "locked": true, "schema_version": 3, "solution": false, "task": false}
def importance(source, answer):
    """How far each written character's log-probability falls when each character read is replaced by a blank: (T, L)."""
    length = int((source > 0).sum())
    changed = source.repeat(length + 1, 1)
    places = torch.arange(length)
    changed[places, places] = alphabet.numbers([" "])[0, 0]
    inputs = torch.cat([torch.tensor([START]), answer[:-1]]).expand(length + 1, -1)
    with torch.no_grad():
        scores = translator(changed, inputs).log_softmax(dim=2)
    scores = scores.gather(2, answer.expand(length + 1, -1)[:, :, None])[:, :, 0]
    return (scores[-1] - scores[:-1]).T


agree, heaviest = [], []
for i in range(200):
    length = int((sources[12_000 + i] > 0).sum())
    falls, weight = importance(sources[12_000 + i], answers[i])[:10], maps[i, :10, :length]
    matters = falls.max(dim=1).values > 0.1  # rows in which some single character matters at all
    agree += (falls.argmax(dim=1) == weight.argmax(dim=1))[matters].tolist()
    heaviest += weight.max(dim=1).values[matters].tolist()
print(f"the heaviest weight is on the most important character in {sum(agree) / len(agree):.2f} of the cases; it weighs {sum(heaviest) / len(heaviest):.2f} on average")
print(f"written characters that suffer clearly: {len(agree)} of 2,000")
i = picked[0]
length = len(written[12_000 + i])
_, axes = plt.subplots(1, 2, figsize=(13, 3.8))
for ax, picture, title in (
    (axes[0], maps[i, :10, :length], "weights"),
    (axes[1], importance(sources[12_000 + i], answers[i])[:10].clamp(0, 3), "fall of the log-probability, cut at 3"),
):
    ax.imshow(picture, cmap="Blues", vmin=0, aspect="auto")
    ax.set_xticks(range(length), list(written[12_000 + i]))
    ax.set_yticks(range(10), list(alphabet.text(answers[i]).ljust(10)[:10]))
    ax.set(title=title, xlabel="read")
show(
    "Side by side for one date: the weights, three dark blocks; and how much each answer suffers when one character read is blanked. The two "
    "pictures have their dark places partly in different columns."
)

# %% [markdown]
# **Notice** that weight and importance are not the same: the heaviest weight lies on the most important character
# in 0.87 of the cases. And of the 2,000 characters written only 1,129 suffer clearly when any single one is blanked:
# the others have a heaviest weight too, and it explains nothing.
#
# <details><summary>How can a character matter that has hardly any weight?</summary>
#
# The memory at a place is the state of a GRU that has read the whole source in two directions: what was read
# *elsewhere* is in it. A weight on place j is a weight on what the encoder knows at j. And the decoder's own state,
# which began as a summary of the source, needs no weight at all.
# </details>

# %% [markdown]
# ## 10. Pixels that look at pixels
#
# A map of features (N, C, H, W) is a set of $H \cdot W$ places with C numbers each. Let each place look at all
# others: a convolution of 3x3 needs many layers to see across an image, attention needs one. This is the block of
# the self-attention GAN (Zhang et al., 2018); without the pooling it is the *non-local block* of Wang et al. (2017)
# with a gate:
#
# $$y = x + \gamma \cdot W_o \sum_j a_{ij}\, W_v x_j, \qquad a_{ij} = \mathrm{softmax}_j\big((W_q x_i)^\top (W_k x_j)\big) .$$
#
# All four W are convolutions of 1x1 without bias: C to C' for queries and keys, C to C/2 for values, and C/2 back
# to C. Scores are not scaled.
#
# **The gate.** $\gamma$ is one learned number that begins at **0**. So at first the block is the identity: put into
# a trained network, it changes nothing, and then lets in as much attention as helps.

# %% [markdown]
# **Pooling.** With `pool`, the maps of keys and of values, $W_k x$ and $W_v x$, are halved by a max-pooling of 2x2 (a
# last row or column that has no partner falls away): L is a quarter of the places, and so is the cost.
#
# **Example.** C = 16 on a map of 6x4, with pooling: 24 queries, $3 \cdot 2 = 6$ keys, weights (24, 6), query width
# C' = 16/8 = 2, value width 8; $2 \cdot (2 \cdot 16) + 2 \cdot (8 \cdot 16) + 1 = 321$ parameters.

# %% [markdown]
# ### Exercise `spatial_attention`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 8 | 25 min | 0.5 s | everything else in PyTorch | `F.scaled_dot_product_attention`, `nn.MultiheadAttention`, `nn.Transformer*`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●●○
#
# **What.** Self-attention on maps of features, with a gate.
#
# **Details.** The four layers are `nn.Conv2d` of 1x1 without bias, called `query`, `key`, `value` and `output`; the
# gate is a parameter called `gate` of shape (1,). Nothing else has parameters. Places are counted row by row.
# Height and width differ, from call to call too, and may be 1 without pooling. Scores may be hundreds. Without
# pooling, permuting the pixels permutes the outputs. At the start the gate is 0 and the output *is* the input, and the
# gate gets a gradient.
#
# **Why.** It brings distant parts of an image together in one layer.


# %% nbgrader={"grade": false, "grade_id": "spatial_attention_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
class SpatialAttention(nn.Module):
    """Every place of a map looks at every other, and a gate lets in what it found.

    Args:
        channels: C, at least 2.
        inner: C', width of queries and keys; if None, C // 8, and at least 1. Values have the width C // 2.
        pool: whether keys and values come from maps that are max-pooled by 2x2.

    forward(x): x (N, C, H, W); returns (N, C, H, W). weights(x): the weights (N, H * W, L), where L is H * W or, pooled,
    (H // 2) * (W // 2).

    Source: Zhang et al. (2018), Self-attention GAN, section 3; Wang et al. (2017), Non-local neural networks.
    """

    def __init__(self, channels: int, inner: int | None = None, pool: bool = False) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        inner = max(1, channels // 8) if inner is None else inner
        self.query = nn.Conv2d(channels, inner, 1, bias=False)
        self.key = nn.Conv2d(channels, inner, 1, bias=False)
        self.value = nn.Conv2d(channels, channels // 2, 1, bias=False)
        self.output = nn.Conv2d(channels // 2, channels, 1, bias=False)
        self.gate = nn.Parameter(torch.zeros(1))
        self.pool = pool
        ### END SOLUTION

    def weights(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N HW L"]:
        ### BEGIN SOLUTION
        q, k = self.query(x), self.key(x)
        if self.pool:
            k = F.max_pool2d(k, 2)
        return (q.flatten(2).transpose(1, 2) @ k.flatten(2)).softmax(dim=2)
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C H W"]:
        ### BEGIN SOLUTION
        v = self.value(x)
        if self.pool:
            v = F.max_pool2d(v, 2)
        found = v.flatten(2) @ self.weights(x).transpose(1, 2)  # (N, C/2, HW)
        return x + self.gate * self.output(found.unflatten(2, x.shape[2:]))
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "spatial_attention", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check("spatial_attention")

# %% [markdown]
# <a id="hints-spatial_attention"></a>
# <details><summary>Hint 1: a map as a sequence</summary>
#
# `q.flatten(2)` is (N, C', HW), with places last; `.transpose(1, 2)` makes it (N, HW, C').
# </details>
# <details><summary>Hint 2: and back</summary>
#
# Places must be the *last* axis before they become H and W again: (N, C/2, HW). To view (N, HW, C/2) as a map has
# the right size and scrambles the image.
# </details>
# <details><summary>Hint 3: the weights' sum</summary>
#
# For each place i, over all j: the last axis of (N, HW, L).
# </details>

# %% [markdown]
# ## 11. In a network for digits
#
# A small network for 8x8 digits, with a place for a block:
#
# | layer | output |
# |---|---|
# | convolution 3x3, padding 1, 1 to 16 channels; ReLU; max-pooling 2x2 | 16, H/2, W/2 |
# | convolution 3x3, padding 1, 16 to 32 channels; ReLU | 32, H/2, W/2 |
# | the block, if there is one | 32, H/2, W/2 |
# | mean over all places | 32 |
# | linear layer to the classes | classes |
#
# The block in the grader's tests, and a training loop, are given. `PixelAttention` is made of PyTorch's own
# attention, so that this exercise can do without your last one.

# %% nbgrader={"grade": false, "grade_id": "given_pixel_attention", "locked": true, "schema_version": 3, "solution": false, "task": false}
class PixelAttention(nn.Module):
    """x + gate * attention among the places of a map, with a gate that begins at 0."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.look = nn.MultiheadAttention(channels, 2, batch_first=True)
        self.gate = nn.Parameter(torch.zeros(1))

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C H W"]:
        tokens = x.permute(0, 2, 3, 1).reshape(len(x), -1, x.shape[1])
        found = self.look(tokens, tokens, tokens, need_weights=False)[0]
        return x + self.gate * found.reshape(*x.permute(0, 2, 3, 1).shape).permute(0, 3, 1, 2)


def fit_classifier(
    model: nn.Module, images: Float[Tensor, "M 1 H W"], labels: Int[Tensor, "M"], epochs: int, seed: int
) -> list[float]:
    """Train by Adam at the rate 0.005 on batches of 64; returns the gate's value, if there is one, after each epoch."""
    generator = torch.Generator().manual_seed(seed)
    optimizer, gates = torch.optim.Adam(model.parameters(), lr=5e-3), []
    model.train()
    for _ in range(epochs):
        for rows in torch.randperm(len(images), generator=generator).split(64):
            loss = F.cross_entropy(model(images[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        gates += [float(p.detach()) for name, p in model.named_parameters() if name.endswith("gate")]
    model.eval()
    return gates


# %% [markdown]
# ### Exercise `attention_cnn`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 4 | 15 min | 1 s | everything in PyTorch |
#
# **Difficulty** ●○○ · **importance** ●○○
#
# **What.** The network of the table, with or without a block.
#
# **Details.** The block is any `nn.Module` from (N, 32, H, W) to the same; it is put in as it is, an empty `nn.Sequential` too, not copied: its
# numbers, its mode and what of it learns stay; it is used in training and in evaluation, and its parameters and its
# mode are the network's from then on. With None nothing stands in its place. The result is an `nn.Module` that gives
# logits; images may have any even sizes. Two networks share nothing. It is graded by its outputs with known weights
# and by the accuracy on digits that were not trained on, in orientations and with names of classes that the grader
# has chosen: at least 0.75.
#
# **Why.** Blocks that begin as the identity can be put anywhere.


# %% nbgrader={"grade": false, "grade_id": "attention_cnn_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention_cnn(num_classes: int = 10, block: nn.Module | None = None) -> nn.Module:
    """A small classifier of grey images, with a block between its convolutions and the mean over places.

    Args:
        num_classes: logits for each image.
        block: a module that maps (N, 32, H, W) to (N, 32, H, W), or None.

    Returns:
        A module that maps images (N, 1, H, W), H and W even, to logits (N, num_classes).
    """
    ### BEGIN SOLUTION
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.Identity() if block is None else block,
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(32, num_classes),
    )
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "attention_cnn", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("attention_cnn")

# %% [markdown]
# <a id="hints-attention_cnn"></a>
# <details><summary>Hint 1: in a row</summary>
#
# `nn.Sequential` takes modules, and `nn.Identity()` is one that does nothing.
# </details>
# <details><summary>Hint 2: any size</summary>
#
# The mean over all places is `nn.AdaptiveAvgPool2d(1)`, or `x.mean(dim=(2, 3))` in a module of your own.
# </details>
# <details><summary>Hint 3: None</summary>
#
# `block or nn.Identity()` asks an empty `nn.Sequential` for its length. Compare with None.
# </details>

# %% [markdown]
# ### The gate opens
#
# Three networks without a block and three with your `SpatialAttention`, on the 1,437 training digits without 300
# that are kept to look at.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_digits", "locked": true, "schema_version": 3, "solution": false, "task": false}
digits = load_digits()
kept = 300
fit_on = digits.train_images[kept:], digits.train_labels[kept:]


def accuracy(model, images, labels):
    """Share of images named rightly."""
    with torch.no_grad():
        return float((model(images).argmax(dim=1) == labels).float().mean())


scores, gates, networks = {"without": [], "with": []}, [], []
for seed in range(3):
    for name in scores:
        torch.manual_seed(seed)
        model = attention_cnn(10, SpatialAttention(32, 8) if name == "with" else None)
        opened = fit_classifier(model, *fit_on, 10, seed)
        scores[name].append(accuracy(model, digits.train_images[:kept], digits.train_labels[:kept]))
        if name == "with":
            gates.append(opened)
            networks.append(model)
        sys.stdout.write(f"\rseed {seed}, {name} a block ")
for name, found in scores.items():
    print(f"\r{name} a block, accuracy on 300 digits kept: " + ", ".join(f"{a:.3f}" for a in found))
print(f"least of three with a block: {min(scores['with']):.3f}")
print(f"most of three without a block: {max(scores['without']):.3f}")
print(f"the gate after the last epoch, least of three in size: {min(abs(g[-1]) for g in gates):.2f}")
print("the gate after the last epoch:", ", ".join(f"{abs(g[-1]):.2f}" for g in gates), "in size")
block = next(module for module in networks[0] if isinstance(module, SpatialAttention))
with torch.no_grad():
    features = networks[0][:5](digits.train_images[:2])
    looked = block.weights(features)
_, axes = plt.subplots(1, 5, figsize=(14, 2.8), width_ratios=[2, 1, 1, 1, 1])
for opened in gates:
    axes[0].plot([0, *opened], color=BLUE)
axes[0].set(xlabel="epoch", title="the gate")
for row in range(2):
    axes[1 + 2 * row].imshow(digits.train_images[row, 0], cmap="Greys")
    axes[2 + 2 * row].imshow(looked[row, 5].view(4, 4), cmap="Blues", vmin=0)
    axes[1 + 2 * row].set_title("digit")
    axes[2 + 2 * row].set_title("where place (1, 1) looks")
for ax in axes[1:]:
    ax.axis("off")
show(
    "Left: the gate of three networks over 10 epochs, which begins at 0 and moves away from it. Right: two digits, and for each a map of 4x4 of "
    "where one place looks: dark on some strokes, light elsewhere."
)

# %% [markdown]
# **Notice** that the gate leaves 0 in all three (0.38 to 0.50 in size): the network wants what the block brings. The
# accuracy on what was kept is 0.83 to 0.88 with a block and 0.71 to 0.88 without.
#
# <details><summary>Does this show that looking helps?</summary>
#
# No. The three runs overlap, so that three are too few. The block also brings 1,537 more numbers to learn, and mixes
# the channels at each place. A fair comparison has a block of the same size whose weights are all equal: a mean that
# does not look. Build it and see.
# </details>

# %% [markdown]
# ## 12. Once, the test
#
# All choices are made. The networks meet the 360 test digits for the first time.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_test", "locked": true, "schema_version": 3, "solution": false, "task": false}
found = [accuracy(model, digits.test_images, digits.test_labels) for model in networks]
print("on the test digits, with a block: " + ", ".join(f"{a:.3f}" for a in found))
print(f"on the test digits, least of three: {min(found):.3f}")
source, target = alphabet.numbers(written[12_500:]), targets[12_500:]
said, _ = translator.write(source, target.shape[1])
print(f"on 500 test dates, exactly right: {float(((said == target) | (target == 0)).all(dim=1).float().mean()):.3f}")

# %% [markdown]
# **Notice** that the test gives 0.84 to 0.89 on digits, and 1.000 on dates: about what the kept ones said, since little
# was chosen by them.

# %% [markdown]
# ## 13. Explore: attention that remembers
#
# Not graded. Take 1,437 digits as keys *and* as values. Take a digit that is among them, erase its lower half, and
# ask with what is left. No weight was ever trained. Guess first: in how many of 100 cases is the answer nearest to
# the *right* stored image, out of 1,437?

# %%
my_recalled = None  # of 100

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_memory", "locked": true, "schema_version": 3, "solution": false, "task": false}
stored = digits.train_images.flatten(1) - digits.train_images.flatten(1).mean(0)
asked_for = torch.arange(0, 1400, 14)
erased = stored[asked_for].clone()
erased[:, 32:] = 0
print(f"your guess: {my_recalled}")
_, axes = plt.subplots(1, 5, figsize=(11, 2.6))
average = digits.train_images.flatten(1).mean(0)
axes[0].imshow((stored[asked_for[7]] + average).view(8, 8), cmap="Greys")
axes[0].set_title("stored")
axes[1].imshow((erased[7] + average).view(8, 8), cmap="Greys")
axes[1].set_title("asked with")
keys = stored / stored.norm(dim=1, keepdim=True)
for ax, scale in zip(axes[2:], (1.0, 10.0, 100.0), strict=True):
    recalled, weights = attention(erased, keys, stored, scale=scale)
    nearest = torch.cdist(recalled, stored).argmin(dim=1)
    print(f"scale {scale:g}: the right one of 1,437 in {int((nearest == asked_for).sum())} of 100 cases, largest weight {float(weights.max(dim=1).values.median()):.3f}")
    ax.imshow((recalled[7] + average).view(8, 8), cmap="Greys")
    ax.set_title(f"answer, scale {scale:g}")
for ax in axes:
    ax.axis("off")
show(
    "A stored digit, the same with its lower half erased, and three answers: at scale 1 a grey mean of all digits, at 10 a blurred one, at "
    "100 the stored digit itself, with its lower half."
)

# %% [markdown]
# **Notice** that your function of section 3 is a *memory*. It finds none at scale 1, where all images are mixed, but at scale 100 it finds 82 of 100 images
# from their upper halves, in one step. This is the update rule of a modern Hopfield network (Ramsauer et al., 2020), which can
# store exponentially many patterns. It is also section 1 again: one over the scale is the square of the width.
#
# More to try: the decoder of kind "general" on dates; the map of a reversal (an antidiagonal); three heads in
# `PixelAttention`; a window mask in `Mirror`.

# %% [markdown]
# ## 14. Written questions
#
# Answer in your own words, in about 150 words each. A figure or a number from this notebook is worth more than a
# quotation.

# %% [markdown]
# ### Question 1: do weights explain? (5 points)
#
# A hospital uses a recurrent network with attention that reads a patient's notes and warns of a danger. For each
# warning the word with the largest weight is shown to the doctor as "the reason".
#
# 1. Give two reasons why the word with the largest weight need not be what the warning depends on. (2 points)
# 2. Describe an experiment on this network that would show whether it is, and what you would count. (2 points)
# 3. What did that experiment show in section 9? Give the number. (1 point)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written_explain", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Model answer.** A weight lies on a *state* of the encoder, and that state holds what was read elsewhere, before
# and after: the word at that place may be irrelevant. And the prediction has other ways to the input than the
# context, such as the decoder's first state. (Also right: a large weight on a value that is small or that the
# readout ignores moves nothing; different weights can give the same output.)
#
# Perturb: remove or replace one word at a time, and measure how far the probability of the warning falls. Count how
# often the word with the largest weight is the one whose removal matters most, and compare with a word taken at
# random. Or: permute the weights and see whether the prediction changes.
#
# In section 9 the two agreed in 0.87 of the cases.
#
# **Marks.**
# - Part 1: 1 for each sound reason, two at most.
# - Part 2: 1 for changing the input (or the weights) and measuring the output; 1 for a number with something to
#   compare it with.
# - Part 3: 1 for the number, or for what was seen in the figure.
# ### END SOLUTION

# %% [markdown]
# ### Question 2: why divide by the root (5 points)
#
# 1. Derive the variance of $q^\top k$ for independent components with mean 0 and variance 1, and say why the root
#    of D is the right divisor and not D. (2 points)
# 2. What does a softmax with scores of standard deviation 32 do to the gradients of q and k, and why? (2 points)
# 3. Somebody trains without the root and finds no difference. Name a reason why this can happen. (1 point)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written_root", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Model answer.** $\mathrm{Var}(q^\top k) = \sum_i \mathrm{Var}(q_i k_i) = D$, since the terms are independent
# with mean 0 and $E[q_i^2 k_i^2] = 1$. The standard deviation is $\sqrt D$; divided by it, scores have size 1 at
# every width. Divided by D they would have size $1/\sqrt D$ and all weights would be nearly equal.
#
# One weight is nearly 1 and the others nearly 0 (section 3: a median of the largest weight of 1.00 at D = 1024).
# The derivative of a softmax is $a_i(\delta_{ij} - a_j)$: all its entries are nearly 0 then, so hardly any gradient
# reaches q and k. The value of the one key still gets its gradient.
#
# The projections that make q and k are learned: they can start smaller, or shrink, and make up for the root (a
# start scaled by the width, layer norm before, a small D, Adam's step that does not depend on the gradient's size).
#
# **Marks.**
# - Part 1: 1 for the variance with independence; 1 for "scores of size 1 at every width", or what D would do.
# - Part 2: 1 for saturation; 1 for the derivative of the softmax.
# - Part 3: 1 for any sound reason.
# ### END SOLUTION

# %% [markdown]
# ## What you have read about
#
# - E. Nadaraya (1964), *On estimating regression*; G. Watson (1964), *Smooth regression analysis*.
# - D. Bahdanau, K. Cho and Y. Bengio (2014), *Neural machine translation by jointly learning to align and
#   translate*; M.-T. Luong, H. Pham and C. Manning (2015), *Effective approaches to attention-based neural machine
#   translation*; I. Sutskever, O. Vinyals and Q. Le (2014), *Sequence to sequence learning with neural networks*.
# - A. Vaswani et al. (2017), *Attention is all you need*; I. Beltagy, M. Peters and A. Cohan (2020), *Longformer*;
#   I. Loshchilov and F. Hutter (2016), *SGDR*.
# - X. Wang et al. (2017), *Non-local neural networks*; H. Zhang et al. (2018), *Self-attention generative
#   adversarial networks*; S. Woo et al. (2018), *CBAM: convolutional block attention module*, in which small gates
#   for channels and for places take the role of section 10 (the gate for channels is built in chapter 6).
# - S. Jain and B. Wallace (2019), *Attention is not explanation*; S. Wiegreffe and Y. Pinter (2019), *Attention is
#   not not explanation*; H. Ramsauer et al. (2020), *Hopfield networks is all you need*.
# - A. Zhang, Z. Lipton, M. Li and A. Smola, *Dive into Deep Learning*, chapter 11.
