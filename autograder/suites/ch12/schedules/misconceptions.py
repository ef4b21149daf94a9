"""Wrong solutions of `schedules` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "whole_grids"

MISCONCEPTIONS = [
    misconception(
        "cosine_clipped_below",
        hint="The clip has one side: is the first beta, which is tiny, still what the formula says?",
        severity="slip",
        edits=[
            edit(
                "return (1 - alpha_bar[1:] / alpha_bar[:-1]).clamp(max=max_beta)",
                "return (1 - alpha_bar[1:] / alpha_bar[:-1]).clamp(1e-4, max_beta)",
            )
        ],
    ),
    misconception(
        "cosine_difference",
        hint="A beta is a relative loss: alpha-bar falls by a factor, not by a difference.",
        severity="partial",
        edits=[edit("1 - alpha_bar[1:] / alpha_bar[:-1]", "alpha_bar[:-1] - alpha_bar[1:]")],
    ),
    misconception(
        "cosine_is_alpha_bar",
        hint="The curve f gives alpha-bar, what is left of the signal; which beta takes one step along it?",
        severity="partial",
        edits=[edit("alpha_bar[1:] / alpha_bar[:-1]", "alpha_bar[1:]")],
    ),
    misconception(
        "cosine_negative",
        hint="A variance is never negative: which of the two alpha-bars is the larger, and which is divided by which?",
        severity="partial",
        edits=[edit("alpha_bar[1:] / alpha_bar[:-1]", "alpha_bar[:-1] / alpha_bar[1:]")],
    ),
    misconception(
        "cosine_not_clipped",
        hint="At the end alpha-bar reaches 0: what does the last beta become, and what can be divided by what is left?",
        severity="slip",
        edits=[
            edit(
                "(1 - alpha_bar[1:] / alpha_bar[:-1]).clamp(max=max_beta)",
                "1 - alpha_bar[1:] / alpha_bar[:-1]",
            )
        ],
    ),
    misconception(
        "cosine_not_normalised",
        hint="Before the first step nothing is lost: alpha-bar must start at 1. What is f(0)?",
        severity="slip",
        edits=[
            edit("alpha_bar = f / f[0]", "alpha_bar = torch.cat([torch.ones(1, dtype=torch.float64), f[1:]])")
        ],
    ),
    misconception(
        "cosine_not_squared",
        hint="Is it the cosine or its square that alpha-bar follows?",
        severity="partial",
        edits=[
            edit(
                "torch.cos((u / T + s) / (1 + s) * math.pi / 2) ** 2",
                "torch.cos((u / T + s) / (1 + s) * math.pi / 2)",
            )
        ],
    ),
    misconception(
        "cosine_offset_outside",
        hint="The offset s must still let the angle end at a right angle: what divides by 1 + s?",
        severity="slip",
        edits=[
            edit("torch.cos((u / T + s) / (1 + s) * math.pi / 2)", "torch.cos((u / T + s) * math.pi / 2)")
        ],
    ),
    misconception(
        "cosine_shifted_by_one",
        hint="Index 0 is the first step, which leads from alpha-bar(0) to alpha-bar(1).",
        severity="partial",
        edits=[
            edit("torch.arange(T + 1, dtype=torch.float64)", "torch.arange(T + 1, dtype=torch.float64) + 1")
        ],
    ),
    misconception(
        "cumulative_sum",
        hint="Each step keeps a share of what the step before left: do shares add or multiply?",
        severity="partial",
        edits=[edit("return torch.cumprod(1 - betas, dim=0)", "return 1 - torch.cumsum(betas, dim=0)")],
    ),
    misconception(
        "float32_result",
        hint="Differences of numbers near 1 need double precision: which dtype do you return?",
        severity="slip",
        edits=[edit("T, dtype=torch.float64", "T")],
    ),
    misconception(
        "linear_end_missing",
        hint="The last step's beta is beta_end itself: how many gaps are between T numbers?",
        severity="slip",
        edits=[
            edit(
                "torch.linspace(beta_start, beta_end, T, dtype=torch.float64)",
                "beta_start + (beta_end - beta_start) * torch.arange(T, dtype=torch.float64) / T",
            )
        ],
    ),
    misconception(
        "product_of_betas",
        hint="A step of variance beta keeps 1 - beta of the signal's variance.",
        severity="partial",
        edits=[edit("return torch.cumprod(1 - betas, dim=0)", "return torch.cumprod(betas, dim=0)")],
    ),
    misconception(
        "product_starts_at_one",
        hint="alpha-bar at t counts step t too: after the first step something is already lost.",
        severity="partial",
        edits=[
            edit(
                "return torch.cumprod(1 - betas, dim=0)",
                "return torch.cat([betas.new_ones(1), torch.cumprod(1 - betas, dim=0)[:-1]])",
            )
        ],
    ),
    misconception(
        "single_precision",
        hint="Differences of numbers near 1 need double precision.",
        severity="partial",
        edits=[
            edit(
                "return torch.linspace(beta_start, beta_end, T, dtype=torch.float64)",
                "return torch.linspace(beta_start, beta_end, T).double()",
            ),
            edit("u = torch.arange(T + 1, dtype=torch.float64)", "u = torch.arange(T + 1)"),
            edit(
                "(1 - alpha_bar[1:] / alpha_bar[:-1]).clamp(max=max_beta)",
                "(1 - alpha_bar[1:] / alpha_bar[:-1]).clamp(max=max_beta).double()",
            ),
        ],
    ),
    misconception(
        "square_root_kept",
        hint="alpha-bar is a variance; its square root is what the signal is multiplied by, and comes later.",
        severity="partial",
        edits=[
            edit("return torch.cumprod(1 - betas, dim=0)", "return torch.cumprod((1 - betas).sqrt(), dim=0)")
        ],
    ),
    misconception(
        "linear_in_the_root",
        hint="The linear schedule goes in equal steps of beta: of what are your steps equal?",
        severity="slip",
        edits=[
            edit(
                "torch.linspace(beta_start, beta_end, T, dtype=torch.float64)",
                "torch.linspace(beta_start**0.5, beta_end**0.5, T, dtype=torch.float64) ** 2",
            ),
        ],
    ),
    misconception(
        "max_beta_ignored",
        hint="The largest beta is an argument: at which number do you cut?",
        severity="slip",
        edits=[
            edit(
                "clamp(max=max_beta)",
                "clamp(max=0.999)",
            ),
        ],
    ),
    misconception(
        "cosine_grid_stretched",
        hint="The curve is cut at 0, 1, ... T: which times are in your grid?",
        severity="partial",
        edits=[
            edit(
                "u = torch.arange(T + 1, dtype=torch.float64)",
                "u = torch.linspace(0, T + 1, T + 1, dtype=torch.float64)",
            ),
        ],
    ),
    misconception(
        "alpha_of_each_step",
        hint="One step keeps 1 - beta of the variance: what is left of the data after ten?",
        severity="partial",
        edits=[edit("torch.cumprod(1 - betas, dim=0)", "1 - betas")],
    ),
    misconception(
        "linear_divided_by_no_gaps",
        hint="A schedule may have one step: by how many gaps do you divide then?",
        severity="slip",
        edits=[
            edit(
                "torch.linspace(beta_start, beta_end, T, dtype=torch.float64)",
                "beta_start + (beta_end - beta_start) * torch.arange(T, dtype=torch.float64) / (T - 1)",
            )
        ],
    ),
    misconception(
        "linear_ends_scaled",
        hint="The first and the last beta are arguments: what does the number of steps make of yours?",
        severity="slip",
        edits=[
            edit(
                "torch.linspace(beta_start, beta_end, T, dtype=torch.float64)",
                "torch.linspace(1000 / T * beta_start, 1000 / T * beta_end, T, dtype=torch.float64)",
            )
        ],
    ),
]
