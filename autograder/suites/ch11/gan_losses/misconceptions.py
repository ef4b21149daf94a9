"""Wrong solutions of `gan_losses` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "probability_then_logarithm",
        hint="At huge logits an exponential is infinite for a computer, and a sigmoid 0 or 1. Which function gives the logarithm from the logit itself?",
        severity="slip",
        edits=[
            edit(
                "(1 - smoothing) * F.softplus(-real_logits) + smoothing * F.softplus(real_logits)",
                "-(1 - smoothing) * real_logits.sigmoid().log() - smoothing * (1 - real_logits.sigmoid()).log()",
            ),
            edit(
                "real.mean() + F.softplus(fake_logits).mean()",
                "real.mean() - (1 - fake_logits.sigmoid()).log().mean()",
            ),
            edit("return -F.softplus(fake_logits).mean()", "return (1 - fake_logits.sigmoid()).log().mean()"),
            edit("return F.softplus(-fake_logits).mean()", "return -fake_logits.sigmoid().log().mean()"),
        ],
    ),
    misconception(
        "generators_hinge_clipped",
        hint="A generator's sample that is far on the wrong side needs the push most. Does your hinge still push there?",
        severity="slip",
        edits=[edit("return -fake_logits.mean()", "return F.relu(-fake_logits).mean()")],
    ),
    misconception(
        "square_of_the_mean",
        hint="Mean of squares or square of the mean: may errors of opposite sign cancel?",
        severity="slip",
        edits=[
            edit(
                "0.5 * ((real_logits - (1 - smoothing)) ** 2).mean() + 0.5 * (fake_logits**2).mean()",
                "0.5 * (real_logits.mean() - (1 - smoothing)) ** 2 + 0.5 * fake_logits.mean() ** 2",
            ),
            edit("0.5 * ((fake_logits - 1) ** 2).mean()", "0.5 * (fake_logits.mean() - 1) ** 2"),
        ],
    ),
    misconception(
        "made_samples_called_real",
        hint='A judge who says "real" to everything: what does your loss charge it?',
        severity="serious",
        edits=[
            edit(
                "real.mean() + F.softplus(fake_logits).mean()",
                "real.mean() + F.softplus(-fake_logits).mean()",
            ),
            edit("+ 0.5 * (fake_logits**2).mean()", "+ 0.5 * ((fake_logits - 1) ** 2).mean()"),
            edit("F.relu(1 + fake_logits)", "F.relu(1 - fake_logits)"),
        ],
    ),
    misconception(
        "non_saturating_is_minimax",
        hint="Compare the slopes of your two generator losses at a logit of -7: are they different?",
        severity="slip",
        edits=[edit("return F.softplus(-fake_logits).mean()", "return -F.softplus(fake_logits).mean()")],
    ),
    misconception(
        "minimax_is_non_saturating",
        hint="In the minimax game the generator minimises the very term that the judge maximises.",
        severity="slip",
        edits=[edit("return -F.softplus(fake_logits).mean()", "return F.softplus(-fake_logits).mean()")],
    ),
    misconception(
        "generators_sign",
        hint="Each loss is minimised. After a step down your loss, are the made logits larger?",
        severity="partial",
        edits=[
            edit("return -F.softplus(fake_logits).mean()", "return F.softplus(fake_logits).mean()"),
            edit("return F.softplus(-fake_logits).mean()", "return -F.softplus(-fake_logits).mean()"),
            edit(
                "return 0.5 * ((fake_logits - 1) ** 2).mean()",
                "return -0.5 * ((fake_logits - 1) ** 2).mean()",
            ),
            edit("return -fake_logits.mean()", "return fake_logits.mean()"),
        ],
    ),
    misconception(
        "made_targets_smoothed_too",
        hint="One-sided: which target stays where it is?",
        severity="slip",
        edits=[
            edit(
                "real.mean() + F.softplus(fake_logits).mean()",
                "real.mean() + ((1 - smoothing) * F.softplus(fake_logits) + smoothing * F.softplus(-fake_logits)).mean()",
            ),
            edit("+ 0.5 * (fake_logits**2).mean()", "+ 0.5 * ((fake_logits - smoothing) ** 2).mean()"),
        ],
    ),
    misconception(
        "smoothing_shrinks_the_loss",
        hint='With a target of 0.9 one tenth of the charge is for saying "real": where is it?',
        severity="slip",
        edits=[
            edit(
                "(1 - smoothing) * F.softplus(-real_logits) + smoothing * F.softplus(real_logits)",
                "(1 - smoothing) * F.softplus(-real_logits)",
            )
        ],
    ),
    misconception(
        "smoothing_forgotten",
        hint="What does smoothing change in your code?",
        severity="slip",
        edits=[
            edit(
                "(1 - smoothing) * F.softplus(-real_logits) + smoothing * F.softplus(real_logits)",
                "F.softplus(-real_logits)",
            ),
            edit("(real_logits - (1 - smoothing)) ** 2", "(real_logits - 1) ** 2"),
        ],
    ),
    misconception(
        "least_squares_without_half",
        hint="Half of the squared distance: where is the half?",
        severity="slip",
        edits=[
            edit(
                "0.5 * ((real_logits - (1 - smoothing)) ** 2).mean() + 0.5 * (fake_logits**2).mean()",
                "((real_logits - (1 - smoothing)) ** 2).mean() + (fake_logits**2).mean()",
            ),
            edit("0.5 * ((fake_logits - 1) ** 2).mean()", "((fake_logits - 1) ** 2).mean()"),
        ],
    ),
    misconception(
        "sums_over_the_batch",
        hint="Twice the batch must not mean twice the loss.",
        severity="partial",
        edits=[
            edit(
                "real.mean() + F.softplus(fake_logits).mean()", "real.sum() + F.softplus(fake_logits).sum()"
            ),
            edit(
                "(real_logits - (1 - smoothing)) ** 2).mean() + 0.5 * (fake_logits**2).mean()",
                "(real_logits - (1 - smoothing)) ** 2).sum() + 0.5 * (fake_logits**2).sum()",
            ),
            edit(
                "F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()",
                "F.relu(1 - real_logits).sum() + F.relu(1 + fake_logits).sum()",
            ),
        ],
    ),
    misconception(
        "halves_added_before_the_mean",
        hint="Real and made batches may differ in size: does each half have a mean of its own?",
        severity="slip",
        edits=[
            edit("real.mean() + F.softplus(fake_logits).mean()", "(real + F.softplus(fake_logits)).mean()"),
            edit(
                "F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()",
                "(F.relu(1 - real_logits) + F.relu(1 + fake_logits)).mean()",
            ),
        ],
    ),
    misconception(
        "made_logits_cut_off",
        hint="Who cuts the graph is decided in the training step. Does a gradient reach the made logits through your loss?",
        severity="slip",
        edits=[
            edit(
                "real.mean() + F.softplus(fake_logits).mean()",
                "real.mean() + F.softplus(fake_logits.detach()).mean()",
            ),
            edit("(fake_logits**2)", "(fake_logits.detach() ** 2)"),
            edit("F.relu(1 + fake_logits)", "F.relu(1 + fake_logits.detach())"),
        ],
    ),
    misconception(
        "another_error",
        hint="Which error does your code raise for a kind that does not exist?",
        severity="slip",
        edits=[
            edit(
                'raise ValueError(f"no loss of the kind {kind!r} with a smoothing of {smoothing}")',
                'raise AssertionError(f"no loss of the kind {kind!r} with a smoothing of {smoothing}")',
            ),
            edit(
                'raise ValueError(f"no loss of the kind {kind!r}")',
                'raise AssertionError(f"no loss of the kind {kind!r}")',
            ),
        ],
    ),
    misconception(
        "hinge_accepts_smoothing",
        hint="The hinge loss has no target that could be smoothed. What does your code do when somebody asks for it?",
        severity="slip",
        edits=[
            edit(
                'if kind == "hinge" and smoothing == 0:',
                'if kind == "hinge":',
            ),
        ],
    ),
    misconception(
        "halves_averaged",
        hint="The loss of the two entropies is the sum of two means. Do you halve it?",
        severity="partial",
        edits=[
            edit(
                "return real.mean() + F.softplus(fake_logits).mean()",
                "return (real.mean() + F.softplus(fake_logits).mean()) / 2",
            ),
        ],
    ),
    misconception(
        "one_mean_for_both_batches",
        hint="Real and made samples have a mean each. What does your loss do where there are more of one than of the other?",
        severity="slip",
        edits=[
            edit(
                "return real.mean() + F.softplus(fake_logits).mean()",
                """
                both = torch.cat([real.flatten(), F.softplus(fake_logits).flatten()])
                return 2 * both.mean()
                """,
            ),
        ],
    ),
    misconception(
        "patches_summed",
        hint="A judge of patches gives many logits for an image. Are they averaged too, or summed?",
        severity="slip",
        edits=[
            edit(
                "return F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()",
                "return F.relu(1 - real_logits).reshape(len(real_logits), -1).sum(1).mean() + F.relu(1 + fake_logits).reshape(len(fake_logits), -1).sum(1).mean()",
            ),
        ],
    ),
    misconception(
        "targets_of_one_shape",
        hint="Your targets have the shape (N,). Which shape have the logits of columns, or of patches?",
        severity="slip",
        edits=[
            edit(
                "return F.softplus(-fake_logits).mean()",
                "return F.binary_cross_entropy_with_logits(fake_logits, torch.ones(len(fake_logits), dtype=fake_logits.dtype))",
            ),
        ],
    ),
    misconception(
        "view_of_logits",
        hint="`view` refuses a tensor whose values do not lie one after the other, such as a transposed one.",
        severity="slip",
        edits=[
            edit(
                'if kind in ("minimax", "non_saturating"):',
                """
                real_logits, fake_logits = real_logits.view(-1), fake_logits.view(-1)
                if kind in ("minimax", "non_saturating"):
                """,
            ),
            edit(
                'if kind == "minimax":',
                """
                fake_logits = fake_logits.view(-1)
                if kind == "minimax":
                """,
            ),
        ],
    ),
    misconception(
        "minimax_sign",
        hint="In the minimax game the generator minimises the judge's term for made samples as it stands in the value. With which sign does it stand there?",
        severity="slip",
        edits=[
            edit(
                "return -F.softplus(fake_logits).mean()",
                "return F.softplus(fake_logits).mean()",
            ),
        ],
    ),
    misconception(
        "generators_hinge_like_the_judges",
        hint="The generator's hinge loss has no corner. Does a sample above 1 still get a gradient in yours?",
        severity="slip",
        edits=[
            edit(
                "return -fake_logits.mean()",
                "return F.relu(1 - fake_logits).mean()",
            ),
        ],
    ),
    misconception(
        "entropy_of_a_sigmoid",
        hint="At huge logits a sigmoid is exactly 0 or 1. Is the judge's loss still that of the formula there, and has it a gradient?",
        severity="slip",
        edits=[
            edit(
                "(1 - smoothing) * F.softplus(-real_logits) + smoothing * F.softplus(real_logits)",
                'F.binary_cross_entropy(real_logits.sigmoid(), torch.full_like(real_logits, 1 - smoothing), reduction="none")',
            ),
            edit(
                "return real.mean() + F.softplus(fake_logits).mean()",
                "return real.mean() + F.binary_cross_entropy(fake_logits.sigmoid(), torch.zeros_like(fake_logits))",
            ),
        ],
    ),
    misconception(
        "logits_clamped",
        hint="A clamp cuts the loss off, and the gradient with it. What gradient has a logit of 10,000 in your generator's loss?",
        severity="slip",
        edits=[
            edit(
                'if kind == "minimax":',
                """
                fake_logits = fake_logits.clamp(-1000, 1000)
                if kind == "minimax":
                """,
            ),
        ],
    ),
    misconception(
        "small_number_in_the_logarithm",
        hint="A small number in the logarithm changes the generator's loss everywhere, and at huge logits it is all that is left. Can you do without?",
        severity="slip",
        edits=[
            edit(
                "return -F.softplus(fake_logits).mean()",
                "return (1 - fake_logits.sigmoid() + 1e-8).log().mean()",
            ),
            edit(
                "return F.softplus(-fake_logits).mean()",
                "return -(fake_logits.sigmoid() + 1e-8).log().mean()",
            ),
        ],
    ),
    misconception(
        "kind_inside_a_word",
        hint='Parentheses around one text do not make a tuple. Is "mini" in "minimax"?',
        severity="slip",
        edits=[
            edit(
                'if kind == "minimax":',
                'if kind in ("minimax"):',
            ),
        ],
    ),
    misconception(
        "kind_in_lower_case",
        hint='Kinds are compared as they are written. What does your code make of "Minimax"?',
        severity="slip",
        edits=[
            edit(
                'if kind in ("minimax", "non_saturating"):',
                """
                kind = kind.lower()
                if kind in ("minimax", "non_saturating"):
                """,
            ),
            edit(
                'if kind == "minimax":',
                """
                kind = kind.lower()
                if kind == "minimax":
                """,
            ),
        ],
    ),
    misconception(
        "smoothing_for_minimax_alone",
        hint="Smoothing belongs to both entropies. What does it do in yours for the kind that is the default?",
        severity="slip",
        edits=[
            edit(
                'if kind in ("minimax", "non_saturating"):',
                """
                smoothing = 0.0 if kind == "non_saturating" else smoothing
                if kind in ("minimax", "non_saturating"):
                """,
            ),
        ],
    ),
    misconception(
        "divided_by_the_batch",
        hint="The mean is over all logits. How many has an image that is judged in patches?",
        severity="slip",
        edits=[
            edit(
                "return F.softplus(-fake_logits).mean()",
                "return F.softplus(-fake_logits).sum() / len(fake_logits)",
            ),
        ],
    ),
]
