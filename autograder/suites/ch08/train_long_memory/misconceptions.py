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
        hint="The step uses gradients whose norm is at most `max_norm`: are yours clipped when it comes?",
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
    misconception(
        "decoupled_decay",
        hint="The card asks for Adam alone: what does your optimiser do to the weights beside its step?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "torch.optim.Adam(model.parameters(), lr=lr)",
                "torch.optim.AdamW(model.parameters(), lr=lr)",
            ),
        ],
    ),
    misconception(
        "sgd_with_momentum",
        hint="The card asks for Adam: which optimiser do you use?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "torch.optim.Adam(model.parameters(), lr=lr)",
                "torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)",
            ),
        ],
    ),
    misconception(
        "each_parameter_clipped_alone",
        hint="All parameters have one norm together: of what do you take the norm?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "nn.utils.clip_grad_norm_(model.parameters(), max_norm)",
                """
for parameter in model.parameters():
    nn.utils.clip_grad_norm_(parameter, max_norm)
""",
            ),
        ],
    ),
    misconception(
        "norm_of_one_always",
        hint="The largest norm is an argument: where do you use `max_norm`?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "nn.utils.clip_grad_norm_(model.parameters(), max_norm)",
                "nn.utils.clip_grad_norm_(model.parameters(), 1.0)",
            ),
        ],
    ),
    misconception(
        "ten_channels_always",
        hint="There are S + 2 channels: how many have you when S is 4?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "F.one_hot(inputs, symbols + 2)",
                "F.one_hot(inputs, max(10, symbols + 2))",
            ),
        ],
    ),
    misconception(
        "signal_one_step_late",
        hint="The signal is the last of the delay's steps: how many blanks stand before yours?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "inputs[:, length + delay - 1] = symbols + 1",
                "inputs[:, length + delay] = symbols + 1",
            ),
        ],
    ),
    misconception(
        "signal_until_the_end",
        hint="The signal is shown once: what stands after yours?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "inputs[:, length + delay - 1] = symbols + 1",
                "inputs[:, length + delay - 1 :] = symbols + 1",
            ),
        ],
    ),
    misconception(
        "first_mark_never_last_in_its_half",
        hint="The upper bound of `torch.randint` is never drawn: which place of the first half is never marked?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "first = torch.randint(0, half, (n,), generator=generator)",
                "first = torch.randint(0, max(1, half - 1), (n,), generator=generator)",
            ),
        ],
    ),
    misconception(
        "second_mark_never_last",
        hint="The upper bound of `torch.randint` is never drawn: which place of the second half is never marked?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "second = torch.randint(half, steps, (n,), generator=generator)",
                "second = torch.randint(half, max(half + 1, steps - 1), (n,), generator=generator)",
            ),
        ],
    ),
    misconception(
        "first_mark_in_the_first_ten",
        hint="The first mark is uniform over the whole first half: where can yours stand in a long sequence?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "first = torch.randint(0, half, (n,), generator=generator)",
                "first = torch.randint(0, min(10, half), (n,), generator=generator)",
            ),
        ],
    ),
    misconception(
        "one_pair_of_places_for_all",
        hint="Each sequence has places of its own: how many pairs of places do you draw?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "first = torch.randint(0, half, (n,), generator=generator)",
                "first = torch.randint(0, half, (1,), generator=generator).expand(n)",
            ),
            edit(
                "second = torch.randint(half, steps, (n,), generator=generator)",
                "second = torch.randint(half, steps, (1,), generator=generator).expand(n)",
            ),
        ],
    ),
    misconception(
        "numbers_from_the_global_generator",
        hint="An equal generator gives equal sequences: from which generator do your numbers come?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "torch.rand(n, steps, generator=generator)",
                "torch.rand(n, steps)",
            ),
        ],
    ),
    misconception(
        "numbers_from_minus_one",
        hint="Numbers are uniform in [0, 1): which is your smallest?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "torch.rand(n, steps, generator=generator)",
                "2 * torch.rand(n, steps, generator=generator) - 1",
            ),
        ],
    ),
    misconception(
        "last_symbol_never_drawn",
        hint="The upper bound of `torch.randint` is never drawn: how many symbols are there, and how many do you draw from?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "targets = torch.randint(0, symbols, (n, length), generator=generator)",
                "targets = torch.randint(0, symbols - 1, (n, length), generator=generator)",
            ),
        ],
    ),
    misconception(
        "symbols_without_repetition",
        hint="Symbols are drawn one by one: can one of yours come twice?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "targets = torch.randint(0, symbols, (n, length), generator=generator)",
                "targets = torch.rand(n, max(symbols, length), generator=generator).argsort(1)[:, :length] % symbols",
            ),
        ],
    ),
    misconception(
        "entropy_summed_over_the_steps",
        hint="The cross-entropy is a mean over sequences and steps: over which do you sum?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "loss = F.cross_entropy(outputs[:, -targets.shape[1] :].flatten(0, 1), targets.flatten())",
                "loss = F.cross_entropy(outputs[:, -targets.shape[1] :].flatten(0, 1), targets.flatten()) * targets.shape[1]",
            ),
        ],
    ),
    misconception(
        "inputs_of_integers",
        hint="The inputs are float32: which dtype does `F.one_hot` give?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "F.one_hot(inputs, symbols + 2).float()",
                "F.one_hot(inputs, symbols + 2)",
            ),
        ],
    ),
    misconception(
        "gradients_cleared_after_the_step",
        hint="Gradients left over from before count for nothing: when do you clear them for the first time?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "optimizer.zero_grad()",
                "",
            ),
            edit(
                "optimizer.step()",
                """
optimizer.step()
optimizer.zero_grad()
""",
            ),
        ],
    ),
]
