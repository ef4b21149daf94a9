"""Wrong solutions of `kernel_attention` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

MISCONCEPTIONS = [
    misconception(
        "normalised_over_queries",
        hint="Each query shares the weight 1 out among the keys: over which axis does your softmax sum?",
        severity="serious",
        base="reference",
        edits=[edit("scores.softmax(dim=1)", "scores.softmax(dim=0)")],
    ),
    misconception(
        "sees_its_own_target",
        hint="With leave_own_out a key must not answer its own query: where do you look at that argument?",
        severity="partial",
        base="reference",
        edits=[edit("if leave_own_out:", "if False:")],
    ),
    misconception(
        "own_weight_zeroed_afterwards",
        hint="When the own weight has been set to 0, what do the weights of that query sum to?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                """
                if leave_own_out:
                    scores = scores.masked_fill(torch.eye(len(keys), dtype=torch.bool), -torch.inf)
                return scores.softmax(dim=1)
                """,
                """
                weights = scores.softmax(dim=1)
                if leave_own_out:
                    weights = weights * (1 - torch.eye(len(keys), dtype=weights.dtype))
                return weights
                """,
            )
        ],
    ),
    misconception(
        "exponentials_without_the_largest",
        hint="What is exp of -5000 in your computer, and what is a row of such numbers divided by its sum?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return scores.softmax(dim=1)", "return scores.exp() / scores.exp().sum(dim=1, keepdim=True)"
            )
        ],
    ),
    misconception(
        "half_forgotten",
        hint="The squared distance is divided by twice the squared width: where is the 2?",
        severity="partial",
        base="reference",
        edits=[edit("(2 * width**2)", "width**2")],
    ),
    misconception(
        "width_not_squared",
        hint="Distances are squared: is the width?",
        severity="partial",
        base="reference",
        edits=[edit("(2 * width**2)", "(2 * width)")],
    ),
    misconception(
        "distance_not_squared",
        hint="The score falls with the square of the distance: is there a root in yours?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "squares = (queries[:, None] - keys).square().sum(dim=2)",
                "squares = torch.cdist(queries, keys)",
            )
        ],
    ),
    misconception(
        "first_coordinate_only",
        hint="A distance takes all D coordinates: over which axis do you sum?",
        severity="partial",
        base="reference",
        edits=[edit(".square().sum(dim=2)", ".square()[:, :, 0]")],
    ),
    misconception(
        "mean_of_coordinates",
        hint="The squared distance is the sum over coordinates: is yours their mean?",
        severity="partial",
        base="reference",
        edits=[edit(".square().sum(dim=2)", ".square().mean(dim=2)")],
    ),
    misconception(
        "far_counts_more",
        hint="Near keys count more: which sign has your score?",
        severity="serious",
        base="reference",
        edits=[edit("scores = -squares", "scores = squares")],
    ),
    misconception(
        "width_is_a_constant",
        hint="The width may be learned: what does float() or detach() do to its gradient?",
        severity="slip",
        base="reference",
        edits=[edit("(2 * width**2)", "(2 * float(width) ** 2)")],
    ),
]
