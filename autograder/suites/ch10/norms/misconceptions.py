"""Wrong solutions of `norms` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "batch_axis",
        hint="Over which numbers is the mean taken: those of one token, or those of all tokens?",
        severity="serious",
        edits=[
            edit(
                "centred = wide - wide.mean(dim=-1, keepdim=True)",
                "centred = wide - wide.mean(dim=0, keepdim=True)",
            ),
            edit(
                "variance = centred.square().mean(dim=-1, keepdim=True)",
                "variance = centred.square().mean(dim=0, keepdim=True)",
            ),
            edit(
                "mean_square = wide.square().mean(dim=-1, keepdim=True)",
                "mean_square = wide.square().mean(dim=0, keepdim=True)",
            ),
        ],
    ),
    misconception(
        "divided_by_one_less",
        hint="Is the variance of a norm divided by W or by W - 1?",
        severity="partial",
        edits=[
            edit(
                "variance = centred.square().mean(dim=-1, keepdim=True)",
                "variance = wide.var(dim=-1, keepdim=True)",
            ),
        ],
    ),
    misconception(
        "eps_outside_the_root",
        hint="Is epsilon added before the root is taken, or after?",
        severity="slip",
        edits=[
            edit("torch.sqrt(variance + eps)", "(torch.sqrt(variance) + eps)"),
            edit("torch.sqrt(mean_square + eps)", "(torch.sqrt(mean_square) + eps)"),
        ],
    ),
    misconception(
        "rounded_before_the_weight",
        hint="How often is a number of bfloat16 rounded on its way through your norm?",
        severity="slip",
        edits=[
            edit(
                "(weight * (centred / torch.sqrt(variance + eps)) + bias).to(x.dtype)",
                "weight * (centred / torch.sqrt(variance + eps)).to(x.dtype) + bias",
            ),
            edit(
                "(weight * (wide / torch.sqrt(mean_square + eps))).to(x.dtype)",
                "weight * (wide / torch.sqrt(mean_square + eps)).to(x.dtype)",
            ),
        ],
    ),
    misconception(
        "computed_in_bfloat16",
        hint="In which type are the mean and the root computed where x is bfloat16?",
        severity="slip",
        edits=[
            edit(
                "wide = x.float() if x.dtype == torch.bfloat16 else x\ncentred = wide - wide.mean(dim=-1, keepdim=True)",
                "wide = x\ncentred = wide - wide.mean(dim=-1, keepdim=True)",
            ),
            edit(
                "wide = x.float() if x.dtype == torch.bfloat16 else x\nmean_square = wide.square().mean(dim=-1, keepdim=True)",
                "wide = x\nmean_square = wide.square().mean(dim=-1, keepdim=True)",
            ),
        ],
    ),
    misconception(
        "rms_takes_the_mean_away",
        hint="Does RMSNorm know the mean of a token?",
        severity="partial",
        edits=[
            edit(
                "mean_square = wide.square().mean(dim=-1, keepdim=True)",
                "wide = wide - wide.mean(dim=-1, keepdim=True)\nmean_square = wide.square().mean(dim=-1, keepdim=True)",
            ),
        ],
    ),
    misconception(
        "sum_not_mean",
        hint="Is it the mean of the squares or their sum that stands under the root?",
        severity="partial",
        edits=[
            edit(
                "mean_square = wide.square().mean(dim=-1, keepdim=True)",
                "mean_square = wide.square().sum(dim=-1, keepdim=True)",
            ),
        ],
    ),
    misconception(
        "numerator_not_centred",
        hint="What is divided by the root: the number, or its distance from the mean?",
        severity="partial",
        edits=[
            edit("(centred / torch.sqrt(variance + eps))", "(wide / torch.sqrt(variance + eps))"),
        ],
    ),
    misconception(
        "variance_without_the_root",
        hint="Which unit has the variance, and which the number that it divides?",
        severity="partial",
        edits=[
            edit("torch.sqrt(variance + eps)", "(variance + eps)"),
        ],
    ),
    misconception(
        "no_scale_and_shift",
        hint="What do gamma and beta do in your norm?",
        severity="serious",
        edits=[
            edit(
                "(weight * (centred / torch.sqrt(variance + eps)) + bias).to(x.dtype)",
                "(centred / torch.sqrt(variance + eps)).to(x.dtype)",
            ),
            edit(
                "(weight * (wide / torch.sqrt(mean_square + eps))).to(x.dtype)",
                "(wide / torch.sqrt(mean_square + eps)).to(x.dtype)",
            ),
        ],
    ),
    misconception(
        "weight_plus_one",
        hint="Is the scale gamma, or one more?",
        severity="partial",
        edits=[
            edit("(weight * (wide / torch", "((1 + weight) * (wide / torch"),
        ],
    ),
    misconception(
        "all_axes_after_the_first",
        hint="A token of a batch of sequences: do its neighbours in the sequence count for its mean?",
        severity="slip",
        edits=[
            edit(
                "centred = wide - wide.mean(dim=-1, keepdim=True)",
                "axes = tuple(range(min(1, wide.dim() - 1), wide.dim()))\ncentred = wide - wide.mean(dim=axes, keepdim=True)",
            ),
            edit(
                "variance = centred.square().mean(dim=-1, keepdim=True)",
                "variance = centred.square().mean(dim=axes, keepdim=True)",
            ),
        ],
    ),
    misconception(
        "gradient_stopped",
        hint="Do the mean and the variance depend on x when a gradient is taken?",
        severity="slip",
        edits=[
            edit(
                "centred = wide - wide.mean(dim=-1, keepdim=True)",
                "centred = wide - wide.mean(dim=-1, keepdim=True).detach()",
            ),
            edit(
                "variance = centred.square().mean(dim=-1, keepdim=True)",
                "variance = centred.square().mean(dim=-1, keepdim=True).detach()",
            ),
        ],
    ),
]
