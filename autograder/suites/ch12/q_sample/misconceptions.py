"""Wrong solutions of `q_sample` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "gathered_first"

MISCONCEPTIONS = [
    misconception(
        "alpha_for_alpha_bar",
        hint="One jump from x0 to x_t uses the product of all steps up to t, not the last step alone.",
        severity="serious",
        edits=[
            edit(
                "a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))",
                """
                alpha = torch.cat([alpha_bar[:1], alpha_bar[1:] / alpha_bar[:-1]])
                a = alpha[t].reshape(-1, *[1] * (x0.dim() - 1))
                """,
            ),
        ],
    ),
    misconception(
        "becomes_float64",
        hint="alpha_bar is float64; what does that make of float32 data?",
        severity="slip",
        edits=[
            edit(
                "return a.sqrt().to(x0.dtype) * x0 + (1 - a).sqrt().to(x0.dtype) * noise",
                "return a.sqrt() * x0 + (1 - a).sqrt() * noise",
            )
        ],
    ),
    misconception(
        "images_only",
        hint="Data may have any number of dimensions: how many ones does the shape of alpha_bar[t] need?",
        severity="partial",
        edits=[edit("1, *[1] * (x0.dim() - 1)", "1, 1, 1, 1")],
    ),
    misconception(
        "noise_by_variance",
        hint="The noise has standard deviation sqrt(1 - alpha-bar): which power did you multiply by?",
        severity="serious",
        edits=[
            edit(
                "return a.sqrt().to(x0.dtype) * x0 + (1 - a).sqrt().to(x0.dtype) * noise",
                "return a.sqrt().to(x0.dtype) * x0 + (1 - a).to(x0.dtype) * noise",
            )
        ],
    ),
    misconception(
        "noise_compounded",
        hint="alpha-bar already holds all steps up to t: noise is added once, not at every step on the way.",
        severity="serious",
        cell="""
            import torch


            def q_sample(x0, t, alpha_bar, noise):
                x = x0
                for i in range(len(alpha_bar)):
                    a = alpha_bar[i].to(x0.dtype)
                    reached = (t >= i).reshape(-1, *[1] * (x0.dim() - 1))
                    x = torch.where(reached, a.sqrt() * x + (1 - a).sqrt() * noise, x)
                return x
            """,
    ),
    misconception(
        "one_minus_root",
        hint="Squares of the two factors must add up to 1: do yours?",
        severity="serious",
        edits=[
            edit(
                "return a.sqrt().to(x0.dtype) * x0 + (1 - a).sqrt().to(x0.dtype) * noise",
                "return a.sqrt().to(x0.dtype) * x0 + (1 - a.sqrt()).to(x0.dtype) * noise",
            )
        ],
    ),
    misconception(
        "one_step_for_all",
        hint="Each sample of the batch has a step of its own.",
        severity="serious",
        edits=[
            edit(
                "a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))",
                "a = alpha_bar[t[:1]].reshape(-1, *[1] * (x0.dim() - 1))",
            )
        ],
    ),
    misconception(
        "own_noise",
        hint="The noise is given: the network is asked for that noise, so no other may be added.",
        severity="serious",
        edits=[
            edit(
                "(1 - a).sqrt().to(x0.dtype) * noise", "(1 - a).sqrt().to(x0.dtype) * torch.randn_like(noise)"
            )
        ],
    ),
    misconception(
        "root_forgotten",
        hint="Variances add, so what multiplies a signal is the square root of a share of variance.",
        severity="serious",
        edits=[
            edit(
                "return a.sqrt().to(x0.dtype) * x0 + (1 - a).sqrt().to(x0.dtype) * noise",
                "return a.to(x0.dtype) * x0 + (1 - a).to(x0.dtype) * noise",
            )
        ],
    ),
    misconception(
        "signal_unscaled",
        hint="Noise is added while the signal shrinks: what multiplies x0?",
        severity="serious",
        edits=[edit("a.sqrt().to(x0.dtype) * x0", "x0")],
    ),
    misconception(
        "step_before",
        hint="Index t of alpha_bar is the step t itself: nothing has to be subtracted.",
        severity="partial",
        edits=[
            edit(
                "a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))",
                "a = alpha_bar[(t - 1).clamp(min=0)].reshape(-1, *[1] * (x0.dim() - 1))",
            )
        ],
    ),
    misconception(
        "swapped",
        hint="At the first step hardly anything is lost: which factor is then near 1?",
        severity="serious",
        edits=[edit("a.sqrt().to(x0.dtype) * x0 + (1 - a)", "(1 - a).sqrt().to(x0.dtype) * x0 + a")],
    ),
    misconception(
        "t_on_last_dimension",
        hint="Which dimension of the data belongs to t: the first, the batch, or the last?",
        severity="slip",
        edits=[
            edit(
                "a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))",
                "a = alpha_bar[t] if x0.shape[-1] in (1, len(t)) else alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))",
            )
        ],
    ),
    misconception(
        "views_refused",
        hint="view needs numbers that lie side by side in memory, and those of a transposed tensor do not. Does reshape?",
        severity="slip",
        edits=[
            edit("a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))", "a = alpha_bar[t][:, None]"),
            edit(
                "return a.sqrt().to(x0.dtype) * x0 + (1 - a).sqrt().to(x0.dtype) * noise",
                """
                flat, drawn = x0.view(len(x0), -1), noise.view(len(x0), -1)
                return (a.sqrt().to(x0.dtype) * flat + (1 - a).sqrt().to(x0.dtype) * drawn).view(x0.shape)
                """,
            ),
        ],
    ),
    misconception(
        "schedule_rounded",
        hint="alpha_bar is float64: which of its digits do float64 data see?",
        severity="slip",
        edits=[
            edit(
                "a = alpha_bar[t].reshape",
                "a = alpha_bar.float()[t].reshape",
            ),
        ],
    ),
    misconception(
        "noised_data_kept_in_range",
        hint="Noise is added to data of any size: what cuts the result off?",
        severity="partial",
        edits=[
            edit(
                "return a.sqrt().to(x0.dtype) * x0 + (1 - a).sqrt().to(x0.dtype) * noise",
                "return (a.sqrt().to(x0.dtype) * x0 + (1 - a).sqrt().to(x0.dtype) * noise).clamp(-4, 4)",
            )
        ],
    ),
    misconception(
        "noise_detached",
        hint="Gradients reach x0 and the noise: where does yours leave the noise's?",
        severity="slip",
        edits=[edit("(1 - a).sqrt().to(x0.dtype) * noise", "(1 - a).sqrt().to(x0.dtype) * noise.detach()")],
    ),
    misconception(
        "points_and_images_only",
        hint="Data may have any number of axes: which shape has your number per sample where there are three?",
        severity="slip",
        edits=[
            edit(
                "a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))",
                """
                a = alpha_bar[t]
                if x0.dim() == 4:
                    a = a[:, None, None, None]
                elif x0.dim() > 1:
                    a = a[:, None]
                """,
            )
        ],
    ),
]
