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
    misconception(
        "block_in_evaluation_mode",
        hint="The block is put in as it is. In which mode is it afterwards?",
        severity="slip",
        edits=[
            edit(
                "return nn.Sequential(",
                """
                if block is not None:
                    block.eval()
                return nn.Sequential(
                """,
            ),
        ],
    ),
    misconception(
        "block_does_not_learn",
        hint="The block's parameters are the network's. Which of them get a gradient in yours?",
        severity="partial",
        edits=[
            edit(
                "return nn.Sequential(",
                """
                if block is not None:
                    block.requires_grad_(False)
                return nn.Sequential(
                """,
            ),
        ],
    ),
    misconception(
        "block_begun_anew",
        hint="The block is put in as it is. What do you do to its weights?",
        severity="slip",
        edits=[
            edit(
                "return nn.Sequential(",
                """
                if block is not None:
                    for parameter in block.parameters():
                        nn.init.normal_(parameter, std=0.3)
                return nn.Sequential(
                """,
            ),
        ],
    ),
    misconception(
        "block_added_to_its_input",
        hint="The block maps to what comes next. What do you add to it?",
        severity="partial",
        edits=[
            edit(
                "nn.Identity() if block is None else block,",
                """
                nn.Identity() if block is None else Beside(block),
                """,
            ),
            edit(
                "return nn.Sequential(",
                """
                class Beside(nn.Module):
                    def __init__(self, inner):
                        super().__init__()
                        self.look = inner

                    def forward(self, x):
                        return x + self.look(x)

                return nn.Sequential(
                """,
            ),
        ],
    ),
    misconception(
        "block_in_a_list",
        hint="A module in a list is not registered. Whose parameters does your network have?",
        severity="partial",
        edits=[
            edit(
                "nn.Identity() if block is None else block,",
                """
                nn.Identity() if block is None else Hidden(block),
                """,
            ),
            edit(
                "return nn.Sequential(",
                """
                class Hidden(nn.Module):
                    def __init__(self, inner):
                        super().__init__()
                        self.kept = [inner]

                    def forward(self, x):
                        return self.kept[0](x)

                return nn.Sequential(
                """,
            ),
        ],
    ),
    misconception(
        "block_in_training_only",
        hint="The network is evaluated with the block too. When does yours use it?",
        severity="slip",
        edits=[
            edit(
                "nn.Identity() if block is None else block,",
                """
                nn.Identity() if block is None else Sometimes(block),
                """,
            ),
            edit(
                "return nn.Sequential(",
                """
                class Sometimes(nn.Module):
                    def __init__(self, inner):
                        super().__init__()
                        self.look = inner

                    def forward(self, x):
                        return self.look(x) if self.training else x

                return nn.Sequential(
                """,
            ),
        ],
    ),
    misconception(
        "convolutions_shared",
        hint="Two networks share nothing. How often are your convolutions made?",
        severity="slip",
        edits=[
            edit(
                "return nn.Sequential(",
                """
                if not hasattr(attention_cnn, "kept"):
                    attention_cnn.kept = nn.Conv2d(1, 16, 3, padding=1)
                return nn.Sequential(
                """,
            ),
            edit("nn.Conv2d(1, 16, 3, padding=1),", "attention_cnn.kept,"),
        ],
    ),
    misconception(
        "softmax_at_the_end",
        hint="The network gives logits. What do yours sum to?",
        severity="partial",
        edits=[
            edit(
                "nn.Linear(32, num_classes),",
                """
                nn.Linear(32, num_classes),
                nn.Softmax(dim=1),
                """,
            ),
        ],
    ),
    misconception(
        "relu_at_the_end",
        hint="Logits may be negative. Can yours?",
        severity="partial",
        edits=[
            edit(
                "nn.Linear(32, num_classes),",
                """
                nn.Linear(32, num_classes),
                nn.ReLU(),
                """,
            ),
        ],
    ),
    misconception(
        "dropout_before_the_end",
        hint="The table has no dropout. What do two calls with the same images give in training mode?",
        severity="partial",
        edits=[
            edit(
                "nn.Linear(32, num_classes),",
                """
                nn.Dropout(0.2),
                nn.Linear(32, num_classes),
                """,
            ),
        ],
    ),
    misconception(
        "sum_of_sixteen_places",
        hint="Over all places the mean is taken. What do you take?",
        severity="partial",
        edits=[
            edit(
                "nn.Flatten(),",
                """
                nn.Flatten(),
                Scaled(),
                """,
            ),
            edit(
                "return nn.Sequential(",
                """
                class Scaled(nn.Module):
                    def forward(self, x):
                        return 16 * x

                return nn.Sequential(
                """,
            ),
        ],
    ),
    misconception(
        "pooled_twice",
        hint="The second stage is not halved. How many places are left of 8x8 in yours?",
        severity="partial",
        edits=[
            edit(
                "nn.Identity() if block is None else block,",
                """
                nn.MaxPool2d(2),
                nn.Identity() if block is None else block,
                """,
            ),
        ],
    ),
    misconception(
        "pooled_after_the_block",
        hint="Between the block and the mean stands nothing. What stands there in yours?",
        severity="partial",
        edits=[
            edit(
                "nn.AdaptiveAvgPool2d(1),",
                """
                nn.MaxPool2d(2),
                nn.AdaptiveAvgPool2d(1),
                """,
            ),
        ],
    ),
    misconception(
        "pooling_forgotten",
        hint="Between the convolutions the map is halved. Where is that in yours?",
        severity="partial",
        edits=[
            edit("nn.MaxPool2d(2),", "nn.Identity(),"),
        ],
    ),
    misconception(
        "stride_for_pooling",
        hint="The first convolution keeps height and width, and a max-pooling halves them. What halves them in yours?",
        severity="partial",
        edits=[
            edit("nn.Conv2d(1, 16, 3, padding=1)", "nn.Conv2d(1, 16, 3, stride=2, padding=1)"),
            edit("nn.MaxPool2d(2),", "nn.Identity(),"),
        ],
    ),
    misconception(
        "gelu_for_relu",
        hint="Each convolution is followed by a ReLU. By what are yours?",
        severity="partial",
        edits=[
            edit(
                """
                nn.Conv2d(16, 32, 3, padding=1),
                nn.ReLU(),
                """,
                """
                nn.Conv2d(16, 32, 3, padding=1),
                nn.GELU(),
                """,
            ),
        ],
    ),
    misconception(
        "circular_padding",
        hint="The padding is made of zeros. Of what is yours?",
        severity="partial",
        edits=[
            edit("nn.Conv2d(1, 16, 3, padding=1)", 'nn.Conv2d(1, 16, 3, padding=1, padding_mode="circular")'),
        ],
    ),
    misconception(
        "all_parameters_learn",
        hint="A block may come frozen and in evaluation mode. Does it stay so in yours?",
        severity="slip",
        edits=[
            edit(
                "return nn.Sequential(",
                """
                if block is not None:
                    block.train()
                    block.requires_grad_(True)
                return nn.Sequential(
                """,
            ),
        ],
    ),
    misconception(
        "block_asked_for_its_truth",
        hint="A module of length 0 is False. How do you ask whether a block was given?",
        severity="slip",
        edits=[edit("nn.Identity() if block is None else block,", "block or nn.Identity(),")],
    ),
    misconception(
        "all_weights_begun_anew",
        hint="The block's numbers stay. Which layers do you begin anew?",
        severity="slip",
        edits=[
            edit(
                "return nn.Sequential(",
                """
                for module in [] if block is None else block.modules():
                    if isinstance(module, (nn.Conv2d, nn.Linear)):
                        nn.init.xavier_uniform_(module.weight)
                return nn.Sequential(
                """,
            ),
        ],
    ),
]
