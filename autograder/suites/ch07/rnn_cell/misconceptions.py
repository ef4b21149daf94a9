"""Wrong solutions of `rnn_cell` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

MISCONCEPTIONS = [
    misconception(
        "recurrence_transposed",
        hint="For a batch of rows, W h is h @ w_h.T: did the transposition get lost?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "h @ w_h.T",
                "h @ w_h",
            ),
        ],
    ),
    misconception(
        "no_tanh",
        hint="The new state is squashed: what keeps your numbers between -1 and 1?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "torch.tanh(x @ w_x.T + h @ w_h.T + b)",
                "x @ w_x.T + h @ w_h.T + b",
            ),
        ],
    ),
    misconception(
        "state_ignored",
        hint="A cell without its old state is a dense layer: where does h enter?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                " + h @ w_h.T",
                "",
            ),
        ],
    ),
    misconception(
        "state_added_not_multiplied",
        hint="The old state passes through a matrix of its own: is it w_h that it meets?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "h @ w_h.T",
                "h",
            ),
        ],
    ),
    misconception(
        "bias_twice",
        hint="PyTorch keeps two biases that act as their sum; here there is one: how often do you add it?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "@ w_h.T + b)",
                "@ w_h.T + 2 * b)",
            ),
        ],
    ),
    misconception(
        "sigmoid",
        hint="Elman's cell here squashes into (-1, 1): which function does that?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "torch.tanh(",
                "torch.sigmoid(",
            ),
        ],
    ),
    misconception(
        "state_detached",
        hint="Gradients must pass through the old state to earlier steps: do you cut them off?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "h @ w_h.T",
                "h.detach() @ w_h.T",
            ),
        ],
    ),
    misconception(
        "tanh_of_each_part",
        hint="The two products and the bias are added first: what is the argument of tanh?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "torch.tanh(x @ w_x.T + h @ w_h.T + b)",
                "torch.tanh(x @ w_x.T) + torch.tanh(h @ w_h.T + b)",
            ),
        ],
    ),
    misconception(
        "bias_outside_the_tanh",
        hint="The bias shifts the sum: is it added before the tanh or after it?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "torch.tanh(x @ w_x.T + h @ w_h.T + b)",
                "torch.tanh(x @ w_x.T + h @ w_h.T) + b",
            ),
        ],
    ),
    misconception(
        "bias_forgotten",
        hint="The sum has three parts, of the input, the old state and the bias: which is missing?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "torch.tanh(x @ w_x.T + h @ w_h.T + b)",
                "torch.tanh(x @ w_x.T + h @ w_h.T)",
            ),
        ],
    ),
    misconception(
        "sums_cut_before_tanh",
        hint="tanh takes every sum as it is: what do you do to large ones before it?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "torch.tanh(x @ w_x.T + h @ w_h.T + b)",
                "torch.tanh((x @ w_x.T + h @ w_h.T + b).clamp(-4, 4))",
            ),
        ],
    ),
    misconception(
        "reshaped_for_transposed",
        hint="A reshape keeps the numbers in their order, a transposition does not: which one does a product need?",
        severity="serious",
        base="reference",
        edits=[
            edit("x @ w_x.T", "x @ w_x.reshape(x.shape[1], -1)"),
        ],
    ),
    misconception(
        "infinity_over_infinity",
        hint="The exponential of a large sum is infinite: what becomes of your quotient there?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return torch.tanh(x @ w_x.T + h @ w_h.T + b)",
                """
                a = x @ w_x.T + h @ w_h.T + b
                return (a.exp() - (-a).exp()) / (a.exp() + (-a).exp())
                """,
            ),
        ],
    ),
]
