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
# # Chapter 7. Recurrent networks
#
# You are reading this sentence one word at a time, and you have not kept the page before your eyes: what you have
# read so far lives on as a state of mind, and each word changes it a little. A recurrent network reads in the same
# way. It keeps a vector of fixed size, the state, and one small function that takes the state and the next input to
# the next state. Here you build that function, send gradients backwards through time by hand, see why they vanish or
# explode, and train a network that writes Python manuals.
#
# | | exercise | points | minutes |
# |---|---|---|---|
# | 1 | `bigram`: the model to beat, by counting | 6 | 20 |
# | 2 | `rnn_cell`: one step | 6 | 15 |
# | 3 | `rnn`: many steps, sequences of different lengths | 10 | 30 |
# | 4 | `bptt_step`: one step backwards, by hand | 5 | 30 |
# | 5 | `bptt`: all steps backwards, by hand | 9 | 30 |
# | 6 | `truncated_bptt`: long texts in windows | 8 | 30 |
# | 7 | `gradient_flow`: why gradients vanish and explode | 8 | 30 |
# | 8 | `clip_gradients`: the cure for one of the two | 4 | 15 |
# | 9 | `char_batches`: text as streams of numbers | 8 | 25 |
# | 10 | `train_char_rnn`: the training loop | 12 | 30 |
# | 11 | `sample`: writing | 6 | 20 |
# | 12 | `forecast`: a time series, honestly | 8 | 30 |
# | 13 | two written questions | 5 + 5 | 30 |

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
#   dtype of the input, float64 too, and a batch may hold a single sequence.
# - Sequences are (N, T, D): batch, time, features. Time runs from $t = 0$ to $T - 1$; the state *before* the
#   first step is $h_{-1}$, called `h0` in code.
# - Hints are folded below the check: read one at a time.
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

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
BLUE, ORANGE, GREEN, RED, GREY = "#2f6db3", "#e07b16", "#2a9265", "#c43c39", "#8a8f98"
import sys
import time

import matplotlib.pyplot as plt

from selfcheck.plots import show
from selfcheck.sequences import load_sunspots, load_text

torch.set_num_threads(1)  # networks this small lose more time to sharing work than they gain
# An opaque light page keeps every figure legible in a dark theme too.
plt.rcParams.update({"figure.facecolor": "white", "figure.constrained_layout.use": True, "figure.dpi": 90})
plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 10})
plt.rcParams.update({"font.size": 10, "legend.frameon": False})


def median_of(values):
    """The middle one of a few numbers."""
    return sorted(values)[len(values) // 2]


# %% [markdown]
# ### The data
#
# Python carries its own manual: the pages that `help("if")` prints, 465,048 characters of English and code in
# Python 3.11 (a little more or less in other versions). The first 80% are for training, the next 10% for
# choices, and the last 10% are the test, which we use once, at the end.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_data", "locked": true, "schema_version": 3, "solution": false, "task": false}
manual = load_text()
print(f"{len(manual.train):,} characters to train on, {len(manual.validation):,} to choose by, {len(manual.test):,} to test on")
print(manual.train[90_000:90_420])

# %% [markdown]
# **Notice** what a model of this text would have to know: how words are spelled, that a quotation mark which
# opens must close, that lines are about seventy characters long, that code is indented. The reach of these
# rules grows from two characters to seventy.

# %% [markdown]
# ## 1. Count first
#
# Before a network, the simplest model that knows anything: the next character depends on the current one
# alone. Such a **bigram model** needs no training, only counting. In "abracadabra", `a` is followed by `b`
# twice, by `c` and by `d` once each.
#
# Let $C_{ij}$ be how often $j$ follows $i$. With $V$ different characters and a small number $s > 0$,
#
# $$p(j \mid i) = \frac{C_{ij} + s}{\sum_k C_{ik} + s V} .$$
#
# Why $s$? Without it a pair that was never seen has probability 0, and one such pair in the test makes the
# whole test impossible. Each pair is given $s$ sightings for nothing.

# %% [markdown]
# **Perplexity.** How good is it? Take the probabilities that the model gave to what really came, and their
# geometric mean; one over that is the perplexity:
#
# $$\mathrm{PPL} = \exp\Big(-\frac1M \sum_{m=1}^{M} \log p(x_m \mid x_{m-1})\Big) .$$
#
# It is "among how many equally likely characters the model is in doubt". A model that knows nothing and gives
# $1/V$ to each has the perplexity $V$.
#
# **Example.** "abracadabra" has ten pairs. With $s = 0$ the bigram model gives to them $\frac12$ (ab, twice),
# $\frac14$ (ac, ad), and 1 to the six others (after b, r, c, d there was never a doubt):
# $\mathrm{PPL} = \big(\tfrac12 \cdot \tfrac12 \cdot \tfrac14 \cdot \tfrac14\big)^{-1/10} = 64^{1/10} = 1.516$.
#
# | symbol | in code | meaning |
# |---|---|---|
# | $V$ | `vocab_size` | number of different characters |
# | $C_{ij}$ | `counts[i, j]` | how often $j$ came right after $i$ |
# | $s$ | `smoothing` | sightings that every pair is given |

# %% [markdown]
# ### Exercise `bigram`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 6 | 20 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●○○ · **importance** ●●●
#
# **What.** Count pairs, turn counts into log-probabilities, and measure a text's perplexity under them.
#
# **Details.** All three work in float64. A row of counts with nothing in it becomes the uniform distribution.
# The perplexity is one number, also of a long text; a tensor that holds it alone is accepted.
# A text of 100,000 characters is counted without a Python loop over them in a tenth of a second, and a loop is
# allowed all the same: no test is longer than 3,000 characters.
#
# **Why.** A number alone says nothing about a model. Everything below has to beat this one.


# %% nbgrader={"grade": false, "grade_id": "bigram_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bigram_counts(ids: Int[Tensor, "M"], vocab_size: int) -> Float[Tensor, "V V"]:
    """How often each character comes right after each other one.

    Args:
        ids: the text as numbers, int64 in 0 ... V - 1, at least one.
        vocab_size: V.

    Returns:
        counts, (V, V), float64: counts[i, j] is how often j follows i; they sum to M - 1.
    """
    ### BEGIN SOLUTION
    pairs = ids[:-1] * vocab_size + ids[1:]
    counts = torch.bincount(pairs, minlength=vocab_size**2)
    return counts.view(vocab_size, vocab_size).double()
    ### END SOLUTION


def bigram_log_probs(counts: Float[Tensor, "V V"], smoothing: float = 0.1) -> Float[Tensor, "V V"]:
    """Log-probabilities of the next character, with every pair seen `smoothing` times more than it was.

    Args:
        counts: (V, V), float64.
        smoothing: s > 0.

    Returns:
        (V, V), float64; row i holds log p(j given i), so that exp of a row sums to 1.

    Source: Jurafsky and Martin, Speech and Language Processing, section 3.5 (add-k smoothing).
    """
    ### BEGIN SOLUTION
    smoothed = counts + smoothing
    return (smoothed / smoothed.sum(dim=1, keepdim=True)).log()
    ### END SOLUTION


def bigram_perplexity(log_probs: Float[Tensor, "V V"], ids: Int[Tensor, "M"]) -> float:
    """Perplexity of a text under a bigram model: exp of the mean negative log-probability of its M - 1 pairs.

    Args:
        log_probs: (V, V), float64, as `bigram_log_probs` gives them.
        ids: the text, int64, at least two characters.

    Returns:
        One number, at least 1.

    Source: Jurafsky and Martin, Speech and Language Processing, section 3.3.
    """
    ### BEGIN SOLUTION
    return math.exp(-float(log_probs[ids[:-1], ids[1:]].mean()))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bigram", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("bigram")

# %% [markdown]
# <a id="hints-bigram"></a>
# <details><summary>Hint 1: counting pairs</summary>
#
# `counts[ids[:-1], ids[1:]] += 1` counts a repeated pair once only: an indexed assignment writes each place
# once. `torch.bincount` of $i V + j$, or `index_put_` with `accumulate=True`, counts all.
# </details>
# <details><summary>Hint 2: which way round</summary>
#
# The first index is the character that stands before. The rows, not the columns, must sum to 1.
# </details>
# <details><summary>Hint 3: the perplexity is below 1, or enormous</summary>
#
# It is exp of *minus* the mean of the logarithms, and the mean is over pairs: $M - 1$ of them, not $M$.
# </details>

# %% [markdown]
# ### Your guess
#
# 103 different characters occur. Type in what perplexity you expect of the bigram model on text that was not
# counted, then run the next two cells.

# %%
my_guess = None  # a number between 1 and 103

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_bigram", "locked": true, "schema_version": 3, "solution": false, "task": false}
vocabulary = sorted(set(manual.train + manual.validation + manual.test))
number = {character: i for i, character in enumerate(vocabulary)}
V = len(vocabulary)


def numbers(text):
    """The text as int64 numbers (M,)."""
    return torch.tensor([number[character] for character in text])


train_ids, validation_ids, test_ids = (numbers(t) for t in (manual.train, manual.validation, manual.test))
counts = bigram_counts(train_ids, V)
single = (counts.sum(0) + 0.1) / (counts.sum(0) + 0.1).sum()
by_smoothing = {
    s: bigram_perplexity(bigram_log_probs(counts, s), validation_ids) for s in (0.001, 0.01, 0.1, 1.0, 10.0)
}
smoothing = min(by_smoothing, key=by_smoothing.get)
bigram = by_smoothing[smoothing]
print(f"your guess: {my_guess}")
print(f"knowing nothing: {V}")
print(f"knowing how often each character comes: {math.exp(-float(single.log()[validation_ids].mean())):.1f}")
print(f"bigram, on the validation text: {bigram:.1f}")
print("by smoothing:", {s: round(p, 2) for s, p in by_smoothing.items()})
_, axes = plt.subplots(1, 2, figsize=(12, 4.6), width_ratios=[1, 1.2])
shown = [number[c] for c in " abcdefghijklmnopqrstuvwxyz"]
table = bigram_log_probs(counts, smoothing)[shown][:, shown].exp()
axes[0].imshow(table.sqrt(), cmap="Blues")
names = ["_", *"abcdefghijklmnopqrstuvwxyz"]
axes[0].set_xticks(range(27), names, fontsize=7)
axes[0].set_yticks(range(27), names, fontsize=7)
axes[0].set(title="p(next | current), roots", xlabel="next", ylabel="current")
most = bigram_log_probs(counts, smoothing).exp().max(1)
order = counts.sum(1).argsort(descending=True)[:14].tolist()
axes[1].barh([repr(vocabulary[i]) for i in order[::-1]], [float(most.values[i]) for i in order[::-1]], color=BLUE)
for place, i in enumerate(order[::-1]):
    axes[1].text(float(most.values[i]) + 0.01, place, repr(vocabulary[int(most.indices[i])]), va="center", fontsize=9)
axes[1].set(title="the likeliest successor of the most frequent characters", xlabel="probability", xlim=(0, 1))
show(
    "Left: a table of 27 letters by 27, the darker the likelier that the column's letter follows the row's; the row of q "
    "has one dark place, u. Right: bars for the fourteen most frequent characters, each with its likeliest successor."
)

# %% [markdown]
# **Notice** that a table of counted pairs takes the doubt from 103 to below 12. After `q`
# comes `u`; after a space, nearly anything may begin. What the table cannot know is whether the space stands
# at the beginning of a line of code.
#
# <details><summary>Why does the perplexity hardly move between a smoothing of 0.001 and of 1?</summary>
#
# Smoothing decides about pairs that were seen rarely or never. The text has 372,000 pairs and the table
# 10,609 places, so nearly all that comes in the validation text was seen often. With 1,000 pairs to count it
# would matter much. Try: `bigram_counts(train_ids[:1000], V)`.
# </details>

# %% [markdown]
# ## 2. A state
#
# A trigram table would have $103^3$ entries, a table over ten characters $103^{11}$: none of them fits, and most
# of their rows would stay empty. The way out is not to look the past up, but to *summarise* it. Keep a vector
# $h_t$ of $H$ numbers and renew it with the same function at every step:
#
# $$h_t = \tanh\big(W_x x_t + W_h h_{t-1} + b\big) .$$
#
# This is Elman's network of 1990, with tanh in the place of his logistic function. Three things to see:
#
# - The weights are the *same* at every $t$. A step forward in time is not a new layer with weights of its own.
# - $h_t$ depends on all inputs up to $t$, and on nothing later.
# - The tanh keeps each number in $(-1, 1)$, however long the sequence.
#
# | symbol | in code | shape | meaning |
# |---|---|---|---|
# | $x_t$ | `x` | (N, D) | input of this step |
# | $h_{t-1}$ | `h` | (N, H) | state before the step |
# | $W_x$ | `w_x` | (H, D) | from input to state |
# | $W_h$ | `w_h` | (H, H) | from state to state |
# | $b$ | `b` | (H,) | bias; PyTorch keeps two, which only ever act as their sum |
#
# **Example.** $H = 2$, $D = 1$: $W_x = (1, -1)^\top$, $W_h = \begin{pmatrix} 0 & 0.5 \\ 2 & 0 \end{pmatrix}$,
# $b = (0, 0.1)$. From $h = (0.2, 0.4)$ with input 0.3:
# $\big(0.3 + 0.5 \cdot 0.4,\; -0.3 + 2 \cdot 0.2 + 0.1\big) = (0.5, 0.2)$, so the new state is
# $(\tanh 0.5, \tanh 0.2) = (0.462, 0.197)$.

# %% [markdown]
# ### Exercise `rnn_cell`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 6 | 15 min | 0.5 s | everything else in PyTorch | `nn.RNN*`, `nn.LSTM*`, `nn.GRU*` and their functions in `torch`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●○○ · **importance** ●●●
#
# **What.** One step of the network, for a batch.
#
# **Details.** Gradients reach all five arguments.
#
# **Why.** Everything that follows repeats it.


# %% nbgrader={"grade": false, "grade_id": "rnn_cell_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rnn_cell(
    x: Float[Tensor, "N D"],
    h: Float[Tensor, "N H"],
    w_x: Float[Tensor, "H D"],
    w_h: Float[Tensor, "H H"],
    b: Float[Tensor, "H"],
) -> Float[Tensor, "N H"]:
    """One step of an Elman network: tanh(x W_x^T + h W_h^T + b).

    Args:
        x: inputs of this step, (N, D).
        h: states before the step, (N, H).
        w_x, w_h, b: weights (H, D) and (H, H), bias (H,).

    Returns:
        The states after the step, (N, H), in the dtype of x.

    Source: Elman (1990); Goodfellow, Bengio and Courville, Deep Learning, equations 10.8 and 10.9.
    """
    ### BEGIN SOLUTION
    return torch.tanh(x @ w_x.T + h @ w_h.T + b)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "rnn_cell", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("rnn_cell")

# %% [markdown]
# <a id="hints-rnn_cell"></a>
# <details><summary>Hint 1: shapes</summary>
#
# `w_x` is (H, D), with outputs first as in `nn.Linear`: `x @ w_x.T` is (N, H).
# </details>
# <details><summary>Hint 2: which matrix is transposed</summary>
#
# $W_h h$ for one column vector is `h @ w_h.T` for a batch of rows. With a symmetric matrix one would not see
# the difference; `w_h` is not symmetric.
# </details>

# %% [markdown]
# ### What does it cost?
#
# Count on paper before you run the next cell: a network over $V = 103$ characters, each given as a vector of
# $D = 32$ numbers, a state of $H = 128$, and a linear layer (with bias) from the state to $V$ scores. How many
# parameters has it, and how many multiplications does one character take? (The table of character vectors is
# looked up, not multiplied.)

# %%
my_parameters = None
my_multiplications = None

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_account", "locked": true, "schema_version": 3, "solution": false, "task": false}
def account(vocab_size, features, hidden):
    """Parameters of embedding, cell and output layer, and the multiplications of one character."""
    parts = {
        "character vectors, V x D": (vocab_size * features, 0),
        "input to state, H x D": (hidden * features, hidden * features),
        "state to state, H x H": (hidden * hidden, hidden * hidden),
        "bias, H": (hidden, 0),
        "state to scores, V x H + V": (vocab_size * hidden + vocab_size, vocab_size * hidden),
    }
    return parts, sum(p for p, _ in parts.values()), sum(m for _, m in parts.values())


parts, parameters, multiplications = account(V, 32, 128)
for name, (p, m) in parts.items():
    print(f"{name:28} {p:7,} parameters {m:7,} multiplications")
print(f"{'together':28} {parameters:7,} parameters {multiplications:7,} multiplications")
print(f"you said: {my_parameters} parameters, {my_multiplications} multiplications")
print(f"the bigram table has {V * V:,} entries")

# %% [markdown]
# **Notice** that the network has three and a half times as many numbers as the bigram table (37,191 against 10,609),
# and that more than a third of them (13,287) are the output layer. A table over the last *three* characters would have
# over a million rows.

# %% [markdown]
# ## 3. Many steps, and sequences that end
#
# A batch holds sequences of different lengths, and a tensor is a rectangle. So the short ones are filled up:
# **padded**. What stands in the padding must not matter, neither for the results nor for the gradients. The
# rule that makes it so: *where a sequence has ended, its state stays as it was*.
#
# $$h_t^{(n)} = \begin{cases}
# \tanh\big(W_x x_t^{(n)} + W_h h_{t-1}^{(n)} + b\big) & t < \ell_n \\
# h_{t-1}^{(n)} & t \ge \ell_n
# \end{cases}$$
#
# Two results are of use: the states of all steps, with zeros where a sequence has ended, and the state that
# each sequence ended with. With the rule above the second is simply what is left after the loop. Feeding zeros
# as padding is *not* enough: the bias and the recurrence move the state all the same.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_padding", "locked": true, "schema_version": 3, "solution": false, "task": false}
_, ax = plt.subplots(figsize=(8, 2.0))
lengths = [7, 3, 5]
for row, length in enumerate(lengths):
    for step in range(7):
        valid = step < length
        ax.add_patch(plt.Rectangle((step, -row), 0.92, 0.8, color=BLUE if valid else GREY, alpha=0.75 if valid else 0.18, linewidth=0))
        text = f"$h_{step}$" if valid else f"$h_{length - 1}$"
        ax.text(step + 0.46, -row + 0.4, text, ha="center", va="center", color="white" if valid else "black")
    ax.text(-0.2, -row + 0.4, f"length {length}", ha="right", va="center")
ax.set(xlim=(-1.6, 7), ylim=(-2.2, 1.2), title="the state that each step leaves behind (grey: the sequence has ended)")
ax.axis("off")
show(
    "Three rows of seven boxes, sequences of length 7, 3 and 5. After the end of a sequence its boxes are grey and repeat "
    "its last state: h2 in the second row, h4 in the third."
)

# %% [markdown]
# **Notice** that the last column holds each sequence's own last state: $h_6$, $h_2$ and $h_4$. Taking `h[:, -1]`
# of a network that goes on through the padding would give something else for two of the three.

# %% [markdown]
# ### Exercise `rnn`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 10 | 30 min | 0.6 s | everything else in PyTorch | `nn.RNN*`, `nn.LSTM*`, `nn.GRU*` and their functions in `torch`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** The network over a padded batch.
#
# **Details.** Any numbers up to 1e30 in size may stand in the padding; they change nothing and get the gradient 0.
# A sequence alone gives what it gives in a batch. Gradients reach x, h0 and the weights.
#
# **Why.** A padded batch that leaks is a silent mistake: the loss falls all the same.


# %% nbgrader={"grade": false, "grade_id": "rnn_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rnn(
    x: Float[Tensor, "N T D"],
    lengths: Int[Tensor, "N"],
    h0: Float[Tensor, "N H"],
    w_x: Float[Tensor, "H D"],
    w_h: Float[Tensor, "H H"],
    b: Float[Tensor, "H"],
) -> tuple[Float[Tensor, "N T H"], Float[Tensor, "N H"]]:
    """An Elman network over a padded batch of sequences.

    Args:
        x: inputs, (N, T, D). From step lengths[n] on, x[n] is padding.
        lengths: how many steps each sequence has, int64 in 1 ... T.
        h0: states before the first step, (N, H).
        w_x, w_h, b: as for one step.

    Returns:
        (outputs, last): the states of all steps, (N, T, H), zero where a sequence has ended; and the state that
        each sequence ended with, (N, H).

    Source: Elman (1990); torch.nn.RNN on packed sequences.
    """
    ### BEGIN SOLUTION
    h, outputs = h0, []
    for t in range(x.shape[1]):
        running = (t < lengths)[:, None]
        h = torch.where(running, torch.tanh(x[:, t] @ w_x.T + h @ w_h.T + b), h)
        outputs.append(torch.where(running, h, torch.zeros_like(h)))
    return torch.stack(outputs, dim=1), h
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "rnn", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("rnn")

# %% [markdown]
# <a id="hints-rnn"></a>
# <details><summary>Hint 1: the state in the padding</summary>
#
# `torch.where((t < lengths)[:, None], new, old)` renews the states of those that still run, and keeps the others.
# </details>
# <details><summary>Hint 2: the outputs are not zero after the end</summary>
#
# The state is kept there, the *output* is zero. These are two different tensors.
# </details>
# <details><summary>Hint 3: h0 is ignored</summary>
#
# Does your first step read `h0`, or a place in an array that still holds zeros? `outputs[t - 1]` at $t = 0$ is
# the last place.
# </details>

# %% [markdown]
# ## 4. One step backwards
#
# Autograd does what follows for you, every day. By hand it is twenty lines, and whoever has written them
# knows where gradients get lost. Start with one step, $h = \tanh(a)$ with $a = W_x x + W_h h_{-} + b$.
# Somebody hands you $\bar h = \partial L / \partial h$. Then
#
# $$\bar a = (1 - h^2) \odot \bar h ,$$
#
# since $\tanh' = 1 - \tanh^2$, and $h$ is known already. From $a$ it is a linear layer:
#
# $$\bar x = W_x^\top \bar a, \quad \bar h_{-} = W_h^\top \bar a, \quad
# \bar W_x = \bar a\, x^\top, \quad \bar W_h = \bar a\, h_{-}^\top, \quad \bar b = \bar a .$$
#
# A weight serves all samples of a batch, so its gradient is the *sum* over the batch.
#
# **Example.** $H = D = 1$, $W_x = 2$, $W_h = 3$, $x = 0.5$, $h_- = 0.1$, and a state that came out as $h = 0.6$.
# With $\bar h = 1$: $\bar a = 1 - 0.36 = 0.64$, so $\bar x = 1.28$, $\bar h_- = 1.92$, $\bar W_x = 0.32$,
# $\bar W_h = 0.064$, $\bar b = 0.64$.

# %% [markdown]
# ### Exercise `bptt_step`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 5 | 30 min | 0.5 s | tensor arithmetic | autograd (`backward`, `torch.autograd`, `torch.func`), `nn.RNN*`, `nn.LSTM*`, `nn.GRU*` and their functions in `torch`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●●○
#
# **What.** The gradients of one step, by hand.
#
# **Details.** The state after the step is handed in, so that nothing has to be computed forwards again. Gradients
# of weights and bias are sums over the batch, of the shapes of `w_x`, `w_h` and $(H,)$.
#
# **Why.** The factor $1 - h^2$, at most 1, is half of the explanation of vanishing gradients.


# %% nbgrader={"grade": false, "grade_id": "bptt_step_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rnn_cell_backward(
    grad_h: Float[Tensor, "N H"],
    x: Float[Tensor, "N D"],
    h_before: Float[Tensor, "N H"],
    h: Float[Tensor, "N H"],
    w_x: Float[Tensor, "H D"],
    w_h: Float[Tensor, "H H"],
) -> tuple[
    Float[Tensor, "N D"], Float[Tensor, "N H"], Float[Tensor, "H D"], Float[Tensor, "H H"], Float[Tensor, "H"]
]:
    """Gradients of a loss through one step h = tanh(x W_x^T + h_before W_h^T + b).

    Args:
        grad_h: gradient of the loss in h, (N, H).
        x, h_before, h: input (N, D), states before and after the step (N, H).
        w_x, w_h: weights (H, D) and (H, H).

    Returns:
        (grad_x, grad_h_before, grad_w_x, grad_w_h, grad_b): of the shapes of x, h_before, w_x, w_h and (H,).

    Source: Goodfellow, Bengio and Courville, Deep Learning, section 10.2.2.
    """
    ### BEGIN SOLUTION
    grad_a = (1 - h**2) * grad_h
    return grad_a @ w_x, grad_a @ w_h, grad_a.T @ x, grad_a.T @ h_before, grad_a.sum(dim=0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bptt_step", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("bptt_step")

# %% [markdown]
# <a id="hints-bptt_step"></a>
# <details><summary>Hint 1: the slope of tanh</summary>
#
# It is $1 - h^2$, in terms of the *output* $h$. You do not need $a$.
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `grad_a` is (N, H), and `grad_w_x` must be (H, D) like `w_x`: which of `grad_a.T @ x` and `x.T @ grad_a` is it?
# </details>
# <details><summary>Hint 3: transposed or not</summary>
#
# Forwards it was `x @ w_x.T`; backwards the same matrix stands without the transposition.
# </details>

# %% [markdown]
# ## 5. All steps backwards
#
# Now the whole sequence. Every state is used twice: it is an output, and the next state is made from it. So two
# gradients arrive at it, and they add up:
#
# $$\bar h_t = \underbrace{\frac{\partial L}{\partial h_t}\Big|_{\text{as an output}}}_{\text{handed in}} \;+\;
# \underbrace{W_h^\top \big((1 - h_{t+1}^2) \odot \bar h_{t+1}\big)}_{\text{from the step after}} .$$
#
# Begin at the last step, with nothing from behind, and walk to the first. This is **backpropagation through
# time**. Three things are easily forgotten:
#
# - the same weights act at every step, so their gradients are *sums over time*;
# - where a sequence has ended, its state was copied, and a copy hands its gradient on unchanged;
# - the walk ends in $h_{-1}$: that is the gradient of `h0`.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_bptt_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
_, ax = plt.subplots(figsize=(10, 2.7))
for t in range(5):
    ax.add_patch(plt.Rectangle((2 * t, 0), 1, 0.7, color=BLUE, alpha=0.25))
    ax.text(2 * t + 0.5, 0.35, f"$h_{t}$", ha="center", va="center")
    ax.annotate("", (2 * t + 0.5, 0), (2 * t + 0.5, -0.6), arrowprops={"arrowstyle": "->", "color": "black"})
    ax.text(2 * t + 0.5, -0.8, f"$x_{t}$", ha="center", va="center")
    ax.annotate("", (2 * t + 0.5, 0.72), (2 * t + 0.5, 1.4), arrowprops={"arrowstyle": "->", "color": ORANGE, "linewidth": 2})
    ax.text(2 * t + 0.5, 1.55, rf"$\partial L/\partial h_{t}$ handed in", ha="center", color=ORANGE, fontsize=8)
    if t < 4:
        ax.annotate("", (2 * t + 2, 0.2), (2 * t + 1, 0.2), arrowprops={"arrowstyle": "->", "color": "black"})
        ax.annotate("", (2 * t + 1, 0.52), (2 * t + 2, 0.52), arrowprops={"arrowstyle": "->", "color": ORANGE, "linewidth": 2})
ax.set(xlim=(-0.3, 9.3), ylim=(-1, 1.8))
ax.axis("off")
show(
    "Five states in a row. Black arrows lead from each input up to its state and from each state to the next. Orange arrows, "
    "the gradients, lead down into each state from its output and back to it from the state after it."
)

# %% [markdown]
# **Notice** that two orange arrows end at every state but the last: black is the way of the values, orange that
# of the gradients.

# %% [markdown]
# ### Exercise `bptt`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 9 | 30 min | 0.5 s | tensor arithmetic | autograd (`backward`, `torch.autograd`, `torch.func`), `nn.RNN*`, `nn.LSTM*`, `nn.GRU*` and their functions in `torch`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●●● · **importance** ●●●
#
# **What.** The gradients of a whole padded batch, by hand.
#
# **Details.** `outputs` are those of a right forward pass: the states of all steps, zero where a sequence has
# ended. Padding gets the gradient 0, and what stands in the padding of `x` or of `grad_outputs`, any numbers up to
# 1e30 in size, changes nothing. It is independent of your other exercises.
#
# **Why.** This is the algorithm that trains nearly every recurrent network.


# %% nbgrader={"grade": false, "grade_id": "bptt_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bptt(
    grad_outputs: Float[Tensor, "N T H"],
    x: Float[Tensor, "N T D"],
    lengths: Int[Tensor, "N"],
    h0: Float[Tensor, "N H"],
    outputs: Float[Tensor, "N T H"],
    w_x: Float[Tensor, "H D"],
    w_h: Float[Tensor, "H H"],
) -> tuple[
    Float[Tensor, "N T D"], Float[Tensor, "N H"], Float[Tensor, "H D"], Float[Tensor, "H H"], Float[Tensor, "H"]
]:
    """Backpropagation through time for an Elman network over a padded batch.

    Args:
        grad_outputs: gradient of the loss in each output, (N, T, H); what stands in the padding does not count.
        x, lengths, h0: inputs (N, T, D), lengths (N,), states before the first step (N, H).
        outputs: the states of all steps, (N, T, H), zero where a sequence has ended.
        w_x, w_h: weights (H, D) and (H, H).

    Returns:
        (grad_x, grad_h0, grad_w_x, grad_w_h, grad_b): of the shapes of x, h0, w_x, w_h and (H,).

    Source: Werbos (1990); Goodfellow, Bengio and Courville, Deep Learning, section 10.2.2.
    """
    ### BEGIN SOLUTION
    grad_x = torch.zeros_like(x)
    grad_w_x, grad_w_h = torch.zeros_like(w_x), torch.zeros_like(w_h)
    grad_b, grad_h = torch.zeros_like(w_h[:, 0]), torch.zeros_like(h0)
    for t in reversed(range(x.shape[1])):
        running = (t < lengths)[:, None]
        h, before = outputs[:, t], outputs[:, t - 1] if t > 0 else h0
        grad_a = torch.where(running, (1 - h**2) * (grad_h + grad_outputs[:, t]), torch.zeros_like(h))
        inputs = torch.where(running, x[:, t], torch.zeros_like(x[:, t]))
        grad_x[:, t] = grad_a @ w_x
        grad_w_x += grad_a.T @ inputs
        grad_w_h += grad_a.T @ before
        grad_b += grad_a.sum(dim=0)
        grad_h = torch.where(running, grad_a @ w_h, grad_h)
    return grad_x, grad_h, grad_w_x, grad_w_h, grad_b
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bptt", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
check("bptt")

# %% [markdown]
# <a id="hints-bptt"></a>
# <details><summary>Hint 1: two gradients meet</summary>
#
# Keep a running `grad_h`, what comes from the step after. At step $t$ add `grad_outputs[:, t]` to it *before* you
# go through the tanh.
# </details>
# <details><summary>Hint 2: weights</summary>
#
# Begin with zeros and add at every step. A `=` in the place of `+=` keeps the first step's share alone.
# </details>
# <details><summary>Hint 3: the state before step 0</summary>
#
# It is `h0`, not `outputs[:, -1]`.
# </details>
# <details><summary>Hint 4: the end of short sequences</summary>
#
# While a sequence has not begun (walking backwards), its `grad_h` must pass on untouched, and nothing may be
# added to any weight.
# </details>

# %% [markdown]
# ## 6. Long texts in windows
#
# The training text is one sequence of 372,000 steps. To go backwards through all of it would need all its states
# at once, for a single update of the weights. **Truncated backpropagation** cuts the text into windows. The
# *state* is carried from each window to the next; the *gradient* is not.
#
# $$\underbrace{x_0 \dots x_{W-1}}_{\text{window 1}} \;\xrightarrow{\text{value of } h,\ \text{no gradient}}\;
# \underbrace{x_W \dots x_{2W-1}}_{\text{window 2}} \;\longrightarrow\; \cdots$$
#
# In PyTorch `h.detach()` does that: a tensor of the same value that does not remember how it was made. Two
# decisions hide here, and are often taken for one:
#
# | | gradient stops at the border | gradient goes on |
# |---|---|---|
# | **value goes on** | truncated backpropagation | full backpropagation |
# | **value is set to 0** | windows as independent texts | |
#
# **Example.** A toy: $h_t = w h_{t-1}$ with $h_{-1} = 1$, two steps, and the loss $h_1$. Then $h_1 = w^2$ and the
# gradient is $2w$. With a window of one step, $h_0$ is cut before the second: the value is still $w^2$, and the
# gradient is $h_0 = w$, half of it.

# %% [markdown]
# The network for the rest of the chapter is given: character vectors, an Elman network, scores for the next
# character. Its `forward` takes numbers (N, T) and a state, or None for zeros, and returns scores and the state
# after the last step.

# %% nbgrader={"grade": false, "grade_id": "given_char_rnn", "locked": true, "schema_version": 3, "solution": false, "task": false}
class CharRNN(nn.Module):
    """Scores for the next character: forward(ids (N, T), state (N, H) or None) -> (logits (N, T, V), state (N, H))."""

    def __init__(self, vocab_size: int, hidden: int = 128, features: int = 32) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, features)
        self.recurrent = nn.RNN(features, hidden, batch_first=True)
        self.scores = nn.Linear(hidden, vocab_size)

    def forward(
        self, ids: Int[Tensor, "N T"], state: Float[Tensor, "N H"] | None = None
    ) -> tuple[Float[Tensor, "N T V"], Float[Tensor, "N H"]]:
        outputs, last = self.recurrent(self.embedding(ids), None if state is None else state[None])
        return self.scores(outputs), last[0]


def char_rnn(vocab_size: int, hidden: int = 128) -> nn.Module:
    """A new network: model(ids (N, T), state or None) -> (logits (N, T, V), state (N, H))."""
    return CharRNN(vocab_size, hidden)


# %% [markdown]
# ### Exercise `truncated_bptt`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 8 | 30 min | 0.6 s | everything in PyTorch |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** Loss and gradients of long sequences, window by window.
#
# **Details.** The loss is the mean of the cross-entropies of *all* N x T characters, whatever the window; so each
# window's share has the weight of its length, and a last, shorter window has less. The model is called once for
# each window, in the order of time. Gradients are *added* to what the parameters hold already, as `backward` does.
# What is returned has no graph, and no gradient reaches the state handed in.
#
# **Why.** Forgetting to cut ends in "trying to backward through the graph a second time"; cutting at every step
# ends in a network that never learns to remember, without any error.


# %% nbgrader={"grade": false, "grade_id": "truncated_bptt_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def truncated_bptt(
    model: nn.Module,
    ids: Int[Tensor, "N T"],
    targets: Int[Tensor, "N T"],
    state: Float[Tensor, "N H"] | None,
    window: int,
) -> tuple[float, Float[Tensor, "N H"]]:
    """Loss of long sequences, with gradients that reach back to the beginning of their window and no further.

    Args:
        model: model(ids, state) gives (logits (N, T, V), state (N, H)).
        ids, targets: characters and the characters after them, (N, T), int64.
        state: the states before the first step, (N, H), or None for zeros.
        window: steps in a window, at least 1; the last window holds what is left.

    Returns:
        (loss, state): the mean cross-entropy over all N x T targets, and the states after the last step,
        detached. The gradient of the loss has been added to the parameters' `grad`.

    Source: Williams and Peng (1990); Sutskever (2013), section 2.8.6.
    """
    ### BEGIN SOLUTION
    total = 0.0
    state = None if state is None else state.detach()
    for start in range(0, ids.shape[1], window):
        piece = slice(start, start + window)
        logits, state = model(ids[:, piece], state)
        loss = F.cross_entropy(logits.flatten(0, 1), targets[:, piece].flatten(), reduction="sum")
        loss = loss / ids.numel()
        loss.backward()
        total += loss.item()
        state = state.detach()
    return total, state
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "truncated_bptt", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check("truncated_bptt")

# %% [markdown]
# <a id="hints-truncated_bptt"></a>
# <details><summary>Hint 1: "backward through the graph a second time"</summary>
#
# The state of one window still hangs on the graph of the window before. Cut it *between* the windows.
# </details>
# <details><summary>Hint 2: the loss depends on the window</summary>
#
# A mean of the windows' means is not the mean over all characters when the last window is shorter. Sum, and divide
# by N x T.
# </details>
# <details><summary>Hint 3: the right value, too small a gradient</summary>
#
# Is the state cut inside the window as well? Only the state that enters a window is detached.
# </details>

# %% [markdown]
# ## 7. Why gradients vanish and explode
#
# How much does the state at time $t$ matter for the state $k$ steps later? By the chain rule
#
# $$\frac{\partial h_{t+k}}{\partial h_t} = D_{t+k} W_h \, D_{t+k-1} W_h \cdots D_{t+1} W_h ,\qquad
# D_s = \mathrm{diag}\big(1 - h_s^2\big) .$$
#
# A product of $k$ matrices that are nearly the same. Leave the tanh away, so that every $D_s = I$, and it is $W_h^k$.
# The powers of a matrix grow or shrink like those of its largest eigenvalue in absolute value, the **spectral
# radius** $\rho$:
#
# $$\lVert W_h^k \rVert \approx c\, \rho^k , \qquad\text{precisely}\quad \lVert W_h^k \rVert^{1/k} \to \rho .$$
#
# With $\rho = 0.8$ fifty steps leave $0.8^{50} = 1.4 \cdot 10^{-5}$ of a gradient; with $\rho = 1.2$ they make it
# $1.2^{50} = 9100$ times as large. On a logarithmic axis both are straight lines.
#
# **Example.** $W_h = \begin{pmatrix} 0.5 & 1 \\ 0 & 0.5 \end{pmatrix}$ has $\rho = 0.5$, yet
# $\lVert W_h \rVert = 1.21 > 1$: the first power grows, the later ones shrink. The norm of one step and the
# radius are two different numbers, and in the long run the radius decides.

# %% [markdown]
# **Starts.** To study this we need matrices of a radius that we choose. Draw normal numbers and divide by the radius
# that came out: that is `spectral_start`. Or draw an **orthogonal** matrix ($W^\top W = I$), which keeps the length of
# every vector: all its eigenvalues, and all its singular values too, have absolute value 1. The QR decomposition of a
# matrix of normal numbers gives one; multiplied by the signs of R's diagonal, every orthogonal matrix is equally likely.

# %% [markdown]
# ### Exercise `gradient_flow`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 8 | 30 min | 0.6 s | everything in PyTorch |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** The norms of $\partial h_{T-1} / \partial h_{T-1-k}$ for all lags, and the two starts.
#
# **Details.** `slopes` are the diagonals of the $D_t$: ones for a linear network, $1 - h_t^2$ for tanh. The norm is the
# spectral norm, the largest singular value. Both starts draw from the generator alone, and every orthogonal matrix is
# equally likely (mind the signs in QR).
#
# **Why.** This product is the reason why plain recurrent networks forget, and why the next chapter exists.


# %% nbgrader={"grade": false, "grade_id": "gradient_flow_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gradient_norms(slopes: Float[Tensor, "T H"], w_h: Float[Tensor, "H H"]) -> Float[Tensor, "T"]:
    """Spectral norms of the derivative of the last state in each earlier one.

    Args:
        slopes: (T, H), the derivative of the activation at each step: D_t is diag(slopes[t]).
        w_h: (H, H).

    Returns:
        norms, (T,): norms[k] is the spectral norm of dh_{T-1} / dh_{T-1-k} = D_{T-1} W_h ... D_{T-k} W_h; norms[0]
        is 1.

    Source: Pascanu, Mikolov and Bengio (2013), section 2.1.
    """
    ### BEGIN SOLUTION
    jacobian = torch.eye(len(w_h), dtype=w_h.dtype)
    norms = []
    for slope in slopes.flip(0):
        norms.append(torch.linalg.matrix_norm(jacobian, ord=2))
        jacobian = jacobian @ (slope[:, None] * w_h)
    return torch.stack(norms)
    ### END SOLUTION


def spectral_start(hidden: int, radius: float, generator: torch.Generator) -> Float[Tensor, "H H"]:
    """A matrix of normal numbers, scaled to a given spectral radius.

    Args:
        hidden: H. radius: the largest absolute value of an eigenvalue, greater than 0.
        generator: draws the numbers.

    Returns:
        (H, H), float32.
    """
    ### BEGIN SOLUTION
    w = torch.randn(hidden, hidden, generator=generator)
    return w * (radius / torch.linalg.eigvals(w).abs().max())
    ### END SOLUTION


def orthogonal_start(hidden: int, generator: torch.Generator) -> Float[Tensor, "H H"]:
    """A random orthogonal matrix.

    Args:
        hidden: H.
        generator: draws the numbers.

    Returns:
        (H, H), float32, with W^T W = I.

    Source: Saxe, McClelland and Ganguli (2014), section 3.
    """
    ### BEGIN SOLUTION
    q, r = torch.linalg.qr(torch.randn(hidden, hidden, generator=generator))
    return q * r.diagonal().sign()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "gradient_flow", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check("gradient_flow")

# %% [markdown]
# <a id="hints-gradient_flow"></a>
# <details><summary>Hint 1: the order of the product</summary>
#
# From the left: begin with the identity, and multiply $D_{T-1} W_h$, then $D_{T-2} W_h$, from the *right*.
# </details>
# <details><summary>Hint 2: norm or radius</summary>
#
# `torch.linalg.matrix_norm(m, ord=2)` is the largest singular value. The default of `torch.linalg.norm` is
# another norm, the root of the sum of squares.
# </details>
# <details><summary>Hint 3: eigenvalues</summary>
#
# Those of a matrix that is not symmetric are complex: `torch.linalg.eigvals(w).abs().max()`.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_gradient_flow", "locked": true, "schema_version": 3, "solution": false, "task": false}
generator = torch.Generator().manual_seed(0)
lags = 60
_, axes = plt.subplots(1, 2, figsize=(12, 3.6), sharey=True)
for radius, colour in ((0.8, BLUE), (1.0, GREEN), (1.2, ORANGE)):
    w_h = spectral_start(64, radius, generator)
    linear = gradient_norms(torch.ones(lags, 64), w_h)
    axes[0].semilogy(linear, color=colour, label=f"radius {radius}")
    measured = (linear[50] / linear[20]) ** (1 / 30)
    h, slopes = torch.zeros(64), []
    for _ in range(lags):
        h = torch.tanh(w_h @ h + torch.randn(64, generator=generator))
        slopes.append(1 - h**2)
    curve = gradient_norms(torch.stack(slopes), w_h)
    axes[1].semilogy(curve, color=colour)
    print(f"radius {radius}: a linear step multiplies by {measured:.3f}; with tanh 50 steps leave {float(curve[50]):.1e}")
w_h = orthogonal_start(64, generator)
axes[0].semilogy(gradient_norms(torch.ones(lags, 64), w_h), color=RED, linestyle="--", label="orthogonal")
axes[0].set(xlabel="lag k", title=r"linear: $\Vert W_h^k \Vert$", ylim=(1e-20, 1e6))
axes[1].set(xlabel="lag k", title=r"tanh, with inputs of variance 1: $\Vert \partial h_{T-1} / \partial h_{T-1-k} \Vert$")
axes[0].legend()
show(
    "Norm of the derivative against the lag, logarithmic. Left, without tanh: straight lines that fall for radius 0.8, stay "
    "level for 1.0 and for the orthogonal matrix, and rise for 1.2. Right, with tanh: all three fall."
)

# %% [markdown]
# **Notice** on the left three straight lines whose slopes are the logarithms of the radii (the numbers above the
# figure), after a short beginning where the norm is larger than the radius. The orthogonal matrix neither loses nor
# gains anything. On the right the same matrices with tanh: *all* of them fall, since every step multiplies by slopes
# below 1. An orthogonal start helps, and does not cure.
#
# <details><summary>Can gradients explode in a network with tanh at all?</summary>
#
# Yes, where the slopes are near 1, that is where the states are near 0: small inputs, large weights. The loss then has
# cliffs, as the next section shows. Vanishing is the rule, and exploding the accident.
# </details>

# %% [markdown]
# ## 8. A cliff, and a rope
#
# One number is enough for a cliff. Take $h_t = \tanh(w h_{t-1} + b)$ for 50 steps and ask for a state of 0.5 at the
# end. As a function of $w$ and $b$ the loss has a plain, a wall, and a second plain (Pascanu et al., 2013, figure 6).
# A step of gradient descent from the edge of the wall is thrown far away. **Clipping by the norm** keeps the direction
# and shortens the step: with all gradients seen as *one* vector $g$,
#
# $$g \leftarrow g \cdot \min\Big(1, \frac{c}{\lVert g \rVert}\Big) .$$
#
# **Example.** Two parameters with gradients $(3, 0)$ and $4$: $\lVert g \rVert = 5$. With $c = 1$ they become
# $(0.6, 0)$ and $0.8$. Clipping each by itself would give $(1, 0)$ and $1$: another direction.

# %% [markdown]
# ### Exercise `clip_gradients`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 4 | 15 min | 0.5 s | everything else in PyTorch | `nn.utils.clip_grad*`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●○○ · **importance** ●●●
#
# **What.** Clipping by the norm of all gradients together.
#
# **Details.** Gradients are float32 or float64, of any shapes, and as large as 1e30, whose squares float32 cannot
# hold; zeros stay zeros. What is handed in is not changed. There is at least one gradient. Where nothing is clipped you
# may return the old tensors; and you may add 1e-6 to the norm, as PyTorch does: no test's gradients are so small.
#
# **Why.** It is one line in the training loop of nearly every recurrent network, and of large language models.


# %% nbgrader={"grade": false, "grade_id": "clip_gradients_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def clip_gradients(grads: list[Tensor], max_norm: float) -> tuple[list[Tensor], float]:
    """Scale gradients so that their norm, taken together, is at most max_norm.

    Args:
        grads: gradients of any shapes, all of one dtype; not changed.
        max_norm: the largest norm allowed, greater than 0.

    Returns:
        (clipped, norm): gradients of the same shapes and dtype, all scaled by the same factor where norm is above
        max_norm and equal to the old ones where it is not; and the norm before.

    Source: Pascanu, Mikolov and Bengio (2013), algorithm 1.
    """
    ### BEGIN SOLUTION
    norm = math.sqrt(sum(float(g.double().square().sum()) for g in grads))
    factor = min(1.0, max_norm / norm) if norm > 0 else 1.0
    return [g * factor for g in grads], norm
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "clip_gradients", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("clip_gradients")

# %% [markdown]
# <a id="hints-clip_gradients"></a>
# <details><summary>Hint 1: one norm for all</summary>
#
# Square, sum over *all* entries of *all* gradients, and take one root.
# </details>
# <details><summary>Hint 2: NaN</summary>
#
# $0/0$ where all gradients are zero; infinity over infinity where squares overflow. float64 holds $(10^{30})^2$.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_cliff", "locked": true, "schema_version": 3, "solution": false, "task": false}
def last_state(w, b, steps=50):
    """The state after so many steps of h = tanh(w h + b) from h = 0.5; w and b are float64 tensors of one shape."""
    h = torch.full_like(w, 0.5)
    for _ in range(steps):
        h = torch.tanh(w * h + b)
    return h


def loss_and_gradients(w, b):
    """(h - 0.5)^2 for the last state h, and its gradients in w and b."""
    w, b = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (w, b))
    loss = (last_state(w, b) - 0.5) ** 2
    return loss.item(), list(torch.autograd.grad(loss, (w, b)))


W, RATE, LONGEST = 2.0, 0.1, 0.3
low, high = -2.0, 0.2  # between them the last state goes from -1 to 1; where it is -0.5, the loss is 1
for _ in range(60):
    wall = (low + high) / 2
    below = float(last_state(*torch.tensor([W, wall], dtype=torch.float64))) < -0.5
    low, high = (wall, high) if below else (low, wall)
ws, bs = torch.meshgrid(torch.linspace(0.5, 4.0, 240).double(), torch.linspace(-1.6, 0.6, 240).double(), indexing="xy")
surface = (last_state(ws, bs) - 0.5) ** 2
across = torch.linspace(-0.8, 0.2, 2001).double()
figure = plt.figure(figsize=(12, 4))
left, right = figure.add_subplot(1, 2, 1, projection="3d"), figure.add_subplot(1, 2, 2)
left.plot_surface(ws.numpy(), bs.numpy(), surface.numpy(), cmap="Blues", linewidth=0, antialiased=False)
left.set(xlabel="w", ylabel="b", zlabel="loss", title="the loss after 50 steps of one unit")
right.plot(across, (last_state(torch.full_like(across, W), across) - 0.5) ** 2, color=BLUE)
right.set(xlabel="b", ylabel="loss", title="a cut through it at w = 2, and one step from the wall", xlim=(-0.8, 0.2))
for b, name in ((0.1, "on the plain"), (wall, "on the wall")):
    loss, grads = loss_and_gradients(W, b)
    clipped, norm = clip_gradients(grads, LONGEST)
    print(f"{name}, b = {b:.4f}: loss {loss:.3f}, gradient {norm:.2g}")
    for how, used in (("unclipped", grads), ("clipped", clipped)):
        there = W - RATE * float(used[0]), b - RATE * float(used[1])
        after, again = loss_and_gradients(*there)
        steepness = math.hypot(*map(float, again))
        print(f"    one step {how:9}: to b = {there[1]:.4g}, loss {after:.3f}, gradient there {steepness:.2g}")
        if b == wall:
            colour, end = (GREEN, (there[1], after)) if how == "clipped" else (RED, (0.2, loss))
            right.annotate("", end, (b, loss), arrowprops={"arrowstyle": "->", "color": colour, "linewidth": 2})
            right.text(b + 0.06, 0.5 * loss if how == "clipped" else 1.06 * loss, how, color=colour)
show(
    "Left: the loss over w and b, a low plain and a high one with a wall between them. Right: a cut at w = 2, low to the right "
    "of b = -0.45 and high to the left. From the middle of the wall a clipped step lands just beside it on the low plain; the "
    "unclipped one leaves the picture."
)

# %% [markdown]
# **Notice** the wall. On the plain the gradient is a tenth. Halfway up the wall it is six billion: within about a
# billionth of $b$ the loss changes from 0.12 to 2.2. One step of rate 0.1 from there ends at $b$ = 552 million, where tanh
# is 1 to the last digit, the gradient is exactly 0, and nothing leads back. The clipped step has the same direction and the
# length 0.03, and ends on the low plain. The figure also shows what clipping does *not* do: the gradient on the plain is
# below the limit and stays as small as it is.

# %% [markdown]
# ## 9. Text as streams
#
# To train in batches, cut the text into $B$ **streams** of equal length $L$ and read them side by side, a window of $W$
# characters at a time. Row $n$ of the second batch goes on where row $n$ of the first one stopped. That is what lets
# the state be carried. With the alphabet as the text, $B = 2$ and $W = 4$:
#
# | | window 1 | window 2 | window 3 |
# |---|---|---|---|
# | inputs, stream 0 | a b c d | e f g h | i j k l |
# | targets, stream 0 | b c d e | f g h i | j k l m |
# | inputs, stream 1 | m n o p | q r s t | u v w x |
# | targets, stream 1 | n o p q | r s t u | v w x y |
#
# Targets are the *next* characters of the text: the last target of a window is the first input of the next one. Of
# $M$ characters $M - 1$ have a successor, so $L = \lfloor (M-1)/B \rfloor$; of each stream
# $\lfloor L / W \rfloor$ whole windows are used, and what is left over is dropped. Here $M = 26$, $L = 12$, and three
# windows of four use all of it.

# %% [markdown]
# ### Exercise `char_batches`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 8 | 25 min | 0.5 s | everything in Python and PyTorch |
#
# **Difficulty** ●●○ · **importance** ●●○
#
# **What.** From characters to numbers and back, and the windows.
#
# **Details.** The vocabulary is sorted, as `sorted` does it, so that it is the same in every run. A character that is not in it is a
# `ValueError` whose message shows it. Inputs and targets are int64.
#
# **Why.** Windows that are cut wrong train all the same, a little worse, and nobody looks.


# %% nbgrader={"grade": false, "grade_id": "char_batches_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def build_vocabulary(text: str) -> list[str]:
    """The different characters of a text, sorted."""
    ### BEGIN SOLUTION
    return sorted(set(text))
    ### END SOLUTION


def encode(text: str, vocabulary: list[str]) -> Int[Tensor, "M"]:
    """A text as numbers, the places of its characters in the vocabulary: (M,), int64.

    Raises:
        ValueError: a character is not in the vocabulary.
    """
    ### BEGIN SOLUTION
    place = {character: i for i, character in enumerate(vocabulary)}
    unknown = sorted(set(text) - set(vocabulary))
    if unknown:
        raise ValueError(f"the vocabulary has no {unknown[0]!r}")
    return torch.tensor([place[character] for character in text], dtype=torch.int64)
    ### END SOLUTION


def decode(ids: Int[Tensor, "M"], vocabulary: list[str]) -> str:
    """The text that the numbers stand for."""
    ### BEGIN SOLUTION
    return "".join(vocabulary[i] for i in ids.tolist())
    ### END SOLUTION


def stream_windows(
    ids: Int[Tensor, "M"], batch_size: int, window: int
) -> list[tuple[Int[Tensor, "B W"], Int[Tensor, "B W"]]]:
    """A text cut into streams that are read side by side.

    Args:
        ids: the text, (M,), int64.
        batch_size: B, the number of streams. Stream n begins at character n L, with L = (M - 1) // B.
        window: W, the characters of each stream in one batch.

    Returns:
        L // W pairs (inputs, targets), each (B, W), int64; targets are the characters after the inputs.

    Source: Sutskever (2013), section 2.8.6.
    """
    ### BEGIN SOLUTION
    length = (len(ids) - 1) // batch_size
    used = length // window * window
    starts = torch.arange(batch_size)[:, None] * length + torch.arange(used)
    inputs, targets = ids[starts], ids[starts + 1]
    return list(zip(inputs.split(window, dim=1), targets.split(window, dim=1), strict=True)) if used else []
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "char_batches", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check("char_batches")

# %% [markdown]
# <a id="hints-char_batches"></a>
# <details><summary>Hint 1: the last target of a window</summary>
#
# It is the first input of the next window, not the first input of its own: nothing is rotated.
# </details>
# <details><summary>Hint 2: streams</summary>
#
# `ids[: B * L].view(B, L)` has one stream a row. `view(L, B)` would put neighbours into different streams.
# </details>
# <details><summary>Hint 3: one character too few</summary>
#
# Targets of the last stream need one character more: that is the 1 in $M - 1$.
# </details>

# %% [markdown]
# ### Find the bug
#
# The loop below trains, its loss falls, and it is wrong. It was written by someone who had read that batches should
# come in random order. Run it, compare the two numbers, and find out what the network cannot have learned. Then open
# the fold.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_bug", "locked": true, "schema_version": 3, "solution": false, "task": false}
def evaluate(model, ids, batch_size=10, window=64):
    """Perplexity of a text, its streams read side by side with carried state."""
    length = (len(ids) - 1) // batch_size // window * window
    state, total = None, 0.0
    with torch.no_grad():
        for start in range(0, length, window):
            rows = torch.arange(batch_size)[:, None] * ((len(ids) - 1) // batch_size) + torch.arange(start, start + window)
            logits, state = model(ids[rows], state)
            total += float(F.cross_entropy(logits.flatten(0, 1), ids[rows + 1].flatten(), reduction="sum"))
    return math.exp(total / (batch_size * length))


def suspicious(windows, epochs, seed, order=torch.randperm):
    """Train with carried state. Something is wrong."""
    torch.manual_seed(seed)
    model = char_rnn(V, 64)
    optimizer = torch.optim.Adam(model.parameters(), lr=8e-3)
    for _ in range(epochs):
        state = None
        for i in order(len(windows)).tolist():
            inputs, targets = windows[i]
            optimizer.zero_grad()
            scores, state = model(inputs, None if state is None else state.detach())
            F.cross_entropy(scores.transpose(1, 2), targets).backward()
            optimizer.step()
    return model


def fresh_state(model, ids):
    """Perplexity where every eight characters begin with a state of zeros."""
    with torch.no_grad():
        logits, _ = model(ids[:-1].view(-1, 8), None)
    return math.exp(float(F.cross_entropy(logits.flatten(0, 1), ids[1:])))


pieces, held_out = stream_windows(train_ids[:80_000], 32, 8), validation_ids[:20_001]
for seed in range(3):
    judged = suspicious(pieces, 2, seed)
    print(
        f"seed {seed}: perplexity {evaluate(judged, held_out, window=8):.2f} with the state carried, "
        f"{fresh_state(judged, held_out):.2f} with a fresh one for every eight characters"
    )

# %% [markdown]
# <details><summary>What is wrong, and how to see it</summary>
#
# The windows are shuffled, and the state is carried all the same: into every window comes the state of a *random* other
# place. The network learns to distrust what it is handed. The probe is the next cell: the same loop in the order of time.
# Either keep the order and carry, or shuffle and begin with zeros.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_bug_mended", "locked": true, "schema_version": 3, "solution": false, "task": false}
for seed in range(3):
    judged = suspicious(pieces, 2, seed, order=torch.arange)
    print(
        f"in order, seed {seed}: perplexity {evaluate(judged, held_out, window=8):.2f} with the state carried, "
        f"{fresh_state(judged, held_out):.2f} with a fresh one for every eight characters"
    )

# %% [markdown]
# **Notice** that with the right order the network is better where the state is carried (6.1 to 6.3, against 6.3 to 6.5) and
# *worse* where it is not (8.1 to 8.3, against 7.3 to 7.7). It relies on its state: reading on gains it 2.0, and the network
# of the shuffled windows, which could not trust what it was handed, half of that.

# %% [markdown]
# ## 10. The training loop
#
# All is in place. One **epoch** goes through the windows in the order of time:
#
# 1. scores and new state from the inputs and the state of the window before, cut from its graph; zeros (`None`) before
#    the first window of *every* epoch,
# 2. the mean cross-entropy of the targets,
# 3. clear the gradients, compute new ones, clip their norm to `max_norm`, and step with Adam at the rate `lr`.
#
# The order in 3 matters: clipping after the step changes nothing.

# %% [markdown]
# ### Exercise `train_char_rnn`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 12 | 30 min | 1.5 s | everything in PyTorch, `torch.optim` and `nn.utils` too |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** The training loop of a character model.
#
# **Details.** Plain Adam, a constant rate, all windows in every epoch, in their order; each epoch begins with the state
# None, or with zeros. Call the network, `model(...)`,
# never its `forward`; it trains in training mode. The weights that count are those after the last step. It is graded by
# the perplexity of text that your process has never seen, in an alphabet that the grader has permuted: at most 0.7 of a
# bigram model's. Its steps are graded too.
#
# **Why.** Carried state and cut gradients in one loop: that is what the last five sections were for. It is independent
# of your other exercises.


# %% nbgrader={"grade": false, "grade_id": "train_char_rnn_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train_char_rnn(
    model: nn.Module,
    windows: list[tuple[Int[Tensor, "B W"], Int[Tensor, "B W"]]],
    epochs: int = 1,
    lr: float = 8e-3,
    max_norm: float = 1.0,
) -> list[float]:
    """Train a character model in place by Adam, with state carried from window to window and gradients cut between them.

    Args:
        model: model(ids (B, W), state (B, H) or None) gives (logits (B, W, V), state (B, H)).
        windows: (inputs, targets) in the order of time; row n of each goes on where row n of the one before stopped.
        epochs: passes over all windows; each begins with the state None.
        lr: learning rate.
        max_norm: the gradients' norm, all parameters together, is clipped to it before each step.

    Returns:
        The mean loss of each epoch's windows, `epochs` numbers.

    Source: Mikolov et al. (2010); Pascanu, Mikolov and Bengio (2013).
    """
    ### BEGIN SOLUTION
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    model.train()
    losses = []
    for _ in range(epochs):
        state, total = None, 0.0
        for inputs, targets in windows:
            logits, state = model(inputs, state)
            loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), max_norm)
            optimizer.step()
            state = state.detach()
            total += loss.item()
        losses.append(total / len(windows))
    return losses
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "train_char_rnn", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
check("train_char_rnn")

# %% [markdown]
# <a id="hints-train_char_rnn"></a>
# <details><summary>Hint 1: cross-entropy and shapes</summary>
#
# `F.cross_entropy` wants (examples, classes): `logits.flatten(0, 1)` and `targets.flatten()`.
# </details>
# <details><summary>Hint 2: "backward through the graph a second time"</summary>
#
# Detach the state between two windows.
# </details>
# <details><summary>Hint 3: a loss that does not fall below the bigram's</summary>
#
# Is the state handed to the model at all? Is it the state of the *same* streams, in the order of time? Are the gradients
# cleared, and is the optimiser made once?
# </details>

# %% [markdown]
# ### The real run
#
# Two passes over the text, about fifteen seconds. Type in first what perplexity you expect on the validation text; the
# bigram has 11.6.

# %%
my_perplexity = None

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_train", "locked": true, "schema_version": 3, "solution": false, "task": false}
torch.manual_seed(0)
windows = stream_windows(train_ids, 32, 64)
model = char_rnn(V)
history, start = [], time.perf_counter()


def show_progress(module, args, output):
    """Writes how far the training is; a hook of the network's."""
    if module.training:
        history.append(len(history))
        if len(history) % 18 == 0:
            sys.stdout.write(f"\r{len(history)} of {2 * len(windows)} windows, {time.perf_counter() - start:.0f} s ")
            sys.stdout.flush()


hook = model.register_forward_hook(show_progress)
losses = train_char_rnn(model, windows, epochs=2)
hook.remove()
model.eval()
recurrent = evaluate(model, validation_ids)
print(f"\nyour guess: {my_perplexity}")
print(f"bigram {bigram:.2f}, recurrent network {recurrent:.2f}, on the validation text")

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_memory", "locked": true, "schema_version": 3, "solution": false, "task": false}
reach = []
with torch.no_grad():
    piece = validation_ids[: 40 * 1000 + 1]
    inputs, targets = piece[:-1].view(-1, 40), piece[1:].view(-1, 40)
    logits, _ = model(inputs, None)
    each = F.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
reach = each.mean(0).exp()
_, ax = plt.subplots(figsize=(8, 3))
ax.plot(range(1, 41), reach, color=BLUE, label="recurrent network, state begun at zero")
ax.axhline(bigram, color=ORANGE, linestyle="--", label="bigram")
ax.axhline(recurrent, color=GREEN, linestyle=":", label="recurrent network, state carried from the beginning")
ax.set(xlabel="characters read since the beginning", ylabel="perplexity of the next", ylim=(0, 20))
ax.legend()
show(
    "Perplexity of the next character against the number of characters read: from about 35 it falls below the bigram's dashed "
    "line after two characters and reaches the level of the carried state after about six."
)
print("perplexity after 1, 2, 5, 10 and 40 characters:", [round(float(reach[k - 1]), 1) for k in (1, 2, 5, 10, 40)])

# %% [markdown]
# **Notice** where the gain comes from. One character after a state of zeros the network is *worse* than the bigram (35
# against 11.6): in training it met that state only at the beginning of an epoch, and never learned what to do with it. The
# second character mends that (11.5). After five characters the doubt is below half of the bigram's (5.2), after ten it is
# 4.5, and then nothing more comes (4.6 after forty, which is no difference). The network has learned spelling and words,
# and hardly lines or paragraphs: after section 7 that is what one expects of it.
#
# <details><summary>Is the carried state worth its trouble, if the gain ends after ten characters?</summary>
#
# In a window of 64 that begins with zeros the first ten characters, a sixth of all, are predicted from too little. With
# windows of eight, nothing but carried state lets the network see more than eight characters. And rules of longer reach, such as
# closing a quotation, are there to be learned by better cells: see chapter 8.
# </details>

# %% [markdown]
# ### A look inside
#
# Each of the 128 numbers of the state can be drawn as a colour behind the text. Most mean nothing that a person could
# name. We look for the unit that follows best how many letters have been read since the last blank.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_unit", "locked": true, "schema_version": 3, "solution": false, "task": false}
passage = manual.validation[12_000:40_000]
letters, read = [], 0
for character in passage:
    read = 0 if character.isspace() else read + 1
    letters.append(read)
place_in_word = (1 + torch.tensor(letters)).log()
with torch.no_grad():
    states = model.recurrent(model.embedding(numbers(passage)[None]))[0][0]
standard = (states - states.mean(0)) / states.std(0), (place_in_word - place_in_word.mean()) / place_in_word.std()
correlation = (standard[0] * standard[1][:, None]).mean(0)
unit, first = int(correlation.abs().argmax()), 500
values = states[:, unit]
_, ax = plt.subplots(figsize=(13, 3.4))
column, row = 0, 0
for place in range(first, first + 700):
    character = passage[place]
    if character == "\n" or column == 100:
        column, row = 0, row + 1
        if row == 9:
            break
    if character != "\n":
        ax.add_patch(plt.Rectangle((column, -row), 1, 0.95, color=plt.cm.RdBu_r(float(values[place]) / 2 + 0.5), alpha=0.55, linewidth=0))
        ax.text(column + 0.5, -row + 0.45, character, ha="center", va="center", fontsize=7, family="monospace")
        column += 1
ax.set(xlim=(0, 80), ylim=(-8.2, 1.2), title=f"unit {unit}: red is +1, blue is -1")
ax.axis("off")
show(
    f"Lines of the manual, each character on a background of a colour: red where unit {unit} is near 1, blue where it is near "
    "minus 1. At every blank it has the one colour, and inside a word it goes over to the other."
)
ordered = correlation.abs().sort(descending=True).values.tolist()
print(f"unit {unit}: correlation {float(correlation[unit]):.2f} with the logarithm of the letters read (the next units: {ordered[1]:.2f}, {ordered[2]:.2f})")
print("its mean after a blank and 1 to 6 letters:", [round(float(values[torch.tensor(letters) == k].mean()), 2) for k in range(7)])

# %% [markdown]
# **Notice** that the unit begins nearly every word in blue and ends the longer ones in red: after a blank it is at -0.9 on
# average, after six letters at +0.9. Nobody told the network to count, and it does not count well: short words such as
# "the" end in either colour. Two other units follow the length of the word nearly as well (correlations of 0.65 and 0.62
# against 0.69). A state is used by all its units together, and a unit with a name is the exception.

# %% [markdown]
# ## 11. Writing
#
# The network gives scores for the next character. To write, draw one from $\mathrm{softmax}(z / \tau)$, feed it back
# together with the state, and go on. The **temperature** $\tau$ sharpens ($\tau < 1$) or flattens ($\tau > 1$) the
# distribution. $\tau \to 0$ always takes the likeliest, and so it is defined for $\tau = 0$.
#
# **Example.** Scores $(0, \log 3)$ are probabilities $(\frac14, \frac34)$. At $\tau = 0.5$ the scores double and become
# $(0, \log 9)$: $(\frac1{10}, \frac9{10})$. At $\tau = 2$: $(0, \log\sqrt3)$, that is $(0.366, 0.634)$.

# %% [markdown]
# ### Exercise `sample`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 6 | 20 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●○○ · **importance** ●●○
#
# **What.** Text from a model, after a given beginning.
#
# **Details.** The state is carried through the beginning and from each new character to the next; the state that the
# model is given first is None. It is shown the prompt and every new character; the last one may be left out. Draws come
# from the generator alone, and at temperature 0 none is made. No graph is recorded.
#
# **Why.** It is how language models write: one draw after another.


# %% nbgrader={"grade": false, "grade_id": "sample_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sample(
    model: Callable[[Tensor, Tensor | None], tuple[Tensor, Tensor]],
    prompt: Int[Tensor, "P"],
    length: int,
    temperature: float,
    generator: torch.Generator,
) -> Int[Tensor, "P+L"]:
    """Continue a text, one character at a time.

    Args:
        model: model(ids (1, T), state or None) gives (logits (1, T, V), state).
        prompt: the beginning, (P,), int64, at least one character.
        length: how many characters to add, 0 or more.
        temperature: 0 takes the likeliest character each time; otherwise logits are divided by it.
        generator: draws the characters.

    Returns:
        The prompt and what was added, (P + length,), int64.

    Source: Sutskever, Martens and Hinton (2011), section 4; Graves (2013), section 2.
    """
    ### BEGIN SOLUTION
    ids, state, new = prompt.tolist(), None, prompt
    with torch.no_grad():
        for _ in range(length):
            logits, state = model(new[None], state)
            scores = logits[0, -1]
            if temperature == 0:
                new = scores.argmax()[None]
            else:
                new = torch.multinomial((scores / temperature).softmax(0), 1, generator=generator)
            ids.append(int(new))
    return torch.tensor(ids, dtype=torch.int64)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "sample", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("sample")

# %% [markdown]
# <a id="hints-sample"></a>
# <details><summary>Hint 1: the state</summary>
#
# The prompt is read once, whole. After that the model sees one character at a time and the state of the call before.
# </details>
# <details><summary>Hint 2: temperature</summary>
#
# Divide the scores, *then* take the softmax. Do not write into the scores.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_sample", "locked": true, "schema_version": 3, "solution": false, "task": false}
generator = torch.Generator().manual_seed(1)
for temperature in (0.0, 0.5, 1.0, 1.5):
    text = sample(model, numbers("The "), 220, temperature, generator)
    print(f"--- temperature {temperature}\n" + "".join(vocabulary[i] for i in text.tolist()) + "\n")

# %% [markdown]
# **Notice** the three ways to fail. At 0 the text runs in a circle: a loop of the likeliest. At 0.5 it is dull and well
# spelled. At 1 it has the statistics of the manual, words that nearly exist among them. At 1.5 it falls apart: many
# unlikely characters together have much probability.

# %% [markdown]
# ## 12. A time series, honestly
#
# A recurrent network can forecast a series of numbers too. Before anyone believes it, four things have to be right:
#
# 1. **Windows without leakage.** What is known at time $t$ is $y_0 \dots y_t$. Scaling by the mean of the *whole* series,
#    or smoothing with what comes later, tells the model about the future.
# 2. **A split in time.** Random windows of one series overlap, and the test is then half known.
# 3. **Persistence**: the forecast "as last year". A curve that follows the truth one step late *looks* good.
# 4. **A simple fitted model**, such as AR(2): $\hat y_{t+1} = c + a_1 y_t + a_2 y_{t-1}$ by least squares.
#
# **Example.** From $(1, 2, 4, 7, 11)$ with a width of 2 come the windows $(1, 2) \to 4$, $(2, 4) \to 7$,
# $(4, 7) \to 11$: three of them.

# %% [markdown]
# **One step and free run.** A one-step forecast for the year 1990 knows the true values up to 1989. A **free run** knows
# nothing after its start: each forecast becomes an input of the next.

# %% [markdown]
# ### Exercise `forecast`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 8 | 30 min | 0.6 s | everything in PyTorch |
#
# **Difficulty** ●●○ · **importance** ●●○
#
# **What.** Windows, AR by least squares, one-step forecasts and a free run.
#
# **Details.** All in the dtype of the series. No forecast may depend on a value that comes later: the tests change the
# future and look. `predict` maps a batch of windows (M, width) to forecasts (M,), and is called with windows in the
# order of time, oldest value first.
#
# **Why.** A forecast with leakage looks better than an honest one, until it is used.


# %% nbgrader={"grade": false, "grade_id": "forecast_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def make_windows(series: Float[Tensor, "T"], width: int) -> tuple[Float[Tensor, "M W"], Float[Tensor, "M"]]:
    """Every `width` neighbouring values, and the value after them.

    Args:
        series: (T,), in the order of time.
        width: W, values in a window, 1 ... T - 1.

    Returns:
        (windows, targets): (T - W, W), oldest value first, and (T - W,).
    """
    ### BEGIN SOLUTION
    return series[:-1].unfold(0, width, 1).clone(), series[width:].clone()
    ### END SOLUTION


def fit_ar(series: Float[Tensor, "T"], order: int) -> Float[Tensor, "P+1"]:
    """Least-squares coefficients of an autoregression with a constant.

    Args:
        series: (T,), what may be known.
        order: P, how many past values are used, at least 1.

    Returns:
        (c, a_1, ..., a_P), (P + 1,): the forecast is c + a_1 y_t + a_2 y_{t-1} + ... + a_P y_{t-P+1}.

    Source: Yule (1927); Hyndman and Athanasopoulos, Forecasting: Principles and Practice, section 9.3.
    """
    ### BEGIN SOLUTION
    windows, targets = make_windows(series, order)
    design = torch.cat([torch.ones_like(windows[:, :1]), windows.flip(1)], dim=1)
    return torch.linalg.lstsq(design, targets[:, None], driver="gelsd").solution[:, 0]
    ### END SOLUTION


def one_step_forecasts(
    predict: Callable[[Tensor], Tensor], series: Float[Tensor, "T"], width: int, start: int
) -> Float[Tensor, "M"]:
    """Forecasts of series[start], series[start + 1], ..., each from the `width` true values before it.

    Args:
        predict: maps windows (M, width) to forecasts (M,).
        series: (T,). width: values in a window. start: the first place to forecast, at least `width`.

    Returns:
        (T - start,) forecasts.
    """
    ### BEGIN SOLUTION
    return predict(make_windows(series[start - width :], width)[0])
    ### END SOLUTION


def free_run(
    predict: Callable[[Tensor], Tensor], history: Float[Tensor, "T"], width: int, steps: int
) -> Float[Tensor, "S"]:
    """Forecasts of the next `steps` values, each made from the forecasts before it where the history has ended.

    Args:
        predict: maps windows (1, width) to forecasts (1,).
        history: (T,), what is known, T >= width. width: values in a window. steps: how many to forecast, at least 1.

    Returns:
        (steps,) forecasts.
    """
    ### BEGIN SOLUTION
    known = list(history[-width:])
    for _ in range(steps):
        known.append(predict(torch.stack(known[-width:])[None])[0])
    return torch.stack(known[width:])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "forecast", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check("forecast")

# %% [markdown]
# <a id="hints-forecast"></a>
# <details><summary>Hint 1: how many windows</summary>
#
# $T - W$: the last window ends one place before the last value, which is its target.
# </details>
# <details><summary>Hint 2: the order of the coefficients</summary>
#
# $a_1$ belongs to the *newest* value of a window, which stands last in it.
# </details>
# <details><summary>Hint 3: a free run that knows too much</summary>
#
# After the first forecast, the windows hold forecasts. `history` alone is what you may read.
# </details>

# %% [markdown]
# ### Sunspots
#
# The number of spots on the sun, a value a year since 1700, goes up and down in about eleven years. A small recurrent
# network is given, with its training; it reads the last years and forecasts the next one. Fitted on 1700 to 1949; the
# years 1950 to 2008 are looked at once. The number of steps was chosen on 1930 to 1949 with a network fitted until 1929.

# %% nbgrader={"grade": false, "grade_id": "given_series_rnn", "locked": true, "schema_version": 3, "solution": false, "task": false}
class SeriesRNN(nn.Module):
    """Forecasts the next value of each window (M, W) of a standardised series: (M,)."""

    def __init__(self, hidden: int = 24) -> None:
        super().__init__()
        self.recurrent = nn.RNN(1, hidden, batch_first=True)
        self.readout = nn.Linear(hidden, 1)

    def forward(self, windows: Float[Tensor, "M W"]) -> Float[Tensor, "M"]:
        return self.readout(self.recurrent(windows[:, :, None])[1][0])[:, 0]


def fit_series(windows: Float[Tensor, "M W"], targets: Float[Tensor, "M"], seed: int, steps: int = 200) -> nn.Module:
    """A network fitted to windows and the values after them, by Adam on the mean squared error."""
    torch.manual_seed(seed)
    model = SeriesRNN()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(steps):
        loss = F.mse_loss(model(windows), targets)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return model


# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_sunspots", "locked": true, "schema_version": 3, "solution": false, "task": false}
years, spots = load_sunspots()
WIDTH, split = 20, int((years < 1950).sum())


def network_forecaster(known, seed):
    """A network fitted to the values known, taking and giving numbers of spots."""
    mean, deviation = known.mean(), known.std()
    fitted = fit_series(*make_windows((known - mean) / deviation, WIDTH), seed)

    def predict(windows):
        with torch.no_grad():
            return fitted((windows - mean) / deviation) * deviation + mean

    return predict


def ar_forecaster(known, order):
    """An autoregression, fitted to the values known."""
    c, *weights = fit_ar(known, order)
    return lambda windows: c + windows[:, -order:].flip(1) @ torch.stack(weights)


truth = spots[split:]
networks = [network_forecaster(spots[:split], seed) for seed in range(3)]
models = {"persistence": lambda windows: windows[:, -1]}
models |= {f"AR({order})": ar_forecaster(spots[:split], order) for order in (2, 9)}
models |= {f"network, seed {seed}": network for seed, network in enumerate(networks)}
_, axes = plt.subplots(2, 1, figsize=(12, 5.6), sharex=True)
colours = {"persistence": GREY, "AR(2)": ORANGE, "AR(9)": RED, "network, seed 0": BLUE}
for name, predict in models.items():
    one_step = one_step_forecasts(predict, spots, WIDTH, split)
    run = free_run(predict, spots[:split], WIDTH, len(truth))
    errors = [float((forecast - truth).square().mean().sqrt()) for forecast in (one_step, run)]
    print(f"{name:16} root mean squared error: one step {errors[0]:5.1f}, free run {errors[1]:5.1f}")
    if name in colours:
        axes[0].plot(years[split:], one_step, color=colours[name], label=name)
        axes[1].plot(years[split:], run, color=colours[name])
for ax, title in zip(axes, ("one step: the true values up to the year before are known", "free run from 1950"), strict=True):
    ax.plot(years[split:], truth, color="black", linewidth=1, marker=".", label="truth")
    ax.set(ylabel="sunspots", title=title, ylim=(-40, 220))
axes[0].legend(loc="upper right", ncols=5)
show(
    "Sunspots from 1950 to 2008 and forecasts of them. Above, one year ahead: persistence repeats the truth a year late, AR(2) "
    "and the network lie closer. Below, run freely from 1950: AR(2) fades to a level line, the network goes on in waves."
)

# %% [markdown]
# **Notice** several things. Persistence, the grey curve, follows the truth one year late and has nearly twice the error of the
# network (33 against 18 to 19). The network beats AR(2), which looks at two years (22). But AR(9), nine numbers fitted by
# least squares, does as well as the network (18.7): had we compared with persistence alone, we would have praised the
# network for what a line of algebra does. And in the free run below AR(2) has faded to the mean after two cycles, AR(9) keeps
# the length of the cycle and loses its height, and the network goes on in waves of about the right length and of one
# height. How strong the next maximum will be, none of them knows.
#
# <details><summary>The forecasts of persistence look good in the upper figure. How does one see that they are not?</summary>
#
# Shift the black curve one year to the right and it is the grey one, exactly. A forecast has to be compared by its error
# with that of the shifted truth, never by eye.
# </details>

# %% [markdown]
# ## 13. Once, the test
#
# All choices are made. Now the last tenth of the manual, which nothing has seen.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_test", "locked": true, "schema_version": 3, "solution": false, "task": false}
print(f"on the test text: bigram {bigram_perplexity(bigram_log_probs(counts, smoothing), test_ids):.2f}, recurrent network {evaluate(model, test_ids):.2f}")

# %% [markdown]
# **Notice** that the counts find these pages easier than those of the validation text (10.3 against 11.6) and the network
# does not (4.9 against 4.8), so that their ratio is 0.48 and was 0.42. Other pages are one reason. Another is that rate and
# width of the network were chosen where it then did best: a number that was used for choices is a little too good. That is
# what a test set is for.

# %% [markdown]
# ## 14. Explore
#
# Not graded. Guess first, then run.
#
# ### Guess. Reading backwards
#
# Turn the whole text round, last character first, and train the same network on it. English read from right to left: is
# it much harder to predict, a little, or not at all?

# %%
my_ratio = None  # perplexity backwards over forwards

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_backwards", "locked": true, "schema_version": 3, "solution": false, "task": false}
def quick(ids, held_out, seed):
    """Perplexity of a small network after one pass over 120,000 characters."""
    torch.manual_seed(seed)
    small = char_rnn(V, 64)
    train_char_rnn(small, stream_windows(ids[:120_000], 32, 32), epochs=1)
    return evaluate(small.eval(), held_out, window=32)


forwards = [quick(train_ids, validation_ids, seed) for seed in range(3)]
backwards = [quick(train_ids[:120_000].flip(0), validation_ids.flip(0), seed) for seed in range(3)]
print("forwards ", [round(p, 2) for p in forwards], f"median {median_of(forwards):.2f}")
print("backwards", [round(p, 2) for p in backwards], f"median {median_of(backwards):.2f}")
print(f"ratio {median_of(backwards) / median_of(forwards):.3f}; your guess: {my_ratio}")

# %% [markdown]
# **Notice** how little harder it is: over nine seeds, of which three are above, 8.3 to 8.9 forwards and 8.5 to 9.1
# backwards. For the best possible model there is no difference, and that is a theorem: the probability of a whole text is
# the same whether it is multiplied up from the left or from the right, so its entropy is the same too. A network that is
# trained need not come equally near to it in both directions. Large language models too were found to be better forwards
# by a little (V. Papadopoulos, J. Wenger and C. Hongler, 2024, *Arrows of time for large language models*).
#
# <details><summary>Would the same hold for a network that predicts words, or for sunspots?</summary>
#
# For the best model always. A trained network need not find both directions equally easy: the sun's activity rises faster
# than it falls, and a cause stands before its effect. Try it: `spots.flip(0)`.
# </details>
#
# More to try: an orthogonal start for `model.recurrent.weight_hh_l0`; windows of 8 with and without carried state; the
# training with `max_norm=1e9` and a rate of 0.03; a text file of your own, `load_text("path")`, in the place of the manual.

# %% [markdown]
# ## 15. Written questions
#
# Answer in your own words, in about 150 words each. A figure or a number from this notebook is worth more than a
# quotation.

# %% [markdown]
# ### Question 1: as last year (5 points)
#
# A colleague shows a forecast of tomorrow's temperature made by a recurrent network. The curve lies on the measured one,
# and the error is 2.1 degrees. The windows were scaled by the mean of all ten years, and the test days were drawn at
# random.
#
# 1. Name the two mistakes in the procedure, and say for each which way the error is wrong. (2 points)
# 2. Which two numbers do you ask for before you believe in the network, and why does the picture not help? (2 points)
# 3. What does a free run show that one-step errors do not? Use your figure of section 12. (1 point)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written_persistence", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Model answer.** The mean of all ten years holds the future: a forecast made on day $t$ uses values after $t$. Days drawn
# at random share nearly all of their windows with training days, so the test is half known. Both make the reported error
# too small.
#
# Ask for the error of persistence ("as today") and of a simple fitted model, such as AR(2) or the mean of that day in other
# years, on the same test days. Temperatures of neighbouring days differ by about two degrees, so 2.1 may be no better than
# persistence. The picture cannot tell: persistence is the true curve shifted by one day, and lies on it too.
#
# One-step forecasts are pulled back to the truth every year. In the free run nothing pulls: it shows whether the model has
# learned the period and the height of the cycle, or fades to the mean, as AR(2) does in section 12.
#
# **Marks.**
# - Part 1: 1 for each mistake with its direction. Without the direction: half.
# - Part 2: 1 for persistence and one fitted baseline; 1 for "the shifted truth also lies on the curve".
# - Part 3: 1 for what the free run shows, with what was seen in the figure.
# ### END SOLUTION

# %% [markdown]
# ### Question 2: why clipping does not cure vanishing (5 points)
#
# 1. Write the derivative of $h_{t+k}$ in $h_t$ as a product, and say of which two kinds of factors it is made. Which of them
#    can only make it smaller? (2 points)
# 2. Someone clips gradients to norm 1 and concludes that the network can now learn dependencies over 100 steps. What does
#    clipping change in the sum over all lags, and why does it not help the far ones? (2 points)
# 3. Name one measure that does help, and what it does to the factors. (1 point)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written_clipping", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Model answer.** $\partial h_{t+k}/\partial h_t = \prod_s D_s W_h$ with $D_s = \mathrm{diag}(1 - h_s^2)$. The factors $W_h$ grow
# or shrink with the spectral radius; the factors $D_s$ have entries in $(0, 1]$ and can only make it smaller.
#
# The gradient of a weight is a sum over all lags, and the near ones have the large terms: after fifty steps the figure of
# section 7 leaves a tiny share even at radius 1.2. Clipping multiplies the *whole* sum by one number at most 1. The ratio of
# a far term to a near one stays what it was, so the far ones remain invisible; and a small gradient is not clipped at all.
# It is a cure for steps that are too long, not for terms that are too small.
#
# Helpful: an orthogonal start ($\rho = 1$, so that the matrices neither grow nor shrink at the beginning), a state that is
# added to instead of multiplied (gated cells, chapter 8), or short paths through time (attention, chapter 9).
#
# **Marks.**
# - Part 1: 1 for the product; 1 for "the slopes of tanh are at most 1".
# - Part 2: 1 for "one factor for the whole sum, ratios unchanged"; 1 for "the far terms are small beside the near ones".
#   "Clipping is only for exploding gradients" without a reason: 1 of 2.
# - Part 3: 1 for a measure with its effect on the factors.
# ### END SOLUTION

# %% [markdown]
# ## What you have read about
#
# - J. Elman (1990), *Finding structure in time*; P. Werbos (1990), *Backpropagation through time: what it does and how to do
#   it*; R. Williams and J. Peng (1990), *An efficient gradient-based algorithm for on-line training of recurrent network
#   trajectories*.
# - R. Pascanu, T. Mikolov and Y. Bengio (2013), *On the difficulty of training recurrent neural networks*; A. Saxe,
#   J. McClelland and S. Ganguli (2014), *Exact solutions to the nonlinear dynamics of learning in deep linear neural
#   networks*.
# - T. Mikolov et al. (2010), *Recurrent neural network based language model*; I. Sutskever, J. Martens and G. Hinton (2011),
#   *Generating text with recurrent neural networks*; I. Sutskever (2013), *Training recurrent neural networks*; A. Graves
#   (2013), *Generating sequences with recurrent neural networks*.
# - D. Jurafsky and J. Martin, *Speech and Language Processing*; I. Goodfellow, Y. Bengio and A. Courville (2016), *Deep
#   Learning*, chapter 10; R. Hyndman and G. Athanasopoulos, *Forecasting: Principles and Practice*; U. Yule (1927), *On a
#   method of investigating periodicities in disturbed series*.
