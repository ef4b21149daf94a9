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
]
