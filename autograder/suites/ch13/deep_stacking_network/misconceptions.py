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
]
