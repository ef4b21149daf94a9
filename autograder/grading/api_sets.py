"""Named sets of API that an exercise may forbid: a convolution asked for by hand is not `F.conv2d` in any disguise.

An exercise's rules.toml names sets; `autograder.grading.rules` puts them together. Names are qualified names as the
notebook's imports resolve them, operators are those of PyTorch's dispatcher as `namespace.name`; `*` stands for
anything in both. An operator's pattern covers each namespace (`aten`, `mkldnn`, `quantized`, ...) and each overload.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ApiSet:
    """API that is forbidden together.

    Attributes:
        says: the phrase on the exercise's card, in markdown.
        names: qualified names, or patterns of them.
        operators: patterns of the operators that those names run.
        autograd: whether PyTorch's automatic differentiation is forbidden as such, however it is reached.
    """

    says: str
    names: tuple[str, ...]
    operators: tuple[str, ...] = ()
    autograd: bool = False


DISPATCHER = ApiSet("`torch.ops`, `torch._C`", ("torch.ops.*", "torch._C.*"))
"""The way to every operator by its bare name; who forbids anything forbids this too."""

_DECOMPOSITIONS = (
    *(
        "svd*",
        "eig*",
        "symeig",
        "inv",
        "inv_ex",
        "inverse",
        "pinv*",
        "tensorinv",
        "solve*",
        "lu_solve",
        "ldl_*",
    ),
    *("triangular_solve", "tensorsolve", "lstsq", "cholesky*", "qr", "lu*", "det", "logdet", "slogdet"),
)
"""Names in a library of linear algebra. No pattern begins with `*`: `*eig*` is in every `weight`."""

API_SETS = {
    "activations": ApiSet(
        "`F.gelu`, `F.silu`, `F.glu` and their layers",
        (
            *("torch.nn.functional.gelu", "torch.nn.functional.silu", "torch.nn.functional.glu"),
            *("torch.nn.GELU", "torch.nn.SiLU", "torch.nn.GLU", "torch.nn.modules.activation.*"),
        ),
        ("*.*gelu*", "*.*silu*", "*.glu*"),
    ),
    "attention": ApiSet(
        "`F.scaled_dot_product_attention`, `nn.MultiheadAttention`, `nn.Transformer*`",
        (
            *(
                "torch.nn.functional.scaled_dot_product_attention",
                "torch.nn.functional.multi_head_attention*",
            ),
            *("torch.nn.MultiheadAttention", "torch.nn.Transformer*", "torch.nn.modules.transformer.*"),
            *("torch.nn.modules.activation.MultiheadAttention", "torch.nn.attention.*"),
            *("torch._scaled_dot_product*", "torch._native_multi_head_attention", "torch._transformer_*"),
        ),
        ("*.*scaled_dot_*", "*.*_attention*", "*._transformer_*"),
    ),
    "autograd": ApiSet(
        "autograd (`backward`, `torch.autograd`, `torch.func`)",
        (
            *("torch.autograd.grad", "torch.autograd.backward", "torch.autograd.functional.*"),
            *("torch.autograd.forward_ad.*", "torch.autograd.graph.*", "torch.Tensor.backward"),
            *("torch.func.*", "torch._functorch.*"),
        ),
        ("*.*_backward*",),
        autograd=True,
    ),
    "convolution": ApiSet(
        "`F.conv*`, `nn.Conv*`, `torch.conv*`, `torch.nn.grad`, `scipy.signal`, `scipy.ndimage`",
        (
            *("torch.nn.functional.conv*", "torch.nn.Conv*", "torch.nn.LazyConv*", "torch.nn.modules.conv.*"),
            *("torch.nn.grad.*", "torch.conv*", "torch._convolution*", "torch.*_convolution*"),
            *("scipy.signal*", "scipy.ndimage*", "numpy.convolve", "numpy.correlate"),
        ),
        ("*.*conv[0-9]d*", "*.*conv_*", "*.*convolution*"),
    ),
    "distributions": ApiSet("`torch.distributions`", ("torch.distributions*", "scipy.stats*")),
    "divergences": ApiSet(
        "the losses `kl_div` and `gaussian_nll_loss`",
        (
            *("torch.nn.functional.kl_div", "torch.nn.functional.gaussian_nll_loss"),
            *("torch.nn.KLDivLoss", "torch.nn.GaussianNLLLoss", "torch.kl_div"),
        ),
        ("*.kl_div*",),
    ),
    "dropout": ApiSet(
        "`nn.*Dropout*`, `F.*dropout*`, `torch.*dropout*`",
        ("torch.nn.*Dropout*", "torch.nn.functional.*dropout*", "torch.*dropout*"),
        ("*.*dropout*",),
    ),
    "fold": ApiSet("`F.fold`, `nn.Fold`", ("torch.nn.functional.fold", "torch.nn.Fold"), ("*.col2im*",)),
    "gradient_clipping": ApiSet(
        "`nn.utils.clip_grad*`",
        ("torch.nn.utils.clip_grad*", "torch.nn.utils.get_total_norm"),
    ),
    "initialisation": ApiSet("`nn.init`", ("torch.nn.init.*",)),
    "linear_algebra": ApiSet(
        "ready-made decompositions, inverses and solvers (`torch.linalg`, `torch.svd`, `torch.inverse`, ...)",
        (
            *(
                f"{place}.{name}"
                for place in ("torch", "torch.Tensor", "torch.linalg", "numpy.linalg")
                for name in _DECOMPOSITIONS
            ),
            "scipy.linalg.*",
            *("torch.pca_lowrank", "torch.lobpcg", "torch.geqrf", "torch.orgqr", "sklearn.decomposition*"),
        ),
        (
            *("*.*svd*", "*.*linalg_eig*", "*._linalg_eig*", "*.*linalg_*inv*", "*.inverse*", "*.pinverse*"),
            *(
                "*.*_solve*",
                "*.*spsolve*",
                "*.*tensorsolve*",
                "*.*lstsq*",
                "*.*cholesky*",
                "*.linalg_qr*",
                "*.qr*",
                "*.geqrf*",
            ),
            *("*.*linalg_lu*", "*.*linalg_ldl*", "*.*linalg_*det*", "*.orgqr*", "*.linalg_householder*"),
        ),
    ),
    "log_softmax": ApiSet(
        "`*log_softmax`",
        (
            *(
                "torch.nn.functional.log_softmax",
                "torch.nn.LogSoftmax",
                "torch.nn.AdaptiveLogSoftmaxWithLoss",
            ),
            *("torch.log_softmax", "torch.special.log_softmax", "torch.Tensor.log_softmax"),
            "torch._log_softmax*",
        ),
        ("*.*log_softmax*",),
    ),
    "losses": ApiSet(
        "`F.cross_entropy`, `F.kl_div`, `F.*_loss`, `nn.*Loss`",
        (
            *("torch.nn.functional.*cross_entropy*", "torch.nn.functional.kl_div"),
            *("torch.nn.functional.*_loss", "torch.nn.*Loss", "torch.*_loss*", "torch.kl_div"),
            *("torch.*cross_entropy*",),
        ),
        ("*.*_loss*", "*.*cross_entropy*", "*.kl_div*"),
    ),
    "normalisation": ApiSet(
        "`nn.*Norm*`, `F.*_norm` and their functions in `torch`",
        (
            *("torch.nn.*Norm*", "torch.nn.functional.*_norm"),
            *(
                "torch.batch_norm*",
                "torch.native_batch_norm",
                "torch._native_batch_norm*",
                "torch.group_norm",
            ),
            *(
                "torch.native_group_norm",
                "torch.instance_norm",
                "torch.layer_norm",
                "torch.native_layer_norm",
            ),
            *("torch.rms_norm", "torch._fused_rms_norm"),
        ),
        ("*.*batch_norm*", "*.*group_norm*", "*.*instance_norm*", "*.*layer_norm*", "*.*rms_norm*"),
    ),
    "optimisers": ApiSet(
        "`torch.optim`, `torch._foreach*`, `torch._fused*`",
        ("torch.optim.*", "torch._foreach*", "torch._fused*"),
        ("*._foreach*", "*._fused*"),
    ),
    "pooling": ApiSet(
        "`F.*_pool*`, `nn.*Pool*`, `torch.*_pool*`",
        (
            *("torch.nn.functional.*_pool*", "torch.nn.*Pool*"),
            *("torch.*_pool1d*", "torch.*_pool2d*", "torch.*_pool3d*"),
        ),
        ("*.*pool[0-9]d*",),
    ),
    "ready_made_networks": ApiSet(
        "networks from a library (`torchvision`, `timm`, `transformers`, `torch.hub`)",
        ("torchvision.*", "timm.*", "transformers.*", "diffusers.*", "torch.hub.*"),
    ),
    "recurrent": ApiSet(
        "`nn.RNN*`, `nn.LSTM*`, `nn.GRU*` and their functions in `torch`",
        (
            *("torch.nn.RNN*", "torch.nn.LSTM*", "torch.nn.GRU*", "torch.nn.modules.rnn.*", "torch.rnn_*"),
            *("torch.lstm*", "torch.gru*", "torch.quantized_*", "torch._cudnn_rnn*", "torch._thnn_*"),
        ),
        ("*.*rnn*", "*.*lstm*", "*.*gru*"),
    ),
    "resampling": ApiSet(
        "`F.interpolate`, `F.grid_sample`, `nn.Upsample*`",
        (
            *("torch.nn.functional.interpolate", "torch.nn.functional.upsample*", "torch.nn.Upsample*"),
            *("torch.nn.UpsamplingNearest2d", "torch.nn.UpsamplingBilinear2d"),
            *("torch.nn.functional.grid_sample", "torch.nn.functional.affine_grid", "torch.grid_sampler*"),
        ),
        ("*.*upsample_*", "*.*grid_sampler*", "*.*affine_grid*"),
    ),
    "schedules": ApiSet("`torch.optim.lr_scheduler`", ("torch.optim.lr_scheduler*",)),
    "softmax": ApiSet(
        "`F.softmax`, `torch.softmax`, `nn.Softmax*`, `*log_softmax`",
        (
            *("torch.nn.functional.*softm*", "torch.nn.*Softm*", "torch.*softmax", "torch._softmax*"),
            *("torch.special.*softmax", "torch.Tensor.*softmax"),
        ),
        ("*.*softmax*",),
    ),
    "spectral_norm": ApiSet(
        "`nn.utils.spectral_norm`, `nn.utils.parametrizations`",
        (
            *("torch.nn.utils.spectral_norm*", "torch.nn.utils.parametriz*", "torch.nn.utils.weight_norm*"),
            "torch._weight_norm*",
        ),
        ("*._weight_norm*",),
    ),
    "weight_averaging": ApiSet("`torch.optim.swa_utils`", ("torch.optim.swa_utils*",)),
}
"""Every named set, by its name in a rules.toml."""
