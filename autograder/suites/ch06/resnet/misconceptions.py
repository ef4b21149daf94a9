"""Wrong solutions of `resnet` that students write, each an edit of the reference."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "blocks_shared",
        hint="Several references to one block are one block: when is each made?",
        severity="slip",
        edits=[
            edit(
                """
                for j in range(number):
                    stride = 2 if i > 0 and j == 0 else 1
                    stage.append(block(channels, width, stride=stride, **(options or {})))
                    channels = width * block.expansion
                """,
                """
                stage.append(block(channels, width, stride=2 if i else 1, **(options or {})))
                channels = width * block.expansion
                if number > 1:
                    stage += [block(channels, width, **(options or {}))] * (number - 1)
                """,
            ),
        ],
    ),
    misconception(
        "expansion_ignored",
        hint="A block puts out width * expansion channels: what does the next one read?",
        severity="slip",
        edits=[
            edit("channels = width * block.expansion", "channels = width"),
        ],
    ),
    misconception(
        "first_stage_has_a_stride",
        hint="The first stage begins with the stem's size: which stages begin with a stride?",
        severity="partial",
        edits=[
            edit("stride = 2 if i > 0 and j == 0 else 1", "stride = 2 if j == 0 else 1"),
        ],
    ),
    misconception(
        "largest_for_average",
        hint="The head takes the mean of each map.",
        severity="partial",
        edits=[
            edit(".mean((2, 3)))", ".amax((2, 3)))"),
        ],
    ),
    misconception(
        "names_from_zero",
        hint="The published names count stages from 1.",
        severity="serious",
        edits=[
            edit('f"layer{i + 1}"', 'f"layer{i}"'),
        ],
    ),
    misconception(
        "no_pooling_in_the_stem",
        hint="The stem for large images ends in a pooling.",
        severity="slip",
        edits=[
            edit("nn.MaxPool2d(3, 2, 1) if large else nn.Identity()", "nn.Identity()"),
        ],
    ),
    misconception(
        "norm_of_the_stem_unused",
        hint="What stands between the stem's convolution and its ReLU?",
        severity="partial",
        edits=[
            edit("F.relu(self.bn1(self.conv1(x)))", "F.relu(self.conv1(x))"),
        ],
    ),
    misconception(
        "options_only_to_the_first",
        hint="Options go to every block of every stage.",
        severity="slip",
        edits=[
            edit("**(options or {})))", "**((options or {}) if j == 0 else {})))"),
        ],
    ),
    misconception(
        "pooling_without_padding",
        hint="The stem's pooling is padded, by how much?",
        severity="slip",
        edits=[
            edit("nn.MaxPool2d(3, 2, 1)", "nn.MaxPool2d(3, 2)"),
        ],
    ),
    misconception(
        "stem_is_always_large",
        hint="Small images have a stem of their own.",
        severity="partial",
        edits=[
            edit('large = stem == "imagenet"', "large = True"),
        ],
    ),
    misconception(
        "stem_without_relu",
        hint="Does the stem have a nonlinearity?",
        severity="partial",
        edits=[
            edit("F.relu(self.bn1(self.conv1(x)))", "self.bn1(self.conv1(x))"),
        ],
    ),
    misconception(
        "stride_in_every_block",
        hint="How many blocks of a stage make the maps smaller?",
        severity="partial",
        edits=[
            edit("stride = 2 if i > 0 and j == 0 else 1", "stride = 2 if i > 0 else 1"),
        ],
    ),
    misconception(
        "stride_in_the_last_block",
        hint="Which block of a stage makes the maps smaller, the first or the last?",
        severity="partial",
        edits=[
            edit("stride = 2 if i > 0 and j == 0 else 1", "stride = 2 if i > 0 and j == number - 1 else 1"),
        ],
    ),
    misconception(
        "average_in_the_stem",
        hint="What does the pooling of the stem take: the largest value, or the mean?",
        severity="slip",
        edits=[
            edit("nn.MaxPool2d(3, 2, 1)", "nn.AvgPool2d(3, 2, 1)"),
        ],
    ),
    misconception(
        "dense_layer_first",
        hint="Layers are registered in the order of the table: where is your dense layer?",
        severity="slip",
        edits=[
            edit("self.fc = nn.Linear(channels, num_classes)", ""),
            edit(
                'large = stem == "imagenet"',
                """
                large = stem == "imagenet"
                self.fc = nn.Linear(widths[len(blocks) - 1] * block.expansion, num_classes)
                """,
            ),
        ],
    ),
    misconception(
        "dense_layer_of_the_last_width",
        hint="There may be more widths than stages: how many channels does your last stage put out?",
        severity="slip",
        edits=[
            edit(
                "self.fc = nn.Linear(channels, num_classes)",
                "self.fc = nn.Linear(widths[-1] * block.expansion, num_classes)",
            ),
        ],
    ),
    misconception(
        "large_stem_without_relu",
        hint="What stands between the norm of the large stem and its pooling?",
        severity="slip",
        edits=[
            edit(
                "outputs = [self.pool(F.relu(self.bn1(self.conv1(x))))]",
                """
                y = self.bn1(self.conv1(x))
                outputs = [self.pool(y if isinstance(self.pool, nn.MaxPool2d) else F.relu(y))]
                """,
            ),
        ],
    ),
    misconception(
        "stem_of_64",
        hint="How many channels does the large stem put out: 64, or as many as the first stage has?",
        severity="partial",
        edits=[
            edit(
                'large = stem == "imagenet"',
                """
                large = stem == "imagenet"
                first = 64 if large else widths[0]
                """,
            ),
            edit("nn.Conv2d(in_channels, widths[0]", "nn.Conv2d(in_channels, first"),
            edit("nn.BatchNorm2d(widths[0])", "nn.BatchNorm2d(first)"),
            edit("channels, self.names = widths[0], []", "channels, self.names = first, []"),
        ],
    ),
    misconception(
        "stride_where_the_width_changes",
        hint="Two stages may be equally wide: does the second one make the maps smaller?",
        severity="slip",
        edits=[
            edit("2 if i > 0 and j == 0 else 1", "2 if i > 0 and j == 0 and width != widths[i - 1] else 1"),
        ],
    ),
    misconception(
        "options_not_in_the_first_stage",
        hint="Options go to every block: which blocks of the first stage get yours?",
        severity="slip",
        edits=[
            edit("**(options or {})", "**((options or {}) if i > 0 or j == 0 else {})"),
        ],
    ),
]
