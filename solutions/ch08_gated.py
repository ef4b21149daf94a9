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
# # Chapter 8. Gated networks and sequence to sequence
#
# You can recite a telephone number half a minute after you heard it, if nobody talks to you meanwhile. You kept it because you
# *decided* to: it went in, it was held, it came out when it was asked for. The network of chapter 7 decides nothing. Every step
# stirs its whole state, and after fifty steps little is left. Here three small sluices, the **gates**, learn when to let something
# in, when to hold it and when to let it out. With them you train networks that remember, translate numbers into words, and search
# for the best sentence instead of the likeliest next word.
#
# | | exercise | points | minutes |
# |---|---|---|---|
# | 1 | `lstm_cell`: gates, and a state that is added to | 10 | 30 |
# | 2 | `gru_cell`: the same with two gates | 8 | 20 |
# | 3 | `cell_gradient`: the constant error carousel | 6 | 30 |
# | 4 | `recurrent_layer`: lengths, forwards and backwards | 6 | 25 |
# | 5 | `stacked`: layers and directions | 6 | 30 |
# | 6 | `find_the_leak`: a model that reads the answer | 6 | 25 |
# | 7 | `train_long_memory`: adding and copying | 10 | 30 |
# | 8 | `encoder_decoder`: teacher forcing | 11 | 30 |
# | 9 | `greedy`: the likeliest next word | 4 | 15 |
# | 10 | `expand`: one step of a beam | 4 | 15 |
# | 11 | `beam_search`: the likeliest sentence, nearly | 8 | 30 |
# | 12 | `train_speller`: numbers in words | 6 | 25 |
# | 13 | `walk_forward`: an honest forecast of share prices | 5 | 25 |
# | 14 | two written questions | 5 + 5 | 30 |

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
# - Sequences are (N, T, D): batch, time, features. Time runs from $t = 0$ to $T - 1$; the state before the
#   first step has the index $-1$.
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

from selfcheck.plots import show
from selfcheck.prices import load_prices

torch.set_num_threads(1)  # networks this small lose more time to sharing work than they gain
# An opaque light page keeps every figure legible in a dark theme too.
plt.rcParams.update({"figure.facecolor": "white", "figure.constrained_layout.use": True, "figure.dpi": 90})
plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 10})
plt.rcParams.update({"font.size": 10, "legend.frameon": False})


def median_of(values):
    """The middle one of a few numbers."""
    return sorted(values)[len(values) // 2]


# %% [markdown]
# ## 1. A state that is added to
#
# Chapter 7 ended with a product: $\partial h_{t+k} / \partial h_t$ has $k$ factors $W_h$ and $k$ slopes of tanh, and it vanishes. Ten
# lines show the way out. Keep a second state $c$, and do not *replace* it at each step: **add** to it.
#
# $$c_t = c_{t-1} + g_t \quad\Longrightarrow\quad \frac{\partial c_{t+k}}{\partial c_t} = 1 .$$
#
# Nothing is multiplied, so nothing vanishes. But such a state only ever collects. So let each of its $H$ numbers have three sluices
# with values between 0 and 1, the **gates**, which the network computes for itself at every step:
#
# $$\begin{aligned}
# i_t &= \sigma(a^i_t) & f_t &= \sigma(a^f_t) & g_t &= \tanh(a^g_t) & o_t &= \sigma(a^o_t) \\
# c_t &= f_t \odot c_{t-1} + i_t \odot g_t & & & h_t &= o_t \odot \tanh(c_t)
# \end{aligned}$$
#
# - the **input gate** $i$ says how much of the candidate $g$ goes in;
# - the **forget gate** $f$ says how much of the old cell *stays*: 1 means keep, 0 means forget;
# - the **output gate** $o$ says how much of the cell is shown to the outside.
#
# This is the long short-term memory, LSTM (Hochreiter and Schmidhuber, 1997; with the forget gate of Gers, Schmidhuber and Cummins, 2000).

# %% [markdown]
# All four pre-activations come from one product of matrices: $(a^i, a^f, a^g, a^o) = W_x x_t + W_h h_{t-1} + b$, a vector of $4H$ numbers,
# in PyTorch's order **i, f, g, o**. Other libraries stack them in other orders, so weights cannot be copied without a look.
#
# | symbol | in code | shape | meaning |
# |---|---|---|---|
# | $x_t$ | `x` | (N, D) | input of this step |
# | $h_{t-1}$, $c_{t-1}$ | `h`, `c` | (N, H) | hidden state and cell state before the step |
# | $W_x$, $W_h$, $b$ | `w_x`, `w_h`, `b` | (4H, D), (4H, H), (4H,) | four blocks of $H$ rows: i, f, g, o |
#
# **Example.** One unit whose weights are zero, so that the biases decide: $b = (0,\ \ln 9,\ \operatorname{artanh} 0.2,\ 0)$. Then $i = 0.5$, $f = 0.9$,
# $g = 0.2$, $o = 0.5$. From $c = 1$: $c' = 0.9 \cdot 1 + 0.5 \cdot 0.2 = 1$, and $h' = 0.5 \tanh 1 = 0.381$.
#
# **A start that remembers.** With biases of 0 a forget gate begins at $\sigma(0) = 0.5$: half of the cell is lost at every step, and after
# ten steps a thousandth is left. A forget bias of 1 begins at 0.73, one of 3 at 0.95. This one number decides whether many networks
# learn at all (Jozefowicz, Zaremba and Sutskever, 2015); you will see it in section 7.

# %% [markdown]
# ### Exercise `lstm_cell`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 10 | 30 min | 0.5 s | everything else in PyTorch | `nn.RNN*`, `nn.LSTM*`, `nn.GRU*` and their functions in `torch`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** One step of an LSTM, and weights to begin with.
#
# **Details.** The blocks are in the order i, f, g, o. The step returns $h$ first, then $c$; neither the cell state nor its old value is
# squashed. Gradients reach all six arguments. The start draws every weight of both matrices by itself, uniformly between $-1/\sqrt{H}$
# and $1/\sqrt{H}$, from the generator alone, so that an equal generator gives equal weights; the bias is zero, but for the forget
# gate's block, which is `forget_bias`.
#
# **Why.** Speech recognition, translation and handwriting ran on this cell for a decade.


# %% nbgrader={"grade": false, "grade_id": "lstm_cell_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lstm_cell(
    x: Float[Tensor, "N D"],
    h: Float[Tensor, "N H"],
    c: Float[Tensor, "N H"],
    w_x: Float[Tensor, "4H D"],
    w_h: Float[Tensor, "4H H"],
    b: Float[Tensor, "4H"],
) -> tuple[Float[Tensor, "N H"], Float[Tensor, "N H"]]:
    """One step of a long short-term memory.

    Args:
        x: inputs, (N, D).
        h, c: hidden state and cell state before the step, (N, H).
        w_x, w_h, b: weights (4H, D) and (4H, H), bias (4H,); blocks of H rows in the order i, f, g, o.

    Returns:
        (h, c): hidden state and cell state after the step, (N, H).

    Source: Hochreiter and Schmidhuber (1997); Gers, Schmidhuber and Cummins (2000); torch.nn.LSTMCell.
    """
    ### BEGIN SOLUTION
    i, f, g, o = (x @ w_x.T + h @ w_h.T + b).chunk(4, dim=1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c
    ### END SOLUTION


def lstm_start(
    features: int, hidden: int, forget_bias: float, generator: torch.Generator
) -> tuple[Float[Tensor, "4H D"], Float[Tensor, "4H H"], Float[Tensor, "4H"]]:
    """Weights of an LSTM to begin with.

    Args:
        features: D. hidden: H.
        forget_bias: the bias of the forget gate.
        generator: draws the weights.

    Returns:
        (w_x, w_h, b), float32: uniform in [-1/sqrt(H), 1/sqrt(H)) the matrices, zero the bias except for the forget
        gate's block.

    Source: Jozefowicz, Zaremba and Sutskever (2015), section 2.2.
    """
    ### BEGIN SOLUTION
    bound = 1 / math.sqrt(hidden)
    w_x = (2 * torch.rand(4 * hidden, features, generator=generator) - 1) * bound
    w_h = (2 * torch.rand(4 * hidden, hidden, generator=generator) - 1) * bound
    b = torch.zeros(4 * hidden)
    b[hidden : 2 * hidden] = forget_bias
    return w_x, w_h, b
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "lstm_cell", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("lstm_cell")

# %% [markdown]
# <a id="hints-lstm_cell"></a>
# <details><summary>Hint 1: cutting the blocks</summary>
#
# The sum of the two products is (N, 4H). `chunk(4, dim=1)` cuts it into four (N, H), in the order i, f, g, o.
# </details>
# <details><summary>Hint 2: which of them is not a gate</summary>
#
# Gates are sigmoids, between 0 and 1. The candidate $g$ may be negative: it is a tanh.
# </details>
# <details><summary>Hint 3: the output</summary>
#
# $h$ is made of the *new* cell state. The tanh is for $h$ alone; $c$ is handed on without it.
# </details>

# %% [markdown]
# ### Account
#
# An LSTM layer with $D = 32$ inputs and $H = 128$ units, one bias vector. How many parameters has it, and how many times those of the plain cell
# of chapter 7? Type in both, then run.

# %%
my_parameters = None
my_ratio_to_plain = None

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_account", "locked": true, "schema_version": 3, "solution": false, "task": false}
def parameters_of(blocks, features, hidden, biases):
    """Weights and biases of a cell with so many blocks."""
    return blocks * (hidden * features + hidden * hidden + biases * hidden)


for name, blocks, biases in (("plain", 1, 1), ("GRU", 3, 2), ("LSTM", 4, 1)):
    print(f"{name:6} {parameters_of(blocks, 32, 128, biases):7,} parameters")
print(f"you said: {my_parameters} and {my_ratio_to_plain} times")


# %% [markdown]
# **Notice** that the LSTM has exactly four times as many as the plain cell (82,432 against 20,608), one for each block. When two cells are
# compared, compare them at equal numbers of parameters or of seconds, not at equal $H$.

# %% [markdown]
# ## 2. Two gates
#
# The **gated recurrent unit**, GRU (Cho et al., 2014), has no second state. One gate decides between old and new, and another one how
# much of the old state is seen while the new one is made:
#
# $$\begin{aligned}
# r_t &= \sigma(W_x^r x_t + b_x^r + W_h^r h_{t-1} + b_h^r) \\
# z_t &= \sigma(W_x^z x_t + b_x^z + W_h^z h_{t-1} + b_h^z) \\
# n_t &= \tanh\big(W_x^n x_t + b_x^n + r_t \odot (W_h^n h_{t-1} + b_h^n)\big) \\
# h_t &= (1 - z_t) \odot n_t + z_t \odot h_{t-1}
# \end{aligned}$$
#
# Two conventions are about. Here, as in PyTorch, $z = 1$ *keeps the old state* (in the paper too; in other texts $z = 1$ takes the new one),
# and the reset gate multiplies *after* the matrix product, its bias included (in the paper before: $W_h^n (r \odot h)$). That is why a GRU
# needs two bias vectors: $b_h^n$ stands inside the bracket.
#
# **Example.** One unit, all weights zero but $b_h^n = 1$, $h = 0.5$: $r = z = 0.5$, $n = \tanh(0.5 \cdot 1) = 0.462$,
# $h' = 0.5 \cdot 0.462 + 0.5 \cdot 0.5 = 0.481$.

# %% [markdown]
# ### Exercise `gru_cell`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 8 | 20 min | 0.5 s | everything else in PyTorch | `nn.RNN*`, `nn.LSTM*`, `nn.GRU*` and their functions in `torch`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●●○
#
# **What.** One step of a GRU in PyTorch's convention.
#
# **Details.** The blocks are in the order r, z, n. $z = 1$ keeps the old state; the reset gate multiplies $W_h^n h + b_h^n$. Gradients reach
# all six arguments.
#
# **Why.** A quarter fewer weights than an LSTM, and often as good.


# %% nbgrader={"grade": false, "grade_id": "gru_cell_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gru_cell(
    x: Float[Tensor, "N D"],
    h: Float[Tensor, "N H"],
    w_x: Float[Tensor, "3H D"],
    w_h: Float[Tensor, "3H H"],
    b_x: Float[Tensor, "3H"],
    b_h: Float[Tensor, "3H"],
) -> Float[Tensor, "N H"]:
    """One step of a gated recurrent unit, in PyTorch's convention.

    Args:
        x: inputs, (N, D). h: state before the step, (N, H).
        w_x, w_h: weights (3H, D) and (3H, H); blocks of H rows in the order r, z, n.
        b_x, b_h: biases (3H,) beside the two products.

    Returns:
        The state after the step, (N, H).

    Source: Cho et al. (2014); torch.nn.GRUCell.
    """
    ### BEGIN SOLUTION
    r_x, z_x, n_x = (x @ w_x.T + b_x).chunk(3, dim=1)
    r_h, z_h, n_h = (h @ w_h.T + b_h).chunk(3, dim=1)
    r, z = torch.sigmoid(r_x + r_h), torch.sigmoid(z_x + z_h)
    n = torch.tanh(n_x + r * n_h)
    return (1 - z) * n + z * h
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "gru_cell", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check("gru_cell")

# %% [markdown]
# <a id="hints-gru_cell"></a>
# <details><summary>Hint 1: two products, not one sum</summary>
#
# The candidate needs $W_h^n h + b_h^n$ by itself, since $r$ multiplies it. Cut both products into three before you add.
# </details>
# <details><summary>Hint 2: old or new</summary>
#
# Put $z = 1$ into your last line. Is it the old state that comes out?
# </details>

# %% [markdown]
# ## 3. The carousel
#
# Hold the gates fixed for a moment, as if they were given numbers. Then $\partial c_t / \partial c_{t-1} = f_t$, and over many steps
#
# $$\frac{\partial c_{T-1}}{\partial c_{T-1-k}} = f_{T-1} \odot f_{T-2} \odot \cdots \odot f_{T-k} .$$
#
# No matrix, no slope of tanh. Where the forget gates are 1, an error goes round and round without loss: the **constant error
# carousel**. Where they are all $f$, a memory halves after $n$ steps with $f^n = \tfrac12$, and the bias that makes such a gate is
# $b = \ln \frac{f}{1-f}$.
#
# **Example.** Forget gates 0.5, 0.9, 0.8 (in the order of time): the products are $1$ for lag 0, $0.8$ for lag 1, and $0.8 \cdot 0.9 = 0.72$ for lag 2.
# The first gate, 0.5, acts on what came before and appears in none of them. A memory that halves in 10 steps needs $f = 0.933$ and $b = 2.63$.

# %% [markdown]
# **The whole step backwards.** Somebody hands you $\bar h$ and $\bar c$, the gradients of the loss in the two results. The cell is used
# twice: it is handed on, and $h$ is made of it. So
#
# $$\tilde c = \bar c + \bar h \odot o \odot (1 - \tanh^2 c) , \qquad \bar c_{-} = \tilde c \odot f ,$$
#
# and the pre-activations get, each by its own slope,
#
# $$\bar a^i = \tilde c \odot g \odot i(1-i), \quad \bar a^f = \tilde c \odot c_{-} \odot f(1-f), \quad
# \bar a^g = \tilde c \odot i \odot (1-g^2), \quad \bar a^o = \bar h \odot \tanh c \odot o(1-o) .$$
#
# **Example.** The step of section 1 ($i = 0.5$, $f = 0.9$, $g = 0.2$, $o = 0.5$, $c_- = 1$, $c = 1$), with $\bar h = 1$ and $\bar c = 0$: $\tilde c = 0.5 (1 - 0.580) = 0.210$, so
# $\bar c_- = 0.189$ and $\bar a = (0.0105,\ 0.0189,\ 0.1008,\ 0.1904)$.

# %% [markdown]
# ### Exercise `cell_gradient`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 6 | 30 min | 0.5 s | tensor arithmetic | autograd (`backward`, `torch.autograd`, `torch.func`), `nn.RNN*`, `nn.LSTM*`, `nn.GRU*` and their functions in `torch`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** The products of forget gates, the bias for a given half-life, and one step of an LSTM backwards.
#
# **Details.** Forget gates may be 0 (a product with 0 is 0, never NaN) and 1. The half-life is any number of steps from 0.1 to 10,000. The step
# backwards gets the gates' *values*, after sigmoid and tanh, and both cell states. Everything keeps its dtype.
#
# **Why.** This is the whole reason for the cell.


# %% nbgrader={"grade": false, "grade_id": "cell_gradient_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def carousel(forget: Float[Tensor, "T H"]) -> Float[Tensor, "T H"]:
    """The derivative of the last cell state in each earlier one, with the gates held fixed.

    Args:
        forget: forget gates of T steps in the order of time, (T, H), each in [0, 1].

    Returns:
        (T, H): row k is dc_{T-1} / dc_{T-1-k} = forget[T-1] * ... * forget[T-k]; row 0 is 1.

    Source: Hochreiter and Schmidhuber (1997), section 3.2.
    """
    ### BEGIN SOLUTION
    ones = torch.ones_like(forget[:1])
    return torch.cat([ones, forget[1:].flip(0)]).cumprod(dim=0)
    ### END SOLUTION


def half_life_bias(steps: float) -> float:
    """The bias of a forget gate whose memory halves in so many steps, when nothing else speaks: sigmoid(b)^steps = 1/2.

    Args:
        steps: greater than 0.
    """
    ### BEGIN SOLUTION
    forget = 0.5 ** (1 / steps)
    return math.log(forget / (1 - forget))
    ### END SOLUTION


def lstm_cell_backward(
    grad_h: Float[Tensor, "N H"],
    grad_c: Float[Tensor, "N H"],
    c_before: Float[Tensor, "N H"],
    c: Float[Tensor, "N H"],
    i: Float[Tensor, "N H"],
    f: Float[Tensor, "N H"],
    g: Float[Tensor, "N H"],
    o: Float[Tensor, "N H"],
) -> tuple[Float[Tensor, "N 4H"], Float[Tensor, "N H"]]:
    """Gradients of a loss through c = f c_before + i g and h = o tanh(c).

    Args:
        grad_h, grad_c: gradients of the loss in h and in c, as they are handed on, (N, H).
        c_before, c: cell states before and after the step, (N, H).
        i, f, g, o: values of the gates and of the candidate, (N, H).

    Returns:
        (grad_a, grad_c_before): gradients in the pre-activations, (N, 4H), blocks in the order i, f, g, o; and in the
        cell state before the step, (N, H).
    """
    ### BEGIN SOLUTION
    squashed = torch.tanh(c)
    inner = grad_c + grad_h * o * (1 - squashed**2)
    grad_i = inner * g * i * (1 - i)
    grad_f = inner * c_before * f * (1 - f)
    grad_g = inner * i * (1 - g**2)
    grad_o = grad_h * squashed * o * (1 - o)
    return torch.cat([grad_i, grad_f, grad_g, grad_o], dim=1), inner * f
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "cell_gradient", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("cell_gradient")

# %% [markdown]
# <a id="hints-cell_gradient"></a>
# <details><summary>Hint 1: where the products begin</summary>
#
# Lag 0 has no factor, lag 1 has the *last* gate. `flip(0)` turns time round and `cumprod(0)` multiplies up; the first step's gate is left over.
# </details>
# <details><summary>Hint 2: two ways lead to the cell</summary>
#
# $\bar c$ comes directly, and $\bar h$ through $o \tanh c$. Add them before you go on.
# </details>
# <details><summary>Hint 3: slopes</summary>
#
# A sigmoid with the value $s$ has the slope $s(1-s)$; a tanh with the value $g$ has $1 - g^2$.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_carousel", "locked": true, "schema_version": 3, "solution": false, "task": false}
generator = torch.Generator().manual_seed(0)
steps, units = 61, 64
_, axes = plt.subplots(1, 2, figsize=(12, 3.6), sharey=True)
for radius, colour in ((0.8, BLUE), (1.0, GREEN), (1.2, ORANGE)):
    w = torch.randn(units, units, generator=generator, dtype=torch.float64)
    w = w * radius / torch.linalg.eigvals(w).abs().max()
    h, jacobian, curve = torch.zeros(units, dtype=torch.float64), torch.eye(units, dtype=torch.float64), []
    for _ in range(steps):
        curve.append(float(torch.linalg.matrix_norm(jacobian, ord=2)))
        h = torch.tanh(w @ h + torch.randn(units, generator=generator, dtype=torch.float64))
        jacobian = (1 - h**2)[:, None] * w @ jacobian
    axes[0].semilogy(curve, color=colour, label=f"plain, radius {radius}")
    print(f"plain, radius {radius}: 50 steps leave {curve[50]:.1e}")
for bias, colour in ((0.0, GREY), (1.0, BLUE), (half_life_bias(50), RED), (6.0, GREEN)):
    gates = torch.sigmoid(bias + 0.3 * torch.randn(steps, units, generator=generator, dtype=torch.float64))
    curve = carousel(gates).amax(dim=1)
    axes[1].semilogy(curve, color=colour, label=f"forget bias {bias:.2f}")
    print(f"forget bias {bias:.2f}: 50 steps leave {float(curve[50]):.1e}")
axes[0].set(xlabel="lag k", title=r"chapter 7: $\Vert \partial h_{T-1} / \partial h_{T-1-k} \Vert$", ylim=(1e-16, 10))
axes[1].set(xlabel="lag k", title=r"a cell: the largest entry of $\partial c_{T-1} / \partial c_{T-1-k}$")
for ax in axes:
    ax.legend()
show(
    "Derivative against the lag, logarithmic. Left, three plain networks with tanh: all fall. Right, cells: forget bias 0 falls as "
    "steeply, 1 less, the bias for a half-life of 50 steps loses half in fifty steps, and 6 stays nearly level."
)


# %% [markdown]
# **Notice** the fourth line beside chapter 7's three: with a forget bias of 6, 50 steps leave 0.89 of the gradient, with the bias for
# a half-life of 50 about a half (0.52), and with a bias of 0 no more than a plain network does (about $10^{-14}$). The cell does not
# remember by itself. It *can*, where the gates are open.
#
# <details><summary>The gates depend on h, and h on the older cells. Why may we hold them fixed?</summary>
#
# We may not, strictly: there are more ways from $c_t$ to $c_{t+k}$, through $h$ and the gates, and they have the products of chapter 7 in them. The whole
# derivative is the carousel plus these. The original paper of 1997 even cut the other ways off. The carousel is the part that cannot vanish
# while the gates are open.
# </details>

# %% [markdown]
# ## 4. A layer, forwards and backwards
#
# From here on a cell is a *step*: a function that takes the input of a step, a tuple of states and weights, and gives the new tuple. The first
# of the states is always $h$. Two are given, made of PyTorch's cells, and a plain one:

# %% nbgrader={"grade": false, "grade_id": "given_steps", "locked": true, "schema_version": 3, "solution": false, "task": false}
Weights = Sequence[Tensor]
States = tuple[Tensor, ...]


def plain_step(x: Float[Tensor, "N D"], states: States, weights: Weights) -> States:
    """(h,) after a plain step; weights (w_x, w_h, b_x, b_h)."""
    return (torch.rnn_tanh_cell(x, states[0], *weights),)


def gru_step(x: Float[Tensor, "N D"], states: States, weights: Weights) -> States:
    """(h,) after a step of a GRU; weights (w_x, w_h, b_x, b_h)."""
    return (torch.gru_cell(x, states[0], *weights),)


def lstm_step(x: Float[Tensor, "N D"], states: States, weights: Weights) -> States:
    """(h, c) after a step of an LSTM; weights (w_x, w_h, b_x, b_h)."""
    return torch.lstm_cell(x, states, *weights)


# %% [markdown]
# A sequence can also be read from its end. Then the state at time $t$ knows $x_t, x_{t+1}, \dots$, and with both directions every word is seen in
# its whole surroundings. In a padded batch a trap waits: the backward direction must begin **at each sequence's own last step**, not in the
# padding. Flipping the whole rectangle feeds the padding first, and the state arrives at the real end already moved: zeros as input do not help,
# since biases and recurrence move it all the same.
#
# | | $t=0$ | 1 | 2 | 3 | 4 |
# |---|---|---|---|---|---|
# | length 3, forwards: read as number | 1st | 2nd | 3rd | - | - |
# | length 3, backwards: read as number | 3rd | 2nd | 1st | - | - |
# | the whole rectangle flipped (wrong) | 5th | 4th | 3rd | 2nd | 1st |
#
# The rule of chapter 7 does it in both directions: *where a sequence is not, its states stay as they were*. Outputs stay at the place of
# their input, so output $t$ belongs to $x_t$ in both directions; "last" is the state after the last step *read*, which backwards is the one at $t = 0$.

# %% [markdown]
# ### Exercise `recurrent_layer`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 6 | 25 min | 0.6 s | everything in PyTorch |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** One layer over a padded batch, in one direction, with any step.
#
# **Details.** The step may have one state, two or three, and hidden states of any size. Outputs are the first state, zero where a sequence has
# ended. Whatever finite number stands in the padding changes nothing, even where the step would overflow, and its gradient is 0. A sequence alone gives what it gives in a batch.
# Gradients reach x, the states and the weights. Steps are asked for whole batches (N, D) or for any part of them, as you like;
# what is padding may be replaced by zeros, or by anything finite, before a step reads it.
#
# **Why.** Every recurrent layer of every library is this loop.


# %% nbgrader={"grade": false, "grade_id": "recurrent_layer_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def recurrent_layer(
    step: Callable[[Float[Tensor, "N D"], States, Weights], States],
    x: Float[Tensor, "N T D"],
    lengths: Int[Tensor, "N"],
    weights: Weights,
    states: States,
    backwards: bool = False,
) -> tuple[Float[Tensor, "N T H"], States]:
    """One recurrent layer over a padded batch, in one direction.

    Args:
        step: step(x (N, D), states, weights) gives the states after a step, a tuple of tensors (N, H).
        x: inputs, (N, T, D). From step lengths[n] on, x[n] is padding.
        lengths: how many steps each sequence has, int64 in 1 ... T.
        weights: handed on to the step.
        states: before the first step that is read, a tuple of tensors (N, H).
        backwards: read each sequence from its own last step to its first.

    Returns:
        (outputs, last): the first state at all times, (N, T, H), zero where a sequence has ended; and the states after
        the last step that was read, a tuple like `states`.

    Source: Schuster and Paliwal (1997); torch.nn.LSTM on packed sequences.
    """
    ### BEGIN SOLUTION
    times = range(x.shape[1])
    outputs = [torch.zeros_like(states[0])] * len(times)
    for t in reversed(times) if backwards else times:
        running = (t < lengths)[:, None]
        inputs = torch.where(running, x[:, t], torch.zeros_like(x[:, t]))
        new = step(inputs, states, weights)
        states = tuple(torch.where(running, after, before) for after, before in zip(new, states, strict=True))
        outputs[t] = torch.where(running, states[0], torch.zeros_like(states[0]))
    return torch.stack(outputs, dim=1), states
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "recurrent_layer", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("recurrent_layer")

# %% [markdown]
# <a id="hints-recurrent_layer"></a>
# <details><summary>Hint 1: backwards without flipping</summary>
#
# Let $t$ run from $T - 1$ down to 0 and keep the states where $t \ge \ell_n$. A short sequence then begins by itself when $t$ reaches its last step.
# </details>
# <details><summary>Hint 2: all states</summary>
#
# An LSTM has two. Both must stay as they were where a sequence has ended; a `zip` of new and old ones does it for any number.
# </details>
# <details><summary>Hint 3: the order of the outputs</summary>
#
# Write each output to its place $t$. Appended to a list, those of the backward direction stand the wrong way round.
# </details>

# %% [markdown]
# ## 5. Layers on layers
#
# Two ways to make it larger. **Two directions**: the outputs of both stand side by side, (N, T, 2H). **Layers**: the outputs of one are
# the inputs of the next. Both together, as PyTorch does it: the joined outputs of layer 1 are the inputs of *both* directions of layer 2. The last
# states are stacked along a new first axis, in the order
#
# $$\text{layer 1 forwards},\ \text{layer 1 backwards},\ \text{layer 2 forwards},\ \text{layer 2 backwards}, \dots$$
#
# so the tensor is $(L \cdot 2, N, H)$, and the batch is its *second* axis. Whoever wants one vector per sentence takes the two entries of the last layer and joins them along
# the features. `h.view(N, -1)` has the right shape too, and mixes the sentences of the batch.

# %% [markdown]
# ### Exercise `stacked`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 6 | 30 min | 0.6 s | everything in PyTorch |
#
# **Difficulty** ●●● · **importance** ●●○
#
# **What.** Several layers, in one direction or in two, of a layer that is handed in; and one vector for each sentence.
#
# **Details.** `layer` has the arguments of `recurrent_layer` after the step: `layer(x, lengths, weights, states, backwards)`. It is called once for
# each layer and direction. `between`, where it is given, is applied to the outputs of each layer but the last (dropout stands there in practice), and its result
# is what the next layer reads, in both directions. Gradients reach everything. It is independent of your other exercises.
#
# **Why.** Google's translator of 2016 had eight layers of LSTMs, the first in two directions.


# %% nbgrader={"grade": false, "grade_id": "stacked_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def stacked(
    layer: Callable[[Tensor, Tensor, Weights, States, bool], tuple[Tensor, States]],
    x: Float[Tensor, "N T D"],
    lengths: Int[Tensor, "N"],
    weights: Sequence[Sequence[Weights]],
    states: States,
    between: Callable[[Tensor], Tensor] | None = None,
) -> tuple[Float[Tensor, "N T K*H"], States]:
    """Layers on layers, each in one direction or in two.

    Args:
        layer: layer(x, lengths, weights, states, backwards) gives (outputs (N, T, H), last states), as
            `recurrent_layer` does with a step.
        x, lengths: inputs (N, T, D) and lengths (N,).
        weights: weights[l][k] are those of layer l in direction k; K directions, 1 or 2, the same in all L layers.
            Direction 0 reads forwards, direction 1 backwards.
        states: before the first step, a tuple of tensors (L*K, N, H): entry l*K + k is that of layer l, direction k.
        between: applied to the outputs of each layer but the last.

    Returns:
        (outputs, last): those of the last layer, (N, T, K*H), forwards first; and the last states of all, a tuple of
        tensors (L*K, N, H) in the order of `states`.

    Source: torch.nn.LSTM with num_layers, bidirectional and dropout.
    """
    ### BEGIN SOLUTION
    found = []
    for number, directions in enumerate(weights):
        if number > 0 and between is not None:
            x = between(x)
        outputs = []
        for direction, one in enumerate(directions):
            before = tuple(state[len(found)] for state in states)
            output, last = layer(x, lengths, one, before, direction == 1)
            outputs.append(output)
            found.append(last)
        x = torch.cat(outputs, dim=2)
    return x, tuple(torch.stack(parts) for parts in zip(*found, strict=True))
    ### END SOLUTION


def sentence_vectors(last: Float[Tensor, "L*K N H"], directions: int) -> Float[Tensor, "N K*H"]:
    """One vector for each sentence: the last layer's final states, forwards and backwards side by side.

    Args:
        last: final states of all layers and directions, (L*K, N, H), ordered as `stacked` returns them.
        directions: K, 1 or 2.
    """
    ### BEGIN SOLUTION
    return torch.cat(list(last[-directions:]), dim=1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "stacked", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("stacked")

# %% [markdown]
# <a id="hints-stacked"></a>
# <details><summary>Hint 1: which input</summary>
#
# Both directions of a layer read the same `x`. Do not give it a new value before both have run.
# </details>
# <details><summary>Hint 2: which state</summary>
#
# Layer $l$ in direction $k$ begins with entry $lK + k$. If you collect results in a list in this order, its length is that number.
# </details>
# <details><summary>Hint 3: view or cat</summary>
#
# The batch is the second axis of `last`. Joining along features is `torch.cat([last[-2], last[-1]], dim=1)`; a `view` would only cut the
# numbers as they lie in memory.
# </details>

# %% [markdown]
# ## 6. Find the leak
#
# A colleague trains three language models and shows the perplexities of held-out text. All three give, for each place $t$, scores for **the character that
# stands at $t$**:
#
# - *autoregressive*: an LSTM that has read the characters before $t$;
# - *masked*: an LSTM in both directions; place $t$ was covered with a special character, and the scores are read there;
# - *bidirectional*: an LSTM in both directions; the scores at $t$ are made of the outputs at $t - 1$, of both directions, "as always".
#
# One of them has a perplexity near 1. It is a triumph, or it reads the answer. You need not understand any code to find out: **change a character, and see which scores
# change**. A score for place $t$ that changes with the character at $t$ has read it.

# %% nbgrader={"grade": false, "grade_id": "given_language_models", "locked": true, "schema_version": 3, "solution": false, "task": false}
class SideLM(nn.Module):
    """Scores for the character at each place: model(ids (N, T)) -> (N, T, V). `sides` says what it reads."""

    def __init__(self, vocab_size: int, sides: str, hidden: int = 32) -> None:
        super().__init__()
        self.sides, self.mask = sides, vocab_size
        self.embedding = nn.Embedding(vocab_size + 1, 16)
        self.forwards = nn.LSTM(16, hidden, batch_first=True)
        self.backwards = nn.LSTM(16, hidden, batch_first=True)
        self.scores = nn.Linear(2 * hidden, vocab_size)

    def outputs(self, ids: Int[Tensor, "N T"]) -> tuple[Float[Tensor, "N T H"], Float[Tensor, "N T H"]]:
        """Outputs of both directions, at the places of their inputs."""
        x = self.embedding(ids)
        return self.forwards(x)[0], self.backwards(x.flip(1))[0].flip(1)

    def forward(self, ids: Int[Tensor, "N T"]) -> Float[Tensor, "N T V"]:
        if self.sides == "masked":
            n, t = ids.shape
            covered = ids[:, None].repeat(1, t, 1)
            covered[:, torch.arange(t), torch.arange(t)] = self.mask
            one, other = (side.unflatten(0, (n, t)).diagonal(dim1=1, dim2=2).mT for side in self.outputs(covered.flatten(0, 1)))
            return self.scores(torch.cat([one, other], 2))
        one, other = (F.pad(side, (0, 0, 1, 0))[:, :-1] for side in self.outputs(ids))
        return self.scores(torch.cat([one, 0 * other if self.sides == "autoregressive" else other], 2))


# %% [markdown]
# **The mend.** The bidirectional model is a good idea, read in the wrong place. For the character at $t$ take the forward output at $t - 1$ (it has read $x_0 \dots x_{t-1}$) and the
# *backward* output at $t + 1$ (it has read $x_{t+1} \dots x_{T-1}$). At the two ends there is nothing to take: zeros.
#
# $$u_t = \big[\,\overrightarrow{h}_{t-1},\ \overleftarrow{h}_{t+1}\,\big], \qquad \overrightarrow{h}_{-1} = \overleftarrow{h}_{T} = 0 .$$
#
# **Example.** $T = 3$, one unit: forward outputs 1, 2, 3 and backward outputs 4, 5, 6 give $[0, 5]$, $[1, 6]$, $[2, 0]$.

# %% [markdown]
# ### Exercise `find_the_leak`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 6 | 25 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** A detector that tells which characters a model's scores read, and outputs that do not read the answer.
#
# **Details.** The detector takes one text (T,). Entry $[t, s]$ is True where *some* other character of the vocabulary at place $s$ changes *some* score at place $t$ by more
# than $10^{-6}$; one other character is not enough, since two may have the same effect. The model is called with batches (M, T) of characters from 0 to V - 1, as many as you like. The text
# stays as it is. A text may have one character. The mend works for (N, T, H), T = 1 included, the two directions may have different sizes, and gradients reach both.
#
# **Why.** Leaks do not crash. They show as results that are too good.


# %% nbgrader={"grade": false, "grade_id": "find_the_leak_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def reads(
    model: Callable[[Int[Tensor, "M T"]], Float[Tensor, "M T V"]], ids: Int[Tensor, "T"], vocab_size: int
) -> Bool[Tensor, "T T"]:
    """Which places of a text each place's scores depend on, found by changing characters.

    Args:
        model: maps characters (M, T), int64 in 0 ... V - 1, to scores (M, T, V).
        ids: one text, (T,), int64; not changed.
        vocab_size: V, at least 2.

    Returns:
        (T, T), bool: [t, s] is True where another character at s changes a score at t by more than 1e-6.
    """
    ### BEGIN SOLUTION
    steps = len(ids)
    changed = ids.repeat(steps, vocab_size, 1)  # place that is changed, new character, text
    for place in range(steps):
        changed[place, :, place] = torch.arange(vocab_size)
    before = model(ids[None])[0]
    after = model(changed.flatten(0, 1)).unflatten(0, (steps, vocab_size))
    return ((after - before).abs() > 1e-6).any(dim=3).any(dim=1).T
    ### END SOLUTION


def two_sided(
    forwards: Float[Tensor, "N T H"], backwards: Float[Tensor, "N T K"]
) -> Float[Tensor, "N T H+K"]:
    """What stands on both sides of each place: the forward output before it and the backward output after it.

    Args:
        forwards: outputs of the forward direction, (N, T, H), at the places of their inputs.
        backwards: outputs of the backward direction, (N, T, K), at the places of their inputs.

    Returns:
        (N, T, H + K): at t the forward output of t - 1, then the backward output of t + 1; zeros beyond the ends.

    Source: Melamud, Goldberger and Dagan (2016), context2vec.
    """
    ### BEGIN SOLUTION
    before = F.pad(forwards, (0, 0, 1, 0))[:, :-1]
    after = F.pad(backwards, (0, 0, 0, 1))[:, 1:]
    return torch.cat([before, after], dim=2)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "find_the_leak", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("find_the_leak")

# %% [markdown]
# <a id="hints-find_the_leak"></a>
# <details><summary>Hint 1: rows and columns</summary>
#
# The row is the place of the *score*, the column the place of the *change*.
# </details>
# <details><summary>Hint 2: all characters</summary>
#
# For each place try every character of the vocabulary; the old one among them changes nothing and does no harm.
# </details>
# <details><summary>Hint 3: shifting</summary>
#
# `torch.roll` brings what leaves at one end in again at the other. `F.pad` with a cut, or `torch.cat` with zeros, does not.
# </details>

# %% [markdown]
# ### Your guess
#
# Which one reads the answer? Type its name.

# %%
my_suspect = None  # "autoregressive", "masked" or "bidirectional"

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_leak", "locked": true, "schema_version": 3, "solution": false, "task": false}
names = ("autoregressive", "masked", "bidirectional")
text = torch.tensor([0, 3, 1, 4, 2, 0, 4, 3])
_, axes = plt.subplots(1, 4, figsize=(12, 3.2))
for ax, name in zip(axes, names, strict=False):
    torch.manual_seed(0)
    with torch.no_grad():
        table = reads(SideLM(5, name).eval(), text, 5)
    ax.imshow(table, cmap="Blues", vmin=0, vmax=1.4)
    ax.set(title=name, xlabel="changed place s")
    print(f"{name:15} places that read their own character: {int(table.diagonal().sum())} of {len(text)}")
torch.manual_seed(0)
leaky = SideLM(5, "bidirectional").eval()
with torch.no_grad():
    table = reads(lambda ids: leaky.scores(two_sided(*leaky.outputs(ids))), text, 5)
axes[3].imshow(table, cmap="Blues", vmin=0, vmax=1.4)
axes[3].set(title="bidirectional, mended", xlabel="changed place s")
axes[0].set(ylabel="place t of the score")
print(f"{'mended':15} places that read their own character: {int(table.diagonal().sum())} of {len(text)}")
print(f"your suspect: {my_suspect}")
show(
    "Four tables of eight places by eight. Autoregressive: dark below the diagonal. Masked: dark everywhere but on the diagonal. "
    "Bidirectional: dark everywhere, the diagonal too, but for the first row, which is empty. Mended: dark everywhere but on the diagonal."
)


# %% [markdown]
# **Notice** the diagonals. Seven of the eight places of the bidirectional model read the character that they are asked for, and its untrained weights show it already: no training is needed
# to find a leak. Only the first place does not: it reads nothing at all. The mended model reads everything except the answer, with one pass where the masked one needs $T$.
#
# <details><summary>Would a test on held-out text have found the leak?</summary>
#
# No. The answer stands in the held-out text as well, so the perplexity there is near 1 too. A leak of this kind is found when the model is *used*, where the next character does not exist yet, or by
# perturbing.
# </details>

# %% [markdown]
# ## 7. Long memory
#
# Two tasks that need nothing but memory (Hochreiter and Schmidhuber, 1997), with data without end since we make them.
#
# **Adding.** A sequence of random numbers in $[0, 1)$, two of them marked: one in the first half, one in the second. The answer, after the last step, is the sum of the two. Answering 1 always
# costs a mean squared error of $\tfrac16 = 0.167$ (twice the variance of a uniform number, $\tfrac1{12}$).
#
# | number | 0.31 | 0.85 | 0.42 | 0.07 | 0.66 | 0.12 |
# |---|---|---|---|---|---|---|
# | mark | 0 | 1 | 0 | 0 | 1 | 0 |
#
# The answer is $0.85 + 0.66 = 1.51$.
#
# **Copying.** $L$ random symbols, then a long silence, then a signal; after it the symbols have to be written down in order. With $S$ symbols guessing is right in one case of $S$. With
# $S = 3$, $L = 2$ and a delay of 3 (blank is symbol $S$, the signal $S + 1$):
#
# | $t$ | 0 | 1 | 2 | 3 | 4 | 5 | 6 |
# |---|---|---|---|---|---|---|---|
# | input | 2 | 0 | blank | blank | signal | blank | blank |
# | answer | | | | | | 2 | 0 |

# %% [markdown]
# The network is given: a recurrent layer of any kind and a linear layer. For adding it answers once, for copying at every step.

# %% nbgrader={"grade": false, "grade_id": "given_memory_net", "locked": true, "schema_version": 3, "solution": false, "task": false}
class MemoryNet(nn.Module):
    """model(x (N, T, D)): outputs (N,) of the last step, or (N, T, outputs) of every step."""

    def __init__(self, kind: str, features: int, hidden: int, outputs: int, forget_bias: float = 1.0) -> None:
        super().__init__()
        layers = {"plain": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
        self.recurrent = layers[kind](features, hidden, batch_first=True)
        self.readout = nn.Linear(hidden, max(outputs, 1))
        self.every_step = outputs > 0
        if kind == "lstm":
            with torch.no_grad():
                self.recurrent.bias_ih_l0[hidden : 2 * hidden] = forget_bias
                self.recurrent.bias_hh_l0[hidden : 2 * hidden] = 0.0

    def forward(self, x: Float[Tensor, "N T D"]) -> Tensor:
        states, _ = self.recurrent(x)
        return self.readout(states) if self.every_step else self.readout(states[:, -1])[:, 0]


def memory_net(kind: str, features: int, hidden: int, outputs: int = 0, forget_bias: float = 1.0) -> nn.Module:
    """A new network: "plain", "gru" or "lstm"; outputs = 0 answers one number (N,) after the last step."""
    return MemoryNet(kind, features, hidden, outputs, forget_bias)


# %% [markdown]
# ### Exercise `train_long_memory`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 10 | 30 min | 1 s | everything in PyTorch |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** Both tasks, and a training loop that serves both.
#
# **Details.** *Adding*: numbers uniform in $[0, 1)$, one mark uniformly among the first $\lfloor T/2 \rfloor$ steps and one among the others, drawn for each sequence by itself; channel 0 holds the numbers, channel 1 the marks.
# *Copying*: one-hot inputs of $S + 2$ channels, $2L + \text{delay}$ steps as in the table: the symbols, delay - 1 blanks, the signal, $L$ blanks. All is float32, targets of copying int64, and everything
# is drawn from the generator alone.
# *Training*: Adam; each batch once, in order; gradients are cleared, clipped to a norm of at most `max_norm`, all parameters together, and then comes the step. Targets of floats are compared with the outputs by the mean squared
# error; targets of int64 (N, L) by the mean cross-entropy with the outputs of the last $L$ steps. The network trains in training mode, whatever mode it was in, and one loss is returned for each batch, as it was before that batch's
# step. Gradients left over from before count for nothing. The grader trains a GRU and an LSTM by your loop on an adding task of its own, in which the second number counts a factor more than the first: on new sequences the squared error is at
# most 0.2 of that of the best constant for the GRU (24 steps, 300 batches) and 0.5 for the LSTM (10 steps, 500 batches).
#
# **Why.** A loop that cannot learn these two will not learn anything longer.


# %% nbgrader={"grade": false, "grade_id": "train_long_memory_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def adding_problem(
    n: int, steps: int, generator: torch.Generator
) -> tuple[Float[Tensor, "n steps 2"], Float[Tensor, "n"]]:
    """Sequences of numbers of which two are marked, and the sums of these two.

    Args:
        n: sequences. steps: their length, at least 2. generator: draws everything.

    Returns:
        (inputs, targets): (n, steps, 2), channel 0 the numbers and channel 1 the marks; and (n,).

    Source: Hochreiter and Schmidhuber (1997), section 5.4, in the form of Le, Jaitly and Hinton (2015).
    """
    ### BEGIN SOLUTION
    numbers, marks, rows = torch.rand(n, steps, generator=generator), torch.zeros(n, steps), torch.arange(n)
    half = steps // 2
    first = torch.randint(0, half, (n,), generator=generator)
    second = torch.randint(half, steps, (n,), generator=generator)
    marks[rows, first], marks[rows, second] = 1.0, 1.0
    return torch.stack([numbers, marks], dim=2), numbers[rows, first] + numbers[rows, second]
    ### END SOLUTION


def copy_memory(
    n: int, delay: int, generator: torch.Generator, symbols: int = 8, length: int = 5
) -> tuple[Float[Tensor, "n steps channels"], Int[Tensor, "n length"]]:
    """Sequences of symbols that have to be written down after a delay.

    Args:
        n: sequences. delay: steps from the last symbol to the signal, at least 1. generator: draws everything.
        symbols: S. length: L.

    Returns:
        (inputs, targets): one-hot (n, L + delay + L, S + 2), float32, where channel S is blank and S + 1 the signal; and
        the symbols, (n, L), int64.

    Source: Hochreiter and Schmidhuber (1997); Arjovsky, Shah and Bengio (2016), section 5.1.
    """
    ### BEGIN SOLUTION
    targets = torch.randint(0, symbols, (n, length), generator=generator)
    inputs = torch.full((n, 2 * length + delay), symbols)
    inputs[:, :length] = targets
    inputs[:, length + delay - 1] = symbols + 1
    return F.one_hot(inputs, symbols + 2).float(), targets
    ### END SOLUTION


def train_memory(
    model: nn.Module, batches: Sequence[tuple[Tensor, Tensor]], lr: float = 1e-2, max_norm: float = 1.0
) -> list[float]:
    """Train a network on batches of inputs and targets, once, in order.

    Args:
        model: model(inputs (N, T, D)) gives (N,) for targets of floats, and (N, T, V) for targets of int64.
        batches: pairs (inputs, targets): targets are floats (N,), or int64 (N, L) for the last L steps.
        lr: Adam's learning rate. max_norm: largest norm of all gradients together.

    Returns:
        The loss of each batch, before its step.
    """
    ### BEGIN SOLUTION
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    model.train()
    losses = []
    for inputs, targets in batches:
        outputs = model(inputs)
        if targets.is_floating_point():
            loss = F.mse_loss(outputs, targets)
        else:
            loss = F.cross_entropy(outputs[:, -targets.shape[1] :].flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        optimizer.step()
        losses.append(loss.item())
    return losses
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "train_long_memory", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("train_long_memory")

# %% [markdown]
# <a id="hints-train_long_memory"></a>
# <details><summary>Hint 1: marks</summary>
#
# `marks[rows, first] = 1.0` with `rows = torch.arange(n)` sets one place in each row. `marks[:, first] = 1.0` sets whole columns.
# </details>
# <details><summary>Hint 2: the length of a copy sequence</summary>
#
# $L$ symbols, delay - 1 blanks, one signal, $L$ blanks: $2L + \text{delay}$ steps. The signal stands at $L + \text{delay} - 1$.
# </details>
# <details><summary>Hint 3: which outputs</summary>
#
# Only the last $L$ steps are asked. Flatten batch and time of both outputs and targets before `F.cross_entropy`.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_adding", "locked": true, "schema_version": 3, "solution": false, "task": false}
def adding_run(kind, seed, steps=40, count=400, forget_bias=1.0):
    """Squared errors during training on fresh batches, and the error on 500 new sequences."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(100 + seed)
    network = memory_net(kind, 2, 32, forget_bias=forget_bias)
    losses = train_memory(network, [adding_problem(64, steps, generator) for _ in range(count)])
    inputs, targets = adding_problem(500, steps, generator)
    with torch.no_grad():
        return network, losses, float(F.mse_loss(network.eval()(inputs), targets))


_, ax = plt.subplots(figsize=(9, 3.6))
trained, adding_errors = {}, {}
for kind, colour, count in (("plain", GREY, 400), ("lstm", ORANGE, 400), ("gru", BLUE, 250)):
    started, errors = time.perf_counter(), []
    for seed in range(3):
        trained[kind], losses, error = adding_run(kind, seed, count=count)
        errors.append(error)
        smooth = torch.tensor(losses).unfold(0, 20, 5).mean(1)
        ax.semilogy(torch.arange(len(smooth)) * 5 + 20, smooth, color=colour, alpha=0.8, label=kind if seed == 0 else None)
        print(f"\r{kind}: seed {seed} done", end="", file=sys.stderr, flush=True)
    adding_errors[kind] = errors
    print(f"\r{kind}: best error on new sequences {min(errors):.4f} ({count} batches, {time.perf_counter() - started:.0f} s)")
    print(f"{kind}: worst error on new sequences {max(errors):.4f}")
ax.axhline(1 / 6, color="black", linestyle=":", label="answering 1 always")
ax.set(xlabel="batches of 64", ylabel="squared error", title="the adding problem, 40 steps")
ax.legend()
show(
    "Squared error against batches, logarithmic, three seeds each. The plain network stays near 0.167, the dotted line of a constant answer. The "
    "GRU falls steeply after about 100 batches, the LSTM after about 300, both by more than a power of ten."
)


# %% [markdown]
# **Notice** that for a long time little happens, and then the error falls by a power of ten within a hundred batches: before that, the gates have to be found. After 250 batches the worst of three GRUs has an error of 0.003; after 400 batches the worst LSTM has 0.017 and the
# best plain network 0.15, where answering 1 always costs 0.167. This is figure 1 of Le, Jaitly and Hinton (2015) in small.
#
# <details><summary>The plain network is at chance. Is it too small, or can it not learn?</summary>
#
# It could hold the sum of two numbers: a state of one unit suffices. It does not *learn* to, since the gradient of the first number has 20 to 40 factors below 1 in it (section 3, left figure). Try 5 steps instead of 40: then it learns.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_gates", "locked": true, "schema_version": 3, "solution": false, "task": false}
network = trained["lstm"]
inputs, targets = adding_problem(1, 40, torch.Generator().manual_seed(5))
w_x, w_h, b_x, b_h = (p.detach() for p in network.recurrent.parameters())
h = c = torch.zeros(1, 32)
seen = []
for t in range(40):
    i, f, g, o = (inputs[:, t] @ w_x.T + b_x + h @ w_h.T + b_h).chunk(4, dim=1)
    h, c = lstm_step(inputs[:, t], (h, c), (w_x, w_h, b_x, b_h))
    seen.append(torch.stack([torch.sigmoid(i)[0], torch.sigmoid(f)[0]]))
gates = torch.stack(seen, dim=2)  # gate, unit, time
marked = inputs[0, :, 1].nonzero().flatten().tolist()
others = [t for t in range(40) if t not in marked]
opening = gates[0][:, marked].mean(1) - gates[0][:, others].mean(1)
order = opening.argsort(descending=True)
_, axes = plt.subplots(1, 2, figsize=(12, 3.4), sharey=True)
for ax, values, name in zip(axes, gates[:, order], ("input gates", "forget gates"), strict=True):
    picture = ax.imshow(values, aspect="auto", cmap="Blues", vmin=0, vmax=1)
    for t in marked:
        ax.axvline(t, color=RED, linewidth=1)
    ax.set(xlabel="time", title=name)
axes[0].set(ylabel="unit, sorted")
plt.colorbar(picture, ax=axes)
print(f"the unit that opens most: input gate {float(gates[0][order[0]][marked].mean()):.2f} at the marks, {float(gates[0][order[0]][others].mean()):.2f} elsewhere")
print(f"median forget gate: {float(gates[1].median()):.2f}")
show(
    "Two pictures, 32 units by 40 steps. Left, input gates: the upper units are darker, more open, at the two steps marked in red. Right, forget gates: "
    "most units stay at about two thirds, a few are dark."
)


# %% [markdown]
# **Notice** that nobody told the network what a mark is for. The unit whose input gate opens most stands at 0.73 at the two marks and at 0.03 elsewhere: it takes in when told. The median forget gate is 0.68, a little below the 0.73 of the start: most units were never needed, and a few that hold are enough.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_forget_bias", "locked": true, "schema_version": 3, "solution": false, "task": false}
inputs, _ = adding_problem(64, 40, torch.Generator().manual_seed(6))
for bias in (0.0, 1.0, half_life_bias(40)):
    shares = []
    for seed in range(3):
        torch.manual_seed(seed)
        probe = inputs.clone().requires_grad_()
        memory_net("lstm", 2, 32, forget_bias=bias)(probe).sum().backward()
        shares.append(float(probe.grad[:, 0].norm() / probe.grad[:, -1].norm()))
    print(f"forget bias {bias:.2f}: before training the first number's gradient is {median_of(shares):.1e} of the last one's")
errors = [adding_run("lstm", seed, forget_bias=0.0)[2] for seed in range(3)]
for bias, three in ((0, errors), (1, adding_errors["lstm"])):
    print(f"forget bias {bias}, best error of three seeds {min(three):.4f}")
    print(f"forget bias {bias}, worst error of three seeds {max(three):.4f}")


# %% [markdown]
# **Notice** what one number at the start does. With a forget bias of 0 the gradient of the first number is $10^{-9}$ of that of the last one, with 1 it is 0.0004: the bias multiplies forty times. After 400 batches the best of
# three LSTMs with a bias of 0 has an error of 0.047, and the worst with a bias of 1 has 0.017. The network could learn the bias by itself; but the gradient that would open the gate has to come through a product of forty halves.
#
# <details><summary>With the bias for a half-life of 40 steps the gradient does not fall at all. Why not begin there, or at 10?</summary>
#
# Because a gradient that arrives is not everything. We trained two such networks for 400 batches, and both still had 0.167. A cell that forgets nothing collects the 38 numbers that are not marked as well, tanh saturates, and
# the gate's own slope $f(1-f)$ is near zero there, so it learns to forget only slowly. One is a compromise, and it was found by trying.
# </details>

# %% [markdown]
# **Copying** has no marks that say what to keep: everything has to be kept, and in order.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_copy", "locked": true, "schema_version": 3, "solution": false, "task": false}
def copy_run(kind, seed, delay=15, length=2, count=250):
    """Losses, and the share of symbols right on 500 new sequences."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(100 + seed)
    network = memory_net(kind, 10, 48, 8)
    losses = train_memory(network, [copy_memory(64, delay, generator, length=length) for _ in range(count)])
    inputs, targets = copy_memory(500, delay, generator, length=length)
    with torch.no_grad():
        return losses, float((network.eval()(inputs)[:, -length:].argmax(2) == targets).float().mean())


_, ax = plt.subplots(figsize=(8, 3.2))
for kind, colour in (("plain", GREY), ("gru", BLUE)):
    shares = []
    for seed in range(3):
        losses, share = copy_run(kind, seed)
        shares.append(share)
        ax.plot(losses, color=colour, alpha=0.8, linewidth=1, label=kind if seed == 0 else None)
    print(f"{kind}: fewest symbols right {min(shares):.2f}")
    print(f"{kind}: most symbols right {max(shares):.2f}")
ax.axhline(math.log(8), color="black", linestyle=":", label="guessing")
ax.set(xlabel="batches of 64", ylabel="cross-entropy", title="copy memory: two symbols of eight, a delay of 15 steps")
ax.legend()
show("Cross-entropy against batches, three seeds of the plain network and of the GRU, with guessing at 2.08 as a dotted line. All fall; those of the GRU fall lower.")


# %% [markdown]
# **Notice** that nobody has solved it after 250 batches: the three GRUs have between 0.58 and 0.80 of the symbols right, the plain networks between 0.37 and 0.60, and guessing has 0.125. The gates help, but less than for adding: everything looks alike, and nothing marks what to keep. More batches and more units help the GRU further; try 700 and 96.

# %% [markdown]
# ## 8. From one sequence to another
#
# To translate, lengths differ and words change places. Two networks do it (Sutskever, Vinyals and Le, 2014; Cho et al., 2014). The **encoder** reads the source and ends in a state. The **decoder** begins with that state and
# writes: at each step it gets the word *before* and gives scores for the next one, until it says END.
#
# $$p(y_0, \dots, y_{M-1} \mid x) = \prod_{m=0}^{M-1} p(y_m \mid y_{m-1}, \dots, y_0,\ \text{state}(x)) , \qquad y_{-1} = \text{START} .$$
#
# **Teacher forcing.** In training the word before is the *true* one, whatever the decoder would have said. So all steps are computed at once, from inputs that are the targets moved by one:
#
# | | 0 | 1 | 2 | 3 |
# |---|---|---|---|---|
# | decoder's input | START | forty | two | |
# | target | forty | two | END | |
#
# Two mistakes are easily made, and the loss falls with both. Feed `targets` in the place of the moved ones, and the decoder copies its input: the loss falls to zero and the model is useless. Count the padding in the mean, and short
# targets weigh less, while the loss looks better than it is.
#
# The loss is the mean over the tokens that exist: with $M_n$ of them in target $n$, END among them,
#
# $$L = -\frac{1}{\sum_n M_n} \sum_n \sum_{m < M_n} \log p(y^{(n)}_m \mid \cdot) .$$

# %% [markdown]
# The layers are given. `model.source_vectors` and `model.encoder` are for the source; calling the model is the decoder.

# %% nbgrader={"grade": false, "grade_id": "given_translator", "locked": true, "schema_version": 3, "solution": false, "task": false}
PAD, START, END = 0, 1, 2


class Translator(nn.Module):
    """The layers of an encoder and a decoder. The decoder: model(tokens (N, T), state (N, H)) -> (logits (N, T, V), state)."""

    def __init__(self, source_size: int, target_size: int, hidden: int) -> None:
        super().__init__()
        self.source_vectors = nn.Embedding(source_size, 24)
        self.encoder = nn.GRU(24, hidden, batch_first=True)
        self.target_vectors = nn.Embedding(target_size, 24)
        self.decoder = nn.GRU(24, hidden, batch_first=True)
        self.scores = nn.Linear(hidden, target_size)

    def forward(
        self, tokens: Int[Tensor, "N T"], state: Float[Tensor, "N H"]
    ) -> tuple[Float[Tensor, "N T V"], Float[Tensor, "N H"]]:
        outputs, last = self.decoder(self.target_vectors(tokens), state[None].contiguous())
        return self.scores(outputs), last[0]


def translator(source_size: int, target_size: int, hidden: int = 64) -> nn.Module:
    """New layers: `source_vectors`, `encoder` (a GRU, batch first), and the decoder as model(tokens, state)."""
    return Translator(source_size, target_size, hidden)


# %% [markdown]
# ### Exercise `encoder_decoder`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 11 | 30 min | 0.6 s | everything in PyTorch |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** The state that the encoder ends with, the decoder's scores under teacher forcing, and the loss.
#
# **Details.** The encoder's state is that after each source's own last token: what stands in the padding of the source changes nothing. The batch is in any order of lengths, and stays in its order. Scores at $m$ depend on the source and on targets
# *before* $m$, never on target $m$ or later ones. The loss is the mean over all tokens that exist, as in the formula, and what stands in the padding of targets or scores (any finite number) changes nothing and gets the gradient 0. Gradients reach all parameters. It must be
# possible to learn a single batch by heart with these three.
#
# **Why.** Speech, translation, captions, summaries: all were trained in this way, and large language models still are.


# %% nbgrader={"grade": false, "grade_id": "encoder_decoder_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def encode(
    model: nn.Module, source: Int[Tensor, "N S"], lengths: Int[Tensor, "N"]
) -> Float[Tensor, "N H"]:
    """The encoder's state after each source's own last token.

    Args:
        model: has `source_vectors` (tokens to vectors) and `encoder` (a GRU with batch_first, its state begins at zero).
        source: tokens (N, S), int64. From place lengths[n] on, source[n] is padding (any token).
        lengths: int64 in 1 ... S, in any order.
    """
    ### BEGIN SOLUTION
    outputs, _ = model.encoder(model.source_vectors(source))
    return outputs[torch.arange(len(source)), lengths - 1]
    ### END SOLUTION


def teacher_forced(
    model: nn.Module, state: Float[Tensor, "N H"], targets: Int[Tensor, "N M"], start: int = 1
) -> Float[Tensor, "N M V"]:
    """The decoder's scores for each target, given the true targets before it.

    Args:
        model: model(tokens (N, T), state (N, H)) gives (logits (N, T, V), state).
        state: the encoder's, (N, H). targets: tokens (N, M), int64. start: the token before the first target.

    Returns:
        (N, M, V): the scores at m are for targets[:, m].
    """
    ### BEGIN SOLUTION
    first = torch.full_like(targets[:, :1], start)
    logits, _ = model(torch.cat([first, targets[:, :-1]], dim=1), state)
    return logits
    ### END SOLUTION


def sequence_loss(
    logits: Float[Tensor, "N M V"], targets: Int[Tensor, "N M"], lengths: Int[Tensor, "N"]
) -> Float[Tensor, ""]:
    """Mean cross-entropy of the tokens that exist: targets[n, m] with m < lengths[n].

    Args:
        logits: scores (N, M, V). targets: tokens (N, M), int64, valid ones in the padding too. lengths: (N,), int64 in 1 ... M.
    """
    ### BEGIN SOLUTION
    valid = torch.arange(targets.shape[1]) < lengths[:, None]
    return F.cross_entropy(logits[valid], targets[valid])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "encoder_decoder", "locked": true, "points": 11, "schema_version": 3, "solution": false, "task": false}
check("encoder_decoder")

# %% [markdown]
# <a id="hints-encoder_decoder"></a>
# <details><summary>Hint 1: the encoder's state</summary>
#
# The second result of the GRU is the state after the last *column*. The outputs hold all states: take that of column lengths - 1, row by row. (Or pack the sequences.)
# </details>
# <details><summary>Hint 2: moving the targets</summary>
#
# START in front, the last target dropped. As long as before.
# </details>
# <details><summary>Hint 3: the mean</summary>
#
# A mean over all N x M with zeros in the padding divides by too much; a mean of the sequences' means weighs tokens of short sequences more. Sum over what exists, divided by how many exist.
# </details>

# %% [markdown]
# ## 9. Greedy
#
# Training knows the word before; writing does not. The simplest way: take the likeliest word, feed it, and go on until END or a limit. To keep search apart from networks, what follows knows only a **step**: a function that takes the
# tokens before (N,) and states (N, H) and gives log-probabilities (N, V) and new states.
#
# **Example.** A tiny language: from START, `a` has probability 0.6 and `b` 0.4. After `a`, END has 0.3, `a` 0.4, `b` 0.3; after `b`, END has 0.9 and `a`, `b` 0.05. Greedy writes `a a a ...`, until the limit. Yet `b` alone, END after it, has the probability
# $0.4 \cdot 0.9 = 0.36$, and no other sentence has half of it. What looked best at the first step was not.

# %% nbgrader={"grade": false, "grade_id": "given_step", "locked": true, "schema_version": 3, "solution": false, "task": false}
Step = Callable[[Int[Tensor, "N"], Float[Tensor, "N H"]], tuple[Float[Tensor, "N V"], Float[Tensor, "N H"]]]
"""The tokens before (N,) and states (N, H) give log-probabilities (N, V) and new states."""


# %% [markdown]
# ### Exercise `greedy`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 4 | 15 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●○○ · **importance** ●●○
#
# **What.** The likeliest next word, again and again, for a batch.
#
# **Details.** A sentence ends at its END, which is not in the list, or after `limit` tokens. Sentences of a batch end at different times and do not influence each other; after the last one has ended the step is not asked again. The step is asked for all sentences at once, (N,) tokens and (N, H) states, or for each alone, as you like. Of equal log-probabilities any is right.
# START is a word like any other when it is chosen, unless it is END as well.
#
# **Why.** The baseline of every search, and what most systems use when they must be fast.


# %% nbgrader={"grade": false, "grade_id": "greedy_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def greedy(step: Step, state: Float[Tensor, "N H"], start: int, end: int, limit: int) -> list[list[int]]:
    """Sentences of the likeliest next tokens.

    Args:
        step: step(tokens (N,), state (N, H)) gives (log-probabilities of the next tokens (N, V), states (N, H)).
        state: before the first step, (N, H).
        start: fed first. end: ends a sentence. limit: tokens at most, at least 1.

    Returns:
        For each of the N a list of int tokens, without start and end.
    """
    ### BEGIN SOLUTION
    sentences: list[list[int]] = [[] for _ in range(len(state))]
    running = [True] * len(state)
    tokens = torch.full((len(state),), start)
    for _ in range(limit):
        log_probs, state = step(tokens, state)
        tokens = log_probs.argmax(dim=1)
        for n, token in enumerate(tokens.tolist()):
            running[n] = running[n] and token != end
            if running[n]:
                sentences[n].append(token)
        if not any(running):
            break
    return sentences
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "greedy", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("greedy")

# %% [markdown]
# <a id="hints-greedy"></a>
# <details><summary>Hint 1: two things are handed on</summary>
#
# The tokens that were chosen, and the state that the step returned.
# </details>
# <details><summary>Hint 2: ended sentences</summary>
#
# Remember which have ended. They may stay in the batch; what is chosen for them afterwards is not written down.
# </details>

# %% [markdown]
# ## 10. A beam
#
# Between the one best word and all sentences ($V^M$ of them) lies the **beam**: keep the $B$ best beginnings, extend each by every word, and keep the best $B$ of all $B \cdot V$ extensions.
#
# Probabilities multiply, so their logarithms *add*. The new score of beginning $p$ with the word $v$ is $s_p + \log p(v \mid p)$. The best $B$ come from one sorted list: a good beginning may have several children in it, a bad one none. So one has to remember *whose* child each is: the
# **parent**, to go on with the right words and with the right state.
#
# **Example.** Scores $(-1, -2)$, log-probabilities $\begin{pmatrix} -1 & -3 & -2 \\ -0.5 & -4 & -0.7 \end{pmatrix}$, $B = 3$. The sums are $\begin{pmatrix} -2 & -4 & -3 \\ -2.5 & -6 & -2.7 \end{pmatrix}$. The best: $-2$ (parent 0, token 0), $-2.5$ (parent 1, token 0), $-2.7$ (parent 1, token 2).

# %% [markdown]
# ### Exercise `expand`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 4 | 15 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●○○ · **importance** ●●○
#
# **What.** The best extensions of all beginnings.
#
# **Details.** They are ordered, the best first; where fewer than `width` exist, all are returned. The width may be smaller than the number of beginnings, or larger. Of equal scores any may come first. Parents and tokens are int64; no extension occurs twice.
#
# **Why.** Three lines that are wrong in many programs: the state of the wrong parent goes unnoticed, since the sentences still read well.


# %% nbgrader={"grade": false, "grade_id": "expand_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def expand(
    scores: Float[Tensor, "B"], log_probs: Float[Tensor, "B V"], width: int
) -> tuple[Int[Tensor, "K"], Int[Tensor, "K"], Float[Tensor, "K"]]:
    """The best extensions of beginnings by one token.

    Args:
        scores: sums of log-probabilities of the B beginnings, (B,).
        log_probs: log-probabilities of their next tokens, (B, V).
        width: how many extensions are kept at most.

    Returns:
        (parents, tokens, scores) of the K = min(width, B * V) best, the best first: int64, int64, and the sums.
    """
    ### BEGIN SOLUTION
    totals = (scores[:, None] + log_probs).flatten()
    best = totals.topk(min(width, len(totals)))
    return best.indices // log_probs.shape[1], best.indices % log_probs.shape[1], best.values
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "expand", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("expand")

# %% [markdown]
# <a id="hints-expand"></a>
# <details><summary>Hint 1: one list</summary>
#
# `scores[:, None] + log_probs` is (B, V). Flatten it before `topk`: the best of all, not the best of each row.
# </details>
# <details><summary>Hint 2: from the index back</summary>
#
# Place $k$ of the flattened table is row $k // V$ and column $k \bmod V$.
# </details>

# %% [markdown]
# ## 11. Beam search
#
# Two things are left. **Ends.** An extension by END is a finished sentence: it leaves the beam and is written down. The beam that goes on gets smaller by it. Extensions of length `limit` are written down as they are.
#
# **Lengths.** Every further word makes a sum of log-probabilities smaller, so short sentences win without reason. The common remedy divides by a power of the length (Wu et al., 2016, in a simple form):
#
# $$\text{score}(y) = \frac{1}{|y|^{\alpha}} \sum_{m} \log p(y_m \mid \cdot) ,$$
#
# where $|y|$ counts the tokens of *this* sentence, its END among them. $\alpha = 0$ is the plain sum, $\alpha = 1$ the mean. While the beam runs all beginnings have one length and the division would change nothing; among sentences that ended at different times it decides.
# A long sentence can still overtake when others are finished, so the search runs until its beam is empty or the limit is reached.
#
# **Example.** The tiny language of section 9 with $B = 2$ and a limit of 2. Step 1: `a` ($\ln 0.6$), `b` ($\ln 0.4$). Step 2: the sums are 0.24 (`a a`), 0.18 (`a b`), 0.18 (`a` END), 0.36 (`b` END), 0.02, 0.02: the best two are `b` END and `a a`. Both have two tokens: with $\alpha = 1$ the scores are
# $\tfrac12 \ln 0.36 = -0.511$ and $\tfrac12 \ln 0.24 = -0.714$. The list is `[([b], -0.511), ([a, a], -0.714)]`.

# %% [markdown]
# ### Exercise `beam_search`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 8 | 30 min | 0.6 s | everything in PyTorch |
#
# **Difficulty** ●●● · **importance** ●●○
#
# **What.** The search for one source.
#
# **Details.** At each length the `width` best extensions of all beginnings are taken, by their sums. Those by END are finished; those of `limit` tokens too, with all their tokens counted; the others are the beam of the next step, fewer than `width` where some have finished. It ends when no beginning is left or the limit is reached, and not earlier. All that was finished is sorted by
# its own sum divided by its own length to the power alpha, END counted in the length and not written in the list, and the best `width` are returned. The step is asked for all beginnings at once, (B,) tokens and (B, H) states, or for each alone, as you like. With width 1 it finds what greedy finds; with a width of all sentences, the best of all.
# START is a word like any other when it is chosen, unless it is END as well. Among equal scores any may be taken. It is independent of your other exercises.
#
# **Why.** Every translation system of a decade wrote with it.


# %% nbgrader={"grade": false, "grade_id": "beam_search_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def beam_search(
    step: Step,
    state: Float[Tensor, "1 H"],
    start: int,
    end: int,
    width: int,
    limit: int,
    alpha: float = 1.0,
) -> list[tuple[list[int], float]]:
    """The likeliest sentences that a beam finds.

    Args:
        step: step(tokens (B,), states (B, H)) gives (log-probabilities (B, V), states (B, H)).
        state: before the first step, (1, H).
        start: fed first. end: ends a sentence.
        width: extensions kept at each length. limit: tokens at most. alpha: power of the length.

    Returns:
        Pairs (tokens without start and end, score), the best first, at most `width` of them.

    Source: Graves (2012); Wu et al. (2016), section 7.
    """
    ### BEGIN SOLUTION
    beginnings: list[list[int]] = [[]]
    sums, tokens, found = torch.zeros(1), torch.tensor([start]), []
    for length in range(1, limit + 1):
        log_probs, state = step(tokens, state)
        totals = (sums[:, None] + log_probs).flatten()
        best = totals.topk(min(width, len(totals)))
        parents, chosen = best.indices // log_probs.shape[1], best.indices % log_probs.shape[1]
        kept, extended = [], []
        for place, (parent, token) in enumerate(zip(parents.tolist(), chosen.tolist(), strict=True)):
            words = beginnings[parent] + [token] * (token != end)
            if token == end or length == limit:
                found.append((words, best.values[place].item() / length**alpha))
            else:
                kept.append(place)
                extended.append(words)
        if not kept:
            break
        beginnings, sums, tokens, state = extended, best.values[kept], chosen[kept], state[parents[kept]]
    return sorted(found, key=lambda pair: -pair[1])[:width]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "beam_search", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check("beam_search")

# %% [markdown]
# <a id="hints-beam_search"></a>
# <details><summary>Hint 1: what goes on</summary>
#
# Four things have to stay in step: the beginnings, their sums, their last tokens, and their states. Choose all four by the same list of places; the state by the *parents*.
# </details>
# <details><summary>Hint 2: finished sentences</summary>
#
# Write them down with their own length at that moment, and take them out of the beam. Do not stop because there are enough of them.
# </details>
# <details><summary>Hint 3: at the limit</summary>
#
# What has not said END by then is also written down, divided by its length like the others.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_beam_tree", "locked": true, "schema_version": 3, "solution": false, "task": false}
LANGUAGE = torch.tensor([[0.0, 0.6, 0.4], [0.3, 0.4, 0.3], [0.9, 0.05, 0.05]]).clamp(min=1e-9).log()  # END, a, b after START, a, b
LETTERS = ["END", "a", "b"]


def tiny_step(tokens, state):
    """The language of section 9: END is 0, a is 1, b is 2; START is 0 too."""
    return LANGUAGE[tokens], state


wide, depth = 2, 3
chosen = beam_search(tiny_step, torch.zeros(1, 1), 0, 0, wide, depth, alpha=0.0)
every = beam_search(tiny_step, torch.zeros(1, 1), 0, 0, 3**depth, depth, alpha=0.0)
path = greedy(tiny_step, torch.zeros(1, 1), 0, 0, depth)[0]
_, ax = plt.subplots(figsize=(12, 4.2))


def draw(prefix, low, high, probability):
    """The node of a prefix between two heights, and its children."""
    x, y = len(prefix), (low + high) / 2
    if x == depth or (prefix and prefix[-1] == 0):
        return y
    for token in range(3):
        p = probability * float(LANGUAGE[prefix[-1] if prefix else 0, token].exp())
        child = [*prefix, token]
        is_greedy = child == [*path, 0][: len(child)]
        is_best = [*every[0][0], 0][: len(child)] == child
        in_beam = any([*tokens, 0][: len(child)] == child for tokens, _ in chosen)
        a, b = low + (high - low) * token / 3, low + (high - low) * (token + 1) / 3
        colour = GREEN if is_best else GREY if is_greedy else BLUE if in_beam else "#d8dbe0"
        ax.plot([x, x + 1], [y, (a + b) / 2], color=colour, linewidth=2.5 if is_best or is_greedy or in_beam else 0.8, zorder=0)
        if p > 1e-6:
            ax.text(x + 1, (a + b) / 2, f"{LETTERS[token]} {p:.3f}", fontsize=8, va="center", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})
            draw(child, a, b, p)
    return y


draw([], 0.0, 1.0, 1.0)
ax.set(xlim=(-0.1, depth + 0.5), title="green: the likeliest sentence; grey: greedy's path; blue: the other one in a beam of two")
ax.axis("off")
print("greedy:", " ".join(LETTERS[t] for t in path))
for tokens, score in chosen:
    print(f"beam of two: {' '.join(LETTERS[t] for t in tokens)}, probability {math.exp(score):.3f}")
print(f"likeliest of all: {' '.join(LETTERS[t] for t in every[0][0])}, probability {math.exp(every[0][1]):.3f}")
show(
    "A tree of three steps with three branches at each node, probabilities of the beginnings at the nodes. A green path leads over b to END, with 0.36. A grey one, "
    "greedy's, goes over a, a and a, and ends at 0.096."
)


# %% [markdown]
# **Notice** that greedy's first step was the right one for the first word and the wrong one for the sentence: its path ends at 0.096, and the sentence `b` has 0.36. A beam of two finds it, since it carries the second best beginning for one step longer.

# %% [markdown]
# ## 12. Numbers in words
#
# A task of which every answer is known: 4207 is `four thousand two hundred seven`. The source is the digits, the target the words. 9,999 numbers exist; the network sees 1,500 of them, we choose by 300 others, and test once on 500 that it has never seen.

# %% nbgrader={"grade": false, "grade_id": "given_speller", "locked": true, "schema_version": 3, "solution": false, "task": false}
SMALL = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
WORDS = ["PAD", "START", "END", *SMALL, *TENS, "hundred", "thousand"]


def in_words(number: int) -> list[str]:
    """A number from 1 to 9,999 in English words."""
    words: list[str] = []
    for value, name in ((1000, "thousand"), (100, "hundred")):
        if number >= value:
            words += [SMALL[number // value - 1], name]
            number %= value
    if number >= 20:
        words.append(TENS[number // 10 - 2])
        number %= 10
    return words + ([SMALL[number - 1]] if number else [])


def number_batches(
    numbers: Sequence[int], batch_size: int = 50
) -> list[tuple[Int[Tensor, "N S"], Int[Tensor, "N"], Int[Tensor, "N M"], Int[Tensor, "N"]]]:
    """Batches (digits, their lengths, words with END, their lengths), padded with PAD; a digit d is the token d + 1."""
    batches = []
    for place in range(0, len(numbers), batch_size):
        rows = [
            (torch.tensor([int(d) + 1 for d in str(n)]), torch.tensor([*(WORDS.index(w) for w in in_words(n)), END]))
            for n in numbers[place : place + batch_size]
        ]
        parts = []
        for side in zip(*rows, strict=True):
            parts += [nn.utils.rnn.pad_sequence(list(side), batch_first=True), torch.tensor([len(s) for s in side])]
        batches.append(tuple(parts))
    return batches


class Speller(Translator):
    """A translator with both halves joined: model(source, lengths, inputs) -> logits (N, M, V); `step` writes."""

    def start(self, source: Int[Tensor, "N S"], lengths: Int[Tensor, "N"]) -> Float[Tensor, "N H"]:
        """The encoder's state after each source's own last token."""
        packed = nn.utils.rnn.pack_padded_sequence(self.source_vectors(source), lengths, batch_first=True, enforce_sorted=False)
        return self.encoder(packed)[1][0]

    def forward(
        self, source: Int[Tensor, "N S"], lengths: Int[Tensor, "N"], inputs: Int[Tensor, "N M"]
    ) -> Float[Tensor, "N M V"]:
        return super().forward(inputs, self.start(source, lengths))[0]

    def step(self, tokens: Int[Tensor, "N"], state: Float[Tensor, "N H"]) -> tuple[Tensor, Tensor]:
        """Log-probabilities of the next tokens, and the states after them."""
        logits, state = super().forward(tokens[:, None], state)
        return logits[:, 0].log_softmax(1), state


def speller(source_size: int = 11, target_size: int = 32, hidden: int = 96) -> nn.Module:
    """A new network: model(source (N, S), lengths (N,), decoder's inputs (N, M)) -> logits (N, M, V)."""
    return Speller(source_size, target_size, hidden)


# %% [markdown]
# ### Exercise `train_speller`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 6 | 25 min | 2 s | everything in PyTorch |
#
# **Difficulty** ●●○ · **importance** ●●○
#
# **What.** The training loop of a translator.
#
# **Details.** Every epoch goes once through the batches, in their order; the decoder's inputs are START (token 1) and the targets without their last column. The loss of a batch is the mean cross-entropy of the tokens that exist, by the targets' lengths: what stands in the padding counts for nothing, and END counts. Adam, one for all epochs; gradients
# are cleared, clipped to a norm of at most 1, all together, and then comes the step. The network trains in training mode, whatever mode it was in. What is returned for an epoch is the mean of its batches' losses. The grader trains your loop on the same task with digits and words renamed at random: after 12 epochs at least 0.6 of the numbers that it has not seen are right in every word.
#
# **Why.** Put another list of pairs in, and it is a translation system.


# %% nbgrader={"grade": false, "grade_id": "train_speller_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train_speller(
    model: nn.Module, batches: Sequence[tuple[Tensor, Tensor, Tensor, Tensor]], epochs: int = 1, lr: float = 5e-3
) -> list[float]:
    """Train a translator by teacher forcing.

    Args:
        model: model(source (N, S), lengths (N,), inputs (N, M)) gives logits (N, M, V).
        batches: (source (N, S), source lengths (N,), targets (N, M), target lengths (N,)), targets with END at each end.
        epochs: how often. lr: Adam's learning rate.

    Returns:
        The mean loss of each epoch.
    """
    ### BEGIN SOLUTION
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    model.train()
    losses = []
    for _ in range(epochs):
        total = 0.0
        for source, source_lengths, targets, target_lengths in batches:
            first = torch.full_like(targets[:, :1], 1)
            logits = model(source, source_lengths, torch.cat([first, targets[:, :-1]], dim=1))
            valid = torch.arange(targets.shape[1]) < target_lengths[:, None]
            loss = F.cross_entropy(logits[valid], targets[valid])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            total += loss.item()
        losses.append(total / len(batches))
    return losses
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "train_speller", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("train_speller")

# %% [markdown]
# <a id="hints-train_speller"></a>
# <details><summary>Hint 1: which lengths</summary>
#
# The network wants those of the sources, the loss those of the targets.
# </details>
# <details><summary>Hint 2: the loss is near zero after one epoch</summary>
#
# The decoder must not see the word that it is asked for. Are its inputs moved by one?
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_speller", "locked": true, "schema_version": 3, "solution": false, "task": false}
order = torch.randperm(9999, generator=torch.Generator().manual_seed(0)).add(1).tolist()
fit, choose, unseen = order[:1500], order[1500:1800], order[1800:2300]


def exact(network, numbers, search=None):
    """The share of numbers that are right in every word."""
    right = 0
    for source, lengths, targets, target_lengths in number_batches(numbers):
        with torch.no_grad():
            state = network.start(source, lengths)
            if search is None:
                said = greedy(network.step, state, START, END, 9)
            else:
                said = [search(network.step, one[None]) for one in state]
        wanted = [row[: m - 1] for row, m in zip(targets.tolist(), target_lengths.tolist(), strict=True)]
        right += sum(a == b for a, b in zip(said, wanted, strict=True))
    return right / len(numbers)


torch.manual_seed(0)
spelling = speller()
curve = []
for epoch in range(14):
    loss = train_speller(spelling.train(), number_batches(fit), lr=5e-3 if epoch < 11 else 1e-3)[0]
    curve.append(exact(spelling.eval(), choose))
    print(f"\repoch {epoch + 1:2}: loss {loss:.3f}, right {curve[-1]:.2f}", end="", file=sys.stderr, flush=True)
_, ax = plt.subplots(figsize=(8, 3.2))
ax.plot(range(1, 15), curve, color=BLUE, marker="o")
ax.set(xlabel="epoch", ylabel="right in every word", ylim=(0, 1.02), title="300 numbers that were not trained on")
print(f"after 14 epochs: {curve[-1]:.3f} of the validation numbers are right in every word")
show("Share of unseen numbers spelt right against the epoch. It is below 0.1 for a few epochs, then rises steeply and ends near 1.")


# %% [markdown]
# **Notice** that after 14 epochs 0.987 of the validation numbers are right in every word. The network has seen 15% of all numbers. It has not learnt them by heart, it has learnt to read digits by their place.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_by_position", "locked": true, "schema_version": 3, "solution": false, "task": false}
errors_forced, errors_free, count = torch.zeros(8), torch.zeros(8), torch.zeros(8)
torch.manual_seed(1)
weak = speller()
train_speller(weak, number_batches(fit), epochs=5)
weak.eval()
for source, lengths, targets, target_lengths in number_batches(choose):
    with torch.no_grad():
        state = weak.start(source, lengths)
        inputs = torch.cat([torch.full_like(targets[:, :1], START), targets[:, :-1]], 1)
        forced = weak(source, lengths, inputs).argmax(2)
        said = greedy(weak.step, state, START, END, 9)
    for row, m, words, guess in zip(targets.tolist(), target_lengths.tolist(), said, forced.tolist(), strict=True):
        for place in range(m):
            count[place] += 1
            errors_forced[place] += guess[place] != row[place]
            errors_free[place] += [*words, END, *[PAD] * 9][place] != row[place]
_, ax = plt.subplots(figsize=(8, 3.2))
ax.plot(errors_forced / count.clamp(min=1), color=ORANGE, marker="o", label="true words before (teacher forcing)")
ax.plot(errors_free / count.clamp(min=1), color=BLUE, marker="o", label="own words before (free)")
ax.set(xlabel="position of the word", ylabel="wrong", title="a network after five epochs, 300 numbers that were not trained on")
ax.legend()
print(f"wrong words, the true ones before: {float(errors_forced.sum() / count.sum()):.3f}")
print(f"wrong words, its own before: {float(errors_free.sum() / count.sum()):.3f}")
show("Share of wrong words by position, with the true words before and with the network's own. Both begin low; with its own words the share grows with the position and lies above the other one.")


# %% [markdown]
# **Notice** that the same network is wrong in 0.07 of the words when it is told the true ones before, and in 0.13 when it has to live with its own. One wrong word leads to the next: in training it has never seen its own mistakes. This is called **exposure bias**.
#
# <details><summary>Why is the validation loss of such models often below the training loss?</summary>
#
# Teacher forcing is used for both, so neither measures free writing; and where dropout is on in training alone, the training loss is measured with a handicap. It is no sign of a mistake.
# </details>

# %% [markdown]
# ## 13. An honest forecast
#
# Monthly prices of four shares, 2000 to 2010. Many notebooks on the internet forecast such prices with an LSTM, and the curve lies beautifully on the true one. Chapter 7 has shown why: persistence does too. This exercise is about *honesty*. No model here is asked to win, and none will by much.
#
# **Walking forwards.** Choose a first month to forecast. Fit on what was known before it, forecast; then go on, and every `refit` months fit again on all that is known by then. With a horizon of $h$ the forecast for month $t$ is made at the end of month $t - h$, so values up to $t - h$ are known and nothing later:
# not as inputs, not in the mean and deviation that scale them, and **not as targets of the training windows** (the last training target is the value of $t - h$, not of $t - 1$).
#
# | $h = 2$, $W = 3$, forecast for $t = 7$ | 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 |
# |---|---|---|---|---|---|---|---|---|
# | known | ● | ● | ● | ● | ● | ● | | |
# | window of the forecast | | | | ● | ● | ● | | |
# | first training window, its target | w | w | w | | y | | | |
# | last training window, its target | | w | w | w | | y | | |

# %% [markdown]
# ### Exercise `walk_forward`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 5 | 25 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** Forecasts by walking forwards, and their errors beside those of persistence.
#
# **Details.** Blocks of `refit` months begin at `start`; the last may be shorter. At the beginning $b$ of a block the values `series[: b - horizon + 1]` are known: of them alone come mean and standard deviation (`correction=0`), all training windows, and their targets. What is known is never constant: the deviation is above 0. The forecaster sees standardised numbers only, in training and in its queries, and is called once for each block; a query for month $t$ is the
# window of the `width` values that end at $t - h$. Its answers are brought back to the series' own units. In the errors the *skill* is $1 - \mathrm{MSE}/\mathrm{MSE}_\text{persistence}$: 1 is perfect, 0 no better than persistence, negative worse. The series has float32 or float64, and the forecasts have the same.
#
# **Why.** Leaks through scaling, through the split and through overlapping targets are the commonest reasons for results that nobody can repeat.


# %% nbgrader={"grade": false, "grade_id": "walk_forward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
Forecaster = Callable[[Float[Tensor, "M W"], Float[Tensor, "M"], Float[Tensor, "Q W"]], Float[Tensor, "Q"]]


def walk_forward(
    forecaster: Forecaster,
    series: Float[Tensor, "T"],
    width: int,
    start: int,
    refit: int,
    horizon: int = 1,
) -> Float[Tensor, "T-start"]:
    """Forecasts of series[start:], each made from what was known `horizon` steps before.

    Args:
        forecaster: forecaster(windows, targets, queries) fits to windows and targets and answers the queries, all
            standardised.
        series: (T,), with start - horizon + 1 >= width + horizon.
        width: values in a window. start: first time that is forecast. refit: forecasts between two fits.
        horizon: steps from the last value of a window to its target, at least 1.

    Returns:
        (T - start,): the forecasts of series[start:], in the units of the series.

    Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, section 5.10.
    """
    ### BEGIN SOLUTION
    forecasts = []
    for block in range(start, len(series), refit):
        known = series[: block - horizon + 1]
        mean, deviation = known.mean(), known.std(correction=0)
        scaled = (series - mean) / deviation
        past = scaled[: len(known)]
        windows = past[: len(past) - horizon].unfold(0, width, 1)
        targets = past[width + horizon - 1 :]
        times = range(block, min(block + refit, len(series)))
        queries = torch.stack([scaled[t - horizon - width + 1 : t - horizon + 1] for t in times])
        forecasts.append(forecaster(windows, targets, queries) * deviation + mean)
    return torch.cat(forecasts)
    ### END SOLUTION


def forecast_errors(
    forecasts: Float[Tensor, "M"], truth: Float[Tensor, "M"], persistence: Float[Tensor, "M"]
) -> tuple[float, float, float]:
    """Errors of forecasts.

    Args:
        forecasts, truth, persistence: what was forecast, what came, and what persistence would have forecast, (M,).

    Returns:
        (root mean squared error, mean absolute error, skill), with skill = 1 - MSE / MSE of persistence.
    """
    ### BEGIN SOLUTION
    squared = (forecasts - truth).square().mean()
    skill = 1 - squared / (persistence - truth).square().mean()
    return float(squared.sqrt()), float((forecasts - truth).abs().mean()), float(skill)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "walk_forward", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("walk_forward")

# %% [markdown]
# <a id="hints-walk_forward"></a>
# <details><summary>Hint 1: what is known</summary>
#
# For the block that begins at $b$ the last known value is that of $b - h$: the slice ends at $b - h + 1$. For $h = 1$ it is `series[:b]`.
# </details>
# <details><summary>Hint 2: windows and targets of one number</summary>
#
# $K$ known values give $K - W - h + 1$ pairs: the target of the window that begins at $j$ is the value at $j + W + h - 1$.
# </details>
# <details><summary>Hint 3: queries later in the block</summary>
#
# They may use values that came after the last fit: these were known when the forecast was made. They are scaled by the mean and deviation of the fit.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_prices", "locked": true, "schema_version": 3, "solution": false, "task": false}
names, prices = load_prices()


def least_squares(windows, targets, queries):
    """A linear forecast of the next value from the window."""
    ones = torch.ones(len(windows), 1)
    weights = torch.linalg.lstsq(torch.cat([windows, ones], 1), targets[:, None]).solution
    return (torch.cat([queries, torch.ones(len(queries), 1)], 1) @ weights)[:, 0]


def gru_forecast(windows, targets, queries):
    """A small GRU, fitted anew."""
    torch.manual_seed(0)
    network = memory_net("gru", 1, 12)
    train_memory(network, [(windows[:, :, None], targets)] * 60, lr=1e-2)
    with torch.no_grad():
        return network(queries[:, :, None])


START_MONTH, WIDTH = 84, 6
_, ax = plt.subplots(figsize=(10, 3.4))
for number, name in enumerate(names):
    series = prices[number]
    truth, before = series[START_MONTH:], series[START_MONTH - 1 : -1]
    for label, forecaster in (("least squares", least_squares), ("GRU", gru_forecast)):
        forecasts = walk_forward(forecaster, series, WIDTH, START_MONTH, 12)
        rmse, mae, skill = forecast_errors(forecasts, truth, before)
        print(f"{name}, {label}: skill against persistence {skill:+.2f}, root mean squared error {rmse:.2f}")
        if name == "MSFT":
            ax.plot(forecasts, color=ORANGE if label == "GRU" else BLUE, label=label)
    if name == "MSFT":
        ax.plot(truth, color="black", marker=".", linewidth=1, label="truth")
        ax.plot(before, color=GREY, linestyle="--", label="persistence")
ax.set(xlabel="months since January 2007", ylabel="price", title="Microsoft, one month ahead, fitted again every year")
ax.legend()
show("Prices of Microsoft from 2007 on and three forecasts a month ahead. All curves lie close together, and each forecast follows the truth about a month late.")


# %% [markdown]
# **Notice** the column of skills: all eight are negative, from $-0.14$ down to $-3.7$. The linear forecasts lose a little against persistence, and the GRU loses most where a price rose far above all that it had been fitted on (Apple, Amazon). Yet every curve in the figure "lies on the truth".
#
# <details><summary>A skill of -0.3: is the programme wrong?</summary>
#
# Not necessarily. Prices of shares are nearly a random walk, for which persistence is the best forecast; every weight that is fitted adds noise. If your skill is far *above* zero, look for the leak first.
# </details>

# %% [markdown]
# ## 14. Once, the test
#
# All choices are made. Now the 500 numbers that nothing has seen.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_test", "locked": true, "schema_version": 3, "solution": false, "task": false}
print(f"numbers right in every word, greedy: {exact(spelling, unseen):.3f}")
print(f"numbers right in every word, beam of four: {exact(spelling, unseen, lambda step, state: beam_search(step, state, START, END, 4, 9)[0][0]):.3f}")


# %% [markdown]
# **Notice** that 0.976 of the 500 are right, a little less than the 0.987 by which we chose, and that a beam of four finds no more than greedy does: a network that is sure of itself leaves nothing to search for.

# %% [markdown]
# ## 15. Explore
#
# Not graded. Guess first, then run. A wider beam finds more probable sentences. Does it find *better* ones? Take networks of one epoch and of five, which are not sure of themselves, and search with widths of 1, 3 and 100, without division by the length. After five epochs, how many numbers are right with 100?

# %%
my_share = None

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_width", "locked": true, "schema_version": 3, "solution": false, "task": false}
few = number_batches(choose[:20])


def searched(network, width):
    """Mean log-probability and length of the best sentences, and the share that is right."""
    scores, lengths_found, right = [], [], 0
    for source, lengths, targets, target_lengths in few:
        with torch.no_grad():
            for n, state in enumerate(network.start(source, lengths)):
                tokens, score = beam_search(network.step, state[None], START, END, width, 9, alpha=0.0)[0]
                scores.append(score)
                lengths_found.append(len(tokens))
                right += tokens == targets[n, : target_lengths[n] - 1].tolist()
    return sum(scores) / 20, sum(lengths_found) / 20, right / 20


for epochs in (1, 5):
    networks = []
    for seed in range(3):
        torch.manual_seed(seed)
        networks.append(speller())
        train_speller(networks[-1], number_batches(fit), epochs=epochs)
        networks[-1].eval()
    for width in (1, 3, 100):
        found = [searched(network, width) for network in networks]
        score, words, right = (median_of(column) for column in zip(*found, strict=True))
        print(f"epochs {epochs}, width {width}: right {right:.2f}")
        print(f"epochs {epochs}, width {width}: words {words:.2f}, log-probability {score:.2f}")
print(f"your guess: {my_share}")


# %% [markdown]
# **Notice** two opposite answers (medians of three networks each). After five epochs a beam of 3 has 0.70 right where greedy has 0.50, and a beam of 100 finds nothing better than 3 does. After one epoch nothing is right, and the beam of 100 finds sentences that are more probable (-6.4 instead of -7.3) *and much too short*: 3.00 words where greedy writes 5.05. In large translation systems this is strong enough to have a name, the beam search curse: the *most probable* translation of a sentence is often the empty one (Stahlberg and Byrne, 2019). A search that is too good uncovers what is wrong with the model.
#
# More to try: `alpha` of 0.5 and 1 in the loop above; reversed sources, `source.flip(1)`, which Sutskever, Vinyals and Le found to help; numbers up to 999 for training and 9,999 for the test; an LSTM in the place of the GRU.

# %% [markdown]
# ## 16. Written questions
#
# Answer in your own words, in about 150 words each. A figure or a number from this notebook is worth more than a quotation.

# %% [markdown]
# ### Question 1: what a gate of one means (5 points)
#
# 1. In an LSTM all forget gates are 1 and all input gates 0 for a hundred steps. What happens to the cell state and to its gradient, and can the outputs still change? (2 points)
# 2. Somebody says: "The forget gate was 0.9 at every step, so the network remembers nearly everything." Judge this for 50 steps, with a number. (1 point)
# 3. Why does the bias of the forget gate at the start matter, although training could change it? Use a number of section 7. (2 points)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written_gates", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Model answer.** The cell stays exactly what it was, and the derivative of the last cell in the first is 1: nothing goes in, nothing is lost. Outputs can change all the same: $h = o \odot \tanh c$, and the output gate still depends on the inputs and on $h$.
#
# $0.9^{50} = 0.005$. After 50 steps half a percent is left of it: a gate has to be very near 1 to hold over long times; for a half-life of 50 steps it needs 0.986.
#
# With a bias of 0 the gates begin at 0.5, and the gradient of what lies 40 steps back has a factor $0.5^{40} \approx 10^{-12}$: the signal that would open the gate does not arrive. With 1 much more of it does (0.0004 of the last step's). In section 7 the best of three LSTMs with a bias of 0 still has an error of 0.047 after 400 batches, the worst with a bias of 1 has 0.017.
#
# **Marks.**
# - Part 1: 1 for "cell unchanged, derivative 1"; 1 for "outputs can change through o". "1 means forget": 0 of 2.
# - Part 2: 1 for a number of the right size.
# - Part 3: 1 for the vanishing gradient of the gate itself; 1 for a number or figure of section 7.
# ### END SOLUTION

# %% [markdown]
# ### Question 2: why a wider beam can be worse (5 points)
#
# 1. Does beam search with width $B$ find the likeliest sentence? When surely? (1 point)
# 2. Give two reasons why a wider beam can give worse translations though it finds more probable sentences. (2 points)
# 3. What does division by the length change, and what does it not mend? Why may one not divide by the current step, the same for all? (2 points)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written_beam", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Model answer.** Not in general: a beginning that drops out of the beam never comes back. Surely when nothing is ever dropped, that is with a width of all beginnings.
#
# Every further word lowers the sum of log-probabilities, so sums prefer short sentences; a wide beam finds the short and the empty ones that a narrow one never reaches. And the model's probabilities are not the quality of a translation: trained by teacher forcing it has never been asked to rank whole sentences, and among very many candidates some wrong one has a high score by accident.
#
# Division by the length to a power compares sentences of different lengths fairly, or even favours long ones. It does not mend the model's probabilities. Divided by the same number for all, the order stays what it was, so nothing would change: each sentence needs its own length.
#
# **Marks.**
# - Part 1: 1 for "no, except when nothing is dropped".
# - Part 2: 1 for the short sentences; 1 for model score against quality. "It takes longer": 0.
# - Part 3: 1 for comparing lengths and what stays wrong; 1 for "the same divisor changes no order".
# ### END SOLUTION

# %% [markdown]
# ## What you have read about
#
# - S. Hochreiter and J. Schmidhuber (1997), *Long short-term memory*; F. Gers, J. Schmidhuber and F. Cummins (2000), *Learning to forget: continual prediction with LSTM*; R. Jozefowicz, W. Zaremba and I. Sutskever (2015), *An empirical exploration of recurrent network architectures*.
# - K. Cho et al. (2014), *Learning phrase representations using RNN encoder-decoder for statistical machine translation*; I. Sutskever, O. Vinyals and Q. Le (2014), *Sequence to sequence learning with neural networks*; M. Schuster and K. Paliwal (1997), *Bidirectional recurrent neural networks*.
# - Q. Le, N. Jaitly and G. Hinton (2015), *A simple way to initialize recurrent networks of rectified linear units*; M. Arjovsky, A. Shah and Y. Bengio (2016), *Unitary evolution recurrent neural networks*; O. Melamud, J. Goldberger and I. Dagan (2016), *context2vec*.
# - A. Graves (2012), *Sequence transduction with recurrent neural networks*; Y. Wu et al. (2016), *Google's neural machine translation system*; F. Stahlberg and B. Byrne (2019), *On NMT search errors and model errors*.
# - R. Hyndman and G. Athanasopoulos, *Forecasting: Principles and Practice*.
