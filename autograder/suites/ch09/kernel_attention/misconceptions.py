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
    misconception(
        "not_handed_on",
        hint="kernel_weights leaves the own key out. Does kernel_attention hand leave_own_out on to it?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "kernel_weights(queries, keys, width, leave_own_out) @ values",
                "kernel_weights(queries, keys, width) @ values",
            )
        ],
    ),
    misconception(
        "one_coordinate",
        hint="Queries and keys are points with D coordinates: what does your code make of them where D is not 1?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "squares = (queries[:, None] - keys).square().sum(dim=2)",
                """
                wide = queries.reshape(-1).repeat_interleave(len(keys)).reshape(-1, len(keys))
                squares = (wide - keys.reshape(-1)).square()
                """,
            )
        ],
    ),
    misconception(
        "small_number_in_the_divisor",
        hint="With a narrow width all exponentials of a row are 0. What is 0 divided by your small number?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return scores.softmax(dim=1)",
                "return scores.exp() / (scores.exp().sum(dim=1, keepdim=True) + 1e-10)",
            )
        ],
    ),
    misconception(
        "own_weight_divided_out",
        hint="With a narrow width the own key takes the whole weight first. What is left to divide by when you remove it?",
        severity="slip",
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
                    weights = weights / weights.sum(dim=1, keepdim=True)
                return weights
                """,
            )
        ],
    ),
    misconception(
        "own_weight_divided_out_with_a_floor",
        hint="With a narrow width the own key takes the whole weight first. What is left of the others when you remove it?",
        severity="slip",
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
                    weights = weights / weights.sum(dim=1, keepdim=True).clamp(min=1e-12)
                return weights
                """,
            )
        ],
    ),
    misconception(
        "root_of_nothing",
        hint="Where a query lies on a key the squared distance is 0. What is the derivative of its root there?",
        severity="slip",
        base="reference",
        edits=[edit(".square().sum(dim=2)", ".square().sum(dim=2).sqrt().square()")],
    ),
    misconception(
        "same_place_left_out",
        hint="Two keys may lie at the same place. Which of them does query i have to leave out, and which does yours?",
        severity="slip",
        base="reference",
        edits=[edit("torch.eye(len(keys), dtype=torch.bool)", "squares == 0")],
    ),
    misconception(
        "nearest_left_out",
        hint="The own key has the number of its query. Is the nearest key always that one?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "scores = scores.masked_fill(torch.eye(len(keys), dtype=torch.bool), -torch.inf)",
                "scores = scores.scatter(1, scores.argmax(dim=1, keepdim=True), -torch.inf)",
            )
        ],
    ),
    misconception(
        "own_score_is_a_number",
        hint="With a narrow width, other scores fall below the number that you fill in: who takes the weight then?",
        severity="slip",
        base="reference",
        edits=[edit("dtype=torch.bool), -torch.inf)", "dtype=torch.bool), -1e9)")],
    ),
    misconception(
        "infinite_distances_divided",
        hint="A distance of infinity is divided by the width. What is the derivative of that quotient in the width, times the weight 0?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                """
                scores = -squares / (2 * width**2)
                if leave_own_out:
                    scores = scores.masked_fill(torch.eye(len(keys), dtype=torch.bool), -torch.inf)
                """,
                """
                if leave_own_out:
                    squares = squares.masked_fill(torch.eye(len(keys), dtype=torch.bool), torch.inf)
                scores = -squares / (2 * width**2)
                """,
            ),
        ],
    ),
]
