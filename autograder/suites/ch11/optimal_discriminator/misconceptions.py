"""Wrong solutions of `optimal_discriminator` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "ratio_upside_down",
        hint="Real samples should get a large logit: is p above or below the line?",
        severity="partial",
        edits=[
            edit("(log_p - log_q).sum(-1)", "(log_q - log_p).sum(-1)"),
            edit("torch.sigmoid(log_p - log_q)", "torch.sigmoid(log_q - log_p)"),
        ],
    ),
    misconception(
        "deviations_left_out",
        hint="A wide density is lower everywhere: where does the logarithm of the deviation enter?",
        severity="partial",
        edits=[edit("** 2 - std_p.log()", "** 2"), edit("** 2 - std_q.log()", "** 2")],
    ),
    misconception(
        "deviation_taken_for_variance",
        hint="What you are handed are standard deviations: which power of them divides the squared distance?",
        severity="partial",
        edits=[
            edit(
                "-0.5 * ((x - mean_p) / std_p) ** 2 - std_p.log()",
                "-0.5 * (x - mean_p) ** 2 / std_p - 0.5 * std_p.log()",
            ),
            edit(
                "-0.5 * ((x - mean_q) / std_q) ** 2 - std_q.log()",
                "-0.5 * (x - mean_q) ** 2 / std_q - 0.5 * std_q.log()",
            ),
        ],
    ),
    misconception(
        "dimensions_averaged",
        hint="The density of independent dimensions is a product: what does that make of the logarithm?",
        severity="partial",
        edits=[edit("(log_p - log_q).sum(-1)", "(log_p - log_q).mean(-1)")],
    ),
    misconception(
        "densities_then_logarithm",
        hint="Far out both densities are 0 for a computer, and their ratio is lost. Can you stay with logarithms?",
        severity="slip",
        edits=[
            edit("(log_p - log_q).sum(-1)", "(log_p.sum(-1).exp() / log_q.sum(-1).exp()).log()"),
            edit("torch.sigmoid(log_p - log_q)", "log_p.exp() / (log_p.exp() + log_q.exp())"),
        ],
    ),
    misconception(
        "quotient_of_underflowed_densities",
        hint="At -5000 both exponentials are 0. Divide the fraction by p first: which function of log p - log q is left?",
        severity="slip",
        edits=[edit("torch.sigmoid(log_p - log_q)", "log_p.exp() / (log_p.exp() + log_q.exp())")],
    ),
    misconception(
        "judge_without_the_samples",
        hint="The best judge compares two densities: where is q in your formula?",
        severity="partial",
        edits=[edit("torch.sigmoid(log_p - log_q)", "torch.sigmoid(log_p)")],
    ),
    misconception(
        "cells_without_width",
        hint="A sum over the cells becomes an integral by the width of a cell.",
        severity="slip",
        edits=[edit("(real + fake).sum() * dx", "(real + fake).sum()")],
    ),
    misconception(
        "zero_times_infinity",
        hint="What does 0 times the logarithm of 0 give on a computer, and what should it give here?",
        severity="slip",
        edits=[
            edit("torch.where(p > 0, p * (log_p - log_sum), 0)", "p * (log_p - log_sum)"),
            edit("torch.where(q > 0, q * (log_q - log_sum), 0)", "q * (log_q - log_sum)"),
        ],
    ),
    misconception(
        "value_of_the_real_half",
        hint="The judge is also asked about the generator's samples: which term is theirs?",
        severity="partial",
        edits=[edit("(real + fake).sum() * dx", "real.sum() * dx")],
    ),
    misconception(
        "loss_in_place_of_value",
        hint="V is what the judge makes large; its loss is minus that.",
        severity="slip",
        edits=[edit("(real + fake).sum() * dx", "-(real + fake).sum() * dx")],
    ),
    misconception(
        "divergence_in_place_of_value",
        hint="For equal densities the value is -log 4, the divergence 0. Which one is asked for?",
        severity="partial",
        edits=[edit("(real + fake).sum() * dx", "(math.log(4) + (real + fake).sum() * dx) / 2")],
    ),
]
