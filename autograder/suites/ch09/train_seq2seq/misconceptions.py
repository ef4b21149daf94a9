"""Wrong solutions of `train_seq2seq` that students write, each an edit of a right one."""

from autograder.testing import after, edit, misconception

BASE = "reference"
INPUTS = "inputs = torch.cat([torch.ones_like(target[:, :1]), target[:, :-1]], dim=1)"

MISCONCEPTIONS = [
    misconception(
        "shown_the_answer",
        hint="At step t the model must not be given the character that it has to predict: are your inputs moved?",
        severity="serious",
        edits=[edit(INPUTS, "inputs = target")],
    ),
    misconception(
        "start_is_padding",
        hint="The first input is the start, 1: what do you put in front?",
        severity="serious",
        edits=[edit("torch.ones_like(target[:, :1])", "torch.zeros_like(target[:, :1])")],
    ),
    misconception(
        "shifted_by_dropping_the_first",
        hint="The target begins with its first character, not with the start: what is lost if you cut it off?",
        severity="serious",
        edits=[
            edit(INPUTS, "inputs, target = target[:, :-1], target[:, 1:]"),
        ],
    ),
    misconception(
        "padding_counted",
        hint="Padding is no character: does it count in your loss?",
        severity="partial",
        edits=[edit(", ignore_index=0)", ")")],
    ),
    misconception(
        "padding_in_the_number",
        hint="The mean is over the characters that are there: by how many do you divide?",
        severity="partial",
        edits=[
            edit(
                "loss = F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=0)",
                'loss = F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=0, reduction="none").mean()',
            )
        ],
    ),
    misconception(
        "summed_loss",
        hint="The loss is a mean: is yours a sum?",
        severity="partial",
        edits=[edit("ignore_index=0)", 'ignore_index=0, reduction="sum")')],
    ),
    misconception(
        "mean_of_means",
        hint="Each character counts the same: do short strings count more in your loss?",
        severity="partial",
        edits=[
            edit(
                "loss = F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=0)",
                """
                each = F.cross_entropy(logits.transpose(1, 2), target, ignore_index=0, reduction="none")
                loss = (each.sum(1) / (target > 0).sum(1)).mean()
                """,
            )
        ],
    ),
    misconception(
        "gradients_never_cleared",
        hint="backward adds to what is there: where do you clear the gradients?",
        severity="serious",
        edits=[edit("optimizer.zero_grad()", "")],
    ),
    misconception(
        "clipped_after_the_step",
        hint="Clipping changes gradients, and the step uses them: which comes first?",
        severity="partial",
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
            )
        ],
    ),
    misconception(
        "not_clipped",
        hint="max_norm is an argument: where are the gradients clipped?",
        severity="slip",
        edits=[edit("nn.utils.clip_grad_norm_(model.parameters(), max_norm)", "")],
    ),
    misconception(
        "constant_rate",
        hint="The rate rises and falls: where do you set it?",
        severity="partial",
        edits=[edit("lr * ((i + 1) / warm_up if i < warm_up else 0.05 + 0.95 * turn)", "lr")],
    ),
    misconception(
        "warm_up_from_zero",
        hint="For i = 0 the rate is lr / warm_up: what is yours?",
        severity="slip",
        edits=[edit("(i + 1) / warm_up if", "i / warm_up if")],
    ),
    misconception(
        "warm_up_one_too_long",
        hint="Step i = warm_up is the first of the cosine: which branch does yours take?",
        severity="slip",
        edits=[edit("if i < warm_up else", "if i <= warm_up else")],
    ),
    misconception(
        "cosine_over_all_steps",
        hint="The cosine begins when the warming up has ended: where does yours begin?",
        severity="slip",
        edits=[edit("math.pi * (i - warm_up) / (len(batches) - warm_up)", "math.pi * i / len(batches)")],
    ),
    misconception(
        "falls_to_zero",
        hint="The rate ends near 5% of its largest value: where is that in yours?",
        severity="slip",
        edits=[edit("0.05 + 0.95 * turn", "turn")],
    ),
    misconception(
        "rate_after_the_step",
        hint="The rate of step i is set before step i: when do you set it?",
        severity="slip",
        edits=[
            edit(
                """
                turn = 0.5 * (1 + math.cos(math.pi * (i - warm_up) / (len(batches) - warm_up)))
                for group in optimizer.param_groups:
                    group["lr"] = lr * ((i + 1) / warm_up if i < warm_up else 0.05 + 0.95 * turn)
                """,
                "",
            ),
            edit(
                "losses.append(loss.item())",
                """
                losses.append(loss.item())
                turn = 0.5 * (1 + math.cos(math.pi * (i - warm_up) / (len(batches) - warm_up)))
                for group in optimizer.param_groups:
                    group["lr"] = lr * ((i + 1) / warm_up if i < warm_up else 0.05 + 0.95 * turn)
                """,
            ),
        ],
    ),
    misconception(
        "training_mode_forgotten",
        hint="A model that was evaluated before is still in evaluation mode: where do you switch it back?",
        severity="slip",
        edits=[edit("model.train()", "")],
    ),
    misconception(
        "step_forgotten",
        hint="Gradients alone change no weight: where is the optimiser's step?",
        severity="serious",
        edits=[edit("optimizer.step()", "")],
    ),
    misconception(
        "optimizer_anew_each_step",
        hint="Adam remembers its gradients: how often do you make it?",
        severity="partial",
        edits=[
            after(
                "for i, (source, target) in enumerate(batches):",
                "    optimizer = torch.optim.Adam(model.parameters(), lr=lr)",
            )
        ],
    ),
    misconception(
        "sgd",
        hint="The card asks for Adam: which optimiser do you use?",
        severity="partial",
        edits=[
            edit("torch.optim.Adam(model.parameters(), lr=lr)", "torch.optim.SGD(model.parameters(), lr=lr)")
        ],
    ),
    misconception(
        "adam_with_decay",
        hint="Plain Adam leaves alone what gets no gradient. What does the decay of your optimiser do to it?",
        severity="slip",
        edits=[
            edit(
                "optimizer = torch.optim.Adam(model.parameters(), lr=lr)",
                "optimizer = torch.optim.AdamW(model.parameters(), lr=lr)",
            ),
        ],
    ),
    misconception(
        "betas_of_the_transformer",
        hint="Plain Adam has the betas 0.9 and 0.999. Which have you given it?",
        severity="slip",
        edits=[
            edit(
                "optimizer = torch.optim.Adam(model.parameters(), lr=lr)",
                "optimizer = torch.optim.Adam(model.parameters(), lr=lr, betas=(0.9, 0.98), eps=1e-9)",
            ),
        ],
    ),
    misconception(
        "best_weights_put_back",
        hint="The weights that count are those after the last step. Which do you leave in the model?",
        severity="slip",
        edits=[
            edit(
                "losses.append(loss.item())",
                """
                losses.append(loss.item())
                if losses[-1] == min(losses):
                    best = {name: value.clone() for name, value in model.state_dict().items()}
                """,
            ),
            edit(
                "return losses",
                """
                model.load_state_dict(best)
                return losses
                """,
            ),
        ],
    ),
    misconception(
        "stops_early",
        hint="Each batch has its step. Which batches does your loop leave out when the loss is small?",
        severity="slip",
        edits=[
            edit(
                "losses.append(loss.item())",
                """
                losses.append(loss.item())
                if losses[-1] < 0.02:
                    break
                """,
            ),
        ],
    ),
    misconception(
        "end_hidden",
        hint="The end is a character as any other. Is it in your inputs where the target goes on after it?",
        severity="slip",
        edits=[
            edit(
                "logits = model(source, inputs)", "logits = model(source, inputs.masked_fill(inputs == 2, 0))"
            ),
        ],
    ),
    misconception(
        "each_parameter_clipped",
        hint="The norm of 1 is that of all parameters together. Of what is yours?",
        severity="slip",
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
        "each_number_clipped",
        hint="Clipping to a norm keeps the direction of the gradient. Does clipping each number?",
        severity="slip",
        edits=[
            edit(
                "nn.utils.clip_grad_norm_(model.parameters(), max_norm)",
                "nn.utils.clip_grad_value_(model.parameters(), max_norm)",
            ),
        ],
    ),
    misconception(
        "norm_of_one_always",
        hint="max_norm is an argument. To which norm do you clip?",
        severity="slip",
        edits=[
            edit(
                "nn.utils.clip_grad_norm_(model.parameters(), max_norm)",
                "nn.utils.clip_grad_norm_(model.parameters(), 1.0)",
            ),
        ],
    ),
    misconception(
        "clipped_before_backward",
        hint="There are no gradients before backward. What do you clip?",
        severity="slip",
        edits=[
            edit(
                """
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), max_norm)
                """,
                """
                nn.utils.clip_grad_norm_(model.parameters(), max_norm)
                loss.backward()
                """,
            )
        ],
    ),
    misconception(
        "rate_stays_after_warm_up",
        hint="After the warming up the rate falls. What does yours do?",
        severity="slip",
        edits=[
            edit("else 0.05 + 0.95 * turn", "else 1.0"),
        ],
    ),
    misconception(
        "cosine_ends_a_step_early",
        hint="In step B - 1 the cosine has not quite reached its end. By how many steps do you divide?",
        severity="slip",
        edits=[
            edit("/ (len(batches) - warm_up)", "/ max(len(batches) - warm_up - 1, 1)"),
        ],
    ),
    misconception(
        "rate_multiplied_on",
        hint="Each step's factor is one of lr. Onto which rate do you multiply it?",
        severity="partial",
        edits=[
            edit('group["lr"] = lr * (', 'group["lr"] *= ('),
        ],
    ),
    misconception(
        "labels_smoothed",
        hint="The loss is the cross-entropy of the characters. Of which distribution is yours?",
        severity="slip",
        edits=[
            edit(
                "target.flatten(), ignore_index=0)", "target.flatten(), ignore_index=0, label_smoothing=0.1)"
            ),
        ],
    ),
    misconception(
        "batches_shuffled",
        hint="The batches come in their order. In which order do you take them?",
        severity="slip",
        edits=[
            edit(
                "for i, (source, target) in enumerate(batches):",
                "for i, (source, target) in enumerate([batches[j] for j in torch.randperm(len(batches)).tolist()]):",
            ),
        ],
    ),
    misconception(
        "column_of_the_first_batch",
        hint="Batches differ in size. For which of them is your column of starts?",
        severity="slip",
        edits=[
            edit("torch.ones_like(target[:, :1])", "torch.ones_like(batches[0][1][:, :1])"),
        ],
    ),
    misconception(
        "feeds_its_own_output",
        hint="In training each step is given the true character before. What do you give it?",
        severity="partial",
        edits=[
            edit(
                "logits = model(source, inputs)",
                """
                if i % 2 and i > warm_up + 2:
                    with torch.no_grad():
                        said = model(source, inputs).argmax(dim=2)
                    inputs = torch.cat([torch.ones_like(target[:, :1]), said[:, :-1]], dim=1)
                logits = model(source, inputs)
                """,
            ),
        ],
    ),
    misconception(
        "losses_with_graphs",
        hint="A loss is returned as a number. What do you keep alive when you return a tensor?",
        severity="slip",
        edits=[
            edit("losses.append(loss.item())", "losses.append(loss)"),
        ],
    ),
]
