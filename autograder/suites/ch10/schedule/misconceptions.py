"""Wrong solutions of `schedule` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "first_step_wasted",
        hint="Which rate has step 0?",
        severity="partial",
        edits=[
            edit("return peak * (step + 1) / warmup", "return peak * step / warmup"),
        ],
    ),
    misconception(
        "floor_forgotten",
        hint="Where does the cosine end?",
        severity="slip",
        edits=[
            edit("return floor + (peak - floor) *", "return peak *"),
        ],
    ),
    misconception(
        "floor_under_the_whole",
        hint="How large is the rate at the top, with a floor?",
        severity="slip",
        edits=[
            edit("floor + (peak - floor) *", "floor + peak *"),
        ],
    ),
    misconception(
        "warm_up_counts_in_the_cosine",
        hint="Where on the cosine does the first step after the warm-up stand?",
        severity="partial",
        edits=[
            edit("(step - warmup) / (total - warmup)", "step / total"),
        ],
    ),
    misconception(
        "steps_after_the_warm_up",
        hint="How many steps lie between the end of the warm-up and the end of all?",
        severity="slip",
        edits=[
            edit("(total - warmup)", "total"),
        ],
    ),
    misconception(
        "whole_cosine",
        hint="Where is a cosine after a whole turn?",
        severity="partial",
        edits=[
            edit("math.cos(math.pi * done)", "math.cos(2 * math.pi * done)"),
        ],
    ),
    misconception(
        "no_warm_up",
        hint="How large is the rate at the very first steps?",
        severity="partial",
        edits=[
            edit("return peak * (step + 1) / warmup", "return peak"),
        ],
    ),
    misconception(
        "linear_decay",
        hint="Which curve leads from the peak to the floor?",
        severity="partial",
        edits=[
            edit("(1 + math.cos(math.pi * done)) / 2", "(1 - done)"),
        ],
    ),
    misconception(
        "rises_again",
        hint="Which rate has a step after the last one?",
        severity="slip",
        edits=[
            edit("if step >= total:\n    return floor", "if total == warmup:\n    return floor"),
        ],
    ),
    misconception(
        "zero_after_the_end",
        hint="Which rate has a step after the last one, when there is a floor?",
        severity="slip",
        edits=[
            edit("if step >= total:\n    return floor", "if step >= total:\n    return 0.0"),
        ],
    ),
    misconception(
        "half_forgotten",
        hint="How large is 1 + cos 0?",
        severity="partial",
        edits=[
            edit("(1 + math.cos(math.pi * done)) / 2", "(1 + math.cos(math.pi * done))"),
        ],
    ),
    misconception(
        "warm_up_from_the_floor",
        hint="From which rate does the warm-up grow?",
        severity="slip",
        edits=[
            edit("return peak * (step + 1) / warmup", "return floor + (peak - floor) * (step + 1) / warmup"),
        ],
    ),
    misconception(
        "quarter_of_a_cosine",
        hint="How much of a cosine leads from 1 to -1?",
        severity="partial",
        edits=[
            edit("(1 + math.cos(math.pi * done)) / 2", "math.cos(math.pi / 2 * done)"),
        ],
    ),
]
