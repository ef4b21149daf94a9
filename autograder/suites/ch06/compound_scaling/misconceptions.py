"""Wrong solutions of `compound_scaling` that students write, each an edit of the reference."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "constant_rate",
        hint="Rates grow with the depth.",
        severity="partial",
        edits=[
            edit("[last * i / total for i in range(total)]", "[last] * total"),
        ],
    ),
    misconception(
        "ninety_percent_forgotten",
        hint="10 channels would become 8: what does the rule say about less than 90%?",
        severity="slip",
        edits=[
            edit("return rounded + divisor if rounded < 0.9 * wanted else rounded", "return rounded"),
        ],
    ),
    misconception(
        "no_multiple",
        hint="Channels must be multiples of the divisor.",
        severity="partial",
        edits=[
            edit(
                """
                rounded = max(divisor, int(wanted + divisor / 2) // divisor * divisor)
                return rounded + divisor if rounded < 0.9 * wanted else rounded
                """,
                "return round(wanted)",
            ),
        ],
    ),
    misconception(
        "rate_by_row",
        hint="A rate for each block, not for each row: how many blocks are there?",
        severity="slip",
        edits=[
            edit(
                """
                total = sum(row[2] for row in rows)
                return [last * i / total for i in range(total)]
                """,
                "return [last * i / len(rows) for i in range(len(rows))]",
            ),
        ],
    ),
    misconception(
        "rates_reach_last",
        hint="Block number i of n has last * i / n: which rate has the last block?",
        severity="slip",
        edits=[
            edit(
                "[last * i / total for i in range(total)]",
                "[last * i / max(1, total - 1) for i in range(total)]",
            ),
        ],
    ),
    misconception(
        "repeats_rounded",
        hint="1.1 times 2 repeats: down, up, or to the nearest?",
        severity="slip",
        edits=[
            edit("math.ceil(depth * repeats)", "round(depth * repeats)"),
        ],
    ),
    misconception(
        "repeats_rounded_down",
        hint="1.1 times 2 repeats: down, up, or to the nearest?",
        severity="slip",
        edits=[
            edit("math.ceil(depth * repeats)", "max(1, int(depth * repeats))"),
        ],
    ),
    misconception(
        "rounded_down",
        hint="To the *nearest* multiple: where would 39 go?",
        severity="slip",
        edits=[
            edit("int(wanted + divisor / 2) // divisor", "int(wanted) // divisor"),
        ],
    ),
    misconception(
        "rows_changed_in_place",
        hint="Width and depth change channels and repeats: which place in the row is which?",
        severity="partial",
        edits=[
            edit(
                "(expand, round_channels(channels, width), math.ceil(depth * repeats), stride, kernel)",
                "(expand, round_channels(channels, depth), math.ceil(width * repeats), stride, kernel)",
            ),
        ],
    ),
    misconception(
        "stride_scaled",
        hint="A row's stride and kernel stay.",
        severity="slip",
        edits=[
            edit(
                "math.ceil(depth * repeats), stride, kernel)",
                "math.ceil(depth * repeats), math.ceil(depth * stride), kernel)",
            ),
        ],
    ),
    misconception(
        "total_before_scaling",
        hint="n counts the blocks of the rows you are given: where does your number come from?",
        severity="slip",
        edits=[
            edit(
                "return [last * i / total for i in range(total)]",
                "return [last * i / 16 for i in range(total)]",
            ),
        ],
    ),
    misconception(
        "halves_to_even",
        hint="Python's `round` takes halves to the even side: where does 52 go, of multiples of 8?",
        severity="slip",
        edits=[
            edit(
                "int(wanted + divisor / 2) // divisor * divisor",
                "round(wanted / divisor) * divisor",
            ),
        ],
    ),
    misconception(
        "cut_to_int_first",
        hint="90% of which number: of width * channels, or of an int below it?",
        severity="slip",
        edits=[
            edit(
                "wanted = width * channels",
                "wanted = int(width * channels)",
            ),
        ],
    ),
    misconception(
        "ninety_percent_refused",
        hint="Less than 90% is too little: what about exactly 90%?",
        severity="slip",
        edits=[
            edit(
                "if rounded < 0.9 * wanted",
                "if rounded <= 0.9 * wanted",
            ),
        ],
    ),
    misconception(
        "ninety_percent_of_channels",
        hint="90% of which number: of the channels before the width, or after it?",
        severity="slip",
        edits=[
            edit(
                "if rounded < 0.9 * wanted",
                "if rounded < 0.9 * channels",
            ),
        ],
    ),
    misconception(
        "at_least_eight",
        hint="The least result is the divisor: is that always 8?",
        severity="slip",
        edits=[
            edit(
                "max(divisor, int(",
                "max(8, int(",
            ),
        ],
    ),
    misconception(
        "rounded_up",
        hint="To the *nearest* multiple: where would 33 go?",
        severity="slip",
        edits=[
            edit(
                "int(wanted + divisor / 2) // divisor * divisor",
                "math.ceil(wanted / divisor) * divisor",
            ),
        ],
    ),
    misconception(
        "rows_are_lists",
        hint="Of which type are the rows of the table, and of which are yours?",
        severity="slip",
        edits=[
            edit(
                "(expand, round_channels(channels, width), math.ceil(depth * repeats), stride, kernel)",
                "[expand, round_channels(channels, width), math.ceil(depth * repeats), stride, kernel]",
            ),
        ],
    ),
    misconception(
        "rates_from_one",
        hint="Block number i of n has last * i / n: which number has the first block?",
        severity="slip",
        edits=[
            edit(
                "[last * i / total for i in range(total)]",
                "[last * (i + 1) / total for i in range(total)]",
            ),
        ],
    ),
    misconception(
        "same_rate_within_a_row",
        hint="A rate for each block: do the repeats of a row have the same?",
        severity="slip",
        edits=[
            edit(
                "return [last * i / total for i in range(total)]",
                """
                starts = [sum(row[2] for row in rows[:k]) for k, row in enumerate(rows) for _ in range(row[2])]
                return [last * i / total for i in starts]
                """,
            ),
        ],
    ),
    misconception(
        "divisor_ignored",
        hint="The divisor is an argument: of which number are your results multiples?",
        severity="slip",
        edits=[
            edit(
                """
                rounded = max(divisor, int(wanted + divisor / 2) // divisor * divisor)
                return rounded + divisor if rounded < 0.9 * wanted else rounded
                """,
                """
                rounded = max(8, int(wanted + 4) // 8 * 8)
                return rounded + 8 if rounded < 0.9 * wanted else rounded
                """,
            ),
        ],
    ),
]
