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
        severity="partial",
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
        severity="partial",
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
]
