"""Wrong solutions of `attention_cnn` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"
BLOCK = "nn.Identity() if block is None else block,"

MISCONCEPTIONS = [
    misconception(
        "block_left_out",
        hint="The block is an argument: where does it stand in your network?",
        severity="partial",
        edits=[edit(BLOCK, "nn.Identity(),")],
    ),
    misconception(
        "block_copied",
        hint="The block is put in as it is: does your network have a copy of it?",
        severity="slip",
        edits=[edit(BLOCK, 'nn.Identity() if block is None else __import__("copy").deepcopy(block),')],
    ),
    misconception(
        "block_after_the_mean",
        hint="After the mean over all places there is one place left: what can the block compare there?",
        severity="partial",
        edits=[
            edit(
                """
                nn.Identity() if block is None else block,
                nn.AdaptiveAvgPool2d(1),
                """,
                """
                nn.AdaptiveAvgPool2d(1),
                nn.Identity() if block is None else block,
                """,
            )
        ],
    ),
    misconception(
        "block_before_the_second_relu",
        hint="The block sees what the ReLU lets through: which of the two comes first?",
        severity="partial",
        edits=[
            edit(
                """
                nn.Conv2d(16, 32, 3, padding=1),
                nn.ReLU(),
                nn.Identity() if block is None else block,
                """,
                """
                nn.Conv2d(16, 32, 3, padding=1),
                nn.Identity() if block is None else block,
                nn.ReLU(),
                """,
            )
        ],
    ),
    misconception(
        "block_twice",
        hint="How often does an image pass through the block?",
        severity="partial",
        edits=[edit(BLOCK, "nn.Sequential() if block is None else nn.Sequential(block, block),")],
    ),
    misconception(
        "no_padding",
        hint="Both convolutions keep height and width: which padding do they need?",
        severity="partial",
        edits=[
            edit("nn.Conv2d(1, 16, 3, padding=1)", "nn.Conv2d(1, 16, 3)"),
            edit("nn.Conv2d(16, 32, 3, padding=1)", "nn.Conv2d(16, 32, 3)"),
        ],
    ),
    misconception(
        "flattened_without_the_mean",
        hint="The linear layer sees 32 numbers, the means over all places: how many does yours see?",
        severity="serious",
        edits=[
            edit("nn.AdaptiveAvgPool2d(1),", ""),
            edit("nn.Linear(32, num_classes)", "nn.Linear(512, num_classes)"),
        ],
    ),
    misconception(
        "largest_instead_of_mean",
        hint="Over all places the mean is taken: what does your last pooling take?",
        severity="partial",
        edits=[edit("nn.AdaptiveAvgPool2d(1)", "nn.AdaptiveMaxPool2d(1)")],
    ),
    misconception(
        "mean_of_one_size",
        hint="Images may have other sizes: over how many places does your pooling go?",
        severity="slip",
        edits=[edit("nn.AdaptiveAvgPool2d(1)", "nn.AvgPool2d(4)")],
    ),
    misconception(
        "averages_pooled_first",
        hint="The first pooling takes the largest of each 2x2: which does yours take?",
        severity="partial",
        edits=[edit("nn.MaxPool2d(2)", "nn.AvgPool2d(2)")],
    ),
    misconception(
        "second_relu_forgotten",
        hint="Each convolution is followed by a ReLU: where is the second?",
        severity="partial",
        edits=[
            edit(
                """
                nn.Conv2d(16, 32, 3, padding=1),
                nn.ReLU(),
                """,
                "nn.Conv2d(16, 32, 3, padding=1),",
            )
        ],
    ),
    misconception(
        "ten_classes_always",
        hint="num_classes is an argument: how many logits does your last layer have?",
        severity="slip",
        edits=[edit("nn.Linear(32, num_classes)", "nn.Linear(32, 10)")],
    ),
]
