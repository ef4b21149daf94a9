"""Wrong solutions of `rotary` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "table_and_pairs_differ",
        hint="Which two channels turn together in your code, and do both have the same angle?",
        severity="partial",
        edits=[
            edit(
                "cos, sin = angles.cos(), angles.sin()",
                "cos, sin = (t.repeat_interleave(2, dim=-1) for t in (angles.cos(), angles.sin()))",
            ),
            edit("u, v = x[..., 0::2], x[..., 1::2]", "u, v = x.chunk(2, dim=-1)"),
            edit(
                "turned = torch.stack((u * cos - v * sin, u * sin + v * cos), dim=-1)",
                "turned = x * cos + torch.cat((-v, u), dim=-1) * sin",
            ),
            edit("return turned.flatten(-2).to(x.dtype)", "return turned.to(x.dtype)"),
        ],
    ),
    misconception(
        "put_together_otherwise",
        hint="At position 0 nothing turns: does every channel come back to its place?",
        severity="partial",
        edits=[
            edit(
                "turned = torch.stack((u * cos - v * sin, u * sin + v * cos), dim=-1)",
                "turned = torch.cat((u * cos - v * sin, u * sin + v * cos), dim=-1)",
            ),
            edit("return turned.flatten(-2).to(x.dtype)", "return turned.to(x.dtype)"),
        ],
    ),
    misconception(
        "positions_from_zero",
        hint="Which positions do the tokens have that are handed to you?",
        severity="partial",
        edits=[
            edit(
                "angles = positions.to(kind)[..., None] * speeds",
                "angles = torch.arange(x.shape[2]).to(kind)[..., None] * speeds",
            ),
            edit("if positions.dim() == 2:", "if angles.dim() == 3:"),
        ],
    ),
    misconception(
        "one_set_of_positions",
        hint="Two prompts with different padding on the left: do both have the same positions?",
        severity="slip",
        edits=[
            edit(
                "angles = positions.to(kind)[..., None] * speeds",
                "positions = positions[0] if positions.dim() == 2 else positions\nangles = positions.to(kind)[..., None] * speeds",
            ),
        ],
    ),
    misconception(
        "exponent_doubled",
        hint="The index already runs in steps of two: is it doubled once more?",
        severity="partial",
        edits=[
            edit("-torch.arange(0, d, 2, dtype=kind) / d", "-2 * torch.arange(0, d, 2, dtype=kind) / d"),
        ],
    ),
    misconception(
        "faster_and_faster",
        hint="Do the speeds grow or fall with the number of the pair?",
        severity="partial",
        edits=[
            edit("base ** (-torch.arange", "base ** (torch.arange"),
        ],
    ),
    misconception(
        "half_width",
        hint="Is the exponent divided by d or by d / 2?",
        severity="partial",
        edits=[
            edit("dtype=kind) / d)", "dtype=kind) / (d // 2))"),
        ],
    ),
    misconception(
        "one_speed",
        hint="How many clocks are there, and do they all run at the same speed?",
        severity="partial",
        edits=[
            edit(
                "speeds = base ** (-torch.arange(0, d, 2, dtype=kind) / d)",
                "speeds = torch.ones(d // 2, dtype=kind)",
            ),
        ],
    ),
    misconception(
        "angles_in_bfloat16",
        hint="Can bfloat16 hold the number 1,001?",
        severity="slip",
        edits=[
            edit("kind = torch.float64 if x.dtype == torch.float64 else torch.float32", "kind = x.dtype"),
        ],
    ),
    misconception(
        "angles_in_float32",
        hint="How exact is an angle of 100,000 radians in float32, where x has float64?",
        severity="partial",
        edits=[
            edit(
                "kind = torch.float64 if x.dtype == torch.float64 else torch.float32", "kind = torch.float32"
            ),
        ],
    ),
    misconception(
        "first_of_the_pair_alone",
        hint="Both numbers of a pair turn: what becomes of the second?",
        severity="serious",
        edits=[
            edit("u * sin + v * cos), dim=-1)", "v), dim=-1)"),
        ],
    ),
    misconception(
        "both_signs_equal",
        hint="Is the length of the pair kept when both sines have the same sign?",
        severity="partial",
        edits=[
            edit("u * cos - v * sin", "u * cos + v * sin"),
        ],
    ),
    misconception(
        "mirrored",
        hint="At position 0 nothing may change: is that so for both channels?",
        severity="partial",
        edits=[
            edit("u * cos - v * sin, u * sin + v * cos", "u * cos + v * sin, u * sin - v * cos"),
        ],
    ),
    misconception(
        "base_ignored",
        hint="Where does the argument `base` enter?",
        severity="slip",
        edits=[
            edit("base ** (-torch", "10_000.0 ** (-torch"),
        ],
    ),
    misconception(
        "added_not_turned",
        hint="Is a position added to a query, or is the query turned by it?",
        severity="serious",
        edits=[
            edit(
                "turned = torch.stack((u * cos - v * sin, u * sin + v * cos), dim=-1)",
                "turned = torch.stack((u + cos, v + sin), dim=-1)",
            ),
        ],
    ),
    misconception(
        "positions_from_the_first",
        hint="The cache begins in the middle of a text: which position has the first token that you are handed?",
        severity="partial",
        edits=[
            edit("positions.to(kind)[..., None]", "(positions - positions[..., :1]).to(kind)[..., None]"),
        ],
    ),
    misconception(
        "linspace_speeds",
        hint="The last pair's exponent is 1 in your code: is it in the formula?",
        severity="partial",
        edits=[
            edit("-torch.arange(0, d, 2, dtype=kind) / d", "-torch.linspace(0, 1, d // 2, dtype=kind)"),
        ],
    ),
    misconception(
        "odd_width_asserted",
        hint="An odd width is refused: by which error?",
        severity="slip",
        edits=[
            edit(
                'if d % 2:\n    raise ValueError(f"a head of {d} channels has no pairs")', "assert d % 2 == 0"
            ),
        ],
    ),
    misconception(
        "axis_guessed_from_the_size",
        hint="There are as many sequences as tokens: how do you tell positions for all from each sequence's own?",
        severity="slip",
        edits=[
            edit("if positions.dim() == 2:", "if len(positions) == len(x):"),
        ],
    ),
    misconception(
        "positions_rounded",
        hint="Can the type of x hold the position 1,001?",
        severity="slip",
        edits=[
            edit("positions.to(kind)", "positions.to(x.dtype).to(kind)"),
        ],
    ),
    misconception(
        "exponent_halved",
        hint="Is the exponent of pair i in your code i / d or 2 i / d?",
        severity="partial",
        edits=[
            edit("-torch.arange(0, d, 2, dtype=kind) / d", "-torch.arange(d // 2, dtype=kind) / d"),
        ],
    ),
    misconception(
        "table_too_short",
        hint="Up to which position does your table reach?",
        severity="slip",
        edits=[
            edit(
                "angles = positions.to(kind)[..., None] * speeds",
                "angles = (torch.arange(4096).to(kind)[:, None] * speeds)[positions]",
            ),
        ],
    ),
    misconception(
        "base_ignored_in_halves",
        hint="Where does the argument `base` enter?",
        severity="slip",
        base="halves",
        edits=[
            edit("(base ** (torch", "(10_000.0 ** (torch"),
        ],
    ),
    misconception(
        "halves_in_bfloat16",
        hint="Can bfloat16 hold the number 1,001?",
        severity="slip",
        base="halves",
        edits=[
            edit("dtype = torch.promote_types(x.dtype, torch.float32)", "dtype = x.dtype"),
        ],
    ),
    misconception(
        "halves_in_float32",
        hint="How exact is an angle of 100,000 radians in float32, where x has float64?",
        severity="slip",
        base="halves",
        edits=[
            edit("dtype = torch.promote_types(x.dtype, torch.float32)", "dtype = torch.float32"),
        ],
    ),
    misconception(
        "halves_without_the_minus",
        hint="Is the length of a pair kept when both halves are added with the same sign?",
        severity="partial",
        base="halves",
        edits=[
            edit("(-second, first)", "(second, first)"),
        ],
    ),
    misconception(
        "halves_of_rounded_positions",
        hint="Can the type of x hold the position 1,001?",
        severity="slip",
        base="halves",
        edits=[
            edit("positions.to(dtype)", "positions.to(x.dtype).to(dtype)"),
        ],
    ),
    misconception(
        "halves_of_rounded_speeds",
        hint="How exact are the speeds in the type of x, and how far are they multiplied?",
        severity="slip",
        base="halves",
        edits=[
            edit(
                "inv_freq = 1.0 / (base ** (torch.arange(0, d, 2, dtype=dtype) / d))",
                "inv_freq = 1.0 / (base ** (torch.arange(0, d, 2, dtype=dtype) / d))\ninv_freq = inv_freq.to(x.dtype).to(dtype)",
            ),
        ],
    ),
    misconception(
        "halves_by_a_table_of_neighbours",
        hint="Which two channels turn together in your code, and do both have the same angle?",
        severity="partial",
        base="halves",
        edits=[
            edit("torch.cat((freqs, freqs), dim=-1)", "freqs.repeat_interleave(2, dim=-1)"),
        ],
    ),
    misconception(
        "halves_from_zero",
        hint="Which positions do the tokens have that are handed to you?",
        severity="partial",
        base="halves",
        edits=[
            edit("positions.to(dtype)", "torch.arange(x.shape[2]).expand(positions.shape).to(dtype)"),
        ],
    ),
    misconception(
        "second_half_turns_back",
        hint="Which way round does each of your pairs turn, the last ones too?",
        severity="slip",
        edits=[
            edit(
                "cos, sin = angles.cos(), angles.sin()",
                "cos, sin = angles.cos(), torch.cat((angles[..., : d // 4].sin(), -angles[..., d // 4 :].sin()), dim=-1)",
            ),
        ],
    ),
]
