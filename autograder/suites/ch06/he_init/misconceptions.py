"""Wrong solutions of `he_init` that students write, each an edit of the reference."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "all_scales_zero",
        hint="Which norms start at scale 0, and which at 1?",
        severity="slip",
        edits=[
            edit('0.0 if name.split(".")[-1] in zero_scales else 1.0', "0.0 if zero_scales else 1.0"),
        ],
    ),
    misconception(
        "biases_left",
        hint="What do biases start at?",
        severity="slip",
        edits=[
            edit(
                """
                if layer.bias is not None:
                    layer.bias.zero_()
                """,
                """
                if layer.bias is not None:
                    pass
                """,
            ),
        ],
    ),
    misconception(
        "children_only",
        hint="`children` stops at the first level: which method visits layers at any depth?",
        severity="partial",
        edits=[
            edit("in module.named_modules():", "in module.named_children():"),
        ],
    ),
    misconception(
        "factor_of_two_forgotten",
        hint="A ReLU keeps half of the mean square: which factor makes up for it?",
        severity="partial",
        edits=[
            edit("math.sqrt(2 / fan)", "math.sqrt(1 / fan)"),
        ],
    ),
    misconception(
        "fan_out_without_groups",
        hint="With groups, to how many outputs does an input go?",
        severity="slip",
        edits=[
            edit("c_out // groups * places", "c_out * places"),
        ],
    ),
    misconception(
        "generator_ignored",
        hint="All randomness comes from the generator that was given.",
        severity="slip",
        edits=[
            edit(", generator=generator)", ")"),
        ],
    ),
    misconception(
        "groups_in_fan_in",
        hint="The second axis of a grouped weight is already C_in / groups: do you divide, or multiply, once more?",
        severity="slip",
        edits=[
            edit("return c_group * places,", "return c_group * groups * places,"),
        ],
    ),
    misconception(
        "mode_ignored",
        hint="Two modes, two fans: where do you look at the mode?",
        severity="slip",
        edits=[
            edit('fan_in if mode == "fan_in" else fan_out', "fan_in"),
        ],
    ),
    misconception(
        "only_convolutions",
        hint="Which layers besides convolutions have weights?",
        severity="slip",
        edits=[
            edit("isinstance(layer, (nn.Conv2d, nn.Linear))", "isinstance(layer, nn.Conv2d)"),
        ],
    ),
    misconception(
        "uniform",
        hint="The weights are normal: from which distribution do you draw?",
        severity="slip",
        edits=[
            edit(
                "layer.weight.normal_(0, math.sqrt(2 / fan), generator=generator)",
                """
                bound = math.sqrt(6 / fan)
                layer.weight.uniform_(-bound, bound, generator=generator)
                """,
            ),
        ],
    ),
    misconception(
        "variance_for_deviation",
        hint="Is 2 / fan the variance, or the standard deviation?",
        severity="partial",
        edits=[
            edit("math.sqrt(2 / fan)", "2 / fan"),
        ],
    ),
    misconception(
        "window_forgotten",
        hint="An output adds up whole windows: how many numbers is that?",
        severity="partial",
        edits=[
            edit("places = math.prod(window)", "places = 1"),
        ],
    ),
    misconception(
        "xavier",
        hint="Glorot's start is made for tanh: what does a ReLU do to the variance?",
        severity="partial",
        edits=[
            edit("math.sqrt(2 / fan)", "math.sqrt(2 / (fan_in + fan_out))"),
        ],
    ),
    misconception(
        "zero_by_part_of_the_name",
        hint="A name in zero_scales is the whole last part of a dotted name: does your comparison ask for all of it?",
        severity="slip",
        edits=[
            edit('name.split(".")[-1] in zero_scales', "any(part in name for part in zero_scales)"),
        ],
    ),
    misconception(
        "same_numbers_in_each_layer",
        hint="Where does the generator start again: once, or in every layer?",
        severity="slip",
        edits=[
            edit("generator=generator)", "generator=torch.Generator().manual_seed(0))"),
        ],
    ),
    misconception(
        "frozen_by_the_start",
        hint="Do the parameters still take gradients after your function?",
        severity="slip",
        edits=[
            edit(
                "layer.weight.normal_(0, math.sqrt(2 / fan), generator=generator)",
                "layer.weight.normal_(0, math.sqrt(2 / fan), generator=generator).requires_grad_(False)",
            ),
        ],
    ),
    misconception(
        "groups_not_passed",
        hint="How does `fans` learn of a layer's groups when `he_init` asks it?",
        severity="slip",
        edits=[
            edit('fans(layer.weight.shape, getattr(layer, "groups", 1))', "fans(layer.weight.shape)"),
        ],
    ),
    misconception(
        "parameters_replaced",
        hint="An optimiser that was made before: which parameters does it hold after your function?",
        severity="slip",
        edits=[
            edit(
                "layer.weight.normal_(0, math.sqrt(2 / fan), generator=generator)",
                """
                drawn = torch.empty_like(layer.weight).normal_(0, math.sqrt(2 / fan), generator=generator)
                layer.weight = nn.Parameter(drawn)
                """,
            ),
        ],
    ),
    misconception(
        "normal_cut_off",
        hint="Are there weights far from 0, as a normal distribution has them?",
        severity="slip",
        edits=[
            edit(
                "layer.weight.normal_(0, math.sqrt(2 / fan), generator=generator)",
                """
                sigma = math.sqrt(2 / fan)
                layer.weight.normal_(0, sigma, generator=generator).clamp_(-2.25 * sigma, 2.25 * sigma)
                """,
            ),
        ],
    ),
    misconception(
        "shift_left_at_scale_zero",
        hint="A batch norm that starts at scale 0: where does its shift start?",
        severity="slip",
        edits=[
            edit(
                """
                layer.weight.fill_(0.0 if name.split(".")[-1] in zero_scales else 1.0)
                layer.bias.zero_()
                """,
                """
                layer.weight.fill_(0.0 if name.split(".")[-1] in zero_scales else 1.0)
                if name.split(".")[-1] not in zero_scales:
                    layer.bias.zero_()
                """,
            ),
        ],
    ),
    misconception(
        "inner_layers_only",
        hint="What does your function visit where the module is itself a layer?",
        severity="slip",
        edits=[
            edit("in module.named_modules():", "in list(module.named_modules())[1:]:"),
        ],
    ),
    misconception(
        "seeded_without_generator",
        hint="No generator is given: do two networks start with other numbers?",
        severity="slip",
        edits=[
            edit(
                "for name, layer in module.named_modules():",
                """
                if generator is None:
                    generator = torch.Generator().manual_seed(0)
                for name, layer in module.named_modules():
                """,
            ),
        ],
    ),
    misconception(
        "always_in_float32",
        hint="Of which dtype are the numbers that you put in place of the old ones?",
        severity="slip",
        edits=[
            edit(
                "layer.weight.normal_(0, math.sqrt(2 / fan), generator=generator)",
                """
                drawn = torch.randn(layer.weight.shape, generator=generator, dtype=torch.float32)
                layer.weight.data = math.sqrt(2 / fan) * drawn
                """,
            ),
        ],
    ),
    misconception(
        "one_for_dense_layers",
        hint="Every convolution and every dense layer: have they the same standard deviation for the same fan?",
        severity="slip",
        edits=[
            edit("math.sqrt(2 / fan)", "math.sqrt((2 if isinstance(layer, nn.Conv2d) else 1) / fan)"),
        ],
    ),
    misconception(
        "windows_are_square",
        hint="A window may be 5 high and 2 wide: how many places is that?",
        severity="slip",
        edits=[
            edit("places = math.prod(window)", "places = window[0] ** 2 if window else 1"),
        ],
    ),
    misconception(
        "global_seeded_by_the_generator",
        hint="A second network from the same generator: does your function move the generator on?",
        severity="slip",
        edits=[
            edit(
                "for name, layer in module.named_modules():",
                """
                if generator is not None:
                    torch.manual_seed(generator.initial_seed())
                    generator = None
                for name, layer in module.named_modules():
                """,
            ),
        ],
    ),
    misconception(
        "new_parameters_in_float32",
        hint="Parameters stay the same objects and keep their dtype: what do you put in their place?",
        severity="slip",
        edits=[
            edit(
                "layer.weight.normal_(0, math.sqrt(2 / fan), generator=generator)",
                """
                drawn = torch.randn(layer.weight.shape, generator=generator)
                layer.weight = nn.Parameter(math.sqrt(2 / fan) * drawn)
                """,
            ),
        ],
    ),
    misconception(
        "dense_layers_always_fan_in",
        hint="With mode fan_out, which fan has a dense layer?",
        severity="slip",
        edits=[
            edit(
                'fan = fan_in if mode == "fan_in" else fan_out',
                'fan = fan_in if mode == "fan_in" or isinstance(layer, nn.Linear) else fan_out',
            ),
        ],
    ),
]
