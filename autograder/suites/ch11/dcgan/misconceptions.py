"""Wrong solutions of `dcgan` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "biases_left_in",
        hint="The table's convolutions have no bias: which argument leaves it out?",
        severity="partial",
        edits=[
            edit(
                "layers = [nn.ConvTranspose2d(latent, now, 4, 1, 0, bias=False)",
                "layers = [nn.ConvTranspose2d(latent, now, 4, 1, 0)",
            ),
            edit(
                "layers, now = [nn.Conv2d(channels, width, 4, 2, 1, bias=False)",
                "layers, now = [nn.Conv2d(channels, width, 4, 2, 1)",
            ),
        ],
    ),
    misconception(
        "sigmoid_at_the_generator",
        hint="Pixels lie in -1 ... 1: which function ends there?",
        severity="slip",
        edits=[edit("bias=False), nn.Tanh()]", "bias=False), nn.Sigmoid()]")],
    ),
    misconception(
        "no_tanh",
        hint="What keeps the pixels in -1 ... 1?",
        severity="slip",
        edits=[edit("bias=False), nn.Tanh()]", "bias=False)]")],
    ),
    misconception(
        "norm_at_the_input",
        hint="Batch norm does not stand at the discriminator's input: what follows the first convolution?",
        severity="slip",
        edits=[
            edit(
                "layers, now = [nn.Conv2d(channels, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)], width",
                "layers, now = [nn.Conv2d(channels, width, 4, 2, 1, bias=False), nn.BatchNorm2d(width), nn.LeakyReLU(0.2)], width",
            )
        ],
    ),
    misconception(
        "sigmoid_at_the_discriminator",
        hint="A logit has no sigmoid.",
        severity="slip",
        edits=[edit("return self.layers(x).flatten()", "return torch.sigmoid(self.layers(x)).flatten()")],
    ),
    misconception(
        "slope_of_the_library",
        hint="Which slope has `nn.LeakyReLU()` if nobody says one?",
        severity="slip",
        edits=[
            edit("nn.BatchNorm2d(2 * now),\nnn.LeakyReLU(0.2),", "nn.BatchNorm2d(2 * now),\nnn.LeakyReLU(),"),
        ],
    ),
    misconception(
        "relu_in_the_discriminator",
        hint="The discriminator's activations let a fifth of negative values through.",
        severity="slip",
        edits=[
            edit(
                "4, 2, 1, bias=False), nn.LeakyReLU(0.2)], width", "4, 2, 1, bias=False), nn.ReLU()], width"
            ),
            edit("nn.BatchNorm2d(2 * now),\nnn.LeakyReLU(0.2),", "nn.BatchNorm2d(2 * now),\nnn.ReLU(),"),
        ],
    ),
    misconception(
        "squeezed",
        hint="What does `squeeze()` make of a batch of one?",
        severity="slip",
        edits=[edit("return self.layers(x).flatten()", "return self.layers(x).squeeze()")],
    ),
    misconception(
        "weights_as_the_library_draws_them",
        hint="With which spread do DCGAN's weights start?",
        severity="slip",
        edits=[
            edit(
                """
                if isinstance(layer, nn.ConvTranspose2d):
                    nn.init.normal_(layer.weight, 0.0, 0.02)
                elif isinstance(layer, nn.BatchNorm2d):
                """,
                "if isinstance(layer, nn.BatchNorm2d):\n",
            ),
            edit(
                """
                if isinstance(layer, nn.Conv2d):
                    nn.init.normal_(layer.weight, 0.0, 0.02)
                elif isinstance(layer, nn.BatchNorm2d):
                """,
                "if isinstance(layer, nn.BatchNorm2d):\n",
            ),
        ],
    ),
    misconception(
        "scales_start_at_zero_mean",
        hint="Around which number do the scales of batch norm start? With 0 nothing passes.",
        severity="slip",
        edits=[
            edit(
                "            if isinstance(layer, nn.ConvTranspose2d):\n                nn.init.normal_(layer.weight, 0.0, 0.02)\n            elif isinstance(layer, nn.BatchNorm2d):\n                nn.init.normal_(layer.weight, 1.0, 0.02)",
                "            if isinstance(layer, (nn.ConvTranspose2d, nn.BatchNorm2d)):\n                nn.init.normal_(layer.weight, 0.0, 0.02)",
            ),
        ],
    ),
    misconception(
        "norms_not_counted",
        hint="Batch norm has parameters too: how many for each channel?",
        severity="slip",
        edits=[
            edit("total = 16 * latent * now + 2 * now", "total = 16 * latent * now"),
            edit("total += 16 * now * (now // 2) + 2 * (now // 2)", "total += 16 * now * (now // 2)"),
        ],
    ),
    misconception(
        "only_64",
        hint="How many middle layers has an image of another size?",
        severity="partial",
        edits=[
            edit(
                "now = width * 2 ** (doublings - 1)",
                "doublings = 4\nnow = width * 2 ** (doublings - 1)",
            ),
            edit(
                "layers, now = [nn.Conv2d(channels, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)], width",
                "halvings = 4\nlayers, now = [nn.Conv2d(channels, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)], width",
            ),
        ],
    ),
    misconception(
        "size_of_a_convolution",
        hint="A transposed convolution makes the map larger: you have the formula of the other one.",
        severity="slip",
        edits=[
            edit(
                "return (n - 1) * stride - 2 * padding + kernel",
                "return (n + 2 * padding - kernel) // stride + 1",
            )
        ],
    ),
    misconception(
        "padding_counted_once",
        hint="The padding is cut from each of two sides.",
        severity="slip",
        edits=[
            edit(
                "return (n - 1) * stride - 2 * padding + kernel", "return (n - 1) * stride - padding + kernel"
            )
        ],
    ),
    misconception(
        "no_norm_in_the_generator",
        hint="What stands between the generator's convolutions and their ReLUs?",
        severity="partial",
        edits=[
            edit("bias=False), nn.BatchNorm2d(now), nn.ReLU()]", "bias=False), nn.ReLU()]"),
            edit("nn.BatchNorm2d(now // 2),", ""),
        ],
    ),
    misconception(
        "counted_by_building",
        hint="The number is asked for by formula. What do you build to get it?",
        severity="slip",
        edits=[
            edit(
                """
                now = width * size // 8
                total = 16 * latent * now + 2 * now
                while now > width:
                    total += 16 * now * (now // 2) + 2 * (now // 2)
                    now //= 2
                return total + 16 * width * channels
                """,
                "return sum(p.numel() for p in DCGANGenerator(latent, width, channels, size).parameters())",
            ),
        ],
    ),
    misconception(
        "epsilon_of_the_norm",
        hint="The second argument of `nn.BatchNorm2d` is not its momentum. What is it, and which value has it without you?",
        severity="slip",
        edits=[
            edit(
                "bias=False), nn.BatchNorm2d(now), nn.ReLU()]",
                "bias=False), nn.BatchNorm2d(now, 0.8), nn.ReLU()]",
            ),
            edit(
                "nn.BatchNorm2d(now // 2),",
                "nn.BatchNorm2d(now // 2, 0.8),",
            ),
            edit(
                "nn.BatchNorm2d(2 * now),",
                "nn.BatchNorm2d(2 * now, 0.8),",
            ),
        ],
    ),
    misconception(
        "instance_norm",
        hint="Over which axes does your norm take mean and variance: over each image, or over the whole batch?",
        severity="partial",
        edits=[
            edit(
                "bias=False), nn.BatchNorm2d(now), nn.ReLU()]",
                "bias=False), nn.InstanceNorm2d(now, affine=True), nn.ReLU()]",
            ),
            edit(
                "nn.BatchNorm2d(now // 2),",
                "nn.InstanceNorm2d(now // 2, affine=True),",
            ),
            edit(
                """
                if isinstance(layer, nn.ConvTranspose2d):
                    nn.init.normal_(layer.weight, 0.0, 0.02)
                elif isinstance(layer, nn.BatchNorm2d):
                    nn.init.normal_(layer.weight, 1.0, 0.02)
                """,
                """
                if isinstance(layer, nn.ConvTranspose2d):
                    nn.init.normal_(layer.weight, 0.0, 0.02)
                elif isinstance(layer, (nn.BatchNorm2d, nn.InstanceNorm2d)):
                    nn.init.normal_(layer.weight, 1.0, 0.02)
                """,
            ),
        ],
    ),
    misconception(
        "no_running_statistics",
        hint="In evaluation an image must not depend on the others of its batch. What does your norm use there?",
        severity="partial",
        edits=[
            edit(
                "bias=False), nn.BatchNorm2d(now), nn.ReLU()]",
                "bias=False), nn.BatchNorm2d(now, track_running_stats=False), nn.ReLU()]",
            ),
            edit(
                "nn.BatchNorm2d(now // 2),",
                "nn.BatchNorm2d(now // 2, track_running_stats=False),",
            ),
            edit(
                "nn.BatchNorm2d(2 * now),",
                "nn.BatchNorm2d(2 * now, track_running_stats=False),",
            ),
        ],
    ),
    misconception(
        "multiples_of_eight",
        hint="Which sizes can the table make? Halve 24 until you arrive at 4.",
        severity="slip",
        edits=[
            edit(
                "if doublings < 1 or size != 4 * 2**doublings:",
                "if size < 8 or size % 8:",
            ),
            edit(
                "if halvings < 1 or size != 4 * 2**halvings:",
                "if size < 8 or size % 8:",
            ),
        ],
    ),
    misconception(
        "size_four_accepted",
        hint="What is the smallest size, and what does your generator do with 4?",
        severity="slip",
        edits=[
            edit(
                "if doublings < 1 or size != 4 * 2**doublings:",
                "if size != 4 * 2**doublings:",
            ),
            edit(
                "now = width * 2 ** (doublings - 1)",
                "now = max(1, width * 2**doublings // 2)",
            ),
        ],
    ),
    misconception(
        "relu_in_the_middle_rows",
        hint="The discriminator's middle rows let a fifth of negative values through. Do yours?",
        severity="slip",
        edits=[
            edit(
                """
                nn.BatchNorm2d(2 * now),
                nn.LeakyReLU(0.2),
                """,
                """
                nn.BatchNorm2d(2 * now),
                nn.ReLU(),
                """,
            ),
        ],
    ),
    misconception(
        "scales_start_at_one",
        hint="The scales of batch norm are drawn too. What are yours at the start?",
        severity="slip",
        edits=[
            edit(
                """
                if isinstance(layer, nn.ConvTranspose2d):
                    nn.init.normal_(layer.weight, 0.0, 0.02)
                elif isinstance(layer, nn.BatchNorm2d):
                    nn.init.normal_(layer.weight, 1.0, 0.02)
                """,
                """
                if isinstance(layer, nn.ConvTranspose2d):
                    nn.init.normal_(layer.weight, 0.0, 0.02)
                """,
            ),
            edit(
                """
                if isinstance(layer, nn.Conv2d):
                    nn.init.normal_(layer.weight, 0.0, 0.02)
                elif isinstance(layer, nn.BatchNorm2d):
                    nn.init.normal_(layer.weight, 1.0, 0.02)
                """,
                """
                if isinstance(layer, nn.Conv2d):
                    nn.init.normal_(layer.weight, 0.0, 0.02)
                """,
            ),
        ],
    ),
    misconception(
        "transposed_ones_not_drawn",
        hint="A transposed convolution is not an `nn.Conv2d`. With which spread do the generator's weights start?",
        severity="slip",
        edits=[
            edit(
                """
                if isinstance(layer, nn.ConvTranspose2d):
                    nn.init.normal_(layer.weight, 0.0, 0.02)
                elif isinstance(layer, nn.BatchNorm2d):
                    nn.init.normal_(layer.weight, 1.0, 0.02)
                """,
                """
                if isinstance(layer, nn.BatchNorm2d):
                    nn.init.normal_(layer.weight, 1.0, 0.02)
                """,
            ),
        ],
    ),
    misconception(
        "made_from_the_end",
        hint="The modules are made in the order in which data meet them. Which of yours is made first?",
        severity="partial",
        edits=[
            edit(
                """
                self.layers = nn.Sequential(*layers)
                for layer in layers:
                    if isinstance(layer, nn.ConvTranspose2d):
                """,
                """
                self.last = layers[-2]
                self.layers = nn.Sequential(*layers)
                for layer in layers:
                    if isinstance(layer, nn.ConvTranspose2d):
                """,
            ),
        ],
    ),
]
