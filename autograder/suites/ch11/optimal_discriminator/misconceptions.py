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
        severity="slip",
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
    misconception(
        "both_impossible",
        hint="Where both log-densities are minus infinity, what is their difference on a computer?",
        severity="slip",
        edits=[
            edit(
                "real = torch.where(p > 0, p * (log_p - log_sum), 0)",
                "real = torch.xlogy(p, torch.sigmoid(log_p - log_q))",
            ),
            edit(
                "fake = torch.where(q > 0, q * (log_q - log_sum), 0)",
                "fake = torch.xlogy(q, torch.sigmoid(log_q - log_p))",
            ),
        ],
    ),
    misconception(
        "logit_clamped",
        hint="A clamp keeps the judge from being as sure as the two densities make it. How sure is yours at a log-ratio of 30?",
        severity="slip",
        edits=[
            edit(
                "return torch.sigmoid(log_p - log_q)",
                "return torch.sigmoid((log_p - log_q).clamp(-20, 20))",
            ),
        ],
    ),
    misconception(
        "small_number_in_the_logarithm",
        hint="A small number in the logarithm is all that is left where D is smaller still. What does a cell with a sharp density lose?",
        severity="slip",
        edits=[
            edit(
                "real = torch.where(p > 0, p * (log_p - log_sum), 0)",
                """
                D = torch.where(p + q > 0, torch.sigmoid(log_p - log_q), 0.5)
                real = p * torch.log(D + 1e-8)
                """,
            ),
            edit(
                "fake = torch.where(q > 0, q * (log_q - log_sum), 0)",
                "fake = q * torch.log(1 - D + 1e-8)",
            ),
        ],
    ),
    misconception(
        "square_multiplied_out",
        hint="Far from 0 the multiplied-out square is a small difference of huge numbers. How many digits are left?",
        severity="slip",
        edits=[
            edit(
                "log_p = -0.5 * ((x - mean_p) / std_p) ** 2 - std_p.log()",
                "log_p = -0.5 * (x**2 - 2 * x * mean_p + mean_p**2) / std_p**2 - std_p.log()",
            ),
            edit(
                "log_q = -0.5 * ((x - mean_q) / std_q) ** 2 - std_q.log()",
                "log_q = -0.5 * (x**2 - 2 * x * mean_q + mean_q**2) / std_q**2 - std_q.log()",
            ),
        ],
    ),
    misconception(
        "masses_taken_for_one",
        hint="The grid may cut off a tail. Does -log 4 plus twice the divergence still hold where the cells do not sum to 1?",
        severity="slip",
        edits=[
            edit(
                "return (real + fake).sum() * dx",
                "return (real + fake + math.log(2) * (p + q)).sum() * dx - math.log(4)",
            ),
        ],
    ),
    misconception(
        "one_minus_rounded",
        hint="1 - D is exactly 0 once D rounds to 1. What is its logarithm where q is not 0?",
        severity="slip",
        edits=[
            edit(
                "real = torch.where(p > 0, p * (log_p - log_sum), 0)",
                """
                D = torch.sigmoid(torch.where(p + q > 0, log_p - log_q, 0))
                real = torch.where(p > 0, p * torch.log(D), 0)
                """,
            ),
            edit(
                "fake = torch.where(q > 0, q * (log_q - log_sum), 0)",
                "fake = torch.where(q > 0, q * torch.log(1 - D), 0)",
            ),
        ],
    ),
    misconception(
        "normalised_on_the_grid",
        hint="The densities are handed to you as they are. Who asked for them to sum to 1 on the grid?",
        severity="slip",
        edits=[
            edit(
                "p, q, log_sum = log_p.exp(), log_q.exp(), torch.logaddexp(log_p, log_q)",
                """
                log_p = log_p - torch.logsumexp(log_p, 0) - math.log(dx)
                log_q = log_q - torch.logsumexp(log_q, 0) - math.log(dx)
                p, q, log_sum = log_p.exp(), log_q.exp(), torch.logaddexp(log_p, log_q)
                """,
            ),
        ],
    ),
    misconception(
        "small_number_below_the_line",
        hint="A small number below the line changes D wherever both densities are small. Which function of log p - log q does without?",
        severity="slip",
        edits=[
            edit(
                "return torch.sigmoid(log_p - log_q)",
                "return log_p.exp() / (log_p.exp() + log_q.exp() + 1e-8)",
            ),
        ],
    ),
    misconception(
        "sigmoid_of_zero",
        hint="A sigmoid is 0 once its logit is low enough, and the logarithm minus infinity. Which function gives the logarithm from the logit itself?",
        severity="slip",
        edits=[
            edit(
                "real = torch.where(p > 0, p * (log_p - log_sum), 0)",
                """
                logit = torch.where(p + q > 0, log_p - log_q, 0)
                real = torch.xlogy(p, torch.sigmoid(logit))
                """,
            ),
            edit(
                "fake = torch.where(q > 0, q * (log_q - log_sum), 0)",
                "fake = torch.xlogy(q, torch.sigmoid(-logit))",
            ),
        ],
    ),
    misconception(
        "samples_cut_off",
        hint="Does a gradient find its way from the log-ratio back to the samples?",
        severity="slip",
        edits=[
            edit(
                "log_p = -0.5 * ((x - mean_p) / std_p) ** 2 - std_p.log()",
                """
                x = x.detach()
                log_p = -0.5 * ((x - mean_p) / std_p) ** 2 - std_p.log()
                """,
            ),
        ],
    ),
    misconception(
        "trapezoids",
        hint="A sum over the cells gives each cell the same width. Which cells count half in yours?",
        severity="slip",
        edits=[
            edit(
                "return (real + fake).sum() * dx",
                "return torch.trapezoid(real + fake, dx=dx)",
            ),
        ],
    ),
    misconception(
        "variances_clamped",
        hint="Small deviations are clamped by the library's loss: what does it take for the variance of a deviation of 0.0003?",
        severity="slip",
        edits=[
            edit(
                "log_p = -0.5 * ((x - mean_p) / std_p) ** 2 - std_p.log()",
                'log_p = -F.gaussian_nll_loss(mean_p.expand_as(x), x, (std_p**2).expand_as(x), reduction="none")',
            ),
            edit(
                "log_q = -0.5 * ((x - mean_q) / std_q) ** 2 - std_q.log()",
                'log_q = -F.gaussian_nll_loss(mean_q.expand_as(x), x, (std_q**2).expand_as(x), reduction="none")',
            ),
        ],
    ),
    misconception(
        "small_number_in_the_quotient",
        hint="A small number in a denominator changes all quotients. Which digit of D* does it change?",
        severity="slip",
        edits=[
            edit(
                "return torch.sigmoid(log_p - log_q)",
                """
                top = torch.maximum(log_p, log_q)
                p, q = (log_p - top).exp(), (log_q - top).exp()
                return p / (p + q + 1e-8)
                """,
            ),
        ],
    ),
    misconception(
        "minus_infinity_made_finite",
        hint="Log-densities may be below any number that you choose. What does your judge say where one is -4000 and the other minus infinity?",
        severity="slip",
        edits=[
            edit(
                "return torch.sigmoid(log_p - log_q)",
                "return torch.sigmoid(log_p.nan_to_num(neginf=-100.0) - log_q.nan_to_num(neginf=-100.0))",
            ),
        ],
    ),
]
