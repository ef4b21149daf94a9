"""Wrong solutions of `separable` that students write, each an edit of the reference."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "activation_at_the_narrow_end",
        hint="The last layer of an inverted residual is linear: why would a ReLU on few channels harm?",
        severity="slip",
        edits=[
            edit(
                "layers += [nn.Conv2d(wide, c_out, 1, bias=False), nn.BatchNorm2d(c_out)]",
                "layers += [nn.Conv2d(wide, c_out, 1, bias=False), nn.BatchNorm2d(c_out), nn.ReLU6()]",
            ),
        ],
    ),
    misconception(
        "activation_inside",
        hint="What stands between depthwise and pointwise in a separable convolution?",
        severity="partial",
        edits=[
            edit("self.pointwise(self.depthwise(x))", "self.pointwise(F.relu(self.depthwise(x)))"),
        ],
    ),
    misconception(
        "expands_from_the_output",
        hint="How wide is the wide part: expand times the input's channels, or the output's?",
        severity="slip",
        edits=[
            edit("wide = expand * c_in", "wide = expand * c_out"),
        ],
    ),
    misconception(
        "expansion_of_one_has_a_layer",
        hint="With expand 1 there is nothing to widen: is there a first convolution?",
        severity="slip",
        edits=[
            edit("if expand != 1:", "if expand >= 1:"),
        ],
    ),
    misconception(
        "no_activation_after_depthwise",
        hint="Depthwise and pointwise without a nonlinearity between them are one linear map: where is your second ReLU6?",
        severity="slip",
        edits=[
            edit(
                """
                nn.BatchNorm2d(wide),
                nn.ReLU6(),
                """,
                "nn.BatchNorm2d(wide),",
            ),
        ],
    ),
    misconception(
        "not_depthwise",
        hint="As many groups as channels: how many windows has a depthwise convolution?",
        severity="partial",
        edits=[
            edit(
                "nn.Conv2d(c_in, c_in, kernel, stride, padding, groups=c_in, bias=False)",
                "nn.Conv2d(c_in, c_in, kernel, stride, padding, bias=False)",
            ),
        ],
    ),
    misconception(
        "pointwise_first",
        hint="Space first, or channels first?",
        severity="partial",
        edits=[
            edit("return self.pointwise(self.depthwise(x))", "return self.depthwise(self.pointwise(x))"),
            edit(
                "nn.Conv2d(c_in, c_in, kernel, stride, padding, groups=c_in, bias=False)",
                "nn.Conv2d(c_out, c_out, kernel, stride, padding, groups=c_out, bias=False)",
            ),
        ],
    ),
    misconception(
        "relu_after_the_xception_sum",
        hint="Is there a ReLU after the sum of an Xception module?",
        severity="slip",
        edits=[
            edit(
                "return self.chain(x) + self.shortcut(x)", "return F.relu(self.chain(x) + self.shortcut(x))"
            ),
        ],
    ),
    misconception(
        "relu_for_relu6",
        hint="ReLU6 cuts above as well: what is left of 7?",
        severity="slip",
        edits=[
            edit(
                "nn.Conv2d(c_in, wide, 1, bias=False), nn.BatchNorm2d(wide), nn.ReLU6()]",
                "nn.Conv2d(c_in, wide, 1, bias=False), nn.BatchNorm2d(wide), nn.ReLU()]",
            ),
        ],
    ),
    misconception(
        "relu_in_place_on_x",
        hint="The shortcut adds x: what has an in-place ReLU made of it?",
        severity="slip",
        edits=[
            edit(
                "return self.chain(x) + self.shortcut(x)", "return self.chain(F.relu_(x)) + self.shortcut(x)"
            ),
        ],
    ),
    misconception(
        "sum_asks_only_for_stride",
        hint="Input and output are added where stride is 1 *and* channels agree.",
        severity="slip",
        edits=[
            edit("self.added = stride == 1 and c_in == c_out", "self.added = stride == 1"),
        ],
    ),
    misconception(
        "sum_missing_in_inverted",
        hint="Where shapes agree, what is added?",
        severity="slip",
        edits=[
            edit("return x + y if self.added else y", "return y"),
        ],
    ),
    misconception(
        "widens_always_first",
        hint="With widen_first=False, in which unit do channels change?",
        severity="slip",
        edits=[
            edit("[c_out if widen_first else c_in]", "[c_out]"),
        ],
    ),
    misconception(
        "inplace_relu_alters_skip",
        hint="The chain begins with a ReLU in place: what does the shortcut then carry?",
        severity="partial",
        edits=[
            edit("chain.append(nn.ReLU())", "chain.append(nn.ReLU(inplace=True))"),
        ],
    ),
]
