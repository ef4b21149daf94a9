"""Wrong solutions of `clip_gradients` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

MISCONCEPTIONS = [
    misconception(
        "each_by_itself",
        hint="One norm for all gradients together keeps the direction: how many norms do you take?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                """
                norm = math.sqrt(sum(float(g.double().square().sum()) for g in grads))
                factor = min(1.0, max_norm / norm) if norm > 0 else 1.0
                return [g * factor for g in grads], norm
                """,
                """
                norms = [float(g.double().norm()) for g in grads]
                norm = math.sqrt(sum(n * n for n in norms))
                return [g * min(1.0, max_norm / max(n, 1e-30)) for g, n in zip(grads, norms, strict=True)], norm
                """,
            ),
        ],
    ),
    misconception(
        "by_value",
        hint="Clipping by the norm shortens the vector and keeps its direction: does clamping each number?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "[g * factor for g in grads]",
                "[g.clamp(-max_norm, max_norm) for g in grads]",
            ),
        ],
    ),
    misconception(
        "small_ones_enlarged",
        hint="Gradients below the limit stay as they are: is your factor ever larger than 1?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "min(1.0, max_norm / norm)",
                "max_norm / norm",
            ),
        ],
    ),
    misconception(
        "squares_overflow",
        hint="The square of 1e30 does not fit into float32: in which dtype do you sum?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "g.double().square()",
                "g.square()",
            ),
        ],
    ),
    misconception(
        "zero_divided_by_zero",
        hint="What is max_norm / norm where all gradients are zero?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "factor = min(1.0, max_norm / norm) if norm > 0 else 1.0",
                'factor = min(torch.tensor(1.0), max_norm / torch.tensor(norm)) if norm > 0 else torch.tensor(float("nan"))',
            ),
        ],
    ),
    misconception(
        "norm_without_root",
        hint="The norm is the root of the sum of squares: where is the root?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "math.sqrt(sum(float(g.double().square().sum()) for g in grads))",
                "sum(float(g.double().square().sum()) for g in grads)",
            ),
        ],
    ),
    misconception(
        "sum_of_norms",
        hint="Squares are summed before the root is taken: is the norm of all the sum of the norms?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "math.sqrt(sum(float(g.double().square().sum()) for g in grads))",
                "sum(float(g.double().norm()) for g in grads)",
            ),
        ],
    ),
    misconception(
        "norm_afterwards",
        hint="The norm before clipping is asked for: which do you return?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "for g in grads], norm",
                "for g in grads], norm * factor",
            ),
        ],
    ),
    misconception(
        "in_place",
        hint="What is handed in stays as it is: do you write into the gradients?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "[g * factor for g in grads]",
                "[g.mul_(factor) for g in grads]",
            ),
        ],
    ),
    misconception(
        "largest_entry",
        hint="The norm is that of the whole vector, not its largest entry: what do you compare with max_norm?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "math.sqrt(sum(float(g.double().square().sum()) for g in grads))",
                "max(float(g.double().abs().max()) for g in grads)",
            ),
        ],
    ),
    misconception(
        "max_norm_ignored",
        hint="The limit is an argument: to which norm do you clip?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "min(1.0, max_norm / norm)",
                "min(1.0, 1.0 / norm)",
            ),
        ],
    ),
    misconception(
        "numbers_without_axes_left_out",
        hint="A gradient may be a single number without axes: does it count in your norm?",
        severity="partial",
        base="reference",
        edits=[
            edit("for g in grads))", "for g in grads if g.dim() > 0))"),
        ],
    ),
]
