"""Wrong solutions of `sinusoidal` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"
CODES = "frequencies = base ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)"

MISCONCEPTIONS = [
    misconception(
        "exponent_doubled",
        hint="The index already counts in steps of two: do you multiply it by two once more?",
        severity="serious",
        edits=[
            edit(
                CODES, "frequencies = base ** (-2 * torch.arange(0, width, 2, dtype=torch.float64) / width)"
            ),
            edit("base ** (-i / width)", "base ** (-2 * i / width)"),
        ],
    ),
    misconception(
        "exponent_halved",
        hint="The exponent is 2i / P: where is the 2?",
        severity="serious",
        edits=[
            edit(CODES, "frequencies = base ** (-torch.arange(0, width // 2, dtype=torch.float64) / width)"),
            edit("base ** (-i / width)", "base ** (-i / 2 / width)"),
        ],
    ),
    misconception(
        "place_over_frequency",
        hint="From channel to channel the clocks become slower: do yours become quicker?",
        severity="serious",
        edits=[
            edit("base ** (-torch.arange", "base ** (torch.arange"),
            edit("base ** (-i / width)", "base ** (i / width)"),
        ],
    ),
    misconception(
        "last_frequency_is_the_base",
        hint="There are P / 2 frequencies, and the exponent of the last is 2 (P/2 - 1) / P: by what do you divide?",
        severity="partial",
        edits=[
            edit("dtype=torch.float64) / width)", "dtype=torch.float64) / max(width - 2, 1))"),
            edit("base ** (-i / width)", "base ** (-i / max(width - 2, 1))"),
        ],
    ),
    misconception(
        "every_channel_its_frequency",
        hint="A sine and its cosine are a pair with one frequency: does each of your channels have its own?",
        severity="serious",
        edits=[
            edit(
                "return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1).float()",
                """
                each = torch.arange(length, dtype=torch.float64)[:, None] * base ** (
                    -torch.arange(width, dtype=torch.float64) / width
                )
                each[:, 0::2], each[:, 1::2] = each[:, 0::2].sin(), each[:, 1::2].cos()
                return each.float()
                """,
            ),
        ],
    ),
    misconception(
        "places_from_one",
        hint="The first place is 0: what is its code?",
        severity="partial",
        edits=[
            edit(
                "torch.arange(length, dtype=torch.float64)",
                "torch.arange(1, length + 1, dtype=torch.float64)",
            )
        ],
    ),
    misconception(
        "cosines_before_sines",
        hint="In each pair the sine comes first: which does yours begin with?",
        severity="partial",
        edits=[
            edit("[angles.sin(), angles.cos()]", "[angles.cos(), angles.sin()]"),
            edit("[[c, s], [-s, c]]", "[[c, -s], [s, c]]"),
        ],
    ),
    misconception(
        "turned_the_other_way",
        hint="Test your matrix with a shift of 1: does it take the code of 0 to that of 1, or to that of -1?",
        severity="partial",
        edits=[edit("[[c, s], [-s, c]]", "[[c, -s], [s, c]]")],
    ),
    misconception(
        "one_angle_for_all",
        hint="Each pair turns by its own angle: which do you use for the second pair?",
        severity="partial",
        edits=[edit("angle = shift * base ** (-i / width)", "angle = float(shift)")],
    ),
    misconception(
        "base_ignored",
        hint="base is an argument: is it in both functions?",
        severity="slip",
        edits=[
            edit("base ** (-torch.arange", "10_000.0 ** (-torch.arange"),
            edit("base ** (-i / width)", "10_000.0 ** (-i / width)"),
        ],
    ),
    misconception(
        "angles_in_float32",
        hint="At place 20,000 the angle has few digits left in float32: in what precision do you calculate it?",
        severity="slip",
        edits=[
            edit(CODES, "frequencies = base ** (-torch.arange(0, width, 2, dtype=torch.float32) / width)"),
            edit("torch.arange(length, dtype=torch.float64)", "torch.arange(length, dtype=torch.float32)"),
        ],
    ),
    misconception(
        "angles_rounded_before_the_sine",
        hint="The sine is taken of an angle of thousands. In what precision is that angle when you call it?",
        severity="slip",
        edits=[
            edit(
                "angles = torch.arange(length, dtype=torch.float64)[:, None] * frequencies",
                "angles = (torch.arange(length, dtype=torch.float64)[:, None] * frequencies).float()",
            ),
        ],
    ),
    misconception(
        "float64_returned",
        hint="Codes are float32. Which dtype do you return?",
        severity="slip",
        edits=[
            edit(
                "return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1).float()",
                "return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)",
            ),
        ],
    ),
    misconception(
        "base_ignored_in_the_matrix",
        hint="The base is an argument of both functions. Does your matrix turn with the frequencies of this base?",
        severity="slip",
        edits=[
            edit("base ** (-i / width)", "10_000.0 ** (-i / width)"),
        ],
    ),
    misconception(
        "base_made_whole",
        hint="The base may be 3.5. What does int() make of it?",
        severity="slip",
        edits=[
            edit("base ** (-torch.arange", "int(base) ** (-torch.arange"),
            edit("base ** (-i / width)", "int(base) ** (-i / width)"),
        ],
    ),
    misconception(
        "shift_wrapped",
        hint="Only the quickest clock has the period 2 pi. What do the slower ones lose when you wrap the shift?",
        severity="slip",
        edits=[
            edit("angle = shift * base", "angle = math.fmod(shift, 2 * math.pi) * base"),
        ],
    ),
    misconception(
        "matrix_of_the_other_order",
        hint="All sines come first in your codes. For which order of the channels is your matrix?",
        severity="partial",
        edits=[
            edit(
                "return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1).float()",
                "return torch.cat([angles.sin(), angles.cos()], dim=1).float()",
            ),
        ],
    ),
    misconception(
        "size_of_the_shift",
        hint="A negative shift goes back. Where does your matrix take the sign of the shift into account?",
        severity="slip",
        edits=[
            edit("angle = shift * base", "angle = abs(shift) * base"),
        ],
    ),
    misconception(
        "table_of_fixed_length",
        hint="The length is an argument. How many codes do you return if it is larger than your table?",
        severity="slip",
        edits=[
            edit(
                "torch.arange(length, dtype=torch.float64)",
                "torch.arange(5000, dtype=torch.float64)[:length]",
            ),
        ],
    ),
    misconception(
        "power_of_one_step",
        hint="Each product of float32 matrices rounds. How often does yours round for a shift by thousands of places?",
        severity="slip",
        edits=[
            edit("angle = shift * base", "angle = base"),
            edit("return matrix.float()", "return torch.linalg.matrix_power(matrix.float(), shift)"),
        ],
    ),
    misconception(
        "matrix_fitted_to_codes",
        hint="The matrix is known: each pair turns by its angle. How exact is a fit to codes of which some hardly change?",
        severity="slip",
        edits=[
            edit(
                "return matrix.float()",
                """
                codes = sinusoidal(50 + abs(shift), width, base)
                here, there = (codes[:50], codes[shift:][:50]) if shift >= 0 else (codes[-shift:], codes[:50])
                return torch.linalg.lstsq(here, there).solution.T.contiguous()
                """,
            ),
        ],
    ),
]
