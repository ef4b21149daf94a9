"""Wrong solutions of `train_char_rnn` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

MISCONCEPTIONS = [
    misconception(
        "state_never_handed_on",
        hint="The state of one window is where the next one begins: what does your model begin with?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "logits, state = model(inputs, state)",
                "logits, state = model(inputs, None)",
            ),
        ],
    ),
    misconception(
        "state_into_the_next_epoch",
        hint="Each epoch begins at the beginning of the text: whose state do you begin with?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                """
                losses = []
                for _ in range(epochs):
                    state, total = None, 0.0
                """,
                """
                losses, state = [], None
                for _ in range(epochs):
                    total = 0.0
                """,
            ),
        ],
    ),
    misconception(
        "gradients_never_cleared",
        hint="backward adds to what is there: where do you clear the gradients?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "optimizer.zero_grad()",
                "",
            ),
        ],
    ),
    misconception(
        "clipped_after_the_step",
        hint="Clipping changes gradients, and the step uses them: which comes first?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                """
                nn.utils.clip_grad_norm_(model.parameters(), max_norm)
                optimizer.step()
                """,
                """
                optimizer.step()
                nn.utils.clip_grad_norm_(model.parameters(), max_norm)
                """,
            ),
        ],
    ),
    misconception(
        "each_parameter_clipped",
        hint="One norm of all gradients together: do you clip each parameter by itself?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "nn.utils.clip_grad_norm_(model.parameters(), max_norm)",
                """
                for p in model.parameters():
                    nn.utils.clip_grad_norm_([p], max_norm)
                """,
            ),
        ],
    ),
    misconception(
        "clipped_by_value",
        hint="The norm is bounded, not each number: which of PyTorch's two functions clips the norm?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "clip_grad_norm_(",
                "clip_grad_value_(",
            ),
        ],
    ),
    misconception(
        "step_forgotten",
        hint="Gradients alone change no weight: where is the optimiser's step?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "optimizer.step()",
                "",
            ),
        ],
    ),
    misconception(
        "windows_shuffled",
        hint="Carried state fits only the next window of the text: in which order do you go through them?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "for inputs, targets in windows:",
                "for inputs, targets in [windows[i] for i in torch.randperm(len(windows)).tolist()]:",
            ),
        ],
    ),
    misconception(
        "optimizer_anew_each_epoch",
        hint="Adam remembers its gradients: how often do you make it?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "state, total = None, 0.0",
                """
                optimizer = torch.optim.Adam(model.parameters(), lr=lr)
                state, total = None, 0.0
                """,
            ),
        ],
    ),
    misconception(
        "training_mode_forgotten",
        hint="A network that was evaluated before is still in evaluation mode: where do you switch it back?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "model.train()",
                "",
            ),
        ],
    ),
    misconception(
        "sgd",
        hint="The card asks for Adam: which optimiser do you use?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "torch.optim.Adam(model.parameters(), lr=lr)",
                "torch.optim.SGD(model.parameters(), lr=lr)",
            ),
        ],
    ),
    misconception(
        "last_loss_reported",
        hint="The mean over all windows of the epoch is asked for: which loss do you return?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "losses.append(total / len(windows))",
                "losses.append(loss.item())",
            ),
        ],
    ),
    misconception(
        "streams_mixed_up",
        hint="Row n of a window goes on with the state of row n: do your states change places?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "state = state.detach()",
                "state = state.detach().roll(1, 0)",
            ),
        ],
    ),
]
