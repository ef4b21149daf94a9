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
    misconception(
        "weights_decay",
        hint="Beside the gradient something pulls the weights of your network towards 0: which optimiser does that by itself?",
        severity="slip",
        edits=[
            edit(
                "optimiser = torch.optim.Adam(network.parameters(), lr)",
                "optimiser = torch.optim.AdamW(network.parameters(), lr)",
            ),
        ],
    ),
    misconception(
        "error_after_the_step",
        hint="Before or after the step: which network gives the error that you report?",
        severity="slip",
        edits=[
            edit(
                "errors.append(error.item())",
                "errors.append(((network(batch) - batch) ** 2).sum(1).mean().item())",
            ),
        ],
    ),
    misconception(
        "gap_of_all_angles",
        hint="Two planes have several angles. Does your sine come from the largest one alone, or from all of them together?",
        severity="slip",
        edits=[
            edit(
                """
                projections = [m.T @ torch.linalg.solve(m @ m.T, m) for m in (a, b)]
                return float(torch.linalg.matrix_norm(projections[0] - projections[1], 2))
                """,
                """
                qa, qb = torch.linalg.qr(a.T)[0], torch.linalg.qr(b.T)[0]
                cosine = torch.linalg.det(qa.T @ qb).abs().clamp(max=1)
                return float((1 - cosine**2).sqrt())
                """,
            ),
        ],
    ),
    misconception(
        "gap_as_a_sum_of_squares",
        hint="Two planes have several angles, and a sum of squares counts each of them. Which angle alone is asked for?",
        severity="slip",
        edits=[
            edit(
                "float(torch.linalg.matrix_norm(projections[0] - projections[1], 2))",
                "min(1.0, float((projections[0] - projections[1]).norm()) / 2**0.5)",
            ),
        ],
    ),
    misconception(
        "rows_of_length_one",
        hint="Your rows have length 1. Are they orthogonal to each other too?",
        severity="slip",
        edits=[
            edit(
                "m.T @ torch.linalg.solve(m @ m.T, m) for m in (a, b)",
                "(m / m.norm(dim=1, keepdim=True)).T @ (m / m.norm(dim=1, keepdim=True)) for m in (a, b)",
            ),
        ],
    ),
    misconception(
        "smallest_angle",
        hint="The largest cosine belongs to the smallest angle. Which angle is asked for?",
        severity="slip",
        edits=[
            edit(
                """
                projections = [m.T @ torch.linalg.solve(m @ m.T, m) for m in (a, b)]
                return float(torch.linalg.matrix_norm(projections[0] - projections[1], 2))
                """,
                """
                qa, qb = torch.linalg.qr(a.T)[0], torch.linalg.qr(b.T)[0]
                cosine = torch.linalg.svdvals(qa.T @ qb).max()
                return float((1 - cosine**2).clamp(min=0).sqrt())
                """,
            ),
        ],
    ),
    misconception(
        "generator_ignored",
        hint="Which generator draws your batches: the one that was handed in?",
        severity="slip",
        edits=[
            edit(
                "x[torch.randint(len(x), (batch_size,), generator=generator)]",
                "x[torch.randint(len(x), (batch_size,))]",
            ),
        ],
    ),
    misconception(
        "no_components_accepted",
        hint="How many components are the fewest, and what does your code do with a k of 0?",
        severity="slip",
        edits=[
            edit(
                "if not 1 <= k <= min(x.shape):",
                "if k > min(x.shape):",
            ),
        ],
    ),
    misconception(
        "one_component_too_few",
        hint="What is the largest k that the card allows, and what does your code do with it where N is not larger than D?",
        severity="slip",
        edits=[
            edit(
                "if not 1 <= k <= min(x.shape):",
                "if not 1 <= k <= min(len(x) - 1, x.shape[1]):",
            ),
        ],
    ),
    misconception(
        "mean_of_the_argument",
        hint="Through which mean does the plane go: through the one that was handed in, or through that of the points to be reconstructed?",
        severity="slip",
        edits=[
            edit(
                "return mean + (x - mean) @ components.T @ components",
                """
                mean = x.mean(0)
                return mean + (x - mean) @ components.T @ components
                """,
            ),
        ],
    ),
    misconception(
        "without_replacement",
        hint="Drawn with replacement: can your batch hold a data point twice, or more data points than there are?",
        severity="slip",
        edits=[
            edit(
                "batch = x if batch_size is None else x[torch.randint(len(x), (batch_size,), generator=generator)]",
                "batch = x if batch_size is None else x[torch.randperm(len(x), generator=generator)[:batch_size]]",
            ),
        ],
    ),
]
