"""Wrong solutions of `truncated_bptt` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

MISCONCEPTIONS = [
    misconception(
        "state_not_carried",
        hint="The value of the state goes on from window to window: with what does each of yours begin?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "model(ids[:, piece], state)",
                "model(ids[:, piece], None)",
            ),
        ],
    ),
    misconception(
        "mean_of_window_means",
        hint="A shorter window has fewer characters: what weight has it in the mean over all?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                """
                loss = F.cross_entropy(logits.flatten(0, 1), targets[:, piece].flatten(), reduction="sum")
                loss = loss / ids.numel()
                """,
                """
                loss = F.cross_entropy(logits.flatten(0, 1), targets[:, piece].flatten())
                loss = loss / math.ceil(ids.shape[1] / window)
                """,
            ),
        ],
    ),
    misconception(
        "sum_instead_of_mean",
        hint="The loss is a mean over all characters: by what is your sum divided?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "loss = loss / ids.numel()",
                "loss = loss / len(ids)",
            ),
        ],
    ),
    misconception(
        "cut_at_every_step",
        hint="Inside a window gradients pass from step to step: do you show the model single characters?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                """
                for start in range(0, ids.shape[1], window):
                    piece = slice(start, start + window)
                """,
                """
                for start in range(ids.shape[1]):
                    piece = slice(start, start + 1)
                """,
            ),
        ],
    ),
    misconception(
        "never_cut",
        hint="At a window's beginning the state is cut from its past: where do you detach it?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "total = 0.0",
                """
                window = max(window, ids.shape[1])
                total = 0.0
                """,
            ),
        ],
    ),
    misconception(
        "last_window_dropped",
        hint="The text need not be a whole number of windows: what becomes of the rest?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "for start in range(0, ids.shape[1], window):",
                "for start in range(0, max(ids.shape[1] - window + 1, 1), window):",
            ),
        ],
    ),
    misconception(
        "first_state_ignored",
        hint="The first window begins at the state that is handed in: do you use it?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "state = None if state is None else state.detach()",
                "state = None",
            ),
        ],
    ),
    misconception(
        "last_window_alone",
        hint="Every window's gradients count: do you clear them in between?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "loss.backward()",
                """
                model.zero_grad()
                loss.backward()
                """,
            ),
        ],
    ),
    misconception(
        "gradients_cleared_first",
        hint="Gradients are added to what is there, as backward does: do you clear them first?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "total = 0.0",
                """
                model.zero_grad()
                total = 0.0
                """,
            ),
        ],
    ),
    misconception(
        "state_with_graph",
        hint="What is returned must not hang on a graph: is the last state cut too?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                """
                    state = state.detach()
                return total, state
                """,
                """
                    last, state = state, state.detach()
                state = last
                return total, state
                """,
            ),
        ],
    ),
    misconception(
        "later_windows_begin_at_zero",
        hint="The first window begins at the state handed in: with what value do the later ones begin?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                """
                    state = state.detach()
                return total, state
                """,
                """
                    last, state = state.detach(), None
                return total, last
                """,
            ),
        ],
    ),
    misconception(
        "every_window_from_the_first_state",
        hint="A window begins where the one before stopped: which state does your second window get?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "logits, state = model(ids[:, piece], state)",
                "logits, last = model(ids[:, piece], state)",
            ),
            edit(
                """
                    state = state.detach()
                return total, state
                """,
                "return total, last.detach()",
            ),
        ],
    ),
    misconception(
        "means_of_windows_added",
        hint="Each of your windows counts as if it were the whole text: is the sum of their means the mean of all?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                """
                loss = F.cross_entropy(logits.flatten(0, 1), targets[:, piece].flatten(), reduction="sum")
                loss = loss / ids.numel()
                """,
                "loss = F.cross_entropy(logits.flatten(0, 1), targets[:, piece].flatten())",
            ),
        ],
    ),
    misconception(
        "divided_by_steps_alone",
        hint="The loss is a mean over all characters of all sequences: by how many do you divide?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "loss = loss / ids.numel()",
                "loss = loss / ids.shape[1]",
            ),
        ],
    ),
    misconception(
        "state_not_detached_between_windows",
        hint="One graph holds all your windows: what keeps a gradient from walking into the window before?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "total = 0.0",
                "total = torch.zeros(())",
            ),
            edit(
                """
                    loss.backward()
                    total += loss.item()
                    state = state.detach()
                return total, state
                """,
                """
                    total = total + loss
                total.backward()
                return total.item(), state.detach()
                """,
            ),
        ],
    ),
    misconception(
        "backward_of_the_last_window_alone",
        hint="The loss of every window has a gradient: for which of them do you call backward?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                """
                    loss.backward()
                    total += loss.item()
                    state = state.detach()
                return total, state
                """,
                """
                    total += loss.item()
                    state = state.detach()
                loss.backward()
                return total, state
                """,
            ),
        ],
    ),
    misconception(
        "loss_of_the_last_window",
        hint="The loss returned is that of the whole text: which windows enter yours?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "total += loss.item()",
                "total = loss.item() * ids.numel() / targets[:, piece].numel()",
            ),
        ],
    ),
    misconception(
        "start_not_cut",
        hint="No gradient reaches the state that is handed in: is it cut from its graph before the first window?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "state = None if state is None else state.detach()",
                "",
            ),
        ],
    ),
    misconception(
        "loss_is_a_tensor",
        hint="A loss that is kept keeps its graph alive: do you return a number?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "total += loss.item()",
                "total = total + loss",
            ),
        ],
    ),
]
