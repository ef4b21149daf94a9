"""Wrong solutions of `inception` that students write, each an edit of the reference."""

from autograder.testing import edit, misconception

BASE = "reference"

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
]
