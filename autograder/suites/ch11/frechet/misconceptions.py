"""Wrong solutions of `frechet` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"
CROSS = "cross = torch.linalg.eigvalsh(root @ C2 @ root).clamp(min=0).sqrt().sum()"

MISCONCEPTIONS = [
    misconception(
        "root_of_each_element",
        hint="The root of a matrix, multiplied by itself, is the matrix. Is that so for the root of its elements?",
        severity="serious",
        edits=[edit(CROSS, "cross = (C1 @ C2).clamp(min=0).sqrt().trace()")],
    ),
    misconception(
        "diagonals_only",
        hint="The covariances have off-diagonal elements. Where do they enter the root?",
        severity="partial",
        edits=[edit(CROSS, "cross = (C1.diagonal() * C2.diagonal()).sqrt().sum()")],
    ),
    misconception(
        "product_of_two_roots",
        hint="The root of a product is the product of the roots only where the two commute.",
        severity="partial",
        edits=[
            edit(
                CROSS,
                "values_2, vectors_2 = torch.linalg.eigh(C2)\ncross = (root @ (vectors_2 * values_2.clamp(min=0).sqrt() @ vectors_2.T)).trace()",
            )
        ],
    ),
    misconception(
        "product_taken_for_symmetric",
        hint="`eigvalsh` reads one triangle of a symmetric matrix. Is the product of two covariances symmetric?",
        severity="partial",
        edits=[edit(CROSS, "cross = torch.linalg.eigvalsh(C1 @ C2).clamp(min=0).sqrt().sum()")],
    ),
    misconception(
        "root_replaced_by_a_covariance",
        hint="What stands under the root is a product of the covariances; what did you put in its place?",
        severity="partial",
        edits=[edit(CROSS, "cross = (0.5 * (C1 + C2)).trace()")],
    ),
    misconception(
        "mean_not_squared",
        hint="The means enter by their squared distance.",
        severity="partial",
        edits=[edit("((m1 - m2) ** 2).sum() + C1", "((m1 - m2) ** 2).sum().sqrt() + C1")],
    ),
    misconception(
        "cross_term_once",
        hint="(a - b)^2 has the term 2ab: how often does the root count?",
        severity="serious",
        edits=[edit("C2.trace() - 2 * cross", "C2.trace() - cross")],
    ),
    misconception(
        "root_of_the_distance",
        hint="The distance is asked for squared.",
        severity="serious",
        edits=[
            edit(
                "return (((m1 - m2) ** 2).sum() + C1.trace() + C2.trace() - 2 * cross).to(mean_1.dtype)",
                "return (((m1 - m2) ** 2).sum() + C1.trace() + C2.trace() - 2 * cross).clamp(min=0).sqrt().to(mean_1.dtype)",
            )
        ],
    ),
    misconception(
        "divided_by_n",
        hint="The covariance is divided by N - 1.",
        severity="slip",
        edits=[edit("centred.T @ centred / (len(features) - 1)", "centred.T @ centred / len(features)")],
    ),
    misconception(
        "second_moment_for_covariance",
        hint="A covariance is about the mean: is it taken away first?",
        severity="slip",
        edits=[edit("centred = features - mean", "centred = features")],
    ),
    misconception(
        "samples_and_features_exchanged",
        hint="Rows are samples: over which axis is the mean taken?",
        severity="slip",
        edits=[
            edit(
                "return mean, centred.T @ centred / (len(features) - 1)",
                "return mean, torch.cov(features)[: features.shape[1], : features.shape[1]]",
            )
        ],
    ),
    misconception(
        "rounding_not_clamped",
        hint="What is the root of an eigenvalue of -1e-17?",
        severity="slip",
        edits=[
            edit(
                "root = vectors * values.clamp(min=0).sqrt() @ vectors.T",
                "root = vectors * values.sqrt() @ vectors.T",
            ),
            edit("root @ C2 @ root).clamp(min=0).sqrt().sum()", "root @ C2 @ root).sqrt().sum()"),
        ],
    ),
    misconception(
        "single_precision",
        hint="The trace is a small difference of large numbers: in which precision do you take it?",
        severity="slip",
        edits=[edit("(t.detach().double() for t in", "(t.detach() for t in")],
    ),
    misconception(
        "cholesky_without_singular_ones",
        hint="A singular covariance has no Cholesky factor.",
        severity="slip",
        edits=[
            edit(
                "root = vectors * values.clamp(min=0).sqrt() @ vectors.T", "root = torch.linalg.cholesky(C1)"
            ),
            edit("root @ C2 @ root)", "root.T @ C2 @ root)"),
        ],
    ),
    misconception(
        "covariance_of_the_samples",
        hint="Which shape has your covariance: features by features, or samples by samples?",
        severity="slip",
        edits=[
            edit(
                "return mean, centred.T @ centred / (len(features) - 1)",
                "return mean, torch.cov(features)",
            ),
        ],
    ),
    misconception(
        "dtype_of_another",
        hint="Whose dtype has your answer: that of the first mean?",
        severity="slip",
        edits=[
            edit(
                "- 2 * cross).to(mean_1.dtype)",
                "- 2 * cross).to(covariance_2.dtype)",
            ),
        ],
    ),
    misconception(
        "eigenvalues_held_up",
        hint="Eigenvalues that rounding made negative are 0. What becomes of small ones that are right?",
        severity="slip",
        edits=[
            edit(
                "root = vectors * values.clamp(min=0).sqrt() @ vectors.T",
                "root = vectors * values.clamp(min=1e-10).sqrt() @ vectors.T",
            ),
            edit(
                "root @ C2 @ root).clamp(min=0)",
                "root @ C2 @ root).clamp(min=1e-10)",
            ),
        ],
    ),
    misconception(
        "small_number_on_the_diagonal",
        hint="A small number on the diagonal is not small beside small covariances. Whose distance do you return?",
        severity="partial",
        edits=[
            edit(
                "root = vectors * values.clamp(min=0).sqrt() @ vectors.T",
                """
                C1, C2 = C1 + 1e-6 * torch.eye(len(C1)), C2 + 1e-6 * torch.eye(len(C1))
                values, vectors = torch.linalg.eigh(C1)
                root = vectors * values.clamp(min=0).sqrt() @ vectors.T
                """,
            ),
        ],
    ),
    misconception(
        "squares_minus_square",
        hint="Far from 0 the mean of squares and the square of the mean agree in nearly all digits. How many are left of the difference?",
        severity="slip",
        edits=[
            edit(
                "return mean, centred.T @ centred / (len(features) - 1)",
                "return mean, (features.T @ features - len(features) * torch.outer(mean, mean)) / (len(features) - 1)",
            ),
        ],
    ),
    misconception(
        "root_by_iteration",
        hint="How near does your iteration come to the root where the product is singular, or its eigenvalues lie far apart?",
        severity="slip",
        edits=[
            edit(
                "cross = torch.linalg.eigvalsh(root @ C2 @ root).clamp(min=0).sqrt().sum()",
                """
                A = C1 @ C2
                size, identity = A.norm() + 1e-30, torch.eye(len(A), dtype=A.dtype)
                Y, Z = A / size, identity
                for _ in range(20):
                    T = 0.5 * (3 * identity - Z @ Y)
                    Y, Z = Y @ T, T @ Z
                cross = Y.trace() * size.sqrt()
                """,
            ),
        ],
    ),
    misconception(
        "too_few_samples_accepted",
        hint="What does your code do with one sample, and with none?",
        severity="slip",
        edits=[
            edit(
                "if len(features) < 2:",
                "if False:",
            ),
        ],
    ),
    misconception(
        "no_samples_accepted",
        hint="One sample is refused. And an empty set?",
        severity="slip",
        edits=[
            edit(
                "if len(features) < 2:",
                "if len(features) == 1:",
            ),
        ],
    ),
    misconception(
        "one_feature_without_axes",
        hint="Which shape has your covariance where there is one feature only?",
        severity="slip",
        edits=[
            edit(
                "return mean, centred.T @ centred / (len(features) - 1)",
                "return mean, torch.cov(features.T)",
            ),
        ],
    ),
]
