"""Wrong solutions of `posterior` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "gathered_first"

MISCONCEPTIONS = [
    misconception(
        "alpha_bar_before_is_first",
        hint="Before step 0 nothing has been lost: alpha-bar before it is 1, not its own value.",
        severity="slip",
        edits=[edit("torch.ones(1, dtype=betas.dtype)", "alpha_bar[:1]")],
    ),
    misconception(
        "alpha_bar_before_wraps",
        hint="Index t - 1 at t = 0 is the last entry in Python: which alpha-bar comes before the first step?",
        severity="slip",
        edits=[
            edit(
                "before = torch.cat([torch.ones(1, dtype=betas.dtype), alpha_bar[:-1]])",
                "before = alpha_bar.roll(1)",
            )
        ],
    ),
    misconception(
        "alpha_bar_for_alpha",
        hint="The last step alone leads from x_{t-1} to x_t: its factor is alpha, not alpha-bar.",
        severity="serious",
        edits=[edit("(1 - beta)", "now")],
    ),
    misconception(
        "alpha_bar_not_before",
        hint="The weight of x0 needs alpha-bar of the step before t.",
        severity="serious",
        edits=[edit("on_x0 = prev.sqrt() * beta / (1 - now)", "on_x0 = now.sqrt() * beta / (1 - now)")],
    ),
    misconception(
        "beta_for_variance",
        hint="Knowing x0 too leaves less to guess than beta: which variance does Bayes' rule give?",
        severity="partial",
        edits=[
            edit(
                "variance = beta * (1 - prev) / (1 - now)",
                "variance = torch.where(prev < 1, beta, torch.zeros_like(beta))",
            )
        ],
    ),
    misconception(
        "floor_at_first_step",
        hint="At t = 0 nothing is left to guess; a smallest variance belongs into a logarithm, not here.",
        severity="slip",
        edits=[edit("variance.to", "variance.clamp(min=1e-3).to")],
    ),
    misconception(
        "log_variance",
        hint="The variance itself was asked for, not its logarithm.",
        severity="partial",
        edits=[
            edit(
                "variance = beta * (1 - prev) / (1 - now)",
                "variance = (beta * (1 - prev) / (1 - now)).clamp(min=1e-20).log()",
            )
        ],
    ),
    misconception(
        "root_forgotten_on_x0",
        hint="x0 enters x_{t-1} through the square root of alpha-bar.",
        severity="partial",
        edits=[edit("on_x0 = prev.sqrt() * beta / (1 - now)", "on_x0 = prev * beta / (1 - now)")],
    ),
    misconception(
        "root_forgotten_on_x_t",
        hint="x_{t-1} enters x_t through the square root of alpha.",
        severity="partial",
        edits=[edit("1 - beta).sqrt() * (1 - prev) / (1", "1 - beta) * (1 - prev) / (1")],
    ),
    misconception(
        "standard_deviation",
        hint="A variance was asked for, not its square root.",
        severity="partial",
        edits=[
            edit(
                "variance = beta * (1 - prev) / (1 - now)",
                "variance = (beta * (1 - prev) / (1 - now)).sqrt()",
            )
        ],
    ),
    misconception(
        "step_of_first_sample",
        hint="Each sample of the batch has a step of its own.",
        severity="partial",
        edits=[
            edit(
                "values[t].reshape(shape) for values in",
                "values[t[:1].expand(len(t))].reshape(shape) for values in",
            )
        ],
    ),
    misconception(
        "variance_in_float64",
        hint="In which dtype does the variance leave you? Multiplied with the data it takes them along to its own.",
        severity="slip",
        edits=[
            edit("variance = beta * (1 - prev) / (1 - now)", ""),
            edit("return mean, variance.to(x0.dtype)", "return mean, beta * (1 - prev) / (1 - now)"),
        ],
    ),
    misconception(
        "variance_inverted",
        hint="Before the step there was less noise than after: is your fraction below 1?",
        severity="partial",
        edits=[edit("variance = beta * (1 - prev) / (1 - now)", "variance = beta * (1 - now) / (1 - prev)")],
    ),
    misconception(
        "variance_without_dimensions",
        hint="The variance must broadcast against the data: one number per sample, and 1 in every other dimension.",
        severity="slip",
        edits=[edit("variance.to(x0.dtype)", "variance.to(x0.dtype).flatten()")],
    ),
    misconception(
        "weights_swapped",
        hint="Shortly before x_t the guess lies near x_t: which of the two weights is large then?",
        severity="serious",
        edits=[edit("x0 + on_x_t.to(x0.dtype) * x_t", "x_t + on_x_t.to(x0.dtype) * x0")],
    ),
    misconception(
        "zero_over_zero",
        hint="At t = 0 the precision of what came before is infinite: what does your formula divide by?",
        severity="partial",
        edits=[
            edit(
                "on_x0 = prev.sqrt() * beta / (1 - now)",
                "variance = 1 / ((1 - beta) / beta + 1 / (1 - prev))",
            ),
            edit(
                "on_x_t = (1 - beta).sqrt() * (1 - prev) / (1 - now)",
                "on_x0 = prev.sqrt() / (1 - prev) * variance",
            ),
            edit("variance = beta * (1 - prev) / (1 - now)", "on_x_t = (1 - beta).sqrt() / beta * variance"),
        ],
    ),
    misconception(
        "variance_of_every_element",
        hint="The variance is one number per sample, ready to broadcast: is yours repeated for each element?",
        severity="slip",
        edits=[
            edit(
                "return mean, variance.to(x0.dtype)",
                "return mean, variance.to(x0.dtype).expand_as(x0)",
            ),
        ],
    ),
    misconception(
        "variance_of_the_second_step_first",
        hint="Public code puts the variance of t = 1 in the place of that of t = 0, for its logarithm: what is it really?",
        severity="slip",
        edits=[
            edit(
                "variance = beta * (1 - prev) / (1 - now)",
                """
                table = betas * (1 - before) / (1 - alpha_bar)
                variance = torch.cat([table[1:2], table[1:]])[t].reshape(shape)
                """,
            ),
        ],
    ),
    misconception(
        "tables_kept_by_length",
        hint="Two schedules may have the same length: whose betas does your second call use?",
        severity="slip",
        edits=[
            edit("def posterior(x0, x_t, t, betas):", "def posterior(x0, x_t, t, betas, *, kept={}):"),
            edit(
                "alpha_bar = torch.cumprod(1 - betas, dim=0)",
                """
                betas = kept.setdefault(len(betas), betas)
                alpha_bar = torch.cumprod(1 - betas, dim=0)
                """,
            ),
        ],
    ),
    misconception(
        "zero_for_the_whole_batch",
        hint="Every sample has a time of its own: if one of them is at t = 0, what do the others get?",
        severity="slip",
        edits=[
            edit(
                "return mean, variance.to(x0.dtype)",
                """
                if bool((t == 0).any()):
                    return x0.clone(), torch.zeros_like(variance).to(x0.dtype)
                return mean, variance.to(x0.dtype)
                """,
            )
        ],
    ),
    misconception(
        "no_gradient",
        hint="Gradients reach x0 and x_t through the mean: is autograd on where you make it?",
        severity="slip",
        edits=[edit("return mean, variance.to(x0.dtype)", "return mean.detach(), variance.to(x0.dtype)")],
    ),
    misconception(
        "schedule_rounded",
        hint="betas are float64: which of their digits do float64 data see?",
        severity="slip",
        edits=[
            edit(
                "alpha_bar = torch.cumprod(1 - betas, dim=0)",
                """
                betas = betas.float()
                alpha_bar = torch.cumprod(1 - betas, dim=0)
                """,
            )
        ],
    ),
]
