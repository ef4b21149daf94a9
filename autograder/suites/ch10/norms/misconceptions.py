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
    misconception(
        "deviation_of_a_sample",
        hint="Is the variance divided by W or by W - 1, and is epsilon added to it or to its root?",
        severity="partial",
        edits=[
            edit(
                "variance = centred.square().mean(dim=-1, keepdim=True)",
                "deviation = wide.std(dim=-1, keepdim=True)",
            ),
            edit("torch.sqrt(variance + eps)", "(deviation + eps)"),
        ],
    ),
    misconception(
        "bias_after_rounding",
        hint="Is the bias added before the result is rounded to bfloat16, or after?",
        severity="slip",
        edits=[
            edit(
                "(weight * (centred / torch.sqrt(variance + eps)) + bias).to(x.dtype)",
                "(weight * (centred / torch.sqrt(variance + eps))).to(x.dtype) + bias",
            ),
        ],
    ),
    misconception(
        "rms_rounded_before_the_weight",
        hint="How often is a number of bfloat16 rounded on its way through your RMSNorm?",
        severity="slip",
        edits=[
            edit(
                "(weight * (wide / torch.sqrt(mean_square + eps))).to(x.dtype)",
                "weight * (wide / torch.sqrt(mean_square + eps)).to(x.dtype)",
            ),
        ],
    ),
    misconception(
        "eps_as_the_least",
        hint="Is epsilon added, or is it the least that may stand under the root?",
        severity="slip",
        edits=[
            edit("torch.sqrt(variance + eps)", "torch.sqrt(variance.clamp(min=eps))"),
            edit("torch.sqrt(mean_square + eps)", "torch.sqrt(mean_square.clamp(min=eps))"),
        ],
    ),
    misconception(
        "eps_not_used",
        hint="Which epsilon does your norm add when another one is given?",
        severity="slip",
        edits=[
            edit("torch.sqrt(variance + eps)", "torch.sqrt(variance + 1e-5)"),
            edit("torch.sqrt(mean_square + eps)", "torch.sqrt(mean_square + 1e-6)"),
        ],
    ),
    misconception(
        "always_float32",
        hint="In which type do you compute where x has float64?",
        severity="slip",
        edits=[
            edit(
                "wide = x.float() if x.dtype == torch.bfloat16 else x\ncentred = wide - wide.mean(dim=-1, keepdim=True)",
                "wide = x.float()\nweight, bias = weight.float(), bias.float()\ncentred = wide - wide.mean(dim=-1, keepdim=True)",
            ),
            edit(
                "wide = x.float() if x.dtype == torch.bfloat16 else x\nmean_square = wide.square().mean(dim=-1, keepdim=True)",
                "wide, weight = x.float(), weight.float()\nmean_square = wide.square().mean(dim=-1, keepdim=True)",
            ),
        ],
    ),
    misconception(
        "mean_taken_away_in_place",
        hint="Whose numbers change when you take the mean away in place?",
        severity="slip",
        edits=[
            edit(
                "centred = wide - wide.mean(dim=-1, keepdim=True)",
                "wide -= wide.mean(dim=-1, keepdim=True)\ncentred = wide",
            ),
        ],
    ),
    misconception(
        "one_pass_variance",
        hint="A mean of 10,000,000 and a spread of 1: what is left of the mean square less the squared mean?",
        severity="slip",
        edits=[
            edit(
                "variance = centred.square().mean(dim=-1, keepdim=True)",
                "variance = wide.square().mean(dim=-1, keepdim=True) - wide.mean(dim=-1, keepdim=True).square()",
            ),
        ],
    ),
    misconception(
        "float32_comes_back",
        hint="Which type has the result where x is bfloat16?",
        severity="slip",
        edits=[
            edit(
                "(weight * (centred / torch.sqrt(variance + eps)) + bias).to(x.dtype)",
                "(weight * (centred / torch.sqrt(variance + eps)) + bias)",
            ),
            edit(
                "(weight * (wide / torch.sqrt(mean_square + eps))).to(x.dtype)",
                "(weight * (wide / torch.sqrt(mean_square + eps)))",
            ),
        ],
    ),
    misconception(
        "divided_by_the_length",
        hint="Where is epsilon in your RMSNorm?",
        severity="slip",
        edits=[
            edit(
                "(weight * (wide / torch.sqrt(mean_square + eps))).to(x.dtype)",
                "(weight * torch.nn.functional.normalize(wide, dim=-1) * math.sqrt(x.shape[-1])).to(x.dtype)",
            ),
        ],
    ),
    misconception(
        "root_squared_again",
        hint="What is the gradient of a root at 0?",
        severity="slip",
        edits=[
            edit("torch.sqrt(variance + eps)", "torch.sqrt(torch.sqrt(variance) ** 2 + eps)"),
            edit("torch.sqrt(mean_square + eps)", "torch.sqrt(torch.sqrt(mean_square) ** 2 + eps)"),
        ],
    ),
]
