"""Wrong solutions of `conditional` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "judge_not_told",
        hint="A judge that does not see the label takes any good digit for real. What would make the generator listen?",
        severity="serious",
        edits=[
            edit(
                "told = F.one_hot(labels, self.n_classes).to(x.dtype)",
                "told = torch.zeros(len(x), self.n_classes, dtype=x.dtype)",
            )
        ],
    ),
    misconception(
        "generator_not_told",
        hint="Does the image change when only the label does?",
        severity="serious",
        edits=[
            edit(
                "told = F.one_hot(labels, self.n_classes).to(z.dtype)",
                "told = torch.zeros(len(z), self.n_classes, dtype=z.dtype)",
            )
        ],
    ),
    misconception(
        "penalty_left_out",
        hint="Recognised, and every drawing of a class the same: is the charge on the judge's slope part of what is differentiated?",
        severity="partial",
        edits=[edit("loss = loss + r1_penalty(discriminator, real, asked)", "pass")],
    ),
    misconception(
        "judged_with_other_labels",
        hint="With which label is a made image judged: with the one it was made for?",
        severity="partial",
        edits=[
            edit(
                "loss = F.softplus(-discriminator(fake, asked)).mean()",
                "loss = F.softplus(-discriminator(fake, torch.randint(n_classes, (64,), generator=random))).mean()",
            )
        ],
    ),
    misconception(
        "generators_step_behind_a_wall",
        hint="Does a gradient reach the generator in its own step?",
        severity="partial",
        edits=[
            edit(
                "loss = F.softplus(-discriminator(fake, asked)).mean()",
                "loss = F.softplus(-discriminator(fake.detach(), asked)).mean()",
            )
        ],
    ),
    misconception(
        "pixels_of_any_size",
        hint="Pixels lie in [0, 1]: what keeps yours there?",
        severity="slip",
        edits=[
            edit(
                "return torch.sigmoid(self.layers(torch.cat([z, told], 1)))",
                "return self.layers(torch.cat([z, told], 1))",
            )
        ],
    ),
    misconception(
        "pixels_from_minus_one",
        hint="The data lie in [0, 1]. What is the range of your last layer?",
        severity="slip",
        edits=[
            edit(
                "return torch.sigmoid(self.layers(torch.cat([z, told], 1)))",
                "return torch.tanh(self.layers(torch.cat([z, told], 1)))",
            )
        ],
    ),
    misconception(
        "judge_ends_in_a_sigmoid",
        hint="softplus takes logits. What does your discriminator return?",
        severity="slip",
        edits=[
            edit(
                "return self.layers(torch.cat([x, told], 1))[:, 0]",
                "return torch.sigmoid(self.layers(torch.cat([x, told], 1))[:, 0])",
            )
        ],
    ),
    misconception(
        "logits_as_columns",
        hint="One logit for each image: (N,), not (N, 1).",
        severity="serious",
        edits=[
            edit(
                "return self.layers(torch.cat([x, told], 1))[:, 0]",
                "return self.layers(torch.cat([x, told], 1))",
            )
        ],
    ),
    misconception(
        "batch_norm_in_the_generator",
        hint="Does an image change when other images are in its batch?",
        severity="slip",
        edits=[
            edit(
                "nn.Linear(n_latent + n_classes, width),",
                "nn.Linear(n_latent + n_classes, width), nn.BatchNorm1d(width, track_running_stats=False),",
            )
        ],
    ),
    misconception(
        "batch_norm_in_the_judge",
        hint="Does a logit change when other images are in its batch?",
        severity="slip",
        edits=[
            edit(
                "nn.Linear(n_pixels + n_classes, width),",
                """
                nn.Linear(n_pixels + n_classes, width),
                nn.BatchNorm1d(width, track_running_stats=False),
                """,
            ),
        ],
    ),
    misconception(
        "classes_counted_in_the_labels",
        hint="A class may have no images among the labels. How many classes has your generator then?",
        severity="slip",
        edits=[
            edit(
                "generator = ConditionalGenerator(n_latent, n_classes, images.shape[1])",
                """
                n_classes = int(labels.max()) + 1
                generator = ConditionalGenerator(n_latent, n_classes, images.shape[1])
                """,
            ),
        ],
    ),
    misconception(
        "dropout_in_the_judge",
        hint="Two calls with one image and one label: do they have one logit?",
        severity="slip",
        edits=[
            edit(
                """
                nn.Linear(n_pixels + n_classes, width),
                nn.LeakyReLU(0.2),
                """,
                """
                nn.Linear(n_pixels + n_classes, width),
                nn.Dropout(0.4),
                nn.LeakyReLU(0.2),
                """,
            ),
        ],
    ),
    misconception(
        "generator_before_the_training",
        hint="Which generator do you return: the one that was trained?",
        severity="partial",
        edits=[
            edit(
                "for_generator = torch.optim.Adam(generator.parameters(), 2e-3, betas=(0.0, 0.99))",
                """
                from copy import deepcopy

                untrained = deepcopy(generator)
                for_generator = torch.optim.Adam(generator.parameters(), 2e-3, betas=(0.0, 0.99))
                """,
            ),
            edit(
                "    return generator",
                "    return untrained",
            ),
        ],
    ),
    misconception(
        "own_seed",
        hint="Two callers with two seeds: do they get two generators?",
        severity="slip",
        edits=[
            edit(
                "generator = ConditionalGenerator(n_latent, n_classes, images.shape[1])",
                """
                torch.manual_seed(0)
                generator = ConditionalGenerator(n_latent, n_classes, images.shape[1])
                """,
            ),
        ],
    ),
    misconception(
        "random_ignored",
        hint="Which generator of random numbers draws your batches and your noise: the one that was handed in?",
        severity="slip",
        edits=[
            edit(
                "index = torch.randint(len(images), (64,), generator=random)",
                """
                random = None
                index = torch.randint(len(images), (64,), generator=random)
                """,
            ),
        ],
    ),
    misconception(
        "sixteen_latents",
        hint="How many latents has the generator that you return, if another number is asked for?",
        severity="slip",
        edits=[
            edit(
                "generator = ConditionalGenerator(n_latent, n_classes, images.shape[1])",
                """
                n_latent = 16
                generator = ConditionalGenerator(n_latent, n_classes, images.shape[1])
                """,
            ),
        ],
    ),
    misconception(
        "steps_ignored",
        hint="How many steps does your training make when none are asked for?",
        severity="partial",
        edits=[
            edit(
                "for _ in range(n_steps):",
                "for _ in range(100):",
            ),
        ],
    ),
    misconception(
        "ten_classes",
        hint="How many classes do your networks know, if there are more than ten?",
        severity="slip",
        edits=[
            edit(
                "told = F.one_hot(labels, self.n_classes).to(z.dtype)",
                "told = F.one_hot(labels, 10)[:, : self.n_classes].to(z.dtype)",
            ),
            edit(
                "told = F.one_hot(labels, self.n_classes).to(x.dtype)",
                "told = F.one_hot(labels, 10)[:, : self.n_classes].to(x.dtype)",
            ),
        ],
    ),
    misconception(
        "classes_of_the_batch",
        hint="A batch need not hold every class. How wide is your one-hot code then?",
        severity="slip",
        edits=[
            edit(
                "told = F.one_hot(labels, self.n_classes).to(z.dtype)",
                "told = F.one_hot(labels).to(z.dtype)",
            ),
            edit(
                "told = F.one_hot(labels, self.n_classes).to(x.dtype)",
                "told = F.one_hot(labels).to(x.dtype)",
            ),
        ],
    ),
]
