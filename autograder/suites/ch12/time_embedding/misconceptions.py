"""Wrong solutions of `time_embedding` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "two_halves"

MISCONCEPTIONS = [
    misconception(
        "cosine_first",
        hint="Which half comes first?",
        severity="partial",
        edits=[edit("torch.sin(angle), torch.cos(angle)", "torch.cos(angle), torch.sin(angle)")],
    ),
    misconception(
        "exponent_ends_at_one",
        hint="The exponents are i / half: they start at 0 and stop short of 1.",
        severity="partial",
        edits=[edit("torch.arange(half) / half", "torch.arange(half) / max(half - 1, 1)")],
    ),
    misconception(
        "exponent_over_dim",
        hint="There are dim / 2 frequencies: what is the exponent of the slowest one?",
        severity="partial",
        edits=[edit("torch.arange(half) / half", "torch.arange(half) / dim")],
    ),
    misconception(
        "exponent_twice",
        hint="The pairs are counted by i = 0, 1, 2, not by 0, 2, 4.",
        severity="partial",
        edits=[
            edit(
                "frequency = max_period ** (-torch.arange(half) / half)",
                "frequency = max_period ** (-2 * torch.arange(half) / half)",
            )
        ],
    ),
    misconception(
        "frequency_inverted",
        hint="The frequencies fall from 1; yours grow.",
        severity="partial",
        edits=[
            edit(
                "frequency = max_period ** (-torch.arange(half) / half)",
                "frequency = max_period ** (torch.arange(half) / half)",
            )
        ],
    ),
    misconception(
        "integer_frequencies",
        hint="Integer arithmetic rounds: what is 1 / 4 among integers?",
        severity="partial",
        edits=[
            edit(
                "frequency = max_period ** (-torch.arange(half) / half)",
                "frequency = (max_period ** (-torch.arange(half) / half)).round()",
            )
        ],
    ),
    misconception(
        "interleaved",
        hint="Sines come first, all of them, then the cosines: yours alternate.",
        severity="partial",
        edits=[
            edit(
                "return torch.cat([torch.sin(angle), torch.cos(angle)], dim=1)",
                "return torch.stack([torch.sin(angle), torch.cos(angle)], dim=2).flatten(1)",
            )
        ],
    ),
    misconception(
        "max_period_ignored",
        hint="max_period is an argument: what if it is not 10000?",
        severity="slip",
        edits=[
            edit(
                "frequency = max_period ** (-torch.arange(half) / half)",
                "frequency = 10000.0 ** (-torch.arange(half) / half)",
            )
        ],
    ),
    misconception(
        "natural_base",
        hint="The slowest wave is set by max_period: where does it enter?",
        severity="partial",
        edits=[
            edit(
                "frequency = max_period ** (-torch.arange(half) / half)",
                "frequency = torch.exp(-torch.arange(half) / half)",
            )
        ],
    ),
    misconception(
        "odd_accepted",
        hint="What should happen when dim is odd?",
        severity="slip",
        edits=[
            edit("if dim % 2:", ""),
            edit('raise ValueError("dim must be even")', ""),
        ],
    ),
    misconception(
        "one_row_too_many_dimensions",
        hint="One row for each step: which shape has your answer?",
        severity="serious",
        edits=[
            edit(
                "return torch.cat([torch.sin(angle), torch.cos(angle)], dim=1)",
                "return torch.stack([torch.sin(angle), torch.cos(angle)], dim=1)",
            )
        ],
    ),
    misconception(
        "scaled_to_unit_length",
        hint="The waves have amplitude 1 as they are.",
        severity="partial",
        edits=[
            edit(
                "torch.cat([torch.sin(angle), torch.cos(angle)], dim=1)",
                "torch.cat([torch.sin(angle), torch.cos(angle)], dim=1) / math.sqrt(half)",
            )
        ],
    ),
    misconception(
        "table_too_short",
        hint="A table made beforehand has a last row: what does your embedding say of a time beyond it?",
        severity="slip",
        edits=[
            edit("t[:, None].float() * frequency[None]", "torch.arange(5000)[:, None] * frequency"),
            edit(
                "[torch.sin(angle), torch.cos(angle)], dim=1)",
                "[torch.sin(angle), torch.cos(angle)], dim=1)[t]",
            ),
        ],
    ),
    misconception(
        "time_scaled_to_one",
        hint="The steps enter as they are: what would dividing by the batch's largest step make of a batch of one?",
        severity="serious",
        edits=[edit("t[:, None]", "(t / t.max().clamp(min=1))[:, None]")],
    ),
    misconception(
        "turns_not_radians",
        hint="Angles are in radians, without a factor of 2 pi.",
        severity="partial",
        edits=[edit("t[:, None]", "2 * math.pi * t[:, None]")],
    ),
    misconception(
        "frequencies_kept_by_dim",
        hint="A second call may have another max_period: whose frequencies does it get?",
        severity="slip",
        edits=[
            edit(
                "def time_embedding(t, dim, max_period=10000.0):",
                "def time_embedding(t, dim, max_period=10000.0, *, kept={}):",
            ),
            edit(
                "frequency = max_period ** (-torch.arange(half) / half)",
                "frequency = kept.setdefault(dim, max_period ** (-torch.arange(half) / half))",
            ),
        ],
    ),
]
