"""Wrong solutions of `gradient_flow` that students write, each an edit of a right one."""

from autograder.testing import after, edit, misconception

MISCONCEPTIONS = [
    misconception(
        "frobenius_norm",
        hint="The spectral norm is the largest singular value: which norm do you take?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "torch.linalg.matrix_norm(jacobian, ord=2)",
                "torch.linalg.matrix_norm(jacobian)",
            ),
        ],
    ),
    misconception(
        "radius_instead_of_norm",
        hint="The norm of a product is a largest singular value, not a largest eigenvalue: which do you take?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "torch.linalg.matrix_norm(jacobian, ord=2)",
                "torch.linalg.eigvals(jacobian).abs().max()",
            ),
        ],
    ),
    misconception(
        "slopes_in_forward_order",
        hint="At lag 1 the last step's slope counts: with which do you begin?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "slopes.flip(0)",
                "slopes",
            ),
        ],
    ),
    misconception(
        "slope_on_the_other_side",
        hint="The step multiplies by W first and by the slope after it: which rows or columns does the slope scale?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "slope[:, None] * w_h",
                "slope[None, :] * w_h",
            ),
        ],
    ),
    misconception(
        "slopes_ignored",
        hint="An activation has a slope at every step: where does it enter?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "(slope[:, None] * w_h)",
                "w_h",
            ),
        ],
    ),
    misconception(
        "one_lag_too_late",
        hint="At lag 0 the derivative is the identity: what is your first norm?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                """
                norms.append(torch.linalg.matrix_norm(jacobian, ord=2))
                jacobian = jacobian @ (slope[:, None] * w_h)
                """,
                """
                jacobian = jacobian @ (slope[:, None] * w_h)
                norms.append(torch.linalg.matrix_norm(jacobian, ord=2))
                """,
            ),
        ],
    ),
    misconception(
        "products_the_other_way",
        hint="Matrices do not commute: on which side does the factor of an earlier step stand?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "jacobian @ (slope[:, None] * w_h)",
                "(slope[:, None] * w_h) @ jacobian",
            ),
        ],
    ),
    misconception(
        "norm_scaled_to_the_radius",
        hint="The radius is the largest eigenvalue in absolute value: did you scale the norm?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "torch.linalg.eigvals(w).abs().max()",
                "torch.linalg.matrix_norm(w, ord=2)",
            ),
        ],
    ),
    misconception(
        "real_parts_only",
        hint="Eigenvalues are complex: what is the absolute value of one whose real part is small?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "torch.linalg.eigvals(w).abs().max()",
                "torch.linalg.eigvals(w).real.max()",
            ),
        ],
    ),
    misconception(
        "signs_of_r_forgotten",
        hint="QR fixes signs by a rule of its own: are all orthogonal matrices equally likely?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "q * r.diagonal().sign()",
                "q * r.diagonal().sign().abs()",
            ),
        ],
    ),
    misconception(
        "columns_normalised",
        hint="Columns of length 1 need not stand at right angles: what does W^T W give?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                """
                q, r = torch.linalg.qr(torch.randn(hidden, hidden, generator=generator))
                return q * r.diagonal().sign()
                """,
                """
                w = torch.randn(hidden, hidden, generator=generator)
                return w / w.norm(dim=0)
                """,
            ),
        ],
    ),
    misconception(
        "generator_ignored",
        hint="The same generator must give the same matrix in every run: from where do your numbers come?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "w = torch.randn(hidden, hidden, generator=generator)",
                "w = torch.randn(hidden, hidden)",
            ),
            edit(
                "torch.linalg.qr(torch.randn(hidden, hidden, generator=generator))",
                "torch.linalg.qr(torch.randn(hidden, hidden))",
            ),
        ],
    ),
    misconception(
        "uniform_numbers",
        hint="The matrix is one of normal numbers: which distribution has yours?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "w = torch.randn(hidden, hidden, generator=generator)",
                "w = torch.rand(hidden, hidden, generator=generator) - 0.5",
            ),
        ],
    ),
    misconception(
        "radius_ignored",
        hint="The radius is an argument: where does yours enter?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "w * (radius / torch",
                "w * (1.0 / torch",
            ),
        ],
    ),
    misconception(
        "symmetric_start",
        hint="A matrix of independent normal numbers is not symmetric: are your entries independent?",
        severity="slip",
        base="reference",
        edits=[
            after(
                "w = torch.randn(hidden, hidden, generator=generator)",
                "w = (w + w.T) / 2",
            ),
        ],
    ),
    misconception(
        "weights_transposed",
        hint="The next state is made from W_h h: is your factor W_h, or its transpose?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "(slope[:, None] * w_h)",
                "(slope[:, None] * w_h.T)",
            ),
        ],
    ),
    misconception(
        "norms_multiplied",
        hint="A product of norms is only a bound: of which matrix is the norm asked for?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                """
                norms.append(torch.linalg.matrix_norm(jacobian, ord=2))
                jacobian = jacobian @ (slope[:, None] * w_h)
                """,
                """
                norms.append(torch.linalg.matrix_norm(jacobian, ord=2) * (norms[-1] if norms else 1))
                jacobian = slope[:, None] * w_h
                """,
            ),
        ],
    ),
    misconception(
        "orthogonal_start_ignores_the_generator",
        hint="Every draw comes from the generator: from where do the numbers of orthogonal_start come?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "torch.linalg.qr(torch.randn(hidden, hidden, generator=generator))",
                "torch.linalg.qr(torch.randn(hidden, hidden))",
            ),
        ],
    ),
    misconception(
        "seeded_anew_at_each_call",
        hint="A generator goes on from call to call: what does seeding by its first seed give the second time?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "w = torch.randn(hidden, hidden, generator=generator)",
                """
                torch.manual_seed(generator.initial_seed())
                w = torch.randn(hidden, hidden)
                """,
            ),
            edit(
                "q, r = torch.linalg.qr(torch.randn(hidden, hidden, generator=generator))",
                """
                torch.manual_seed(generator.initial_seed())
                q, r = torch.linalg.qr(torch.randn(hidden, hidden))
                """,
            ),
        ],
    ),
    misconception(
        "frobenius_norm_but_the_first",
        hint="The spectral norm is the largest singular value: which norm of the product do you take?",
        severity="partial",
        base="reference",
        edits=[
            edit("matrix_norm(jacobian, ord=2)", 'matrix_norm(jacobian, ord="fro" if norms else 2)'),
        ],
    ),
    misconception(
        "global_seeded_by_the_generator",
        hint="A second call with the same generator draws other numbers: does yours move the generator on?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "q, r = torch.linalg.qr(torch.randn(hidden, hidden, generator=generator))",
                """
                torch.manual_seed(generator.initial_seed())
                q, r = torch.linalg.qr(torch.randn(hidden, hidden))
                """,
            ),
        ],
    ),
    misconception(
        "start_in_float64",
        hint="Of which dtype are the weights that you return?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "w = torch.randn(hidden, hidden, generator=generator)",
                "w = torch.randn(hidden, hidden, generator=generator, dtype=torch.float64)",
            ),
        ],
    ),
]
