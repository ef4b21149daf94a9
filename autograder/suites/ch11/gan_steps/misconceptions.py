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
    misconception(
        "all_unfrozen",
        hint="A parameter that took no gradients before your step: does it take them after it?",
        severity="slip",
        edits=[
            edit(
                """
                loss = F.softplus(-discriminator(generator(z))).mean()
                optimizer.zero_grad()
                loss.backward(inputs=list(generator.parameters()))
                optimizer.step()
                return loss.detach()
                """,
                """
                discriminator.requires_grad_(False)
                loss = F.softplus(-discriminator(generator(z))).mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                discriminator.requires_grad_(True)
                return loss.detach()
                """,
            ),
        ],
    ),
    misconception(
        "mode_switched",
        hint="In which mode is the generator before your discriminator step, training or evaluation, and in which after it?",
        severity="slip",
        edits=[
            edit(
                "fake = generator(z).detach()",
                """
                generator.eval()
                fake = generator(z).detach()
                generator.train()
                """,
            ),
        ],
    ),
    misconception(
        "generator_first",
        hint="Who begins a round?",
        severity="partial",
        edits=[
            edit(
                """
                for _ in range(discriminator_steps):
                    real, z = sample(batch_size), noise(batch_size)
                    d_loss = discriminator_step(generator, discriminator, for_discriminator, real, z)
                for _ in range(generator_steps):
                    g_loss = generator_step(generator, discriminator, for_generator, noise(batch_size))
                """,
                """
                for _ in range(generator_steps):
                    g_loss = generator_step(generator, discriminator, for_generator, noise(batch_size))
                for _ in range(discriminator_steps):
                    real, z = sample(batch_size), noise(batch_size)
                    d_loss = discriminator_step(generator, discriminator, for_discriminator, real, z)
                """,
            ),
        ],
    ),
    misconception(
        "one_mean_for_both_batches",
        hint="Real and made samples have a mean each. What does your loss do where there are more of one than of the other?",
        severity="slip",
        edits=[
            edit(
                "loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()",
                """
                logits = discriminator(torch.cat([real, fake]))
                targets = torch.cat([torch.ones(len(real)), torch.zeros(len(fake))]).to(logits)
                loss = 2 * F.binary_cross_entropy_with_logits(logits, targets)
                """,
            ),
        ],
    ),
    misconception(
        "gradients_put_back_changed",
        hint="You keep the discriminator's gradients and put them back. Does `backward` change the very tensors that you kept?",
        severity="slip",
        edits=[
            edit(
                """
                loss = F.softplus(-discriminator(generator(z))).mean()
                optimizer.zero_grad()
                loss.backward(inputs=list(generator.parameters()))
                optimizer.step()
                return loss.detach()
                """,
                """
                kept = [p.grad for p in discriminator.parameters()]
                loss = F.softplus(-discriminator(generator(z))).mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                for p, gradient in zip(discriminator.parameters(), kept, strict=True):
                    p.grad = gradient
                return loss.detach()
                """,
            ),
        ],
    ),
    misconception(
        "judge_wiped",
        hint="What lay in the discriminator's gradients before a generator step must lie there after it. Do you throw it away?",
        severity="slip",
        edits=[
            edit(
                """
                loss = F.softplus(-discriminator(generator(z))).mean()
                optimizer.zero_grad()
                loss.backward(inputs=list(generator.parameters()))
                optimizer.step()
                return loss.detach()
                """,
                """
                loss = F.softplus(-discriminator(generator(z))).mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                discriminator.zero_grad()
                return loss.detach()
                """,
            ),
        ],
    ),
    misconception(
        "losses_of_a_round_averaged",
        hint="A round may have several steps of a kind. Which of them gives the loss that you report?",
        severity="slip",
        edits=[
            edit(
                """
                for _ in range(discriminator_steps):
                    real, z = sample(batch_size), noise(batch_size)
                    d_loss = discriminator_step(generator, discriminator, for_discriminator, real, z)
                for _ in range(generator_steps):
                    g_loss = generator_step(generator, discriminator, for_generator, noise(batch_size))
                """,
                """
                d_losses, g_losses = [], []
                for _ in range(discriminator_steps):
                    real, z = sample(batch_size), noise(batch_size)
                    d_losses.append(discriminator_step(generator, discriminator, for_discriminator, real, z))
                for _ in range(generator_steps):
                    g_losses.append(generator_step(generator, discriminator, for_generator, noise(batch_size)))
                d_loss, g_loss = torch.stack(d_losses).mean(), torch.stack(g_losses).mean()
                """,
            ),
        ],
    ),
    misconception(
        "noise_of_the_round",
        hint="Each step of a round draws its own noise. How many rows does yours ask for in a round?",
        severity="slip",
        edits=[
            edit(
                """
                for _ in range(discriminator_steps):
                    real, z = sample(batch_size), noise(batch_size)
                    d_loss = discriminator_step(generator, discriminator, for_discriminator, real, z)
                for _ in range(generator_steps):
                    g_loss = generator_step(generator, discriminator, for_generator, noise(batch_size))
                """,
                """
                z = noise(batch_size)
                for _ in range(discriminator_steps):
                    d_loss = discriminator_step(generator, discriminator, for_discriminator, sample(batch_size), z)
                for _ in range(generator_steps):
                    g_loss = generator_step(generator, discriminator, for_generator, z)
                """,
            ),
        ],
    ),
    misconception(
        "pair_turned_round",
        hint="Which of the two losses comes first in a pair?",
        severity="slip",
        edits=[
            edit(
                "losses.append((d_loss.item(), g_loss.item()))",
                "losses.append((g_loss.item(), d_loss.item()))",
            ),
        ],
    ),
    misconception(
        "losses_as_tensors",
        hint="Two floats for each round: what type have yours?",
        severity="slip",
        edits=[
            edit(
                "losses.append((d_loss.item(), g_loss.item()))",
                "losses.append((d_loss, g_loss))",
            ),
        ],
    ),
    misconception(
        "judge_frozen_between_steps",
        hint="After a generator step, does the discriminator still take gradients, before the next step begins?",
        severity="slip",
        edits=[
            edit(
                "fake = generator(z).detach()",
                """
                discriminator.requires_grad_(True)
                fake = generator(z).detach()
                """,
            ),
            edit(
                "loss = F.softplus(-discriminator(generator(z))).mean()",
                """
                discriminator.requires_grad_(False)
                loss = F.softplus(-discriminator(generator(z))).mean()
                """,
            ),
        ],
    ),
    misconception(
        "generators_loss_after_the_update",
        hint="Before or after: which generator gives the loss that its step returns?",
        severity="slip",
        edits=[
            edit(
                """
                loss = F.softplus(-discriminator(generator(z))).mean()
                optimizer.zero_grad()
                loss.backward(inputs=list(generator.parameters()))
                optimizer.step()
                return loss.detach()
                """,
                """
                loss = F.softplus(-discriminator(generator(z))).mean()
                optimizer.zero_grad()
                loss.backward(inputs=list(generator.parameters()))
                optimizer.step()
                return F.softplus(-discriminator(generator(z))).mean().detach()
                """,
            ),
        ],
    ),
    misconception(
        "gradients_of_the_step_before",
        hint="Whose gradients lie in the discriminator when its step begins, and do they count in yours?",
        severity="slip",
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
        ],
    ),
    misconception(
        "old_gradients_of_the_judge_count",
        hint="Which parameters does the generator's optimiser move, and whose gradients lie in them from the step before?",
        severity="slip",
        edits=[
            edit(
                "for_generator = torch.optim.Adam(generator.parameters(), lr, betas=(0.5, 0.999))",
                "for_generator = torch.optim.Adam([*generator.parameters(), *discriminator.parameters()], lr, betas=(0.5, 0.999))",
            ),
            edit(
                """
                loss = F.softplus(-discriminator(generator(z))).mean()
                optimizer.zero_grad()
                loss.backward(inputs=list(generator.parameters()))
                optimizer.step()
                return loss.detach()
                """,
                """
                parameters = list(generator.parameters())
                loss = F.softplus(-discriminator(generator(z))).mean()
                for p, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
                    p.grad = gradient
                optimizer.step()
                return loss.detach()
                """,
            ),
        ],
    ),
]
