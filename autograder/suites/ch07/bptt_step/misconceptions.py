"""Wrong solutions of `bptt_step` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

MISCONCEPTIONS = [
    misconception(
        "slope_forgotten",
        hint="Between h and the sum stands a tanh: where is its slope?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "grad_a = (1 - h**2) * grad_h",
                "grad_a = grad_h",
            ),
        ],
    ),
    misconception(
        "slope_without_square",
        hint="The slope of tanh in terms of its output is 1 - h^2: is the square there?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "(1 - h**2)",
                "(1 - h)",
            ),
        ],
    ),
    misconception(
        "slope_of_the_slope",
        hint="The slope of tanh at a is 1 - tanh(a)^2, and h is that tanh already: do you apply it once more?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "(1 - h**2)",
                "(1 - torch.tanh(h) ** 2)",
            ),
        ],
    ),
    misconception(
        "slope_as_reciprocal",
        hint="The derivative of tanh is 1 - h^2; of its inverse it is one over that: which is needed here?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "(1 - h**2) * grad_h",
                "grad_h / (1 - h**2)",
            ),
        ],
    ),
    misconception(
        "mean_over_the_batch",
        hint="A loss is a sum over what each sample adds: are the weights' gradients sums or means over the batch?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "grad_a.T @ x, grad_a.T @ h_before, grad_a.sum(dim=0)",
                "grad_a.T @ x / len(x), grad_a.T @ h_before / len(x), grad_a.mean(dim=0)",
            ),
        ],
    ),
    misconception(
        "weights_transposed",
        hint="Forwards it was x @ w.T: which of w and w.T leads back?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "grad_a @ w_x, grad_a @ w_h,",
                "grad_a @ w_x, grad_a @ w_h.T,",
            ),
        ],
    ),
    misconception(
        "state_after_for_before",
        hint="The recurrent weights met the state before the step: which state do you multiply with?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "grad_a.T @ h_before",
                "grad_a.T @ h",
            ),
        ],
    ),
    misconception(
        "weight_gradient_transposed",
        hint="A gradient has the shape of its weight: is w_h's the product the other way round?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "grad_a.T @ h_before",
                "h_before.T @ grad_a",
            ),
        ],
    ),
    misconception(
        "bias_keeps_the_batch",
        hint="The bias serves the whole batch: what must be done with the batch's axis?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "grad_a.sum(dim=0)",
                "grad_a",
            ),
        ],
    ),
    misconception(
        "slope_added",
        hint="Along a chain the slopes are multiplied: do you add one?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "(1 - h**2) * grad_h",
                "(1 - h**2) + grad_h",
            ),
        ],
    ),
    misconception(
        "mean_in_the_bias",
        hint="The bias is added for every sample: is its gradient a mean over them, or a sum?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "grad_a.sum(dim=0)",
                "grad_a.mean(dim=0)",
            ),
        ],
    ),
    misconception(
        "bias_without_slope",
        hint="The bias stands inside the tanh: which gradient arrives at it, that of h or that of the sum?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "grad_a.sum(dim=0)",
                "grad_h.sum(dim=0)",
            ),
        ],
    ),
    misconception(
        "slope_of_the_sigmoid",
        hint="h (1 - h) is the slope of another function: which one is the slope of tanh, in terms of h?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "(1 - h**2)",
                "h * (1 - h)",
            ),
        ],
    ),
    misconception(
        "slope_at_the_state_before",
        hint="The slope is that at the sum from which h was made: in terms of which of the two states is it 1 - h^2?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "(1 - h**2)",
                "(1 - h_before**2)",
            ),
        ],
    ),
    misconception(
        "input_gradient_transposed",
        hint="A gradient has the shape of its weight: is w_x's the product the other way round?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "grad_a.T @ x",
                "x.T @ grad_a",
            ),
        ],
    ),
    misconception(
        "slope_forgotten_for_the_input",
        hint="Between x and the state stands the tanh: does your gradient of x pass through its slope?",
        severity="slip",
        base="reference",
        edits=[
            edit("return grad_a @ w_x,", "return grad_h @ w_x,"),
        ],
    ),
]
