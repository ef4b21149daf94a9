"""Wrong solutions of `lstm_cell` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

MISCONCEPTIONS = [
    misconception(
        "gate_order_of_another_library",
        hint="PyTorch stacks its blocks as i, f, g, o: in which order do you cut them?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "i, f, g, o = (x @ w_x.T + h @ w_h.T + b).chunk(4, dim=1)",
                "i, f, o, g = (x @ w_x.T + h @ w_h.T + b).chunk(4, dim=1)",
            ),
        ],
    ),
    misconception(
        "gate_order_i_g_f_o",
        hint="The second block is the forget gate's: which one do you take for it?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "i, f, g, o = (x @ w_x.T + h @ w_h.T + b).chunk(4, dim=1)",
                "i, g, f, o = (x @ w_x.T + h @ w_h.T + b).chunk(4, dim=1)",
            ),
        ],
    ),
    misconception(
        "cell_state_squashed",
        hint="The cell state is added to and never squashed: through which tanh does yours go?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)",
                "c = torch.tanh(torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g))",
            ),
        ],
    ),
    misconception(
        "forget_gate_of_one_forgets",
        hint="A forget gate of 1 keeps the old cell: what does yours do at 1?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)",
                "c = (1 - torch.sigmoid(f)) * c + torch.sigmoid(i) * torch.tanh(g)",
            ),
        ],
    ),
    misconception(
        "input_gate_added",
        hint="The input gate says how much of the candidate goes in: do you multiply them or add them?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)",
                "c = torch.sigmoid(f) * c + (torch.sigmoid(i) + torch.tanh(g))",
            ),
        ],
    ),
    misconception(
        "candidate_is_a_sigmoid",
        hint="The candidate may be negative: which of the four is not a gate?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)",
                "c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.sigmoid(g)",
            ),
        ],
    ),
    misconception(
        "output_without_tanh",
        hint="The output gate shows the tanh of the cell: is yours squashed?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return torch.sigmoid(o) * torch.tanh(c), c",
                "return torch.sigmoid(o) * c, c",
            ),
        ],
    ),
    misconception(
        "h_and_c_swapped",
        hint="The hidden state comes first, then the cell state: in which order do you return them?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return torch.sigmoid(o) * torch.tanh(c), c",
                "return c, torch.sigmoid(o) * torch.tanh(c)",
            ),
        ],
    ),
    misconception(
        "output_of_the_old_cell",
        hint="h is made of the new cell state: of which one is yours?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)",
                "old, c = c, torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)",
            ),
            edit(
                "return torch.sigmoid(o) * torch.tanh(c), c",
                "return torch.sigmoid(o) * torch.tanh(old), c",
            ),
        ],
    ),
    misconception(
        "input_gate_coupled_to_forget",
        hint="Input gate and forget gate are two numbers: is one of yours made of the other?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)",
                "c = torch.sigmoid(f) * c + (1 - torch.sigmoid(f)) * torch.tanh(g)",
            ),
        ],
    ),
    misconception(
        "forget_bias_overwritten",
        hint="The forget gate's bias is what was asked for: is it still there when all biases have been set?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "b[hidden : 2 * hidden] = forget_bias",
                """
                b[hidden : 2 * hidden] = forget_bias
                b = torch.zeros_like(b)
                """,
            ),
        ],
    ),
    misconception(
        "forget_bias_in_the_first_block",
        hint="The blocks are i, f, g, o: which rows of the bias are the forget gate's?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "b[hidden : 2 * hidden] = forget_bias",
                "b[:hidden] = forget_bias",
            ),
        ],
    ),
    misconception(
        "start_scaled_by_the_inputs",
        hint="The bound is one over the root of H: which number do you take the root of?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "bound = 1 / math.sqrt(hidden)",
                "bound = 1 / math.sqrt(features)",
            ),
        ],
    ),
    misconception(
        "start_one_sided",
        hint="The weights lie between -1/sqrt(H) and 1/sqrt(H): may one of yours be negative?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "w_x = (2 * torch.rand(4 * hidden, features, generator=generator) - 1) * bound",
                "w_x = torch.rand(4 * hidden, features, generator=generator) * bound",
            ),
            edit(
                "w_h = (2 * torch.rand(4 * hidden, hidden, generator=generator) - 1) * bound",
                "w_h = torch.rand(4 * hidden, hidden, generator=generator) * bound",
            ),
        ],
    ),
    misconception(
        "global_seed_set_from_the_generator",
        hint="A generator moves on when it draws: do your weights come from it, or from its seed?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "w_x = (2 * torch.rand(4 * hidden, features, generator=generator) - 1) * bound",
                """
                torch.manual_seed(generator.initial_seed())
                w_x = (2 * torch.rand(4 * hidden, features) - 1) * bound
                """,
            ),
            edit(
                "w_h = (2 * torch.rand(4 * hidden, hidden, generator=generator) - 1) * bound",
                "w_h = (2 * torch.rand(4 * hidden, hidden) - 1) * bound",
            ),
        ],
    ),
    misconception(
        "one_added_to_the_forget_gate",
        hint="The forget gate is the sigmoid of its pre-activation alone: do you add 1 inside the step?",
        severity="partial",
        base="reference",
        edits=[edit("torch.sigmoid(f) * c", "torch.sigmoid(f + 1) * c")],
    ),
    misconception(
        "hard_sigmoid",
        hint="The gates are smooth sigmoids: do yours reach 0 and 1 exactly?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)",
                """
                i, f, o = (torch.clamp(gate / 6 + 0.5, 0, 1) for gate in (i, f, o))
                c = f * c + i * torch.tanh(g)
                """,
            ),
            edit("return torch.sigmoid(o) * torch.tanh(c), c", "return o * torch.tanh(c), c"),
        ],
    ),
    misconception(
        "start_draws_from_the_global_generator",
        hint="Equal generators give equal weights: who draws yours?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "w_h = (2 * torch.rand(4 * hidden, hidden, generator=generator) - 1) * bound",
                "w_h = (2 * torch.rand(4 * hidden, hidden) - 1) * bound",
            ),
        ],
    ),
    misconception(
        "batch_of_one_squeezed",
        hint="A batch of one sample is still a batch: which dimensions does squeeze() remove?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return torch.sigmoid(o) * torch.tanh(c), c",
                "return (torch.sigmoid(o) * torch.tanh(c)).squeeze(0), c.squeeze(0)",
            )
        ],
    ),
    misconception(
        "one_draw_for_all_blocks",
        hint="Every weight is drawn by itself: are your four blocks the same numbers?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "w_h = (2 * torch.rand(4 * hidden, hidden, generator=generator) - 1) * bound",
                "w_h = ((2 * torch.rand(hidden, hidden, generator=generator) - 1) * bound).repeat(4, 1)",
            ),
        ],
    ),
    misconception(
        "forget_bias_halved",
        hint="There is one bias vector here, not two: how much of the forget bias do you write?",
        severity="slip",
        base="reference",
        edits=[edit("= forget_bias", "= forget_bias / 2")],
    ),
    misconception(
        "one_block_repeated",
        hint="Every weight is drawn by itself: are your four blocks the same numbers?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "w_x = (2 * torch.rand(4 * hidden, features, generator=generator) - 1) * bound",
                "w_x = ((2 * torch.rand(hidden, features, generator=generator) - 1) * bound).repeat(4, 1)",
            ),
            edit(
                "w_h = (2 * torch.rand(4 * hidden, hidden, generator=generator) - 1) * bound",
                "w_h = ((2 * torch.rand(hidden, hidden, generator=generator) - 1) * bound).repeat(4, 1)",
            ),
        ],
    ),
]
