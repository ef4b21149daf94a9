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
]
