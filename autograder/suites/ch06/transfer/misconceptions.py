"""Wrong solutions of `transfer` that students write, each an edit of the reference."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "copy_of_the_trunk",
        hint="The trunk itself is trained, not a copy of it.",
        severity="slip",
        edits=[
            edit(
                "network = nn.Sequential(trunk, head)",
                """
                import copy

                trunk = copy.deepcopy(trunk)
                network = nn.Sequential(trunk, head)
                """,
            ),
        ],
    ),
    misconception(
        "flag_on_the_module",
        hint="An attribute of the module is not one of its parameters.",
        severity="partial",
        edits=[
            edit("module.requires_grad_(False)", "module.requires_grad = False"),
            edit(
                'groups = [{"params": head.parameters(), "lr": 1e-2}]',
                'groups = [{"params": network.parameters(), "lr": 1e-2}]',
            ),
        ],
    ),
    misconception(
        "frozen_ignored",
        hint="Two ways, one argument: where do you look at it?",
        severity="partial",
        edits=[
            edit("    if frozen:", "    if not frozen:"),
        ],
    ),
    misconception(
        "head_only_in_fine_tuning",
        hint="With frozen=False trunk and head are trained: which parameters does your optimiser have?",
        severity="slip",
        edits=[
            edit(
                'groups = [{"params": trunk.parameters(), "lr": 5e-4}, {"params": head.parameters(), "lr": 3e-3}]',
                'groups = [{"params": head.parameters(), "lr": 3e-3}]',
            ),
        ],
    ),
    misconception(
        "head_starts_at_random",
        hint="The head starts at 0, weights and bias.",
        severity="slip",
        edits=[
            edit(
                """
                nn.init.zeros_(head.weight)
                nn.init.zeros_(head.bias)
                """,
                "nn.init.zeros_(head.bias)",
            ),
        ],
    ),
    misconception(
        "left_in_training",
        hint="The network is returned in evaluation mode.",
        severity="partial",
        edits=[
            edit("return network.eval()", "return network.train()"),
        ],
    ),
    misconception(
        "one_image_a_step",
        hint="Each step takes all images.",
        severity="slip",
        edits=[
            edit(
                "F.cross_entropy(network(images), labels).backward()",
                """
                rows = torch.randint(0, len(images), (2,))
                F.cross_entropy(network(images[rows]), labels[rows]).backward()
                """,
            ),
        ],
    ),
    misconception(
        "one_rate_for_all",
        hint="The trunk is trained with a smaller learning rate than the head.",
        severity="slip",
        edits=[
            edit('"lr": 5e-4}', '"lr": 3e-3}'),
        ],
    ),
    misconception(
        "plain_adam",
        hint="AdamW has a weight decay of its own: what does yours do to the trunk in the first step?",
        severity="slip",
        edits=[
            edit("torch.optim.AdamW(groups, weight_decay=0.01)", "torch.optim.Adam(groups)"),
        ],
    ),
    misconception(
        "rate_constant",
        hint="The learning rate falls as a cosine, over all steps.",
        severity="slip",
        edits=[
            edit(
                """
                adam.step()
                schedule.step()
                """,
                "adam.step()",
            ),
        ],
    ),
    misconception(
        "statistics_move",
        hint="No gradient moves running statistics, a forward pass in training mode does: in which mode is the trunk?",
        severity="partial",
        edits=[
            edit("    module.eval()", "    pass"),
            edit("trunk.eval()", "pass"),
            edit(
                "    network = nn.Sequential(trunk, head)", "    network = nn.Sequential(trunk, head).train()"
            ),
        ],
    ),
    misconception(
        "still_frozen",
        hint="A trunk that had been frozen is to be trained: who gives its parameters their gradients back?",
        severity="slip",
        edits=[
            edit(
                """
                trunk.requires_grad_(True)
                trunk.train()
                """,
                "trunk.train()",
            ),
        ],
    ),
    misconception(
        "trunk_moves_by_its_decay",
        hint="Weight decay moves what has no gradient: which parameters does your optimiser have?",
        severity="partial",
        edits=[
            edit(
                'groups = [{"params": head.parameters(), "lr": 1e-2}]',
                """
                trunk.requires_grad_(True)
                groups = [{"params": network.parameters(), "lr": 1e-2}]
                """,
            ),
        ],
    ),
    misconception(
        "tuned_in_evaluation",
        hint="A trunk that is trained is in training mode: what becomes of its running statistics otherwise?",
        severity="slip",
        edits=[
            edit(
                """
                trunk.train()
                groups = [{"params": trunk.parameters(), "lr": 5e-4}, {"params": head.parameters(), "lr": 3e-3}]
                """,
                'groups = [{"params": trunk.parameters(), "lr": 5e-4}, {"params": head.parameters(), "lr": 3e-3}]',
            ),
        ],
    ),
    misconception(
        "features_are_64",
        hint="How many features does this trunk put out, and who tells you?",
        severity="slip",
        edits=[
            edit("width = trunk(images[:1]).shape[1]", "width = 64"),
        ],
    ),
    misconception(
        "mini_batches",
        hint="Each step takes all images: how many does yours take, where there are many?",
        severity="slip",
        edits=[
            edit(
                "F.cross_entropy(network(images), labels).backward()",
                """
                rows = torch.randperm(len(images))[:16]
                F.cross_entropy(network(images[rows]), labels[rows]).backward()
                """,
            ),
        ],
    ),
    misconception(
        "rate_over_a_hundred_steps",
        hint="The cosine reaches 0 at the last step: over how many steps does yours fall?",
        severity="slip",
        edits=[
            edit("CosineAnnealingLR(adam, steps)", "CosineAnnealingLR(adam, 100)"),
        ],
    ),
    misconception(
        "rate_falls_a_step_late",
        hint="The first two steps: have they the same learning rate?",
        severity="slip",
        edits=[
            edit("for _ in range(steps):", "for step in range(steps):"),
            edit(
                """
                adam.step()
                schedule.step()
                """,
                """
                adam.step()
                if step > 0:
                    schedule.step()
                """,
            ),
        ],
    ),
    misconception(
        "unfrozen_afterwards",
        hint="With frozen=True the trunk is left frozen: what do you do to it after the training?",
        severity="slip",
        edits=[
            edit(
                "return network.eval()",
                """
                trunk.requires_grad_(True)
                return network.eval()
                """,
            ),
        ],
    ),
    misconception(
        "copy_when_frozen",
        hint="The network holds the trunk itself: which one do you freeze?",
        severity="slip",
        edits=[
            edit(
                """
                if frozen:
                    freeze(trunk)
                """,
                """
                if frozen:
                    import copy

                    trunk = copy.deepcopy(trunk)
                    network = nn.Sequential(trunk, head)
                    freeze(trunk)
                """,
            ),
        ],
    ),
    misconception(
        "bias_of_the_head_not_trained",
        hint="The head is weights and bias: which of the two has your optimiser?",
        severity="slip",
        edits=[
            edit('[{"params": head.parameters(), "lr": 1e-2}]', '[{"params": [head.weight], "lr": 1e-2}]'),
        ],
    ),
]
