"""Wrong solutions of `masks` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "causal_without_itself",
        hint="What does the first query see, if a query does not see its own place?",
        severity="partial",
        edits=[edit("dtype=torch.bool).tril()", "dtype=torch.bool).tril(-1)")],
    ),
    misconception(
        "causal_one_too_generous",
        hint="Who predicts the next character must not see it: does your triangle begin on the diagonal?",
        severity="partial",
        edits=[edit("dtype=torch.bool).tril()", "dtype=torch.bool).tril(1)")],
    ),
    misconception(
        "causal_upside_down",
        hint="Rows are queries, and a query sees what comes before it: is your triangle below the diagonal?",
        severity="partial",
        edits=[edit("dtype=torch.bool).tril()", "dtype=torch.bool).triu()")],
    ),
    misconception(
        "true_means_hidden",
        hint="True means here that a place may be looked at: what does it mean in yours?",
        severity="serious",
        edits=[
            edit(
                "return torch.arange(size) < lengths[:, None]",
                "return torch.arange(size) >= lengths[:, None]",
            ),
            edit(
                "return torch.ones(size, size, dtype=torch.bool).tril()",
                "return torch.ones(size, size, dtype=torch.bool).triu(1)",
            ),
            edit(
                "return (-before <= ahead) & (ahead <= after)", "return (-before > ahead) | (ahead > after)"
            ),
            edit("mask = there[:, :, None] & there[:, None]", "mask = there[:, :, None] | there[:, None]"),
            edit("mask = mask & causal_mask(size)", "mask = mask | causal_mask(size)"),
            edit("mask = mask & window_mask(size, *window)", "mask = mask | window_mask(size, *window)"),
        ],
    ),
    misconception(
        "window_counts_itself",
        hint="`before` counts the places before the query, itself not among them: how many does yours show?",
        severity="partial",
        edits=[edit("-before <= ahead", "-before < ahead")],
    ),
    misconception(
        "window_right_edge_strict",
        hint="The place that stands `after` places later is still in the window: is your comparison strict there?",
        severity="partial",
        edits=[edit("ahead <= after", "ahead < max(after, 1)")],
    ),
    misconception(
        "window_keeps_one_extra",
        hint="Count the keys that a query in the middle sees: are they before + 1 + after?",
        severity="partial",
        edits=[edit("-before <= ahead", "-before - 1 <= ahead")],
    ),
    misconception(
        "window_sides_swapped",
        hint="For a key before the query, is key minus query positive or negative?",
        severity="partial",
        edits=[edit("(-before <= ahead) & (ahead <= after)", "(-after <= ahead) & (ahead <= before)")],
    ),
    misconception(
        "padding_queries_see",
        hint="In the padding there is no query: what are its rows?",
        severity="slip",
        edits=[
            edit("mask = there[:, :, None] & there[:, None]", "mask = there[:, None].expand(-1, size, -1)")
        ],
    ),
    misconception(
        "padding_keys_seen",
        hint="Nobody may look at padding: what are its columns?",
        severity="slip",
        edits=[
            edit("mask = there[:, :, None] & there[:, None]", "mask = there[:, :, None].expand(-1, -1, size)")
        ],
    ),
    misconception(
        "either_is_enough",
        hint="A place must be allowed by each restriction: is one of them enough in yours?",
        severity="partial",
        edits=[
            edit("mask = mask & causal_mask(size)", "mask = mask | causal_mask(size)"),
            edit("mask = mask & window_mask(size, *window)", "mask = mask | window_mask(size, *window)"),
        ],
    ),
    misconception(
        "window_instead_of_causal",
        hint="A window and the causal mask may hold at once: what happens to the first when you apply the second?",
        severity="slip",
        edits=[edit("if causal:", "if causal and window is None:")],
    ),
    misconception(
        "window_of_nothing_ignored",
        hint="The window (0, 0) is a window: which query sees what?",
        severity="slip",
        edits=[edit("if window is not None:", "if window is not None and any(window):")],
    ),
    misconception(
        "last_place_lost",
        hint="A sequence of length n fills the places 0 to n - 1: is place n - 1 there?",
        severity="partial",
        edits=[edit("torch.arange(size) < lengths[:, None]", "torch.arange(size) < lengths[:, None] - 1")],
    ),
    misconception(
        "causal_true_means_hidden",
        hint="True stands where a query may look. Does a query of your causal mask see what comes after it?",
        severity="partial",
        edits=[
            edit(
                "return torch.ones(size, size, dtype=torch.bool).tril()",
                "return torch.ones(size, size, dtype=torch.bool).triu(1)",
            ),
        ],
    ),
    misconception(
        "causal_of_floats",
        hint="A mask is boolean. Which dtype has your causal mask?",
        severity="slip",
        edits=[
            edit(
                "return torch.ones(size, size, dtype=torch.bool).tril()",
                "return torch.ones(size, size).tril()",
            ),
            edit("mask = mask & causal_mask(size)", "mask = mask & causal_mask(size).bool()"),
        ],
    ),
    misconception(
        "padding_sees_itself",
        hint="Rows of padding are wholly False. What stands on the diagonal of yours?",
        severity="partial",
        edits=[
            edit("return mask", "return mask | torch.eye(size, dtype=torch.bool)"),
        ],
    ),
    misconception(
        "empty_sequences_opened",
        hint="A length of 0 is a sequence with nothing in it. Who sees whom in its mask?",
        severity="slip",
        edits=[
            edit("there = padding_mask(lengths, size)", "there = padding_mask(lengths.clamp(min=1), size)"),
        ],
    ),
    misconception(
        "padding_mask_of_the_longest",
        hint="The padding mask has `size` columns. How many has yours if no sequence is that long?",
        severity="slip",
        edits=[
            edit(
                "return torch.arange(size) < lengths[:, None]",
                "return torch.arange(int(lengths.max())) < lengths[:, None]",
            ),
            edit(
                "there = padding_mask(lengths, size)",
                """
                there = padding_mask(lengths, size)
                there = F.pad(there, (0, size - there.shape[1]))
                """,
            ),
        ],
    ),
    misconception(
        "axes_of_size_one_lost",
        hint="A squeeze without a number removes every axis of size 1. What becomes of a batch of one?",
        severity="slip",
        edits=[
            edit("return mask", "return mask.squeeze()"),
        ],
    ),
    misconception(
        "window_counts_itself_but_not_nothing",
        hint="`before` counts the places before the query, itself not among them. How many of them does yours show?",
        severity="partial",
        edits=[
            edit("-before <= ahead", "-max(before, 1) < ahead"),
        ],
    ),
    misconception(
        "window_strict_after",
        hint="The place that stands `after` places later is still in the window. Is your comparison strict there?",
        severity="partial",
        edits=[
            edit("ahead <= after", "ahead < after"),
        ],
    ),
    misconception(
        "window_slice_from_below_zero",
        hint="Near the beginning `i - before` is negative. Where does a slice that starts there begin?",
        severity="partial",
        edits=[
            edit(
                "return (-before <= ahead) & (ahead <= after)",
                """
                mask = torch.zeros(size, size, dtype=torch.bool)
                for i in range(size):
                    mask[i, i - before : i + after + 1] = True
                return mask
                """,
            ),
        ],
    ),
    misconception(
        "window_goes_round_the_ends",
        hint="A window ends where the sequence ends. What enters at the one end when you roll a mask past the other?",
        severity="partial",
        edits=[
            edit(
                "return (-before <= ahead) & (ahead <= after)",
                """
                own = torch.eye(size, dtype=torch.bool)
                mask = own.clone()
                for step in range(1, before + 1):
                    mask = mask | own.roll(-step, dims=1)
                for step in range(1, after + 1):
                    mask = mask | own.roll(step, dims=1)
                return mask
                """,
            ),
        ],
    ),
    misconception(
        "window_of_diagonals_too_far",
        hint="A window may be wider than the sequence. How long is a diagonal that lies outside the matrix?",
        severity="slip",
        edits=[
            edit(
                "return (-before <= ahead) & (ahead <= after)",
                """
                mask = torch.zeros(size, size)
                for offset in range(-before, after + 1):
                    mask = mask + torch.diag(torch.ones(size - abs(offset)), offset)
                return mask > 0
                """,
            ),
        ],
    ),
    misconception(
        "window_zero_is_no_limit",
        hint="A side of 0 shows nothing on that side. What does `or` make of a 0?",
        severity="slip",
        edits=[
            edit(
                "return (-before <= ahead) & (ahead <= after)",
                """
                before, after = before or size, after or size
                return (-before <= ahead) & (ahead <= after)
                """,
            ),
        ],
    ),
    misconception(
        "places_in_eight_bits",
        hint="Places beyond 127 are asked for too. How large a number does your dtype hold?",
        severity="slip",
        edits=[
            edit("place = torch.arange(size)", "place = torch.arange(size).to(torch.int8)"),
        ],
    ),
    misconception(
        "buffer_of_fixed_size",
        hint="The size is an argument. What does your mask give for a size above that of its buffer?",
        severity="slip",
        edits=[
            edit(
                "return torch.ones(size, size, dtype=torch.bool).tril()",
                "return torch.ones(1024, 1024, dtype=torch.bool).tril()[:size, :size]",
            ),
        ],
    ),
    misconception(
        "windows_remembered",
        hint="A mask that is kept between calls is asked for again with another `after`. What decides which one you return?",
        severity="slip",
        edits=[
            edit(
                "return (-before <= ahead) & (ahead <= after)",
                """
                kept = window_mask.__dict__.setdefault((size, before), (-before <= ahead) & (ahead <= after))
                return kept
                """,
            ),
        ],
    ),
    misconception(
        "one_reach_for_both_sides",
        hint="A window has two numbers. How far does your query see after itself when `before` is larger than `after`?",
        severity="partial",
        edits=[
            edit(
                "return (-before <= ahead) & (ahead <= after)",
                "return ahead.abs() <= max(before, after)",
            ),
        ],
    ),
    misconception(
        "before_of_zero_is_no_window",
        hint="A window with 0 places before the query is a window too. What does it hide in yours?",
        severity="slip",
        edits=[
            edit(
                "if window is not None:",
                "if window is not None and not (window[0] == 0 and window[1] > 0):",
            ),
        ],
    ),
]
