"""Wrong solutions of `train_classifier` that students write, each an edit of a right one."""

from autograder.testing import after, edit, misconception

BASE = "split_order"

MISCONCEPTIONS = [
    misconception(
        "generator_ignored",
        hint="A run can be repeated only if its randomness has a known source: where do your orders come from?",
        severity="slip",
        edits=[edit("len(images), generator=generator", "len(images)")],
    ),
    misconception(
        "gradients_cleared_before_step",
        hint="Which gradients does the optimizer see when you call step()?",
        severity="serious",
        edits=[
            after("loss = F.cross_entropy(model(images[batch]), labels[batch])", "loss.backward()"),
            edit(
                """
                loss.backward()
                optimizer.step()
                """,
                "optimizer.step()",
            ),
        ],
    ),
    misconception(
        "gradients_cleared_once_per_epoch",
        hint="Cleared once an epoch, .grad still holds the sum of all earlier batches: a step follows its own batch alone.",
        severity="slip",
        edits=[
            after("total = 0.0", "optimizer.zero_grad()"),
            edit(
                """
                optimizer.zero_grad()
                loss.backward()
                """,
                "loss.backward()",
            ),
        ],
    ),
    misconception(
        "gradients_never_cleared",
        hint="backward() adds to what is in .grad: whose gradients does your step follow?",
        severity="partial",
        edits=[edit("optimizer.zero_grad()", "")],
    ),
    misconception(
        "incomplete_batch_dropped",
        hint="A pass goes over all images: what becomes of those that do not fill a batch?",
        severity="slip",
        edits=[
            edit(
                "for batch in order.split(batch_size):",
                """
                for batch in order.split(batch_size):
                    if len(batch) < batch_size:
                        continue
                """,
            ),
        ],
    ),
    misconception(
        "labels_not_shuffled_along",
        hint="Image and label belong together: which label does the first image of a shuffled batch get?",
        severity="serious",
        edits=[
            edit(
                """
                for batch in order.split(batch_size):
                    loss = F.cross_entropy(model(images[batch]), labels[batch])
                """,
                """
                shuffled = images[order]
                for batch in torch.arange(len(images)).split(batch_size):
                    loss = F.cross_entropy(model(shuffled[batch]), labels[batch])
                """,
            ),
        ],
    ),
    misconception(
        "learning_rate_ignored",
        hint="Which learning rate does the optimizer get, the caller's or its own default?",
        severity="slip",
        edits=[edit("model.parameters(), lr=lr", "model.parameters()")],
    ),
    misconception(
        "left_in_evaluation_mode",
        hint="Dropout and batch normalisation work in two ways: which one is your model in while it trains?",
        severity="partial",
        edits=[edit("model.train()", "model.eval()")],
    ),
    misconception(
        "loss_of_each_batch",
        hint="One number is asked for each epoch: how many numbers does your list hold after two?",
        severity="slip",
        edits=[
            edit("total += loss.item() * len(batch)", "losses.append(loss.item())"),
            edit("losses.append(total / len(images))", ""),
        ],
    ),
    misconception(
        "loss_summed_over_batches",
        hint="The mean over an epoch's images: what do you divide the total by?",
        severity="slip",
        edits=[
            edit("total += loss.item() * len(batch)", "total += loss.item()"),
            edit("losses.append(total / len(images))", "losses.append(total)"),
        ],
    ),
    misconception(
        "no_training_mode",
        hint="The model may come to you in evaluation mode: who switches dropout and batch statistics on?",
        severity="slip",
        edits=[edit("model.train()", "")],
    ),
    misconception(
        "not_shuffled",
        hint="What does a batch teach if all of its images are of one class? Look at the order in which you take them.",
        severity="slip",
        edits=[
            edit(
                "order = torch.randperm(len(images), generator=generator)",
                "order = torch.arange(len(images))",
            )
        ],
    ),
    misconception(
        "one_epoch_only",
        hint="How many passes over the images were asked for, and how many do you make?",
        severity="serious",
        edits=[edit("return losses", "    return losses * epochs")],
    ),
    misconception(
        "one_order_for_all_epochs",
        hint="Each epoch takes the images in a new order: how often do you draw it?",
        severity="slip",
        edits=[
            after("losses = []", "order = torch.randperm(len(images), generator=generator)"),
            edit(
                """
                order = torch.randperm(len(images), generator=generator)
                total = 0.0
                """,
                "total = 0.0",
            ),
        ],
    ),
    misconception(
        "one_step_per_epoch",
        hint="How many times are the weights updated in one pass over the images?",
        severity="partial",
        edits=[
            edit(
                """
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                """,
                "",
            ),
            edit(
                """
                    total += loss.item() * len(batch)
                losses.append(total / len(images))
                """,
                """
                    total += loss.item() * len(batch)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(total / len(images))
                """,
            ),
        ],
    ),
    misconception(
        "only_last_layer",
        hint="Which parameters does the optimizer know?",
        severity="serious",
        edits=[edit("model.parameters()", "list(model.parameters())[-2:]")],
    ),
    misconception(
        "optimizer_made_anew",
        hint="Adam remembers the gradients of earlier steps: how long does your optimizer live?",
        severity="slip",
        edits=[
            after(
                "loss = F.cross_entropy(model(images[batch]), labels[batch])",
                "optimizer = torch.optim.Adam(model.parameters(), lr=lr)",
            )
        ],
    ),
    misconception(
        "plain_sgd",
        hint="Which optimizer does the exercise ask for, and how far does its first step go?",
        severity="partial",
        edits=[
            edit(
                "optimizer = torch.optim.Adam(model.parameters(), lr=lr)",
                "optimizer = torch.optim.SGD(model.parameters(), lr=lr)",
            )
        ],
    ),
    misconception(
        "softmax_before_cross_entropy",
        hint="cross_entropy takes logits: how often is the softmax applied in your loss?",
        severity="partial",
        edits=[edit("model(images[batch])", "model(images[batch]).softmax(1)")],
    ),
    misconception(
        "squared_error",
        hint="The text asks for a loss for classes: what does yours measure between logits and labels?",
        severity="partial",
        edits=[
            edit(
                "loss = F.cross_entropy(model(images[batch]), labels[batch])",
                "loss = F.mse_loss(model(images[batch]), F.one_hot(labels[batch], 10).float())",
            )
        ],
    ),
    misconception(
        "trains_a_copy",
        hint="The caller keeps the model that was passed in: is that the one you train?",
        severity="serious",
        edits=[
            edit(
                """
                import torch
                import torch.nn.functional as F
                """,
                """
                import copy

                import torch
                import torch.nn.functional as F
                """,
            ),
            after(
                "def train_classifier(model, images, labels, epochs=30, batch_size=64, lr=2e-3, generator=None):",
                "    model = copy.deepcopy(model)",
            ),
        ],
    ),
    misconception(
        "best_weights_restored",
        hint="The training loss says which epoch is the best on these images: did anyone ask for that epoch's weights?",
        severity="slip",
        edits=[
            after(
                "losses.append(total / len(images))",
                """
                if losses[-1] == min(losses):
                    best = [p.detach().clone() for p in model.parameters()]
                """,
            ),
            edit(
                "return losses",
                """
                with torch.no_grad():
                    for p, kept in zip(model.parameters(), best, strict=True):
                        p.copy_(kept)
                return losses
                """,
            ),
        ],
    ),
    misconception(
        "single_image_left_out",
        hint="The last batch holds what is left over: what if that is a single image?",
        severity="slip",
        edits=[
            edit(
                "for batch in order.split(batch_size):",
                """
                for batch in order.split(batch_size):
                    if len(batch) == 1:
                        continue
                """,
            ),
        ],
    ),
    misconception(
        "gradients_clipped",
        hint="Each batch makes one step of Adam along its gradient: do you shorten the gradient first?",
        severity="slip",
        edits=[
            edit(
                "loss.backward()",
                """
                loss.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                """,
            ),
        ],
    ),
    misconception(
        "learning_rate_falls",
        hint="The learning rate stays as it is given: how long is your last step beside the first?",
        severity="slip",
        edits=[
            after(
                "optimizer = torch.optim.Adam(model.parameters(), lr=lr)",
                "schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=max(epochs, 1))",
            ),
            after("losses.append(total / len(images))", "schedule.step()"),
        ],
    ),
    misconception(
        "adamw",
        hint="Plain Adam was asked for, without weight decay: what does AdamW do to the weights beside its step?",
        severity="slip",
        edits=[edit("torch.optim.Adam(", "torch.optim.AdamW(")],
    ),
    misconception(
        "loss_after_the_step",
        hint="The loss of a batch is the one it was trained on: how often does your model see each batch?",
        severity="slip",
        edits=[
            edit(
                "total += loss.item() * len(batch)",
                """
                with torch.no_grad():
                    total += F.cross_entropy(model(images[batch]), labels[batch]).item() * len(batch)
                """,
            ),
        ],
    ),
]
