"""Wrong solutions of `gan_losses` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "probability_then_logarithm",
        hint="At a logit of -200 the sigmoid is 0 for a computer. Which function gives the logarithm from the logit itself?",
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
]
