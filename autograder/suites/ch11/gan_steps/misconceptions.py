"""Wrong solutions of `gan_steps` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"
JUDGE_ADAM = "for_discriminator = torch.optim.Adam(discriminator.parameters(), lr, betas=(0.5, 0.999))"
FORGER_ADAM = "for_generator = torch.optim.Adam(generator.parameters(), lr, betas=(0.5, 0.999))"

MISCONCEPTIONS = [
    misconception(
        "made_samples_not_cut",
        hint="After a discriminator step, what lies in the gradients of the generator?",
        severity="slip",
        edits=[edit("fake = generator(z).detach()", "fake = generator(z)")],
    ),
    misconception(
        "gradients_left_in_the_judge",
        hint="The generator's loss depends on the judge's parameters too: where does backward leave those gradients?",
        severity="slip",
        edits=[edit("loss.backward(inputs=list(generator.parameters()))", "loss.backward()")],
    ),
    misconception(
        "judge_not_emptied",
        hint="Whose gradients lie in the discriminator when its backward begins?",
        severity="partial",
        edits=[
            edit(
                """
                loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()
                optimizer.zero_grad()
                """,
                """
                loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()
                """,
            ),
            edit("loss.backward(inputs=list(generator.parameters()))", "loss.backward()"),
        ],
    ),
    misconception(
        "wall_in_the_generators_step",
        hint="The gradient reaches the generator only through the discriminator: is there a wall between them?",
        severity="serious",
        edits=[
            edit(
                """
                loss = F.softplus(-discriminator(generator(z))).mean()
                optimizer.zero_grad()
                loss.backward(inputs=list(generator.parameters()))
                """,
                """
                loss = F.softplus(-discriminator(generator(z).detach())).mean()
                optimizer.zero_grad()
                loss.backward()
                """,
            )
        ],
    ),
    misconception(
        "saturating_generator",
        hint="What pushes your generator while the judge is sure that its samples are made?",
        severity="partial",
        edits=[
            edit(
                "F.softplus(-discriminator(generator(z))).mean()",
                "-F.softplus(discriminator(generator(z))).mean()",
            )
        ],
    ),
    misconception(
        "targets_swapped",
        hint="After a step of the discriminator, are its logits of real samples larger or smaller?",
        severity="serious",
        edits=[
            edit(
                "F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()",
                "F.softplus(discriminator(real)).mean() + F.softplus(-discriminator(fake)).mean()",
            )
        ],
    ),
    misconception(
        "made_samples_called_real",
        hint='A judge who says "real" to everything: what does its loss charge it?',
        severity="serious",
        edits=[edit("F.softplus(discriminator(fake)).mean()", "F.softplus(-discriminator(fake)).mean()")],
    ),
    misconception(
        "losses_averaged",
        hint="The discriminator's loss is the sum of its two means.",
        severity="partial",
        edits=[
            edit(
                "F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()",
                "(F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()) / 2",
            )
        ],
    ),
    misconception(
        "same_noise_for_ever",
        hint="How many different rows of noise does the generator see in the whole training?",
        severity="slip",
        edits=[
            edit("losses = []", "losses, z = [], noise(batch_size)"),
            edit("real, z = sample(batch_size), noise(batch_size)", "real = sample(batch_size)"),
            edit("for_generator, noise(batch_size))", "for_generator, z)"),
        ],
    ),
    misconception(
        "one_noise_for_both_steps",
        hint="Each step draws its own noise.",
        severity="slip",
        edits=[edit("for_generator, noise(batch_size))", "for_generator, z)")],
    ),
    misconception(
        "generators_adam_holds_both",
        hint="Which parameters does the generator's optimiser move?",
        severity="partial",
        edits=[
            edit(
                FORGER_ADAM,
                "for_generator = torch.optim.Adam([*generator.parameters(), *discriminator.parameters()], lr, betas=(0.5, 0.999))",
            ),
            edit("loss.backward(inputs=list(generator.parameters()))", "loss.backward()"),
        ],
    ),
    misconception(
        "optimizers_made_in_each_round",
        hint="Adam's averages live in the optimiser. How long does yours live?",
        severity="slip",
        edits=[
            edit(JUDGE_ADAM, "lost = None"),
            edit(FORGER_ADAM, "del lost"),
            edit(
                "for _ in range(n_rounds):",
                """
                for _ in range(n_rounds):
                    for_discriminator = torch.optim.Adam(discriminator.parameters(), lr, betas=(0.5, 0.999))
                    for_generator = torch.optim.Adam(generator.parameters(), lr, betas=(0.5, 0.999))
                """,
            ),
        ],
    ),
    misconception(
        "betas_of_adam_left_as_they_are",
        hint="The loop's two optimisers have betas of their own: the first is 0.5.",
        severity="slip",
        edits=[
            edit(JUDGE_ADAM, "for_discriminator = torch.optim.Adam(discriminator.parameters(), lr)"),
            edit(FORGER_ADAM, "for_generator = torch.optim.Adam(generator.parameters(), lr)"),
        ],
    ),
    misconception(
        "one_step_each_whatever_is_asked",
        hint="How often do your two inner steps run in a round?",
        severity="slip",
        edits=[
            edit("in range(discriminator_steps)", "in range(1)"),
            edit("in range(generator_steps)", "in range(1)"),
        ],
    ),
    misconception(
        "loss_after_the_update",
        hint="Before or after: which discriminator gives the loss that a step returns?",
        severity="slip",
        edits=[
            edit(
                """
                loss.backward()
                optimizer.step()
                return loss.detach()
                """,
                """
                loss.backward()
                optimizer.step()
                return (F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()).detach()
                """,
            )
        ],
    ),
    misconception(
        "judge_left_frozen",
        hint="After a generator step, does the discriminator still take gradients?",
        severity="partial",
        edits=[
            edit(
                "loss = F.softplus(-discriminator(generator(z))).mean()",
                """
                discriminator.requires_grad_(False)
                loss = F.softplus(-discriminator(generator(z))).mean()
                """,
            )
        ],
    ),
]
