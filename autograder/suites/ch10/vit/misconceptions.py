"""Wrong solutions of `vit` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "channels_last_in_the_patch",
        hint="In which order do the numbers of a patch stand: channel by channel, or pixel by pixel?",
        severity="partial",
        edits=[
            edit("cut.permute(0, 2, 4, 1, 3, 5)", "cut.permute(0, 2, 4, 3, 5, 1)"),
        ],
    ),
    misconception(
        "columns_first",
        hint="Which patch is number 1: the one to the right of the first, or the one below it?",
        severity="partial",
        edits=[
            edit("cut.permute(0, 2, 4, 1, 3, 5)", "cut.permute(0, 4, 2, 1, 3, 5)"),
        ],
    ),
    misconception(
        "pixels_turned",
        hint="Inside a patch, do the rows come one after the other, or the columns?",
        severity="partial",
        edits=[
            edit("cut.permute(0, 2, 4, 1, 3, 5)", "cut.permute(0, 2, 4, 1, 5, 3)"),
        ],
    ),
    misconception(
        "cut_by_reshape_alone",
        hint="Which pixels does a patch hold: neighbours in the picture, or neighbours in memory?",
        severity="serious",
        edits=[
            edit(
                "cut.permute(0, 2, 4, 1, 3, 5).reshape(n, -1, channels * size * size)",
                "images.reshape(n, -1, channels * size * size)",
            ),
        ],
    ),
    misconception(
        "class_token_without_position",
        hint="Which row of the positions belongs to the class token?",
        severity="partial",
        edits=[
            edit(
                "x = torch.cat([self.class_token.expand(len(x), 1, -1), x], dim=1) + self.position",
                "x = torch.cat([self.class_token.expand(len(x), 1, -1), x + self.position[1:]], dim=1)",
            ),
        ],
    ),
    misconception(
        "positions_shifted",
        hint="Which row of the positions belongs to the first patch?",
        severity="partial",
        edits=[
            edit(
                "x = torch.cat([self.class_token.expand(len(x), 1, -1), x], dim=1) + self.position",
                "x = torch.cat([self.class_token.expand(len(x), 1, -1), x], dim=1) + self.position.roll(-1, 0)",
            ),
        ],
    ),
    misconception(
        "class_token_at_the_end",
        hint="Where does the class token stand?",
        severity="partial",
        edits=[
            edit(
                "torch.cat([self.class_token.expand(len(x), 1, -1), x], dim=1)",
                "torch.cat([x, self.class_token.expand(len(x), 1, -1)], dim=1)",
            ),
            edit("self.norm(x)[:, 0]", "self.norm(x)[:, -1]"),
        ],
    ),
    misconception(
        "mean_of_the_patches",
        hint="Whose state goes into the classifier?",
        severity="partial",
        edits=[
            edit("self.norm(x)[:, 0]", "self.norm(x)[:, 1:].mean(dim=1)"),
        ],
    ),
    misconception(
        "last_patch_read",
        hint="Whose state goes into the classifier?",
        severity="partial",
        edits=[
            edit("self.norm(x)[:, 0]", "self.norm(x)[:, -1]"),
        ],
    ),
    misconception(
        "no_last_norm",
        hint="What stands between the last pre-norm block and the classifier?",
        severity="partial",
        edits=[
            edit("self.head(self.norm(x)[:, 0])", "self.head(x[:, 0])"),
        ],
    ),
    misconception(
        "eps_as_made",
        hint="Which epsilon have ViT's norms?",
        severity="slip",
        edits=[
            edit("4 * width, eps=1e-6)", "4 * width)"),
            edit("nn.LayerNorm(width, eps=1e-6)", "nn.LayerNorm(width)"),
        ],
    ),
    misconception(
        "post_norm",
        hint="Where do ViT's norms stand?",
        severity="partial",
        edits=[
            edit("4 * width, eps=1e-6)", "4 * width, False, eps=1e-6)"),
        ],
    ),
    misconception(
        "causal",
        hint="Does a picture have an order in which it is read?",
        severity="partial",
        edits=[
            edit("x = block(x)", "x = block(x, causal=True)"),
        ],
    ),
    misconception(
        "no_positions",
        hint="What tells the model where a patch was?",
        severity="partial",
        edits=[
            edit("x], dim=1) + self.position", "x], dim=1) + 0 * self.position"),
        ],
    ),
    misconception(
        "positions_start_at_zero",
        hint="Can a model whose positions are all zeros tell two places apart?",
        severity="slip",
        edits=[
            edit(
                "nn.Parameter(0.02 * torch.randn(1 + patches, width))",
                "nn.Parameter(torch.zeros(1 + patches, width))",
            ),
        ],
    ),
    misconception(
        "square_pictures_alone",
        hint="How many patches fit beside each other, and how many above each other?",
        severity="serious",
        edits=[
            edit(
                "patches = (image_size[0] // patch_size) * (image_size[1] // patch_size)",
                "patches = (image_size[0] // patch_size) ** 2",
            ),
        ],
    ),
    misconception(
        "rest_cut_off",
        hint="What becomes of a row of pixels that fills no patch?",
        severity="slip",
        edits=[
            edit(
                'if height % size or width % size:\n    raise ValueError(f"a picture of {height} x {width} cannot be cut into patches of {size} x {size}")',
                "height, width = height // size * size, width // size * size\nimages = images[:, :, :height, :width]",
            ),
        ],
    ),
    misconception(
        "narrow_feed_forward",
        hint="How wide is the feed-forward network of a block?",
        severity="partial",
        edits=[
            edit("block(width, heads, 4 * width", "block(width, heads, 2 * width"),
        ],
    ),
    misconception(
        "area_checked",
        hint="4 x 9 pixels and patches of 6 x 6: does one fit?",
        severity="slip",
        edits=[
            edit("if height % size or width % size:", "if height * width % size**2:"),
        ],
    ),
    misconception(
        "width_not_checked",
        hint="Which of the two sides do you check before you cut?",
        severity="slip",
        edits=[
            edit("if height % size or width % size:", "if height % size:"),
        ],
    ),
    misconception(
        "block_not_used",
        hint="Who makes the blocks: the argument `block`, or always the same function?",
        severity="slip",
        edits=[
            edit("block(width, heads, 4 * width", "ready_block(width, heads, 4 * width"),
        ],
    ),
    misconception(
        "eps_of_the_blocks",
        hint="Which epsilon have the norms inside the blocks?",
        severity="slip",
        edits=[
            edit("4 * width, eps=1e-6)", "4 * width)"),
        ],
    ),
    misconception(
        "tanh_gelu",
        hint="Which of the two forms of GELU does ViT have?",
        severity="slip",
        edits=[
            edit("4 * width, eps=1e-6)", "4 * width, activation=gelu_tanh, eps=1e-6)"),
        ],
    ),
    misconception(
        "mean_of_all_tokens",
        hint="Whose state goes into the classifier?",
        severity="partial",
        edits=[
            edit("self.norm(x)[:, 0]", "self.norm(x).mean(dim=1)"),
        ],
    ),
    misconception(
        "positions_shifted_back",
        hint="Which row of the positions belongs to the class token?",
        severity="partial",
        edits=[
            edit("+ self.position\n", "+ self.position.roll(1, 0)\n"),
        ],
    ),
    misconception(
        "copies_of_one_block",
        hint="How many blocks does your model have, and how many names?",
        severity="partial",
        edits=[
            edit(
                "block(width, heads, 4 * width, eps=1e-6) for _ in range(layers)",
                "[block(width, heads, 4 * width, eps=1e-6)] * layers",
            ),
        ],
    ),
    misconception(
        "probabilities_returned",
        hint="Does your model give logits or probabilities?",
        severity="partial",
        edits=[
            edit(
                "return self.head(self.norm(x)[:, 0])", "return self.head(self.norm(x)[:, 0]).softmax(dim=-1)"
            ),
        ],
    ),
]
