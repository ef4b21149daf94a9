"""Wrong solutions of `unet` that students write, each an edit of a right one."""

from autograder.testing import after, edit, misconception

BASE = "two_levels"

MISCONCEPTIONS = [
    misconception(
        "blocks_in_a_list",
        hint="PyTorch finds modules in attributes and in ModuleLists, not in Python's lists.",
        severity="partial",
        edits=[
            edit(
                "nn.ModuleList([Block(in_channels, c, width), Block(c, 2 * c, width)])",
                "[Block(in_channels, c, width), Block(c, 2 * c, width)]",
            ),
            edit(
                "nn.ModuleList([Block(6 * c, 2 * c, width), Block(3 * c, c, width)])",
                "[Block(6 * c, 2 * c, width), Block(3 * c, c, width)]",
            ),
        ],
    ),
    misconception(
        "condition_at_the_output",
        hint="Added to the output, the time changes every image alike. Can the network look at a noisy image in another way?",
        severity="slip",
        edits=[
            edit("outputs, width", "outputs"),
            edit("self.condition = nn.Linear(width, outputs)", ""),
            edit(
                """
                def forward(self, x, condition):
                    h = self.first(x) + self.condition(condition)[:, :, None, None]
                    return F.silu(self.second(F.silu(h)))
                """,
                """
                def forward(self, x):
                    return F.silu(self.second(F.silu(self.first(x))))
                """,
            ),
            edit(
                """
                self.down = nn.ModuleList([Block(in_channels, c, width), Block(c, 2 * c, width)])
                self.middle = Block(2 * c, 4 * c, width)
                self.up = nn.ModuleList([Block(6 * c, 2 * c, width), Block(3 * c, c, width)])
                self.out = nn.Conv2d(c, in_channels, 1)
                """,
                """
                self.down = nn.ModuleList([Block(in_channels, c), Block(c, 2 * c)])
                self.middle = Block(2 * c, 4 * c)
                self.up = nn.ModuleList([Block(6 * c, 2 * c), Block(3 * c, c)])
                self.out, self.shift = nn.Conv2d(c, in_channels, 1), nn.Linear(width, in_channels)
                """,
            ),
            edit("h = block(h, condition)", "h = block(h)"),
            edit("h = self.middle(h, condition)", "h = self.middle(h)"),
            edit("torch.cat([h, skips.pop()], dim=1), condition", "torch.cat([h, skips.pop()], dim=1)"),
            edit("self.out(h)", "self.out(h) + self.shift(condition)[:, :, None, None]"),
        ],
    ),
    misconception(
        "dropout_in_evaluation",
        hint="In evaluation nothing is left to chance.",
        severity="slip",
        edits=[edit("return self.out(h)", "return self.out(F.dropout(h, 0.1))")],
    ),
    misconception(
        "fine_skip_missing",
        hint="There is a skip at every level, at full resolution too.",
        severity="partial",
        edits=[edit("skips.append(h)", "skips.append(h if len(skips) else torch.zeros_like(h))")],
    ),
    misconception(
        "image_resized",
        hint="How much of a large image is left once it is brought to the size that you have in mind?",
        severity="slip",
        edits=[
            edit(
                "skips, h = [], x",
                """
                size = x.shape[2:]
                skips, h = [], F.interpolate(x, size=(16, 16))
                """,
            ),
            edit("return self.out(h)", "return F.interpolate(self.out(h), size=size)"),
        ],
    ),
    misconception(
        "label_ignored",
        hint="Which line reads the label?",
        severity="partial",
        edits=[edit("condition + self", "condition + 0 * self")],
    ),
    misconception(
        "layer_left_over",
        hint="Every layer you make should be used in forward.",
        severity="slip",
        edits=[
            after(
                "self.up = nn.ModuleList([Block(6 * c, 2 * c, width), Block(3 * c, c, width)])",
                "self.norm = nn.GroupNorm(1, c)",
            )
        ],
    ),
    misconception(
        "never_sees_time",
        hint="The same noise means another thing at another time: where does t enter your network?",
        severity="partial",
        edits=[
            edit(
                "h = self.first(x) + self.condition(condition)[:, :, None, None]",
                "h = self.first(x) + self.condition(torch.zeros_like(condition))[:, :, None, None]",
            )
        ],
    ),
    misconception(
        "no_downsampling",
        hint="Without a coarser level a pixel sees only its nearest neighbours.",
        severity="partial",
        edits=[
            edit(
                "self.first = nn.Conv2d(inputs, outputs, 3, padding=1)",
                "self.first = nn.Conv2d(inputs, outputs, 1)",
            ),
            edit(
                "self.second = nn.Conv2d(outputs, outputs, 3, padding=1)",
                "self.second = nn.Conv2d(outputs, outputs, 1)",
            ),
            edit("h = F.max_pool2d(h, 2)", ""),
            edit("h = F.interpolate(h, scale_factor=2)", ""),
        ],
    ),
    misconception(
        "no_label_is_class_zero",
        hint='Class 0 is a class; which label means "no label"?',
        severity="slip",
        edits=[edit("y = torch.full_like(t, self.num_classes)", "y = torch.zeros_like(t)")],
    ),
    misconception(
        "no_skips",
        hint="What the encoder saw at full resolution is lost in the middle: how does it reach the decoder?",
        severity="partial",
        edits=[edit("skips.append(h)", "skips.append(torch.zeros_like(h))")],
    ),
    misconception(
        "one_channel_only",
        hint="How many channels have the images that come in, and so the noise that goes out?",
        severity="slip",
        edits=[edit("self.out = nn.Conv2d(c, in_channels, 1)", "self.out = nn.Conv2d(c, 1, 1)")],
    ),
    misconception(
        "output_at_half_resolution",
        hint="How many times does your network halve the resolution, and how many times double it?",
        severity="serious",
        edits=[edit("return self.out(h)", "return self.out(F.avg_pool2d(h, 2))")],
    ),
    misconception(
        "relu_at_the_end",
        hint="Noise is positive and negative: what comes last in your network?",
        severity="partial",
        edits=[edit("return self.out(h)", "return F.relu(self.out(h))")],
    ),
    misconception(
        "same_width_everywhere",
        hint="Coarser maps have fewer places: how many channels make up for that?",
        severity="slip",
        edits=[
            edit("Block(c, 2 * c, width)", "Block(c, c, width)"),
            edit("Block(2 * c, 4 * c, width)", "Block(c, c, width)"),
            edit(
                "Block(6 * c, 2 * c, width), Block(3 * c, c, width)",
                "Block(2 * c, c, width), Block(2 * c, c, width)",
            ),
        ],
    ),
    misconception(
        "skips_detached",
        hint="The encoder learns through its skips too: does a gradient come back through them?",
        severity="slip",
        edits=[
            edit(
                "h = self.first(x) + self.condition(condition)[:, :, None, None]",
                "h = self.first(x.detach()) + self.condition(condition)[:, :, None, None]",
            )
        ],
    ),
    misconception(
        "square_images_only",
        hint="Height and width need not be equal.",
        severity="partial",
        edits=[edit("scale_factor=2", "size=(2 * h.shape[2], 2 * h.shape[2])")],
    ),
    misconception(
        "time_at_saturation",
        hint="Can your embedding tell time 199 from time 200, after tanh or sigmoid?",
        severity="partial",
        edits=[edit("t[:, None].float()", "torch.tanh(t[:, None].float())")],
    ),
    misconception(
        "time_divided_by_1000",
        hint="As one number between 0 and 1, time 3 and time 4 look the same to a layer: which features tell them apart?",
        severity="slip",
        edits=[
            edit(
                "angle = t[:, None].float() * 0.3 ** torch.arange(8)",
                "angle = t[:, None].float() / 1000 * torch.ones(8)",
            )
        ],
    ),
    misconception(
        "time_of_first_image",
        hint="Every image of the batch has a time of its own.",
        severity="partial",
        edits=[
            edit("t[:, None].float() * 0.3 ** torch", "t[:1].expand(len(t))[:, None].float() * 0.3 ** torch")
        ],
    ),
    misconception(
        "width_fixed",
        hint="base_channels is an argument: does a network with more of them have more weights?",
        severity="slip",
        edits=[edit("c, width = base_channels, 4 * base_channels", "c, width = 16, 64")],
    ),
    misconception(
        "no_label_adds_nothing",
        hint="Without y every image has the null label: which row of the embedding is that, and do you add it?",
        severity="slip",
        edits=[
            edit(
                """
                if y is None:
                    y = torch.full_like(t, self.num_classes)
                condition = condition + self.label(y)
                """,
                """
                if y is not None:
                    condition = condition + self.label(y)
                """,
            )
        ],
    ),
    misconception(
        "tanh_at_the_end",
        hint="Noise has no bound: what comes last in your network?",
        severity="partial",
        edits=[edit("return self.out(h)", "return torch.tanh(self.out(h))")],
    ),
    misconception(
        "one_level_only",
        hint="At which resolutions does your network compute something: is a quarter one of them?",
        severity="partial",
        edits=[
            edit("h = F.max_pool2d(h, 2)", "h = F.max_pool2d(h, 2) if len(skips) == 1 else h"),
            edit(
                "h = F.interpolate(h, scale_factor=2)",
                "h = F.interpolate(h, scale_factor=2) if len(skips) == 1 else h",
            ),
        ],
    ),
    misconception(
        "table_of_times_too_short",
        hint="Times run from 0 to 999: how many rows has your table of times?",
        severity="partial",
        edits=[
            edit(
                "self.time = nn.Sequential(nn.Linear(16, width), nn.SiLU())",
                "self.time = nn.Sequential(nn.Embedding(100, 16), nn.Linear(16, width), nn.SiLU())",
            ),
            edit("angle = t[:, None].float() * 0.3 ** torch.arange(8)", ""),
            edit("self.time(torch.cat([angle.sin(), angle.cos()], dim=1))", "self.time(t)"),
        ],
    ),
]
