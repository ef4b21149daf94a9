"""Wrong solutions of `train_speller` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

MISCONCEPTIONS = [
    misconception(
        "current_target_as_input",
        hint="The decoder may know the words before, not the one it is asked for: what do you feed it?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "logits = model(source, source_lengths, torch.cat([first, targets[:, :-1]], dim=1))",
                "logits = model(source, source_lengths, targets)",
            ),
        ],
    ),
    misconception(
        "inputs_moved_the_wrong_way",
        hint="The word before is fed, START first: which way have you moved the targets?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "logits = model(source, source_lengths, torch.cat([first, targets[:, :-1]], dim=1))",
                "logits = model(source, source_lengths, torch.cat([targets[:, 1:], first], dim=1))",
            ),
        ],
    ),
    misconception(
        "eos_fed_to_decoder",
        hint="Inputs are as long as the targets: is the last target fed as well, and are inputs and targets compared place by place?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "logits = model(source, source_lengths, torch.cat([first, targets[:, :-1]], dim=1))",
                "logits = model(source, source_lengths, torch.cat([first, targets], dim=1))[:, :-1]",
            ),
        ],
    ),
    misconception(
        "padding_counted",
        hint="Only words that exist count: what do you do with those after a target's end?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "loss = F.cross_entropy(logits[valid], targets[valid])",
                "loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())",
            ),
        ],
    ),
    misconception(
        "token_zero_ignored",
        hint="The lengths decide what exists: is padding told by its token in yours?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "loss = F.cross_entropy(logits[valid], targets[valid])",
                "loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=0)",
            ),
        ],
    ),
    misconception(
        "end_token_left_out",
        hint="END has to be learnt too: is the last valid word in your loss?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "valid = torch.arange(targets.shape[1]) < target_lengths[:, None]",
                "valid = torch.arange(targets.shape[1]) < (target_lengths[:, None] - 1).clamp(min=1)",
            ),
        ],
    ),
    misconception(
        "lengths_of_the_sources",
        hint="The loss ends where the targets end: whose lengths do you use?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "< target_lengths[:, None]",
                "< source_lengths[:, None]",
            ),
        ],
    ),
    misconception(
        "gradients_never_cleared",
        hint="backward adds to what is there: where do you clear the gradients?",
        severity="partial",
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
        hint="The step uses gradients that were clipped to a norm of at most 1: do yours change before it?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                """
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                """,
                """
                optimizer.step()
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                """,
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
                "total = 0.0",
                """
                total = 0.0
                optimizer = torch.optim.Adam(model.parameters(), lr=lr)
                """,
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
        "last_loss_reported",
        hint="The mean over all batches of the epoch is asked for: which loss do you return?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "losses.append(total / len(batches))",
                "losses.append(loss.item())",
            ),
        ],
    ),
]
