"""Wrong solutions of `eps_loss` that students write, each an edit of a right one."""

from autograder.testing import after, edit, misconception

BASE = "written_out"

MISCONCEPTIONS = [
    misconception(
        "absolute_error",
        hint="The error is squared.",
        severity="partial",
        edits=[edit("((model(x_t, t) - noise) ** 2).mean", "(model(x_t, t) - noise).abs().mean")],
    ),
    misconception(
        "clean_data_shown",
        hint="Is the model shown the noised data or the clean ones?",
        severity="serious",
        edits=[
            edit(
                """
                a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1)).to(x0.dtype)
                x_t = a.sqrt() * x0 + (1 - a).sqrt() * noise
                return ((model(x_t, t) - noise) ** 2).mean()
                """,
                "return ((model(x0, t) - noise) ** 2).mean()",
            ),
        ],
    ),
    misconception(
        "generator_ignored",
        hint="Both times and noise come from the generator that was given.",
        severity="slip",
        edits=[
            edit("(len(x0),), generator=generator", "(len(x0),)"),
            edit(
                "noise = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)",
                "noise = torch.randn(x0.shape, dtype=x0.dtype)",
            ),
        ],
    ),
    misconception(
        "generator_seeded_anew",
        hint="A generator remembers where it is: what happens to the second batch if you seed it again?",
        severity="slip",
        edits=[after("def eps_loss(model, x0, alpha_bar, generator):", "    generator.manual_seed(0)")],
    ),
    misconception(
        "loss_per_sample",
        hint="One number was asked for, the mean over the whole batch.",
        severity="serious",
        edits=[
            edit(
                "return ((model(x_t, t) - noise) ** 2).mean()",
                "return ((model(x_t, t) - noise) ** 2).reshape(len(x0), -1).mean(dim=1)",
            )
        ],
    ),
    misconception(
        "model_detached",
        hint="Through what does the gradient reach the model's parameters?",
        severity="partial",
        edits=[edit("((model(x_t, t) - noise) ** 2).mean", "((model(x_t, t).detach() - noise) ** 2).mean")],
    ),
    misconception(
        "never_last_time",
        hint="randint leaves its upper end out: is T - 1 ever drawn?",
        severity="slip",
        edits=[
            edit(
                "t = torch.randint(0, len(alpha_bar), (len(x0),), generator=generator)",
                "t = torch.randint(0, len(alpha_bar) - 1, (len(x0),), generator=generator)",
            )
        ],
    ),
    misconception(
        "never_time_zero",
        hint="The times start at 0: is your first one ever drawn?",
        severity="slip",
        edits=[edit("0, len(alpha_bar)", "1, len(alpha_bar)")],
    ),
    misconception(
        "noise_of_batch_shared",
        hint="Every sample has noise of its own.",
        severity="partial",
        edits=[
            edit(
                "x0.shape, generator=generator, dtype=x0.dtype",
                "(1, *x0.shape[1:]), generator=generator, dtype=x0.dtype).expand(x0.shape",
            )
        ],
    ),
    misconception(
        "noise_standardised",
        hint="Draws from a standard normal distribution have a mean near 0, not of 0: leave the noise as it was drawn.",
        severity="slip",
        edits=[
            after(
                "noise = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)",
                "noise = (noise - noise.mean()) / noise.std()",
            )
        ],
    ),
    misconception(
        "one_time_for_all",
        hint="Each sample of the batch needs a time of its own.",
        severity="slip",
        edits=[edit("(len(x0),), generator=generator", "(1,), generator=generator).expand(len(x0)")],
    ),
    misconception(
        "predicts_scaled_noise",
        hint="The target has variance 1 at every step: is yours the noise before or after it was scaled?",
        severity="serious",
        edits=[
            edit(
                "((model(x_t, t) - noise) ** 2).mean", "((model(x_t, t) - (1 - a).sqrt() * noise) ** 2).mean"
            )
        ],
    ),
    misconception(
        "predicts_x0",
        hint="What is the model asked to predict: the data, or the noise that was added?",
        severity="serious",
        edits=[edit("((model(x_t, t) - noise) ** 2).mean", "((model(x_t, t) - x0) ** 2).mean")],
    ),
    misconception(
        "root_forgotten",
        hint="Variances add, so what multiplies a signal is the square root of a share of variance.",
        severity="serious",
        edits=[edit("x_t = a.sqrt() * x0 + (1 - a).sqrt() * noise", "x_t = a * x0 + (1 - a) * noise")],
    ),
    misconception(
        "same_noise_every_call",
        hint="The times are new in every batch; is the noise? A generator of your own, made anew, starts again each time.",
        severity="slip",
        edits=[edit("x0.shape, generator=generator", "x0.shape, generator=torch.Generator().manual_seed(0)")],
    ),
    misconception(
        "sum_instead_of_mean",
        hint="The loss is a mean over all elements: must it grow with the batch?",
        severity="partial",
        edits=[edit("((model(x_t, t) - noise) ** 2).mean", "((model(x_t, t) - noise) ** 2).sum")],
    ),
    misconception(
        "sum_over_dimensions",
        hint="The mean is over all elements, those of a sample too.",
        severity="partial",
        edits=[
            edit(
                "((model(x_t, t) - noise) ** 2).mean",
                "((model(x_t, t) - noise) ** 2).reshape(len(x0), -1).sum(1).mean",
            )
        ],
    ),
    misconception(
        "time_off_by_one",
        hint="Index t of alpha_bar and the t that the model is told must be the same step.",
        severity="partial",
        edits=[
            edit(
                "((model(x_t, t) - noise) ** 2).mean",
                "((model(x_t, (t - 1).clamp(min=0)) - noise) ** 2).mean",
            )
        ],
    ),
    misconception(
        "uniform_noise",
        hint="rand and randn differ by more than a letter: which distribution has the noise?",
        severity="partial",
        edits=[
            edit(
                "noise = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)",
                "noise = torch.rand(x0.shape, generator=generator, dtype=x0.dtype)",
            )
        ],
    ),
    misconception(
        "weighted_by_time",
        hint="The simple loss has no weights: every time counts the same.",
        severity="partial",
        edits=[edit("(model(x_t, t) - noise)", "a / (1 - a) * (model(x_t, t) - noise)")],
    ),
    misconception(
        "time_as_a_fraction",
        hint="The model is told the time itself, a whole number: what do you divide it by?",
        severity="slip",
        edits=[
            edit(
                "model(x_t, t)",
                "model(x_t, t / len(alpha_bar))",
            ),
        ],
    ),
    misconception(
        "smooth_error",
        hint="The loss is the squared error everywhere: what does yours make of large differences?",
        severity="partial",
        edits=[
            edit(
                "return ((model(x_t, t) - noise) ** 2).mean()",
                "return torch.nn.functional.smooth_l1_loss(model(x_t, t), noise)",
            ),
        ],
    ),
    misconception(
        "noise_per_row",
        hint="Every element has noise of its own: how many numbers do you draw for a row of the data?",
        severity="slip",
        edits=[
            edit(
                "torch.randn(x0.shape, generator=generator, dtype=x0.dtype)",
                """
                torch.randn(
                    (*x0.shape[:-1], 1) if x0.dim() > 1 else x0.shape, generator=generator, dtype=x0.dtype
                ).expand(x0.shape)
                """,
            )
        ],
    ),
    misconception(
        "antithetic_times",
        hint="Each sample's time is drawn by itself: does one of yours follow from another?",
        severity="slip",
        edits=[
            edit(
                "(len(x0),), generator=generator)",
                """
                (len(x0) // 2 + 1,), generator=generator)
                t = torch.cat([t, len(alpha_bar) - 1 - t])[: len(x0)]
                """,
            )
        ],
    ),
]
