"""Wrong solutions of `rnn` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

MISCONCEPTIONS = [
    misconception(
        "padding_moves_the_state",
        hint="Where a sequence has ended, its state stays as it was: what does your loop do there?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "h = torch.where(running, torch.tanh(x[:, t] @ w_x.T + h @ w_h.T + b), h)",
                "h = torch.tanh(torch.where(running, x[:, t], torch.zeros_like(x[:, t])) @ w_x.T + h @ w_h.T + b)",
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
                "outputs.append(torch.where(running, h, torch.zeros_like(h)))",
                "outputs.append(h)",
            ),
        ],
    ),
    misconception(
        "h0_ignored",
        hint="The first step begins at the state that is handed in: does yours begin at zero?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "h, outputs = h0, []",
                "h, outputs = torch.zeros_like(h0), []",
            ),
        ],
    ),
    misconception(
        "last_is_the_last_column",
        hint="A short sequence ends before the last column: what has become of its state there, and which do you return?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return torch.stack(outputs, dim=1), h",
                "return torch.stack(outputs, dim=1), outputs[-1]",
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
        "lengths_ignored",
        hint="The lengths say where each sequence ends: where do you use them?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "running = (t < lengths)[:, None]",
                "running = torch.ones_like(lengths, dtype=torch.bool)[:, None]",
            ),
        ],
    ),
    misconception(
        "longest_for_all",
        hint="Every sequence has a length of its own: whose do you use?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "running = (t < lengths)[:, None]",
                "running = (t < lengths.max()).expand(len(x), 1)",
            ),
        ],
    ),
    misconception(
        "state_cut_at_every_step",
        hint="Gradients reach back through all steps: do you detach the state inside the loop?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "h @ w_h.T + b), h)",
                "h.detach() @ w_h.T + b), h)",
            ),
        ],
    ),
    misconception(
        "read_backwards",
        hint="Time runs forwards: with which step does your loop begin?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "h = torch.where(running, torch.tanh(x[:, t] @ w_x.T",
                "h = torch.where(running, torch.tanh(x[:, x.shape[1] - 1 - t] @ w_x.T",
            ),
        ],
    ),
    misconception(
        "shorter_than_a_batch",
        hint="A batch of one is a batch: does squeezing remove its axis?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return torch.stack(outputs, dim=1), h",
                "return torch.stack(outputs, dim=1).squeeze(0), h.squeeze(0)",
            ),
        ],
    ),
    misconception(
        "only_as_long_as_the_longest",
        hint="The outputs have as many steps as x, also where no sequence is that long: how many have yours?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "for t in range(x.shape[1]):",
                "for t in range(int(lengths.max())):",
            ),
        ],
    ),
    misconception(
        "sorted_and_not_sorted_back",
        hint="Row n of what is returned belongs to sequence n: in which order do your last states stand?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return torch.stack(outputs, dim=1), h",
                "return torch.stack(outputs, dim=1), h[lengths.argsort(descending=True)]",
            ),
        ],
    ),
    misconception(
        "batch_and_time_mixed",
        hint="The batch comes first, then time: does a view turn steps of samples into samples of steps?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "return torch.stack(outputs, dim=1), h",
                "return torch.cat(outputs).view(len(x), x.shape[1], -1), h",
            ),
        ],
    ),
    misconception(
        "last_at_the_first_length",
        hint="Each sequence ends at a length of its own: whose do you read the last states at?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return torch.stack(outputs, dim=1), h",
                "return torch.stack(outputs, dim=1), outputs[int(lengths[0]) - 1]",
            ),
        ],
    ),
]
