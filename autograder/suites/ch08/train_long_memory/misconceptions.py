"""Wrong solutions of `train_long_memory` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

MISCONCEPTIONS = [
    misconception(
        "both_marks_anywhere",
        hint="One mark belongs to each half: from which steps do you draw the second?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "second = torch.randint(half, steps, (n,), generator=generator)",
                "second = (first + torch.randint(1, steps, (n,), generator=generator)) % steps",
            ),
        ],
    ),
    misconception(
        "one_place_for_all",
        hint="Each sequence has places of its own: how many places do you draw?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "first = torch.randint(0, half, (n,), generator=generator)",
                "first = torch.randint(0, half, (1,), generator=generator).expand(n)",
            ),
        ],
    ),
    misconception(
        "all_numbers_summed",
        hint="Only the two marked numbers are added: what is in your target?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "numbers[rows, first] + numbers[rows, second]",
                "numbers.sum(dim=1)",
            ),
        ],
    ),
    misconception(
        "channels_swapped",
        hint="Channel 0 holds the numbers: in which order do you stack?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "torch.stack([numbers, marks], dim=2)",
                "torch.stack([marks, numbers], dim=2)",
            ),
        ],
    ),
    misconception(
        "signal_at_the_end",
        hint="The signal stands one step before the answers begin: where is yours?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "inputs[:, length + delay - 1] = symbols + 1",
                "inputs[:, -1] = symbols + 1",
            ),
        ],
    ),
    misconception(
        "delay_one_step_longer",
        hint="There are 2 L + delay steps, the signal among the delay: how many have you?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "inputs = torch.full((n, 2 * length + delay), symbols)",
                "inputs = torch.full((n, 2 * length + delay + 1), symbols)",
            ),
            edit(
                "inputs[:, length + delay - 1] = symbols + 1",
                "inputs[:, length + delay] = symbols + 1",
            ),
        ],
    ),
    misconception(
        "first_steps_compared",
        hint="The answers stand at the end of the sequence: which outputs do you compare?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "outputs[:, -targets.shape[1] :]",
                "outputs[:, : targets.shape[1]]",
            ),
        ],
    ),
    misconception(
        "loss_summed",
        hint="The loss is a mean: do you sum over the batch?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "loss = F.mse_loss(outputs, targets)",
                'loss = F.mse_loss(outputs, targets, reduction="sum")',
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
        severity="partial",
        base="reference",
        edits=[
            edit(
                "optimizer.step()",
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
        "optimizer_anew_for_each_batch",
        hint="Adam remembers its gradients: how often do you make it?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "outputs = model(inputs)",
                """
                optimizer = torch.optim.Adam(model.parameters(), lr=lr)
                outputs = model(inputs)
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
        "loss_after_the_step",
        hint="The loss asked for is the one before the step: when do you compute the one that you return?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "losses.append(loss.item())",
                """
                with torch.no_grad():
                    outputs = model(inputs)
                    loss = F.mse_loss(outputs, targets) if targets.is_floating_point() else F.cross_entropy(outputs[:, -targets.shape[1] :].flatten(0, 1), targets.flatten())
                losses.append(loss.item())
                """,
            ),
        ],
    ),
]
