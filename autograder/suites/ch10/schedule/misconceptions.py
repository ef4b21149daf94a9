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
    misconception(
        "cosine_stops_at_the_floor",
        hint="Does your cosine lead down to the floor, or to 0 and is stopped on the way?",
        severity="slip",
        edits=[
            edit(
                "return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2",
                "return max(floor, peak * (1 + math.cos(math.pi * done)) / 2)",
            ),
        ],
    ),
    misconception(
        "floor_a_step_early",
        hint="At which step is the floor reached: K or K - 1?",
        severity="partial",
        edits=[
            edit("(total - warmup)", "max(1, total - warmup - 1)"),
        ],
    ),
    misconception(
        "floor_is_a_share",
        hint="Is the floor a rate, or a share of the peak?",
        severity="slip",
        edits=[
            edit(
                "if step < warmup:\n    return peak * (step + 1) / warmup",
                "floor = floor * peak\nif step < warmup:\n    return peak * (step + 1) / warmup",
            ),
        ],
    ),
    misconception(
        "floor_in_the_warm_up",
        hint="Does the warm-up know the floor?",
        severity="slip",
        edits=[
            edit("return peak * (step + 1) / warmup", "return max(floor, peak * (step + 1) / warmup)"),
        ],
    ),
    misconception(
        "peak_not_reached",
        hint="Which rate has the last step of your warm-up?",
        severity="slip",
        edits=[
            edit("return peak * (step + 1) / warmup", "return peak * (step + 1) / (warmup + 1)"),
        ],
    ),
    misconception(
        "division_at_the_end",
        hint="A warm-up of all steps leaves no step for the cosine: by what do you divide?",
        severity="slip",
        edits=[
            edit("if step >= total:", "if step > total:"),
        ],
    ),
    misconception(
        "cosine_a_step_ahead",
        hint="Where on the cosine does the first step after the warm-up stand?",
        severity="partial",
        edits=[
            edit(
                "done = (step - warmup) / (total - warmup)", "done = (step - warmup + 1) / (total - warmup)"
            ),
        ],
    ),
    misconception(
        "warm_up_times_cosine",
        hint="Does the cosine begin at step 0 or after the warm-up?",
        severity="serious",
        edits=[
            edit(
                "if step < warmup:\n    return peak * (step + 1) / warmup",
                "ramp = min(1.0, (step + 1) / max(1, warmup))",
            ),
            edit("(step - warmup) / (total - warmup)", "step / total"),
            edit("(peak - floor) *", "(peak - floor) * ramp *"),
        ],
    ),
    misconception(
        "rate_rounded",
        hint="How many digits has a small rate after your rounding?",
        severity="slip",
        edits=[
            edit("return peak * (step + 1) / warmup", "return round(peak * (step + 1) / warmup, 8)"),
            edit(
                "return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2",
                "return round(floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2, 8)",
            ),
        ],
    ),
    misconception(
        "tensor_returned",
        hint="Of which type is the rate that you return?",
        severity="slip",
        edits=[
            edit("return peak * (step + 1) / warmup", "return torch.tensor(peak * (step + 1) / warmup)"),
            edit("if step >= total:\n    return floor", "if step >= total:\n    return torch.tensor(floor)"),
            edit(
                "return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2",
                "return torch.tensor(floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2)",
            ),
        ],
    ),
    misconception(
        "warm_up_of_none_divides",
        hint="By what do you divide when there is no warm-up?",
        severity="partial",
        edits=[
            edit(
                "if step < warmup:\n    return peak * (step + 1) / warmup",
                "ramp = min(1.0, (step + 1) / warmup)\nif ramp < 1.0:\n    return peak * ramp",
            ),
        ],
    ),
    misconception(
        "cosine_of_a_tensor",
        hint="How many digits has a tensor that is made of a Python float, and how many has the float?",
        severity="slip",
        edits=[
            edit(
                "math.cos(math.pi * done)",
                "torch.cos(torch.tensor(math.pi * done)).item()",
            ),
        ],
    ),
]
