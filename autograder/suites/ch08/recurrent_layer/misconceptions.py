"""Wrong solutions of `recurrent_layer` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

MISCONCEPTIONS = [
    misconception(
        "reversal_includes_padding",
        hint="Backwards, each sequence begins at its own last step: where does yours begin?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "running = (t < lengths)[:, None]",
                "running = (t < lengths)[:, None] | torch.tensor(backwards)",
            ),
            edit(
                "inputs = torch.where(running, x[:, t], torch.zeros_like(x[:, t]))",
                "inputs = x[:, t] * (t < lengths)[:, None]",
            ),
        ],
    ),
    misconception(
        "zeros_are_read_backwards",
        hint="A step with the input 0 still changes the states: do yours change before a sequence begins?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "states = tuple(torch.where(running, after, before) for after, before in zip(new, states, strict=True))",
                "states = new if backwards else tuple(torch.where(running, a, b) for a, b in zip(new, states, strict=True))",
            ),
        ],
    ),
    misconception(
        "padding_goes_through_the_step",
        hint="Padding may be any finite number: can your step overflow there, and what is 0 times infinity?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "inputs = torch.where(running, x[:, t], torch.zeros_like(x[:, t]))",
                "inputs = x[:, t]",
            ),
        ],
    ),
    misconception(
        "masked_by_products",
        hint="Padding may be any finite number: what does a mask of 0 make of an infinite state?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "inputs = torch.where(running, x[:, t], torch.zeros_like(x[:, t]))",
                "inputs, run = x[:, t], running.to(x.dtype)",
            ),
            edit(
                "states = tuple(torch.where(running, after, before) for after, before in zip(new, states, strict=True))",
                "states = tuple(run * after + (1 - run) * before for after, before in zip(new, states, strict=True))",
            ),
            edit(
                "outputs[t] = torch.where(running, states[0], torch.zeros_like(states[0]))",
                "outputs[t] = run * states[0]",
            ),
        ],
    ),
    misconception(
        "backwards_gets_the_order_of_time",
        hint="Reading backwards means the last step first: in which order does your loop go?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "for t in reversed(times) if backwards else times:",
                "for t in times:",
            ),
        ],
    ),
    misconception(
        "outputs_in_the_order_of_reading",
        hint="Output t belongs to input t in both directions: where do you write it?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "outputs[t] = torch.where(running, states[0], torch.zeros_like(states[0]))",
                "outputs[len(times) - 1 - t if backwards else t] = torch.where(running, states[0], torch.zeros_like(states[0]))",
            ),
        ],
    ),
    misconception(
        "padding_moves_the_states",
        hint="Where a sequence has ended its states stay as they were: what does your loop do there?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "states = tuple(torch.where(running, after, before) for after, before in zip(new, states, strict=True))",
                "states = tuple(new)",
            ),
        ],
    ),
    misconception(
        "only_h_is_kept",
        hint="An LSTM has two states: do both stay as they were after the end?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "states = tuple(torch.where(running, after, before) for after, before in zip(new, states, strict=True))",
                "states = (torch.where(running, new[0], states[0]), *new[1:])",
            ),
        ],
    ),
    misconception(
        "outputs_not_zeroed",
        hint="After its end a sequence has no output: what stands in your outputs there?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "outputs[t] = torch.where(running, states[0], torch.zeros_like(states[0]))",
                "outputs[t] = states[0]",
            ),
        ],
    ),
    misconception(
        "last_is_the_last_column",
        hint="A short sequence ends before the last column: is its last state what stands there?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return torch.stack(outputs, dim=1), states",
                "return torch.stack(outputs, dim=1), (outputs[0 if backwards else -1], *states[1:])",
            ),
        ],
    ),
    misconception(
        "states_ignored",
        hint="The first step begins at the states that are handed in: does yours begin at zero?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "times = range(x.shape[1])",
                """
                times = range(x.shape[1])
                states = tuple(torch.zeros_like(s) for s in states)
                """,
            ),
        ],
    ),
    misconception(
        "cut_at_every_step",
        hint="Gradients reach back through all steps: do you detach the states inside the loop?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "new = step(inputs, states, weights)",
                "new = step(inputs, tuple(s.detach() for s in states), weights)",
            ),
        ],
    ),
    misconception(
        "one_step_too_many",
        hint="Times run from 0 to the length minus 1: is the step at t = length still one of the sequence?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "running = (t < lengths)[:, None]",
                "running = (t <= lengths)[:, None]",
            ),
        ],
    ),
    misconception(
        "sorted_batch_not_restored",
        hint="You sort the sequences by length: in which order do the results stand?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "times = range(x.shape[1])",
                """
                times = range(x.shape[1])
                order = lengths.argsort(descending=True)
                x, lengths, states = x[order], lengths[order], tuple(s[order] for s in states)
                """,
            ),
        ],
    ),
    misconception(
        "second_state_as_output",
        hint="The outputs are the first of the states, h: which one do you write down?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "outputs[t] = torch.where(running, states[0], torch.zeros_like(states[0]))",
                "outputs[t] = torch.where(running, states[-1], torch.zeros_like(states[-1]))",
            ),
        ],
    ),
    misconception(
        "last_state_is_that_of_time_zero_forwards",
        hint="Backwards, the last step that is read is the first in time: which state do you return?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return torch.stack(outputs, dim=1), states",
                "return torch.stack(outputs, dim=1), (outputs[-1] if backwards else states[0], *states[1:])",
            ),
        ],
    ),
    misconception(
        "rectangle_reversed",
        hint="The end of a short row is padding: what does your loop read first when it goes backwards?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "times = range(x.shape[1])",
                """
                times = range(x.shape[1])
                x = x.flip(1) if backwards else x
                """,
            ),
            edit(
                "for t in reversed(times) if backwards else times:",
                "for t in times:",
            ),
            edit(
                "inputs = torch.where(running, x[:, t], torch.zeros_like(x[:, t]))",
                "inputs = x[:, t]",
            ),
            edit(
                "return torch.stack(outputs, dim=1), states",
                "return torch.stack(outputs[::-1] if backwards else outputs, dim=1), states",
            ),
        ],
    ),
    misconception(
        "state_of_the_step_read_first",
        hint="Backwards, the last step that is read is the first in time: at which time do you take the last h?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return torch.stack(outputs, dim=1), states",
                """
                outputs = torch.stack(outputs, dim=1)
                return outputs, (outputs[torch.arange(len(x)), lengths - 1], *states[1:])
                """,
            ),
        ],
    ),
    misconception(
        "as_long_as_the_longest",
        hint="Outputs have all T steps, even where no sequence is so long: how many have yours?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "times = range(x.shape[1])",
                "times = range(int(lengths.max()))",
            ),
        ],
    ),
    misconception(
        "third_state_forgotten",
        hint="A step may have three states: how many does your loop renew?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "states = tuple(torch.where(running, after, before) for after, before in zip(new, states, strict=True))",
                """
                kept = [torch.where(running, after, before) for after, before in zip(new[:2], states[:2], strict=True)]
                states = (*kept, *states[2:])
                """,
            ),
        ],
    ),
    misconception(
        "states_in_one_tensor",
        hint="The states of a step may have different sizes: can they stand in one tensor?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "states = tuple(torch.where(running, after, before) for after, before in zip(new, states, strict=True))",
                """
                new, states = torch.stack(tuple(new)), torch.stack(tuple(states))
                states = tuple(torch.where(running, new, states))
                """,
            ),
        ],
    ),
    misconception(
        "outputs_in_float32",
        hint="float64 inputs keep their digits: of which dtype is the tensor that your outputs are written into?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return torch.stack(outputs, dim=1), states",
                "return torch.stack(outputs, dim=1).float(), states",
            )
        ],
    ),
    misconception(
        "last_state_where_reading_began",
        hint="Backwards, the last step that is read is the first in time: at which time do you take the last states?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "outputs = [torch.zeros_like(states[0])] * len(times)",
                "outputs = [torch.zeros_like(states[0])] * len(times)\nkept = list(outputs)",
            ),
            edit(
                "outputs[t] = torch.where(running, states[0], torch.zeros_like(states[0]))",
                "outputs[t] = torch.where(running, states[0], torch.zeros_like(states[0]))\nkept[t] = states",
            ),
            edit(
                "return torch.stack(outputs, dim=1), states",
                """
                rows = torch.arange(len(x))
                last = tuple(torch.stack(parts)[lengths - 1, rows] for parts in zip(*kept, strict=True))
                return torch.stack(outputs, dim=1), last
                """,
            ),
        ],
    ),
]
