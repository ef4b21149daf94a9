"""Wrong solutions of `deep_stacking_network` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

_FIT = "features = torch.cat([hidden, prediction, torch.ones(len(x), 1, dtype=x.dtype)], 1)"
_PREDICT = "prediction = torch.cat([hidden, prediction, torch.ones(len(x), 1, dtype=x.dtype)], 1) @ output"

MISCONCEPTIONS = [
    misconception(
        "prediction_not_among_the_features",
        hint="If the output layer does not see the prediction below, can it be worse than that?",
        severity="partial",
        edits=[
            edit(
                _FIT,
                "features = torch.cat([hidden, 0 * prediction, torch.ones(len(x), 1, dtype=x.dtype)], 1)",
            ),
        ],
    ),
    misconception(
        "prediction_not_among_the_inputs",
        hint="What does the hidden layer of a higher module see?",
        severity="partial",
        edits=[
            edit(
                "hidden = torch.sigmoid(torch.cat([x, prediction], 1) @ weight)",
                "hidden = torch.sigmoid(torch.cat([x, 0 * prediction], 1) @ weight)",
            ),
            edit(
                "hidden = torch.sigmoid(z @ weight)",
                "hidden = torch.sigmoid(torch.cat([x, 0 * prediction], 1) @ weight)",
            ),
        ],
    ),
    misconception(
        "targets_handed_up",
        hint="The next module sees the prediction; at test time nobody has the targets.",
        severity="partial",
        edits=[edit("prediction = features @ output_weights[-1]", "prediction = y")],
    ),
    misconception(
        "residuals_fitted",
        hint="Each module predicts the targets, not what is left over.",
        severity="partial",
        edits=[
            edit(
                "output_weights.append(least_squares(features, y))",
                "output_weights.append(least_squares(features, y - prediction if prediction.shape[1] else y))",
            )
        ],
    ),
    misconception(
        "constant_forgotten",
        hint="The output layer sees a constant 1: where is it?",
        severity="partial",
        edits=[
            edit(_FIT, _FIT.replace("torch.ones", "torch.zeros")),
            edit(_PREDICT, _PREDICT.replace("torch.ones", "torch.zeros")),
        ],
    ),
    misconception(
        "normal_equations_inverted",
        hint="What does the inverse do where two features are the same?",
        severity="slip",
        edits=[
            edit(
                "torch.linalg.pinv(features) @ y", "torch.linalg.inv(features.T @ features) @ features.T @ y"
            )
        ],
    ),
    misconception(
        "ridge",
        hint="Asked for is the smallest squared error: what does the term on the diagonal cost?",
        severity="partial",
        edits=[
            edit(
                "torch.linalg.pinv(features) @ y",
                "torch.linalg.solve(features.T @ features + 0.1 * torch.eye(features.shape[1], dtype=y.dtype), features.T @ y)",
            )
        ],
    ),
    misconception(
        "hidden_layer_linear",
        hint="Without a nonlinearity a stack of linear layers is a linear layer.",
        severity="partial",
        edits=[
            edit(
                "hidden = torch.sigmoid(torch.cat([x, prediction], 1) @ weight)",
                "hidden = torch.cat([x, prediction], 1) @ weight",
            ),
            edit("hidden = torch.sigmoid(z @ weight)", "hidden = z @ weight"),
        ],
    ),
    misconception(
        "only_the_last_prediction",
        hint="A prediction of each module comes back, from the bottom to the top.",
        severity="partial",
        edits=[edit("return predictions", "return predictions[-1:]")],
    ),
    misconception(
        "always_in_float64",
        hint="Features of float32 come in: which dtype have your weights?",
        severity="slip",
        edits=[
            edit(
                "return torch.linalg.pinv(features) @ y",
                "return torch.linalg.pinv(features.double()) @ y.double()",
            )
        ],
    ),
    misconception(
        "weak_ridge",
        hint="Asked for is the smallest squared error: what does the term on the diagonal cost?",
        severity="partial",
        edits=[
            edit(
                "torch.linalg.pinv(features) @ y",
                "torch.linalg.solve(features.T @ features + 1e-3 * torch.eye(features.shape[1], dtype=y.dtype), features.T @ y)",
            )
        ],
    ),
    misconception(
        "driver_for_full_rank",
        hint="Columns may depend on each other: what does the driver `gels` take for granted?",
        severity="slip",
        edits=[
            edit(
                "torch.linalg.pinv(features) @ y",
                'torch.linalg.lstsq(features, y, driver="gels").solution',
            )
        ],
    ),
    misconception(
        "small_singular_values_dropped",
        hint="A feature may be small and still count: which singular values do you drop?",
        severity="slip",
        edits=[edit("torch.linalg.pinv(features) @ y", "torch.linalg.pinv(features, rtol=1e-3) @ y")],
    ),
    misconception(
        "first_features_alone",
        hint="Where features outnumber samples, which of them reach the targets: are the first always enough?",
        severity="slip",
        edits=[
            edit(
                "return torch.linalg.pinv(features) @ y",
                """
                n = min(features.shape)
                U = torch.zeros(features.shape[1], y.shape[1], dtype=y.dtype)
                U[:n] = torch.linalg.pinv(features[:, :n]) @ y
                return U
                """,
            )
        ],
    ),
    misconception(
        "constant_before_the_prediction",
        hint="In which order do the formulas list the columns of phi, and in which do you?",
        severity="slip",
        edits=[
            edit(
                _FIT,
                _FIT.replace(
                    "prediction, torch.ones(len(x), 1, dtype=x.dtype)",
                    "torch.ones(len(x), 1, dtype=x.dtype), prediction",
                ),
            ),
            edit(
                _PREDICT,
                _PREDICT.replace(
                    "prediction, torch.ones(len(x), 1, dtype=x.dtype)",
                    "torch.ones(len(x), 1, dtype=x.dtype), prediction",
                ),
            ),
        ],
    ),
    misconception(
        "prediction_before_x",
        hint="In which order do the formulas list the columns of z, and in which do you?",
        severity="partial",
        edits=[
            edit(
                "hidden = torch.sigmoid(torch.cat([x, prediction], 1) @ weight)",
                "hidden = torch.sigmoid(torch.cat([prediction, x], 1) @ weight)",
            ),
            edit("z = torch.cat([x, prediction], 1)", "z = torch.cat([prediction, x], 1)"),
        ],
    ),
    misconception(
        "hyperbolic_tangent",
        hint="Which function is sigma in the formulas, and which one do you apply?",
        severity="partial",
        edits=[
            edit(
                "hidden = torch.sigmoid(torch.cat([x, prediction], 1) @ weight)",
                "hidden = torch.tanh(torch.cat([x, prediction], 1) @ weight)",
            ),
            edit("hidden = torch.sigmoid(z @ weight)", "hidden = torch.tanh(z @ weight)"),
        ],
    ),
    misconception(
        "prediction_rounded_to_a_class",
        hint="The next module sees the prediction itself: what do you make of it before you hand it on?",
        severity="partial",
        edits=[
            edit(
                "predictions.append(prediction)",
                """
                predictions.append(prediction)
                prediction = torch.eye(prediction.shape[1], dtype=x.dtype)[prediction.argmax(1)]
                """,
            )
        ],
    ),
    misconception(
        "first_prediction_handed_on",
        hint="A module sees the prediction of the module just below: of which module is yours?",
        severity="slip",
        base="recursive",
        edits=[
            edit("_phi(x, lower[-1:], hidden_weights[-1])", "_phi(x, lower[:1], hidden_weights[-1])"),
            edit("_phi(x, lower[-1:], weight)", "_phi(x, lower[:1], weight)"),
        ],
    ),
    misconception(
        "pseudo_inverse_of_the_squares",
        hint="The normal equations square the sizes of the features: which of them does pinv take for 0 then, in float32?",
        severity="slip",
        edits=[
            edit(
                "torch.linalg.pinv(features) @ y",
                "torch.linalg.pinv(features.T @ features) @ (features.T @ y)",
            )
        ],
    ),
    misconception(
        "faint_ridge",
        hint="A small feature's squares are as small as what you add to the diagonal: does it still count?",
        severity="slip",
        edits=[
            edit(
                "torch.linalg.pinv(features) @ y",
                "torch.linalg.solve(features.T @ features + 1e-8 * torch.eye(features.shape[1], dtype=y.dtype), features.T @ y)",
            )
        ],
    ),
    misconception(
        "fitted_in_float32",
        hint="Data of float64 have float64 digits: where do your features lose them?",
        severity="slip",
        edits=[
            edit("least_squares(features, y))", "least_squares(features.float(), y.float()).to(x.dtype))")
        ],
    ),
    misconception(
        "constant_first",
        hint="In which order do the formulas list the columns of phi, and in which do you?",
        severity="slip",
        edits=[
            edit(
                _FIT,
                _FIT.replace(
                    "[hidden, prediction, torch.ones(len(x), 1, dtype=x.dtype)]",
                    "[torch.ones(len(x), 1, dtype=x.dtype), hidden, prediction]",
                ),
            ),
            edit(
                _PREDICT,
                _PREDICT.replace(
                    "[hidden, prediction, torch.ones(len(x), 1, dtype=x.dtype)]",
                    "[torch.ones(len(x), 1, dtype=x.dtype), hidden, prediction]",
                ),
            ),
        ],
    ),
    misconception(
        "prediction_squashed",
        hint="The prediction itself is a feature of the next module: through which function does yours go first?",
        severity="partial",
        edits=[
            edit(_FIT, _FIT.replace("prediction,", "torch.sigmoid(prediction),")),
            edit(_PREDICT, _PREDICT.replace("prediction,", "torch.sigmoid(prediction),")),
        ],
    ),
]
