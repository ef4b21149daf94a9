"""Wrong solutions of `guidance` that students write, each an edit of a right one."""

from autograder.testing import after, edit, misconception

BASE = "two_calls"

MISCONCEPTIONS = [
    misconception(
        "difference_only",
        hint="Something has to be added to the scaled difference.",
        severity="partial",
        edits=[edit("unconditional + scale", "scale")],
    ),
    misconception(
        "dropped_together",
        hint="Each label is dropped by itself, not the whole batch at once.",
        severity="slip",
        edits=[edit("y.shape, generator=generator", "(), generator=generator).expand(y.shape")],
    ),
    misconception(
        "exact_number_dropped",
        hint="Each label is dropped independently: must their number always be the same?",
        severity="slip",
        edits=[
            edit("torch.rand(y.shape, generator=generator) < p", "torch.arange(len(y)) < int(p * len(y))")
        ],
    ),
    misconception(
        "from_conditional",
        hint="At scale 0 the label plays no part.",
        severity="partial",
        edits=[
            edit(
                "unconditional + scale * (conditional - unconditional)",
                "(1 + scale) * conditional - scale * unconditional",
            )
        ],
    ),
    misconception(
        "generator_ignored",
        hint="The generator that was given draws which labels go.",
        severity="slip",
        edits=[edit("y.shape, generator=generator", "y.shape")],
    ),
    misconception(
        "labels_become_floats",
        hint="Labels are whole numbers: which dtype has your answer?",
        severity="slip",
        edits=[
            edit(
                "return torch.where(dropped, torch.full_like(y, null_label), y)",
                "return y * (~dropped) + null_label * dropped.float()",
            )
        ],
    ),
    misconception(
        "labels_changed",
        hint="The caller needs its labels again in the next epoch: work on a copy.",
        severity="slip",
        edits=[
            edit(
                "return torch.where(dropped, torch.full_like(y, null_label), y)",
                """
                y[dropped] = null_label
                return y
                """,
            ),
        ],
    ),
    misconception(
        "labels_shuffled",
        hint="A dropped label becomes the null label, not another class.",
        severity="partial",
        edits=[
            edit(
                "dropped, torch.full_like(y, null_label)",
                "dropped, y[torch.randperm(len(y), generator=generator)]",
            )
        ],
    ),
    misconception(
        "normal_instead_of_uniform",
        hint="A uniform number is below p with probability p; a normal one is not.",
        severity="partial",
        edits=[edit("torch.rand(y.shape, generator=generator)", "torch.randn(y.shape, generator=generator)")],
    ),
    misconception(
        "null_is_class_zero",
        hint='Class 0 is a class; which label means "no label"?',
        severity="partial",
        edits=[
            edit(
                "unconditional = model(x, t, torch.full_like(y, null_label))",
                "unconditional = model(x, t, torch.zeros_like(y))",
            )
        ],
    ),
    misconception(
        "null_is_last_label",
        hint="The null label is an argument, not a number of your own.",
        severity="slip",
        edits=[
            edit(
                "unconditional = model(x, t, torch.full_like(y, null_label))",
                "unconditional = model(x, t, torch.full_like(y, int(y.max()) + 1))",
            )
        ],
    ),
    misconception(
        "rate_inverted",
        hint="p is the probability to drop a label, not to keep it.",
        severity="partial",
        edits=[
            edit(
                "dropped = torch.rand(y.shape, generator=generator) < p",
                "dropped = torch.rand(y.shape, generator=generator) >= p",
            )
        ],
    ),
    misconception(
        "scale_at_most_one",
        hint="Guidance extrapolates: the scale may be above 1.",
        severity="slip",
        edits=[
            after(
                "unconditional = model(x, t, torch.full_like(y, null_label))",
                "scale = min(max(scale, 0.0), 1.0)",
            )
        ],
    ),
    misconception(
        "swapped",
        hint="Guidance leads away from the prediction without a label: which one do you start from?",
        severity="partial",
        edits=[
            edit(
                "return unconditional + scale * (conditional - unconditional)",
                "return conditional + scale * (unconditional - conditional)",
            )
        ],
    ),
    misconception(
        "unconditional_detached",
        hint="Gradients flow through both predictions.",
        severity="slip",
        edits=[
            edit(
                "model(x, t, torch.full_like(y, null_label))",
                "model(x, t, torch.full_like(y, null_label)).detach()",
            )
        ],
    ),
    misconception(
        "share_of_labels_shuffled",
        hint="Each label is dropped or not by itself: must their number be the same in every batch?",
        severity="slip",
        edits=[
            edit(
                "dropped = torch.rand(y.shape, generator=generator) < p",
                """
                dropped = torch.zeros(y.shape, dtype=torch.bool)
                dropped[torch.randperm(len(y), generator=generator)[: round(p * len(y))]] = True
                """,
            ),
        ],
    ),
    misconception(
        "rescaled",
        hint="Guidance adds a multiple of a difference: is the size of the result to be corrected?",
        severity="slip",
        edits=[
            edit(
                "return unconditional + scale * (conditional - unconditional)",
                """
                guided = unconditional + scale * (conditional - unconditional)
                dims = list(range(1, x.dim()))
                return guided * (conditional.std(dims, keepdim=True) / guided.std(dims, keepdim=True)) if scale > 1 else guided
                """,
            ),
        ],
    ),
    misconception(
        "no_guidance_up_to_one",
        hint="Between 0 and 1 the prediction lies between the two: what do you return there?",
        severity="slip",
        edits=[
            after(
                "conditional = model(x, t, y)",
                """
                if scale <= 1:
                    return conditional
                """,
            ),
        ],
    ),
    misconception(
        "unconditional_without_autograd",
        hint="Gradients flow through both predictions: is autograd on while you ask for each of them?",
        severity="slip",
        edits=[
            edit(
                "unconditional = model(x, t, torch.full_like(y, null_label))",
                """
                with torch.no_grad():
                    unconditional = model(x, t, torch.full_like(y, null_label))
                """,
            )
        ],
    ),
    misconception(
        "one_null_label_for_the_batch",
        hint="The model is asked about every sample: how many labels do you tell it?",
        severity="slip",
        edits=[
            edit("model(x, t, torch.full_like(y, null_label))", "model(x, t, torch.tensor([null_label]))")
        ],
    ),
    misconception(
        "times_in_another_order",
        hint="In a doubled batch each image goes with its own time and label: in which order do yours stand?",
        severity="slip",
        edits=[
            edit(
                """
                conditional = model(x, t, y)
                unconditional = model(x, t, torch.full_like(y, null_label))
                """,
                """
                labels = torch.cat([y, torch.full_like(y, null_label)])
                both = model(torch.cat([x, x]), t.repeat_interleave(2), labels)
                conditional, unconditional = both.chunk(2)
                """,
            )
        ],
    ),
    misconception(
        "one_null_label_asked_first",
        hint="The model is asked about every sample: how many labels do you tell it?",
        severity="slip",
        base="reference",
        edits=[
            edit("model(x, t, torch.full_like(y, null_label))", "model(x, t, torch.tensor([null_label]))")
        ],
    ),
]
