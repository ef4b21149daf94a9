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
# # Chapter 5. Convolutional networks
#
# You look for a word on a page by sliding the same glance over every line. A convolutional network reads an
# image that way: one small detector visits every place, and layers of such detectors see strokes, then
# corners, then digits. Here you build one from its parts: the detector and its gradient, the layers beside
# it, the optimiser that trains it, and a network that reads handwriting.
#
# | | exercise | points | minutes |
# |---|---|---|---|
# | 1 | `conv_arithmetic`: sizes and receptive fields | 5 | 15 |
# | 2 | `conv1d`: a window slides along one axis | 3 | 20 |
# | 3 | `conv2d`: the convolution | 9 | 30 |
# | 4 | `conv1d_backward`: a gradient by hand, along one axis | 3 | 20 |
# | 5 | `conv2d_backward`: the convolution's gradient | 9 | 30 |
# | 6 | `pooling`: max, average, global, and a gradient | 10 | 30 |
# | 7 | `batch_norm`: batch normalisation | 10 | 30 |
# | 8 | `dropout`: inverted dropout | 5 | 10 |
# | 9 | `cross_entropy`: stable, with label smoothing | 6 | 20 |
# | 10 | `adam`: the optimiser, two kinds of weight decay | 8 | 30 |
# | 11 | `lenet5`: the network of 1998 | 6 | 15 |
# | 12 | `augment`: new images from old | 5 | 30 |
# | 13 | `train_classifier`: the training loop | 9 | 25 |
# | 14 | two written questions | 6 + 6 | 30 |

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
# - What you are given stays as it is, unless the card says otherwise, and may be any view: transposed, sliced
#   or expanded. Results have the dtype of the input, float64 too, and a batch may hold a single image.
# - Hints are folded below the check: read one at a time.
# - Images are (N, C, H, W): batch, channel, row, column. A pair such as `stride=(2, 1)` is (vertical,
#   horizontal).
# - Cells that draw figures are not graded. Change their numbers and see what happens. Some are folded to
#   one line and three dots: run them all the same, and click on the dots to read them.
# - In a terminal, in this folder, `selfcheck` checks the whole notebook at once; `selfcheck -k conv2d` checks
#   one exercise.

# %% nbgrader={"grade": false, "grade_id": "given_imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from selfcheck import check


# %% nbgrader={"grade": false, "grade_id": "given_pair", "locked": true, "schema_version": 3, "solution": false, "task": false}
def pair(value: int | tuple[int, int]) -> tuple[int, int]:
    """`3` means `(3, 3)`; a pair `(vertical, horizontal)` stays as it is."""
    return (value, value) if isinstance(value, int) else (value[0], value[1])


# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
import matplotlib.pyplot as plt
from matplotlib.patches import Rectangle

from selfcheck.data import load_digits
from selfcheck.plots import show

BLUE, ORANGE, GREEN, RED = "#2f6db3", "#e07b16", "#2a9265", "#c43c39"
GREY, FAINT, PALE = "#8a8f98", "#c9ced6", "#cfe0f3"
torch.set_num_threads(1)  # networks this small lose more time to sharing work than they gain
# An opaque light page keeps every figure legible in a dark theme too.
plt.rcParams.update({"figure.facecolor": "white", "figure.constrained_layout.use": True, "figure.dpi": 90})
plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 10})
plt.rcParams.update({"font.size": 10, "legend.frameon": False})


def show_images(axes, images, titles=None, cmap="gray_r", **limits):
    """One image (H, W) on each axis, in a thin frame."""
    for i, (ax, image) in enumerate(zip(axes, images, strict=False)):
        ax.imshow(image.detach(), cmap=cmap, **limits)
        ax.set(xticks=[], yticks=[], title=titles[i] if titles else None)
        ax.spines[:].set(visible=True, color=FAINT)


def show_numbers(ax, values, title="", frame=None, cmap="Blues"):
    """A matrix as a table of its numbers; frame = (row, column, height, width) of a window to mark."""
    ax.imshow(values, cmap=cmap, alpha=0.45)
    for i, row in enumerate(values.tolist()):
        for j, value in enumerate(row):
            ax.text(j, i, f"{value:g}", ha="center", va="center", fontsize=12)
    if frame is not None:
        row, column, height, width = frame
        corner = (column - 0.5, row - 0.5)
        ax.add_patch(Rectangle(corner, width, height, fill=False, edgecolor=ORANGE, linewidth=3.5))
    ax.set(xticks=[], yticks=[], title=title)
    ax.spines[:].set_visible(False)


# %% [markdown]
# ### The data
#
# 1,797 handwritten digits of 8x8 pixels, scanned in the 1990s and kept in scikit-learn. 360 of them are the
# test set, the same ones in every run. We lock it away: it is used once, in the last run of section 12. Of the 1,437 others, 300
# are the **validation** set. Every accuracy until then, and every choice, is made on those.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_data", "locked": true, "schema_version": 3, "solution": false, "task": false}
digits = load_digits()
train_images, train_labels = digits.train_images[:-300], digits.train_labels[:-300]
val_images, val_labels = digits.train_images[-300:], digits.train_labels[-300:]
print(
    f"training images: {len(train_images)}, validation images: {len(val_images)}, numbers an image: {val_images[0].numel()}"
)
_, axes = plt.subplots(2, 12, figsize=(10, 2.1))
show_images(axes.flat, digits.train_images[:24, 0], [str(int(label)) for label in digits.train_labels[:24]])
show("Twenty-four handwritten digits of 8 by 8 grey pixels with their labels; most can be read, some hardly.")

# %% [markdown]
# **Notice** how little there is: 64 numbers an image, and yet you read most of them. Some you would not: an
# 8x8 scan keeps no more than a stroke's place and thickness. Keep those in mind for the end, when we look at
# where the network errs.

# %% [markdown]
# ## 1. From a dense layer to a sliding window
#
# A dense layer from a 32x32 image to 28x28 outputs has $1024 \cdot 784 = 802{,}816$ weights. Two beliefs
# about images remove nearly all of them.
#
# **Locality.** What stands at a place is told by the pixels near it: output $(i, j)$ reads only a window of
# $k_h \times k_w$ pixels.
#
# **Sharing.** A stroke is a stroke wherever it stands: every window uses the same weights.
#
# Of 802,816 weights, 25 remain for a 5x5 window. What is left is the convolution (strictly: the
# cross-correlation)
#
# $$y_{ij} = \sum_{u=0}^{k_h-1} \sum_{v=0}^{k_w-1} w_{uv}\, x_{i+u,\,j+v} .$$

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_window", "locked": true, "schema_version": 3, "solution": false, "task": false}
x = torch.tensor([[1.0, 2, 0], [0, 1, 3], [2, 0, 1]])
w = torch.tensor([[1.0, 0], [2, -1]])
_, axes = plt.subplots(1, 6, figsize=(13, 2.5), width_ratios=[1, 1.5, 1.5, 1.5, 1.5, 1])
show_numbers(axes[0], w, "kernel w", cmap="Oranges")
y = torch.zeros(2, 2)
for ax, (i, j) in zip(axes[1:5], [(0, 0), (0, 1), (1, 0), (1, 1)], strict=True):
    window = x[i : i + 2, j : j + 2]
    y[i, j] = (window * w).sum()
    products = [f"{a:g}·{b:g}" for a, b in zip(window.flatten(), w.flatten(), strict=True)]
    show_numbers(ax, x, " + ".join(products).replace("·-1", "·(-1)") + f" = {y[i, j]:g}", frame=(i, j, 2, 2))
show_numbers(axes[5], y, "output y", cmap="Greens")
for ax in axes:
    ax.title.set_fontsize(9)
print(
    f"lower left output: {y[1, 0]:g}; under the kernel turned by 180 degrees: {(x[1:, :2] * w.flip(0, 1)).sum():g}"
)
show(
    "A 2 by 2 kernel, four pictures of a 3 by 3 image in which the window under the kernel is framed, "
    "with the products that are added up, and the 2 by 2 output 0, 1, 4, 0."
)

# %% [markdown]
# **Notice** that the kernel is laid on the image as it is, not turned round: turned, it would give 2 instead of 4 at the lower
# left. In mathematics a convolution
# turns it by 180 degrees; deep learning does not, because the weights are learned and would come out turned
# anyway.

# %% [markdown]
# ### The same layer as a matrix
#
# A convolution is still linear, so it is a matrix. Lay the image out as one long vector $\mathbf{x}$ and the
# output as $\mathbf{y}$; then $\mathbf{y} = T\mathbf{x}$, where each row of $T$ is one place of the window.
# We draw $T$ for a 2x2 kernel on a 4x4 image.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_matrix", "locked": true, "schema_version": 3, "solution": false, "task": false}
T = torch.zeros(9, 16)
for row in range(9):
    i, j = divmod(row, 3)
    for u in range(2):
        for v in range(2):
            T[row, 4 * (i + u) + j + v] = 1 + 2 * u + v
_, ax = plt.subplots(figsize=(8.4, 4.6))
ax.imshow(T, cmap=plt.matplotlib.colors.ListedColormap(["#eef0f3", BLUE, "#8db9e8", ORANGE, "#f5c08a"]))
for row, column in T.nonzero().tolist():
    u, v = divmod(int(T[row, column]) - 1, 2)
    ax.text(column, row, f"$w_{{{u}{v}}}$", ha="center", va="center", color="black" if v else "white")
ax.set(xticks=range(16), yticks=range(9), xlabel="input pixel, row by row", ylabel="output pixel, row by row")
ax.set_xticks([c - 0.5 for c in range(1, 16)], minor=True)
ax.set_yticks([r - 0.5 for r in range(1, 9)], minor=True)
ax.grid(which="minor", color="white")
ax.tick_params(which="both", length=0)
ax.spines[:].set_visible(False)
print(
    f"entries: {T.numel()}, of them not zero: {len(T.nonzero())}, different numbers among those: {len(T.unique()) - 1}"
)
show(
    "A matrix of 9 rows and 16 columns. Each row holds the four weights of the kernel, one column further "
    "right than in the row above, with a step where the window begins a new row of the image; all other "
    "entries are empty."
)

# %% [markdown]
# **Notice** the diagonals: 144 entries, of which only four numbers are free. The empty places are locality,
# the repeats are sharing. A matrix that is constant along its diagonals is called Toeplitz. This one is not, as a
# whole: it is made of *blocks* that are, and the blocks repeat along its diagonal of blocks. Remember the picture: in section 4 the gradient will be nothing but $T^\top$.

# %% [markdown]
# ## 2. The arithmetic of windows
#
# Where does a window fit? Four numbers decide along each axis: the **kernel size** $k$, the **stride** $s$
# (how far it moves), the **padding** $p$ (zeros put around the image, on each side) and the **dilation** $d$
# (the step between the pixels it reads).

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_padding", "locked": true, "schema_version": 3, "solution": false, "task": false}
_, axes = plt.subplots(1, 4, figsize=(12, 3.4))
cases = [(0, 1, 1), (1, 1, 1), (1, 2, 1), (0, 1, 2)]
for ax, (padding, stride, dilation) in zip(axes, cases, strict=True):
    extent = 2 * dilation + 1
    starts = range(-padding, 5 + padding - extent + 1, stride)
    for i in range(-padding, 5 + padding):
        for j in range(-padding, 5 + padding):
            inside = 0 <= i < 5 and 0 <= j < 5
            colours = (
                {"facecolor": PALE, "edgecolor": "white"} if inside else {"fill": False, "edgecolor": FAINT}
            )
            ax.add_patch(Rectangle((j, i), 1, 1, zorder=2 if inside else 1, **colours))
    first = starts[0]
    for u in range(3):
        for v in range(3):
            corner = (first + v * dilation, first + u * dilation)
            ax.add_patch(Rectangle(corner, 1, 1, facecolor=ORANGE, alpha=0.65, zorder=3))
    frame = Rectangle((first, first), extent, extent, fill=False, edgecolor=ORANGE, linewidth=2.5, zorder=3)
    ax.add_patch(frame)
    centres = [start + extent / 2 for start in starts]
    for row in centres:
        ax.scatter(centres, [row] * len(centres), color="black", s=16, zorder=4)
    name = f"padding {padding}, stride {stride}, dilation {dilation}"
    ax.set(
        xlim=(-1.2, 6.2),
        ylim=(6.2, -1.2),
        aspect="equal",
        title=f"{name}\n{len(starts)} x {len(starts)} places",
    )
    ax.axis("off")
    print(f"{name}: {len(starts)} places along an axis, a window of {extent}x{extent}")
show(
    "Four pictures of a 3 by 3 kernel on a 5 by 5 image: without padding it has 3 by 3 places, with "
    "padding 1 it has 5 by 5, with padding 1 and stride 2 it has 3 by 3, and with dilation 2 a single "
    "place, whose nine pixels lie apart."
)

# %% [markdown]
# A 3x3 kernel on a 5x5 image. Orange is the first window, a black dot marks the centre of each place it
# visits.
#
# **Notice** the second panel: padding 1 keeps the size with a 3x3 kernel, since the centre may now stand on
# the border. In the third, stride 2 visits every second place. In the fourth, nine weights look at a 5x5
# area.

# %% [markdown]
# ### How many places?
#
# Count along one axis. A dilated kernel reaches over $e = d\,(k-1) + 1$ pixels, and the padded input has
# $n + 2p$. The first window starts at 0 and the last may start no later than $n + 2p - e$. Starts are $s$
# apart, so there are
#
# $$n_\text{out} = \left\lfloor \frac{n + 2p - d\,(k - 1) - 1}{s} \right\rfloor + 1 .$$
#
# **Example.** $n = 7$, $k = 3$, $s = 2$, $p = 0$, $d = 1$: the windows start at 0, 2 and 4, and
# $\lfloor (7 - 2 - 1) / 2 \rfloor + 1 = 3$. With $n = 8$ they are still three: the last pixel is never read.

# %% [markdown]
# ### How far does a pixel see?
#
# Stack layers, and a pixel high up depends on a widening stretch of the input, its **receptive field** $r$.
# Follow one pixel downwards.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_receptive_field", "locked": true, "schema_version": 3, "solution": false, "task": false}
layers = [(3, 1), (2, 2), (3, 1), (2, 2), (3, 1)]  # kernel size and stride, from the input upwards
sizes, offsets, steps = [26], [0.0], [1]
for kernel_size, stride in layers:
    sizes.append((sizes[-1] - kernel_size) // stride + 1)
    offsets.append(offsets[-1] + steps[-1] * (kernel_size - 1) / 2)
    steps.append(steps[-1] * stride)


def receptive_width(stack):
    """Input pixels below one output pixel, counted by walking down."""
    width = 1
    for kernel_size, stride in reversed(stack):
        width = (width - 1) * stride + kernel_size
    return width


places = [[offsets[k] + steps[k] * i for i in range(sizes[k])] for k in range(len(sizes))]
_, ax = plt.subplots(figsize=(11, 3.6))
seen = {1}
for level in range(len(layers), -1, -1):
    colours = [ORANGE if i in seen else "#d5d9df" for i in range(sizes[level])]
    ax.scatter(places[level], [level] * sizes[level], s=70, color=colours, zorder=3)
    kernel_size, stride = layers[level - 1]
    ax.text(
        -1.2, level, f"kernel {kernel_size}, stride {stride}" if level else "input", ha="right", va="center"
    )
    ax.text(26.2, level, f"{len(seen)} seen", va="center", color=ORANGE)
    if level:
        reads = [(i, i * stride + u) for i in seen for u in range(kernel_size)]
        for i, below in reads:
            ax.plot([places[level][i], places[level - 1][below]], [level, level - 1], color=ORANGE, lw=0.9)
        seen = {below for _, below in reads}
ax.set_xlim(-6.5, 29)
ax.axis("off")
field_below = receptive_width(layers[:-1])
print(f"input pixels seen: {receptive_width(layers)}, without the top layer: {field_below}")
print(f"the top layer adds {receptive_width(layers) - field_below} input pixels")
show(
    "Five layers above a row of 26 input pixels. Lines lead from one pixel at the top down to all that it "
    "depends on: the fan is 1, 3, 4, 8, 10 and 18 pixels wide from the top layer's own count down to the "
    "input, and opens faster below each layer of stride 2."
)

# %% [markdown]
# **Notice** how the fan opens faster below each stride of 2. A kernel of 3 on top adds 2 pixels *of its own
# input*, but these are 4 input pixels apart by then, so it adds 8. That spacing, the product of the strides
# below, is the **jump** $j$.
#
# So, layer by layer from the input upwards, starting at $r_0 = 1$ and $j_0 = 1$:
#
# $$r_\ell = r_{\ell-1} + d_\ell\,(k_\ell - 1)\, j_{\ell-1}, \qquad j_\ell = j_{\ell-1}\, s_\ell .$$
#
# **Example.** A 3-wide layer with stride 2, then a 3-wide layer with stride 1: $r_1 = 1 + 2 \cdot 1 = 3$,
# $j_1 = 2$, then $r_2 = 3 + 2 \cdot 2 = 7$, $j_2 = 2$.

# %% [markdown]
# ### Exercise `conv_arithmetic`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 5 | 15 min | 0.1 s | Python integers; no tensors needed |
#
# **Difficulty** ●○○ · **importance** ●●○
#
# **What.** The output size along one axis, and receptive field and jump of a stack of layers.
#
# **Details.** All of them are Python `int`s. A kernel that does not fit is a `ValueError`; one that just fits
# has one place, whatever the stride.
#
# **Why.** Most errors you will meet while building networks are wrong sizes; the receptive field tells
# whether a network can see the thing it should name.


# %% nbgrader={"grade": false, "grade_id": "conv_arithmetic_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def conv_output_size(
    size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int:
    """Number of places where a kernel fits along one axis.

    Args:
        size: pixels along the axis.
        kernel_size, stride, padding, dilation: of the layer, along this axis; padding counts one side.

    Returns:
        The output's pixels along the axis.

    Raises:
        ValueError: if the dilated kernel is wider than the padded input.

    Source: Dumoulin and Visin (2016), section 2 and 5.1.
    """
    ### BEGIN SOLUTION
    extent = dilation * (kernel_size - 1) + 1
    if size + 2 * padding < extent:
        raise ValueError(f"a kernel of extent {extent} does not fit in {size} + 2 * {padding} pixels")
    return (size + 2 * padding - extent) // stride + 1
    ### END SOLUTION


def receptive_field(layers: list[tuple[int, int, int]]) -> tuple[int, int]:
    """How much of the input one output pixel sees, along one axis.

    Args:
        layers: (kernel_size, stride, dilation) of each layer, from the input upwards.

    Returns:
        (field, jump): input pixels that one output pixel depends on, and input pixels between
        two neighbouring output pixels. (1, 1) for no layers.

    Source: Araujo, Norris and Sim (2019), "Computing receptive fields of convolutional neural networks".
    """
    ### BEGIN SOLUTION
    field, jump = 1, 1
    for kernel_size, stride, dilation in layers:
        field += dilation * (kernel_size - 1) * jump
        jump *= stride
    return field, jump
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "conv_arithmetic", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("conv_arithmetic")

# %% [markdown]
# <a id="hints-conv_arithmetic"></a>
# <details><summary>Hint 1: a test is off by one</summary>
#
# Count fence posts: windows starting at 0, 2 and 4 are three windows, though 4 / 2 is two. And round down
# before you add the one.
# </details>
# <details><summary>Hint 2: the receptive field is too small</summary>
#
# A layer's own stride spaces the pixels of its *output*. In which order must you update field and jump?
# </details>

# %% [markdown]
# ### The field is a reach, not a vote
#
# The receptive field says which pixels *can* matter. How much does each? We stack eight random 3x3 layers
# (receptive field 17) and draw the mean size of the gradient of the central output in each input pixel.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_effective_field", "locked": true, "schema_version": 3, "solution": false, "task": false}
torch.manual_seed(0)
image = torch.zeros(1, 1, 25, 25, requires_grad=True)


def mean_influence(depth):
    """Mean size of the central output's gradient in each pixel, over 60 random stacks, and the spread of its square."""
    total, squares = torch.zeros(25, 25), torch.zeros(25, 25)
    for _ in range(60):
        y = image
        for _ in range(depth):
            channels = y.shape[1]
            y = F.conv2d(y, torch.randn(12, channels, 3, 3) / math.sqrt(9 * channels), padding=1)
        grad = torch.autograd.grad(y[0, 0, 12, 12], image)[0][0, 0]
        total += grad.abs()
        squares += grad.square()
    spread = ((squares * torch.arange(-12, 13) ** 2).sum() / squares.sum()).sqrt()
    return total / total.max(), float(spread)


(_, shallow), (influence, deep) = mean_influence(2), mean_influence(8)
print(
    f"spread of the influence: {shallow:.2f} pixels for 2 layers, {deep:.2f} for 8: times {deep / shallow:.1f}"
)
print(f"reach: {2 * 2 + 1} and {2 * 8 + 1} pixels: times {17 / 5:.1f}")
inner = float(influence[8:17, 8:17].sum() / influence.sum())
print(f"the middle 9x9 pixels, a quarter of the field, have {100 * inner:.0f}% of the influence")
_, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4))
left.imshow(influence, cmap="Oranges")
left.add_patch(Rectangle((3.5, 3.5), 17, 17, fill=False, edgecolor=BLUE, linewidth=2))
left.set(xticks=[], yticks=[], title="influence on the central output")
left.spines[:].set_visible(False)
right.plot(range(-12, 13), influence[12], color=ORANGE, linewidth=2)
right.axvspan(-8.5, 8.5, color=BLUE, alpha=0.12)
right.text(0, 0.04, "receptive field", color=BLUE, ha="center")
right.set(xlabel="pixels from the centre", ylabel="relative influence", title="along the middle row")
show(
    "On the left a soft round spot inside a blue square of 17 by 17 pixels, the receptive field; on the "
    "right its middle row, a bell that is nearly zero at the field's ends."
)

# %% [markdown]
# **Notice** the bell: the middle has many paths to the output, the corners only one. From 2 to 8 layers the reach grows 3.4
# times, the spread of the influence only twice: the *effective* receptive field grows like the square root of the depth. This
# is the first figure of Luo et al. (2016), drawn again in small. It is one reason why strides, pooling and dilation are used at all.
#
# <details><summary>Why the square root?</summary>
#
# A path from the output down to a pixel makes one step of -1, 0 or 1 in each layer. The place where many independent steps lead
# spreads like the square root of their number, as in a random walk; all steps in one direction, to the rim, are one path of many.
# </details>

# %% [markdown]
# ## 3. Convolution
#
# Begin with one axis: a signal of length $L$, such as sound or a year of temperatures. With channels, each kernel is
# as deep as its input, and there is one kernel for each output channel:
#
# $$y_{n,o,i} = \sum_{c} \sum_{u} w_{o,c,u}\; x_{n,c,\,i s + u} .$$
#
# **Example.** One channel, $x = (1, 2, 0, 3)$ and $w = (3, -1)$: the windows are $(1, 2)$, $(2, 0)$, $(0, 3)$, so
# $y = (3 - 2,\; 6 - 0,\; 0 - 3) = (1, 6, -3)$. With stride 2 the middle window is passed over: $y = (1, -3)$.

# %% [markdown]
# ### Two ways to think of it
#
# **As loops.** Over samples, outputs, channels, places and the kernel. Right, and a thousand times too slow.
#
# **As one matrix product.** Lay every window out as a row (*im2col*) and every kernel as a column: one
# multiplication does all. PyTorch can show you all windows without copying a number, since a window is only
# another way to step through memory:

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_windows", "locked": true, "schema_version": 3, "solution": false, "task": false}
signal = torch.arange(6.0)
windows = signal.unfold(0, 3, 2)  # along axis 0, size 3, step 2
print(windows)
print("same memory:", windows.data_ptr() == signal.data_ptr(), " strides:", windows.stride())

# %% [markdown]
# **Notice** the strides: the next row starts 2 numbers later, the next column 1 later. Row 0 and row 1 share
# the number 2 in memory. An `einsum` over windows and kernels is then the whole layer.

# %% [markdown]
# ### Exercise `conv1d`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 3 | 20 min | 0.1 s | `Tensor.unfold`, `as_strided`, `F.unfold`, `einsum`, `matmul`, loops over the kernel | `F.conv*`, `nn.Conv*`, `torch.conv*`, `torch.nn.grad`, `scipy.signal`, `scipy.ndimage`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●○○ · **importance** ●●●
#
# **What.** The convolution along one axis, gradients included (autograd makes those, if you stay in PyTorch).
#
# **Details.** An incomplete last window is dropped; a kernel may be as long as the signal. Gradients reach x and weight.
#
# **Why.** Whoever has the windows of one axis has those of two: the next exercise does the same thing twice.


# %% nbgrader={"grade": false, "grade_id": "conv1d_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def conv1d(
    x: Float[Tensor, "N C_in L"], weight: Float[Tensor, "C_out C_in K"], stride: int = 1
) -> Float[Tensor, "N C_out L_out"]:
    """One-dimensional convolution (cross-correlation) without padding.

    Args:
        x: signals, (N, C_in, L).
        weight: kernels, (C_out, C_in, K), with K at most L.
        stride: how far the window moves.

    Returns:
        (N, C_out, L_out), differentiable in x and weight.

    Source: Dumoulin and Visin (2016), "A guide to convolution arithmetic for deep learning".
    """
    ### BEGIN SOLUTION
    windows = x.unfold(2, weight.shape[2], stride)  # (N, C_in, L_out, K)
    return torch.einsum("nclk,ock->nol", windows, weight)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "conv1d", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("conv1d")

# %% [markdown]
# <a id="hints-conv1d"></a>
# <details><summary>Hint 1: where to start</summary>
#
# `x.unfold(2, K, stride)` holds all windows of the last axis. Which shape has it? Write a letter for each of its axes
# and for each of the weight's: samples, channels, places, taps, output channels.
# </details>
# <details><summary>Hint 2: the einsum</summary>
#
# Two of the letters stand in both inputs and not in the output: over those it sums. Which two?
# </details>

# %% [markdown]
# ### Two axes
#
# An image has two axes, and along each of them its own stride, padding and dilation:
#
# $$y_{n,o,i,j} = b_o + \sum_{c} \sum_{u,v} w_{o,c,u,v}\; x_{n,c}\big[\,i\,s_v + u\,d_v - p_v,\;\, j\,s_h + v\,d_h - p_h\,\big] ,$$
#
# where pixels outside the image are zero.
#
# | symbol | argument | shape |
# |---|---|---|
# | $x$ | `x` | (N, C_in, H, W) |
# | $w$ | `weight` | (C_out, C_in / groups, kh, kw) |
# | $b$ | `bias` | (C_out,) |
# | $s, p, d$ | `stride`, `padding`, `dilation` | vertical and horizontal |
#
# With $g$ **groups**, the channels are cut into $g$ equal parts, in order, and output part number $k$ sees
# input part number $k$ only.
#
# **Example**, the figure of section 1: for
#
# $$x = \begin{pmatrix} 1 & 2 & 0 \\ 0 & 1 & 3 \\ 2 & 0 & 1 \end{pmatrix}, \quad
# w = \begin{pmatrix} 1 & 0 \\ 2 & -1 \end{pmatrix}: \qquad
# y_{00} = 1 \cdot 1 + 2 \cdot 0 + 0 \cdot 2 + 1 \cdot (-1) = 0, \quad
# y = \begin{pmatrix} 0 & 1 \\ 4 & 0 \end{pmatrix}.$$

# %% [markdown]
# ### Exercise `conv2d`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 9 | 30 min | 0.6 s | `F.pad`, `Tensor.unfold`, `as_strided`, `F.unfold`, `einsum`, `matmul`, loops over the kernel | `F.conv*`, `nn.Conv*`, `torch.conv*`, `torch.nn.grad`, `scipy.signal`, `scipy.ndimage`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●●● · **importance** ●●●
#
# **What.** A convolution that does what PyTorch's does, gradients included (autograd makes those, if you stay
# in PyTorch).
#
# **Details.** Gradients reach x, weight and bias, also where the two others need none. An incomplete last window is
# dropped; a kernel may be as large as the padded image. Channels that do not fit are a `ValueError`, also where `groups` does not divide
# the output channels.
#
# **Why.** It is the layer the rest of this course stands on, and windows as views are a trick for a lifetime.


# %% nbgrader={"grade": false, "grade_id": "conv2d_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def conv2d(
    x: Float[Tensor, "N C_in H W"],
    weight: Float[Tensor, "C_out C_in/groups kh kw"],
    bias: Float[Tensor, "C_out"] | None = None,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> Float[Tensor, "N C_out H_out W_out"]:
    """Two-dimensional convolution (cross-correlation), as in `torch.nn.functional.conv2d`.

    Args:
        x: images, (N, C_in, H, W).
        weight: kernels, (C_out, C_in / groups, kh, kw).
        bias: one number per output channel, (C_out,), or None.
        stride, padding, dilation: one int, or a pair (vertical, horizontal). Padding is with zeros.
        groups: output channel o of C_out sees only the input channels of its own group.

    Returns:
        (N, C_out, H_out, W_out), differentiable in x, weight and bias.

    Raises:
        ValueError: if x has not groups * weight.shape[1] channels, or groups does not divide C_out.

    Source: Dumoulin and Visin (2016), "A guide to convolution arithmetic for deep learning".
    """
    ### BEGIN SOLUTION
    (sv, sh), (pv, ph), (dv, dh) = pair(stride), pair(padding), pair(dilation)
    c_out, c_group, kh, kw = weight.shape
    if x.shape[1] != groups * c_group or c_out % groups != 0:
        raise ValueError(
            f"{x.shape[1]} channels in, weight {tuple(weight.shape)} and {groups} groups do not fit"
        )
    padded = F.pad(x, (ph, ph, pv, pv))
    # Every place of the (dilated) window as a view, then every dilation-th pixel of it.
    windows = padded.unfold(2, dv * (kh - 1) + 1, sv).unfold(3, dh * (kw - 1) + 1, sh)
    windows = windows[..., ::dv, ::dh].unflatten(1, (groups, c_group))  # (N, g, c, H_out, W_out, kh, kw)
    kernels = weight.unflatten(0, (groups, c_out // groups))  # (g, o, c, kh, kw)
    y = torch.einsum("ngchwij,gocij->ngohw", windows, kernels).flatten(1, 2)  # (N, C_out, H_out, W_out)
    return y if bias is None else y + bias[:, None, None]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "conv2d", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
check("conv2d")

# %% [markdown]
# <a id="hints-conv2d"></a>
# <details><summary>Hint 1: where to start</summary>
#
# Do it first for stride 1, no padding, no dilation, one group. Unfold axis 2, then axis 3: what is the shape
# then? Write down a letter for each axis and the einsum writes itself. The letters that are in both inputs
# but not in the output are summed over.
# </details>
# <details><summary>Hint 2: stride, padding, dilation</summary>
#
# Padding: `F.pad` takes the *last* axis first, (left, right, top, bottom). Stride: the step of `unfold`.
# Dilation: unfold a window as wide as the dilated kernel's reach, then keep every dilation-th pixel of it.
# </details>
# <details><summary>Hint 3: groups</summary>
#
# Give the channel axis of the windows a group axis of its own, and the output-channel axis of the weight too
# (`unflatten`). The group letter stands in both inputs *and* in the output of the einsum, so that groups do
# not mix. Flatten group and channel in the end.
# </details>

# %% [markdown]
# ### Your convolution at work
#
# Before kernels were learned, people designed them. Yours now runs four classics over a photograph.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_photo", "locked": true, "schema_version": 3, "solution": false, "task": false}
from sklearn.datasets import load_sample_image

photo = torch.tensor(load_sample_image("china.jpg"), dtype=torch.float32).mean(2)[None, None] / 255
photo = F.avg_pool2d(photo, 2)
kernels = {
    "blur": torch.ones(5, 5) / 25,
    "vertical edges (Sobel)": torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
    "horizontal edges (Sobel)": torch.tensor([[-1.0, -2, -1], [0, 0, 0], [1, 2, 1]]),
    "spots (Laplace)": torch.tensor([[0.0, -1, 0], [-1, 4, -1], [0, -1, 0]]),
}
_, axes = plt.subplots(1, 5, figsize=(14, 2.4))
show_images(axes[:1], photo[0], ["photograph"], cmap="gray")
for ax, (name, kernel) in zip(axes[1:], kernels.items(), strict=True):
    response = conv2d(photo, kernel[None, None])[0, 0]
    low, high = (0, 1) if name == "blur" else (-0.7 * response.abs().max(), 0.7 * response.abs().max())
    show_images([ax], [response], [name], cmap="gray", vmin=low, vmax=high)
for name, kernel in list(kernels.items())[1:]:
    response = conv2d(photo, kernel[None, None])[0, 0].abs()
    print(
        f"{name}: nearly grey (below a tenth of the largest) are {100 * (response < response.max() / 10).double().mean():.0f}% of the pixels"
    )
show(
    "A photograph of a Chinese temple, blurred, and under three kernels: upright edges such as pillars "
    "stand out in the first, level ones such as roofs in the second, and fine spots in the third."
)

# %% [markdown]
# **Notice** the pillars, which stand out in the picture of vertical edges, and the roofs and the shore, which
# do in that of horizontal ones. Grey means "no such edge here", and most of a photograph is grey. In section 12 a trained network shows you the
# kernels it found for itself, and some will look familiar.

# %% [markdown]
# ## 4. The gradient of a convolution
#
# Someone hands you $g = \partial L / \partial y$, the gradient in the output. You owe three gradients back.
# One axis and one channel are enough to see everything; take stride 1 and no padding,
# $y_i = \sum_u w_u\, x_{i+u}$.
#
# **Bias.** $b$ is added to every $y_i$, so $\partial L/\partial b = \sum_i g_i$: one sum for each channel,
# over batch and places.
#
# **Weight.** $w_u$ met $x_{i+u}$ at place $i$, so
# $$\frac{\partial L}{\partial w_u} = \sum_i g_i\, x_{i+u} .$$
# This is a convolution itself: the *same windows* as in the forward pass, weighted by $g$ instead of by $w$.

# %% [markdown]
# **Input.** $x_j$ was read by every window that covers it. Window $i$ read it with weight $w_{j-i}$, so
# $$\frac{\partial L}{\partial x_j} = \sum_i g_i\, w_{j-i} .$$
# Read it from the side of the window: place $i$ takes its $g_i$, multiplies the whole kernel by it and *adds*
# that onto the pixels it had read. Forward gathers, backward scatters. In matrices:
# $\mathbf{y} = T\mathbf{x}$, so $\partial L/\partial \mathbf{x} = T^\top \mathbf{g}$.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_scatter", "locked": true, "schema_version": 3, "solution": false, "task": false}
_, axes = plt.subplots(1, 2, figsize=(11, 3.2))
for ax, forward in zip(axes, (True, False), strict=True):
    lower = [f"$x_{i}$" if forward else rf"$\partial L/\partial x_{i}$" for i in range(5)]
    upper = [f"$y_{i}$" if forward else f"$g_{i}$" for i in range(3)]
    for labels, height, shift in ((lower, 0, 0), (upper, 1, 1)):
        for i, label in enumerate(labels):
            corner = (i + shift - 0.36, height - 0.12)
            ax.add_patch(Rectangle(corner, 0.72, 0.24, facecolor="#e6edf6", edgecolor=BLUE))
            ax.text(i + shift, height, label, ha="center", va="center")
    for i in range(3):
        for u, colour in enumerate((BLUE, ORANGE, GREEN)):
            ends = [(i + u, 0.14), (i + 1, 0.86)]
            start, end = ends if forward else reversed(ends)
            ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": colour, "linewidth": 1.8})
    for u, colour in enumerate((BLUE, ORANGE, GREEN)):
        ax.text(4.35, 1.1 - 0.17 * u, f"$w_{u}$", color=colour, fontsize=13)
    title = "forward: each output gathers" if forward else "backward: each gradient is scattered and added up"
    ax.set(xlim=(-0.6, 4.7), ylim=(-0.3, 1.3), title=title)
    ax.axis("off")
readers = [sum(0 <= pixel - i < 3 for i in range(3)) for pixel in range(5)]
print("windows that read the middle pixel:", readers[2], " that read an outer one:", readers[0])
show(
    "Five pixels below and three outputs above, twice. On the left arrows lead from each pixel up to the "
    "windows that read it, on the right the same arrows lead down again."
)

# %% [markdown]
# **Notice** that the arrows are the same and only turned round. The middle pixel is fed by three windows, the
# outer pixels by one: that is what "add" is for.
#
# With stride $s$, window $i$ begins at $i\,s$ instead of $i$.
#
# **Example.** $x = (1, 2, 3)$, $w = (10, 1)$, so
# $y = (10 \cdot 1 + 1 \cdot 2,\; 10 \cdot 2 + 1 \cdot 3) = (12, 23)$. Let $g = (1, 2)$. Then
#
# $$\tfrac{\partial L}{\partial b} = 3, \qquad \tfrac{\partial L}{\partial w} = (1 \cdot 1 + 2 \cdot 2,\; 1 \cdot 2 + 2 \cdot 3) = (5, 8), \qquad
# \tfrac{\partial L}{\partial x} = 1 \cdot (10, 1, 0) + 2 \cdot (0, 10, 1) = (10, 21, 2).$$

# %% [markdown]
# ### Exercise `conv1d_backward`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 3 | 20 min | 0.1 s | tensor arithmetic, loops over the kernel or over the places | autograd (`backward`, `torch.autograd`, `torch.func`), `F.conv*`, `nn.Conv*`, `torch.conv*`, `torch.nn.grad`, `scipy.signal`, `scipy.ndimage`, `F.fold`, `nn.Fold`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** The gradients of one signal's convolution with one kernel, in both.
#
# **Details.** Each gradient has the shape and dtype of what it belongs to, also where the stride leaves numbers of the
# signal unread, at its end or between two windows. `grad_output` may be an expanded view.
#
# **Why.** "Forward gathers, backward scatters" is worth having written once where it is three lines.


# %% nbgrader={"grade": false, "grade_id": "conv1d_backward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
@torch.no_grad()
def conv1d_backward(
    grad_output: Float[Tensor, "P"], x: Float[Tensor, "L"], weight: Float[Tensor, "K"], stride: int = 1
) -> tuple[Float[Tensor, "L"], Float[Tensor, "K"]]:
    """Gradients of y[i] = sum over u of weight[u] * x[i * stride + u], by hand, without autograd.

    Args:
        grad_output: gradient of the loss in y, one number for each of the P whole windows.
        x, weight, stride: what the convolution was given.

    Returns:
        (grad_x, grad_weight), of the shapes of x and weight.

    Source: Goodfellow, Bengio and Courville (2016), section 9.5.
    """
    ### BEGIN SOLUTION
    grad_x = torch.zeros_like(x)
    for i, g in enumerate(grad_output):
        grad_x[i * stride : i * stride + len(weight)] += g * weight
    return grad_x, grad_output @ x.unfold(0, len(weight), stride)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "conv1d_backward", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("conv1d_backward")

# %% [markdown]
# <a id="hints-conv1d_backward"></a>
# <details><summary>Hint 1: the weight</summary>
#
# The windows of the forward pass again, (P, K): each is weighted by its own $g_i$, and all are added.
# </details>
# <details><summary>Hint 2: the signal</summary>
#
# Begin with as many zeros as x has numbers. Place $i$ adds $g_i$ times the whole kernel onto the $K$ numbers that its
# window had read. Where two windows overlap, both add.
# </details>

# %% [markdown]
# ### The same with two axes
#
# Nothing new comes in with a second axis: `conv2d_backward` scatters patches in the place of pieces. With channels,
# every output channel scatters into all input channels, each with its own kernel; with padding, do everything on the
# padded image and cut the rim off at the end. A loop over the *kernel* is shorter than one over the places: the entry
# $(u, v)$ touched the rows $u, u + s, u + 2s, \dots$, which is a slice with a step.

# %% [markdown]
# ### Exercise `conv2d_backward`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 9 | 30 min | 0.1 s | as in `conv2d`, and loops over the kernel | autograd (`backward`, `torch.autograd`, `torch.func`), `F.conv*`, `nn.Conv*`, `torch.conv*`, `torch.nn.grad`, `scipy.signal`, `scipy.ndimage`, `F.fold`, `nn.Fold`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●●● · **importance** ●●○
#
# **What.** The three gradients, for any stride and padding (one group, dilation 1).
#
# **Details.** Each gradient has the shape and dtype of what it belongs to, also where windows leave pixels
# unread or lie apart, and where image or kernel hold nothing but zeros. `grad_output` may be an expanded view: the gradient of a sum is one.
#
# **Why.** Who has scattered a gradient by hand reads transposed convolutions, U-Nets and decoders with ease.


# %% nbgrader={"grade": false, "grade_id": "conv2d_backward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
@torch.no_grad()
def conv2d_backward(
    grad_output: Float[Tensor, "N C_out H_out W_out"],
    x: Float[Tensor, "N C_in H W"],
    weight: Float[Tensor, "C_out C_in kh kw"],
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
) -> tuple[Float[Tensor, "N C_in H W"], Float[Tensor, "C_out C_in kh kw"], Float[Tensor, "C_out"]]:
    """Gradients of a convolution (dilation 1, one group) by hand, without autograd.

    Args:
        grad_output: gradient of the loss in the convolution's output, (N, C_out, H_out, W_out).
        x, weight, stride, padding: what the convolution was given.

    Returns:
        (grad_x, grad_weight, grad_bias): shapes of x, of weight, and (C_out,).

    Source: Goodfellow, Bengio and Courville (2016), section 9.5.
    """
    ### BEGIN SOLUTION
    (sv, sh), (pv, ph) = pair(stride), pair(padding)
    (_, _, h, w), (_, _, kh, kw), (_, _, h_out, w_out) = x.shape, weight.shape, grad_output.shape
    padded = F.pad(x, (ph, ph, pv, pv))
    windows = padded.unfold(2, kh, sv).unfold(3, kw, sh)  # (N, C_in, H_out, W_out, kh, kw)
    grad_bias = grad_output.sum((0, 2, 3))
    grad_weight = torch.einsum("nohw,nchwij->ocij", grad_output, windows)
    grad_padded = torch.zeros_like(padded)
    for i in range(kh):
        for j in range(kw):
            # Kernel entry (i, j) touched every sv-th row from i and every sh-th column from j.
            touched = grad_padded[:, :, i : i + sv * h_out : sv, j : j + sh * w_out : sh]
            touched += torch.einsum("nohw,oc->nchw", grad_output, weight[:, :, i, j])
    return grad_padded[:, :, pv : pv + h, ph : ph + w], grad_weight, grad_bias
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "conv2d_backward", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
check("conv2d_backward")

# %% [markdown]
# <a id="hints-conv2d_backward"></a>
# <details><summary>Hint 1: where to start</summary>
#
# Write the shapes of $g$, of the windows and of the kernel with letters. Both the bias and the weight
# gradient are then one line each: which letters remain, and which are summed?
# </details>
# <details><summary>Hint 2: the input</summary>
#
# Make a tensor of zeros as large as the padded input. Loop over the kernel's entries (u, v) only. Which rows
# of the padded input did entry u ever touch? They begin at row u and are one stride apart, and there are
# exactly H_out of them: a slice with a step.
# </details>
# <details><summary>Hint 3: the last rows do not fit</summary>
#
# With stride 2 a window may leave the last row of the image unread. Its gradient is zero, but it must be
# *there*: take the size from x, not from the windows.
# </details>

# %% [markdown]
# ### How often is a pixel read?
#
# With all weights and all $g$ equal to one, $\partial L/\partial x$ counts the windows over each pixel.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_coverage", "locked": true, "schema_version": 3, "solution": false, "task": false}
_, axes = plt.subplots(1, 4, figsize=(12, 3))
for ax, (size, step) in zip(axes, [(3, 1), (2, 2), (4, 2), (3, 2)], strict=True):
    places = (12 - size) // step + 1
    g, image, kernel = (
        torch.ones(1, 1, places, places),
        torch.zeros(1, 1, 12, 12),
        torch.ones(1, 1, size, size),
    )
    coverage, _, _ = conv2d_backward(g, image, kernel, stride=step)
    unread = int((coverage == 0).sum())
    print(
        f"kernel {size}, stride {step}: a pixel is read up to {int(coverage.max())} times, {unread} of 144 never"
    )
    show_images([ax], coverage[0], [f"kernel {size}, stride {step}"], cmap="YlGnBu", vmin=0)
    plt.colorbar(ax.images[0], ax=ax, shrink=0.75, ticks=range(int(coverage.max()) + 1))
show(
    "Four maps of how often each pixel of a 12 by 12 image is read. Kernel 3 with stride 1, kernel 2 with "
    "stride 2 and kernel 4 with stride 2 give even fields, kernel 3 with stride 2 a chequered one of 1, 2 "
    "and 4."
)

# %% [markdown]
# **Notice** the chequered pattern of kernel 3 with stride 2: where the stride does not divide the kernel,
# some pixels are read four times, those beside them twice, and those across the corner once. Run a layer
# backwards to *make* images, and this pattern appears in them: the checkerboard artefacts of early image
# generators (Odena et al., 2016). Its last row and column, in the palest yellow, are not read at all:
# hint 3 was about them.

# %% [markdown]
# ## 5. Pooling
#
# A pooling layer makes a map smaller by putting one number in place of each window: its mean, or its
# largest value. Each channel is pooled by itself and nothing is learned. Without a stride of its own it
# moves by its kernel size: windows tile the map.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_pooling", "locked": true, "schema_version": 3, "solution": false, "task": false}
image = F.interpolate(digits.train_images[3:4], size=(24, 24), mode="bilinear")
_, axes = plt.subplots(1, 4, figsize=(11, 3))
panels = [image, F.max_pool2d(image, 4), F.avg_pool2d(image, 4), F.adaptive_avg_pool2d(image, 1)]
titles = ["24 x 24", "max, 4 x 4", "average, 4 x 4", "global average"]
show_images(axes, [panel[0, 0] for panel in panels], titles, vmin=0, vmax=1)
for name, panel in zip(("maximum", "average"), panels[1:3], strict=True):
    print(f"darkest of the windows under the {name}: {float(panel.max()):.2f}")
show(
    "A digit 3 of 24 by 24 pixels, its 6 by 6 maxima with black strokes, its 6 by 6 means with grey ones, "
    "and one grey pixel, the mean of all."
)

# %% [markdown]
# **Notice** that the maximum keeps a stroke nearly black ("is there a stroke in this window?") while the average
# fades it ("how much ink?"). The global average keeps one number a channel, whatever the size of the image:
# modern networks end like that.
#
# Two details. **Padding** for the maximum must never win: a padded zero would beat a window of negative
# numbers. For the average, PyTorch counts padded zeros as values by default, and so do we.

# %% [markdown]
# The windows are those of section 3, and you are given them, two axes at once:

# %% nbgrader={"grade": false, "grade_id": "given_windows", "locked": true, "schema_version": 3, "solution": false, "task": false}
def windows_of(
    x: Float[Tensor, "N C H W"],
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
) -> Float[Tensor, "N C H_out W_out kh kw"]:
    """All whole windows of every channel, as a view: no number is copied. `stride=None` means kernel_size."""
    kh, kw = pair(kernel_size)
    sv, sh = (kh, kw) if stride is None else pair(stride)
    return x.unfold(2, kh, sv).unfold(3, kw, sh)


# %% [markdown]
# ### Its gradient
#
# The mean hands $1/(k_h k_w)$ of its gradient to every pixel. The maximum hands all of it to the winner,
# since a small change of any other pixel changes nothing. At a tie every choice is a valid subgradient; like
# PyTorch's own pooling, we take the first in reading order. (`amax`, with which you may write the forward pass, shares
# the gradient among equals when autograd comes back through it. That is a valid choice too.)
#
# **Example.** Kernel 2x2, stride 1, $g = (10, 1)$:
#
# $$x = \begin{pmatrix} 1 & 5 & 2 \\ 3 & 5 & 0 \end{pmatrix} \quad\text{has the maxima}\quad (5, 5), \qquad
# \frac{\partial L}{\partial x} = \begin{pmatrix} 0 & 11 & 0 \\ 0 & 0 & 0 \end{pmatrix}.$$
#
# Both windows hold two fives; in both the upper one comes first. It won twice, so it gets $10 + 1$.

# %% [markdown]
# ### Exercise `pooling`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 10 | 30 min | 0.2 s | `windows_of`, `F.pad`, `unfold`, `amax`, `argmax`, `mean`, `scatter_add_`, loops over the kernel | `F.*_pool*`, `nn.*Pool*`, `torch.*_pool*`, `torch.ops`, `torch._C`; autograd (`backward`, `torch.autograd`, `torch.func`) in `max_pool2d_backward` |
#
# **Difficulty** ●●○ · **importance** ●●○
#
# **What.** Max, average and global average pooling, and the gradient of max pooling by hand.
#
# **Details.** Autograd reaches x through the three forward functions. Windows may overlap or leave gaps; an
# incomplete last one is dropped. `grad_output` may be an expanded view.
#
# **Why.** Pooling buys reach, and with it some tolerance of small shifts; how little, you measure at the end of this
# chapter. Its gradient is the simplest example of routing, which comes back as attention and as mixtures of experts.


# %% nbgrader={"grade": false, "grade_id": "pooling_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def max_pool2d(
    x: Float[Tensor, "N C H W"],
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | tuple[int, int] = 0,
) -> Float[Tensor, "N C H_out W_out"]:
    """Largest value of each window, each channel by itself.

    Args:
        x: (N, C, H, W).
        kernel_size, stride, padding: one int, or a pair (vertical, horizontal). `stride=None` means
            kernel_size. A padded place never wins.

    Returns:
        (N, C, H_out, W_out).

    Source: Goodfellow, Bengio and Courville (2016), section 9.3.
    """
    ### BEGIN SOLUTION
    pv, ph = pair(padding)
    return windows_of(F.pad(x, (ph, ph, pv, pv), value=-math.inf), kernel_size, stride).amax((-2, -1))
    ### END SOLUTION


def avg_pool2d(
    x: Float[Tensor, "N C H W"],
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | tuple[int, int] = 0,
) -> Float[Tensor, "N C H_out W_out"]:
    """Mean of each window, each channel by itself; padded zeros count as values.

    Args and returns as in `max_pool2d`.

    Source: LeCun, Bottou, Bengio and Haffner (1998), section II.B (subsampling).
    """
    ### BEGIN SOLUTION
    pv, ph = pair(padding)
    return windows_of(F.pad(x, (ph, ph, pv, pv)), kernel_size, stride).mean((-2, -1))
    ### END SOLUTION


def global_avg_pool2d(x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C"]:
    """Mean of each whole feature map: (N, C, H, W) to (N, C).

    Source: Lin, Chen and Yan (2014), "Network in network", section 3.2.
    """
    ### BEGIN SOLUTION
    return x.mean((2, 3))
    ### END SOLUTION


@torch.no_grad()
def max_pool2d_backward(
    grad_output: Float[Tensor, "N C H_out W_out"],
    x: Float[Tensor, "N C H W"],
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
) -> Float[Tensor, "N C H W"]:
    """Gradient of max pooling (no padding) by hand, without autograd.

    Each window hands its gradient to the one place that won. Among equals the first in row-major
    order wins, as in PyTorch. A place that won in several overlapping windows gets their sum.

    Args:
        grad_output: gradient in the pooled output, (N, C, H_out, W_out).
        x, kernel_size, stride: what the pooling was given.

    Returns:
        Gradient in x, (N, C, H, W).

    Source: Goodfellow, Bengio and Courville (2016), section 9.3.
    """
    ### BEGIN SOLUTION
    kh, kw = pair(kernel_size)
    sv, sh = (kh, kw) if stride is None else pair(stride)
    width, (h_out, w_out) = x.shape[3], grad_output.shape[2:]
    winner = windows_of(x, kernel_size, stride).flatten(-2).argmax(-1)  # (N, C, H_out, W_out), in 0..kh*kw-1
    row = sv * torch.arange(h_out)[:, None] + winner // kw
    column = sh * torch.arange(w_out) + winner % kw
    grad_x = torch.zeros_like(x).flatten(2)  # (N, C, H * W)
    grad_x.scatter_add_(2, (row * width + column).flatten(2), grad_output.flatten(2))
    return grad_x.view(x.shape)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "pooling", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("pooling")

# %% [markdown]
# <a id="hints-pooling"></a>
# <details><summary>Hint 1: the three forward functions</summary>
#
# `windows_of` gives a view whose last two axes are the window. Which number is smaller than every other?
# </details>
# <details><summary>Hint 2: the winner</summary>
#
# Flatten the window's two axes into one: `argmax` then gives one number a window, in reading order, and the
# first among equals. Division and remainder by the window's width turn it back into a row and a column inside
# the window.
# </details>
# <details><summary>Hint 3: overlapping windows</summary>
#
# Turn the winner into one position in the flattened image. Plain indexing `grad[position] = value` keeps only
# the last of several writes; `scatter_add_` adds them.
# </details>

# %% [markdown]
# ### Something is wrong with pooling
#
# Stripes two pixels wide, pooled by 2. Then the same stripes one pixel further.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_aliasing", "locked": true, "schema_version": 3, "solution": false, "task": false}
stripes = torch.tensor([[[[0.0, 0, 1, 1, 0, 0, 1, 1, 0, 0]]]])
for name, signal in (("stripes", stripes[..., :8]), ("moved by one pixel", stripes[..., 1:9])):
    pooled = max_pool2d(signal, (1, 2))
    print(f"{name:20}{signal.flatten().int().tolist()}  ->  {pooled.flatten().int().tolist()}")
    print(f"{name}: different values left: {len(pooled.unique())}")

# %% [markdown]
# **Notice** that after the shift the stripes have vanished: one value is left of two. A convolution followed by a stride is *not* shift equivariant:
# sampling every second value breaks it, as it breaks the sound of a badly digitised record (Zhang, 2019).
# Keep this for the first written question.

# %% [markdown]
# ## 6. Batch normalisation
#
# A deep stack multiplies: if each layer shrinks its input a little, the signal is gone after twenty. Batch
# normalisation (Ioffe and Szegedy, 2015) sets every channel right again: mean 0 and variance 1, measured over
# the batch and all places, then a scale and a shift that are learned.
#
# For channel $c$, with $m = N H W$ values $x_1 \dots x_m$:
#
# $$\mu = \frac{1}{m}\sum_i x_i, \qquad \sigma^2 = \frac{1}{m}\sum_i (x_i - \mu)^2, \qquad
# y_i = \gamma\, \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta .$$
#
# | symbol | name in code | |
# |---|---|---|
# | $\gamma, \beta$ | `weight`, `bias` | parameters, start at 1 and 0 |
# | $\epsilon$ | `eps` | inside the root |
# | $\hat\mu, \hat\sigma^2$ | `running_mean`, `running_var` | buffers, start at 0 and 1 |
# | $\alpha$ | `momentum` | share of the *new* batch |

# %% [markdown]
# ### One image at a time
#
# In use there may be one image and no batch. So training keeps running statistics, and evaluation uses them
# in place of the batch's:
#
# $$\hat\mu \leftarrow (1-\alpha)\,\hat\mu + \alpha\,\mu, \qquad \hat\sigma^2 \leftarrow (1-\alpha)\,\hat\sigma^2 + \alpha\,\frac{m}{m-1}\,\sigma^2 .$$
#
# Mind the two variances. The batch is divided by the plain (biased) one, but the running estimate is of the
# data at large, hence $m - 1$.
#
# **Example.** One channel with the values 1, 3, 5, 7: $\mu = 4$, $\sigma^2 = 5$,
# $y = (-1.34, -0.45, 0.45, 1.34)$. With $\alpha = 0.1$, `running_mean` becomes
# $0.9 \cdot 0 + 0.1 \cdot 4 = 0.4$ and `running_var` becomes
# $0.9 \cdot 1 + 0.1 \cdot \tfrac{4}{3} \cdot 5 = 1.567$.
#
# $\mu$ and $\sigma^2$ depend on $x$, and the gradient flows through them; through the running statistics it
# does not.

# %% [markdown]
# ### Exercise `batch_norm`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 10 | 30 min | 0.1 s | `mean`, `var`, `nn.Parameter`, `register_buffer`, `torch.no_grad` | `nn.*Norm*`, `F.*_norm` and their functions in `torch`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** The module, in both modes, with running statistics.
#
# **Details.** Values that `load_state_dict` puts into the four tensors are used. Only `weight` and `bias` are
# parameters; they and x get gradients in both modes. The running statistics carry no autograd graph. A channel
# without variation comes out as its bias, and one whose mean is large beside its spread (a mean of 5000, a spread of 2)
# is normalised as well as any other. Every batch in training counts in the running statistics by its share, the first
# one and a single image too, whether autograd is on or off. Two layers share nothing. One value per channel is a `ValueError` in training, and no problem
# in evaluation.
#
# **Why.** It is in nearly every convolutional network, and many a puzzling result is a forgotten
# `model.eval()`.


# %% nbgrader={"grade": false, "grade_id": "batch_norm_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
class BatchNorm2d(nn.Module):
    """Batch normalisation of feature maps, one mean and one variance per channel.

    Parameters `weight` (starts at 1) and `bias` (starts at 0), buffers `running_mean` (starts at 0) and
    `running_var` (starts at 1), each of shape (num_features,).

    Args:
        num_features: channels C.
        eps: added to the variance, inside the root.
        momentum: share of the new batch in the running statistics.

    Source: Ioffe and Szegedy (2015), algorithms 1 and 2.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C H W"]:
        """Normalise x, (N, C, H, W).

        In training mode by the batch's own mean and biased variance, which gradients flow through; the running
        statistics move towards the batch's mean and *unbiased* variance. In evaluation mode by the running
        statistics, which then stay as they are.

        Raises:
            ValueError: in training mode, if there is only one value per channel.
        """
        ### BEGIN SOLUTION
        if self.training:
            count = x.numel() // x.shape[1]
            if count == 1:
                raise ValueError("one value per channel has no variance to normalise by")
            mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
            with torch.no_grad():
                self.running_mean.lerp_(mean, self.momentum)
                self.running_var.lerp_(var * count / (count - 1), self.momentum)
        else:
            mean, var = self.running_mean, self.running_var
        scale = self.weight / torch.sqrt(var + self.eps)  # (C,)
        return (x - mean[:, None, None]) * scale[:, None, None] + self.bias[:, None, None]
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "batch_norm", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("batch_norm")

# %% [markdown]
# <a id="hints-batch_norm"></a>
# <details><summary>Hint 1: which axes?</summary>
#
# One mean for each channel: average over everything that is not the channel. To bring a vector (C,) beside
# (N, C, H, W), give it two more axes.
# </details>
# <details><summary>Hint 2: the output is right, running_var is not</summary>
#
# `Tensor.var` divides by m - 1 unless told otherwise. You need both variances; which one where?
# </details>
# <details><summary>Hint 3: the second training step fails, or memory grows</summary>
#
# The running statistics remember the graph of every batch they have seen. Update them under
# `torch.no_grad()`, in place, so that they stay registered buffers.
# </details>

# %% [markdown]
# ### What it does to a deep stack
#
# Twelve 3x3 layers with ReLU, initialised a little too small, on digits. Above as they are, below with your
# batch normalisation.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_batch_norm", "locked": true, "schema_version": 3, "solution": false, "task": false}
depths = [1, 4, 8, 12]


def relative_distance(h):
    """Mean distance between two images, in units of their mean length."""
    flat = h.flatten(1)
    return float(torch.pdist(flat).mean() / flat.norm(dim=1).mean())


_, axes = plt.subplots(2, 4, figsize=(12, 4.2), sharey="row")
for row, normalised in enumerate([False, True]):
    torch.manual_seed(3)
    h = train_images[:128]
    apart = [relative_distance(h)]
    for depth in range(1, 13):
        fan_in = 9 * h.shape[1]
        h = F.conv2d(h, torch.randn(16, h.shape[1], 3, 3) * 0.8 / math.sqrt(fan_in), padding=1)
        h = BatchNorm2d(16)(h).detach() if normalised else h
        last = h
        if depth in depths:
            ax = axes[row, depths.index(depth)]
            ax.hist(h.flatten(), bins=60, range=(-2.5, 2.5), density=True, color=GREEN if normalised else RED)
            name = f"layer {depth}, normalised" if normalised else f"layer {depth}"
            ax.set(title=f"{name}: std {float(h.std()):.2g}", yticks=[])
            apart.append(relative_distance(h))
        h = h.relu()
    kind = "normalised" if normalised else "as they are"
    print(
        f"{kind}: spread at layer 12: {float(last.std()):.1g}, distance of two images at the input {apart[0]:.2f} of their size"
    )
    print(f"{kind}: at layer 12 it is still {apart[-1]:.2f}")
show(
    "Histograms at layers 1, 4, 8 and 12. In the upper row they shrink to a needle at zero; in the lower "
    "one, with batch normalisation, all have the same width."
)

# %% [markdown]
# **Notice** the upper row: at layer 12 the numbers differ by less than a thousandth. The images are nearly as
# different from each other as before, measured by their own size; the *scale* is gone, and the gradient is as small. Below,
# every layer sees the same spread, whatever the scale of the weights. That is why a network with batch normalisation trains from
# a poor initialisation and with a large learning rate.

# %% [markdown]
# ### The company an image keeps
#
# The same image, put through the same layer in sixty batches, each time with other companions. Which numbers
# come out?

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_companions", "locked": true, "schema_version": 3, "solution": false, "task": false}
torch.manual_seed(0)
layer, kernel = BatchNorm2d(1), torch.randn(1, 1, 3, 3)
_, ax = plt.subplots(figsize=(9, 2.8))
for batch_size, colour in ((2, RED), (8, ORANGE), (64, BLUE)):
    values = []
    for _ in range(60):
        companions = train_images[1 + torch.randperm(1000)[: batch_size - 1]]
        images = torch.cat([train_images[:1], companions])
        values.append(layer(F.conv2d(images, kernel))[0, 0, 2, 2].item())
    ax.plot(values, color=colour, marker=".", linewidth=0.8, label=f"training, batches of {batch_size}")
    print(f"batches of {batch_size}: the pixel spreads by {torch.tensor(values).std():.2f}")
layer.eval()
alone = layer(F.conv2d(train_images[:1], kernel))[0, 0, 2, 2].item()
ax.axhline(alone, color="black", label="evaluation")
ax.set(xlabel="batch", ylabel="one pixel of the output")
ax.legend(ncols=2, fontsize=8)
show(
    "One output pixel of the same image in sixty batches: with two images a batch it jumps widely, with "
    "eight less, with sixty-four hardly; in evaluation it is a straight line."
)

# %% [markdown]
# **Notice** that in training an image's output depends on who else is in the batch, the more so the smaller the batch
# (batches of 2 spread it several times as far as batches of 64); only in evaluation has it one answer. A model served without `model.eval()` gives a person
# different answers according to who asks at the same moment.
#
# <details><summary>Why does the spread fall with the batch?</summary>
#
# Mean and variance are estimated from the batch. Four times the images halve the error of the mean, and the pixel's own image is
# a smaller part of both.
# </details>

# %% [markdown]
# ## 7. Dropout
#
# A network can lean on one unit too much. Dropout silences each unit with probability $p$ in every training
# step, so that no unit can rely on another being there. To keep the expected value, the survivors grow:
#
# $$y = \frac{m \odot x}{1 - p}, \qquad m_i \sim \text{Bernoulli}(1 - p), \qquad \mathbb{E}[y] = x, \qquad \operatorname{Var}[y_i] = \frac{p}{1 - p}\, x_i^2 .$$
#
# In evaluation nothing happens. (The first paper scaled down in evaluation instead; scaling up in training,
# *inverted* dropout, leaves the trained network untouched.)
#
# **Example.** $x = (2, 4, 6)$, $p = 0.5$, mask $(1, 0, 1)$: $y = (4, 0, 12)$. For a loss $L = \sum_i y_i$ the
# gradient in $x$ is $(2, 0, 2)$: the same mask, the same scale.

# %% [markdown]
# ### Exercise `dropout`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 5 | 10 min | 0.1 s | `torch.rand_like`, `bernoulli`, arithmetic | `nn.*Dropout*`, `F.*dropout*`, `torch.*dropout*`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●○○ · **importance** ●●●
#
# **What.** The module, for any shape and any p from 0 to 1.
#
# **Details.** Every single value, large or small, positive or negative, is dropped independently of all others, with a
# new mask at each call, whether autograd is on or off; a gradient passes through the mask of its own call. With p = 0 x comes back, with p = 1 zeros. A p outside 0 to 1
# is a `ValueError` when the module is made.
#
# **Why.** The cheapest regulariser there is, and your first layer that acts differently in training and in
# evaluation.


# %% nbgrader={"grade": false, "grade_id": "dropout_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
class Dropout(nn.Module):
    """Inverted dropout: in training, each value is zeroed with probability p and the others grow by 1 / (1 - p).

    Args:
        p: probability of zeroing a value, in [0, 1].

    Raises:
        ValueError: if p is outside [0, 1].

    Source: Srivastava et al. (2014), section 10 (scaling at training time).
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        if not 0 <= p <= 1:
            raise ValueError(f"p must be a probability, got {p}")
        self.p = p
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """x of any shape. The mask is drawn anew at each call; in evaluation mode x comes back unchanged."""
        ### BEGIN SOLUTION
        if not self.training or self.p == 0:
            return x
        if self.p == 1:
            return x * 0
        keep = torch.rand_like(x) >= self.p
        return x * keep / (1 - self.p)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "dropout", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("dropout")

# %% [markdown]
# <a id="hints-dropout"></a>
# <details><summary>Hint 1: training or not?</summary>
#
# `nn.Module` keeps the mode for you, in `self.training`; `train()` and `eval()` set it.
# </details>
# <details><summary>Hint 2: p = 1 gives NaN</summary>
#
# 0 / 0 is NaN. What should the output be if everything is dropped?
# </details>

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_dropout", "locked": true, "schema_version": 3, "solution": false, "task": false}
torch.manual_seed(0)
image = train_images[0, 0]
_, axes = plt.subplots(1, 6, figsize=(11, 2.2))
dropped = [Dropout(p)(image) for p in (0.0, 0.25, 0.5, 0.75)]
averages = [sum(Dropout(0.75)(image) for _ in range(count)) / count for count in (10, 1000)]
titles = ["p = 0", "p = 0.25", "p = 0.5", "p = 0.75", "p = 0.75, mean of 10", "mean of 1000"]
show_images(axes, dropped + averages, titles, vmin=0, vmax=2)
print(
    f"p = 0.75: a pixel that is kept grows {float(dropped[3].max() / image[dropped[3] == dropped[3].max()].max()):.0f} times"
)
for count, average in zip((10, 1000), averages, strict=True):
    print(f"mean of {count} masks: off by {float((average - image).abs().mean()):.3f} on average")
show(
    "A digit under dropout with p = 0, 0.25, 0.5 and 0.75: ever more pixels are white and the others "
    "darker. The mean of ten masks at 0.75 is still patchy, the mean of a thousand is the digit again."
)

# %% [markdown]
# **Notice** the darker survivors as $p$ grows, and the last panel: the mean over many masks is the image
# itself, to a few hundredths. Each training step sees one noisy copy, and the network must be right on all of them.

# %% [markdown]
# ## 8. Cross-entropy
#
# The network gives a score $z_k$ for each of $K$ classes, the **logits**. Softmax makes probabilities of
# them, and the loss is the surprise at the true class $t$:
#
# $$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}, \qquad L = -\log p_t = \log \sum_j e^{z_j} - z_t .$$
#
# **Trouble.** $e^{89}$ is beyond float32: a logit of 100 makes `inf`, and `inf / inf` is NaN. **Remedy.**
# Adding a constant to all logits changes no probability, so subtract the largest, $a = \max_k z_k$, first:
#
# $$\log \sum_j e^{z_j} = a + \log \sum_j e^{z_j - a} .$$
#
# Now the largest term is $e^0 = 1$: nothing overflows, and the logarithm is never taken of zero.

# %% [markdown]
# ### Label smoothing
#
# Only infinite logits make $p_t = 1$, so training never stops pushing. Label smoothing asks for less: the
# target is no longer 1 for the true class and 0 for the rest, but
# $q_k = (1 - \varepsilon)\,[k = t] + \varepsilon / K$, and
#
# $$L = -\sum_k q_k \log p_k = (1 - \varepsilon)\,(-\log p_t) + \frac{\varepsilon}{K} \sum_k (-\log p_k) .$$
#
# Note that the true class gets its share of $\varepsilon$ too.
#
# **Example.** $z = (\log 2, 0, 0)$, $t = 0$: $p = (\tfrac12, \tfrac14, \tfrac14)$ and $L = \log 2 = 0.693$.
# With $\varepsilon = 0.3$: $L = 0.7 \log 2 + 0.1\,(\log 2 + \log 4 + \log 4) = 0.832$.

# %% [markdown]
# ### Exercise `cross_entropy`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 6 | 20 min | 0.1 s | `exp`, `log`, `logsumexp`, `gather`, indexing, `F.one_hot` | `F.cross_entropy`, `F.kl_div`, `F.*_loss`, `nn.*Loss`, `*log_softmax`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** The mean loss over a batch, right for logits of any size.
#
# **Details.** One number: a tensor without axes. Loss and gradient are finite, and right to their dtype's rounding, for
# logits of a million too, for equal logits, for a single class, and for any `label_smoothing` from 0 to 1.
#
# **Why.** The most used loss of all, and the log-sum-exp trick returns in attention, in energy-based models
# and in diffusion.


# %% nbgrader={"grade": false, "grade_id": "cross_entropy_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cross_entropy(
    logits: Float[Tensor, "N K"], target: Int[Tensor, "N"], label_smoothing: float = 0.0
) -> Float[Tensor, ""]:
    """Mean cross-entropy in nats between softmax(logits) and the targets, stable for logits of any size.

    Args:
        logits: scores before the softmax, (N, K).
        target: class of each row, (N,), int64 in 0..K-1.
        label_smoothing: share of the target distribution that is spread evenly over all K classes, in [0, 1].

    Returns:
        A scalar tensor, the mean over the batch.

    Source: Szegedy et al. (2016), section 7 (label smoothing).
    """
    ### BEGIN SOLUTION
    shifted = logits - logits.amax(1, keepdim=True).detach()  # largest logit 0: exp cannot overflow
    log_probs = shifted - shifted.exp().sum(1, keepdim=True).log()  # (N, K)
    nll = -log_probs.gather(1, target[:, None]).mean()
    return (1 - label_smoothing) * nll - label_smoothing * log_probs.mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "cross_entropy", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("cross_entropy")

# %% [markdown]
# <a id="hints-cross_entropy"></a>
# <details><summary>Hint 1: NaN or inf</summary>
#
# Never compute a probability and then its logarithm. Go from logits to *log*-probabilities in one step.
# </details>
# <details><summary>Hint 2: picking the true class</summary>
#
# Row i, column target[i]: `gather`, or indexing with two index tensors of the same length.
# </details>
# <details><summary>Hint 3: smoothing is slightly off</summary>
#
# The uniform part is over all K classes, the true one included: a mean over classes.
# </details>

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_smoothing", "locked": true, "schema_version": 3, "solution": false, "task": false}
margin = torch.linspace(-2, 14, 200)
logits = torch.zeros(200, 10)
logits[:, 0] = margin
_, (left, right) = plt.subplots(1, 2, figsize=(11, 3.4))
for smoothing, colour in ((0.0, BLUE), (0.1, ORANGE), (0.3, GREEN)):
    losses = torch.stack([cross_entropy(row[None], torch.tensor([0]), smoothing) for row in logits])
    left.plot(margin, losses, color=colour, label=f"smoothing {smoothing:g}")
    left.scatter(margin[losses.argmin()], losses.min(), color=colour, zorder=3)
    best = float(logits[losses.argmin()].softmax(0)[0])
    print(f"smoothing {smoothing:g}: smallest loss at p_t = {best:.3f}")
left.set(xlabel="logit of the true class (the nine others are 0)", ylabel="loss", title="the best margin")
left.legend()

rows = []
for wrong in (1, 10, 50, 80, 90, 100, 1000, 10_000):
    z = torch.tensor([0.0, wrong])  # the true class is the first
    textbook = -(z.exp() / z.exp().sum()).log()[0]
    rows.append(
        [f"{wrong:,}", f"{float(textbook):g}", f"{float(cross_entropy(z[None], torch.tensor([0]))):g}"]
    )
finite = [z for z in range(1, 200) if torch.tensor(float(z)).exp().isfinite()]
print(f"the largest whole logit whose exponential is finite: {finite[-1]}")
right.axis("off")
right.table(rows, colLabels=["wrong logit", "log of softmax", "yours"], loc="center", cellLoc="center").scale(
    0.9, 1.5
)
show(
    "Left: the loss over the margin of the true class; without smoothing it falls for ever, with "
    "smoothing 0.1 and 0.3 it has a minimum and rises again. Right: a table in which the textbook's "
    "formula gives infinity from a logit of 90 on, and yours is exact."
)

# %% [markdown]
# **Notice** on the left that the plain loss (blue) rewards ever larger margins, while the smoothed ones have
# a minimum, at $p_t = 1 - \varepsilon + \varepsilon/K$, and punish what is beyond. On the right, the textbook
# formula is right until a logit passes about 88. Then the loss is infinite and its gradient NaN.

# %% [markdown]
# ## 9. Adam
#
# Plain gradient descent uses one step size for all parameters. In a long narrow valley it must be small
# enough for the steep walls, and then it crawls along the floor. Adam (Kingma and Ba, 2015) gives every
# parameter its own: it divides a running mean of the gradient by a running root mean square. With $g_t$ the
# gradient in step $t = 1, 2, \dots$
#
# $$m_t = \beta_1 m_{t-1} + (1 - \beta_1)\, g_t, \qquad v_t = \beta_2 v_{t-1} + (1 - \beta_2)\, g_t^2, \qquad m_0 = v_0 = 0,$$
# $$\hat m_t = \frac{m_t}{1 - \beta_1^t}, \qquad \hat v_t = \frac{v_t}{1 - \beta_2^t}, \qquad \theta_t = \theta_{t-1} - \eta\, \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} .$$
#
# **Why the hats?** Both means start at zero and are too small at first. If every $g_i = g$, then
# $m_t = (1 - \beta_1^t)\,g$, so dividing by $1 - \beta_1^t$ is exactly right.
#
# **Example.** $g_1 = 5$, $\eta = 0.1$: $m_1 = 0.5$, $v_1 = 0.025$, $\hat m_1 = 5$, $\hat v_1 = 25$, and the
# step is $0.1 \cdot 5 / 5 = 0.1$. A gradient of 0.01 makes the same step. Without the hats it would be
# $0.1 \cdot 0.5 / \sqrt{0.025} = 0.32$, three times too long.

# %% [markdown]
# ### Two kinds of weight decay
#
# Weight decay of strength $\lambda$ pulls parameters towards zero. There are two ways, and for Adam they
# differ:
#
# - **L2** (`decoupled=False`): add $\lambda\theta$ to the gradient,
#   $g_t \leftarrow g_t + \lambda\theta_{t-1}$. It then passes through $m$ and $v$ like any gradient.
# - **Decoupled** (`decoupled=True`, "AdamW"): shrink by itself,
#   $\theta \leftarrow (1 - \eta\lambda)\,\theta$, then step with the bare gradient.
#
# For plain gradient descent both are the same. For Adam, L2 is divided by $\sqrt{\hat v}$: parameters with
# large gradients hardly decay at all.

# %% [markdown]
# ### Exercise `adam`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 8 | 30 min | 0.7 s | tensor arithmetic, in place or not; `torch.no_grad` | `torch.optim`, `torch._foreach*`, `torch._fused*`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** The optimiser as a class: it keeps its parameters in `params` and changes them in place at each
# `step`.
#
# **Details.** The tensors that you were given are the ones that change: whoever else holds them sees it, and one that is
# listed twice moves twice. Parameters keep order, shape and dtype, may be single numbers, and may require gradients. The
# gradients that you are given stay as they are, with weight decay too. A gradient of zero counts as a step. Two
# optimisers share nothing.
#
# **Why.** Nearly everything in this course is trained with it, and its state is what makes checkpoints three
# times as large as models.


# %% nbgrader={"grade": false, "grade_id": "adam_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
class Adam:
    """Adam with bias correction, and weight decay in either of its two forms.

    Args:
        params: tensors to update in place, kept as the list `params`.
        lr: learning rate.
        betas: decay rates of the two moments.
        eps: added to the root of the second moment, outside the root.
        weight_decay: strength of the decay.
        decoupled: False adds `weight_decay * p` to the gradient (L2, as `torch.optim.Adam`); True shrinks p
            by the factor `1 - lr * weight_decay` before the step (as `torch.optim.AdamW`).

    Source: Kingma and Ba (2015), algorithm 1; Loshchilov and Hutter (2019), algorithm 2.
    """

    def __init__(
        self,
        params: list[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled: bool = False,
    ) -> None:
        ### BEGIN SOLUTION
        self.params = list(params)
        self.lr, self.betas, self.eps = lr, betas, eps
        self.weight_decay, self.decoupled = weight_decay, decoupled
        self.steps = 0
        self.first = [torch.zeros_like(p) for p in self.params]
        self.second = [torch.zeros_like(p) for p in self.params]
        ### END SOLUTION

    @torch.no_grad()
    def step(self, grads: list[Tensor]) -> None:
        """One update of every parameter in place; the gradients themselves are left as they are.

        Args:
            grads: gradient of each parameter, in the order of `params`, of the same shapes.
        """
        ### BEGIN SOLUTION
        self.steps += 1
        beta1, beta2 = self.betas
        for p, grad, m, v in zip(self.params, grads, self.first, self.second, strict=True):
            if self.decoupled:
                p.mul_(1 - self.lr * self.weight_decay)
            else:
                grad = grad + self.weight_decay * p
            m.mul_(beta1).add_(grad, alpha=1 - beta1)
            v.mul_(beta2).add_(grad.square(), alpha=1 - beta2)
            m_hat = m / (1 - beta1**self.steps)
            v_hat = v / (1 - beta2**self.steps)
            p.sub_(self.lr * m_hat / (v_hat.sqrt() + self.eps))
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "adam", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check("adam")

# %% [markdown]
# <a id="hints-adam"></a>
# <details><summary>Hint 1: the first step is right, later ones are not</summary>
#
# Which t belongs in the hats? Is the state kept for each parameter, from step to step? Do the hats change m
# and v themselves? They must not.
# </details>
# <details><summary>Hint 2: in place</summary>
#
# `p = p - step` makes a new tensor and leaves the model's own as it was. `p.sub_(step)` or `p -= step`
# changes it. But the gradients are not yours to change.
# </details>


# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_valley", "locked": true, "schema_version": 3, "solution": false, "task": false}
def valley(p):
    return 0.5 * (p[..., 0] ** 2 + 100 * p[..., 1] ** 2)


start, slope = torch.tensor([-9.0, 1.0]), torch.tensor([1.0, 100.0])
descent, path, optimizer = [start], [start], Adam([start.clone()], lr=0.4)
for _ in range(60):
    descent.append(descent[-1] - 0.0185 * slope * descent[-1])
    optimizer.step([slope * optimizer.params[0]])
    path.append(optimizer.params[0].clone())
_, ax = plt.subplots(figsize=(8, 3.2))
grid = torch.stack(
    torch.meshgrid(torch.linspace(-10, 3, 200), torch.linspace(-1.3, 1.3, 120), indexing="xy"), -1
)
ax.contour(*grid.unbind(-1), valley(grid), levels=[0.5, 3, 10, 20, 40, 60, 90], colors=GREY, linewidths=0.7)
for name, points, colour in (("gradient descent", descent, BLUE), ("your Adam", path, ORANGE)):
    label = f"{name}: loss {float(valley(points[-1])):.2g} after 60 steps"
    print(
        label, f"; across, the sign changed {int((torch.stack(points)[:, 1].sign().diff() != 0).sum())} times"
    )
    ax.plot(*torch.stack(points).T, marker=".", color=colour, label=label)
ax.set(title="a valley a hundred times steeper across than along", xlabel="along", ylabel="across")
ax.legend(fontsize=8)
show(
    "Paths down a long narrow valley. Gradient descent zigzags between the walls and moves slowly along; "
    "Adam goes straight for the minimum, a little past it and back."
)

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_decay", "locked": true, "schema_version": 3, "solution": false, "task": false}
_, ax = plt.subplots(figsize=(8, 3.2))
for decoupled, style in ((False, "-"), (True, "--")):
    torch.manual_seed(0)
    optimizer = Adam([torch.ones(2)], lr=1e-3, weight_decay=0.5, decoupled=decoupled)
    history = []
    for _ in range(1500):
        optimizer.step([torch.randn(2) * torch.tensor([0.3, 3.0])])
        history.append(optimizer.params[0].clone())
    for values, noise, colour in zip(torch.stack(history).T, ("little", "much"), (GREEN, RED), strict=True):
        kind = "decoupled" if decoupled else "L2"
        ax.plot(values, style, color=colour, label=f"{kind}, {noise} noise")
        print(f"{kind}, {noise} noise: {values[-1]:.2f} is left of 1")
ax.set(xlabel="step", ylabel="parameter", title="gradients of noise only, weight decay 0.5", ylim=(0, 1.05))
ax.legend(ncols=2, fontsize=8)
show(
    "Four parameters that start at 1 and decay for 1500 steps. Decoupled, both fall together by half; "
    "with L2 the one with little noise falls to a fifth and the one with much noise to three quarters."
)

# %% [markdown]
# **Notice** in the first figure how gradient descent crosses the valley in each of its 60 steps and comes slowly along it, while Adam takes steps of
# the same length in both directions, and crosses seven times from its momentum. In the second,
# decoupled decay (dashed) shrinks both parameters alike, to about a half; L2 (solid) shrinks the quiet one to a fifth and leaves
# the noisy one three quarters of its size. Loshchilov and Hutter (2019) made an optimiser of this remark.

# %% [markdown]
# ## 10. LeNet-5
#
# All parts are there. In 1998 LeCun, Bottou, Bengio and Haffner put them together in a network that read
# cheques: convolutions and pooling in turn, maps getting smaller and more numerous, then dense layers. (In
# the original, C3 saw a hand-made choice of S2's maps, S2 and S4 had a trainable factor and offset for each map,
# and the output measured distances; we use the full connection, plain averages and plain logits, as everyone has
# since.)
#
# | stage | what | puts out | parameters |
# |---|---|---|---|
# | input | | 1 x 32 x 32 | |
# | C1 | convolution 5x5, tanh | 6 x 28 x 28 | 6 (1·25 + 1) = 156 |
# | S2 | average over 2x2 | 6 x 14 x 14 | 0 |
# | C3 | convolution 5x5, tanh | 16 x 10 x 10 | 16 (6·25 + 1) = 2,416 |
# | S4 | average over 2x2 | 16 x 5 x 5 | 0 |
# | C5 | convolution 5x5, tanh | 120 | 120 (16·25 + 1) = 48,120 |
# | F6 | dense, tanh | 84 | 84 (120 + 1) = 10,164 |
# | output | dense | 10 | 10 (84 + 1) = 850 |
# | | | | **61,706** |
#
# **Example**, the size of C1: $\lfloor (32 + 0 - 4 - 1)/1 \rfloor + 1 = 28$. C5 is called a convolution, but
# its 5x5 kernel fits 5x5 maps in one place only: it is a dense layer, until you give it a larger image.

# %% [markdown]
# ### Exercise `lenet5`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 6 | 15 min | 0.1 s | all of `torch.nn` |
#
# **Difficulty** ●○○ · **importance** ●●○
#
# **What.** The network as an `nn.Module`, and a method that shows what each stage puts out.
#
# **Details.** `forward` gives the stage `output`, in training and in evaluation. The only parameters are the
# weights and biases of the five layers in the table, drawn at random as PyTorch does; all of them get gradients, and two
# networks share nothing. An image's logits do not
# depend on its neighbours in the batch.
#
# **Why.** Every later network of this course is written in this form: layers in `__init__`, data flow in
# `forward`, and a way to look inside.


# %% nbgrader={"grade": false, "grade_id": "lenet5_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
class LeNet5(nn.Module):
    """LeNet-5 with C3 fully connected to S2: 61,706 parameters for 10 classes.

    C1 6 maps by 5x5, S2 2x2 average, C3 16 maps by 5x5, S4 2x2 average, C5 120 units by 5x5, F6 84 units, output.
    A tanh follows C1, C3, C5 and F6.

    Args:
        num_classes: number of logits.

    Source: LeCun, Bottou, Bengio and Haffner (1998), section II.B and figure 2.
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.c1 = nn.Conv2d(1, 6, 5)
        self.s2 = nn.AvgPool2d(2)
        self.c3 = nn.Conv2d(6, 16, 5)
        self.s4 = nn.AvgPool2d(2)
        self.c5 = nn.Conv2d(16, 120, 5)
        self.f6 = nn.Linear(120, 84)
        self.output = nn.Linear(84, num_classes)
        ### END SOLUTION

    def stages(self, x: Float[Tensor, "N 1 32 32"]) -> dict[str, Tensor]:
        """What each stage puts out, after its tanh where it has one.

        Returns:
            c1 (N, 6, 28, 28), s2 (N, 6, 14, 14), c3 (N, 16, 10, 10), s4 (N, 16, 5, 5), c5 (N, 120), f6 (N, 84),
            output (N, num_classes).
        """
        ### BEGIN SOLUTION
        c1 = self.c1(x).tanh()
        s2 = self.s2(c1)
        c3 = self.c3(s2).tanh()
        s4 = self.s4(c3)
        c5 = self.c5(s4).tanh().flatten(1)
        f6 = self.f6(c5).tanh()
        return {"c1": c1, "s2": s2, "c3": c3, "s4": s4, "c5": c5, "f6": f6, "output": self.output(f6)}
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "N 1 32 32"]) -> Float[Tensor, "N K"]:
        """Logits (N, num_classes) of images (N, 1, 32, 32)."""
        ### BEGIN SOLUTION
        return self.stages(x)["output"]
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "lenet5", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("lenet5")

# %% [markdown]
# <a id="hints-lenet5"></a>
# <details><summary>Hint 1: a gradient or a parameter is missing</summary>
#
# Layers count only as attributes of `self` (or in `nn.ModuleList`, `nn.Sequential`), made in `__init__` after
# `super().__init__()`.
# </details>
# <details><summary>Hint 2: C5's shape</summary>
#
# A convolution leaves (N, 120, 1, 1). `flatten(1)` keeps the batch and joins the rest.
# </details>

# %% [markdown]
# ### Account for it
#
# How many multiplications does LeNet-5 make for one image, biases and averages left out? An output number of a convolution
# takes as many as its window has weights. Write the five numbers down, then run.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_account", "locked": true, "schema_version": 3, "solution": false, "task": false}
mine = {"c1": 0, "c3": 0, "c5": 0, "f6": 0, "output": 0}  # type your five numbers here

counted = {}
with torch.no_grad():
    for name, y in LeNet5().stages(torch.zeros(1, 1, 32, 32)).items():
        weights_per_output = {"c1": 25, "c3": 6 * 25, "c5": 16 * 25, "f6": 120, "output": 84}.get(name, 0)
        if weights_per_output:
            counted[name] = y.numel() * weights_per_output
for name, count in counted.items():
    print(f"{name}: multiplications {count:,}, yours {mine[name]:,}")
print(f"all: multiplications {sum(counted.values()):,}")
print(
    f"share of C5 in the parameters: {100 * 48_120 / 61_706:.0f}%, in the multiplications: {100 * counted['c5'] / sum(counted.values()):.0f}%"
)

# %% [markdown]
# **Notice** where they are: C5 holds 78% of the parameters and makes 12% of the multiplications. A convolution's weights are used
# at every place, a dense layer's once. Parameters cost memory, places cost time.

# %% [markdown]
# ## 11. New images from old
#
# A seven moved by a pixel or tilted a little is still a seven. Such changes make more training data and
# *tell* the network what does not matter (Simard et al., 2003). Only changes that keep the label will do, and
# which do depends on the data:

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_labels", "locked": true, "schema_version": 3, "solution": false, "task": false}
_, axes = plt.subplots(1, 8, figsize=(11, 1.8))
pictures = []
for label in (2, 5, 6, 9):
    image = train_images[int((train_labels == label).nonzero()[0]), 0]
    pictures += [image, image.flip(1) if label in (2, 5) else image.rot90(2)]
titles = ["a 2", "mirrored", "a 5", "mirrored", "a 6", "turned round", "a 9", "turned round"]
show_images(axes, pictures, titles)
nearest = torch.cdist(
    val_images[val_labels == 6].rot90(2, (2, 3)).flatten(1), train_images.flatten(1)
).argmin(1)
print(f"of the turned 6s, nearest to a 9 are {100 * (train_labels[nearest] == 9).double().mean():.0f}%")
show(
    "A 2, its mirror image that looks like a 5, a 5 and its mirror image that looks like a 2, a 6 that is "
    "a 9 when it is turned, and a 9 that is then a 6."
)

# %% [markdown]
# **Notice** that the turned 6 is a 9 (for most of them the nearest training image is one), the mirrored 5 passes for a 2, and the mirrored 2 for a 5. A
# cat stays a cat in a mirror; a digit does not.

# %% [markdown]
# ### Where does an output pixel come from?
#
# It is easiest to go backwards: for each pixel of the new image, ask where it lies in the old one. If the old
# image is turned by $\theta$ about the centre and then shifted by $(s_y, s_x)$, undo the shift, then the
# turn. With offsets $(y, x)$ in pixels **from the centre** $\left(\tfrac{H-1}{2}, \tfrac{W-1}{2}\right)$:
#
# $$\begin{pmatrix} x_\text{old} \\ y_\text{old} \end{pmatrix} = \begin{pmatrix} \cos\theta & -\sin\theta \\ \sin\theta & \cos\theta \end{pmatrix} \begin{pmatrix} x - s_x \\ y - s_y \end{pmatrix} .$$
#
# (Turning by $\theta$ or $-\theta$ is the same here, since $\theta$ is as likely as $-\theta$.) Between
# pixels the value is interpolated, outside it is 0. `F.grid_sample` does both; it wants coordinates $(x, y)$
# in which the image's *edges* are at $-1$ and $1$ (`align_corners=False`): an offset of $x$ pixels from the
# centre is $2x/W$ there.
#
# **Example.** An 8x8 image, $\theta = 0$, shift $(0, 1)$: the upper left output pixel has
# $(y, x) = (-3.5, -3.5)$, comes from $x_\text{old} = -4.5$, which is $-1.125$: outside, so it is 0.

# %% [markdown]
# ### Exercise `augment`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 5 | 30 min | 0.1 s | `F.grid_sample`, `F.affine_grid`, slicing, `torch.rand` and `randint` with the generator |
#
# **Difficulty** ●●● · **importance** ●●○
#
# **What.** Turn and shift each image of a batch by its own random amount.
#
# **Details.** First turn about the centre, then shift by whole pixels; images need not be square. The angle is any number
# of degrees, no whole one. Angle, vertical and horizontal shift are independent, and so are the images, the first and
# the last one too. The same seed gives the same turns and
# shifts, whatever is in the images. With `max_shift=0` and `max_angle=0` they come back as they are. A pixel that the
# turn moves out of the image and the shift back in may come back or be lost.
#
# **Why.** More data is the surest cure for overfitting, and this is data for free. It is also where leaks of
# randomness begin: everything random must come from the generator.


# %% nbgrader={"grade": false, "grade_id": "augment_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def augment(
    images: Float[Tensor, "N 1 H W"], generator: torch.Generator, max_shift: int = 1, max_angle: float = 10.0
) -> Float[Tensor, "N 1 H W"]:
    """Rotate and shift every image at random, each one differently; what leaves is lost, zeros come in.

    Args:
        images: (N, 1, H, W); left as they are.
        generator: the only source of randomness, so that the same seed gives the same images.
        max_shift: pixels. The vertical and the horizontal shift are whole numbers, each uniform in
            -max_shift..max_shift.
        max_angle: degrees. The angle is uniform in [-max_angle, max_angle]; the image turns about its centre
            (before it is shifted), bilinearly interpolated.

    Returns:
        New images, (N, 1, H, W).

    Source: Simard, Steinkraus and Platt (2003), section 2.
    """
    ### BEGIN SOLUTION
    n, _, h, w = images.shape
    angle = torch.deg2rad(max_angle * (2 * torch.rand(n, 1, 1, generator=generator) - 1))
    shift = torch.randint(-max_shift, max_shift + 1, (n, 2, 1, 1), generator=generator)
    # The output pixel at offset (y, x) from the centre shows the input at that offset, shifted and turned back.
    y = (torch.arange(h) - (h - 1) / 2)[:, None] - shift[:, 0]  # (N, H, 1)
    x = torch.arange(w) - (w - 1) / 2 - shift[:, 1]  # (N, 1, W)
    source_x = angle.cos() * x - angle.sin() * y  # (N, H, W)
    source_y = angle.sin() * x + angle.cos() * y
    grid = torch.stack(
        (2 * source_x / w, 2 * source_y / h), dim=-1
    )  # (N, H, W, 2): edges of the image at -1 and 1
    return F.grid_sample(images, grid.to(images), mode="bilinear", padding_mode="zeros", align_corners=False)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "augment", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("augment")

# %% [markdown]
# <a id="hints-augment"></a>
# <details><summary>Hint 1: where to start</summary>
#
# First make the identity: a grid whose sample is the image itself, for an image that is not square. Then
# shift, then turn.
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# Draw n angles of shape (N, 1, 1): beside offsets y of shape (H, 1) and x of shape (W,), broadcasting gives
# (N, H, W). The grid is (N, H, W, 2), x first.
# </details>
# <details><summary>Hint 3: round things become oval</summary>
#
# With `F.affine_grid` you turn in coordinates where height and width both measure 2. Turn in pixels, or weigh
# the sines by H/W and W/H.
# </details>

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_augment", "locked": true, "schema_version": 3, "solution": false, "task": false}
_, axes = plt.subplots(2, 12, figsize=(12, 2.3))
generator = torch.Generator().manual_seed(0)
for row, index in zip(axes, (6, 3), strict=True):
    image = train_images[index : index + 1]
    copies = augment(image.expand(11, 1, 8, 8), generator, max_shift=1, max_angle=15.0)
    show_images(row, torch.cat([image, copies])[:, 0], ["original"] + [""] * 11)
    other = train_images[train_labels != train_labels[index]]
    distances = (copies - image).flatten(1).norm(dim=1).mean(), (other - image).flatten(1).norm(dim=1).min()
    print(
        f"a {int(train_labels[index])}: mean distance to a copy, in that to the nearest image of another digit, {distances[0] / distances[1]:.2f}"
    )
show("A 7 and a 3, each with eleven copies that are turned and shifted a little; all are still read at once.")

# %% [markdown]
# **Notice** how different the copies are as numbers, and how alike to you: a copy may lie further from its original than an image
# of another digit does. Notice too that a stroke at the
# rim is lost when it is pushed out: a shift of 3 would destroy more than it teaches.

# %% [markdown]
# ## 12. Training
#
# You are given a small network for 8x8 digits, with batch normalisation after each convolution.


# %% nbgrader={"grade": false, "grade_id": "given_small_cnn", "locked": true, "schema_version": 3, "solution": false, "task": false}
def small_cnn() -> nn.Sequential:
    """A convolutional network for 8x8 one-channel digits: (N, 1, 8, 8) to logits (N, 10)."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Conv2d(16, 16, 3, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(128, 10),
    )


# %% [markdown]
# One epoch: put the images in a new random order, cut the order into batches, and for each batch
#
# 1. compute the logits and the mean loss of the batch,
# 2. clear the old gradients and compute new ones,
# 3. let the optimiser step.
#
# The epoch's loss is the mean **over images**: a last batch of 7 must not count as much as one of 64.
#
# **Example.** 10 images in batches of 4 make batches of 4, 4 and 2. With batch losses 0.5, 0.5 and 2.0 the
# epoch's loss is $(4 \cdot 0.5 + 4 \cdot 0.5 + 2 \cdot 2.0)/10 = 0.8$, not their mean 1.0.

# %% [markdown]
# ### Exercise `train_classifier`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 9 | 25 min | 0.7 s | everything in PyTorch, `torch.optim` and `F.cross_entropy` too |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** The training loop. It is graded by what the trained model says of images it has not seen: at least
# 97% right with the default settings, and by its steps.
#
# **Details.** One step of plain Adam (`lr` as given, PyTorch's other defaults; no schedule, no weight decay, no
# clipping) on the plain cross-entropy for each batch, the last and smaller one too, be it a single image. The model goes
# on from the weights it comes with, keeps those that its last step leaves, in training mode even if it comes in evaluation mode. Losses are Python floats, those
# of the batches as they were trained on. The same seed in the generator trains the same weights. In which mode you
# leave the model is up to you.
#
# **Why.** You will write this loop for every model of the course. It is independent of your other exercises.


# %% nbgrader={"grade": false, "grade_id": "train_classifier_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train_classifier(
    model: nn.Module,
    images: Float[Tensor, "N C H W"],
    labels: Int[Tensor, "N"],
    epochs: int = 30,
    batch_size: int = 64,
    lr: float = 2e-3,
    generator: torch.Generator | None = None,
) -> list[float]:
    """Train a classifier in place, in training mode, by Adam (PyTorch's defaults but lr) on the cross-entropy.

    Args:
        model: maps (B, C, H, W) to logits (B, K).
        images: (N, C, H, W).
        labels: (N,), int64.
        epochs: passes over all N images, each in a new random order.
        batch_size: images per step; the last batch of an epoch may be smaller.
        lr: learning rate.
        generator: draws the orders; None for the global one.

    Returns:
        Mean loss per image of each epoch, `epochs` numbers.

    Source: Goodfellow, Bengio and Courville (2016), algorithm 8.7 and section 8.1.3.
    """
    ### BEGIN SOLUTION
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    model.train()
    losses = []
    for _ in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(images), generator=generator).split(batch_size):
            loss = F.cross_entropy(model(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        losses.append(total / len(images))
    return losses
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "train_classifier", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
check("train_classifier")

# %% [markdown]
# <a id="hints-train_classifier"></a>
# <details><summary>Hint 1: the loss does not fall</summary>
#
# Are the gradients cleared before each backward pass? Is the optimiser made once, or anew for each batch? Are
# images and labels shuffled by the *same* order?
# </details>
# <details><summary>Hint 2: good in training, poor in evaluation</summary>
#
# Batch normalisation must be in training mode while you train (`model.train()`), or its running statistics
# never move.
# </details>
# <details><summary>Hint 3: make the problem small</summary>
#
# Train on 32 images only. Any sound loop learns them by heart in seconds; if yours does not, there is a bug,
# and it is quick to find on 32 images.
# </details>

# %% [markdown]
# ### First, 32 images
#
# The cheapest test of any training loop: can it learn a handful of images by heart?

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_overfit", "locked": true, "schema_version": 3, "solution": false, "task": false}
torch.manual_seed(0)
pupil = small_cnn()
losses = train_classifier(pupil, train_images[:32], train_labels[:32], epochs=40, batch_size=8)
print(f"loss after the last epoch: {losses[-1]:.4f}")
print("loss after 1, 10, 20, 40 epochs:", ", ".join(f"{losses[i - 1]:.4f}" for i in (1, 10, 20, 40)))

# %% [markdown]
# **Notice** that the loss ends near zero, at less than a hundredth. Had it stopped at $\log 10 = 2.3$, the network would be guessing:
# the gradients do not arrive, or images and labels have come apart.

# %% [markdown]
# ### Find the bug
#
# This loop trains with your own Adam and loss. It runs, its loss falls, and it is wrong: somebody wanted to watch the validation
# accuracy. Find the line before you unfold the answer.


# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_find_the_bug", "locked": true, "schema_version": 3, "solution": false, "task": false}
def accuracy(model, images, labels):
    """Share of images that the model, in evaluation mode, gets right."""
    model.eval()
    with torch.no_grad():
        return float((model(images).argmax(1) == labels).double().mean())


def watched_training(model, images, labels, epochs, generator):
    parameters = list(model.parameters())
    optimizer = Adam(parameters, lr=2e-3)
    model.train()
    for _ in range(epochs):
        for chosen in torch.randperm(len(images), generator=generator).split(64):
            smoothed = cross_entropy(model(images[chosen]), labels[chosen], 0.05)
            optimizer.step(list(torch.autograd.grad(smoothed, parameters)))
        watched.append(accuracy(model, val_images, val_labels))


torch.manual_seed(0)
watched, suspect = [], small_cnn()
watched_training(suspect, train_images[:200], train_labels[:200], 8, torch.Generator().manual_seed(0))
steps = 8 * math.ceil(200 / 64)
print(
    f"steps: {steps}, of them seen by batch normalisation in training mode: {int(suspect[1].num_batches_tracked)}"
)

# %% [markdown]
# **Notice** that batch normalisation was in training mode for 4 of the 32 steps.
#
# <details><summary>Which line?</summary>
#
# `accuracy` calls `model.eval()`, and nobody calls `model.train()` again: from the second epoch on the network trains with frozen
# running statistics. `model.train()` belongs *inside* the loop, or `accuracy` has to put the mode back. Nothing warns you, and the
# accuracy is not even bad: such errors are found by counting, not by looking.
# </details>

# %% [markdown]
# ### The real run


# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_train", "locked": true, "schema_version": 3, "solution": false, "task": false}
def dense_network():
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))


_, ax = plt.subplots(figsize=(6, 2.8))
for name, build, colour in (
    ("dense network", dense_network, GREY),
    ("convolutional network", small_cnn, BLUE),
):
    torch.manual_seed(0)
    network, order = build(), torch.Generator().manual_seed(0)
    losses = train_classifier(network, train_images, train_labels, generator=order)
    wrong = round(len(val_images) * (1 - accuracy(network, val_images, val_labels)))
    print(f"{name}: errors on 300 validation images {wrong}")
    print(f"{name}: after 3 epochs the loss is down to {100 * losses[2] / losses[0]:.0f}% of the first")
    ax.semilogy(range(1, len(losses) + 1), losses, color=colour, marker=".", label=f"{name}, {wrong} errors")
nearest = train_labels[torch.cdist(val_images.flatten(1), train_images.flatten(1)).argmin(1)]
print(
    f"nearest neighbour, no training at all: errors on 300 validation images {int((nearest != val_labels).sum())}"
)
ax.set(xlabel="epoch", ylabel="mean loss", title="training loss")
ax.legend()
show(
    "The training losses of a dense and of a convolutional network over thirty epochs, on a logarithmic "
    "axis: the convolutional one falls faster and further."
)

# %% [markdown]
# **Notice** the logarithmic axis: most of the loss is gone after three epochs, and the rest of the time buys
# the last per cent. And notice the simplest baseline: to take the label of the nearest training image errs as rarely on
# digits as clean as these, without any training. Without that baseline 97% would look like an achievement; the dense network
# does not reach it.
#
# ### A failure on purpose
#
# The same network, asked for 300 answers in training mode. The images come ten at a time and sorted by what they show, as a
# customer may send them.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_failure", "locked": true, "schema_version": 3, "solution": false, "task": false}
network.train()
before = {name: value.clone() for name, value in network.state_dict().items()}
by_digit = val_labels.argsort(stable=True)
with torch.no_grad():
    answers = torch.cat([network(ten) for ten in val_images[by_digit].split(10)]).argmax(1)
network.load_state_dict(before)
forgotten = int((answers != val_labels[by_digit]).sum())
right_way = round(300 * (1 - accuracy(network, val_images, val_labels)))
print(f"errors on 300 validation images: {forgotten} in training mode, {right_way} in evaluation mode")
print(f"a forgotten eval() makes the errors {forgotten / right_way:.1f} times as many")

# %% [markdown]
# **Notice** that a forgotten `model.eval()` makes at least twice as many errors here, and no message. (Over three trainings they
# were 22 to 29 instead of 6 or 7.) With the images in random order you would have noticed nothing.
#
# <details><summary>Why does the order matter?</summary>
#
# In training mode a batch is normalised by its own mean and variance. Ten images of one digit have in common what makes them that
# digit, and the normalisation takes away what they have in common. In a mixed batch the mean is that of all digits, nearly the one
# that training stored.
# </details>
#
# ### Where does it err?


# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_errors", "locked": true, "schema_version": 3, "solution": false, "task": false}
def show_errors(model, images, labels):
    """Which digits are taken for which, and the first twelve images that the model gets wrong."""
    model.eval()
    with torch.no_grad():
        probabilities = model(images).softmax(1)
    guess = probabilities.argmax(1)
    wrong = (guess != labels).nonzero().flatten()
    confusion = torch.zeros(10, 10)
    confusion.index_put_((labels[wrong], guess[wrong]), torch.ones(len(wrong)), accumulate=True)
    left, right = plt.figure(figsize=(12, 3.6)).subfigures(1, 2, width_ratios=[1, 2])
    ax = left.subplots()
    ax.imshow(confusion, cmap="Oranges", vmin=0, vmax=4)
    for i, j in confusion.nonzero().tolist():
        ax.text(j, i, int(confusion[i, j]), ha="center", va="center")
    ax.set(xticks=range(10), yticks=range(10), xlabel="network says", ylabel="truth", title="errors")
    axes = list(right.subplots(2, 6).flat)
    for ax in axes:
        ax.axis("off")
    for ax, i in zip(axes, wrong.tolist(), strict=False):
        ax.imshow(images[i, 0], cmap="gray_r")
        said = f"{int(guess[i])} ({float(probabilities[i].max()):.0%} sure)"
        ax.set_title(f"{int(labels[i])}, not {said}", fontsize=8)
    sure = probabilities.amax(1)[wrong]
    print(
        f"errors: {len(wrong)}, the surest of them: {100 * sure.max():.0f}% sure, the least sure: {100 * sure.min():.0f}%"
    )


show_errors(network, val_images, val_labels)
show(
    "Left: a table of which digits are taken for which, nearly empty. Right: the images that the network "
    "gets wrong, each with what it said and how sure it was; several are hard to read."
)

# %% [markdown]
# **Notice** how few they are, about ten of 300, and look at them one by one: would you have known? Notice also how sure of
# itself the network can be when it is wrong: of one error it is more than 90% sure. A softmax is not a confidence.

# %% [markdown]
# ### Looking inside LeNet
#
# Your LeNet-5 wants 32x32 images, so the digits are enlarged. It is also an older design: no batch
# normalisation, no ReLU, averages instead of maxima.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_lenet", "locked": true, "schema_version": 3, "solution": false, "task": false}
large = load_digits(size=32)
torch.manual_seed(1)
lenet, order = LeNet5(), torch.Generator().manual_seed(1)
lenet_losses = train_classifier(lenet, large.train_images[:-300], train_labels, epochs=14, generator=order)
print(
    f"LeNet-5: errors on 300 validation images {round(300 * (1 - accuracy(lenet, large.train_images[-300:], val_labels)))}"
)
show_errors(lenet, large.train_images[-300:], val_labels)
show(
    "Left: which digits LeNet-5 takes for which. Right: the first twelve of its errors, with what it said "
    "and how sure it was."
)

# %% [markdown]
# **Notice** that the old network errs more often (with this seed and these 14 epochs, about 27 times
# instead of about 10). Which of its
# errors would you have made?

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_feature_maps", "locked": true, "schema_version": 3, "solution": false, "task": false}
kernels = next(p for p in lenet.parameters() if p.shape == (6, 1, 5, 5)).detach()[:, 0]
image = large.train_images[-300:][val_labels == 4][:1]
with torch.no_grad():
    stages = lenet.stages(image)
top, middle, bottom = plt.figure(figsize=(12.5, 6.6)).subfigures(3, 1, height_ratios=[1, 1, 1.5])
axes = top.subplots(1, 7)
show_images(axes[:1], image[0], ["input"])
show_images(axes[1:], kernels, [f"C1 kernel {i}" for i in range(6)], cmap="RdBu_r", vmin=-0.5, vmax=0.5)
axes = middle.subplots(1, 7)
axes[0].axis("off")
show_images(axes[1:], stages["c1"][0], [f"C1 map {i}" for i in range(6)], cmap="RdBu_r", vmin=-1, vmax=1)
names = [f"C3 map {i}" for i in range(16)]
show_images(bottom.subplots(2, 8).flat, stages["c3"][0], names, cmap="RdBu_r", vmin=-1, vmax=1)
slope = torch.linspace(-1, 1, 5).expand(5, 5)
planes = torch.stack([slope.flatten() / slope.norm(), slope.T.flatten() / slope.norm()])
unit = (kernels - kernels.mean((1, 2), keepdim=True)).flatten(1)
likeness = (unit / unit.norm(dim=1, keepdim=True) @ planes.T).norm(dim=1)
print(
    "how much of each C1 kernel is a slope from dark to light:",
    ", ".join(f"{value:.2f}" for value in likeness),
)
print(f"the most: {likeness.max():.2f}, the median: {likeness.median():.2f}")
show(
    "An enlarged 4, the six kernels of C1 in red and blue, the six maps that they make of it, and the "
    "sixteen maps of C3, in which the digit can no longer be read."
)

# %% [markdown]
# Red is positive, blue negative.
#
# **Notice** in the first row kernels that are red on one side and blue on the other: in part they are edge detectors like
# Sobel's, but found by training. How much of each is a plain slope from dark to light stands above: 1 would be nothing else, the
# best of the six has two thirds of it. The map of such a kernel, below it, shows the digit in relief, lit from that side; others
# only find ink. In the last two rows the digit dissolves: each map answers a question such as "does a stroke lean this way here?",
# at 10x10 places.

# %% [markdown]
# ### All your own
#
# Last, a network in which *every* part is yours: convolution, batch normalisation, pooling, dropout, loss and
# optimiser, with images augmented on the way. From PyTorch come only tensors, ReLU and autograd.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_all_your_own", "locked": true, "schema_version": 3, "solution": false, "task": false}
torch.manual_seed(0)
generator = torch.Generator().manual_seed(0)
norms, drop = [BatchNorm2d(12), BatchNorm2d(24)], Dropout(0.2)
weights = [torch.randn(12, 1, 3, 3) / 3, torch.randn(24, 12, 3, 3) / 10, torch.randn(10, 24 * 16) / 20]
parameters = [w.requires_grad_() for w in weights] + [p for norm in norms for p in norm.parameters()]


def homemade(x):
    """Logits (N, 10) of images (N, 1, 8, 8)."""
    x = max_pool2d(norms[0](conv2d(x, weights[0], padding=1)).relu(), 2)
    x = norms[1](conv2d(x, weights[1], padding=1)).relu()
    return drop(x.flatten(1)) @ weights[2].T


optimizer = Adam(parameters, lr=3e-3)
for _epoch in range(10):
    for batch in torch.randperm(len(train_images), generator=generator).split(64):
        images = augment(train_images[batch], generator, max_shift=0, max_angle=8.0)
        loss = cross_entropy(homemade(images), train_labels[batch], label_smoothing=0.05)
        optimizer.step(list(torch.autograd.grad(loss, parameters)))
for module in (*norms, drop):
    module.eval()
with torch.no_grad():
    wrong = int((homemade(val_images).argmax(1) != val_labels).sum())
print(f"your own network: errors on 300 validation images {wrong}")

# %% [markdown]
# **Notice** that it errs about as often as the given network, at most twice as often, and that you could carry out every step of
# it with pencil and paper.
#
# ### The test set, once
#
# The choice is made: the network of "The real run". Only now does the test set come out, and only for it. Had we looked at three
# networks there and kept the best, its test accuracy would be the best of three draws, and too good.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_test_once", "locked": true, "schema_version": 3, "solution": false, "task": false}
print(
    f"test accuracy of the chosen network: {100 * accuracy(network, digits.test_images, digits.test_labels):.1f}%"
)
print(f"its validation accuracy: {100 * accuracy(network, val_images, val_labels):.1f}%")

# %% [markdown]
# **Notice** that the two differ by less than two points. That is chance: shares of 360 and of 300 images, near 3% of errors,
# differ by 1.3 points from chance alone.

# %% [markdown]
# ## 13. Explore
#
# Three experiments whose outcome surprises most people. Guess first, then run.
#
# ### Guess 1. All pixels shuffled
#
# Take one fixed random order and rearrange the 64 pixels of *every* image by it, in training and in test. To
# you each image is noise. How well does a network learn that has no convolutions? How well does ours?

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_permuted", "locked": true, "schema_version": 3, "solution": false, "task": false}
arrangement = torch.randperm(64, generator=torch.Generator().manual_seed(5))


def shuffle_pixels(images):
    return images.flatten(1)[:, arrangement].view_as(images)


few = train_images[:300]
for name, build in (("dense network", dense_network), ("convolutional network", small_cnn)):
    results = []
    for train, val in ((few, val_images), (shuffle_pixels(few), shuffle_pixels(val_images))):
        of_seeds = []
        for seed in range(3):
            torch.manual_seed(seed)
            model, order = build(), torch.Generator().manual_seed(seed)
            train_classifier(model, train, train_labels[:300], epochs=15, generator=order)
            of_seeds.append(100 * accuracy(model, val, val_labels))
        results.append(sum(of_seeds) / 3)
        print(
            f"{name}, {'as they are' if train is few else 'shuffled'}: validation accuracy of three seeds",
            ", ".join(f"{r:.1f}" for r in of_seeds),
        )
    print(f"{name}: loses {results[0] - results[1]:.1f} points by the shuffling, on average")

# %% [markdown]
# **Notice** that the dense network loses nothing: to it, pixels have no places. The convolutional network
# leads on real images and loses its lead on shuffled ones. It knows no more: it believes in locality and
# sharing, and that is worth something exactly where it is *true*.
#
# ### Guess 2. Labels at random
#
# Give 400 training images random labels. There is nothing to learn. What will the training accuracy be after
# 60 epochs?

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_random_labels", "locked": true, "schema_version": 3, "solution": false, "task": false}
torch.manual_seed(0)
generator = torch.Generator().manual_seed(0)
random_labels = torch.randint(0, 10, (400,), generator=generator)
_, ax = plt.subplots(figsize=(7, 3))
few = train_images[:400]
for name, labels, colour in (("true", train_labels[:400], BLUE), ("random", random_labels, RED)):
    model = small_cnn()
    curve = train_classifier(model, few, labels, epochs=60, generator=generator)
    learned, tested = accuracy(model, few, labels), accuracy(model, val_images, val_labels)
    ax.semilogy(
        curve, color=colour, label=f"{name} labels: training accuracy {learned:.0%}, validation {tested:.0%}"
    )
    print(f"{name} labels: training accuracy {100 * learned:.0f}%, on new images {100 * tested:.0f}%")
ax.set(xlabel="epoch", ylabel="training loss", ylim=(2e-4, None))
ax.legend(loc="lower left")
show(
    "Two training losses on a logarithmic axis over sixty epochs: with true labels the loss falls at "
    "once, with random labels it falls later and slower, and gets small as well."
)

# %% [markdown]
# **Notice** that the network learns the nonsense by heart, all of it, only more slowly: figure 1 of Zhang et al. (2017), drawn again in
# small. A network
# of this size *could* memorise anything; that it generalises from true labels is not explained by lack of
# room. Why it does is still argued about.
#
# ### Guess 3. One pixel to the side
#
# Your network is right on nearly all validation digits. Move each by two pixels: how many of 100 are still right? And if it
# had been trained on augmented images? Type your guess in, then run.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_shift", "locked": true, "schema_version": 3, "solution": false, "task": false}
guess = (
    0  # of 100 digits that are moved by two pixels to the right, how many does the first network get right?
)
generator = torch.Generator().manual_seed(0)
copies = [augment(train_images, generator, max_shift=2, max_angle=10.0) for _ in range(3)]
torch.manual_seed(0)
robust = small_cnn()
many = torch.cat([train_images, *copies])
train_classifier(robust, many, train_labels.repeat(4), epochs=8, generator=generator)


def shifted(images, pixels):
    """Images moved to the right, or for negative numbers to the left; zeros come in."""
    return F.pad(images, (pixels, -pixels))


pixels = range(-3, 4)
_, ax = plt.subplots(figsize=(7, 3))
for name, model, colour in (("as they are", network, BLUE), ("with shifted copies", robust, ORANGE)):
    scores = [accuracy(model, shifted(val_images, k), val_labels) for k in pixels]
    print(
        f"trained {name}: right of 100 when moved by two pixels {100 * scores[5]:.0f}, not moved {100 * scores[3]:.0f}"
    )
    ax.plot(pixels, scores, marker="o", color=colour, label=f"trained {name}")
print(f"your guess: {guess}")
ax.set(xlabel="shift to the right, pixels", ylabel="validation accuracy", ylim=(0, 1.03))
ax.legend()
show(
    "Accuracy over the shift from three pixels left to three right. Both networks are near 1 without a "
    "shift; the one trained on images as they are falls steeply to both sides, the one trained with "
    "shifted copies stays high for one and two pixels."
)

# %% [markdown]
# **Notice** how far the blue curve falls, to about a half at two pixels, although every convolution in the network is shift
# equivariant. With shifted copies more than 90 of 100 stay right. Which part is not equivariant? That is the first question below.

# %% [markdown]
# ### Go on
#
# With internet, `load_digits(size=32, source="mnist")` puts 60,000 larger digits before your LeNet, and
# `load_digits(size=32, source="cifar10")` coloured photographs. Which layer must change for those? How far
# does the shift experiment go if you end `small_cnn` in a global average instead of `Flatten`?

# %% [markdown]
# ## 14. Written questions
#
# Answer in your own words, in about 150 words each. A figure or a number from this notebook is worth more
# than a quotation.

# %% [markdown]
# ### Question 1: equivariance and invariance (6 points)
#
# 1. Let $S$ be a shift of the image. Write down, as equations, what it means that a function $f$ is
#    *equivariant* and that it is *invariant* under $S$. (2 points)
# 2. Which parts of LeNet-5 are equivariant under a shift by one pixel, which are not, and why? Say what
#    borders do. (2 points)
# 3. In the last experiment a shift by one or two pixels cost the first network much of its accuracy. Explain
#    how that can be, and name one change of the *architecture* that would make the network less sensitive,
#    and its price. (2 points)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written_equivariance", "locked": false, "points": 6, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Model answer.** *Equivariant*: $f(Sx) = S f(x)$, the output moves with the input (if the output grid is
# coarser, by the corresponding shift). *Invariant*: $f(Sx) = f(x)$, the output does not change.
#
# A convolution with stride 1 and a pointwise tanh are equivariant away from the border; at the border, zeros
# are padded or pixels leave the image, so equality fails in a rim. Pooling with stride 2 is equivariant only
# to shifts by even numbers of pixels: after a shift by one, the windows cut the map differently (the stripes
# of section 5). The dense layers (C5 on 5x5 maps, F6, output) give each place its own weights: neither
# equivariant nor invariant.
#
# Nothing in the network *forces* invariance, the dense layer at the end has learned at which places strokes
# occur in centred training images, and a shift brings its inputs to other places, with aliasing from the two
# strided poolings and loss at the border besides. A remedy: global average pooling before the last layer,
# which forgets the place (price: it cannot tell 6 from 9 by *where* the loop is, unless the features below
# encode that); or blurred pooling or stride 1 (price: compute, some sharpness). Augmentation is a remedy of
# the data, not of the architecture.
#
# **Marks.**
# - Part 1: 1 for each equation. Words without an equation: half.
# - Part 2: 1 for "convolution yes, except at the border"; 1 for strided pooling or dense layers with the
#   reason (subsampling grid; weights of their own for each place). The answer "CNNs are shift invariant": 0.
# - Part 3: 1 for the cause (place-dependent dense layer, or aliasing, with the experiment); 1 for an
#   architectural change *with* its price. Augmentation alone: half.
# ### END SOLUTION

# %% [markdown]
# ### Question 2: choosing an augmentation (6 points)
#
# You train a classifier on one of these: (a) photographs of road signs, seen from a moving car; (b)
# microscope images of round blood cells, one a picture; (c) the digits of this notebook.
#
# 1. State, as a condition on labels and images, when a transformation is safe to use for augmentation. (1
#    point)
# 2. For mirroring, for turning by any angle, and for small shifts: say for each of (a), (b), (c) whether it
#    is safe, with one reason or counterexample for each transformation and data set. (3 points)
# 3. Your augmentation lowers the training accuracy and raises the loss on the training images. Is that bad?
#    Describe the experiment that decides whether to keep the augmentation, and which data it may and may not
#    use. (2 points)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written_augmentation", "locked": false, "points": 6, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Model answer.** A transformation $T$ is safe if it keeps the label, $p(y \mid Tx) = p(y \mid x)$, and if
# $Tx$ looks like an image that can occur (or at least does not lead away from those that do).
#
# | | (a) road signs | (b) blood cells | (c) digits |
# |---|---|---|---|
# | mirroring | no: "turn left" becomes "turn right", text is mirrored | yes: a cell has no preferred side | no: a mirrored 5 passes for a 2 and a mirrored 2 for a 5; a mirrored 7 is not a digit |
# | any angle | no: an arrow points elsewhere, a triangle on its head is another sign | yes: a cell on a slide has no upright | no: 6 becomes 9 |
# | small shifts | yes: a detector's crop is never exact | yes | yes, as long as no stroke leaves the image |
#
# Lower training accuracy is to be expected: the task has become harder, and memorising has become impossible.
# It says nothing about new images. To decide, train with and without augmentation (same budget, several
# seeds), and compare accuracy on a *validation* set of untouched images that was held out from the training
# set. Copies of one image must not stand on both sides of the split, so split first and augment after. The
# test set is used once, after the choice.
#
# **Marks.**
# - Part 1: 1 for "keeps the label" as a condition on $p(y \mid x)$ or in equally exact words.
# - Part 2: 1 for each transformation with all three data sets judged and reasoned; half with one wrong or
#   without reasons. Other verdicts with a sound reason (such as chiral cell shapes) count.
# - Part 3: 1 for "not bad in itself" with the reason; 1 for an untouched validation set, split before
#   augmenting, the test set not used for the choice.
# ### END SOLUTION

# %% [markdown]
# ## What you have read about
#
# - Y. LeCun, L. Bottou, Y. Bengio and P. Haffner (1998), *Gradient-based learning applied to document
#   recognition*.
# - I. Goodfellow, Y. Bengio and A. Courville (2016), *Deep Learning*, chapters 8 and 9.
# - V. Dumoulin and F. Visin (2016), *A guide to convolution arithmetic for deep learning*.
# - W. Luo et al. (2016), *Understanding the effective receptive field*; A. Araujo, W. Norris and J. Sim
#   (2019), *Computing receptive fields*.
# - A. Odena, V. Dumoulin and C. Olah (2016), *Deconvolution and checkerboard artifacts*; R. Zhang (2019),
#   *Making convolutional networks shift-invariant again*.
# - S. Ioffe and C. Szegedy (2015), *Batch normalization*; N. Srivastava et al. (2014), *Dropout*; C. Szegedy
#   et al. (2016), *Rethinking the Inception architecture*.
# - D. Kingma and J. Ba (2015), *Adam*; I. Loshchilov and F. Hutter (2019), *Decoupled weight decay
#   regularization*.
# - P. Simard, D. Steinkraus and J. Platt (2003), *Best practices for convolutional neural networks*; C. Zhang
#   et al. (2017), *Understanding deep learning requires rethinking generalization*.
