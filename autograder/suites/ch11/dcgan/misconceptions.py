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
]
