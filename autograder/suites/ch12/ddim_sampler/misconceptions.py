"""Wrong solutions of `ddim_sampler` that students write, each an edit of a right one."""

from autograder.testing import after, edit, misconception

BASE = "predicted_x0"

MISCONCEPTIONS = [
    misconception(
        "adds_predicted_noise",
        hint="The predicted noise is what has to go: which sign has it?",
        severity="serious",
        edits=[edit("(x - (1 - now) ** 0.5 * eps) / now", "(x + (1 - now) ** 0.5 * eps) / now")],
    ),
    misconception(
        "alpha_for_alpha_bar",
        hint="The noise in x_t came from all steps up to t: which alpha says how much of it there is?",
        severity="serious",
        edits=[
            edit(
                "x0 = (x - (1 - now) ** 0.5 * eps) / now**0.5",
                "x0 = (x - (1 - now / prev) ** 0.5 * eps) / (now / prev) ** 0.5",
            )
        ],
    ),
    misconception(
        "clip_ignored",
        hint="clip is an argument: what should happen to the predicted x0?",
        severity="slip",
        edits=[
            edit("if clip is not None:", ""),
            edit("x0 = x0.clamp(-clip, clip)", ""),
            edit("eps = (x - now**0.5 * x0) / (1 - now) ** 0.5", ""),
        ],
    ),
    misconception(
        "clip_keeps_the_noise",
        hint="x_t is made of x0 and noise: if x0 is kept in range, which noise belongs to the same x_t?",
        severity="slip",
        edits=[edit("eps = (x - now**0.5 * x0) / (1 - now) ** 0.5", "")],
    ),
    misconception(
        "clips_x",
        hint="It is the predicted x0 that is kept in the data's range, not x itself.",
        severity="slip",
        edits=[
            edit("if clip is not None:", ""),
            edit("x0 = x0.clamp(-clip, clip)", ""),
            edit("eps = (x - now**0.5 * x0) / (1 - now) ** 0.5", ""),
            after(
                "x = prev**0.5 * x0 + (1 - prev - sigma**2) ** 0.5 * eps",
                "x = x if clip is None else x.clamp(-clip, clip)",
            ),
        ],
    ),
    misconception(
        "direction_without_sigma",
        hint="The next level's variance is shared between predicted and new noise: what is left for the first?",
        severity="slip",
        edits=[edit("prev - sigma**2", "prev")],
    ),
    misconception(
        "ends_at_first_alpha_bar",
        hint="Data have no noise at all: which alpha-bar is that?",
        severity="partial",
        edits=[edit("0 else 1.0", "0 else float(alpha_bar[0])")],
    ),
    misconception(
        "eta_ignored",
        hint="eta is an argument: how much noise does a step add when it is not 0?",
        severity="slip",
        edits=[
            edit(
                "eta * ((1 - prev) / (1 - now) * (1 - now / prev))",
                "0.0 * ((1 - prev) / (1 - now) * (1 - now / prev))",
            )
        ],
    ),
    misconception(
        "generator_ignored",
        hint="Also the deterministic way starts at random: where does that noise come from?",
        severity="slip",
        edits=[
            edit("x = torch.randn(shape, generator=generator)", "x = torch.randn(shape)"),
            edit("shape, generator=generator", "shape"),
        ],
    ),
    misconception(
        "graph_recorded",
        hint="Nobody trains while sampling: what keeps the graph of every step alive?",
        severity="slip",
        edits=[edit("@torch.no_grad()", "")],
    ),
    misconception(
        "index_as_time",
        hint="The model must be told the time itself, not its place in the list.",
        severity="partial",
        edits=[edit("(shape[0],), steps[k]", "(shape[0],), k")],
    ),
    misconception(
        "noise_at_last_step",
        hint="The data are reached with the last step: no noise comes after.",
        severity="slip",
        edits=[
            edit("if sigma > 0:", "if eta > 0:"),
            edit("sigma * torch", "(sigma if k > 0 else eta * (1 - now) ** 0.5) * torch"),
        ],
    ),
    misconception(
        "own_generator_for_none",
        hint="None stands for the global generator: does torch.manual_seed still say what is drawn?",
        severity="slip",
        edits=[
            edit(
                "def ddim_sample(model, shape, alpha_bar, steps, eta=0.0, generator=None, clip=None):",
                """
                def ddim_sample(model, shape, alpha_bar, steps, eta=0.0, generator=None, clip=None):
                    if generator is None:
                        generator = torch.Generator()
                        generator.manual_seed(0)
                """,
            ),
        ],
    ),
    misconception(
        "previous_time_not_previous_step",
        hint="From a time in steps the way leads to the one before it in steps, not to t - 1.",
        severity="partial",
        edits=[
            edit(
                "float(alpha_bar[steps[k - 1]]) if k > 0 else",
                "float(alpha_bar[steps[k] - 1]) if steps[k] > 0 else",
            )
        ],
    ),
    misconception(
        "root_forgotten",
        hint="alpha-bar is a share of variance: what multiplies the predicted x0?",
        severity="serious",
        edits=[
            edit("prev**0.5 * x0 + (1 - prev - sigma**2) ** 0.5", "prev * x0 + (1 - prev - sigma**2) ** 0.5")
        ],
    ),
    misconception(
        "same_noise_every_step",
        hint="Each step draws noise of its own.",
        severity="slip",
        edits=[
            after(
                "x = torch.randn(shape, generator=generator)",
                "noise = torch.randn(shape, generator=generator)",
            ),
            edit("x = x + sigma * torch.randn(shape, generator=generator)", "x = x + sigma * noise"),
        ],
    ),
    misconception(
        "sigma_inverted",
        hint="Before the step there is less noise than after: which of the two levels divides?",
        severity="serious",
        edits=[edit("prev) / (1 - now) * (1", "now) / (1 - prev) if k > 0 else 0.0 * (1")],
    ),
    misconception(
        "sigma_is_variance",
        hint="sigma is a standard deviation: did you take the root?",
        severity="slip",
        edits=[
            edit(
                "((1 - prev) / (1 - now) * (1 - now / prev)) ** 0.5",
                "((1 - prev) / (1 - now) * (1 - now / prev))",
            )
        ],
    ),
    misconception(
        "stops_before_data",
        hint="One more step leads from the first of the times to the data.",
        severity="partial",
        edits=[edit("for k in reversed(range(len(steps))):", "for k in reversed(range(1, len(steps))):")],
    ),
    misconception(
        "uniform_start",
        hint="rand and randn differ by more than a letter: where does the way begin?",
        severity="slip",
        edits=[
            edit("x = torch.randn(shape, generator=generator)", "x = torch.rand(shape, generator=generator)")
        ],
    ),
    misconception(
        "even_strides",
        hint="The steps need not be evenly spaced: which is the level of the next one in the list?",
        severity="partial",
        edits=[
            edit(
                "prev = float(alpha_bar[steps[k - 1]]) if k > 0 else 1.0",
                """
                before = steps[k] - len(alpha_bar) // len(steps)
                prev = float(alpha_bar[before]) if k > 0 and before >= 0 else 1.0
                """,
            ),
        ],
    ),
    misconception(
        "eta_under_the_root",
        hint="eta multiplies the standard deviation: does yours multiply the variance?",
        severity="slip",
        edits=[
            edit(
                "sigma = eta * ((1 - prev) / (1 - now) * (1 - now / prev)) ** 0.5",
                "sigma = (eta * (1 - prev) / (1 - now) * (1 - now / prev)) ** 0.5",
            ),
        ],
    ),
    misconception(
        "generator_for_the_start_alone",
        hint="Every draw comes from the generator: from where comes the noise of the steps?",
        severity="slip",
        edits=[
            edit(
                "x = x + sigma * torch.randn(shape, generator=generator)",
                "x = x + sigma * torch.randn(shape)",
            ),
        ],
    ),
    misconception(
        "clip_at_zero_ignored",
        hint="clip may be a number or None: which numbers does `if clip` take for None?",
        severity="slip",
        edits=[edit("if clip is not None:", "if clip:")],
    ),
    misconception(
        "clip_with_eta_keeps_the_noise",
        hint="With eta above 0 too, x_t is made of x0 and noise: which noise belongs to a clipped x0?",
        severity="slip",
        edits=[
            edit(
                "eps = (x - now**0.5 * x0) / (1 - now) ** 0.5",
                "eps = (x - now**0.5 * x0) / (1 - now) ** 0.5 if eta == 0 else eps",
            )
        ],
    ),
]
