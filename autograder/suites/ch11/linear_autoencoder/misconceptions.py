"""Wrong solutions of `linear_autoencoder` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "mean_not_taken_away",
        hint="The components describe how data vary about their mean: do you decompose x, or x minus its mean?",
        severity="slip",
        edits=[
            edit(
                "torch.linalg.svd(x - mean, full_matrices=False)", "torch.linalg.svd(x, full_matrices=False)"
            )
        ],
    ),
    misconception(
        "smallest_first",
        hint="In which order does `eigh` return the eigenvalues?",
        severity="slip",
        base="covariance",
        edits=[edit("values.argsort(descending=True)[:k]", "values.argsort()[:k]")],
    ),
    misconception(
        "variances_not_squared",
        hint="A singular value is a length. What is the variance along a component?",
        severity="slip",
        edits=[edit("singular_values[:k] ** 2 / len(x)", "singular_values[:k] / len(x)")],
    ),
    misconception(
        "divided_by_one_less",
        hint="Means of squares are divided by N here.",
        severity="slip",
        edits=[edit("singular_values[:k] ** 2 / len(x)", "singular_values[:k] ** 2 / (len(x) - 1)")],
    ),
    misconception(
        "columns_instead_of_rows",
        hint="`svd` returns the third factor already transposed: are the components its rows, or its columns?",
        severity="slip",
        edits=[edit("return mean, rows[:k],", "return mean, rows[:, :k].T,")],
    ),
    misconception(
        "mean_not_added_back",
        hint="The code describes x minus the mean. What must be added after the decoder?",
        severity="slip",
        edits=[
            edit(
                "return mean + (x - mean) @ components.T @ components",
                "return (x - mean) @ components.T @ components",
            )
        ],
    ),
    misconception(
        "mean_not_subtracted",
        hint="The plane goes through the mean: what is projected on its directions, x or x minus the mean?",
        severity="slip",
        edits=[
            edit(
                "return mean + (x - mean) @ components.T @ components",
                "return mean + x @ components.T @ components",
            )
        ],
    ),
    misconception(
        "bases_taken_for_orthonormal",
        hint="The same plane has many bases. Is your gap of a plane with itself still 0 when its rows are doubled?",
        severity="slip",
        edits=[edit("m.T @ torch.linalg.solve(m @ m.T, m) for m in (a, b)", "m.T @ m for m in (a, b)")],
    ),
    misconception(
        "frobenius_norm",
        hint="The largest singular value of the difference is meant: which norm do you take?",
        severity="slip",
        edits=[
            edit(
                "torch.linalg.matrix_norm(projections[0] - projections[1], 2)",
                "torch.linalg.matrix_norm(projections[0] - projections[1])",
            )
        ],
    ),
    misconception(
        "mean_over_pixels",
        hint="The error of a data point is a sum over its values: do you average over the values too?",
        severity="slip",
        edits=[
            edit(
                "error = ((network(batch) - batch) ** 2).sum(1).mean()",
                "error = ((network(batch) - batch) ** 2).mean()",
            )
        ],
    ),
    misconception(
        "gradients_pile_up",
        hint="`backward` adds to the gradients that are there: who sets them to zero between two steps?",
        severity="partial",
        edits=[edit("        optimiser.zero_grad()\n", "")],
    ),
    misconception(
        "optimiser_made_anew_in_each_step",
        hint="Adam remembers the gradients of earlier steps: how long does your optimiser live?",
        severity="partial",
        edits=[
            edit(
                "        optimiser.zero_grad()\n",
                "        optimiser = torch.optim.Adam(network.parameters(), lr)\n        optimiser.zero_grad()\n",
            )
        ],
    ),
    misconception(
        "batch_size_ignored",
        hint="With a batch size a step shows only so many data points.",
        severity="slip",
        edits=[
            edit(
                "batch = x if batch_size is None else x[torch.randint(len(x), (batch_size,), generator=generator)]",
                "batch = x",
            )
        ],
    ),
    misconception(
        "a_copy_is_trained",
        hint="The caller's network must learn: do you train it, or a copy of it?",
        severity="partial",
        edits=[
            edit(
                "optimiser = torch.optim.Adam(network.parameters(), lr)",
                "import copy\n\nnetwork = copy.deepcopy(network)\noptimiser = torch.optim.Adam(network.parameters(), lr)",
            )
        ],
    ),
    misconception(
        "plane_of_raw_data_everywhere",
        hint="All of it goes through the mean: it is taken away before the decomposition and before the projection, and added after it.",
        severity="partial",
        edits=[
            edit(
                "torch.linalg.svd(x - mean, full_matrices=False)", "torch.linalg.svd(x, full_matrices=False)"
            ),
            edit(
                "return mean + (x - mean) @ components.T @ components", "return x @ components.T @ components"
            ),
        ],
    ),
]
