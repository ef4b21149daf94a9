"""Wrong solutions of `inception` that students write, each an edit of the reference."""

from autograder.testing import edit, misconception

BASE = "reference"

_POOLING_OF_V4 = """
average = nn.AvgPool2d(3, 1, 1, count_include_pad=False)
return Branches(
    unit(c_in, 384, 1),
"""

MISCONCEPTIONS = [
    misconception(
        "average_counts_the_padding",
        hint="At the border, by how many pixels does your average divide?",
        severity="slip",
        edits=[
            edit(
                """
                average = nn.AvgPool2d(3, 1, 1, count_include_pad=False)
                return Branches(
                    unit(c_in, 192, 1),
                """,
                """
                average = nn.AvgPool2d(3, 1, 1)
                return Branches(
                    unit(c_in, 192, 1),
                """,
            ),
            edit(
                "average = nn.AvgPool2d(3, 1, 1, count_include_pad=False)", "average = nn.AvgPool2d(3, 1, 1)"
            ),
        ],
    ),
    misconception(
        "average_for_maximum_in_v1",
        hint="Which pooling has the first form of the block: the largest value, or the mean?",
        severity="slip",
        edits=[
            edit("nn.MaxPool2d(3, 1, 1)", "nn.AvgPool2d(3, 1, 1, count_include_pad=False)"),
        ],
    ),
    misconception(
        "branches_in_sequence",
        hint="All branches read the same input: does yours read what the one before put out?",
        severity="serious",
        edits=[
            edit(
                """
                return Branches(
                    unit(c_in, ones, 1),
                    nn.Sequential(unit(c_in, threes[0], 1), unit(*threes, 3, padding=1)),
                    nn.Sequential(unit(c_in, fives[0], 1), unit(*fives, kernel, padding=kernel // 2)),
                    nn.Sequential(nn.MaxPool2d(3, 1, 1), unit(c_in, pooled, 1)),
                """,
                """
                return nn.Sequential(
                    unit(c_in, ones, 1),
                    nn.Sequential(unit(ones, threes[0], 1), unit(*threes, 3, padding=1)),
                    nn.Sequential(unit(threes[1], fives[0], 1), unit(*fives, kernel, padding=kernel // 2)),
                    nn.Sequential(nn.MaxPool2d(3, 1, 1), unit(fives[1], pooled, 1)),
                """,
            ),
        ],
    ),
    misconception(
        "eps_of_pytorch",
        hint="Batch norm's eps is 1e-3 in these networks: which is yours?",
        severity="slip",
        edits=[
            edit(
                """
                return Branches(
                    unit(c_in, ones, 1),
                """,
                """
                def unit(a, b, k, stride=1, padding=0):
                    conv = nn.Conv2d(a, b, k, stride, padding, bias=False)
                    return nn.Sequential(conv, nn.BatchNorm2d(b), nn.ReLU())

                return Branches(
                    unit(c_in, ones, 1),
                """,
            ),
        ],
    ),
    misconception(
        "kernel_ignored",
        hint="The third branch's window has a size of its own: which argument holds it?",
        severity="slip",
        edits=[
            edit("unit(*fives, kernel, padding=kernel // 2)", "unit(*fives, 5, padding=2)"),
        ],
    ),
    misconception(
        "maximum_for_average",
        hint="Which pooling have the later forms of the block: the largest value, or the mean?",
        severity="slip",
        edits=[
            edit(
                """
                average = nn.AvgPool2d(3, 1, 1, count_include_pad=False)
                return Branches(
                    unit(c_in, 192, 1),
                """,
                """
                average = nn.MaxPool2d(3, 1, 1)
                return Branches(
                    unit(c_in, 192, 1),
                """,
            ),
            edit(
                "average = nn.AvgPool2d(3, 1, 1, count_include_pad=False)", "average = nn.MaxPool2d(3, 1, 1)"
            ),
        ],
    ),
    misconception(
        "not_factorised",
        hint="A 7x7 window in two factors: which two, and how many weights have they?",
        severity="partial",
        edits=[
            edit("unit(m, m, **wide), unit(m, 192, **tall)", "unit(m, m, 7, padding=3), unit(m, 192, 1)"),
            edit(
                "unit(192, 224, **wide), unit(224, 256, **tall)",
                "unit(192, 224, 7, padding=3), unit(224, 256, 1)",
            ),
        ],
    ),
    misconception(
        "pooling_branch_first",
        hint="In which order do the table's branches stand?",
        severity="partial",
        edits=[
            edit(
                "unit(c_in, ones, 1),",
                """
                nn.Sequential(nn.MaxPool2d(3, 1, 1), unit(c_in, pooled, 1)),
                unit(c_in, ones, 1),
                """,
            ),
            edit(
                """
                nn.Sequential(unit(c_in, fives[0], 1), unit(*fives, kernel, padding=kernel // 2)),
                nn.Sequential(nn.MaxPool2d(3, 1, 1), unit(c_in, pooled, 1)),
                """,
                "nn.Sequential(unit(c_in, fives[0], 1), unit(*fives, kernel, padding=kernel // 2)),",
            ),
        ],
    ),
    misconception(
        "pooling_with_a_stride",
        hint="All branches must keep height and width: what is the stride of your pooling?",
        severity="serious",
        edits=[
            edit("nn.MaxPool2d(3, 1, 1)", "nn.MaxPool2d(3, 2, 1)"),
            edit(
                """
                average = nn.AvgPool2d(3, 1, 1, count_include_pad=False)
                return Branches(
                    unit(c_in, 192, 1),
                """,
                """
                average = nn.AvgPool2d(3, 2, 1)
                return Branches(
                    unit(c_in, 192, 1),
                """,
            ),
        ],
    ),
    misconception(
        "reduction_with_the_large_window",
        hint="What reduces the channels: a 1x1, or the large window itself?",
        severity="partial",
        edits=[
            edit(
                "unit(c_in, threes[0], 1), unit(*threes, 3, padding=1)",
                "unit(c_in, threes[0], 3, padding=1), unit(*threes, 3, padding=1)",
            ),
            edit(
                "unit(c_in, fives[0], 1), unit(*fives, kernel, padding=kernel // 2)",
                "unit(c_in, fives[0], kernel, padding=kernel // 2), unit(*fives, kernel, padding=kernel // 2)",
            ),
        ],
    ),
    misconception(
        "rows_and_columns_swapped",
        hint="1x7 is one row and seven columns: which comes first in (rows, columns)?",
        severity="partial",
        edits=[
            edit(
                """
                wide, tall = {"kernel": (1, 7), "padding": (0, 3)}, {"kernel": (7, 1), "padding": (3, 0)}
                m = middle
                """,
                """
                tall, wide = {"kernel": (1, 7), "padding": (0, 3)}, {"kernel": (7, 1), "padding": (3, 0)}
                m = middle
                """,
            ),
            edit(
                'wide, tall = {"kernel": (1, 7), "padding": (0, 3)}, {"kernel": (7, 1), "padding": (3, 0)}',
                'tall, wide = {"kernel": (1, 7), "padding": (0, 3)}, {"kernel": (7, 1), "padding": (3, 0)}',
            ),
        ],
    ),
    misconception(
        "pooling_branch_of_v3_in_v4",
        hint="Inception-v4 has a table of its own: how many channels has its pooling branch?",
        severity="slip",
        edits=[
            edit("nn.Sequential(average, unit(c_in, 128, 1))", "nn.Sequential(average, unit(c_in, 192, 1))")
        ],
    ),
    misconception(
        "eps_of_pytorch_everywhere",
        hint="The outputs differ by very little: which eps has batch norm in these networks, and in yours?",
        severity="slip",
        edits=[
            edit(
                "def inception_v1(",
                """
                def unit(a, b, kernel, stride=1, padding=0):
                    conv = nn.Conv2d(a, b, kernel, stride, padding, bias=False)
                    return nn.Sequential(conv, nn.BatchNorm2d(b), nn.ReLU())


                def inception_v1(
                """,
            ),
        ],
    ),
    misconception(
        "padding_of_five",
        hint="The third branch's window has a size of its own: does your padding follow it?",
        severity="slip",
        edits=[
            edit("unit(*fives, kernel, padding=kernel // 2)", "unit(*fives, kernel, padding=2)"),
        ],
    ),
    misconception(
        "paddings_on_the_other_axis",
        hint="A window of 1x7 looks to the left and to the right: on which axis does it need a padding?",
        severity="partial",
        edits=[
            edit(
                """
                wide, tall = {"kernel": (1, 7), "padding": (0, 3)}, {"kernel": (7, 1), "padding": (3, 0)}
                m = middle
                """,
                """
                wide, tall = {"kernel": (1, 7), "padding": (3, 0)}, {"kernel": (7, 1), "padding": (0, 3)}
                m = middle
                """,
            ),
            edit(
                'wide, tall = {"kernel": (1, 7), "padding": (0, 3)}, {"kernel": (7, 1), "padding": (3, 0)}',
                'wide, tall = {"kernel": (1, 7), "padding": (3, 0)}, {"kernel": (7, 1), "padding": (0, 3)}',
            ),
        ],
    ),
    misconception(
        "reduction_shared",
        hint="How many 1x1 convolutions reduce the channels by the table, and how many of your own weights do?",
        severity="slip",
        edits=[
            edit(
                "m = middle",
                """
                m = middle
                reduce = unit(c_in, m, 1)
                """,
            ),
            edit(
                "nn.Sequential(unit(c_in, m, 1), unit(m, m, **wide), unit(m, 192, **tall))",
                "nn.Sequential(reduce, unit(m, m, **wide), unit(m, 192, **tall))",
            ),
            edit("*(unit(c_in, m, 1), unit(m, m, **tall)", "*(reduce, unit(m, m, **tall)"),
        ],
    ),
    misconception(
        "average_of_v4_counts_the_padding",
        hint="At the border, by how many pixels does the average of your Inception-v4 divide?",
        severity="slip",
        edits=[
            edit(
                _POOLING_OF_V4,
                _POOLING_OF_V4.replace("AvgPool2d(3, 1, 1, count_include_pad=False)", "AvgPool2d(3, 1, 1)"),
            ),
        ],
    ),
    misconception(
        "maximum_in_v4",
        hint="Which pooling has Inception-v4: the largest value, or the mean?",
        severity="slip",
        edits=[
            edit(
                _POOLING_OF_V4,
                _POOLING_OF_V4.replace("AvgPool2d(3, 1, 1, count_include_pad=False)", "MaxPool2d(3, 1, 1)"),
            ),
        ],
    ),
    misconception(
        "windows_of_v4_exchanged",
        hint="In the third branch of Inception-v4, which window comes first, 1x7 or 7x1?",
        severity="slip",
        edits=[
            edit(
                "*(unit(c_in, 192, 1), unit(192, 192, **tall), unit(192, 224, **wide)),",
                "*(unit(c_in, 192, 1), unit(192, 192, **wide), unit(192, 224, **tall)),",
            ),
            edit(
                "*(unit(224, 224, **tall), unit(224, 256, **wide)),",
                "*(unit(224, 224, **wide), unit(224, 256, **tall)),",
            ),
        ],
    ),
    misconception(
        "first_branches_of_v4_exchanged",
        hint="In which order do the branches of Inception-v4 stand in the table?",
        severity="slip",
        edits=[
            edit("unit(c_in, 384, 1),", ""),
            edit(
                "nn.Sequential(unit(c_in, 192, 1), unit(192, 224, **wide), unit(224, 256, **tall)),",
                """
                nn.Sequential(unit(c_in, 192, 1), unit(192, 224, **wide), unit(224, 256, **tall)),
                unit(c_in, 384, 1),
                """,
            ),
        ],
    ),
    misconception(
        "last_layers_of_v4_linear",
        hint="Every convolution is followed by norm and ReLU: is the last one of each branch?",
        severity="slip",
        edits=[
            edit("unit(224, 256, **tall)),", "*list(unit(224, 256, **tall))[:2]),"),
            edit("unit(224, 256, **wide)),", "*list(unit(224, 256, **wide))[:2]),"),
        ],
    ),
]
