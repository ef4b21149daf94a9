"""Wrong solutions of `account` that students write, each an edit of the reference."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "batch_multiplies_work",
        hint="Multiply-adds are asked for one image: what does the batch multiply?",
        severity="slip",
        edits=[
            edit('"multiply_adds": multiply_adds,', '"multiply_adds": multiply_adds * batch,'),
        ],
    ),
    misconception(
        "bias_always",
        hint="A layer may have no bias: where do you look at the setting?",
        severity="slip",
        edits=[
            edit(
                'weights + layer.get("bias", True) * layer["out"], weights', 'weights + layer["out"], weights'
            ),
            edit(
                'parameters = weights + layer.get("bias", True) * layer["out"]',
                'parameters = weights + layer["out"]',
            ),
        ],
    ),
    misconception(
        "bias_counted_as_work",
        hint="By the convention of the card, does a bias cost multiply-adds?",
        severity="partial",
        edits=[
            edit(
                "return parameters, weights * height * width,",
                "return parameters, parameters * height * width,",
            ),
            edit(
                'layer["out"], weights, (layer',
                'layer["out"], weights + layer.get("bias", True) * layer["out"], (layer',
            ),
        ],
    ),
    misconception(
        "groups_ignored",
        hint="Of how many input channels does a kernel read, where there are groups?",
        severity="slip",
        edits=[
            edit('(channels // layer.get("groups", 1))', "channels"),
        ],
    ),
    misconception(
        "input_counted_as_activation",
        hint="Activations are what layers put out: is the image put out by a layer?",
        severity="slip",
        edits=[
            edit(
                "parameters = multiply_adds = numbers = 0",
                """
                parameters = multiply_adds = 0
                numbers = math.prod(shape)
                """,
            ),
        ],
    ),
    misconception(
        "one_place_only",
        hint="At how many places is each weight of a convolution used?",
        severity="partial",
        edits=[
            edit("weights * height * width,", "weights,"),
        ],
    ),
    misconception(
        "places_of_the_input",
        hint="A weight is used at every place of the *output*: how many are there after a stride?",
        severity="partial",
        edits=[
            edit(
                'kernel, stride, padding = layer["kernel"], layer.get("stride", 1), layer.get("padding", 0)',
                """
                places = height * width
                kernel, stride, padding = layer["kernel"], layer.get("stride", 1), layer.get("padding", 0)
                """,
            ),
            edit("weights * height * width,", "weights * places,"),
        ],
    ),
    misconception(
        "running_statistics_counted",
        hint="Does a gradient change the running mean? Count only what training changes.",
        severity="slip",
        edits=[
            edit("2 * channels if kind", "4 * channels if kind"),
        ],
    ),
    misconception(
        "same_padding_assumed",
        hint="How does the output's size follow from kernel, stride and padding?",
        severity="partial",
        edits=[
            edit(
                "((size + 2 * padding - kernel) // stride + 1 for size in", "(-(-size // stride) for size in"
            ),
        ],
    ),
    misconception(
        "size_rounded_up",
        hint="A window that does not fit any more is dropped: floor or ceiling?",
        severity="partial",
        edits=[
            edit(
                "(size + 2 * padding - kernel) // stride + 1",
                "-(-(size + 2 * padding - kernel) // stride) + 1",
            ),
        ],
    ),
    misconception(
        "square_only",
        hint="Do rows and columns always agree?",
        severity="partial",
        edits=[
            edit("for size in (height, width))", "for size in (height, height))"),
        ],
    ),
    misconception(
        "unknown_kind_passed_on",
        hint="A kind that is not in the table: what does the card say must happen?",
        severity="slip",
        edits=[
            edit('raise ValueError(f"there is no layer of kind {kind!r}")', "return 0, 0, shape"),
        ],
    ),
    misconception(
        "work_without_groups",
        hint="Groups make a kernel thinner: does it multiply fewer numbers at each place, or only hold fewer?",
        severity="slip",
        edits=[
            edit(
                "return parameters, weights * height * width,",
                'return parameters, weights * layer.get("groups", 1) * height * width,',
            ),
        ],
    ),
    misconception(
        "both_channels_divided",
        hint="Each group has its own kernels: over all groups together, how many kernels are there?",
        severity="slip",
        edits=[
            edit(
                'layer["out"] * (channels // layer.get("groups", 1))',
                'layer["out"] // layer.get("groups", 1) * (channels // layer.get("groups", 1))',
            ),
        ],
    ),
    misconception(
        "stride_of_pool_is_kernel",
        hint="A pooling without a stride in its entry: which stride does the card's table give it?",
        severity="slip",
        edits=[
            edit(
                'layer.get("stride", 1), layer.get("padding", 0)',
                'layer.get("stride", layer["kernel"] if kind == "pool" else 1), layer.get("padding", 0)',
            ),
        ],
    ),
    misconception(
        "pool_rounds_up",
        hint="Does a pooling treat a window that does not fit as a convolution does?",
        severity="slip",
        edits=[
            edit(
                "height, width = ((size + 2 * padding - kernel) // stride + 1 for size in (height, width))",
                """
                up = stride - 1 if kind == "pool" else 0
                height, width = ((size + 2 * padding - kernel + up) // stride + 1 for size in (height, width))
                """,
            ),
        ],
    ),
    misconception(
        "relu_in_place",
        hint="Activations are the outputs of all layers: which kind do you leave out?",
        severity="slip",
        edits=[
            edit(
                "numbers += math.prod(shape)",
                'numbers += math.prod(shape) if layer["kind"] != "relu" else 0',
            ),
        ],
    ),
    misconception(
        "last_output_not_counted",
        hint="Activations are the outputs of all layers: is the last one among yours?",
        severity="slip",
        edits=[
            edit(
                "numbers += math.prod(shape)",
                "numbers += math.prod(shape) if layer is not layers[-1] else 0",
            ),
        ],
    ),
    misconception(
        "two_for_each",
        hint="A multiply-add is one multiplication with its addition: do you count it once?",
        severity="partial",
        edits=[
            edit(
                "weights * height * width,",
                "2 * weights * height * width,",
            ),
            edit(
                'layer["out"], weights, (layer',
                'layer["out"], 2 * weights, (layer',
            ),
        ],
    ),
    misconception(
        "dense_bias_always",
        hint="Which kinds of layers may have no bias, by the card's table?",
        severity="slip",
        edits=[
            edit(
                'weights + layer.get("bias", True) * layer["out"], weights',
                'weights + layer["out"], weights',
            ),
        ],
    ),
    misconception(
        "kinds_that_look_alike",
        hint="Do you ask for the kind itself, or for a part of its name or its entries?",
        severity="slip",
        edits=[
            edit('kind in ("norm", "relu")', 'kind.endswith("norm") or kind == "relu"'),
            edit('kind == "global_pool"', 'kind.startswith("global")'),
            edit('kind not in ("conv", "pool")', '"kernel" not in layer'),
            edit('if kind == "pool":', 'if kind != "conv":'),
        ],
    ),
    misconception(
        "padding_of_pool_ignored",
        hint="A pooling may have a padding too: where is it in your size?",
        severity="slip",
        edits=[
            edit('layer.get("padding", 0)', 'layer.get("padding", 0) if kind == "conv" else 0'),
        ],
    ),
    misconception(
        "square_convolutions",
        hint="Do the rows and columns of a convolution's output always agree?",
        severity="partial",
        edits=[
            edit(
                """
                if kind == "pool":
                    return 0, 0, (channels, height, width)
                """,
                """
                if kind == "pool":
                    return 0, 0, (channels, height, width)
                width = height
                """,
            ),
        ],
    ),
]
