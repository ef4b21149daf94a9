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
    misconception(
        "alexnet_dropout_fixed",
        hint="AlexNet has an argument for its dropout: where do you use it?",
        severity="slip",
        edits=[
            edit("nn.Dropout(dropout), nn.Linear(4 * w * 36", "nn.Dropout(0.5), nn.Linear(4 * w * 36"),
            edit("nn.Dropout(dropout), nn.Linear(64 * w, 64", "nn.Dropout(0.5), nn.Linear(64 * w, 64"),
        ],
    ),
    misconception(
        "alexnet_relu_missing",
        hint="Five convolutions: after how many of them has your AlexNet a ReLU?",
        severity="slip",
        edits=[
            edit(
                "*(nn.Conv2d(6 * w, 4 * w, 3, padding=1), nn.ReLU()),",
                "nn.Conv2d(6 * w, 4 * w, 3, padding=1),",
            ),
        ],
    ),
    misconception(
        "alexnet_last_layer_first",
        hint="Layers are registered in the order of the table: which of AlexNet's do you make first?",
        severity="slip",
        edits=[
            edit(
                "w = width",
                """
                w = width
                self.last = nn.Linear(64 * w, num_classes)
                """,
            ),
            edit("nn.Linear(64 * w, num_classes),", ""),
            edit(
                'def forward(self, x: Float[Tensor, "N 3 224 224"]) -> Float[Tensor, "N K"]:',
                """
                def forward(self, x):
                    return self.last(self.classifier(self.stages(x)[-1].flatten(1)))

                def unused(self, x):
                """,
            ),
        ],
    ),
    misconception(
        "alexnet_softmax",
        hint="AlexNet puts out logits too: what do you apply to them?",
        severity="slip",
        edits=[
            edit(
                "nn.Linear(64 * w, num_classes),",
                """
                nn.Linear(64 * w, num_classes),
                nn.Softmax(1),
                """,
            ),
        ],
    ),
    misconception(
        "drops_in_evaluation",
        hint="Your dropout acts in evaluation too: who tells it in which mode the network is?",
        severity="slip",
        edits=[
            edit(
                "def vgg_stage(",
                """
                class Dropping(nn.Module):
                    def __init__(self, p):
                        super().__init__()
                        self.p = p

                    def forward(self, x):
                        return F.dropout(x, self.p)


                def vgg_stage(
                """,
            ),
            edit(
                "side * side, hidden), nn.ReLU(), nn.Dropout(dropout)",
                "side * side, hidden), nn.ReLU(), Dropping(dropout)",
            ),
            edit(
                "nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(dropout)",
                "nn.Linear(hidden, hidden), nn.ReLU(), Dropping(dropout)",
            ),
        ],
    ),
    misconception(
        "five_stages_assumed",
        hint="How often is the size halved: five times, or once for each stage of the table?",
        severity="partial",
        edits=[
            edit("side = size // 2 ** len(table)", "side = size // 32"),
        ],
    ),
    misconception(
        "side_rounded_up",
        hint="A pooling drops an odd last row: what is left of 10 rows after two of them?",
        severity="slip",
        edits=[
            edit("side = size // 2 ** len(table)", "side = -(-size // 2 ** len(table))"),
        ],
    ),
    misconception(
        "vgg_drops_before_its_layers",
        hint="VGG drops out after the ReLU of each hidden layer: where does your dropout stand?",
        severity="slip",
        edits=[
            edit(
                """
                *(nn.Linear(widths[-1] * side * side, hidden), nn.ReLU(), nn.Dropout(dropout)),
                *(nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(dropout)),
                """,
                """
                *(nn.Dropout(dropout), nn.Linear(widths[-1] * side * side, hidden), nn.ReLU()),
                *(nn.Dropout(dropout), nn.Linear(hidden, hidden), nn.ReLU()),
                """,
            ),
        ],
    ),
    misconception(
        "second_dropout_missing",
        hint="VGG has two hidden layers: after how many of them do you drop out?",
        severity="slip",
        edits=[
            edit(
                "nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(dropout)",
                "nn.Linear(hidden, hidden), nn.ReLU()",
            ),
        ],
    ),
]
