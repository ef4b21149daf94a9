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
# A convolutional network reads an image the way you look for a word on a page: the same small detector slides
# over every place. In this assignment you write that detector and its gradient, the layers that live beside
# it, the optimiser that trains it, and finally a network that reads handwritten digits.
#
# 100 points: 88 are checked by machine, 12 are two short written answers.

# %% nbgrader={"grade": false, "grade_id": "given_imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from selfcheck import check
from selfcheck.data import load_digits

# %% nbgrader={"grade": false, "grade_id": "given_pair", "locked": true, "schema_version": 3, "solution": false, "task": false}
def pair(value: int | tuple[int, int]) -> tuple[int, int]:
    """`3` means `(3, 3)`; a pair `(vertical, horizontal)` stays as it is."""
    return (value, value) if isinstance(value, int) else (value[0], value[1])

# %% [markdown]
# ## Exercise `conv_arithmetic` (5 points)

# %% nbgrader={"grade": false, "grade_id": "conv_arithmetic_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def conv_output_size(size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
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
# ## Exercise `conv2d` (12 points)

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
        ValueError: if the channels of x, weight and groups do not fit together.

    Source: Dumoulin and Visin (2016), "A guide to convolution arithmetic for deep learning".
    """
    ### BEGIN SOLUTION
    (sv, sh), (pv, ph), (dv, dh) = pair(stride), pair(padding), pair(dilation)
    c_out, c_group, kh, kw = weight.shape
    if x.shape[1] != groups * c_group or c_out % groups != 0:
        raise ValueError(f"{x.shape[1]} channels in, weight {tuple(weight.shape)} and {groups} groups do not fit")
    padded = F.pad(x, (ph, ph, pv, pv))
    # Every place of the (dilated) window as a view, then every dilation-th pixel of it.
    windows = padded.unfold(2, dv * (kh - 1) + 1, sv).unfold(3, dh * (kw - 1) + 1, sh)
    windows = windows[..., ::dv, ::dh].unflatten(1, (groups, c_group))  # (N, g, c, H_out, W_out, kh, kw)
    kernels = weight.unflatten(0, (groups, c_out // groups))  # (g, o, c, kh, kw)
    y = torch.einsum("ngchwij,gocij->ngohw", windows, kernels).flatten(1, 2)  # (N, C_out, H_out, W_out)
    return y if bias is None else y + bias[:, None, None]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "conv2d", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
check("conv2d")

# %% [markdown]
# ## Exercise `conv2d_backward` (12 points)

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

# %% nbgrader={"grade": true, "grade_id": "conv2d_backward", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
check("conv2d_backward")

# %% [markdown]
# ## Exercise `pooling` (10 points)

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
    (kh, kw), (pv, ph) = pair(kernel_size), pair(padding)
    sv, sh = (kh, kw) if stride is None else pair(stride)
    padded = F.pad(x, (ph, ph, pv, pv), value=-math.inf)
    return padded.unfold(2, kh, sv).unfold(3, kw, sh).amax((-2, -1))
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
    (kh, kw), (pv, ph) = pair(kernel_size), pair(padding)
    sv, sh = (kh, kw) if stride is None else pair(stride)
    return F.pad(x, (ph, ph, pv, pv)).unfold(2, kh, sv).unfold(3, kw, sh).mean((-2, -1))
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
    winner = x.unfold(2, kh, sv).unfold(3, kw, sh).flatten(-2).argmax(-1)  # (N, C, H_out, W_out), in 0..kh*kw-1
    row = sv * torch.arange(h_out)[:, None] + winner // kw
    column = sh * torch.arange(w_out) + winner % kw
    grad_x = torch.zeros_like(x).flatten(2)  # (N, C, H * W)
    grad_x.scatter_add_(2, (row * width + column).flatten(2), grad_output.flatten(2))
    return grad_x.view(x.shape)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "pooling", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("pooling")

# %% [markdown]
# ## Exercise `batch_norm` (10 points)

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
# ## Exercise `dropout` (5 points)

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
# ## Exercise `cross_entropy` (6 points)

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
# ## Exercise `adam` (8 points)

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
# ## Exercise `lenet5` (6 points)

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
# ## Exercise `augment` (5 points)

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
    grid = torch.stack((2 * source_x / w, 2 * source_y / h), dim=-1)  # (N, H, W, 2): edges of the image at -1 and 1
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "augment", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("augment")

# %% [markdown]
# ## Exercise `train_classifier` (9 points)

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
    """Train a classifier in place by Adam on the cross-entropy, in training mode.

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
# ## Written questions (12 points)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written_equivariance", "locked": false, "points": 6, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# Answer and marks.
# ### END SOLUTION

# %% [markdown] nbgrader={"grade": true, "grade_id": "written_augmentation", "locked": false, "points": 6, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# Answer and marks.
# ### END SOLUTION
