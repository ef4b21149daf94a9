"""Wrong solutions of `train_diffusion` that students write, each an edit of a right one."""

from autograder.testing import after, edit, misconception

BASE = "scheduled_rate"

MISCONCEPTIONS = [
    misconception(
        "average_of_the_data",
        hint="Who trains on the average of a class gets one and the same picture back, whatever the noise.",
        severity="serious",
        edits=[
            after(
                "T, history = len(alpha_bar), []",
                """
                if labels is None:
                    data = data.mean(0, keepdim=True).expand_as(data)
                else:
                    data = torch.stack([data[labels == label].mean(0) for label in labels])
                """,
            ),
        ],
    ),
    misconception(
        "best_epoch_kept",
        hint="The loss of an epoch is noisy, and its smallest value is luck: which weights does training end with?",
        severity="slip",
        edits=[
            edit(
                """
                    history.append(total / len(data))
                return history
                """,
                """
                    history.append(total / len(data))
                    if history[-1] == min(history):
                        best = {name: value.clone() for name, value in model.state_dict().items()}
                model.load_state_dict(best)
                return history
                """,
            ),
        ],
    ),
    misconception(
        "dropped_by_batch",
        hint="p_drop is each label's own chance, not the whole batch's.",
        severity="slip",
        edits=[edit("torch.rand(len(rows), generator=generator)", "torch.rand(1, generator=generator)")],
    ),
    misconception(
        "dropped_to_class_zero",
        hint='Class 0 is a class; which label means "no label"?',
        severity="slip",
        edits=[edit("dropped, null_label", "dropped, 0")],
    ),
    misconception(
        "generator_ignored",
        hint="All randomness comes from the generator that was given.",
        severity="slip",
        edits=[
            edit("len(data), generator=generator", "len(data), generator=None"),
            edit("(len(rows),), generator=generator", "(len(rows),), generator=None"),
            edit("x0.shape, generator=generator", "x0.shape, generator=None"),
            edit("generator=generator", "generator=None"),
        ],
    ),
    misconception(
        "gradients_never_cleared",
        hint="backward adds to the gradients that are there already.",
        severity="partial",
        edits=[edit("optimizer.zero_grad()", "")],
    ),
    misconception(
        "kept_instead_of_dropped",
        hint="p_drop is the chance that a label goes: with what chance does yours stay?",
        severity="partial",
        edits=[
            edit(
                "torch.rand(len(rows), generator=generator) <", "torch.rand(len(rows), generator=generator) >"
            )
        ],
    ),
    misconception(
        "label_never_told",
        hint="Told the null label every time, the network cannot know what a label means.",
        severity="partial",
        edits=[
            edit(
                """
                dropped = torch.rand(len(rows), generator=generator) < p_drop
                prediction = model(x_t, t, labels[rows].masked_fill(dropped, null_label))
                """,
                "prediction = model(x_t, t, torch.full_like(labels[rows], null_label))",
            ),
        ],
    ),
    misconception(
        "labels_not_shuffled_along",
        hint="The images were shuffled: what about their labels?",
        severity="partial",
        edits=[edit("t, labels[rows]", "t, labels[: len(rows)]")],
    ),
    misconception(
        "last_step_wasted",
        hint="Of n steps number k, counted from 0, has the rate lr (1 - k / n): the rate is 0 after the last step, not at it.",
        severity="slip",
        edits=[edit("total_iters=steps", "total_iters=steps - 1")],
    ),
    misconception(
        "learning_rate_constant",
        hint="The learning rate falls to 0: a network still shaken by large steps at the end draws worse samples.",
        severity="slip",
        edits=[
            edit("steps = epochs * math.ceil(len(data) / batch_size)", ""),
            edit("falling = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=steps)", ""),
            edit("falling.step()", ""),
        ],
    ),
    misconception(
        "loss_summed_over_batches",
        hint="An epoch's loss is a mean over its samples, not a sum over its batches.",
        severity="slip",
        edits=[
            edit("total += loss.item() * len(rows)", "total += loss.item()"),
            edit("history.append(total / len(data))", "history.append(total)"),
        ],
    ),
    misconception(
        "one_time_for_batch",
        hint="A time for every sample: how many does your batch have?",
        severity="slip",
        edits=[edit("(len(rows),), generator=generator", "(1,), generator=generator).expand(len(rows)")],
    ),
    misconception(
        "predicts_x0",
        hint="What is the network asked to predict: the data, or the noise that was added?",
        severity="serious",
        edits=[edit("(prediction - noise) ** 2", "(prediction - x0) ** 2")],
    ),
    misconception(
        "rest_of_epoch_not_counted",
        hint="The last, smaller batch of an epoch is a step as well: over how many steps does the rate fall?",
        severity="slip",
        edits=[
            edit(
                "steps = epochs * math.ceil(len(data) / batch_size)",
                "steps = epochs * max(1, len(data) // batch_size)",
            )
        ],
    ),
    misconception(
        "returns_training_set",
        hint="A sampler that gives the training data back has learned nothing between them.",
        severity="partial",
        edits=[
            edit("for _ in range(epochs):", "for _ in range(min(epochs, 4)):"),
            edit(
                """
                    history.append(total / len(data))
                return history
                """,
                """
                    history.append(total / len(data))
                history += history[-1:] * (epochs - len(history))

                def nearest_training_data(x, t, y=None):
                    a = alpha_bar[t].float()[:, None]
                    points = x.flatten(1)
                    closeness = -a * torch.cdist(points / a.sqrt(), data.flatten(1)) ** 2 / (2 * (1 - a))
                    if y is not None:
                        other = (labels != y[:, None]) & (y != null_label)[:, None]
                        closeness = closeness.masked_fill(other, -1e9)
                    guess = closeness.softmax(1) @ data.flatten(1)
                    return ((points - a.sqrt() * guess) / (1 - a).sqrt()).view_as(x)

                model.forward = nearest_training_data
                return history
                """,
            ),
        ],
    ),
    misconception(
        "root_forgotten",
        hint="Variances add, so what multiplies a signal is the square root of a share of variance.",
        severity="partial",
        edits=[edit("x_t = a.sqrt() * x0 + (1 - a).sqrt() * noise", "x_t = a * x0 + (1 - a) * noise")],
    ),
    misconception(
        "same_noise_every_epoch",
        hint="Noise and times are drawn anew in every epoch: what does the network learn otherwise?",
        severity="slip",
        edits=[
            after(
                "model.train()",
                """
                times = torch.randint(0, T, (len(data),), generator=generator)
                noises = torch.randn(data.shape, generator=generator)
                """,
            ),
            edit(
                """
                t = torch.randint(0, T, (len(rows),), generator=generator)
                noise = torch.randn(x0.shape, generator=generator)
                """,
                "t, noise = times[rows], noises[rows]",
            ),
        ],
    ),
    misconception(
        "same_order_every_epoch",
        hint="A new random order in every epoch: when is yours drawn?",
        severity="slip",
        edits=[
            after("model.train()", "order = torch.randperm(len(data), generator=generator)"),
            edit("in torch.randperm(len(data), generator=generator).split", "in order.split"),
        ],
    ),
    misconception(
        "step_forgotten",
        hint="Gradients alone change nothing: which call moves the weights?",
        severity="serious",
        edits=[
            edit("steps = epochs * math.ceil(len(data) / batch_size)", ""),
            edit("falling = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=steps)", ""),
            edit("optimizer.step()", ""),
            edit("falling.step()", ""),
        ],
    ),
    misconception(
        "time_not_told",
        hint="The network has to know the time: which one is it told?",
        severity="serious",
        edits=[
            edit("prediction = model(x_t, t)", "prediction = model(x_t, torch.zeros_like(t))"),
            edit("t, labels[rows]", "torch.zeros_like(t), labels[rows]"),
        ],
    ),
    misconception(
        "time_off_by_one",
        hint="alpha_bar[t] and the time the network is told must be the same step.",
        severity="partial",
        edits=[
            edit("prediction = model(x_t, t)", "prediction = model(x_t, (t - 1).clamp(min=0))"),
            edit("t, labels[rows]", "(t - 1).clamp(min=0), labels[rows]"),
        ],
    ),
    misconception(
        "training_mode_forgotten",
        hint="A model may come in evaluation mode: which call makes its dropout and batch norm learn?",
        severity="slip",
        edits=[edit("model.train()", "")],
    ),
]
