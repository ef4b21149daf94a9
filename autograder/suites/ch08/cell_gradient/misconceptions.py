"""Wrong solutions of `cell_gradient` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

MISCONCEPTIONS = [
    misconception(
        "first_gate_counted",
        hint="The first gate acts on what came before the first cell: in which of your products is it?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return torch.cat([ones, forget[1:].flip(0)]).cumprod(dim=0)",
                "return forget.flip(0).cumprod(dim=0)",
            ),
        ],
    ),
    misconception(
        "products_from_the_front",
        hint="Lag 1 has the last gate in it: with which end does your product begin?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "torch.cat([ones, forget[1:].flip(0)]).cumprod(dim=0)",
                "torch.cat([ones, forget[1:]]).cumprod(dim=0)",
            ),
        ],
    ),
    misconception(
        "lags_in_the_order_of_time",
        hint="Row 0 is lag 0, the last state in itself: in which order are your rows?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "cumprod(dim=0)",
                "cumprod(dim=0).flip(0)",
            ),
        ],
    ),
    misconception(
        "gates_summed",
        hint="The chain rule multiplies: do you add the gates up?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "cumprod(dim=0)",
                "cumsum(dim=0)",
            ),
        ],
    ),
    misconception(
        "forget_derivative_missing",
        hint="A sigmoid with the value f has the slope f (1 - f): what is the slope in yours?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "grad_f = inner * c_before * f * (1 - f)",
                "grad_f = inner * c_before * f",
            ),
            edit(
                "grad_i = inner * g * i * (1 - i)",
                "grad_i = inner * g * i",
            ),
            edit(
                "grad_o = grad_h * squashed * o * (1 - o)",
                "grad_o = grad_h * squashed * o",
            ),
        ],
    ),
    misconception(
        "gate_gradients_copied",
        hint="Each gate has its own factor in the formula: whose have you used for the input gate?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "grad_i = inner * g * i * (1 - i)",
                "grad_i = inner * c_before * f * (1 - f)",
            ),
        ],
    ),
    misconception(
        "cell_has_one_way_only",
        hint="The cell is handed on and shown through h: how many gradients arrive at it in yours?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "inner = grad_c + grad_h * o * (1 - squashed**2)",
                "inner = grad_h * o * (1 - squashed**2)",
            ),
        ],
    ),
    misconception(
        "slope_of_tanh_missing",
        hint="h is o times tanh of the cell: where is the slope of that tanh?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "inner = grad_c + grad_h * o * (1 - squashed**2)",
                "inner = grad_c + grad_h * o",
            ),
        ],
    ),
    misconception(
        "candidate_has_the_slope_of_a_sigmoid",
        hint="The candidate is a tanh: which slope do you give it?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "grad_g = inner * i * (1 - g**2)",
                "grad_g = inner * i * g * (1 - g)",
            ),
        ],
    ),
    misconception(
        "cell_before_gets_no_gate",
        hint="c = f times the old cell plus more: by what is the gradient multiplied on its way back?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "dim=1), inner * f",
                "dim=1), inner",
            ),
        ],
    ),
    misconception(
        "cell_gradient_of_c_alone",
        hint="What reaches the old cell has both ways in it: is grad_c alone what you send back?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "dim=1), inner * f",
                "dim=1), grad_c * f",
            ),
        ],
    ),
    misconception(
        "half_life_is_a_time_constant",
        hint="A half, not 1/e, is left after the half-life: which number do you take the root of?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "forget = 0.5 ** (1 / steps)",
                "forget = math.exp(-1 / steps)",
            ),
        ],
    ),
    misconception(
        "half_life_gate_returned",
        hint="The bias is asked for, not the gate: which function leads back from sigmoid?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return math.log(forget / (1 - forget))",
                "return forget",
            ),
        ],
    ),
    misconception(
        "old_cell_and_new_confused",
        hint="The forget gate multiplies the cell before the step: which one does its gradient hold?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "grad_f = inner * c_before * f * (1 - f)",
                "grad_f = inner * c * f * (1 - f)",
            ),
        ],
    ),
    misconception(
        "forget_slope_alone_missing",
        hint="Every gate is a sigmoid of its pre-activation: by which slope do you multiply at the forget gate?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "grad_f = inner * c_before * f * (1 - f)",
                "grad_f = inner * c_before * f",
            ),
        ],
    ),
    misconception(
        "output_gate_from_the_cell",
        hint="The output gate acts on h alone: which gradient do you multiply for its block?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "grad_o = grad_h * squashed * o * (1 - o)",
                "grad_o = inner * squashed * o * (1 - o)",
            ),
        ],
    ),
    misconception(
        "slope_of_tanh_at_the_wrong_number",
        hint="The slope of tanh is 1 minus the square of its result: of which number do you take the square?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "inner = grad_c + grad_h * o * (1 - squashed**2)",
                "inner = grad_c + grad_h * o * (1 - c**2)",
            ),
        ],
    ),
    misconception(
        "blocks_in_another_order",
        hint="The blocks stand as i, f, g, o: in which order do you join them?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "torch.cat([grad_i, grad_f, grad_g, grad_o], dim=1)",
                "torch.cat([grad_i, grad_f, grad_o, grad_g], dim=1)",
            ),
        ],
    ),
    misconception(
        "products_from_the_first_gate",
        hint="Lag 1 has the last gate in it: with which gate do your products begin?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "torch.cat([ones, forget[1:].flip(0)]).cumprod(dim=0)",
                "torch.cat([ones, forget[:-1]]).cumprod(dim=0)",
            ),
        ],
    ),
    misconception(
        "half_life_of_a_step_at_least",
        hint="The half-life may be a tenth of a step: what does yours make of one below 1?",
        severity="slip",
        base="reference",
        edits=[edit("forget = 0.5 ** (1 / steps)", "forget = 0.5 ** (1 / max(steps, 1.0))")],
    ),
    misconception(
        "quotient_of_products",
        hint="A forget gate may be 0: what is a quotient of two products then?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return torch.cat([ones, forget[1:].flip(0)]).cumprod(dim=0)",
                """
                products = forget.cumprod(dim=0)
                return (products[-1] / products).flip(0)
                """,
            ),
        ],
    ),
    misconception(
        "values_squashed_again",
        hint="The gates are handed in after sigmoid and tanh: do you apply them once more?",
        severity="slip",
        base="reference",
        edits=[
            edit("grad_i = inner * g * i * (1 - i)", "grad_i = inner * g * i.sigmoid() * (1 - i.sigmoid())"),
            edit(
                "grad_f = inner * c_before * f * (1 - f)",
                "grad_f = inner * c_before * f.sigmoid() * (1 - f.sigmoid())",
            ),
            edit("grad_g = inner * i * (1 - g**2)", "grad_g = inner * i * (1 - g.tanh() ** 2)"),
            edit(
                "grad_o = grad_h * squashed * o * (1 - o)",
                "grad_o = grad_h * squashed * o.sigmoid() * (1 - o.sigmoid())",
            ),
        ],
    ),
]
