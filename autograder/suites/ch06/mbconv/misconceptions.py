"""Wrong solutions of `mbconv` that students write, each an edit of the reference."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "a_coin_for_each_channel",
        hint="The whole branch of an image is dropped: how many numbers decide for it?",
        severity="slip",
        edits=[
            edit(
                "torch.rand(len(x), 1, 1, 1, device=x.device)",
                "torch.rand(len(x), x.shape[1], 1, 1, device=x.device)",
            ),
        ],
    ),
    misconception(
        "activation_at_the_end",
        hint="What follows the last batch norm of the block?",
        severity="partial",
        edits=[
            edit(
                "layers += [nn.Conv2d(wide, c_out, 1, bias=False), norm(c_out)]",
                "layers += [nn.Conv2d(wide, c_out, 1, bias=False), norm(c_out), nn.SiLU()]",
            ),
        ],
    ),
    misconception(
        "drops_in_evaluation",
        hint="In evaluation the branch is always there.",
        severity="slip",
        edits=[
            edit("if not self.training or self.p == 0:", "if self.p == 0:"),
        ],
    ),
    misconception(
        "gate_adds",
        hint="A gate multiplies.",
        severity="partial",
        edits=[
            edit("return x * gate.sigmoid()", "return x + gate.sigmoid()"),
        ],
    ),
    misconception(
        "gate_at_each_place",
        hint="The gate depends on averages over all places: where do you average?",
        severity="partial",
        edits=[
            edit("self.squeeze(x.mean((2, 3), keepdim=True))", "self.squeeze(x)"),
        ],
    ),
    misconception(
        "gate_before_depthwise",
        hint="Where does the gate stand: before the depthwise convolution, or after it?",
        severity="partial",
        edits=[
            edit(
                "layers += [depthwise, norm(wide), nn.SiLU(), SqueezeExcitation(wide, max(1, c_in // 4))]",
                "layers += [SqueezeExcitation(wide, max(1, c_in // 4)), depthwise, norm(wide), nn.SiLU()]",
            ),
        ],
    ),
    misconception(
        "gate_without_sigmoid",
        hint="A gate lies between 0 and 1: what makes it so?",
        severity="partial",
        edits=[
            edit("return x * gate.sigmoid()", "return x * gate"),
        ],
    ),
    misconception(
        "kept_with_probability_p",
        hint="p is the probability of being dropped: with which are you kept?",
        severity="slip",
        edits=[
            edit(">= self.p", "< self.p"),
        ],
    ),
    misconception(
        "no_gate",
        hint="What stands between the depthwise convolution's SiLU and the last convolution?",
        severity="partial",
        edits=[
            edit(", SqueezeExcitation(wide, max(1, c_in // 4))]", "]"),
        ],
    ),
    misconception(
        "not_divided",
        hint="What makes up for the images that are dropped, so that the mean stays?",
        severity="slip",
        edits=[
            edit("return x * kept / (1 - self.p)", "return x * kept"),
        ],
    ),
    misconception(
        "one_coin_for_the_batch",
        hint="Each image by itself: how many random numbers does a batch need?",
        severity="slip",
        edits=[
            edit("torch.rand(len(x), 1, 1, 1, device=x.device)", "torch.rand(1, 1, 1, 1, device=x.device)"),
        ],
    ),
    misconception(
        "relu_in_the_gate",
        hint="Which nonlinearity stands between the gate's two layers?",
        severity="partial",
        edits=[
            edit("F.silu(self.squeeze(", "F.relu(self.squeeze("),
        ],
    ),
    misconception(
        "squeezed_from_the_wide_part",
        hint="A quarter of which channels: those of the block's input, or of the wide part?",
        severity="partial",
        edits=[
            edit("max(1, c_in // 4)", "max(1, wide // 4)"),
        ],
    ),
    misconception(
        "sum_of_input_also_dropped",
        hint="The branch is dropped, the input stays: what goes through stochastic depth?",
        severity="slip",
        edits=[
            edit(
                "return x + self.drop(y) if self.added else y", "return self.drop(x + y) if self.added else y"
            ),
        ],
    ),
    misconception(
        "probability_clipped",
        hint="Which p does the docstring refuse?",
        severity="slip",
        edits=[
            edit(
                'raise ValueError(f"a probability lies in [0, 1], not at {p}")',
                "p = min(max(p, 0.0), 1.0)",
            ),
        ],
    ),
    misconception(
        "gate_in_place",
        hint="Who else needs the x that your gate multiplies in place?",
        severity="slip",
        edits=[
            edit("return x * gate.sigmoid()", "return x.mul_(gate.sigmoid())"),
        ],
    ),
    misconception(
        "stride_ignored",
        hint="One of the layers makes the maps smaller: which one has the stride?",
        severity="slip",
        edits=[edit("kernel, stride, kernel // 2, groups=wide", "kernel, 1, kernel // 2, groups=wide")],
    ),
    misconception(
        "drop_not_passed",
        hint="Where does the block's `drop` go?",
        severity="slip",
        edits=[
            edit(
                "self.drop = StochasticDepth(drop)",
                "self.drop = StochasticDepth(0.0)",
            ),
        ],
    ),
    misconception(
        "drop_without_a_sum",
        hint="Where nothing is added, what is left of an image whose branch is dropped?",
        severity="slip",
        edits=[
            edit(
                "return x + self.drop(y) if self.added else y",
                "return x + self.drop(y) if self.added else self.drop(y)",
            ),
        ],
    ),
    misconception(
        "coins_drawn_once",
        hint="Does each call draw new numbers?",
        severity="slip",
        edits=[
            edit(
                "kept = torch.rand(len(x), 1, 1, 1, device=x.device) >= self.p",
                """
                if len(getattr(self, "coins", ())) != len(x):
                    self.coins = torch.rand(len(x), 1, 1, 1, device=x.device)
                kept = self.coins >= self.p
                """,
            ),
        ],
    ),
    misconception(
        "momentum_of_pytorch",
        hint="Which momentum have the batch norms of EfficientNet?",
        severity="slip",
        edits=[
            edit(
                "nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)",
                "nn.BatchNorm2d(channels, eps=1e-3)",
            ),
        ],
    ),
    misconception(
        "eps_of_pytorch",
        hint="The outputs differ by very little: which settings have your batch norms?",
        severity="slip",
        edits=[
            edit(
                "nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)",
                "nn.BatchNorm2d(channels, momentum=0.01)",
            ),
        ],
    ),
    misconception(
        "own_generator",
        hint="Two blocks of a network, one after the other: do they drop the same images?",
        severity="slip",
        edits=[
            edit(
                "self.p = p",
                """
                self.p = p
                self.generator = torch.Generator().manual_seed(0)
                """,
            ),
            edit(
                "torch.rand(len(x), 1, 1, 1, device=x.device)",
                "torch.rand(len(x), 1, 1, 1, generator=self.generator)",
            ),
        ],
    ),
    misconception(
        "negative_p_accepted",
        hint="A probability lies between two numbers: which of the two do you compare p with?",
        severity="slip",
        edits=[
            edit("if not 0 <= p <= 1:", "if p > 1:"),
        ],
    ),
    misconception(
        "padding_of_three",
        hint="The window may have any odd size: does your padding follow it?",
        severity="slip",
        edits=[
            edit("kernel, stride, kernel // 2, groups=wide", "kernel, stride, 1, groups=wide"),
        ],
    ),
    misconception(
        "relu6_of_the_block_before",
        hint="MBConv differs from the inverted residual in its gate: and in which nonlinearity?",
        severity="partial",
        edits=[
            edit("norm(wide), nn.SiLU()]", "norm(wide), nn.ReLU6()]"),
            edit("norm(wide), nn.SiLU(), Squeeze", "norm(wide), nn.ReLU6(), Squeeze"),
        ],
    ),
]
