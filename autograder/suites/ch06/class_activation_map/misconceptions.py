"""Wrong solutions of `class_activation_map` that students write, each an edit of the reference."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "above_only",
        hint="At least the bar, or above it?",
        severity="slip",
        edits=[
            edit("heat >= share", "heat > share"),
        ],
    ),
    misconception(
        "absolute_threshold",
        hint="Is the share itself the bar?",
        severity="slip",
        edits=[
            edit("heat >= share * heat.max()", "heat >= share"),
        ],
    ),
    misconception(
        "box_as_x_y",
        hint="Rows first: top, left, bottom, right.",
        severity="slip",
        edits=[
            edit(
                "int(rows.min()), int(columns.min()), int(rows.max()), int(columns.max())",
                "int(columns.min()), int(rows.min()), int(columns.max()), int(rows.max())",
            ),
        ],
    ),
    misconception(
        "box_ends_excluded",
        hint="Both ends belong to the box: by how much do yours differ?",
        severity="slip",
        edits=[
            edit("int(rows.max()), int(columns.max())", "int(rows.max()) + 1, int(columns.max()) + 1"),
        ],
    ),
    misconception(
        "detached",
        hint="Can a gradient pass through your map?",
        severity="slip",
        edits=[
            edit(
                'return torch.einsum("nchw,nc->nhw", features, weight[labels])',
                'return torch.einsum("nchw,nc->nhw", features.detach(), weight.detach()[labels])',
            ),
        ],
    ),
    misconception(
        "largest_logit_not_label",
        hint="Which class is asked about, the likeliest or the label's?",
        severity="partial",
        edits=[
            edit("weight[labels])", "weight[(features.mean((2, 3)) @ weight.T).argmax(1)])"),
        ],
    ),
    misconception(
        "mean_over_channels",
        hint="The logit is a sum over channels: is your map a mean?",
        severity="partial",
        edits=[
            edit(
                'return torch.einsum("nchw,nc->nhw", features, weight[labels])',
                'return torch.einsum("nchw,nc->nhw", features, weight[labels]) / features.shape[1]',
            ),
        ],
    ),
    misconception(
        "normalised_map",
        hint="The map is the raw one: can its mean still be the logit after rescaling?",
        severity="partial",
        edits=[
            edit(
                'return torch.einsum("nchw,nc->nhw", features, weight[labels])',
                """
                heat = torch.einsum("nchw,nc->nhw", features, weight[labels])
                return heat / heat.amax((1, 2), keepdim=True)
                """,
            ),
        ],
    ),
    misconception(
        "one_label_for_all",
        hint="Each image has a label of its own.",
        severity="partial",
        edits=[
            edit("weight[labels])", "weight[labels[:1]].expand(len(features), -1))"),
        ],
    ),
    misconception(
        "plain_mean_of_features",
        hint="The map weighs each channel by what it means for the class.",
        severity="partial",
        edits=[
            edit('torch.einsum("nchw,nc->nhw", features, weight[labels])', "features.mean(1)"),
        ],
    ),
    misconception(
        "relu_on_the_map",
        hint="The map is the raw one: what does a cut at 0 do to its mean?",
        severity="partial",
        edits=[
            edit("weight[labels])", "weight[labels]).relu()"),
        ],
    ),
    misconception(
        "share_of_the_range",
        hint="A share of the largest value: where does the smallest come in?",
        severity="slip",
        edits=[
            edit("heat >= share * heat.max()", "heat >= heat.min() + share * (heat.max() - heat.min())"),
        ],
    ),
    misconception(
        "weights_transposed",
        hint="A row of the dense layer's weight belongs to a class, a column to a channel.",
        severity="partial",
        edits=[
            edit("weight[labels])", "weight.T.reshape(weight.shape)[labels])"),
        ],
    ),
    misconception(
        "first_and_last_pixel",
        hint="Pixels come row by row: is the first one also the leftmost, and the last one the rightmost?",
        severity="slip",
        edits=[
            edit(
                "int(rows.min()), int(columns.min()), int(rows.max()), int(columns.max())",
                "int(rows[0]), int(columns[0]), int(rows[-1]), int(columns[-1])",
            ),
        ],
    ),
    misconception(
        "values_without_sign",
        hint="A strongly negative value: is it at least a share of the largest one?",
        severity="slip",
        edits=[
            edit("(heat >= share", "(heat.abs() >= share"),
        ],
    ),
    misconception(
        "weights_detached",
        hint="Gradients reach features and weights: do both of yours?",
        severity="slip",
        edits=[
            edit("weight[labels])", "weight.detach()[labels])"),
        ],
    ),
    misconception(
        "rounded_to_levels",
        hint="A value just below the bar: do you compare it as it is, or rounded?",
        severity="slip",
        edits=[
            edit(
                "(heat >= share * heat.max())",
                "((255 * heat / heat.max()).round() >= share * 255)",
            ),
        ],
    ),
]
