"""Wrong solutions of `augment` that students write, each an edit of a right one."""

from autograder.testing import after, edit, misconception

BASE = "turned_coordinates"

MISCONCEPTIONS = [
    misconception(
        "border_repeated",
        hint="What comes in from outside the image: zeros, or the border's pixels?",
        severity="slip",
        edits=[
            edit(
                "return F.grid_sample(images, grid.to(images), align_corners=False)",
                'return F.grid_sample(images, grid.to(images), padding_mode="border", align_corners=False)',
            )
        ],
    ),
    misconception(
        "corners_misaligned",
        hint="Do -1 and 1 mean the centres of the outermost pixels, or their edges? Grid and sampling must agree.",
        severity="partial",
        edits=[edit("align_corners=False", "align_corners=True")],
    ),
    misconception(
        "degrees_as_radians",
        hint="max_angle is in degrees: what do sin and cos expect?",
        severity="partial",
        edits=[edit("math.radians(max_angle)", "max_angle")],
    ),
    misconception(
        "ends_half_as_likely",
        hint="Round uniform numbers to whole ones: how wide is the interval that rounds to the last of them?",
        severity="slip",
        edits=[
            edit(
                "dy = torch.randint(-max_shift, max_shift + 1, (n, 1, 1), generator=generator)",
                "dy = (max_shift * (2 * torch.rand(n, 1, 1, generator=generator) - 1)).round()",
            ),
            edit(
                "dx = torch.randint(-max_shift, max_shift + 1, (n, 1, 1), generator=generator)",
                "dx = (max_shift * (2 * torch.rand(n, 1, 1, generator=generator) - 1)).round()",
            ),
        ],
    ),
    misconception(
        "fractional_shift",
        hint="The shifts are whole pixels: what does a shift by half a pixel do to sharp strokes?",
        severity="partial",
        edits=[
            edit(
                "dy = torch.randint(-max_shift, max_shift + 1, (n, 1, 1), generator=generator)",
                "dy = max_shift * (2 * torch.rand(n, 1, 1, generator=generator) - 1)",
            ),
            edit(
                "dx = torch.randint(-max_shift, max_shift + 1, (n, 1, 1), generator=generator)",
                "dx = max_shift * (2 * torch.rand(n, 1, 1, generator=generator) - 1)",
            ),
        ],
    ),
    misconception(
        "generator_copied",
        hint="A copy of the generator leaves the original where it was: what does the next batch draw?",
        severity="slip",
        edits=[after("n, _, h, w = images.shape", "generator = generator.clone_state()")],
    ),
    misconception(
        "ignores_generator",
        hint="One seed should give one result: where does your randomness come from?",
        severity="serious",
        edits=[
            edit("1, generator=generator", "1"),
            edit(
                "dy = torch.randint(-max_shift, max_shift + 1, (n, 1, 1), generator=generator)",
                "dy = torch.randint(-max_shift, max_shift + 1, (n, 1, 1))",
            ),
            edit("(n, 1, 1), generator=generator", "(n, 1, 1)"),
        ],
    ),
    misconception(
        "mirrored",
        hint="Is a mirrored 2 still a 2? Which changes keep the label?",
        severity="serious",
        edits=[
            after(
                "grid = torch.stack((2 * source_x / w, 2 * source_y / h), dim=-1)",
                """
                flip = torch.rand(n, generator=generator) < 0.5
                images = torch.where(flip[:, None, None, None], images.flip(3), images)
                """,
            ),
        ],
    ),
    misconception(
        "nearest_pixel",
        hint="A turned pixel lies between four old ones: do you take the nearest, or their weighted mean?",
        severity="partial",
        edits=[
            edit(
                "return F.grid_sample(images, grid.to(images), align_corners=False)",
                'return F.grid_sample(images, grid.to(images), mode="nearest", align_corners=False)',
            )
        ],
    ),
    misconception(
        "normal_angles",
        hint="Uniform between two bounds: are angles near zero likelier than those near the bounds?",
        severity="slip",
        edits=[
            edit(
                "angle = math.radians(max_angle) * (2 * torch.rand(n, 1, 1, generator=generator) - 1)",
                "angle = math.radians(max_angle) * torch.randn(n, 1, 1, generator=generator).div(3).clamp(-1, 1)",
            )
        ],
    ),
    misconception(
        "one_change_for_the_batch",
        hint="Does every image of the batch get a turn and a shift of its own?",
        severity="partial",
        edits=[
            edit(
                "angle = math.radians(max_angle) * (2 * torch.rand(n, 1, 1, generator=generator) - 1)",
                "angle = math.radians(max_angle) * (2 * torch.rand(1, 1, 1, generator=generator) - 1)",
            ),
            edit(
                "dy = torch.randint(-max_shift, max_shift + 1, (n, 1, 1), generator=generator)",
                "dy = torch.randint(-max_shift, max_shift + 1, (1, 1, 1), generator=generator)",
            ),
            edit(
                "dx = torch.randint(-max_shift, max_shift + 1, (n, 1, 1), generator=generator)",
                "dx = torch.randint(-max_shift, max_shift + 1, (1, 1, 1), generator=generator)",
            ),
            edit(
                "torch.stack((2 * source_x / w, 2 * source_y / h), dim=-1)",
                "torch.stack((2 * source_x / w, 2 * source_y / h), dim=-1).expand(n, h, w, 2)",
            ),
        ],
    ),
    misconception(
        "one_sided",
        hint="The angle lies in [-max_angle, max_angle] and the shift in -max_shift..max_shift: do both signs occur?",
        severity="slip",
        edits=[
            edit(
                "max_angle) * (2 * torch.rand(n, 1, 1, generator=generator) - 1",
                "max_angle) * torch.rand(n, 1, 1, generator=generator",
            ),
            edit(
                "dy = torch.randint(-max_shift, max_shift + 1, (n, 1, 1), generator=generator)",
                "dy = torch.randint(0, max_shift + 1, (n, 1, 1), generator=generator)",
            ),
            edit("-max_shift", "0"),
        ],
    ),
    misconception(
        "oval_turn",
        hint="In grid_sample's coordinates height and width both measure 2: is a turn there a turn in pixels?",
        severity="partial",
        edits=[
            after("x = torch.arange(w) - (w - 1) / 2 - dx", "x, y = 2 * x / w, 2 * y / h"),
            edit("2 * source_x / w, 2 * source_y / h", "source_x, source_y"),
        ],
    ),
    misconception(
        "same_shift_both_ways",
        hint="The vertical and the horizontal shift are drawn apart: can your image move straight down?",
        severity="slip",
        edits=[
            edit("dx = torch.randint(-max_shift, max_shift + 1, (n, 1, 1), generator=generator)", "dx = dy")
        ],
    ),
    misconception(
        "shift_before_turn",
        hint="If the image is shifted first and turned then, about which of its points does it turn?",
        severity="slip",
        edits=[
            edit(
                """
                y = (torch.arange(h) - (h - 1) / 2)[:, None] - dy
                x = torch.arange(w) - (w - 1) / 2 - dx
                source_x = angle.cos() * x - angle.sin() * y
                source_y = angle.sin() * x + angle.cos() * y
                """,
                """
                y = (torch.arange(h) - (h - 1) / 2)[:, None].expand(n, h, 1)
                x = torch.arange(w) - (w - 1) / 2 + torch.zeros(n, 1, 1)
                source_x = angle.cos() * x - angle.sin() * y - dx
                source_y = angle.sin() * x + angle.cos() * y - dy
                """,
            ),
        ],
    ),
    misconception(
        "turns_about_corner",
        hint="About which point does the image turn?",
        severity="partial",
        edits=[
            edit("(torch.arange(h) - (h - 1) / 2)", "torch.arange(h)"),
            edit("x = torch.arange(w) - (w - 1) / 2 - dx", "x = torch.arange(w) - dx"),
            edit(
                "2 * source_x / w, 2 * source_y / h", "(2 * source_x + 1) / w - 1, (2 * source_y + 1) / h - 1"
            ),
        ],
    ),
    misconception(
        "upper_shift_left_out",
        hint="randint leaves out its upper end: does the largest shift ever happen?",
        severity="slip",
        edits=[
            edit(
                "dy = torch.randint(-max_shift, max_shift + 1, (n, 1, 1), generator=generator)",
                "dy = torch.randint(-max_shift, max(max_shift, 1 - max_shift), (n, 1, 1), generator=generator)",
            ),
            edit("max_shift + 1", "max(max_shift, 1 - max_shift)"),
        ],
    ),
    misconception(
        "whole_degrees",
        hint="The angle is any number between the ends, not only a whole one.",
        severity="slip",
        edits=[
            edit(
                "angle = math.radians(max_angle) * (2 * torch.rand(n, 1, 1, generator=generator) - 1)",
                """
                degrees = torch.randint(-int(max_angle), int(max_angle) + 1, (n, 1, 1), generator=generator)
                angle = torch.deg2rad(degrees.float())
                """,
            ),
        ],
    ),
    misconception(
        "wraps_around",
        hint="What leaves the image on one side, does it come back on the other?",
        severity="slip",
        edits=[
            edit("[:, None] - dy", "[:, None].expand(n, h, 1)"),
            edit("torch.arange(w) - (w - 1) / 2 - dx", "(torch.arange(w) - (w - 1) / 2).expand(n, 1, w)"),
            edit(
                "return F.grid_sample(images, grid.to(images), align_corners=False)",
                """
                turned = F.grid_sample(images, grid.to(images), align_corners=False)
                moves = zip(turned, dy.flatten().tolist(), dx.flatten().tolist(), strict=True)
                return torch.stack([image.roll((a, b), dims=(1, 2)) for image, a, b in moves])
                """,
            ),
        ],
    ),
    misconception(
        "centre_of_even_images",
        hint="Between which two rows lies the middle of eight? About which point does your image turn?",
        severity="slip",
        edits=[
            edit("(torch.arange(h) - (h - 1) / 2)", "(torch.arange(h) - h // 2)"),
            edit("torch.arange(w) - (w - 1) / 2 - dx", "torch.arange(w) - w // 2 - dx"),
            edit(
                "2 * source_x / w, 2 * source_y / h",
                "(2 * (source_x + w // 2) + 1) / w - 1, (2 * (source_y + h // 2) + 1) / h - 1",
            ),
        ],
    ),
    misconception(
        "turned_in_float32",
        hint="What becomes of an image of float64 whose numbers are beyond float32?",
        severity="slip",
        edits=[
            edit(
                "return F.grid_sample(images, grid.to(images), align_corners=False)",
                "return F.grid_sample(images.float(), grid, align_corners=False).to(images.dtype)",
            )
        ],
    ),
    misconception(
        "first_image_stays",
        hint="Every image is turned and shifted: is the first one, and one that comes alone?",
        severity="slip",
        edits=[
            edit(
                "return F.grid_sample(images, grid.to(images), align_corners=False)",
                """
                turned = F.grid_sample(images, grid.to(images), align_corners=False)
                return torch.cat([images[:1], turned[1:]])
                """,
            )
        ],
    ),
    misconception(
        "grid_in_float32",
        hint="Images and grid must have one dtype: which one has your grid when the images are float64?",
        severity="slip",
        edits=[edit("grid.to(images)", "grid.float()")],
    ),
]
