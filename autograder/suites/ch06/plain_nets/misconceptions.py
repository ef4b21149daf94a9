"""Wrong solutions of `plain_nets` that students write, each an edit of the reference."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "alexnet_pools_2x2",
        hint="AlexNet's poolings overlap: which window, which stride?",
        severity="slip",
        edits=[
            edit(
                "nn.Conv2d(w, 3 * w, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(3, 2)",
                "nn.Conv2d(w, 3 * w, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(2, 2)",
            ),
        ],
    ),
    misconception(
        "average_pooling",
        hint="Largest value or mean: how do AlexNet and VGG pool?",
        severity="partial",
        edits=[
            edit("nn.Sequential(*layers, nn.MaxPool2d(2))", "nn.Sequential(*layers, nn.AvgPool2d(2))"),
            edit(
                "nn.Sequential(nn.Conv2d(3, w, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2))",
                "nn.Sequential(nn.Conv2d(3, w, 11, 4, 2), nn.ReLU(), nn.AvgPool2d(3, 2))",
            ),
        ],
    ),
    misconception(
        "dropout_before_last_in_alexnet",
        hint="AlexNet has dropout before its first two dense layers: where is yours?",
        severity="slip",
        edits=[
            edit(
                """
                *(nn.Dropout(dropout), nn.Linear(4 * w * 36, 64 * w), nn.ReLU()),
                *(nn.Dropout(dropout), nn.Linear(64 * w, 64 * w), nn.ReLU()),
                """,
                """
                *(nn.Linear(4 * w * 36, 64 * w), nn.ReLU(), nn.Dropout(dropout)),
                *(nn.Linear(64 * w, 64 * w), nn.ReLU(), nn.Dropout(dropout)),
                """,
            ),
        ],
    ),
    misconception(
        "dropout_never",
        hint="Where does dropout stand, and when does it act?",
        severity="slip",
        edits=[
            edit(
                """
                *(nn.Linear(widths[-1] * side * side, hidden), nn.ReLU(), nn.Dropout(dropout)),
                *(nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(dropout)),
                """,
                """
                *(nn.Linear(widths[-1] * side * side, hidden), nn.ReLU()),
                *(nn.Linear(hidden, hidden), nn.ReLU()),
                """,
            ),
        ],
    ),
    misconception(
        "no_padding",
        hint="A 3x3 window keeps the size only with padding: how much?",
        severity="serious",
        edits=[
            edit("c_out, 3, padding=1), nn.ReLU()]", "c_out, 3), nn.ReLU()]"),
        ],
    ),
    misconception(
        "one_relu_a_stage",
        hint="Convolutions without a ReLU between them are one linear map: how many ReLUs has a stage?",
        severity="partial",
        edits=[
            edit(
                "layers += [nn.Conv2d(c_out if i else c_in, c_out, 3, padding=1), nn.ReLU()]",
                "layers += [nn.Conv2d(c_out if i else c_in, c_out, 3, padding=1)]",
            ),
            edit(
                "return nn.Sequential(*layers, nn.MaxPool2d(2))",
                "return nn.Sequential(*layers, nn.ReLU(), nn.MaxPool2d(2))",
            ),
        ],
    ),
    misconception(
        "relu_after_the_last_layer",
        hint="Logits may be negative: which dense layers have a ReLU?",
        severity="slip",
        edits=[
            edit(
                "nn.Linear(hidden, num_classes),",
                """
                nn.Linear(hidden, num_classes),
                nn.ReLU(),
                """,
            ),
        ],
    ),
    misconception(
        "size_of_224_assumed",
        hint="How many rows are left depends on the size of the images.",
        severity="partial",
        edits=[
            edit("side = size // 2 ** len(table)", "side = 7"),
        ],
    ),
    misconception(
        "softmax_at_the_end",
        hint="The network puts out logits: who applies the softmax?",
        severity="slip",
        edits=[
            edit(
                "nn.Linear(hidden, num_classes),",
                """
                nn.Linear(hidden, num_classes),
                nn.Softmax(1),
                """,
            ),
        ],
    ),
    misconception(
        "without_bias",
        hint="Count a layer by hand: convolutions of 2014 have biases.",
        severity="partial",
        edits=[
            edit("c_out, 3, padding=1), nn.ReLU()]", "c_out, 3, padding=1, bias=False), nn.ReLU()]"),
        ],
    ),
    misconception(
        "first_padding_forgotten",
        hint="224 pixels under a window of 11 that moves by 4: how many places are there with a padding of 2, and how many without?",
        severity="slip",
        edits=[edit("nn.Conv2d(3, w, 11, 4, 2)", "nn.Conv2d(3, w, 11, 4)")],
    ),
    misconception(
        "same_start_for_every_network",
        hint="A seed inside a network's constructor is set each time one is made: with which weights does the second begin?",
        severity="slip",
        edits=[
            edit(
                "widths = [in_channels, *(width for width, _ in table)]",
                """
                torch.manual_seed(0)
                widths = [in_channels, *(width for width, _ in table)]
                """,
            )
        ],
    ),
]
