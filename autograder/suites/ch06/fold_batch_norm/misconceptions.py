"""Wrong solutions of `fold_batch_norm` that students write, each an edit of the reference."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "beta_scaled",
        hint="Does the norm's shift pass through its scale?",
        severity="serious",
        edits=[
            edit("beta + scale * shift", "scale * (beta + shift)"),
        ],
    ),
    misconception(
        "bias_not_scaled",
        hint="The convolution's own bias passes through the norm as well.",
        severity="partial",
        edits=[
            edit(
                "shift = -mean if bias is None else bias - mean",
                "shift = -mean if bias is None else bias / scale - mean",
            ),
        ],
    ),
    misconception(
        "default_eps",
        hint="eps is an argument: which one does your formula use?",
        severity="slip",
        edits=[
            edit("(var + eps)", "(var + 1e-5)"),
        ],
    ),
    misconception(
        "eps_forgotten",
        hint="What keeps a channel without variance from dividing by zero?",
        severity="slip",
        edits=[
            edit("gamma / (var + eps).sqrt()", "gamma / var.clamp(min=1e-5).sqrt()"),
        ],
    ),
    misconception(
        "eps_outside_the_root",
        hint="Is eps added to the variance, or to its root?",
        severity="slip",
        edits=[
            edit("gamma / (var + eps).sqrt()", "gamma / (var.sqrt() + eps)"),
        ],
    ),
    misconception(
        "gamma_forgotten",
        hint="Which of the norm's four vectors do you not use?",
        severity="serious",
        edits=[
            edit("scale = gamma / (var + eps).sqrt()", "scale = 1 / (var + eps).sqrt()"),
        ],
    ),
    misconception(
        "mean_added",
        hint="The norm takes the mean away.",
        severity="serious",
        edits=[
            edit("-mean if bias is None else bias - mean", "mean if bias is None else bias + mean"),
        ],
    ),
    misconception(
        "mean_not_scaled",
        hint="Mean and bias pass through the scale too.",
        severity="serious",
        edits=[
            edit("beta + scale * shift", "beta + shift"),
        ],
    ),
    misconception(
        "positive_scales_only",
        hint="Scales may be negative: does your way by logarithms or roots keep the sign?",
        severity="serious",
        edits=[
            edit("scale = gamma / (var + eps).sqrt()", "scale = (gamma**2 / (var + eps)).sqrt()"),
        ],
    ),
    misconception(
        "scale_on_input_channels",
        hint="Which axis of the weight are the output channels?",
        severity="serious",
        edits=[edit("weight * scale[:, None, None, None]", "weight * scale[None, :, None, None]")],
    ),
    misconception(
        "shift_dropped_without_bias",
        hint="A convolution without a bias still gets one: what does the norm make of 0?",
        severity="partial",
        edits=[
            edit(
                """
                shift = -mean if bias is None else bias - mean
                folded = beta + scale * shift
                """,
                """
                folded = torch.zeros_like(mean) if bias is None else beta + scale * (bias - mean)
                """,
            ),
        ],
    ),
    misconception(
        "variance_for_deviation",
        hint="Does batch norm divide by the variance, or by its root?",
        severity="serious",
        edits=[
            edit("gamma / (var + eps).sqrt()", "gamma / (var + eps)"),
        ],
    ),
    misconception(
        "always_in_float64",
        hint="Of which dtype is the weight that you return?",
        severity="slip",
        edits=[
            edit(
                "return (weight * scale[:, None, None, None]).to(weight.dtype), folded.to(weight.dtype)",
                "return (weight * scale[:, None, None, None]).double(), folded.double()",
            ),
        ],
    ),
    misconception(
        "dtype_of_the_norm",
        hint="The batch norm may have another dtype than the weight: which one have your results?",
        severity="slip",
        edits=[
            edit(
                "return (weight * scale[:, None, None, None]).to(weight.dtype), folded.to(weight.dtype)",
                "return weight * scale[:, None, None, None], folded",
            ),
        ],
    ),
    misconception(
        "bias_of_the_norms_dtype",
        hint="The new weight has the dtype of the old one: has the bias too?",
        severity="slip",
        edits=[
            edit(
                "folded.to(weight.dtype)",
                "folded",
            ),
        ],
    ),
    misconception(
        "eps_of_zero_replaced",
        hint="eps may be 0: is 0 the same as no eps to your code?",
        severity="slip",
        edits=[
            edit(
                "(var + eps)",
                "(var + (eps or 1e-5))",
            ),
        ],
    ),
    misconception(
        "divided_by_the_scale",
        hint="Scales may be 0: where do you divide by one?",
        severity="slip",
        edits=[
            edit(
                "beta + scale * shift",
                "scale * (beta / scale + shift)",
            ),
        ],
    ),
    misconception(
        "scale_of_zero_replaced",
        hint="A channel's scale may be 0: what does the norm put out there, and what do you?",
        severity="slip",
        edits=[
            edit(
                "scale = gamma / (var + eps).sqrt()",
                """
                scale = gamma / (var + eps).sqrt()
                scale = torch.where(scale.abs() < 1e-3, torch.full_like(scale, 1e-3), scale)
                """,
            ),
        ],
    ),
]
