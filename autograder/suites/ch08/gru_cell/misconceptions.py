"""Wrong solutions of `gru_cell` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

MISCONCEPTIONS = [
    misconception(
        "update_gate_takes_the_new",
        hint="Here z = 1 keeps the old state: what comes out of your last line at z = 1?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "return (1 - z) * n + z * h",
                "return z * n + (1 - z) * h",
            ),
        ],
    ),
    misconception(
        "reset_before_the_product",
        hint="In PyTorch the reset gate multiplies after the matrix product: what does yours multiply?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "n = torch.tanh(n_x + r * n_h)",
                "n = torch.tanh(n_x + (r * h) @ w_h[2 * h.shape[1] :].T + b_h[2 * h.shape[1] :])",
            ),
        ],
    ),
    misconception(
        "reset_gate_unused",
        hint="The reset gate decides what the candidate sees of the old state: where is it in yours?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "n = torch.tanh(n_x + r * n_h)",
                "n = torch.tanh(n_x + n_h)",
            ),
        ],
    ),
    misconception(
        "reset_spares_the_bias",
        hint="The second bias of the candidate stands inside the bracket: is it multiplied by the reset gate?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "n = torch.tanh(n_x + r * n_h)",
                "n = torch.tanh(n_x + r * (n_h - b_h[2 * h.shape[1] :]) + b_h[2 * h.shape[1] :])",
            ),
        ],
    ),
    misconception(
        "gates_in_the_other_order",
        hint="The blocks are r, z, n: which one do you cut first?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "r_x, z_x, n_x = (x",
                "z_x, r_x, n_x = (x",
            ),
            edit(
                "r_h, z_h, n_h = (h",
                "z_h, r_h, n_h = (h",
            ),
        ],
    ),
    misconception(
        "reset_in_the_interpolation",
        hint="The reset gate belongs to the candidate alone: does it reach the last line too?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "return (1 - z) * n + z * h",
                "return (1 - z) * n + z * (r * h)",
            ),
        ],
    ),
    misconception(
        "candidate_is_a_sigmoid",
        hint="The new state may be negative: what do you squash the candidate with?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "n = torch.tanh(n_x + r * n_h)",
                "n = torch.sigmoid(n_x + r * n_h)",
            ),
        ],
    ),
    misconception(
        "second_biases_forgotten",
        hint="There are two bias vectors: where does the second one enter?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "(h @ w_h.T + b_h)",
                "(h @ w_h.T)",
            ),
        ],
    ),
    misconception(
        "reset_multiplies_the_input_too",
        hint="The reset gate is for the old state: does it also shut the input out?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "n = torch.tanh(n_x + r * n_h)",
                "n = torch.tanh(r * (n_x + n_h))",
            ),
        ],
    ),
    misconception(
        "blocks_of_h_in_another_order",
        hint="Both products have the blocks r, z, n: in which order do you cut that of h?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "r_h, z_h, n_h =",
                "z_h, r_h, n_h =",
            ),
        ],
    ),
    misconception(
        "bias_of_h_added_twice",
        hint="Each bias belongs to one product: is that of h in yours twice?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "(x @ w_x.T + b_x)",
                "(x @ w_x.T + b_x + b_h)",
            ),
        ],
    ),
    misconception(
        "gates_without_the_bias_of_h",
        hint="All three blocks of h have a bias: is it in your two gates?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "r, z = torch.sigmoid(r_x + r_h), torch.sigmoid(z_x + z_h)",
                """
                b_r, b_z, _ = b_h.chunk(3)
                r, z = torch.sigmoid(r_x + r_h - b_r), torch.sigmoid(z_x + z_h - b_z)
                """,
            ),
        ],
    ),
    misconception(
        "update_gate_sees_the_reset",
        hint="The reset gate belongs to the candidate alone: does your update gate see it too?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "r, z = torch.sigmoid(r_x + r_h), torch.sigmoid(z_x + z_h)",
                """
                r = torch.sigmoid(r_x + r_h)
                z = torch.sigmoid(z_x + r * z_h)
                """,
            ),
        ],
    ),
    misconception(
        "hard_sigmoid",
        hint="The gates are smooth sigmoids: do yours reach 0 and 1 exactly?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "r, z = torch.sigmoid(r_x + r_h), torch.sigmoid(z_x + z_h)",
                """
                r = (0.2 * (r_x + r_h) + 0.5).clamp(0, 1)
                z = (0.2 * (z_x + z_h) + 0.5).clamp(0, 1)
                """,
            ),
        ],
    ),
    misconception(
        "sigmoid_of_bare_exponentials",
        hint="exp of a number above 88 is infinite in float32: what does your own sigmoid divide then?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "r, z = torch.sigmoid(r_x + r_h), torch.sigmoid(z_x + z_h)",
                """
                r, z = torch.exp(r_x + r_h), torch.exp(z_x + z_h)
                r, z = r / (1 + r), z / (1 + z)
                """,
            ),
        ],
    ),
]
