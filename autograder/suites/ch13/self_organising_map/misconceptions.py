"""Wrong solutions of `self_organising_map` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "divided_by_rows",
        hint="A row of the grid has as many units as there are columns.",
        severity="partial",
        edits=[edit("[nearest // columns, nearest % columns]", "[nearest // rows, nearest % rows]")],
    ),
    misconception(
        "row_and_column_exchanged",
        hint="Row first, then column.",
        severity="partial",
        edits=[edit("[nearest // columns, nearest % columns]", "[nearest % columns, nearest // columns]")],
    ),
    misconception(
        "farthest_unit",
        hint="The best unit is the nearest one.",
        severity="serious",
        edits=[edit(".sum(2).argmin(1)", ".sum(2).argmax(1)")],
    ),
    misconception(
        "largest_product",
        hint="A large product is not a small distance: vectors have lengths.",
        severity="partial",
        edits=[
            edit(
                "((x[:, None] - codebook.reshape(1, -1, d)) ** 2).sum(2).argmin(1)",
                "(x @ codebook.reshape(-1, d).T).argmax(1)",
            )
        ],
    ),
    misconception(
        "distance_not_squared",
        hint="The shares fall with the squared distance on the grid.",
        severity="slip",
        edits=[
            edit(
                "torch.exp(-(down**2 + across**2) / (2 * radius**2))",
                "torch.exp(-((down**2 + across**2) ** 0.5) / (2 * radius**2))",
            )
        ],
    ),
    misconception(
        "radius_not_squared",
        hint="The radius is a distance: divide a squared distance by a squared radius.",
        severity="slip",
        edits=[edit("(2 * radius**2)", "(2 * radius)")],
    ),
    misconception(
        "two_forgotten",
        hint="Twice the squared radius: is the 2 there?",
        severity="slip",
        edits=[edit("(2 * radius**2)", "radius**2")],
    ),
    misconception(
        "grid_distance_from_the_codebook",
        hint="Neighbours are neighbours on the grid; you measure among the data.",
        severity="partial",
        edits=[
            edit(
                "share = neighbourhood(best_units(x[None], codebook), rows, columns, radius)[0].to(codebook.dtype)",
                """
                r, c = best_units(x[None], codebook)[0].tolist()
                share = torch.exp(-((codebook - codebook[r, c]) ** 2).sum(2) / (2 * radius**2))
                """,
            )
        ],
    ),
    misconception(
        "best_unit_alone",
        hint="Which units move? What would make a map of them?",
        severity="partial",
        edits=[
            edit(
                "share = neighbourhood(best_units(x[None], codebook), rows, columns, radius)[0].to(codebook.dtype)",
                "share = neighbourhood(best_units(x[None], codebook), rows, columns, 0.01)[0].to(codebook.dtype)",
            )
        ],
    ),
    misconception(
        "moves_away",
        hint="Do the vectors move towards the sample?",
        severity="partial",
        edits=[edit("* (x - codebook)", "* (codebook - x)")],
    ),
    misconception(
        "delta_averaged_over_the_units",
        hint="The move of a unit does not depend on how many others there are.",
        severity="partial",
        edits=[edit("rate * share[..., None]", "rate / (rows * columns) * share[..., None]")],
    ),
    misconception(
        "last_of_equals",
        hint="Among equally near units the first wins: which one does yours find?",
        severity="slip",
        edits=[
            edit(
                "nearest = ((x[:, None] - codebook.reshape(1, -1, d)) ** 2).sum(2).argmin(1)",
                """
                distance = ((x[:, None] - codebook.reshape(1, -1, d)) ** 2).sum(2)
                nearest = rows * columns - 1 - distance.flip(1).argmin(1)
                """,
            )
        ],
    ),
    misconception(
        "sum_of_absolute_differences",
        hint="Nearest is meant by the Euclidean distance: which distance is yours?",
        severity="slip",
        edits=[
            edit(
                "((x[:, None] - codebook.reshape(1, -1, d)) ** 2).sum(2).argmin(1)",
                "(x[:, None] - codebook.reshape(1, -1, d)).abs().sum(2).argmin(1)",
            )
        ],
    ),
    misconception(
        "squares_expanded",
        hint="Far from the origin the squared lengths are huge and the differences small: which digits are left of a distance?",
        severity="slip",
        edits=[
            edit(
                "((x[:, None] - codebook.reshape(1, -1, d)) ** 2).sum(2).argmin(1)",
                "((codebook.reshape(-1, d) ** 2).sum(1) - 2 * x @ codebook.reshape(-1, d).T).argmin(1)",
            )
        ],
    ),
    misconception(
        "step_of_the_best_for_all",
        hint="Each vector moves towards x from where it is itself: whose difference do your units move by?",
        severity="partial",
        edits=[
            edit(
                "share = neighbourhood(best_units(x[None], codebook), rows, columns, radius)[0].to(codebook.dtype)",
                """
                best = best_units(x[None], codebook)
                share = neighbourhood(best, rows, columns, radius)[0].to(codebook.dtype)
                """,
            ),
            edit(
                "share[..., None] * (x - codebook)",
                "share[..., None] * (x - codebook[best[0, 0], best[0, 1]])",
            ),
        ],
    ),
    misconception(
        "cut_off_beyond_three_radii",
        hint="Shares become small with the distance, and never 0: do you cut them off?",
        severity="slip",
        edits=[
            edit(
                "return torch.exp(-(down**2 + across**2) / (2 * radius**2))",
                """
                share = torch.exp(-(down**2 + across**2) / (2 * radius**2))
                return share * (down**2 + across**2 <= 9 * radius**2)
                """,
            )
        ],
    ),
    misconception(
        "grid_squeezed",
        hint="A grid may have one row or one column: which axes does squeeze() remove then?",
        severity="slip",
        edits=[
            edit(
                "return torch.exp(-(down**2 + across**2) / (2 * radius**2))",
                "return torch.exp(-(down**2 + across**2) / (2 * radius**2)).squeeze()",
            ),
            edit(
                "share = neighbourhood(best_units(x[None], codebook), rows, columns, radius)[0].to(codebook.dtype)",
                """
                share = neighbourhood(best_units(x[None], codebook), rows, columns, radius)
                share = share.reshape(rows, columns).to(codebook.dtype)
                """,
            ),
        ],
    ),
]
