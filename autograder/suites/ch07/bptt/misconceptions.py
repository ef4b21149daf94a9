"""Wrong solutions of `bptt` that students write, each an edit of a right one."""

from autograder.testing import after, edit, misconception

MISCONCEPTIONS = [
    misconception(
        "only_outputs",
        hint="A state is also what the next one is made from: which second gradient arrives at it?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "(grad_h + grad_outputs[:, t])",
                "grad_outputs[:, t]",
            ),
        ],
    ),
    misconception(
        "weights_of_the_first_step",
        hint="The weights act at every step: are their gradients added up over time?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                """
                grad_w_x += grad_a.T @ inputs
                grad_w_h += grad_a.T @ before
                grad_b += grad_a.sum(dim=0)
                """,
                """
                grad_w_x = grad_a.T @ inputs
                grad_w_h = grad_a.T @ before
                grad_b = grad_a.sum(dim=0)
                """,
            ),
        ],
    ),
    misconception(
        "h0_is_zero",
        hint="Before step 0 stands h0: which state do the recurrent weights meet there?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "outputs[:, t - 1] if t > 0 else h0",
                "outputs[:, t - 1] if t > 0 else torch.zeros_like(h0)",
            ),
        ],
    ),
    misconception(
        "before_the_first_wraps_around",
        hint="An index of -1 is the last place: what is outputs[:, t - 1] at t = 0?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "outputs[:, t], outputs[:, t - 1] if t > 0 else h0",
                "outputs[:, t], outputs[:, t - 1]",
            ),
        ],
    ),
    misconception(
        "gradient_of_h0_missing",
        hint="The walk ends in the state before the first step: what has arrived there?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return grad_x, grad_h, grad_w_x",
                "return grad_x, torch.zeros_like(h0), grad_w_x",
            ),
        ],
    ),
    misconception(
        "padding_moves_the_gradient",
        hint="Where a sequence has ended its state was copied: how does a gradient pass through a copy?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "grad_h = torch.where(running, grad_a @ w_h, grad_h)",
                "grad_h = grad_a @ w_h + torch.where(running, torch.zeros_like(h), grad_outputs[:, t])",
            ),
        ],
    ),
    misconception(
        "lengths_ignored",
        hint="Padding gets no gradient and gives none: where do the lengths enter?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "running = (t < lengths)[:, None]",
                "running = torch.ones_like(lengths, dtype=torch.bool)[:, None]",
            ),
        ],
    ),
    misconception(
        "slope_forgotten",
        hint="Between a state and the sum stands a tanh: where is its slope?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "(1 - h**2) * (grad_h + grad_outputs[:, t])",
                "grad_h + grad_outputs[:, t]",
            ),
        ],
    ),
    misconception(
        "outputs_added_after_the_slope",
        hint="Both gradients arrive at the state, before the tanh: which of them passes through its slope?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "(1 - h**2) * (grad_h + grad_outputs[:, t])",
                "(1 - h**2) * grad_h + grad_outputs[:, t]",
            ),
        ],
    ),
    misconception(
        "one_step_too_many",
        hint="Times run from 0 to the length minus 1: is t = length still a step of the sequence?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "running = (t < lengths)[:, None]",
                "running = (t <= lengths)[:, None]",
            ),
        ],
    ),
    misconception(
        "weights_transposed",
        hint="Forwards it was h @ w_h.T: which of w_h and w_h.T leads back?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "torch.where(running, grad_a @ w_h, grad_h)",
                "torch.where(running, grad_a @ w_h.T, grad_h)",
            ),
        ],
    ),
    misconception(
        "walks_forwards",
        hint="A state's gradient needs that of the state after it: at which step does your walk begin?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "for t in reversed(range(x.shape[1])):",
                "for t in range(x.shape[1]):",
            ),
        ],
    ),
    misconception(
        "mean_over_the_batch",
        hint="A loss is a sum over what each sequence adds: are the weights' gradients sums or means over the batch?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return grad_x, grad_h, grad_w_x, grad_w_h, grad_b",
                "return grad_x, grad_h, grad_w_x / len(x), grad_w_h / len(x), grad_b / len(x)",
            ),
        ],
    ),
    misconception(
        "bias_of_the_first_step",
        hint="The bias acts at every step: is its gradient added up over time?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "grad_b += grad_a.sum(dim=0)",
                "grad_b = grad_a.sum(dim=0)",
            ),
        ],
    ),
    misconception(
        "h0_gets_the_first_states_gradient",
        hint="Between h0 and the first state stand a tanh and w_h: has your gradient of h0 passed through them?",
        severity="partial",
        base="reference",
        edits=[
            after(
                "running = (t < lengths)[:, None]",
                "arrived = grad_h + grad_outputs[:, t]",
            ),
            edit(
                "return grad_x, grad_h, grad_w_x",
                "return grad_x, arrived, grad_w_x",
            ),
        ],
    ),
    misconception(
        "padding_counts_as_steps",
        hint="A step in the padding took no part: does your gradient pass through its tanh?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "torch.where(running, (1 - h**2) * (grad_h + grad_outputs[:, t]), torch.zeros_like(h))",
                "(1 - h**2) * (grad_h + grad_outputs[:, t])",
            ),
            edit(
                "torch.where(running, grad_a @ w_h, grad_h)",
                "grad_a @ w_h",
            ),
        ],
    ),
    misconception(
        "outputs_of_the_padding_collected",
        hint="Outputs in the padding are zeros that depend on nothing: does their gradient go into the state?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "torch.where(running, grad_a @ w_h, grad_h)",
                "torch.where(running, grad_a @ w_h, grad_h + grad_outputs[:, t])",
            ),
        ],
    ),
    misconception(
        "gradients_clipped",
        hint="Are these the gradients of the loss where they are large, or have you cut them?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return grad_x, grad_h, grad_w_x, grad_w_h, grad_b",
                """
                for grad in (grad_w_x, grad_w_h, grad_b):
                    grad.clamp_(-5, 5)
                return grad_x, grad_h, grad_w_x, grad_w_h, grad_b
                """,
            ),
        ],
    ),
    misconception(
        "bias_is_a_mean_over_time",
        hint="Every step adds to the gradient of the bias: is yours their sum, or their mean?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return grad_x, grad_h, grad_w_x, grad_w_h, grad_b",
                "return grad_x, grad_h, grad_w_x, grad_w_h, grad_b / x.shape[1]",
            ),
        ],
    ),
    misconception(
        "only_last_outputs",
        hint="The loss may look at the output of every step: whose gradients do you use?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "(grad_h + grad_outputs[:, t])",
                "(grad_h + grad_outputs[:, t] * (t == lengths - 1)[:, None])",
            ),
        ],
    ),
]
