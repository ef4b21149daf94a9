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
# # Chapter 6. Modern convolutional networks
#
# Between 2012 and 2019 the error of the best network on a million photographs fell from one in six to one in thirty
# (five guesses allowed). The convolution stayed what it was. New was how layers are put together: in branches, with
# shortcuts, with every layer seeing all before it, with one cheap layer for space and another for channels. Here you
# write each of these blocks. Out of *your* blocks the published networks are then assembled, and every one of them must
# have its published number of parameters, to the last one.
#
# | | exercise | points | minutes |
# |---|---|---|---|
# | 1 | `account`: what a network costs | 6 | 25 |
# | 2 | `he_init`: a start that keeps the variance | 5 | 20 |
# | 3 | `plain_nets`: AlexNet and VGG | 7 | 30 |
# | 4 | `inception`: branches | 10 | 30 |
# | 5 | `residual`: shortcuts | 12 | 30 |
# | 6 | `resnet`: the network | 9 | 30 |
# | 7 | `dense_block`: every layer sees all before it | 6 | 20 |
# | 8 | `separable`: space and channels apart | 8 | 30 |
# | 9 | `mbconv`: gates and dropped paths | 9 | 30 |
# | 10 | `compound_scaling`: a family from one network | 4 | 15 |
# | 11 | `fold_batch_norm`: a layer that vanishes | 5 | 15 |
# | 12 | `class_activation_map`: where does it look? | 4 | 15 |
# | 13 | `transfer`: features from another task | 6 | 30 |
# | 14 | two written questions | 5 + 4 | 30 |

# %% [markdown]
# ### How to work
#
# - Write your code where a cell says `raise NotImplementedError()`, then run the check cell below it. A check
#   runs the public tests; your work is graded by more tests of the same properties, on other shapes and
#   numbers.
# - Exercises are judged one by one, and none needs another: if you are stuck, go on. Only figures and the given
#   networks made of your blocks wait for an exercise.
# - A card opens each exercise and says which functions you may use. Where it forbids some, it forbids what
#   would hide them too: code made of text (`eval`, `exec`), names computed with `getattr` or `globals`,
#   threads, `ctypes`, the interpreter's own machinery.
# - Convolution, batch normalisation, pooling and dropout come from `torch.nn` now: you built them in chapter 5.
# - **Layers are registered in the order in which data flow through them.** Then the grader can load weights of its
#   own into your network and compare numbers. Where names are published, the card asks for those names.
# - A network of this chapter must be able to be built on the *meta device*, where tensors have shapes but no
#   numbers: so read no number of a weight in `__init__`, and make no tensor on a fixed device.
# - Hints are folded below the check: read one at a time.
# - Images are (N, C, H, W). Shapes without a batch are (C, H, W). A *multiply-add* is one multiplication with its
#   addition; papers call it MAC or, less exactly, FLOP.
# - Cells that draw figures are not graded. Change their numbers and see what happens. Some are folded to one line and
#   three dots: run them all the same, and click on the dots to read them.
# - In a terminal, in this folder, `selfcheck` checks the whole notebook at once; `selfcheck -k residual` checks one
#   exercise.

# %% nbgrader={"grade": false, "grade_id": "given_imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import math
import sys
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from selfcheck import check


# %% nbgrader={"grade": false, "grade_id": "given_meta", "locked": true, "schema_version": 3, "solution": false, "task": false}
def on_meta(build: Callable[..., nn.Module], *args: object, **kwargs: object) -> nn.Module:
    """The network that `build(...)` makes, without memory: its tensors have shapes and no numbers."""
    with torch.device("meta"):
        return build(*args, **kwargs)


def count(network: nn.Module) -> int:
    """How many numbers training would change."""
    return sum(p.numel() for p in network.parameters())


# %% nbgrader={"grade": false, "grade_id": "given_fit", "locked": true, "schema_version": 3, "solution": false, "task": false}
def fit(
    model: nn.Module,
    images: Float[Tensor, "N ..."],
    labels: Int[Tensor, "N"],
    epochs: int,
    seed: int = 0,
    rate: float = 1e-3,
    say: str = "",
) -> list[float]:
    """Train by Adam in batches of 64; the mean training loss of each epoch. `say` is shown while it trains."""
    optimizer, losses = torch.optim.Adam(model.parameters(), rate), []
    order = torch.Generator().manual_seed(seed)
    model.train()
    for epoch in range(epochs):
        total = 0.0
        for rows in torch.randperm(len(images), generator=order).split(64):
            loss = F.cross_entropy(model(images[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        losses.append(total / len(images))
        if say:
            sys.stdout.write(f"\r{say}: epoch {epoch + 1}/{epochs}, training loss {losses[-1]:.3f}   ")
    if say:
        print()
    return losses


# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
import time

import matplotlib.pyplot as plt

from selfcheck.data import load_digits
from selfcheck.mnist import load_mnist5000
from selfcheck.plots import show

BLUE, ORANGE, GREEN, RED = "#2f6db3", "#e07b16", "#2a9265", "#c43c39"
GREY, FAINT = "#8a8f98", "#c9ced6"
torch.set_num_threads(1)  # networks this small lose more time to sharing work than they gain
# An opaque light page keeps every figure legible in a dark theme too.
plt.rcParams.update({"figure.facecolor": "white", "figure.constrained_layout.use": True, "figure.dpi": 90})
plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 10})
plt.rcParams.update({"font.size": 10, "legend.frameon": False})


def show_images(axes, images, titles=None, cmap="gray_r", **limits):
    """One image (H, W), or (H, W, 3), on each axis, in a thin frame."""
    for i, (ax, image) in enumerate(zip(axes, images, strict=False)):
        ax.imshow(image.detach(), cmap=cmap, **limits)
        ax.set(xticks=[], yticks=[], title=titles[i] if titles else None)
        ax.spines[:].set(visible=True, color=FAINT)


@torch.no_grad()
def accuracy(model, images, labels):
    """Share of images whose largest logit is that of their label, in evaluation mode."""
    model.eval()
    return float((model(images).argmax(1) == labels).double().mean())


digits = load_digits()

# %% [markdown]
# ## 1. What a network costs
#
# Three numbers decide where a network can run.
#
# **Parameters** are what is stored and sent. **Multiply-adds** are what is computed for one image. **Activations** are
# what training keeps in memory, since the backward pass needs the outputs of the forward pass.
#
# A convolution from $C_\text{in}$ to $C_\text{out}$ channels with a $k \times k$ window and $g$ groups, with an output
# of $H \times W$ places, has
#
# $$\underbrace{C_\text{out} \cdot \tfrac{C_\text{in}}{g}\, k^2}_{\text{weights}} \;(+\; C_\text{out} \text{ biases}),
# \qquad \underbrace{H W \cdot C_\text{out} \cdot \tfrac{C_\text{in}}{g}\, k^2}_{\text{multiply-adds}} .$$
#
# Each weight is used once at every place. A dense layer is the case of one place.
#
# **Example.** The first layer of AlexNet: 64 kernels of 11x11 on 3 channels, stride 4, padding 2, on 224x224 pixels. It
# puts out $\lfloor (224 + 4 - 11)/4 \rfloor + 1 = 55$ rows. Parameters: $64 \cdot 3 \cdot 121 + 64 = 23{,}296$.
# Multiply-adds: $55^2 \cdot 23{,}232 = 70{,}276{,}800$.

# %% [markdown]
# **Conventions.** Published totals differ because people count differently. Here, as in most papers: a bias, an
# activation, a normalisation and a pooling cost no multiply-adds. Batch normalisation has two parameters a channel, its
# scale and its shift; the running mean and variance are not parameters, since no gradient changes them.
#
# ### Guess before you count
#
# AlexNet has five convolutions, then three dense layers. Which share of its 61,100,840 *parameters* is in the dense
# layers? Which share of its *multiply-adds*? Type your guesses in percent; you compare them below the exercise.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_guess", "locked": true, "schema_version": 3, "solution": false, "task": false}
my_guess = {"parameters in dense layers": 50, "multiply-adds in dense layers": 50}  # percent: change them

# %% [markdown]
# ### Exercise `account`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 6 | 25 min | 0.1 s | arithmetic on integers | layers of `torch.nn`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●○○ · **importance** ●●●
#
# **What.** The three costs, by formula, for one layer and for a list of layers. A layer is a dictionary:
#
# | `kind` | other entries, with defaults | output shape |
# |---|---|---|
# | `"conv"` | `out`, `kernel`, `stride` 1, `padding` 0, `groups` 1, `bias` True | `out` channels, size as in chapter 5 |
# | `"norm"`, `"relu"` | | as the input |
# | `"pool"` | `kernel`, `stride` 1, `padding` 0 | channels stay, size as for `"conv"` |
# | `"global_pool"` | | (C, 1, 1) |
# | `"dense"` | `out`, `bias` True; it reads all C·H·W numbers | (`out`, 1, 1) |
#
# **Details.** Rows and columns may differ in size. All results are ints. Activations: the outputs of *all* layers of
# the list, for a batch, in bytes; the input itself is not counted. Every layer has a `kind`; one that is not in the
# table is a `ValueError`.
#
# **Why.** The chapter's networks were designed with this table at hand.


# %% nbgrader={"grade": false, "grade_id": "account_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def layer_cost(
    layer: dict[str, object], shape: tuple[int, int, int]
) -> tuple[int, int, tuple[int, int, int]]:
    """What one layer costs for one image.

    Args:
        layer: its kind and settings, as on the card; settings that are left out have the card's defaults.
        shape: of its input, (C, H, W).

    Returns:
        (parameters, multiply-adds, shape of its output).

    Raises:
        ValueError: for a kind that is not on the card.
    """
    ### BEGIN SOLUTION
    channels, height, width = shape
    kind = layer["kind"]
    if kind in ("norm", "relu"):
        return (2 * channels if kind == "norm" else 0), 0, shape
    if kind == "global_pool":
        return 0, 0, (channels, 1, 1)
    if kind == "dense":
        weights = channels * height * width * layer["out"]
        return weights + layer.get("bias", True) * layer["out"], weights, (layer["out"], 1, 1)
    if kind not in ("conv", "pool"):
        raise ValueError(f"there is no layer of kind {kind!r}")
    kernel, stride, padding = layer["kernel"], layer.get("stride", 1), layer.get("padding", 0)
    height, width = ((size + 2 * padding - kernel) // stride + 1 for size in (height, width))
    if kind == "pool":
        return 0, 0, (channels, height, width)
    weights = layer["out"] * (channels // layer.get("groups", 1)) * kernel**2
    parameters = weights + layer.get("bias", True) * layer["out"]
    return parameters, weights * height * width, (layer["out"], height, width)
    ### END SOLUTION


def network_cost(
    layers: Sequence[dict[str, object]],
    shape: tuple[int, int, int],
    batch: int = 1,
    bytes_per_number: int = 4,
) -> dict[str, int]:
    """What a list of layers costs, each applied to the output of the one before.

    Args:
        layers: as for `layer_cost`; the first reads the image.
        shape: of one image, (C, H, W).
        batch: images in a training batch, for the activations alone.
        bytes_per_number: 4 for float32, 2 for float16.

    Returns:
        "parameters"; "multiply_adds" for one image; "activation_bytes" of all layers' outputs for the batch.
    """
    ### BEGIN SOLUTION
    parameters = multiply_adds = numbers = 0
    for layer in layers:
        more, work, shape = layer_cost(layer, shape)
        parameters, multiply_adds = parameters + more, multiply_adds + work
        numbers += math.prod(shape)
    return {
        "parameters": parameters,
        "multiply_adds": multiply_adds,
        "activation_bytes": numbers * batch * bytes_per_number,
    }
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "account", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("account")

# %% [markdown]
# <a id="hints-account"></a>
# <details><summary>Hint 1: the order of things</summary>
#
# The size of the output first: multiply-adds need it. Then the weights: how many numbers has one kernel, and how many
# kernels are there?
# </details>
# <details><summary>Hint 2: groups</summary>
#
# With groups a kernel is only $C_\text{in}/g$ deep. The number of kernels stays `out`.
# </details>


# %% nbgrader={"grade": false, "grade_id": "given_tables", "locked": true, "schema_version": 3, "solution": false, "task": false}
def conv_relu(out: int, kernel: int, stride: int = 1, padding: int = 0) -> list[dict[str, object]]:
    """Two rows of a table for `network_cost`."""
    conv = {"kind": "conv", "out": out, "kernel": kernel, "stride": stride, "padding": padding}
    return [conv, {"kind": "relu"}]


POOL_3, POOL_2 = ({"kind": "pool", "kernel": k, "stride": 2} for k in (3, 2))
DENSE_HEAD = [
    *({"kind": "dense", "out": 4096}, {"kind": "relu"}, {"kind": "dense", "out": 4096}, {"kind": "relu"}),
    {"kind": "dense", "out": 1000},
]
ALEXNET = [
    *(*conv_relu(64, 11, 4, 2), POOL_3, *conv_relu(192, 5, 1, 2), POOL_3, *conv_relu(384, 3, 1, 1)),
    *(*conv_relu(256, 3, 1, 1), *conv_relu(256, 3, 1, 1), POOL_3, *DENSE_HEAD),
]
VGG16 = [
    layer
    for width, convs in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
    for layer in [*(row for _ in range(convs) for row in conv_relu(width, 3, 1, 1)), POOL_2]
] + DENSE_HEAD

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_account", "locked": true, "schema_version": 3, "solution": false, "task": false}
for name, table in (("AlexNet", ALEXNET), ("VGG-16", VGG16)):
    cost = network_cost(table, (3, 224, 224), batch=32)
    print(
        f"{name:8} {cost['parameters']:>11,} parameters {cost['multiply_adds']:>14,} multiply-adds "
        f"{cost['activation_bytes'] / 2**20:7.0f} MiB of activations for 32 images"
    )
convolutions = network_cost(ALEXNET[: -len(DENSE_HEAD)], (3, 224, 224))
whole = network_cost(ALEXNET, (3, 224, 224))
for key in ("parameters", "multiply_adds"):
    guess = my_guess[f"{key.replace('_', '-')} in dense layers"]
    print(f"{key} in dense layers: {1 - convolutions[key] / whole[key]:.1%}, your guess {guess}%")
deep = network_cost(VGG16, (3, 224, 224))
print(
    f"VGG-16 against AlexNet: {deep['multiply_adds'] / whole['multiply_adds']:.1f} times the multiply-adds, "
    f"{deep['parameters'] / whole['parameters']:.1f} times the parameters"
)

# %% [markdown]
# **Notice** that the two shares are 96.0% and 8.2%: AlexNet's dense layers hold nearly all parameters and do little of
# the work. So a network can be made small without becoming fast, and the other way round. VGG-16 computes 15.5 billion
# multiply-adds for an image, nearly 22 times as many as AlexNet, with 2.3 times its parameters.
#
# <details><summary>Why do parameters and work sit in different layers?</summary>
#
# A weight of a convolution is used at every place of its map, a weight of a dense layer once. So work is parameters
# times places: early layers have few weights and many places, dense layers many weights and one place.
# </details>

# %% [markdown]
# ## 2. A start that keeps the variance
#
# Let $y = \sum_{i=1}^{n} w_i x_i$ with independent weights of mean 0 and variance $\sigma^2$. Then
# $\operatorname{E}[y^2] = n\,\sigma^2 \operatorname{E}[x^2]$: the size of the signal is multiplied by $n\sigma^2$ in each
# layer, and by $(n\sigma^2)^{30}$ in thirty. A ReLU keeps half of $\operatorname{E}[y^2]$, since $y$ is negative half of
# the time. So the signal keeps its size if
#
# $$\tfrac{1}{2}\, n\, \sigma^2 = 1, \qquad \sigma = \sqrt{2/n} .$$
#
# Here $n$ is the **fan in**: how many numbers one output adds up. For the backward pass the same calculation counts how
# many outputs one input goes to, the **fan out**. For a convolution with $g$ groups (and stride 1)
#
# $$\text{fan in} = \tfrac{C_\text{in}}{g}\,k_h k_w, \qquad \text{fan out} = \tfrac{C_\text{out}}{g}\,k_h k_w .$$
#
# **Example.** A weight of shape (6, 2, 3, 5) with 3 groups: fan in $2 \cdot 15 = 30$, fan out $(6/3) \cdot 15 = 30$. Its
# standard deviation is $\sqrt{2/30} = 0.258$.

# %% [markdown]
# **Zero at the last scale.** A residual block (section 5) computes $x + f(x)$. If $f$ ends in a batch normalisation
# whose scale $\gamma$ starts at 0, the block starts as the identity: a network of a hundred blocks starts as shallow
# as one, and grows deeper while it learns (Goyal et al., 2017).


# %% nbgrader={"grade": false, "grade_id": "given_stacks", "locked": true, "schema_version": 3, "solution": false, "task": false}
def stack_of_layers(depth: int, channels: int, groups: int = 1) -> nn.Module:
    """Convolutions 3x3 with ReLU, as many as `depth`. Their borders wrap around, so that every window is full."""
    layers: list[nn.Module] = []
    for _ in range(depth):
        conv = nn.Conv2d(channels, channels, 3, padding=1, padding_mode="circular", groups=groups)
        layers += [conv, nn.ReLU()]
    return nn.Sequential(*layers)


def named(**layers: nn.Module) -> nn.Module:
    """These layers under these names."""
    holder = nn.Sequential()
    for name, layer in layers.items():
        holder.add_module(name, layer)
    return holder


def sample_network(width: int = 1) -> nn.Module:
    """Layers of every kind, some of them deep inside, to be started and not run; channels are multiples of `width`."""
    a, b = 6 * width, 9 * width
    block = named(
        conv1=nn.Conv2d(a, b, 3, groups=3),
        bn1=nn.BatchNorm2d(b),
        conv2=nn.Conv2d(b, a, 1, bias=False),
        bn2=nn.BatchNorm2d(a),
    )
    stem = nn.Sequential(nn.Conv2d(3, a, (5, 2)), nn.BatchNorm2d(a))
    return named(stem=stem, body=named(block=block), head=nn.Linear(a, 4))


# %% [markdown]
# ### Exercise `he_init`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 5 | 20 min | 0.2 s | `Tensor.normal_`, `torch.randn`, `torch.no_grad`, `named_modules` | `nn.init` in `he_init`; `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** The two fans of a weight, and a function that gives a whole network its start, in place.
#
# **Details.** Every `nn.Conv2d` and `nn.Linear`, however deep inside: weights normal, not cut off, with mean 0 and standard
# deviation $\sqrt{2/\text{fan}}$, biases (where there are some) 0. Every `nn.BatchNorm2d` (all have scale and shift here):
# scale 1, shift 0; but scale 0 where the layer's own name, the last part of its dotted name, is in `zero_scales`.
# Parameters stay the same objects with what they carry, keep their dtype and still require gradients. All numbers are
# drawn from the generator itself, if one is given: a second network from the same generator starts differently.
#
# **Why.** The wrong start is a failure that looks like a wrong network.


# %% nbgrader={"grade": false, "grade_id": "he_init_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fans(weight_shape: Sequence[int], groups: int = 1) -> tuple[int, int]:
    """Fan in and fan out of a layer's weight.

    Args:
        weight_shape: (C_out, C_in / groups, kh, kw) of a convolution, or (C_out, C_in) of a dense layer.
        groups: of the convolution.

    Returns:
        (fan in, fan out): how many numbers an output adds up, and to how many outputs an input goes.
    """
    ### BEGIN SOLUTION
    c_out, c_group, *window = weight_shape
    places = math.prod(window)
    return c_group * places, c_out // groups * places
    ### END SOLUTION


@torch.no_grad()
def he_init(
    module: nn.Module,
    mode: str = "fan_in",
    zero_scales: Sequence[str] = (),
    generator: torch.Generator | None = None,
) -> None:
    """Give every layer of a network its start, in place.

    Args:
        module: any network, or a single layer.
        mode: "fan_in" keeps the size of the signal, "fan_out" that of the gradient.
        zero_scales: names of batch-norm layers that start at scale 0, such as "bn2".
        generator: of the normal numbers; PyTorch's own if it is None.

    Source: He et al. (2015), "Delving deep into rectifiers", section 2.2.
    """
    ### BEGIN SOLUTION
    for name, layer in module.named_modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            fan_in, fan_out = fans(layer.weight.shape, getattr(layer, "groups", 1))
            fan = fan_in if mode == "fan_in" else fan_out
            layer.weight.normal_(0, math.sqrt(2 / fan), generator=generator)
            if layer.bias is not None:
                layer.bias.zero_()
        elif isinstance(layer, nn.BatchNorm2d):
            layer.weight.fill_(0.0 if name.split(".")[-1] in zero_scales else 1.0)
            layer.bias.zero_()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "he_init", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("he_init")

# %% [markdown]
# <a id="hints-he_init"></a>
# <details><summary>Hint 1: groups</summary>
#
# The weight tensor of a grouped convolution is already thinner: its second axis is C_in / groups. Its first axis is all
# of C_out.
# </details>
# <details><summary>Hint 2: reaching every layer</summary>
#
# `module.named_modules()` visits all layers at any depth, with their dotted names, such as `layer1.0.bn2`.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_signal", "locked": true, "schema_version": 3, "solution": false, "task": false}
DEPTH = 30
_, ax = plt.subplots(figsize=(8, 3.2))
image = torch.randn(2, 128, 6, 6, generator=torch.Generator().manual_seed(0))
starts = {"PyTorch's default": None, "yours": 1.0, "yours, doubled": 2.0, "yours, halved": 0.5}
for (label, factor), colour in zip(starts.items(), (GREY, BLUE, RED, ORANGE), strict=True):
    torch.manual_seed(0)
    stack = stack_of_layers(DEPTH, 128)
    if factor is not None:
        he_init(stack, generator=torch.Generator().manual_seed(0))
    sizes, x = [], image
    with torch.no_grad():
        for layer in stack:
            x = layer(x)
            if isinstance(layer, nn.ReLU):
                x = x * (1.0 if factor is None else factor)
                sizes.append(float(x.square().mean()))
    ax.semilogy(range(1, DEPTH + 1), sizes, color=colour, label=label)
    print(f"{label}: mean square after {DEPTH} layers: {sizes[-1]:.1e}")
ax.set(xlabel="layer", ylabel="mean square of the signal", title="thirty layers, four starts")
ax.legend(ncols=2)
show(
    "The mean square of the signal over thirty layers, on a logarithmic axis. With your start it stays near 1; doubled "
    "after each layer it climbs in a straight line to ten to the 18, halved it falls to ten to the minus 18; PyTorch's "
    "default falls for some layers and then stays, where its biases alone are left."
)

# %% [markdown]
# **Notice** that only one line stays level. A factor of 2 a layer is a factor of $4^{30} \approx 10^{18}$ in the mean square
# after thirty. PyTorch's default start draws uniform weights of variance $1/(3n)$, a sixth of what a ReLU needs: less than
# a thousandth of the signal is left.
#
# <details><summary>Why does the grey line stop falling?</summary>
#
# PyTorch draws biases too, and they do not shrink. After some layers nothing but they is left, the same at each place and
# for each image: a signal that says nothing of the input.
# </details>

# %% [markdown]
# ## 3. Plain networks
#
# **AlexNet** (2012) is five convolutions with large windows first, three poolings, three dense layers.
#
# **VGG** (2014) asks how far one gets with the simplest part alone: 3x3 convolutions with padding 1, in **stages**. All
# convolutions of a stage have the same width; a 2x2 pooling ends it, and the next stage is wider.
#
# Why 3x3? Two of them see 5x5 pixels, three see 7x7. For $C$ channels, three 3x3 layers have $27\,C^2$ weights and three
# nonlinearities; one 7x7 layer has $49\,C^2$ weights and one.
#
# | VGG-16: stage | convolutions | channels | puts out |
# |---|---|---|---|
# | 1 | 2 | 64 | 64 x 112 x 112 |
# | 2 | 2 | 128 | 128 x 56 x 56 |
# | 3 | 3 | 256 | 256 x 28 x 28 |
# | 4 | 3 | 512 | 512 x 14 x 14 |
# | 5 | 3 | 512 | 512 x 7 x 7 |
# | dense | | 4096, 4096, classes | |
#
# | AlexNet: layer | window, stride, padding | channels | then |
# |---|---|---|---|
# | 1 | 11, 4, 2 | $w$ | ReLU, max pooling 3x3 with stride 2 |
# | 2 | 5, 1, 2 | $3w$ | ReLU, max pooling 3x3 with stride 2 |
# | 3 | 3, 1, 1 | $6w$ | ReLU |
# | 4 | 3, 1, 1 | $4w$ | ReLU |
# | 5 | 3, 1, 1 | $4w$ | ReLU, max pooling 3x3 with stride 2, which leaves $4w$ x 6 x 6 |
# | dense | | $64w$, $64w$, classes | ReLU after the first two |
#
# With $w = 64$ this is the one-column AlexNet of Krizhevsky (2014), the one that libraries have: 61,100,840 parameters.
# The net of 2012 was cut in two halves for two graphics cards and had 60,965,224.

# %% [markdown]
# ### Exercise `plain_nets`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 7 | 30 min | 0.4 s | all of `torch.nn` | networks from a library (`torchvision`, `timm`, `transformers`, `torch.hub`), `torch.ops`, `torch._C` |
#
# **Difficulty** ●○○ · **importance** ●●○
#
# **What.** A stage of VGG, the VGG network from its table, and AlexNet.
#
# **Details.** All convolutions and dense layers have biases, and there is no normalisation. `stages(x)` is the list of
# what each stage puts out: for VGG after each stage's pooling, for AlexNet after each of its three poolings. `forward`
# gives the logits. Dropout with probability `dropout`: AlexNet has it *before* each of its first two dense layers, VGG
# *after* the ReLU of each. Layers are registered in the order of the table, also on the meta device.
#
# **Why.** 138,357,544 parameters, and not one more: who meets a published count has read the paper exactly.


# %% nbgrader={"grade": false, "grade_id": "plain_nets_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def vgg_stage(c_in: int, c_out: int, convs: int) -> nn.Module:
    """A stage of VGG: `convs` times a 3x3 convolution with padding 1 and a ReLU, then 2x2 max pooling.

    Source: Simonyan and Zisserman (2015), section 2.1 and table 1.
    """
    ### BEGIN SOLUTION
    layers: list[nn.Module] = []
    for i in range(convs):
        layers += [nn.Conv2d(c_out if i else c_in, c_out, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.MaxPool2d(2))
    ### END SOLUTION


class VGG(nn.Module):
    """VGG; with the default table VGG-16, 138,357,544 parameters.

    Args:
        table: (channels, convolutions) of each stage.
        hidden: width of the two hidden dense layers.
        size: rows, and columns, of the images: the first dense layer reads what the stages leave of them.
        dropout: after the ReLU of each hidden dense layer.

    Source: Simonyan and Zisserman (2015), table 1, column D.
    """

    def __init__(
        self,
        table: Sequence[tuple[int, int]] = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)),
        hidden: int = 4096,
        num_classes: int = 1000,
        in_channels: int = 3,
        size: int = 224,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        widths = [in_channels, *(width for width, _ in table)]
        self.features = nn.ModuleList(
            vgg_stage(below, width, convs) for below, (width, convs) in zip(widths, table, strict=False)
        )
        side = size // 2 ** len(table)
        self.classifier = nn.Sequential(
            *(nn.Linear(widths[-1] * side * side, hidden), nn.ReLU(), nn.Dropout(dropout)),
            *(nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(dropout)),
            nn.Linear(hidden, num_classes),
        )
        ### END SOLUTION

    def stages(self, x: Float[Tensor, "N C H W"]) -> list[Tensor]:
        """What each stage puts out, after its pooling."""
        ### BEGIN SOLUTION
        outputs = []
        for stage in self.features:
            x = stage(x)
            outputs.append(x)
        return outputs
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N K"]:
        """Logits (N, num_classes)."""
        ### BEGIN SOLUTION
        return self.classifier(self.stages(x)[-1].flatten(1))
        ### END SOLUTION


class AlexNet(nn.Module):
    """AlexNet for 224x224 images; 61,100,840 parameters with width 64 and 1000 classes.

    Args:
        width: channels of the first layer; the other layers are multiples of it, as in the table.
        dropout: before each of the first two dense layers.

    Source: Krizhevsky (2014), "One weird trick for parallelizing convolutional neural networks".
    """

    def __init__(self, num_classes: int = 1000, width: int = 64, dropout: float = 0.5) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        w = width
        self.features = nn.Sequential(
            nn.Sequential(nn.Conv2d(3, w, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2)),
            nn.Sequential(nn.Conv2d(w, 3 * w, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(3, 2)),
            nn.Sequential(
                *(nn.Conv2d(3 * w, 6 * w, 3, padding=1), nn.ReLU()),
                *(nn.Conv2d(6 * w, 4 * w, 3, padding=1), nn.ReLU()),
                *(nn.Conv2d(4 * w, 4 * w, 3, padding=1), nn.ReLU()),
                nn.MaxPool2d(3, 2),
            ),
        )
        self.classifier = nn.Sequential(
            *(nn.Dropout(dropout), nn.Linear(4 * w * 36, 64 * w), nn.ReLU()),
            *(nn.Dropout(dropout), nn.Linear(64 * w, 64 * w), nn.ReLU()),
            nn.Linear(64 * w, num_classes),
        )
        ### END SOLUTION

    def stages(self, x: Float[Tensor, "N 3 224 224"]) -> list[Tensor]:
        """What each of the three poolings puts out."""
        ### BEGIN SOLUTION
        outputs = []
        for stage in self.features:
            x = stage(x)
            outputs.append(x)
        return outputs
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "N 3 224 224"]) -> Float[Tensor, "N K"]:
        """Logits (N, num_classes)."""
        ### BEGIN SOLUTION
        return self.classifier(self.stages(x)[-1].flatten(1))
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "plain_nets", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
check("plain_nets")

# %% [markdown]
# <a id="hints-plain_nets"></a>
# <details><summary>Hint 1: a stage has the wrong number of channels</summary>
#
# Only the first convolution of a stage changes the number of channels; the others have `c_out` on both sides.
# </details>
# <details><summary>Hint 2: the count is off by a little</summary>
#
# A difference of some thousands is a bias or the number of classes. A difference of millions is the first dense layer:
# it reads channels times rows times columns of the last stage.
# </details>

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_plain_counts", "locked": true, "schema_version": 3, "solution": false, "task": false}
for name, build in (("AlexNet", AlexNet), ("VGG-16", VGG)):
    network = on_meta(build)
    shapes = [tuple(stage.shape[1:]) for stage in network.stages(torch.empty(1, 3, 224, 224, device="meta"))]
    print(f"{name:8} {count(network):>11,} parameters, stages {shapes}")

# %% [markdown]
# ## 4. Branches
#
# How large should a window be? An **Inception** block takes all sizes at once: several branches read the same input,
# and their outputs are laid side by side along the channels. What makes this affordable is the **1x1 convolution**: a
# dense layer for each pixel by itself, which mixes channels and can make them few before an expensive window comes.
#
# **Example.** A 5x5 convolution from 192 to 32 channels on 28x28 places: $784 \cdot 32 \cdot 192 \cdot 25 = 120$ million
# multiply-adds. Through a 1x1 to 16 channels first: $784 \cdot (16 \cdot 192 + 32 \cdot 16 \cdot 25) = 12.4$ million.
#
# **v1** (GoogLeNet, 2014), the four branches in this order:
#
# | branch | layers |
# |---|---|
# | 1 | 1x1 to `ones` |
# | 2 | 1x1 to `threes[0]`, then 3x3 to `threes[1]` |
# | 3 | 1x1 to `fives[0]`, then `kernel`x`kernel` to `fives[1]` |
# | 4 | 3x3 max pooling with stride 1, then 1x1 to `pooled` |

# %% [markdown]
# **v3** (2016) **factorises**: a 7x7 window is a 1x7 after a 7x1, with 14 weights for each pair of channels instead of
# 49. In the block for 17x17 maps, $m$ is a width that grows from block to block:
#
# | branch | layers |
# |---|---|
# | 1 | 1x1 to 192 |
# | 2 | 1x1 to $m$, 1x7 to $m$, 7x1 to 192 |
# | 3 | 1x1 to $m$, 7x1 to $m$, 1x7 to $m$, 7x1 to $m$, 1x7 to 192 |
# | 4 | 3x3 average pooling with stride 1, then 1x1 to 192 |
#
# **v4** (2017) has one form of that block, from 1024 to 1024 channels:
#
# | branch | layers |
# |---|---|
# | 1 | 1x1 to 384 |
# | 2 | 1x1 to 192, 1x7 to 224, 7x1 to 256 |
# | 3 | 1x1 to 192, 7x1 to 192, 1x7 to 224, 7x1 to 224, 1x7 to 256 |
# | 4 | 3x3 average pooling with stride 1, then 1x1 to 128 |
#
# Windows are (rows x columns). All layers are padded to keep the size: the 1x7 with (0, 3), the 7x1 with (3, 0).
# Averages are over the pixels inside the image alone, so at the border they divide by fewer than nine.


# %% nbgrader={"grade": false, "grade_id": "given_branches", "locked": true, "schema_version": 3, "solution": false, "task": false}
class Branches(nn.Module):
    """Runs each branch on the same input and lays the outputs side by side along the channels, in order."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C_out H W"]:
        return torch.cat([branch(x) for branch in self.branches], dim=1)


def unit(
    c_in: int,
    c_out: int,
    kernel: int | tuple[int, int],
    stride: int = 1,
    padding: int | tuple[int, int] = 0,
) -> nn.Module:
    """Convolution without bias, batch normalisation, ReLU: the layer of which Inception networks are made."""
    conv = nn.Conv2d(c_in, c_out, kernel, stride, padding, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(c_out, eps=1e-3), nn.ReLU())


# %% [markdown]
# ### The whole networks
#
# Long tables are given, and call the blocks that you write below. Two conventions: there is no auxiliary classifier (a second output, used
# in training only), and GoogLeNet's third branch can have 3x3 windows. That was a mistake in the first public weights
# and has been kept ever since: with it the count is 6,624,904, with the paper's 5x5 it is 7,005,832.


# %% nbgrader={"grade": false, "grade_id": "given_inception_networks", "locked": true, "schema_version": 3, "solution": false, "task": false}
def googlenet(num_classes: int = 1000, kernel: int = 3) -> nn.Module:
    """GoogLeNet of your `inception_v1` blocks, with batch normalisation and without auxiliary classifiers."""
    rows = [
        (192, 64, (96, 128), (16, 32), 32),
        (256, 128, (128, 192), (32, 96), 64),
        (480, 192, (96, 208), (16, 48), 64),
        (512, 160, (112, 224), (24, 64), 64),
        (512, 128, (128, 256), (24, 64), 64),
        (512, 112, (144, 288), (32, 64), 64),
        (528, 256, (160, 320), (32, 128), 128),
        (832, 256, (160, 320), (32, 128), 128),
        (832, 384, (192, 384), (48, 128), 128),
    ]
    blocks = [inception_v1(*row, kernel=kernel) for row in rows]
    return nn.Sequential(
        *(unit(3, 64, 7, 2, 3), nn.MaxPool2d(3, 2, ceil_mode=True), unit(64, 64, 1), unit(64, 192, 3, 1, 1)),
        *(nn.MaxPool2d(3, 2, ceil_mode=True), *blocks[:2], nn.MaxPool2d(3, 2, ceil_mode=True), *blocks[2:7]),
        *(nn.MaxPool2d(2, 2, ceil_mode=True), *blocks[7:]),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(1024, num_classes)),
    )


def chain(*widths: int, kernels: str, last: tuple[int, int] = (1, 1)) -> nn.Sequential:
    """Units one after the other: `kernels` such as "1 1x7 3"; `last` = stride and whether the last one is padded."""
    layers = []
    sizes = kernels.split()
    for i, size in enumerate(sizes):
        rows, columns = (int(k) for k in (size.split("x") if "x" in size else (size, size)))
        stride, padded = last if i == len(sizes) - 1 else (1, 1)
        padding = (rows // 2, columns // 2) if padded else 0
        layers.append(unit(widths[i], widths[i + 1], (rows, columns), stride, padding))
    return nn.Sequential(*layers)


def average_branch(c_in: int, c_out: int) -> nn.Sequential:
    """3x3 average, then 1x1."""
    return nn.Sequential(nn.AvgPool2d(3, 1, 1, count_include_pad=False), unit(c_in, c_out, 1))


DOWN = (2, 0)  # the last layer of a branch has stride 2 and no padding


def inception_v3_network(num_classes: int = 1000) -> nn.Module:
    """Inception-v3 for 299x299 images, with your `inception_v3` blocks, without the auxiliary classifier."""

    def at_35(c: int, pooled: int) -> nn.Module:
        return Branches(
            *(chain(c, 64, kernels="1"), chain(c, 48, 64, kernels="1 5")),
            *(chain(c, 64, 96, 96, kernels="1 3 3"), average_branch(c, pooled)),
        )

    def at_8(c: int) -> nn.Module:  # branches that fork at their end are branches inside a branch
        def fork(c: int) -> nn.Module:
            return Branches(chain(c, 384, kernels="1x3"), chain(c, 384, kernels="3x1"))

        second = nn.Sequential(unit(c, 384, 1), fork(384))
        third = nn.Sequential(chain(c, 448, 384, kernels="1 3"), fork(384))
        return Branches(unit(c, 320, 1), second, third, average_branch(c, 192))

    to_17 = Branches(
        chain(288, 384, kernels="3", last=DOWN),
        chain(288, 64, 96, 96, kernels="1 3 3", last=DOWN),
        nn.MaxPool2d(3, 2),
    )
    to_8 = Branches(
        chain(768, 192, 320, kernels="1 3", last=DOWN),
        chain(768, 192, 192, 192, 192, kernels="1 1x7 7x1 3", last=DOWN),
        nn.MaxPool2d(3, 2),
    )
    return nn.Sequential(
        *(unit(3, 32, 3, 2), unit(32, 32, 3), unit(32, 64, 3, 1, 1), nn.MaxPool2d(3, 2)),
        *(unit(64, 80, 1), unit(80, 192, 3), nn.MaxPool2d(3, 2)),
        *(at_35(192, 32), at_35(256, 64), at_35(288, 64), to_17),
        *(inception_v3(768, middle) for middle in (128, 160, 160, 192)),
        *(to_8, at_8(1280), at_8(2048)),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.5), nn.Linear(2048, num_classes)),
    )


def inception_v4_network(num_classes: int = 1000) -> nn.Module:
    """Inception-v4 for 299x299 images, with seven of your `inception_v4` blocks."""

    def at_35() -> nn.Module:
        return Branches(
            *(chain(384, 96, kernels="1"), chain(384, 64, 96, kernels="1 3")),
            *(chain(384, 64, 96, 96, kernels="1 3 3"), average_branch(384, 96)),
        )

    def at_8() -> nn.Module:
        def fork(c: int) -> nn.Module:
            return Branches(chain(c, 256, kernels="1x3"), chain(c, 256, kernels="3x1"))

        second = nn.Sequential(unit(1536, 384, 1), fork(384))
        third = nn.Sequential(chain(1536, 384, 448, 512, kernels="1 3x1 1x3"), fork(512))
        return Branches(unit(1536, 256, 1), second, third, average_branch(1536, 256))

    stem = nn.Sequential(
        *(unit(3, 32, 3, 2), unit(32, 32, 3), unit(32, 64, 3, 1, 1)),
        Branches(nn.MaxPool2d(3, 2), unit(64, 96, 3, 2)),
        Branches(
            nn.Sequential(unit(160, 64, 1), unit(64, 96, 3)),
            nn.Sequential(chain(160, 64, 64, 64, kernels="1 1x7 7x1"), unit(64, 96, 3)),
        ),
        Branches(unit(192, 192, 3, 2), nn.MaxPool2d(3, 2)),
    )
    to_17 = Branches(
        chain(384, 384, kernels="3", last=DOWN),
        chain(384, 192, 224, 256, kernels="1 3 3", last=DOWN),
        nn.MaxPool2d(3, 2),
    )
    to_8 = Branches(
        chain(1024, 192, 192, kernels="1 3", last=DOWN),
        chain(1024, 256, 256, 320, 320, kernels="1 1x7 7x1 3", last=DOWN),
        nn.MaxPool2d(3, 2),
    )
    return nn.Sequential(
        *(stem, *(at_35() for _ in range(4)), to_17, *(inception_v4() for _ in range(7)), to_8),
        *(at_8() for _ in range(3)),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(1536, num_classes)),
    )


# %% [markdown]
# ### Exercise `inception`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 10 | 30 min | 0.3 s | all of `torch.nn`; the given `Branches` and `unit` | networks from a library (`torchvision`, `timm`, `transformers`, `torch.hub`), `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●●○
#
# **What.** The three blocks of the tables above, as modules.
#
# **Details.** Every convolution is a `unit` (or the same: no bias, batch normalisation with `eps=1e-3`, ReLU). Branches
# and layers are registered in the order of the tables. Height and width stay as they are, also for a single pixel.
#
# **Why.** A block as a *list of branches* is data, not code: the long tables below use yours as they are.


# %% nbgrader={"grade": false, "grade_id": "inception_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def inception_v1(
    c_in: int, ones: int, threes: tuple[int, int], fives: tuple[int, int], pooled: int, kernel: int = 5
) -> nn.Module:
    """The block of GoogLeNet: ones + threes[1] + fives[1] + pooled channels.

    Args:
        threes, fives: (channels after the 1x1, channels after the window).
        kernel: rows and columns of the third branch's window, odd; 5 in the paper.

    Source: Szegedy et al. (2015), "Going deeper with convolutions", figure 2b.
    """
    ### BEGIN SOLUTION
    return Branches(
        unit(c_in, ones, 1),
        nn.Sequential(unit(c_in, threes[0], 1), unit(*threes, 3, padding=1)),
        nn.Sequential(unit(c_in, fives[0], 1), unit(*fives, kernel, padding=kernel // 2)),
        nn.Sequential(nn.MaxPool2d(3, 1, 1), unit(c_in, pooled, 1)),
    )
    ### END SOLUTION


def inception_v3(c_in: int, middle: int) -> nn.Module:
    """The block of Inception-v3 for 17x17 maps, with 7x7 windows factorised: 768 channels.

    Source: Szegedy et al. (2016), "Rethinking the Inception architecture", figure 6 with n = 7.
    """
    ### BEGIN SOLUTION
    wide, tall = {"kernel": (1, 7), "padding": (0, 3)}, {"kernel": (7, 1), "padding": (3, 0)}
    m = middle
    average = nn.AvgPool2d(3, 1, 1, count_include_pad=False)
    return Branches(
        unit(c_in, 192, 1),
        nn.Sequential(unit(c_in, m, 1), unit(m, m, **wide), unit(m, 192, **tall)),
        nn.Sequential(
            *(unit(c_in, m, 1), unit(m, m, **tall), unit(m, m, **wide)),
            *(unit(m, m, **tall), unit(m, 192, **wide)),
        ),
        nn.Sequential(average, unit(c_in, 192, 1)),
    )
    ### END SOLUTION


def inception_v4(c_in: int = 1024) -> nn.Module:
    """The block of Inception-v4 for 17x17 maps: 1024 channels.

    Source: Szegedy et al. (2017), "Inception-v4, Inception-ResNet", figure 5.
    """
    ### BEGIN SOLUTION
    wide, tall = {"kernel": (1, 7), "padding": (0, 3)}, {"kernel": (7, 1), "padding": (3, 0)}
    average = nn.AvgPool2d(3, 1, 1, count_include_pad=False)
    return Branches(
        unit(c_in, 384, 1),
        nn.Sequential(unit(c_in, 192, 1), unit(192, 224, **wide), unit(224, 256, **tall)),
        nn.Sequential(
            *(unit(c_in, 192, 1), unit(192, 192, **tall), unit(192, 224, **wide)),
            *(unit(224, 224, **tall), unit(224, 256, **wide)),
        ),
        nn.Sequential(average, unit(c_in, 128, 1)),
    )
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "inception", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("inception")

# %% [markdown]
# <a id="hints-inception"></a>
# <details><summary>Hint 1: the height changes</summary>
#
# A window of $k$ pixels needs a padding of $(k-1)/2$ on each side, separately for rows and columns.
# </details>
# <details><summary>Hint 2: numbers differ at the border only</summary>
#
# Does your average divide by nine where the window hangs over the border? `nn.AvgPool2d` has a setting for it.
# </details>

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_inception_counts", "locked": true, "schema_version": 3, "solution": false, "task": false}
paper = on_meta(googlenet, kernel=5)
print(f"GoogLeNet    {count(on_meta(googlenet)):>11,} parameters, with 5x5 windows {count(paper):,}")
print(f"Inception-v3 {count(on_meta(inception_v3_network)):>11,} parameters")
print(f"Inception-v4 {count(on_meta(inception_v4_network)):>11,} parameters")
print(
    f"AlexNet has {count(on_meta(AlexNet)) / count(on_meta(googlenet)):.1f} times the parameters of GoogLeNet"
)

# %% [markdown]
# **Notice** that AlexNet has nine times as many parameters as GoogLeNet, which was far better: it ends in a *global
# average* of each map, where AlexNet has its two large dense layers. Inception-v4, much deeper and wider, needs 42.7
# million.
#
# ## 5. Deeper, and worse
#
# If branches and small windows allow more layers, then more layers it is? We train plain networks of two depths on the
# digits. In each block stand two 3x3 convolutions with batch normalisation, so neither the start nor the scale of the
# signal is to blame.


# %% nbgrader={"grade": false, "grade_id": "given_plain_block", "locked": true, "schema_version": 3, "solution": false, "task": false}
class PlainBlock(nn.Module):
    """Two 3x3 convolutions with batch normalisation; the first has the stride. Nothing leads around them."""

    expansion = 1

    def __init__(self, c_in: int, width: int, stride: int = 1) -> None:
        super().__init__()
        settings = {"kernel_size": 3, "padding": 1, "bias": False}
        self.conv1, self.bn1 = nn.Conv2d(c_in, width, stride=stride, **settings), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, **settings), nn.BatchNorm2d(width)

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C_out H_out W_out"]:
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))


def digit_network(
    block: Callable[..., nn.Module], blocks: int, num_classes: int = 10, width: int = 16
) -> nn.Module:
    """A network for 8x8 digits: a convolution, 2 * blocks blocks in two stages, an average, a dense layer."""
    stem = nn.Sequential(nn.Conv2d(1, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU())
    first = [block(width, width) for _ in range(blocks)]
    second = [block(2 * width if i else width, 2 * width, stride=1 if i else 2) for i in range(blocks)]
    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2 * width, num_classes))
    return nn.Sequential(stem, *first, *second, *head)


# %% [markdown]
# **Predict first.** After the same three epochs, which will have the lower *training* loss: the plain network of 10
# layers, or that of 34?

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_depth_guess", "locked": true, "schema_version": 3, "solution": false, "task": false}
my_guess_of_depth = 34  # 10 or 34: change it

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_plain_depth", "locked": true, "schema_version": 3, "solution": false, "task": false}
SEEDS = range(3)


def depth_curves(block, blocks, width=12, epochs=3):
    """Training loss by epoch and test accuracy of three networks that differ in their seed."""
    curves, tested = [], []
    for seed in reversed(SEEDS):  # the last model is that of seed 0; section 15 needs it again
        torch.manual_seed(seed)
        model = digit_network(block, blocks, width=width)
        say = f"{block.__name__}, {4 * blocks + 2} layers, seed {seed}"
        curves.append(fit(model, digits.train_images, digits.train_labels, epochs, seed, say=say))
        tested.append(accuracy(model, digits.test_images, digits.test_labels))
    return torch.tensor(curves), tested, model


def show_curves(ax, curves, colour, label):
    """Each run as a thin line, their mean as a thick one."""
    epochs = range(1, curves.shape[1] + 1)
    for curve in curves:
        ax.plot(epochs, curve, color=colour, linewidth=0.7, alpha=0.6)
    ax.plot(epochs, curves.mean(0), color=colour, marker="o", label=label)


runs = {(PlainBlock, blocks): depth_curves(PlainBlock, blocks) for blocks in (2, 8)}
_, ax = plt.subplots(figsize=(7, 3.2))
for (block, blocks), colour in zip(runs, (BLUE, RED), strict=True):
    curves, tested, _ = runs[block, blocks]
    show_curves(ax, curves, colour, f"plain, {4 * blocks + 2} layers")
    print(
        f"plain {4 * blocks + 2} layers: training loss {curves[:, -1].min():.2f} to {curves[:, -1].max():.2f}, "
        f"test accuracy {min(tested):.1%} to {max(tested):.1%}"
    )
    print(f"plain {4 * blocks + 2} layers: highest training loss: {curves[:, -1].max():.2f}")
ax.set(xlabel="epoch", ylabel="training loss", xticks=[1, 2, 3], ylim=(0, None), title="three seeds each")
ax.legend()
show(
    "Training loss over three epochs of plain networks, three seeds each: the curves of 34 layers lie far above those of "
    "10 layers in every epoch."
)

# %% [markdown]
# **Notice** that the deeper network is worse *on the data it is trained on*: after three epochs its training loss is
# above 1.8 in all three runs, that of the shallow one below 1.1. This is not overfitting, since an overfitted network has a *low* training
# loss. And it could do no worse: let its first layers copy the shallow network and the others pass on what they get. It
# cannot *find* that solution. He et al. (2016) call this **degradation**.
#
# <details><summary>Why is it hard to pass a signal on?</summary>
#
# A block of two convolutions, two normalisations and two ReLUs is the identity only for very special weights, and starts
# far from them. Forty random maps in a row mix the signal so that the gradient of an early layer says little about
# what a small step there will change.
# </details>

# %% [markdown]
# ## 6. Shortcuts
#
# If passing on is hard to learn, make it the default. A **residual block** computes
#
# $$y = \operatorname{ReLU}\big(x + f(x)\big) ,$$
#
# and only the difference $f$ is learned. With $f = 0$ the block passes on a nonnegative $x$ as it is, and the gradient
# of $x + f(x)$ contains $1$: it reaches the early layers whatever the weights are.
#
# **Basic block** (ResNet-18, -34): $f$ is conv 3x3, batch norm, ReLU, conv 3x3, batch norm.
#
# **Bottleneck** (ResNet-50 and deeper): conv 1x1 to a smaller width, batch norm, ReLU, conv 3x3, batch norm, ReLU, conv
# 1x1 to four times the `width`, batch norm.
#
# The **stride** stands in the first 3x3 convolution. (In the first paper's bottleneck it stood in the 1x1; all libraries
# moved it, "v1.5". Parameters are the same, multiply-adds are not.)

# %% [markdown]
# **Where shapes differ,** $x + f(x)$ makes no sense: after a stride, or with another number of channels. There, and only
# there, $x$ goes through a shortcut of its own:
#
# - `"projection"`: a 1x1 convolution with the same stride, without bias, then batch norm.
# - `"padding"`: every `stride`-th row and column of $x$, and channels of zeros *after* its own. It has no parameters,
#   and is what the small ResNets for CIFAR use. (In this chapter the number of channels never falls with it.)
#
# **Groups.** ResNeXt makes the 3x3 of a bottleneck wider and cuts it into `groups`. Its inner width is
# $\lfloor \text{width} \cdot \text{base\_width} / 64 \rfloor \cdot \text{groups}$ in both inner layers; ResNeXt-50 (32x4d) has
# `groups=32, base_width=4`. The output has 4 · `width` channels in any case.
#
# **Scaled sum.** In Inception-ResNet $f$ is an Inception block with a scale $s$ of 0.1 to 0.3: $y = x + s\,f(x)$, with a
# ReLU after it or without. Unscaled sums made such wide networks die early in training.
#
# **Example.** Bottleneck with `width` 64, from 256 channels, stride 1: $256 \cdot 64 + 64 \cdot 64 \cdot 9 + 64 \cdot 256 = 69{,}632$
# weights, and $2\,(64 + 64 + 256) = 768$ in its norms: 70,400. It has no shortcut of its own, as shapes agree.


# %% nbgrader={"grade": false, "grade_id": "given_inception_resnet", "locked": true, "schema_version": 3, "solution": false, "task": false}
def inception_resnet_v2(num_classes: int = 1000) -> nn.Module:
    """Inception-ResNet-v2 for 299x299 images, with 40 of your `ScaledSum`s around branches."""

    def around(c: int, *branches: nn.Module, width: int, scale: float, relu: bool = True) -> nn.Module:
        return ScaledSum(nn.Sequential(Branches(*branches), nn.Conv2d(width, c, 1)), scale, relu)

    def at_35() -> nn.Module:
        branches = (
            *(chain(320, 32, kernels="1"), chain(320, 32, 32, kernels="1 3")),
            chain(320, 32, 48, 64, kernels="1 3 3"),
        )
        return around(320, *branches, width=128, scale=0.17)

    def at_17() -> nn.Module:
        branches = (chain(1088, 192, kernels="1"), chain(1088, 128, 160, 192, kernels="1 1x7 7x1"))
        return around(1088, *branches, width=384, scale=0.10)

    def at_8(last: bool) -> nn.Module:
        branches = (chain(2080, 192, kernels="1"), chain(2080, 192, 224, 256, kernels="1 1x3 3x1"))
        return around(2080, *branches, width=448, scale=1.0 if last else 0.20, relu=not last)

    first = Branches(
        *(chain(192, 96, kernels="1"), chain(192, 48, 64, kernels="1 5")),
        *(chain(192, 64, 96, 96, kernels="1 3 3"), average_branch(192, 64)),
    )
    to_17 = Branches(
        chain(320, 384, kernels="3", last=DOWN),
        chain(320, 256, 256, 384, kernels="1 3 3", last=DOWN),
        nn.MaxPool2d(3, 2),
    )
    to_8 = Branches(
        chain(1088, 256, 384, kernels="1 3", last=DOWN),
        chain(1088, 256, 288, kernels="1 3", last=DOWN),
        chain(1088, 256, 288, 320, kernels="1 3 3", last=DOWN),
        nn.MaxPool2d(3, 2),
    )
    return nn.Sequential(
        *(unit(3, 32, 3, 2), unit(32, 32, 3), unit(32, 64, 3, 1, 1), nn.MaxPool2d(3, 2)),
        *(unit(64, 80, 1), unit(80, 192, 3), nn.MaxPool2d(3, 2), first),
        *(*(at_35() for _ in range(10)), to_17, *(at_17() for _ in range(20)), to_8),
        *(*(at_8(False) for _ in range(9)), at_8(True), unit(2080, 1536, 1)),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1536, num_classes)),
    )


# %% [markdown]
# ### Exercise `residual`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 12 | 30 min | 0.4 s | all of `torch.nn` | networks from a library (`torchvision`, `timm`, `transformers`, `torch.hub`), `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** The two residual blocks, and the scaled sum around any branch.
#
# **Details.** Names are the published ones: `conv1`, `bn1`, `conv2`, `bn2` (and `conv3`, `bn3`), and the projection
# `downsample`, a sequence of convolution and batch norm. Convolutions have no bias. A block without projection has *no*
# parameters for one. The last ReLU stands after the sum. With the last norm's scale and shift at 0, a block without
# shortcut of its own is the identity on nonnegative inputs. The input is not changed. `expansion` is a class attribute.
#
# In grading, ResNets of your blocks are assembled: they must load the state dict of an independent ResNet with
# `strict=True` and give the same logits, and have the published numbers of parameters. And a network of 34 layers is
# trained for three epochs on digits whose labels have been renamed: yours must learn them, where the plain one does not.
#
# **Why.** Nearly everything built since stands on this sum, transformers too.


# %% nbgrader={"grade": false, "grade_id": "residual_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut: c_in to width channels.

    Args:
        stride: of the first convolution.
        shortcut: "projection" or "padding", used only where shapes differ.

    Source: He et al. (2016), "Deep residual learning", figure 5 left and section 3.3.
    """

    expansion = 1

    def __init__(self, c_in: int, width: int, stride: int = 1, shortcut: str = "projection") -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(c_in, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.stride, self.more = stride, width - c_in
        self.downsample = None
        if shortcut == "projection" and (stride != 1 or self.more):
            self.downsample = nn.Sequential(
                nn.Conv2d(c_in, width, 1, stride, bias=False), nn.BatchNorm2d(width)
            )
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C_out H_out W_out"]:
        ### BEGIN SOLUTION
        residual = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.downsample is not None:
            x = self.downsample(x)
        elif self.stride != 1 or self.more:
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.more))
        return F.relu(x + residual)
        ### END SOLUTION


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1 and a shortcut: c_in to 4 * width channels.

    Args:
        stride: of the 3x3 convolution.
        groups: of the 3x3 convolution.
        base_width: the inner width is width * base_width // 64 * groups.

    Source: He et al. (2016), figure 5 right; Xie et al. (2017), "Aggregated residual transformations", figure 3c.
    """

    expansion = 4

    def __init__(self, c_in: int, width: int, stride: int = 1, groups: int = 1, base_width: int = 64) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        inner, c_out = width * base_width // 64 * groups, 4 * width
        self.conv1 = nn.Conv2d(c_in, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride, 1, groups=groups, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, c_out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(c_out)
        self.downsample = None
        if stride != 1 or c_in != c_out:
            self.downsample = nn.Sequential(
                nn.Conv2d(c_in, c_out, 1, stride, bias=False), nn.BatchNorm2d(c_out)
            )
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C_out H_out W_out"]:
        ### BEGIN SOLUTION
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))
        ### END SOLUTION


class ScaledSum(nn.Module):
    """x + scale * branch(x), then a ReLU if `relu`.

    Args:
        branch: any module that keeps the shape.

    Source: Szegedy et al. (2017), "Inception-v4, Inception-ResNet", section 3.3.
    """

    def __init__(self, branch: nn.Module, scale: float, relu: bool = True) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.branch, self.scale, self.relu = branch, scale, relu
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C H W"]:
        ### BEGIN SOLUTION
        y = x + self.scale * self.branch(x)
        return F.relu(y) if self.relu else y
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "residual", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
check("residual")

# %% [markdown]
# <a id="hints-residual"></a>
# <details><summary>Hint 1: shapes do not fit in the sum</summary>
#
# The shortcut must do to rows, columns and channels what the branch does: the same stride, the same number of output
# channels. For a bottleneck that is 4 · width.
# </details>
# <details><summary>Hint 2: some parameters too many</summary>
#
# A projection stands only where stride or channels differ. Elsewhere set the attribute to None: None has no parameters.
# </details>
# <details><summary>Hint 3: channels of zeros</summary>
#
# `F.pad` counts axes from the last one: columns, rows, channels. Two numbers for each.
# </details>

# %% [markdown]
# ### The same experiment with shortcuts
#
# The networks of section 5 again, with your blocks in place of the plain ones: the same seeds, batches and epochs.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_residual_depth", "locked": true, "schema_version": 3, "solution": false, "task": false}
runs |= {(BasicBlock, blocks): depth_curves(BasicBlock, blocks) for blocks in (2, 8)}
_, axes = plt.subplots(1, 2, figsize=(10, 3.2), sharey=True)
for ax, block, title in zip(axes, (PlainBlock, BasicBlock), ("plain", "residual"), strict=True):
    for blocks, colour in ((2, BLUE), (8, RED)):
        curves, tested, _ = runs[block, blocks]
        show_curves(ax, curves, colour, f"{4 * blocks + 2} layers")
        print(
            f"{title} {4 * blocks + 2} layers: training loss {curves[:, -1].min():.2f} to "
            f"{curves[:, -1].max():.2f}, test accuracy {min(tested):.1%} to {max(tested):.1%}"
        )
        print(f"{title} {4 * blocks + 2} layers: highest training loss: {curves[:, -1].max():.2f}")
    ax.set(
        xlabel="epoch",
        ylabel="training loss",
        xticks=[1, 2, 3],
        ylim=(0, None),
        title=f"{title}, three seeds",
    )
    ax.legend()
show(
    "Training loss over three epochs, three seeds each. Left, plain networks: 34 layers lie above 10 layers. Right, "
    "residual networks: 34 layers lie below 10 layers, near zero at the end."
)

# %% [markdown]
# **Notice** that with shortcuts the order is turned round: the *deep* network has the lower training loss, below 0.2 in
# all three runs, the shallow one 0.5 to 0.8. The plain network of the same depth stayed above 1.8. The figure is that of He et al. (2016), figure 4, in small.
#
# ### Shattered gradients
#
# How does the gradient of a network's output depend on where the input is? We move along a line in the input space of
# networks at their start, and draw the gradient in the input (Balduzzi et al., 2017). The branches of the residual
# network are scaled by 0.3, as in your `ScaledSum`.


# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_shattered", "locked": true, "schema_version": 3, "solution": false, "task": false}
class Dense(nn.Module):
    """Layers of 200 units with one input and one output, with or without shortcuts."""

    def __init__(self, depth, residual):
        super().__init__()
        self.first, self.last, self.residual = nn.Linear(1, 200), nn.Linear(200, 1), residual
        self.layers = nn.ModuleList(nn.Linear(200, 200) for _ in range(depth))
        for layer in (self.first, *self.layers):
            nn.init.normal_(layer.weight, 0, math.sqrt(2 / layer.in_features))
            nn.init.normal_(layer.bias, 0, 0.5)

    def forward(self, x):
        h = self.first(x)
        for layer in self.layers:
            h = h + 0.3 * layer(h.relu()) if self.residual else layer(h.relu())
        return self.last(h)


line = torch.linspace(-2, 2, 257)[:, None]
_, axes = plt.subplots(2, 3, figsize=(11, 4), width_ratios=[1, 1, 1])
cases = [(1, False, "plain, 1 layer"), (50, False, "plain, 50 layers"), (50, True, "residual, 50 layers")]
for column, ((depth, residual, title), colour) in enumerate(zip(cases, (BLUE, RED, GREEN), strict=True)):
    similar = []
    for seed in range(20):
        torch.manual_seed(seed)
        x = line.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(Dense(depth, residual)(x).sum(), x)
        g = gradient[:, 0] - gradient.mean()
        similar.append([float((g[: len(g) - k] * g[k:]).mean() / g.square().mean()) for k in range(30)])
    axes[0, column].plot(line[:, 0], gradient[:, 0] / gradient.abs().max(), color=colour, linewidth=0.8)
    axes[0, column].set(title=title, xlabel="input", ylabel="gradient")
    mean = torch.tensor(similar).mean(0)
    axes[1, column].plot(torch.arange(30) / 64, mean, color=colour)
    axes[1, column].set(xlabel="distance between two inputs", ylabel="correlation", ylim=(-0.3, 1.05))
    print(f"{title}: correlation of gradients at distance 0.19: {mean[12]:.2f}, mean of twenty seeds")
show(
    "Above, the gradient along a line of inputs for one plain layer, fifty plain layers and fifty residual layers: a "
    "few steps; noise; steps again with some jumps. Below, how the correlation of two gradients falls with the distance "
    "of the inputs: slowly, at once, slowly."
)

# %% [markdown]
# **Notice** that the gradient of 50 plain layers jumps about like noise: at a distance of 0.19 its correlation is below
# 0.4, so a step that helps at one input tells little about its neighbour. With shortcuts 50 layers keep it above 0.5. The gradients did not *vanish* in the plain network, the start saw to that. They stopped agreeing.
#
# <details><summary>Why does this make training hard?</summary>
#
# A step of gradient descent trusts that the gradient is nearly the same a little further on, and that images which look
# alike ask for similar changes. Where gradients are noise, the wishes of the images in a batch cancel each other.
# </details>
#
# ## 7. The network
#
# A ResNet is a stem, stages of blocks, an average and a dense layer:
#
# | | ImageNet | CIFAR |
# |---|---|---|
# | stem | 7x7 convolution, stride 2, padding 3; batch norm; ReLU; 3x3 max pooling, stride 2, padding 1 | 3x3 convolution, padding 1; batch norm; ReLU |
# | widths of stages | 64, 128, 256, 512 | 16, 32, 64 |
# | head | global average, dense | the same |
#
# The stem's convolution has as many channels as the first stage's `width`, and no bias. The *first block* of each stage
# but the first has stride 2. A block puts out `width * block.expansion` channels, and that is what the next one reads.
#
# **Published names.** The stem's layers are `conv1` and `bn1`, the stages `layer1`, `layer2`, ..., each a sequence of
# blocks, the dense layer `fc`. So a parameter's name is, for example, `layer3.0.conv2.weight`.


# %% nbgrader={"grade": false, "grade_id": "given_plain_bottleneck", "locked": true, "schema_version": 3, "solution": false, "task": false}
class PlainBottleneck(nn.Module):
    """1x1, 3x3, 1x1 to twice the width; nothing leads around them. With `groups` in the 3x3."""

    expansion = 2

    def __init__(self, c_in: int, width: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(c_in, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, groups=groups, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 2 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(2 * width)

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C_out H_out W_out"]:
        y = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))
        return F.relu(self.bn3(self.conv3(y)))


# %% [markdown]
# ### Exercise `resnet`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 9 | 30 min | 0.4 s | all of `torch.nn` | networks from a library (`torchvision`, `timm`, `transformers`, `torch.hub`), `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** The network, of *any* block. It is graded with the given plain blocks, so that it does not depend on your
# exercise `residual`; below the check your own blocks go in.
#
# **Details.** The block is a class, called as `block(c_in, width, stride=..., **options)`. Published names and the order
# of the table: the grader's state dict loads with `strict=True` and gives the same logits. Any number of stages. Images
# may have any size from 32 pixels on, also rows and columns that differ.
#
# **Why.** "My network is the real one": then weights that others trained for weeks can be loaded into it.


# %% nbgrader={"grade": false, "grade_id": "resnet_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
class ResNet(nn.Module):
    """A residual network, or with another block a network of the same plan.

    Args:
        block: class with an attribute `expansion`; called as block(c_in, width, stride=stride, **options).
        blocks: how many blocks each stage has.
        widths: of the stages; as many as `blocks` are used.
        stem: "imagenet" or "cifar".
        options: further arguments of each block.

    Source: He et al. (2016), table 1 and section 4.2.
    """

    def __init__(
        self,
        block: Callable[..., nn.Module],
        blocks: Sequence[int],
        widths: Sequence[int] = (64, 128, 256, 512),
        stem: str = "imagenet",
        num_classes: int = 1000,
        in_channels: int = 3,
        options: dict[str, object] | None = None,
    ) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        large = stem == "imagenet"
        kernel, stride, padding = (7, 2, 3) if large else (3, 1, 1)
        self.conv1 = nn.Conv2d(in_channels, widths[0], kernel, stride, padding, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.pool = nn.MaxPool2d(3, 2, 1) if large else nn.Identity()
        channels, self.names = widths[0], []
        for i, (number, width) in enumerate(zip(blocks, widths, strict=False)):
            stage = []
            for j in range(number):
                stride = 2 if i > 0 and j == 0 else 1
                stage.append(block(channels, width, stride=stride, **(options or {})))
                channels = width * block.expansion
            self.names.append(f"layer{i + 1}")
            self.add_module(self.names[-1], nn.Sequential(*stage))
        self.fc = nn.Linear(channels, num_classes)
        ### END SOLUTION

    def stages(self, x: Float[Tensor, "N C H W"]) -> list[Tensor]:
        """What the stem (after its pooling, if it has one) and each stage put out."""
        ### BEGIN SOLUTION
        outputs = [self.pool(F.relu(self.bn1(self.conv1(x))))]
        for name in self.names:
            outputs.append(self.get_submodule(name)(outputs[-1]))
        return outputs
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N K"]:
        """Logits (N, num_classes)."""
        ### BEGIN SOLUTION
        return self.fc(self.stages(x)[-1].mean((2, 3)))
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "resnet", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
check("resnet")

# %% [markdown]
# <a id="hints-resnet"></a>
# <details><summary>Hint 1: channels do not fit</summary>
#
# Keep one variable, the channels that come out of the last block, and update it after each block.
# </details>
# <details><summary>Hint 2: a name is missing</summary>
#
# `self.add_module(f"layer{i}", stage)` or `setattr` registers a stage under a name that is computed. `get_submodule`
# finds it again.
# </details>

# %% [markdown]
# ### Your blocks in your network
#
# Now the real ones. (If `residual` or `resnet` is not done yet, this cell has to wait.)

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_resnet_counts", "locked": true, "schema_version": 3, "solution": false, "task": false}
SMALL = {"stem": "cifar", "widths": (16, 32, 64), "num_classes": 10, "options": {"shortcut": "padding"}}
RESNETS = {
    "ResNet-18": lambda: ResNet(BasicBlock, (2, 2, 2, 2)),
    "ResNet-50": lambda: ResNet(Bottleneck, (3, 4, 6, 3)),
    "ResNeXt-50 32x4d": lambda: ResNet(Bottleneck, (3, 4, 6, 3), options={"groups": 32, "base_width": 4}),
    "CIFAR ResNet-20": lambda: ResNet(BasicBlock, (3, 3, 3), **SMALL),
    "CIFAR ResNet-110": lambda: ResNet(BasicBlock, (18, 18, 18), **SMALL),
    "Inception-ResNet-v2": inception_resnet_v2,
}
PUBLISHED = (11_689_512, 25_557_032, 25_028_904, 269_722, 1_727_962, 55_843_464)
for (name, build), published in zip(RESNETS.items(), PUBLISHED, strict=True):
    found = count(on_meta(build))
    print(f"{name:20} {found:>11,} parameters {'as published' if found == published else 'NOT AS PUBLISHED'}")
sizes = [count(on_meta(RESNETS[name])) for name in ("ResNet-50", "ResNet-18")]
print(f"ResNet-50 has {sizes[0] / sizes[1]:.1f} times the parameters of ResNet-18")
print("one name:", list(on_meta(RESNETS["ResNet-50"]).state_dict())[100])

# %% [markdown]
# **Notice** that ResNet-50 has nearly three times the layers of ResNet-18 and only 2.2 times its parameters: that is the
# bottleneck. ResNeXt-50 has *fewer* parameters than ResNet-50 with a twice wider 3x3 layer: that is the groups. Weights
# published for any of these would load into your network name by name.

# %% [markdown]
# ## 8. Every layer sees all before it
#
# A residual block *adds* what it finds to what is there. A **dense block** keeps both: each layer reads all maps made so
# far in the block and adds $k$ new ones at the end, $k$ being the **growth rate**:
#
# $$x_{\ell+1} = \big[\, x_\ell,\; f_\ell(x_\ell) \,\big], \qquad c_{\ell+1} = c_\ell + k .$$
#
# Each $f_\ell$ is: batch norm, ReLU, 1x1 convolution to $b\,k$ channels, batch norm, ReLU, 3x3 convolution to $k$. Norm and
# ReLU come *before* the convolution here, because each layer reads the same maps at another scale. Convolutions have no
# bias. After a block a **transition** makes things small again: batch norm, ReLU, 1x1 convolution to $c_\text{out}$
# channels, 2x2 average pooling with stride 2.
#
# **Example.** DenseNet-121: $k = 32$, $b = 4$. The first block has 6 layers on 64 channels and puts out
# $64 + 6 \cdot 32 = 256$; the transition halves them to 128.


# %% nbgrader={"grade": false, "grade_id": "given_densenet", "locked": true, "schema_version": 3, "solution": false, "task": false}
def densenet121(num_classes: int = 1000) -> nn.Module:
    """DenseNet-121 for 224x224 images, of your blocks: growth 32, each transition halves the channels."""
    layers: list[nn.Module] = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    layers.append(nn.MaxPool2d(3, 2, 1))
    channels = 64
    for i, depth in enumerate((6, 12, 24, 16)):
        layers.append(DenseBlock(channels, 32, depth))
        channels += 32 * depth
        if i < 3:
            layers.append(Transition(channels, channels // 2))
            channels //= 2
    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, num_classes))
    return nn.Sequential(*layers, nn.BatchNorm2d(channels), nn.ReLU(), *head)


# %% [markdown]
# ### Exercise `dense_block`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 6 | 20 min | 0.2 s | all of `torch.nn` | networks from a library (`torchvision`, `timm`, `transformers`, `torch.hub`), `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●○○
#
# **What.** The dense block and the transition.
#
# **Details.** The output begins with the input, bit for bit, then the first layer's maps, then the second's. The input is
# not changed. Layers are registered in the order of the text. A block of no layers is the identity; a transition drops
# an odd last row or column. (Its average may also be taken before the 1x1 convolution: that is the same function.)
#
# **Why.** Features are reused instead of learned again: DenseNet-121 reaches ResNet-50's accuracy with a third of its
# parameters. It pays in memory, as you can tell with `account`.


# %% nbgrader={"grade": false, "grade_id": "dense_block_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
class DenseBlock(nn.Module):
    """c_in channels to c_in + layers * growth.

    Args:
        growth: new maps of each layer.
        layers: how many layers.
        bottleneck: the 1x1 convolution has bottleneck * growth channels.

    Source: Huang et al. (2017), "Densely connected convolutional networks", section 3 (DenseNet-B).
    """

    def __init__(self, c_in: int, growth: int, layers: int, bottleneck: int = 4) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        inner = bottleneck * growth
        self.layers = nn.ModuleList(
            nn.Sequential(
                *(nn.BatchNorm2d(c_in + i * growth), nn.ReLU()),
                nn.Conv2d(c_in + i * growth, inner, 1, bias=False),
                *(nn.BatchNorm2d(inner), nn.ReLU()),
                nn.Conv2d(inner, growth, 3, padding=1, bias=False),
            )
            for i in range(layers)
        )
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C_out H W"]:
        ### BEGIN SOLUTION
        for layer in self.layers:
            x = torch.cat([x, layer(x)], dim=1)
        return x
        ### END SOLUTION


class Transition(nn.Module):
    """c_in channels to c_out at half the size.

    Source: Huang et al. (2017), section 3 (pooling layers, compression).
    """

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        conv = nn.Conv2d(c_in, c_out, 1, bias=False)
        self.layers = nn.Sequential(nn.BatchNorm2d(c_in), nn.ReLU(), conv, nn.AvgPool2d(2))
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C_out H_out W_out"]:
        ### BEGIN SOLUTION
        return self.layers(x)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "dense_block", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("dense_block")

# %% [markdown]
# <a id="hints-dense_block"></a>
# <details><summary>Hint 1: an in-place ReLU</summary>
#
# `nn.ReLU(inplace=True)` right on the input would change the maps that are kept. After a batch norm it is safe.
# </details>
# <details><summary>Hint 2: channels</summary>
#
# Layer number $\ell$, from 0, reads $c_\text{in} + \ell k$ channels. `nn.ModuleList` registers the layers of a list.
# </details>

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_dense_counts", "locked": true, "schema_version": 3, "solution": false, "task": false}
network = on_meta(densenet121)
print(f"DenseNet-121 {count(network):,} parameters")
x = torch.empty(1, 3, 224, 224, device="meta")
for layer in network:
    x = layer(x)
    if isinstance(layer, (DenseBlock, Transition)):
        print(f"{type(layer).__name__:10} puts out {tuple(x.shape[1:])}")

# %% [markdown]
# **Notice** the count, 7,978,856, less than a third of ResNet-50's. Maps grow by the block and are halved by the transition, until 1,024 of
# 7x7 are left.
#
# <details><summary>Why is a dense block of few parameters hungry for memory?</summary>
#
# Training keeps the input of every layer for the backward pass, and each input here is a new tensor that holds *all* maps
# before it. Layer number $\ell$ keeps $c_\text{in} + \ell k$ maps, so the sum grows with the square of the depth, while a
# residual block keeps the same number in each layer.
# </details>

# %% [markdown]
# ## 9. Space and channels apart
#
# A 3x3 convolution does two things at once: it looks around, and it mixes channels. Do them one after the other. A
# **depthwise** convolution has one window for each channel and mixes nothing (`groups` = channels). A **pointwise** 1x1
# convolution mixes channels and looks nowhere. Together, a **separable** convolution:
#
# $$\underbrace{k^2\,C_\text{in}}_{\text{depthwise}} + \underbrace{C_\text{in}\,C_\text{out}}_{\text{pointwise}}
# \quad\text{weights instead of}\quad k^2\,C_\text{in}\,C_\text{out} .$$
#
# **Example.** 3x3, from 256 to 256 channels: $2{,}304 + 65{,}536 = 67{,}840$ instead of $589{,}824$, an eighth. It is not the same
# function at less cost: its kernel for a pair of channels is always the *same* 3x3 window times a number.
#
# **Xception module.** A chain of `units` separable convolutions 3x3 with padding 1, each: ReLU, separable convolution,
# batch norm. With `relu_first=False` the first ReLU is left out. Channels change from `c_in` to `c_out` in the first
# unit (`widen_first=True`) or in the last. After the chain: if `stride` > 1, 3x3 max pooling with that stride and
# padding 1. The result is *added* to the shortcut of $x$: $x$ itself, or where stride or channels differ a 1x1
# convolution with the stride, then batch norm. There is no ReLU after the sum.

# %% [markdown]
# **Inverted residual** (MobileNetV2). A bottleneck is wide, narrow, wide. This block is narrow, wide, narrow: the wide
# part is depthwise and therefore cheap.
#
# | layer | channels | then |
# |---|---|---|
# | 1x1 convolution, left out if `expand` is 1 | `c_in` to $e$ = `expand` · `c_in` | batch norm, ReLU6 |
# | depthwise 3x3 with the stride, padding 1 | $e$ | batch norm, ReLU6 |
# | 1x1 convolution | $e$ to `c_out` | batch norm, **no** activation |
#
# Input and output are added where stride is 1 and channels agree; nowhere else is there a shortcut. ReLU6 is
# $\min(\max(x, 0), 6)$. The last layer is linear because a ReLU on few channels loses what it cuts.


# %% nbgrader={"grade": false, "grade_id": "given_separable_networks", "locked": true, "schema_version": 3, "solution": false, "task": false}
def xception(num_classes: int = 1000) -> nn.Module:
    """Xception for 299x299 images, of your modules."""
    stem = [nn.Conv2d(3, 32, 3, 2, bias=False), nn.BatchNorm2d(32), nn.ReLU()]
    stem += [nn.Conv2d(32, 64, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    entry = [XceptionModule(64, 128, 2, 2, relu_first=False), XceptionModule(128, 256, 2, 2)]
    entry.append(XceptionModule(256, 728, 2, 2))
    middle = [XceptionModule(728, 728, 3) for _ in range(8)]
    leave = [XceptionModule(728, 1024, 2, 2, widen_first=False)]
    for c_in, c_out in ((1024, 1536), (1536, 2048)):
        leave += [SeparableConv(c_in, c_out), nn.BatchNorm2d(c_out), nn.ReLU()]
    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, num_classes))
    return nn.Sequential(*stem, *entry, *middle, *leave, *head)


def mobilenet_v2(num_classes: int = 1000) -> nn.Module:
    """MobileNetV2 for 224x224 images, of your inverted residuals."""
    layers: list[nn.Module] = [nn.Conv2d(3, 32, 3, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU6()]
    channels = 32
    rows = (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    )
    for expand, c_out, repeats, stride in rows:
        for i in range(repeats):
            layers.append(InvertedResidual(channels, c_out, 1 if i else stride, expand))
            channels = c_out
    layers += [nn.Conv2d(320, 1280, 1, bias=False), nn.BatchNorm2d(1280), nn.ReLU6()]
    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(1280, num_classes))
    return nn.Sequential(*layers, *head)


# %% [markdown]
# ### Exercise `separable`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 8 | 30 min | 0.3 s | all of `torch.nn` | networks from a library (`torchvision`, `timm`, `transformers`, `torch.hub`), `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●●○
#
# **What.** The separable convolution, the Xception module, the inverted residual.
#
# **Details.** No convolution has a bias. Within the separable convolution there is neither norm nor activation; its stride
# may stand in either of the two layers, which is the same function. Layers are registered in the order of the text, in
# the Xception module the chain first, then the shortcut's. The input is not changed.
#
# **Why.** All networks that run on a telephone are made of this.


# %% nbgrader={"grade": false, "grade_id": "separable_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
class SeparableConv(nn.Module):
    """Depthwise, then pointwise convolution: c_in to c_out channels.

    Source: Chollet (2017), "Xception", section 1.
    """

    def __init__(self, c_in: int, c_out: int, kernel: int = 3, stride: int = 1, padding: int = 1) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.depthwise = nn.Conv2d(c_in, c_in, kernel, stride, padding, groups=c_in, bias=False)
        self.pointwise = nn.Conv2d(c_in, c_out, 1, bias=False)
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C_out H_out W_out"]:
        ### BEGIN SOLUTION
        return self.pointwise(self.depthwise(x))
        ### END SOLUTION


class XceptionModule(nn.Module):
    """A chain of separable convolutions and a shortcut: c_in to c_out channels.

    Args:
        units: separable convolutions in the chain.
        stride: of the pooling at the chain's end, and of the shortcut.
        relu_first: whether the first unit begins with its ReLU.
        widen_first: channels change in the first unit, else in the last.

    Source: Chollet (2017), figure 5.
    """

    def __init__(
        self,
        c_in: int,
        c_out: int,
        units: int,
        stride: int = 1,
        relu_first: bool = True,
        widen_first: bool = True,
    ) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        widths = [c_in] + [c_out if widen_first else c_in] * (units - 1) + [c_out]
        chain: list[nn.Module] = []
        for i, (below, above) in enumerate(zip(widths, widths[1:], strict=False)):
            if i > 0 or relu_first:
                chain.append(nn.ReLU())
            chain += [SeparableConv(below, above), nn.BatchNorm2d(above)]
        if stride > 1:
            chain.append(nn.MaxPool2d(3, stride, 1))
        self.chain = nn.Sequential(*chain)
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or c_in != c_out:
            self.shortcut = nn.Sequential(
                nn.Conv2d(c_in, c_out, 1, stride, bias=False), nn.BatchNorm2d(c_out)
            )
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C_out H_out W_out"]:
        ### BEGIN SOLUTION
        return self.chain(x) + self.shortcut(x)
        ### END SOLUTION


class InvertedResidual(nn.Module):
    """Narrow, wide, narrow: c_in to c_out channels.

    Args:
        stride: of the depthwise convolution.
        expand: the wide part has expand * c_in channels.

    Source: Sandler et al. (2018), "MobileNetV2", table 1.
    """

    def __init__(self, c_in: int, c_out: int, stride: int = 1, expand: int = 6) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        wide = expand * c_in
        layers: list[nn.Module] = []
        if expand != 1:
            layers += [nn.Conv2d(c_in, wide, 1, bias=False), nn.BatchNorm2d(wide), nn.ReLU6()]
        layers += [
            nn.Conv2d(wide, wide, 3, stride, 1, groups=wide, bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU6(),
        ]
        layers += [nn.Conv2d(wide, c_out, 1, bias=False), nn.BatchNorm2d(c_out)]
        self.layers = nn.Sequential(*layers)
        self.added = stride == 1 and c_in == c_out
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C_out H_out W_out"]:
        ### BEGIN SOLUTION
        y = self.layers(x)
        return x + y if self.added else y
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "separable", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check("separable")

# %% [markdown]
# <a id="hints-separable"></a>
# <details><summary>Hint 1: depthwise</summary>
#
# `groups=c_in`: as many groups as channels, so each output channel sees one input channel.
# </details>
# <details><summary>Hint 2: the Xception count is off</summary>
#
# List the widths of the chain first: `units + 1` numbers, from c_in to c_out. Where do they change when
# `widen_first` is False?
# </details>

# %% [markdown]
# ### One layer in four designs
#
# A 3x3 layer from 128 to 128 channels on 28x28 places, in four designs. Before you run it: the separable one has an
# eighth of the multiply-adds of the full one. How many times faster will it be?

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_speed_guess", "locked": true, "schema_version": 3, "solution": false, "task": false}
my_guess_of_speedup = 8  # times: change it

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_designs", "locked": true, "schema_version": 3, "solution": false, "task": false}
C = 128
designs = {
    "full": nn.Conv2d(C, C, 3, padding=1, bias=False),
    "4 groups": nn.Conv2d(C, C, 3, padding=1, groups=4, bias=False),
    "bottleneck": nn.Sequential(
        nn.Conv2d(C, C // 4, 1, bias=False),
        nn.Conv2d(C // 4, C // 4, 3, padding=1, bias=False),
        nn.Conv2d(C // 4, C, 1, bias=False),
    ),
    "separable": SeparableConv(C, C),
}
image, seconds = torch.randn(4, C, 28, 28), {name: [] for name in designs}
with torch.no_grad():
    for _ in range(40):
        for name, layer in designs.items():
            start = time.perf_counter()
            layer(image)
            seconds[name].append(time.perf_counter() - start)
work = [count(layer) * 28 * 28 / 1e6 for layer in designs.values()]
times = [1000 * sorted(values)[20] for values in seconds.values()]
_, (left, right) = plt.subplots(1, 2, figsize=(10, 2.8))
left.barh(list(designs), work, color=BLUE)
left.set(title="million multiply-adds for an image", xlabel="million")
right.barh(list(designs), times, color=ORANGE)
right.set(title="time for four images, one core", xlabel="milliseconds")
for ax in (left, right):
    ax.invert_yaxis()
show(
    "Two bar charts of four designs of one layer. Multiply-adds: full 116 million, four groups a quarter of it, "
    "bottleneck and separable an eighth or less. Time: the bars fall less, and in another order."
)
print(
    f"separable: {work[0] / work[3]:.1f} times fewer multiply-adds, {times[0] / times[3]:.1f} times faster; "
    f"your guess {my_guess_of_speedup}"
)

# %% [markdown]
# **Notice** that the time does not follow the multiply-adds. A depthwise layer does little with each number it
# reads, so it waits for memory, while a full convolution becomes one large matrix product, the thing that processors do
# best. How much you gain depends on the machine: measure where it shall run.
#
# <details><summary>Does the separable layer compute the same as the full one?</summary>
#
# No. In a full layer each pair of an input and an output channel has a 3x3 window of its own. In the separable one all
# outputs share one window for each input channel, times a number. It is another, smaller set of functions.
# </details>

# %% [markdown]
# ## 10. Gates and dropped paths
#
# **Squeeze and excitation.** Which channels matter depends on the image. Average each channel over all places
# (squeeze), put the averages through two small dense layers, and multiply each channel by the result, a gate between 0
# and 1:
#
# $$s = \sigma\big(W_2\, \operatorname{SiLU}(W_1 \bar x + b_1) + b_2\big), \qquad y_c = s_c\, x_c, \qquad \operatorname{SiLU}(z) = z\,\sigma(z) .$$
#
# **Stochastic depth.** While training, the branch of a residual block is left out at random, with probability $p$, for
# each *image* by itself: $y = x + \frac{b}{1-p} f(x)$, with $b = 0$ with probability $p$, else 1. The division keeps the
# expectation of the branch. In evaluation the branch is always there, unscaled. A deep network is trained as an ensemble of shallow ones.
#
# **Example.** $f(x) = 6$ and $p = 0.25$: an image gets 0 with probability 0.25 and 8 else, in the mean 6.

# %% [markdown]
# **MBConv** (EfficientNet) is the inverted residual of section 9 with a gate and with SiLU:
#
# | layer | channels | then |
# |---|---|---|
# | 1x1 convolution, left out if `expand` is 1 | `c_in` to $e$ = `expand` · `c_in` | batch norm, SiLU |
# | depthwise `kernel` x `kernel` with the stride, padded by `kernel // 2` | $e$ | batch norm, SiLU |
# | gate, squeezed to max(1, `c_in // 4`) numbers | $e$ | |
# | 1x1 convolution | $e$ to `c_out` | batch norm |
#
# Where stride is 1 and channels agree, this branch goes through stochastic depth and is added to the input. The batch
# norms have `eps=1e-3` and `momentum=0.01`, as published. The original runs in TensorFlow, whose padding at stride 2 is one
# pixel more on the far side than on the near one; ours is the same on both sides, as in all PyTorch versions.

# %% nbgrader={"grade": false, "grade_id": "given_efficientnet", "locked": true, "schema_version": 3, "solution": false, "task": false}
Row = tuple[int, int, int, int, int]
B0: tuple[Row, ...] = (  # expand, channels, repeats, stride of the first, kernel
    *((1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3)),
    *((6, 112, 3, 1, 5), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3)),
)


def efficientnet(
    rows: Sequence[Row] = B0,
    stem: int = 32,
    head: int = 1280,
    rates: Sequence[float] | None = None,
    num_classes: int = 1000,
) -> nn.Module:
    """EfficientNet of your MBConv blocks, from a table; `rates` are those of stochastic depth, block by block."""

    def outer(c_in: int, c_out: int, kernel: int, stride: int) -> list[nn.Module]:
        conv = nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, bias=False)
        return [conv, nn.BatchNorm2d(c_out, eps=1e-3, momentum=0.01), nn.SiLU()]

    layers, channels, number = outer(3, stem, 3, 2), stem, 0
    for expand, c_out, repeats, stride, kernel in rows:
        for i in range(repeats):
            drop = 0.0 if rates is None else rates[number]
            layers.append(MBConv(channels, c_out, kernel, 1 if i else stride, expand, drop))
            channels, number = c_out, number + 1
    tail = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(head, num_classes))
    return nn.Sequential(*layers, *outer(channels, head, 1, 1), *tail)


# %% [markdown]
# ### Exercise `mbconv`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 9 | 30 min | 0.3 s | all of `torch.nn` | networks from a library (`torchvision`, `timm`, `transformers`, `torch.hub`), `torch.ops`, `torch._C` |
#
# **Difficulty** ●●● · **importance** ●●○
#
# **What.** Gate, stochastic depth, MBConv.
#
# **Details.** The gate's two layers have biases and are registered in order, as dense layers or as 1x1 convolutions;
# no other convolution here has one. Stochastic depth draws for each image by itself, from PyTorch's global generator; a
# dropped image's branch is exactly 0; with p = 0 and in evaluation it is the identity; with p = 1 everything is dropped.
# Layers are registered in the order of the table. Inputs are not changed.
#
# **Why.** EfficientNet-B0 has a fifth of ResNet-50's parameters and a tenth of its multiply-adds, and is a little more
# accurate.


# %% nbgrader={"grade": false, "grade_id": "mbconv_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
class SqueezeExcitation(nn.Module):
    """Each channel times a gate in (0, 1) that depends on all channels' averages.

    Args:
        squeezed: width of the hidden layer.

    Source: Hu et al. (2018), "Squeeze-and-excitation networks", section 3; SiLU as in EfficientNet.
    """

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.squeeze = nn.Conv2d(channels, squeezed, 1)
        self.excite = nn.Conv2d(squeezed, channels, 1)
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C H W"]:
        ### BEGIN SOLUTION
        gate = self.excite(F.silu(self.squeeze(x.mean((2, 3), keepdim=True))))
        return x * gate.sigmoid()
        ### END SOLUTION


class StochasticDepth(nn.Module):
    """In training each image becomes 0 with probability p, else it is divided by 1 - p; in evaluation the identity.

    Args:
        p: in [0, 1].

    Raises:
        ValueError: for another p.

    Source: Huang et al. (2016), "Deep networks with stochastic depth", with the division of later versions.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        if not 0 <= p <= 1:
            raise ValueError(f"a probability lies in [0, 1], not at {p}")
        self.p = p
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C H W"]:
        ### BEGIN SOLUTION
        if not self.training or self.p == 0:
            return x
        if self.p == 1:
            return x * 0
        kept = torch.rand(len(x), 1, 1, 1, device=x.device) >= self.p
        return x * kept / (1 - self.p)
        ### END SOLUTION


class MBConv(nn.Module):
    """Inverted residual with a gate: c_in to c_out channels.

    Args:
        kernel: rows and columns of the depthwise window, odd.
        drop: probability of stochastic depth.

    Source: Tan and Le (2019), "EfficientNet", table 1; Tan et al. (2019), "MnasNet", figure 7.
    """

    def __init__(
        self, c_in: int, c_out: int, kernel: int = 3, stride: int = 1, expand: int = 6, drop: float = 0.0
    ) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        wide = expand * c_in

        def norm(channels: int) -> nn.Module:
            return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)

        layers: list[nn.Module] = []
        if expand != 1:
            layers += [nn.Conv2d(c_in, wide, 1, bias=False), norm(wide), nn.SiLU()]
        depthwise = nn.Conv2d(wide, wide, kernel, stride, kernel // 2, groups=wide, bias=False)
        layers += [depthwise, norm(wide), nn.SiLU(), SqueezeExcitation(wide, max(1, c_in // 4))]
        layers += [nn.Conv2d(wide, c_out, 1, bias=False), norm(c_out)]
        self.layers = nn.Sequential(*layers)
        self.drop = StochasticDepth(drop)
        self.added = stride == 1 and c_in == c_out
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C_out H_out W_out"]:
        ### BEGIN SOLUTION
        y = self.layers(x)
        return x + self.drop(y) if self.added else y
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "mbconv", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
check("mbconv")

# %% [markdown]
# <a id="hints-mbconv"></a>
# <details><summary>Hint 1: the gate</summary>
#
# Keep the axes: an average of shape (N, C, 1, 1) goes through 1x1 convolutions and multiplies x as it is.
# </details>
# <details><summary>Hint 2: for each image by itself</summary>
#
# How many random numbers does a batch of five need? Give them the shape (N, 1, 1, 1).
# </details>
# <details><summary>Hint 3: the count is off</summary>
#
# The gate is squeezed to a quarter of the block's *input* channels, not of the wide part.
# </details>

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_mbconv_counts", "locked": true, "schema_version": 3, "solution": false, "task": false}
print(f"EfficientNet-B0 5,288,548 parameters, so many as yours: {count(on_meta(efficientnet)):,}")
drop, x = StochasticDepth(0.25), torch.full((10_000, 1, 1, 1), 6.0)
torch.manual_seed(0)
print(
    f"stochastic depth, p = 0.25, of 6: {sorted(set(drop(x).flatten().tolist()))}, "
    f"their mean: {float(drop(x).mean()):.2f}"
)

# %% [markdown]
# **Notice** the count, 5,288,548, and that stochastic depth gives only two values, whose mean stays near 6.

# %% [markdown]
# ## 11. A family from one network
#
# Given twice the time to compute: should a network be deeper, wider, or see larger images? EfficientNet does all three
# at once. Depth is multiplied by $d$, width by $w$, and the results must be whole numbers again:
#
# - **Repeats** of a row: $\lceil d \cdot \text{repeats} \rceil$.
# - **Channels**: $w \cdot c$ to the *nearest* multiple of 8 (halves upwards), at least 8. If that is less than 90% of
#   $w \cdot c$, take the next multiple.
# - **Rates of stochastic depth** grow in a straight line: block number $i$ of $n$ in all, counted from 0 in the *scaled*
#   network, has $p_i = p_\text{last} \cdot i / n$.
#
# **Example.** $w = 1.4$ and $c = 24$: $33.6$, and the nearest multiple is 32. $c = 10$, $w = 1$: the nearest is 8,
# less than 9, so it becomes 16. $d = 1.1$ and 2 repeats: 3.
#
# The published members are a table, not powers of one formula: B1 has $w = 1.0$, $d = 1.1$; B4 has $w = 1.4$, $d = 1.8$.

# %% [markdown]
# ### Exercise `compound_scaling`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 4 | 15 min | 0.1 s | arithmetic, `math` |
#
# **Difficulty** ●○○ · **importance** ●○○
#
# **What.** The three rules.
#
# **Details.** Channels and repeats are ints, rates floats, a row stays a tuple. Only a row's channels and repeats change; expansion,
# stride and kernel stay. The table that is given stays as it is. Products are those of Python's floats; no test asks for
# one that only their rounding decides, such as 1.1 · 10.
#
# **Why.** 7,794,184 and 19,341,616 parameters, B1 and B4, out of the block you already have.


# %% nbgrader={"grade": false, "grade_id": "compound_scaling_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def round_channels(channels: int, width: float, divisor: int = 8) -> int:
    """width * channels to the nearest multiple of divisor, never less than 90% of it, and at least divisor.

    Source: the code published with Tan and Le (2019), "EfficientNet".
    """
    ### BEGIN SOLUTION
    wanted = width * channels
    rounded = max(divisor, int(wanted + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * wanted else rounded
    ### END SOLUTION


def scale_rows(
    rows: Sequence[tuple[int, int, int, int, int]], width: float, depth: float
) -> list[tuple[int, int, int, int, int]]:
    """The rows (expand, channels, repeats, stride, kernel) of a wider and deeper network."""
    ### BEGIN SOLUTION
    return [
        (expand, round_channels(channels, width), math.ceil(depth * repeats), stride, kernel)
        for expand, channels, repeats, stride, kernel in rows
    ]
    ### END SOLUTION


def drop_rates(rows: Sequence[tuple[int, int, int, int, int]], last: float) -> list[float]:
    """A rate of stochastic depth for each block of these rows, growing from 0 towards last."""
    ### BEGIN SOLUTION
    total = sum(row[2] for row in rows)
    return [last * i / total for i in range(total)]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "compound_scaling", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("compound_scaling")

# %% [markdown]
# <a id="hints-compound_scaling"></a>
# <details><summary>Hint: rounding</summary>
#
# `int(x + divisor / 2) // divisor * divisor` is the nearest multiple. Python's `round` takes halves to the even side.
# </details>


# %% nbgrader={"grade": false, "grade_id": "given_family", "locked": true, "schema_version": 3, "solution": false, "task": false}
def efficientnet_scaled(width: float, depth: float, last_rate: float = 0.2) -> nn.Module:
    """A member of the EfficientNet family by your rules."""
    rows = scale_rows(B0, width, depth)
    return efficientnet(
        rows, round_channels(32, width), round_channels(1280, width), drop_rates(rows, last_rate)
    )


# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_family", "locked": true, "schema_version": 3, "solution": false, "task": false}
for name, width, depth in (("B0", 1.0, 1.0), ("B1", 1.0, 1.1), ("B4", 1.4, 1.8)):
    print(f"EfficientNet-{name} {count(on_meta(efficientnet_scaled, width, depth)):>11,} parameters")

# %% [markdown]
# ### The zoo on one chart
#
# All the networks of this chapter, made of your blocks. Parameters and multiply-adds are counted on the meta device: a
# hook on each layer sees the output's shape.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_zoo", "locked": true, "schema_version": 3, "solution": false, "task": false}
ZOO = [
    ("AlexNet", 2012, 224, AlexNet),
    ("VGG-16", 2014, 224, VGG),
    ("GoogLeNet", 2014, 224, googlenet),
    ("Inception-v3", 2015, 299, inception_v3_network),
    ("ResNet-18", 2015, 224, RESNETS["ResNet-18"]),
    ("ResNet-50", 2015, 224, RESNETS["ResNet-50"]),
    ("Inception-v4", 2016, 299, inception_v4_network),
    ("Inception-ResNet-v2", 2016, 299, inception_resnet_v2),
    ("DenseNet-121", 2016, 224, densenet121),
    ("ResNeXt-50", 2016, 224, RESNETS["ResNeXt-50 32x4d"]),
    ("Xception", 2016, 299, xception),
    ("MobileNetV2", 2018, 224, mobilenet_v2),
    ("EfficientNet-B0", 2019, 224, efficientnet),
    ("EfficientNet-B4", 2019, 380, lambda: efficientnet_scaled(1.4, 1.8)),
]


def multiply_adds(network, size):
    """Of convolutions and dense layers, for one image: weights of a kernel times numbers that are put out."""
    total = [0]

    def see(layer, _, output):
        total[0] += output[0].numel() * layer.weight[0].numel()

    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layer.register_forward_hook(see)
    network.eval()
    network(torch.empty(1, 3, size, size, device="meta"))
    return total[0]


_, ax = plt.subplots(figsize=(9, 4.6))
years = plt.matplotlib.colormaps["viridis"]
zoo = {}
for name, year, size, build in ZOO:
    network = on_meta(build)
    zoo[name] = (count(network), multiply_adds(network, size))
    ax.scatter(zoo[name][1] / 1e9, zoo[name][0] / 1e6, s=60, color=years((2019 - year) / 9), zorder=3)
    offset = {
        "ResNeXt-50": (-8, -13),
        "ResNet-50": (-50, 9),
        "Inception-v3": (2, 8),
        "EfficientNet-B4": (6, -12),
    }.get(name, (7, -2))
    ax.annotate(
        f"{name} ({year})",
        (zoo[name][1] / 1e9, zoo[name][0] / 1e6),
        offset,
        textcoords="offset points",
        fontsize=8,
    )
    print(
        f"{year} {name}: million multiply-adds at {size}x{size}: {zoo[name][1] / 1e6:,.0f}, "
        f"million parameters: {zoo[name][0] / 1e6:.1f}"
    )
ax.set(
    xscale="log",
    yscale="log",
    xlabel="billion multiply-adds for an image",
    ylabel="million parameters",
    xlim=(0.2, 40),
)
show(
    "The fourteen networks by multiply-adds and parameters, both axes logarithmic, darker the older. AlexNet stands at "
    "the top left, VGG-16 at the top right, MobileNetV2 and EfficientNet-B0 at the bottom left, the others between."
)

# %% [markdown]
# **Notice** the corners. AlexNet, at the top left, is large and computes little: 0.71 billion multiply-adds with 61 million
# parameters. VGG-16 is large in both. MobileNetV2, at the bottom left, needs 0.30 billion and 3.5 million, and is
# more accurate than both. ResNet-50 (4.09 billion) and all the others lie between.
#
# <details><summary>Why is no network at the bottom right, with few parameters and much work?</summary>
#
# It would use each weight at very many places: large maps and few channels. Such layers exist, at the start of every
# network, but they see small windows of the image. To recognise things, maps must shrink, and then channels are cheap.
# </details>
#
# ## 12. A layer that vanishes
#
# In evaluation, batch normalisation is $\gamma\,(z - \mu)/\sqrt{v + \epsilon} + \beta$ with numbers that no longer
# change: a scale and a shift for each channel. A convolution comes just before it, and is linear. So both are one
# convolution:
#
# $$W'_o = \frac{\gamma_o}{\sqrt{v_o + \epsilon}}\, W_o, \qquad b'_o = \beta_o + \frac{\gamma_o}{\sqrt{v_o + \epsilon}}\,(b_o - \mu_o),$$
#
# with $b_o = 0$ where the convolution has no bias. The output is the same up to rounding, and a layer is gone.
#
# **Example.** One channel: $w = 3$, no bias, $\gamma = -2$, $\beta = 1$, $\mu = 5$, $v = 4$, $\epsilon \approx 0$. The scale is $-1$:
# $w' = -3$, $b' = 1 + 5 = 6$. For $x = 2$: $z = 6$, $-2\,(6-5)/2 + 1 = 0$, and $-3 \cdot 2 + 6 = 0$.

# %% [markdown]
# ### Exercise `fold_batch_norm`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 5 | 15 min | 0.1 s | tensor arithmetic | `torch.nn.utils.fusion`, `torch.ao`, `torch.fx`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●○○ · **importance** ●●○
#
# **What.** Weight and bias of the one convolution.
#
# **Details.** For any kernel and any number of groups, with a bias or without, for scales of either sign or 0. Weight
# and bias that you return have the dtype of `weight`, also where the batch norm has another. The arguments stay as they
# are.
#
# **Why.** Every network is deployed this way. It needs the network in evaluation mode: with batch statistics there is
# nothing to fold.


# %% nbgrader={"grade": false, "grade_id": "fold_batch_norm_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fold_batch_norm(
    weight: Float[Tensor, "C_out C_in/groups kh kw"],
    bias: Float[Tensor, "C_out"] | None,
    gamma: Float[Tensor, "C_out"],
    beta: Float[Tensor, "C_out"],
    mean: Float[Tensor, "C_out"],
    var: Float[Tensor, "C_out"],
    eps: float = 1e-5,
) -> tuple[Float[Tensor, "C_out C_in/groups kh kw"], Float[Tensor, "C_out"]]:
    """Weight and bias of the convolution that does what a convolution and the batch norm after it do.

    Args:
        weight, bias: of the convolution; bias may be None.
        gamma, beta: scale and shift of the batch norm.
        mean, var: its running statistics.

    Returns:
        (weight, bias), of shapes (C_out, C_in / groups, kh, kw) and (C_out,).

    Source: Jacob et al. (2018), "Quantization and training of neural networks", section 3.2.
    """
    ### BEGIN SOLUTION
    scale = gamma / (var + eps).sqrt()
    shift = -mean if bias is None else bias - mean
    folded = beta + scale * shift
    return (weight * scale[:, None, None, None]).to(weight.dtype), folded.to(weight.dtype)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "fold_batch_norm", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("fold_batch_norm")

# %% [markdown]
# <a id="hints-fold_batch_norm"></a>
# <details><summary>Hint: the bias</summary>
#
# What does the batch norm make of a zero input? Without a bias in the convolution it is not zero.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_fold", "locked": true, "schema_version": 3, "solution": false, "task": false}
torch.manual_seed(0)
pieces = nn.Sequential(
    *(layer for _ in range(6) for layer in (nn.Conv2d(32, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32)))
)
for layer in pieces[1::2]:
    nn.init.normal_(layer.weight)
    layer.running_var.uniform_(0.5, 2)
    layer.running_mean.normal_()
folded = nn.Sequential()
for conv, norm in zip(pieces[::2], pieces[1::2], strict=True):
    joined = nn.Conv2d(32, 32, 3, padding=1)
    parts = fold_batch_norm(
        conv.weight, None, norm.weight, norm.bias, norm.running_mean, norm.running_var, norm.eps
    )
    joined.weight.data, joined.bias.data = parts
    folded.append(joined)
pieces.eval()
image, seconds = torch.randn(8, 32, 28, 28), {pieces: [], folded: []}
with torch.no_grad():
    for _ in range(15):
        for network, values in seconds.items():
            start = time.perf_counter()
            network(image)
            values.append(time.perf_counter() - start)
    difference = float((pieces(image) - folded(image)).abs().max() / pieces(image).abs().max())
before, after = (1000 * sorted(values)[7] for values in seconds.values())
print(
    f"largest difference: {difference:.0e} of the largest output; {before:.1f} ms before, {after:.1f} ms after"
)

# %% [markdown]
# **Notice** that the difference is rounding, less than a hundred-thousandth of the largest output. The time that a folded
# network saves stands beside it; it depends on the machine.
#
# <details><summary>Why can it not be folded in training?</summary>
#
# In training mean and variance come from the batch: scale and shift are then different in each step, and depend on the
# other images.
# </details>
#
# ## 13. Where does it look?
#
# A network that ends in a global average and one dense layer can be read. With maps $f_c(i, j)$ of $H \times W$ places, its
# logit for class $k$ is
#
# $$z_k = b_k + \sum_c w_{kc}\, \frac{1}{HW} \sum_{i,j} f_c(i,j) \;=\; b_k + \frac{1}{HW} \sum_{i,j} \underbrace{\sum_c w_{kc}\, f_c(i,j)}_{M_k(i,j)} .$$
#
# The **class activation map** $M_k$ says what each place contributes. It is no approximation: its mean *is* the logit,
# but for the bias. (It is the logit that is taken apart, not the probability: after a softmax nothing is linear.)
#
# **Example.** Two maps of 1x2 places, $f_0 = (1, 3)$, $f_1 = (2, 0)$, weights $(2, -1)$: $M = (0, 6)$, mean 3; and
# $2 \cdot 2 - 1 \cdot 1 = 3$.
#
# **A box.** Thresholding gives a rough place of the object: the smallest rectangle around all pixels whose value is *at least*
# a share of the map's largest value.

# %% [markdown]
# ### Exercise `class_activation_map`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 4 | 15 min | 0.1 s | all of PyTorch |
#
# **Difficulty** ●○○ · **importance** ●●○
#
# **What.** The map of each image's class, and the box.
#
# **Details.** The map is the raw one, neither cut at 0 nor rescaled, and gradients reach features and weights. The box is four
# ints, first and last row and column, both ends included; one box a call.
#
# **Why.** It shows what a network has learned, and what it should not have: a label in the corner, the snow behind the
# wolf.


# %% nbgrader={"grade": false, "grade_id": "class_activation_map_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def class_activation_map(
    features: Float[Tensor, "N C H W"], weight: Float[Tensor, "K C"], labels: Int[Tensor, "N"]
) -> Float[Tensor, "N H W"]:
    """What each place contributes to the logit of each image's label.

    Args:
        features: maps before the global average.
        weight: of the dense layer after it.
        labels: the class asked about, for each image.

    Source: Zhou et al. (2016), "Learning deep features for discriminative localization", equation 2.
    """
    ### BEGIN SOLUTION
    return torch.einsum("nchw,nc->nhw", features, weight[labels])
    ### END SOLUTION


def bounding_box(heat: Float[Tensor, "H W"], share: float = 0.5) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) of all pixels of at least share * the largest value, ends included.

    Args:
        heat: a map whose largest value is positive.
        share: in (0, 1].
    """
    ### BEGIN SOLUTION
    rows, columns = (heat >= share * heat.max()).nonzero().unbind(1)
    return int(rows.min()), int(columns.min()), int(rows.max()), int(columns.max())
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "class_activation_map", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("class_activation_map")

# %% [markdown]
# <a id="hints-class_activation_map"></a>
# <details><summary>Hint: each image has its own weights</summary>
#
# `weight[labels]` has a row for each image. Name the axes of features and of these rows, and sum over the channels.
# </details>

# %% [markdown]
# ### On real photographs
#
# Two photographs come with scikit-learn: a temple and a flower. A small network learns from crops of 48x48 pixels which of
# the two a crop is from. Having a global average, it takes images of any size: we lay both photographs side by side and
# ask for both classes.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_photographs", "locked": true, "schema_version": 3, "solution": false, "task": false}
from sklearn.datasets import load_sample_image

photos = [
    F.avg_pool2d(torch.tensor(load_sample_image(name), dtype=torch.float32).permute(2, 0, 1)[None] / 255, 4)[
        0
    ]
    for name in ("china.jpg", "flower.jpg")
]
generator = torch.Generator().manual_seed(0)
crops, crop_labels = [], []
for label, photo in enumerate(photos):
    for _ in range(200):
        row, column = (
            int(torch.randint(0, size - 48, (1,), generator=generator)) for size in photo.shape[1:]
        )
        crops.append(photo[:, row : row + 48, column : column + 48])
        crop_labels.append(label)
torch.manual_seed(0)
trunk = nn.Sequential(
    *(unit(3, 16, 3, 2, 1), unit(16, 32, 3, 2, 1), unit(32, 32, 3, 1, 1)),
)
viewer = nn.Sequential(trunk, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 2))
fit(viewer, torch.stack(crops), torch.tensor(crop_labels), epochs=4, say="temple or flower")
viewer.eval()
both = torch.cat(photos, 2)[None]
with torch.no_grad():
    maps = class_activation_map(trunk(both).expand(2, -1, -1, -1), viewer[3].weight, torch.tensor([0, 1]))
    logits = viewer(both)[0]
_, axes = plt.subplots(1, 3, figsize=(13, 2.6))
show_images(axes, [both[0].permute(1, 2, 0)], ["both photographs, 106 x 320"])
for ax, heat, title, logit, bias in zip(
    axes[1:], maps, ("temple", "flower"), logits, viewer[3].bias, strict=True
):
    show_images(
        [ax], [heat], [f"map of {title}"], cmap="RdBu_r", vmin=-maps.abs().max(), vmax=maps.abs().max()
    )
    print(f"{title}: mean of the map + bias {float(heat.mean()) + bias.item():.3f}, logit {float(logit):.3f}")
    print(f"   difference of the two: {abs(float(heat.mean()) + bias.item() - float(logit)):.0e}")
    half = heat.shape[1] // 2
    sides = heat[:, :half], heat[:, half:]
    print(
        f"   map of {title}, mean on its own photograph: {float(sides[title == 'flower'].mean()):.2f}\n"
        f"   map of {title}, mean on the other: {float(sides[title != 'flower'].mean()):.2f}"
    )
show(
    "A photograph of a temple and one of a flower side by side, and two heat maps of the same place: the map of the "
    "temple is red over the temple's photograph, most in the sky, and blue over the flower; that of the flower is the "
    "other way round."
)

# %% [markdown]
# **Notice** that mean and logit agree to the last digit, and that each map is positive on its own photograph and negative
# on the other. Look closer: the map of the temple is strong in the empty sky, weaker on the temple's own walls. Two photographs
# teach a network colours, not things, and without the map you would not have known.

# %% [markdown]
# ## 14. Features from another task
#
# Five labelled images for each class are too few to train a network. But its early layers look for strokes and bends
# that other tasks need as well. **Transfer**: take a network that was trained on another task, its **trunk**, put a new
# **head** on it, and
#
# - **freeze** the trunk and train the head alone, or
# - **fine-tune**: train all, the trunk with a smaller learning rate.
#
# The task: 5,000 digits of MNIST, shrunk to 14x14 pixels, each put at a random place of a 20x20 image with noise. The
# trunk learns 0 to 4 from 2,500 images. Then it sees the digits 5 to 9, *five* labelled images of each.


# %% nbgrader={"grade": false, "grade_id": "given_trunk", "locked": true, "schema_version": 3, "solution": false, "task": false}
def digit_trunk() -> nn.Module:
    """A new trunk: images (N, 1, 20, 20) to 64 features (N, 64)."""
    units = [unit(1, 16, 3, 1, 1), unit(16, 32, 3, 2, 1), unit(32, 32, 3, 1, 1)]
    units += [unit(32, 64, 3, 2, 1), unit(64, 64, 3, 1, 1)]
    return pooled(*units)


def pooled(*layers: nn.Module) -> nn.Module:
    """Layers, then the average of each map: images to features (N, D)."""
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_clutter", "locked": true, "schema_version": 3, "solution": false, "task": false}
mnist = load_mnist5000()


def clutter(images, generator, size=20, noise=0.1):
    """Each image (N, 1, 14, 14) at a random place of a size x size canvas with normal noise."""
    canvas = noise * torch.randn(len(images), 1, size, size, generator=generator)
    room = size - images.shape[-1]
    places = torch.randint(0, room + 1, (len(images), 2), generator=generator)
    for one, image, (row, column) in zip(canvas, images, places.tolist(), strict=True):
        one[:, row : row + image.shape[1], column : column + image.shape[2]] += image
    return canvas


def pretrain(trunk, images, labels, steps=150, seed=0):
    """Train a trunk with a head on cluttered images, newly placed in every batch."""
    generator = torch.Generator().manual_seed(seed)
    network = nn.Sequential(trunk, nn.Linear(64, int(labels.max()) + 1))
    optimizer = torch.optim.AdamW(network.parameters(), 2e-3)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    network.train()
    for step in range(steps):
        rows = torch.randint(0, len(images), (64,), generator=generator)
        loss = F.cross_entropy(network(clutter(images[rows], generator)), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        falling.step()
        if (step + 1) % 50 == 0:
            sys.stdout.write(f"\rpretraining: step {step + 1}/{steps}, loss {loss.item():.3f}   ")
    print()
    return network


generator = torch.Generator().manual_seed(1)
_, axes = plt.subplots(1, 12, figsize=(12, 1.3))
chosen = torch.randperm(5000, generator=generator)[:12]
show_images(axes, clutter(mnist.images[chosen], generator)[:, 0], [str(int(k)) for k in mnist.labels[chosen]])
show(
    "Twelve noisy images of 20 by 20 pixels, each with a small handwritten digit at another place, and its label."
)

# %% [markdown]
# ### Find the bug
#
# Below, a trunk is "frozen" and a head is trained on it. It runs, its loss falls, and no weight of the trunk changes. And
# yet the trunk is not the same afterwards. What has changed, and which line is missing?

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_bug", "locked": true, "schema_version": 3, "solution": false, "task": false}
torch.manual_seed(0)
suspect, head = digit_trunk(), nn.Linear(64, 5)
for parameter in suspect.parameters():
    parameter.requires_grad = False
before = {name: value.clone() for name, value in suspect.state_dict().items()}
optimizer = torch.optim.AdamW(head.parameters(), 1e-2)
images, labels = clutter(mnist.images[::200], torch.Generator().manual_seed(0)), mnist.labels[::200] % 5
for _ in range(20):
    loss = F.cross_entropy(head(suspect(images)), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
moved = [name for name, value in suspect.state_dict().items() if not torch.equal(value, before[name])]
print("the same:", len(before) - len(moved), " changed:", len(moved), " one of them:", moved[-2])

# %% [markdown]
# <details><summary>The answer</summary>
#
# The running statistics of batch norm. They are no parameters: no gradient moves them, every forward pass in training
# mode does. And while the head was trained, the features were normalised with the batch's statistics, in evaluation they
# are not. `suspect.eval()` is missing.
# </details>

# %% [markdown]
# ### Exercise `transfer`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 6 | 30 min | 1.0 s | all of PyTorch, `torch.optim` too |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** Freezing, and training a head on a trunk in either of the two ways.
#
# **Details.** The head is one dense layer with a bias that starts at 0, both weights and bias. Each step takes all images,
# the mean cross-entropy and AdamW (`weight_decay=0.01`) with a cosine schedule from the learning rate to 0 over all
# `steps`. Learning rates: head 1e-2 if frozen, else 3e-3; trunk 5e-4.
#
# `frozen=True`: nothing of the trunk changes, not a bit, its running statistics included, and it is left frozen; its
# features may be computed once. (What `freeze` did need not survive somebody's later `.train()`.)
# `frozen=False`: the trunk is trained in place, in training mode, also if it had been frozen before. The network that
# is returned is in evaluation mode and maps images to logits.
#
# In grading, the grader trains a trunk on the digits 0 to 4, and classes 5 to 9 get new names. With five images a class
# the network must recognise at least 45% of 500 new images frozen, and 45% fine-tuned; without
# pretraining about 30% are to be had.
#
# **Why.** Few who use a network today train it from the start.


# %% nbgrader={"grade": false, "grade_id": "transfer_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def freeze(module: nn.Module) -> None:
    """Stop every change of a module, in place: no parameter takes gradients, and no running statistic moves."""
    ### BEGIN SOLUTION
    module.requires_grad_(False)
    module.eval()
    ### END SOLUTION


def transfer(
    trunk: nn.Module,
    images: Float[Tensor, "N C H W"],
    labels: Int[Tensor, "N"],
    num_classes: int,
    frozen: bool = True,
    steps: int = 100,
) -> nn.Module:
    """A network of the trunk and a new head, trained on few images.

    Args:
        trunk: maps images to features (N, D).
        num_classes: of the new task.
        frozen: train the head alone; else trunk and head.
        steps: of AdamW, each on all images.

    Returns:
        images to logits (N, num_classes), in evaluation mode; it holds the trunk itself, no copy.

    Source: Yosinski et al. (2014), "How transferable are features in deep neural networks?".
    """
    ### BEGIN SOLUTION
    with torch.no_grad():
        trunk.eval()
        width = trunk(images[:1]).shape[1]
    head = nn.Linear(width, num_classes)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    network = nn.Sequential(trunk, head)
    if frozen:
        freeze(trunk)
        groups = [{"params": head.parameters(), "lr": 1e-2}]
    else:
        trunk.requires_grad_(True)
        trunk.train()
        groups = [{"params": trunk.parameters(), "lr": 5e-4}, {"params": head.parameters(), "lr": 3e-3}]
    adam = torch.optim.AdamW(groups, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    for _ in range(steps):
        adam.zero_grad()
        F.cross_entropy(network(images), labels).backward()
        adam.step()
        schedule.step()
    return network.eval()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "transfer", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("transfer")

# %% [markdown]
# <a id="hints-transfer"></a>
# <details><summary>Hint 1: frozen, and yet something moves</summary>
#
# `network.train()` reaches the trunk as well. Who puts it back into evaluation mode?
# </details>
# <details><summary>Hint 2: how wide is the trunk?</summary>
#
# Ask it with one image, in evaluation mode and without gradients, so that asking changes nothing.
# </details>

# %% [markdown]
# Predict: which share of 1,000 new images will be recognised with a frozen trunk? Chance is 20%.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_transfer_guess", "locked": true, "schema_version": 3, "solution": false, "task": false}
my_guess_of_transfer = 50  # percent: change it

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_transfer", "locked": true, "schema_version": 3, "solution": false, "task": false}
old, new = mnist.labels < 5, mnist.labels >= 5
torch.manual_seed(0)
pretrained = digit_trunk()
pretrain(pretrained, mnist.images[old], mnist.labels[old])
kept = {name: value.clone() for name, value in pretrained.state_dict().items()}
scores = {"frozen": [], "fine-tuned": [], "from the start": []}
for seed in range(3):
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(2500, generator=generator)
    new_images, new_labels = mnist.images[new][order], mnist.labels[new][order] - 5
    few = torch.cat([(new_labels == k).nonzero().flatten()[:5] for k in range(5)])
    rest = torch.ones(2500, dtype=torch.bool)
    rest[few] = False
    train = clutter(new_images[few], generator), new_labels[few]
    test = clutter(new_images[rest][:1000], generator), new_labels[rest][:1000]
    for name, frozen, trunk in (
        ("frozen", True, pretrained),
        ("fine-tuned", False, pretrained),
        ("from the start", False, None),
    ):
        torch.manual_seed(seed)
        if trunk is None:
            trunk = digit_trunk()
        else:
            trunk.load_state_dict(kept)
        scores[name].append(accuracy(transfer(trunk, *train, 5, frozen=frozen), *test))
    sys.stdout.write(f"\rseed {seed + 1} of 3   ")
print()
_, ax = plt.subplots(figsize=(6, 2.6))
for i, (name, values) in enumerate(scores.items()):
    ax.scatter(values, [i] * len(values), color=(BLUE, GREEN, RED)[i], s=50)
    print(f"{name}: {min(values):.1%} at least")
    print(f"{name}, at most: {max(values):.1%}")
ax.axvline(0.2, color=GREY, linestyle=":")
ax.set(
    yticks=range(3),
    xlim=(0, 1),
    xlabel="share of 1,000 new images recognised (dotted: chance)",
    title="five labelled images a class, three draws",
)
ax.set_yticklabels(list(scores))
ax.invert_yaxis()
show(
    "The share of new images recognised, three points each: frozen and fine-tuned between a half and three quarters, "
    "trained from the start a little right of the dotted line of chance."
)
print(f"your guess for the frozen trunk: {my_guess_of_transfer}%")

# %% [markdown]
# **Notice** that both ways of transfer are above 50% in all three draws, and training from the start is below 40% in
# all. Frozen and fine-tuned do not differ reliably with so few images: which is ahead depends on the draw.
#
# <details><summary>Would more steps rescue the network without pretraining?</summary>
#
# No: it already knows its 25 images by heart. They do not tell it what a digit at another place looks like; the 2,500
# images of *other* digits did.
# </details>

# %% [markdown]
# ## 15. Explore
#
# ### A residual network without one of its blocks
#
# A chain without a link is broken. Is a residual network? Below, one block of two networks that you trained above is
# skipped, each in turn: of the residual network of 34 layers and of the plain one of 10. Measured is which share of 300
# *training* images they still recognise; the test images have done their service. Guess first: how much is left?


# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_lesion", "locked": true, "schema_version": 3, "solution": false, "task": false}
def without(model, number):
    """The network without its layer of that number."""
    return nn.Sequential(*(layer for i, layer in enumerate(model) if i != number))


_, ax = plt.subplots(figsize=(8, 3))
for block, blocks, colour, label in (
    (BasicBlock, 8, BLUE, "residual, 34 layers"),
    (PlainBlock, 2, RED, "plain, 10 layers"),
):
    model = runs[block, blocks][2]
    known = digits.train_images[:300], digits.train_labels[:300]
    whole = accuracy(model, *known)
    places = [
        i for i in range(1, 2 * blocks + 1) if i != blocks + 1
    ]  # block number blocks + 1 changes the shape
    scores_without = [accuracy(without(model, i), *known) for i in places]
    ax.plot(
        [(i - 1) / (2 * blocks - 1) for i in places],
        scores_without,
        "o-",
        color=colour,
        label=f"{label}: whole {whole:.0%}",
    )
    print(
        f"{label}: whole {whole:.1%}, without one block {min(scores_without):.1%} to {max(scores_without):.1%}"
    )
    print(f"{label}: median without one block: {sorted(scores_without)[len(places) // 2]:.1%}")
    print(f"{label}: the most that is left: {max(scores_without):.1%}")
ax.set(
    xlabel="place of the block that is left out, from first (0) to last (1)",
    ylabel="share recognised",
    ylim=(0, 1.03),
)
ax.legend()
show(
    "The share of 300 training images recognised, by the place of the block that is left out: the residual network "
    "stays near the top but for a few blocks, the plain network falls to chance at each."
)

# %% [markdown]
# **Notice** that nearly all of the blocks of the residual network can be spared, and not one of the plain network (Veit et
# al., 2016). Is a residual network one deep network, or many shallow ones at once?
#
# **Go on.** How many blocks can you take out together? Does `StochasticDepth` in the branches make the network bear more?
# With internet, `load_digits(size=32, source="cifar10")` puts real photographs before `ResNet(BasicBlock, (3, 3, 3), **SMALL)`.

# %% [markdown]
# ## 16. Written questions
#
# Answer in your own words, in about 150 words each. A figure or a number from this notebook is worth more than a
# quotation.
#
# ### Question 1: degradation (5 points)
#
# 1. In section 5 the plain network of 34 layers does worse than that of 10. Which of the printed numbers shows that
#    this is *not* overfitting, and why? (2 points)
# 2. The deep network could represent what the shallow one does. Give such weights in words, and say why they are not
#    found. (1 point)
# 3. Somebody says: "shortcuts cure vanishing gradients." Batch normalisation and He's start already keep the gradient's
#    size. Which experiment of this notebook shows another reason, and what does it show? (2 points)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written_degradation", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Model answer.** The *training* loss: after three epochs it is above 1.8 for 34 layers and below 1.1 for 10. An
# overfitted network has a low training loss and a high test loss; here both are bad, so optimisation failed.
#
# Let the first layers be those of the shallow network and let each further block be the identity: convolutions with a
# single 1 in the middle of the kernel of their own channel, norms that undo themselves; ReLU leaves nonnegative signals
# alone. The start is far from these weights, and gradient steps do not lead there in this time.
#
# The experiment on shattered gradients: the start keeps the size, and the gradient of a plain network of 50 layers still
# changes from one input to the next like noise (correlation below 0.4 at a distance of 0.19), while 50 layers with
# shortcuts keep it above 0.5. Steps that agree between neighbouring inputs add up; random ones do not.
#
# **Marks.**
# - Part 1: 1 for naming the training loss with its numbers; 1 for the argument that overfitting would make it low.
# - Part 2: half for the construction, half for "not found by the optimiser" in any reasoned form.
# - Part 3: 1 for the shattered gradients (or the trained networks, where plain ones have batch norm too); 1 for saying
#   what is measured: agreement between inputs, not size. "The gradient has a 1 in it" alone: 1.
# ### END SOLUTION

# %% [markdown]
# ### Question 2: fewer parameters, faster? (4 points)
#
# 1. Name two networks of the zoo of which one has *fewer* parameters and *more* multiply-adds than the other, with the
#    numbers, and say where the parameters of each sit. (2 points)
# 2. In the experiment of section 9 the separable layer was less far ahead in time than in multiply-adds. Explain why, and
#    describe how you would decide which network to put on a given telephone. (2 points)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written_cost", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Model answer.** AlexNet has 61.1 million parameters and 0.71 billion multiply-adds, ResNet-50 has 25.6 million and
# 4.09 billion. AlexNet's sit in dense layers, used once an image; ResNet-50's in convolutions, each used at every place of
# its map. (Also GoogLeNet, or DenseNet-121 with 8.0 million and 2.8 billion.)
#
# Time is computing *and* moving numbers. A depthwise layer does nine multiply-adds for each number it reads and writes,
# a full 3x3 layer with 128 channels a hundred times more, so the first waits for memory and the second for arithmetic. Also each
# further small layer costs a call. To decide: run the candidates on that telephone, with its library and precision, with batch
# size 1, warm, several times, and take the median; compare accuracy at equal *time*, and peak memory.
#
# **Marks.**
# - Part 1: 1 for a right pair with numbers; 1 for where the parameters sit.
# - Part 2: 1 for memory traffic (or calls) as the reason; 1 for measuring on the device, with batch size or repetitions
#   or precision named. "Count the multiply-adds" : 0.
# ### END SOLUTION

# %% [markdown]
# ## What you have read about
#
# - A. Krizhevsky, I. Sutskever and G. Hinton (2012), *ImageNet classification with deep convolutional neural networks*;
#   A. Krizhevsky (2014), *One weird trick for parallelizing convolutional neural networks*.
# - K. Simonyan and A. Zisserman (2015), *Very deep convolutional networks for large-scale image recognition*.
# - C. Szegedy et al. (2015), *Going deeper with convolutions*; (2016), *Rethinking the Inception architecture*; (2017),
#   *Inception-v4, Inception-ResNet and the impact of residual connections on learning*.
# - K. He et al. (2015), *Delving deep into rectifiers*; (2016), *Deep residual learning for image recognition*; S. Xie et
#   al. (2017), *Aggregated residual transformations*; P. Goyal et al. (2017), *Accurate, large minibatch SGD*.
# - D. Balduzzi et al. (2017), *The shattered gradients problem*; A. Veit, M. Wilber and S. Belongie (2016), *Residual
#   networks behave like ensembles of relatively shallow networks*.
# - G. Huang et al. (2017), *Densely connected convolutional networks*; (2016), *Deep networks with stochastic depth*.
# - F. Chollet (2017), *Xception*; M. Sandler et al. (2018), *MobileNetV2*; J. Hu, L. Shen and G. Sun (2018),
#   *Squeeze-and-excitation networks*; M. Tan and Q. Le (2019), *EfficientNet*.
# - B. Jacob et al. (2018), *Quantization and training of neural networks for efficient integer-arithmetic-only
#   inference*; B. Zhou et al. (2016), *Learning deep features for discriminative localization*.
# - J. Yosinski et al. (2014), *How transferable are features in deep neural networks?*
