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
        hint="The step uses gradients whose norm, of all parameters together, is at most 1: is it so in yours?",
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
    misconception(
        "one_epoch_whatever",
        hint="How often do you go through the batches when `epochs` is 3?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "for _ in range(epochs):",
                "for _ in range(1):",
            ),
        ],
    ),
    misconception(
        "rate_ignored",
        hint="The learning rate is an argument: where do you use `lr`?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "torch.optim.Adam(model.parameters(), lr=lr)",
                "torch.optim.Adam(model.parameters(), lr=5e-3)",
            ),
        ],
    ),
    misconception(
        "padding_in_front",
        hint="The first input is START, token 1: which token do you put in front?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "first = torch.full_like(targets[:, :1], 1)",
                "first = torch.full_like(targets[:, :1], 0)",
            ),
        ],
    ),
    misconception(
        "rate_falls_by_epochs",
        hint="The learning rate is `lr` in every epoch: what happens to yours?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "losses.append(total / len(batches))",
                """
losses.append(total / len(batches))
for group in optimizer.param_groups:
    group["lr"] *= 0.9
""",
            ),
        ],
    ),
    misconception(
        "batches_shuffled",
        hint="The batches come in their order: in which order do yours come?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "for source, source_lengths, targets, target_lengths in batches:",
                "for source, source_lengths, targets, target_lengths in [batches[k] for k in torch.randperm(len(batches)).tolist()]:",
            ),
        ],
    ),
    misconception(
        "mean_weighted_by_tokens",
        hint="What is returned is the mean of the batches' losses, each counted once: what weighs in yours?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "total = 0.0",
                "total, tokens = 0.0, 0",
            ),
            edit(
                "total += loss.item()",
                """
total += loss.item() * int(valid.sum())
tokens += int(valid.sum())
""",
            ),
            edit(
                "losses.append(total / len(batches))",
                "losses.append(total / tokens)",
            ),
        ],
    ),
    misconception(
        "gradients_cleared_once_an_epoch",
        hint="backward adds to what is there: how often do you clear the gradients?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "optimizer.zero_grad()",
                "",
            ),
            edit(
                "total = 0.0",
                """
total = 0.0
optimizer.zero_grad()
""",
            ),
        ],
    ),
]
