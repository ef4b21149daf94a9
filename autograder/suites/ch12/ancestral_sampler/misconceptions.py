"""Wrong solutions of `ancestral_sampler` that students write, each an edit of a right one."""

from autograder.testing import after, edit, misconception

BASE = "posterior_of_x0"

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
                "x0 = (x - beta**0.5 * eps) / (1 - beta) ** 0.5",
            )
        ],
    ),
    misconception(
        "always_clips",
        hint="Without clip nothing is clipped: the data may have any size.",
        severity="partial",
        edits=[
            edit(
                """
                if clip is not None:
                    x0 = x0.clamp(-clip, clip)
                """,
                "x0 = x0.clamp(-(clip or 1.0), clip or 1.0)",
            ),
        ],
    ),
    misconception(
        "beta_variance",
        hint="Here the noise has the variance of q(x_{t-1} given x_t, x_0), which is smaller than beta.",
        severity="partial",
        edits=[edit("variance = beta * (1 - prev) / (1 - now)", "variance = beta")],
    ),
    misconception(
        "clip_at_zero_ignored",
        hint="clip may be a number or None. Which numbers does `if clip` take for None?",
        severity="slip",
        edits=[edit("if clip is not None:", "if clip:")],
    ),
    misconception(
        "clip_ignored",
        hint="clip is an argument: what should happen to the predicted x0?",
        severity="slip",
        edits=[
            edit("if clip is not None:", ""),
            edit("x0 = x0.clamp(-clip, clip)", ""),
        ],
    ),
    misconception(
        "clips_x",
        hint="It is the predicted x0 that is kept in the data's range, not x itself.",
        severity="slip",
        edits=[
            edit("if clip is not None:", ""),
            edit("x0 = x0.clamp(-clip, clip)", ""),
            after(
                "variance = beta * (1 - prev) / (1 - now)",
                """
                if clip is not None:
                    x = x.clamp(-clip, clip)
                """,
            ),
        ],
    ),
    misconception(
        "clips_the_start",
        hint="Noise has no bounds: what is it that clip keeps in the data's range?",
        severity="slip",
        edits=[
            after(
                "x = torch.randn(shape, generator=generator)",
                "x = x if clip is None else x.clamp(-clip, clip)",
            )
        ],
    ),
    misconception(
        "generator_ignored",
        hint="All randomness comes from the generator that was given.",
        severity="slip",
        edits=[
            edit("x = torch.randn(shape, generator=generator)", "x = torch.randn(shape)"),
            edit("shape, generator=generator", "shape"),
        ],
    ),
    misconception(
        "mean_weights_swapped",
        hint="The posterior mean weighs x0 and x_t: near the end, which of the two counts?",
        severity="serious",
        edits=[edit("x0 + (1 - beta) ** 0.5 * (1 - prev) * x", "x + (1 - beta) ** 0.5 * (1 - prev) * x0")],
    ),
    misconception(
        "model_told_t_plus_one",
        hint="Times count from 0: which t has the last beta?",
        severity="partial",
        edits=[edit("(shape[0],), i", "(shape[0],), i + 1")],
    ),
    misconception(
        "no_noise_at_all",
        hint="The reverse process is random at every step but the last.",
        severity="serious",
        edits=[edit("if i > 0:", "if i < 0:")],
    ),
    misconception(
        "noise_at_last_step",
        hint="At t = 0 the data are reached: what does noise added there do to them?",
        severity="partial",
        edits=[
            edit("if i > 0:", "if True:"),
            edit("variance**0", "(variance if i > 0 else beta) ** 0"),
        ],
    ),
    misconception(
        "noise_by_variance",
        hint="Noise is multiplied by a standard deviation, not by a variance.",
        severity="partial",
        edits=[edit("variance**0.5 * torch.randn", "variance * torch.randn")],
    ),
    misconception(
        "noise_shared_by_batch",
        hint="Every sample goes its own way: does each get its own noise?",
        severity="partial",
        edits=[
            edit(
                "x = x + variance**0.5 * torch.randn(shape, generator=generator)",
                "x = x + variance**0.5 * torch.randn((1, *shape[1:]), generator=generator)",
            )
        ],
    ),
    misconception(
        "one_time_for_batch",
        hint="The model needs a time for every sample.",
        severity="slip",
        edits=[edit("(shape[0],), i", "(1,), i")],
    ),
    misconception(
        "same_noise_every_step",
        hint="Each step draws noise of its own.",
        severity="partial",
        edits=[
            after(
                "x = torch.randn(shape, generator=generator)",
                "noise = torch.randn(shape, generator=generator)",
            ),
            edit("0.5 * torch.randn(shape, generator=generator)", "0.5 * noise"),
        ],
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
        "clipped_at_the_end_alone",
        hint="The guess of x0 is clipped at every step: what do you clip, and when?",
        severity="slip",
        edits=[
            edit(
                "x0 = x0.clamp(-clip, clip)",
                "pass",
            ),
            edit(
                "return x",
                "return x if clip is None else x.clamp(-clip, clip)",
            ),
        ],
    ),
    misconception(
        "clipped_at_one",
        hint="clip is a number: to which bounds do you clip?",
        severity="slip",
        edits=[
            edit(
                "x0.clamp(-clip, clip)",
                "x0.clamp(-1, 1)",
            ),
        ],
    ),
    misconception(
        "graph_recorded",
        hint="Nothing is learned while sampling: is a graph recorded all the same?",
        severity="slip",
        edits=[
            edit(
                "@torch.no_grad()",
                "@torch.enable_grad()",
            ),
        ],
    ),
    misconception(
        "clips_x_too",
        hint="Only the predicted x0 is kept in the data's range: what else do you clip?",
        severity="slip",
        edits=[
            after(
                "variance = beta * (1 - prev) / (1 - now)",
                "keep = (lambda x: x) if clip is None else (lambda x: x.clamp(-clip, clip))",
            ),
            edit(
                """
                if i > 0:
                    x = x + variance**0.5 * torch.randn(shape, generator=generator)
                """,
                """
                if i > 0:
                    x = x + variance**0.5 * torch.randn(shape, generator=generator)
                x = keep(x)
                """,
            ),
        ],
    ),
    misconception(
        "start_of_the_last_time",
        hint="The start is standard normal: which variance has yours?",
        severity="slip",
        edits=[
            after(
                "x = torch.randn(shape, generator=generator)",
                "x = float(1 - alpha_bar[-1]) ** 0.5 * x",
            )
        ],
    ),
]
