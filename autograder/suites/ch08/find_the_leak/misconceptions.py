"""Wrong solutions of `find_the_leak` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

MISCONCEPTIONS = [
    misconception(
        "rows_and_columns_swapped",
        hint="The row is the place of the score: which place is the row in yours?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return ((after - before).abs() > 1e-6).any(dim=3).any(dim=1).T",
                "return ((after - before).abs() > 1e-6).any(dim=3).any(dim=1)",
            ),
        ],
    ),
    misconception(
        "one_other_character",
        hint="Two characters may have the same effect: how many others do you try at a place?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "changed[place, :, place] = torch.arange(vocab_size)",
                "changed[place, :, place] = (ids[place] + 1) % vocab_size",
            ),
        ],
    ),
    misconception(
        "the_next_character_alone",
        hint="Two characters may have the same effect: how many others do you try at a place?",
        severity="slip",
        base="place_by_place",
        edits=[
            edit("texts = ids[None].repeat(vocab_size, 1)", "texts = ids[None].repeat(1, 1)"),
            edit("texts[:, s] = torch.arange(vocab_size)", "texts[:, s] = (ids[s] + 1) % vocab_size"),
        ],
    ),
    misconception(
        "relative_tolerance",
        hint="A change counts from 1e-6 on, however large the score: which tolerance does your comparison add?",
        severity="slip",
        base="place_by_place",
        edits=[
            edit(
                "((after - before).abs() > 1e-6)",
                "(~torch.isclose(after, before.expand_as(after)))",
            ),
        ],
    ),
    misconception(
        "changed_to_the_same_one",
        hint="At one place a fixed character is the old one and changes nothing: what do you change it to?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "changed[place, :, place] = torch.arange(vocab_size)",
                "changed[place, :, place] = 0",
            ),
        ],
    ),
    misconception(
        "own_place_alone",
        hint="All places are asked, not the diagonal alone: what stands beside it in yours?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return ((after - before).abs() > 1e-6).any(dim=3).any(dim=1).T",
                "return ((after - before).abs() > 1e-6).any(dim=3).any(dim=1).T & torch.eye(steps, dtype=torch.bool)",
            ),
        ],
    ),
    misconception(
        "future_alone",
        hint="What a place reads may lie on both sides of it: do you keep one side only?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return ((after - before).abs() > 1e-6).any(dim=3).any(dim=1).T",
                "return (((after - before).abs() > 1e-6).any(dim=3).any(dim=1).T).triu()",
            ),
        ],
    ),
    misconception(
        "everything_after_is_changed",
        hint="One place at a time: how many do you change at once?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "changed[place, :, place] = torch.arange(vocab_size)",
                "changed[place, :, place:] = torch.arange(vocab_size)[:, None]",
            ),
        ],
    ),
    misconception(
        "differences_cancel",
        hint="Scores may go up and down: do your differences cancel when you sum them?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return ((after - before).abs() > 1e-6).any(dim=3).any(dim=1).T",
                "return ((after - before).sum(dim=3).abs() > 1e-6).any(dim=1).T",
            ),
        ],
    ),
    misconception(
        "upwards_alone",
        hint="A score that falls has changed as well: what does your comparison do with it?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return ((after - before).abs() > 1e-6).any(dim=3).any(dim=1).T",
                "return ((after - before) > 1e-6).any(dim=3).any(dim=1).T",
            ),
        ],
    ),
    misconception(
        "every_character_must_act",
        hint="Some other character is enough: must all of them change a score in yours?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return ((after - before).abs() > 1e-6).any(dim=3).any(dim=1).T",
                "return (((after - before).abs() > 1e-6).any(dim=3).sum(dim=1) >= vocab_size - 1).T",
            ),
        ],
    ),
    misconception(
        "ends_come_in_again",
        hint="Beyond the ends stand zeros: what comes in at yours when you shift?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "before = F.pad(forwards, (0, 0, 1, 0))[:, :-1]",
                "before = forwards.roll(1, 1)",
            ),
            edit(
                "after = F.pad(backwards, (0, 0, 0, 1))[:, 1:]",
                "after = backwards.roll(-1, 1)",
            ),
        ],
    ),
    misconception(
        "backwards_not_shifted",
        hint="The backward output at t has read the character at t: which place do you take it from?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "after = F.pad(backwards, (0, 0, 0, 1))[:, 1:]",
                "after = backwards",
            ),
        ],
    ),
    misconception(
        "both_from_the_place_before",
        hint="The backward output of t - 1 has read the character at t: from which side does yours come?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "after = F.pad(backwards, (0, 0, 0, 1))[:, 1:]",
                "after = F.pad(backwards, (0, 0, 1, 0))[:, :-1]",
            ),
        ],
    ),
    misconception(
        "shifted_the_wrong_way",
        hint="Before t stands t - 1, after it t + 1: which way does each of yours move?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "before = F.pad(forwards, (0, 0, 1, 0))[:, :-1]",
                "before = F.pad(forwards, (0, 0, 0, 1))[:, 1:]",
            ),
            edit(
                "after = F.pad(backwards, (0, 0, 0, 1))[:, 1:]",
                "after = F.pad(backwards, (0, 0, 1, 0))[:, :-1]",
            ),
        ],
    ),
    misconception(
        "effects_averaged",
        hint="Changes upwards and downwards cancel in a mean: do you average before you compare?",
        severity="slip",
        base="place_by_place",
        edits=[
            edit(
                "columns.append(((after - before).abs() > 1e-6).any(2).any(0))",
                "columns.append(((after - before).mean(0).abs() > 1e-6).any(1))",
            ),
        ],
    ),
    misconception(
        "last_character_never_tried",
        hint="All V characters are tried at a place: which one do you leave out?",
        severity="slip",
        base="place_by_place",
        edits=[
            edit(
                "texts = ids[None].repeat(vocab_size, 1)",
                "texts = ids[None].repeat(vocab_size - 1, 1)",
            ),
            edit(
                "texts[:, s] = torch.arange(vocab_size)",
                "texts[:, s] = torch.arange(vocab_size - 1)",
            ),
        ],
    ),
    misconception(
        "character_zero_never_tried",
        hint="Character 0 is one of the V: do you leave it out?",
        severity="slip",
        base="place_by_place",
        edits=[
            edit(
                "texts = ids[None].repeat(vocab_size, 1)",
                "texts = ids[None].repeat(vocab_size - 1, 1)",
            ),
            edit(
                "texts[:, s] = torch.arange(vocab_size)",
                "texts[:, s] = torch.arange(1, vocab_size)",
            ),
        ],
    ),
    misconception(
        "likeliest_character_alone",
        hint="Any change of a score counts: do you look at the largest score alone?",
        severity="partial",
        base="place_by_place",
        edits=[
            edit(
                "columns.append(((after - before).abs() > 1e-6).any(2).any(0))",
                "columns.append((after.argmax(2) != before.argmax(1)).any(0))",
            ),
        ],
    ),
    misconception(
        "all_the_others_must_act",
        hint="One other character that changes a score is enough: how many do you ask for?",
        severity="slip",
        base="place_by_place",
        edits=[
            edit(
                "columns.append(((after - before).abs() > 1e-6).any(2).any(0))",
                "columns.append(((after - before).abs() > 1e-6).any(2).sum(0) >= vocab_size - 1)",
            ),
        ],
    ),
    misconception(
        "outputs_of_the_place_itself",
        hint="What stands at t may not have read t: which outputs do you join?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "before = F.pad(forwards, (0, 0, 1, 0))[:, :-1]",
                "before = forwards",
            ),
            edit(
                "after = F.pad(backwards, (0, 0, 0, 1))[:, 1:]",
                "after = backwards",
            ),
        ],
    ),
    misconception(
        "mean_of_the_changes",
        hint="One score that changes is enough: how small does a mean over the vocabulary make its change?",
        severity="slip",
        base="place_by_place",
        edits=[
            edit(
                "columns.append(((after - before).abs() > 1e-6).any(2).any(0))",
                "columns.append(((after - before).abs().mean(2) > 1e-6).any(0))",
            ),
        ],
    ),
    misconception(
        "rounding_counts",
        hint="A change below 1e-6 is rounding: does your comparison count it?",
        severity="slip",
        base="place_by_place",
        edits=[
            edit(
                "columns.append(((after - before).abs() > 1e-6).any(2).any(0))",
                "columns.append((after != before).any(2).any(0))",
            ),
        ],
    ),
    misconception(
        "a_row_for_each_change",
        hint="The row is the place of the score: which place is the row in yours?",
        severity="partial",
        base="place_by_place",
        edits=[edit("return torch.stack(columns, dim=1)", "return torch.stack(columns, dim=0)")],
    ),
    misconception(
        "backward_end_comes_in_again",
        hint="Beyond the last place stand zeros: what comes in there at yours when you shift the backward output?",
        severity="slip",
        base="reference",
        edits=[edit("after = F.pad(backwards, (0, 0, 0, 1))[:, 1:]", "after = backwards.roll(-1, 1)")],
    ),
]
