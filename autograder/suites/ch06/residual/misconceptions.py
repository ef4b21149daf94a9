"""Wrong solutions of `residual` that students write, each an edit of the reference."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "base_width_ignored",
        hint="How wide are the inner layers of a ResNeXt's bottleneck?",
        severity="slip",
        edits=[
            edit(
                "inner, c_out = width * base_width // 64 * groups, 4 * width",
                "inner, c_out = width * groups, 4 * width",
            ),
        ],
    ),
    misconception(
        "biases_before_norm",
        hint="Batch norm takes the mean away: what use is a bias before it?",
        severity="slip",
        edits=[
            edit("nn.Conv2d(c_in, width, 3, stride, 1, bias=False)", "nn.Conv2d(c_in, width, 3, stride, 1)"),
            edit("nn.Conv2d(width, width, 3, 1, 1, bias=False)", "nn.Conv2d(width, width, 3, 1, 1)"),
        ],
    ),
    misconception(
        "groups_not_passed",
        hint="Cardinality widens the inner layers, and it is the number of groups: of which convolution?",
        severity="slip",
        edits=[
            edit("1, groups=groups, bias=False)", "1, bias=False)"),
        ],
    ),
    misconception(
        "inplace_relu_alters_skip",
        hint="What does an in-place ReLU at the beginning do to the x that is added later?",
        severity="partial",
        edits=[
            edit(
                "residual = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))",
                """
                F.relu_(x)
                residual = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
                """,
            ),
            edit("y = F.relu(self.bn1(self.conv1(x)))", "y = F.relu(self.bn1(self.conv1(F.relu_(x))))"),
        ],
    ),
    misconception(
        "no_sum",
        hint="What is added to the branch before the last ReLU?",
        severity="serious",
        edits=[
            edit("return F.relu(x + residual)", "return F.relu(residual)"),
            edit(
                "return F.relu(y + (x if self.downsample is None else self.downsample(x)))",
                "return F.relu(y)",
            ),
        ],
    ),
    misconception(
        "projection_everywhere",
        hint="A projection stands only where shapes differ: where does yours?",
        severity="partial",
        edits=[
            edit(
                'if shortcut == "projection" and (stride != 1 or self.more):', 'if shortcut == "projection":'
            ),
            edit("if stride != 1 or c_in != c_out:", "if True:"),
        ],
    ),
    misconception(
        "projection_only_for_strides",
        hint="Shapes differ after a stride, or with another number of channels: which do you ask for?",
        severity="slip",
        edits=[
            edit("and (stride != 1 or self.more):", "and stride != 1:"),
            edit("if stride != 1 or c_in != c_out:", "if stride != 1:"),
        ],
    ),
    misconception(
        "projection_without_norm",
        hint="A projection is a convolution and then a batch norm.",
        severity="slip",
        edits=[
            edit(
                "nn.Conv2d(c_in, width, 1, stride, bias=False), nn.BatchNorm2d(width)",
                "nn.Conv2d(c_in, width, 1, stride, bias=False)",
            ),
            edit(
                "nn.Conv2d(c_in, c_out, 1, stride, bias=False), nn.BatchNorm2d(c_out)",
                "nn.Conv2d(c_in, c_out, 1, stride, bias=False)",
            ),
        ],
    ),
    misconception(
        "relu_always_in_the_scaled_sum",
        hint="The ReLU after a scaled sum can be switched off.",
        severity="slip",
        edits=[
            edit("return F.relu(y) if self.relu else y", "return F.relu(y)"),
        ],
    ),
    misconception(
        "relu_before_the_sum",
        hint="Where does the last ReLU stand, before the sum or after it?",
        severity="partial",
        edits=[
            edit("return F.relu(x + residual)", "return x + F.relu(residual)"),
            edit(
                "return F.relu(y + (x if self.downsample is None else self.downsample(x)))",
                "return (x if self.downsample is None else self.downsample(x)) + F.relu(y)",
            ),
        ],
    ),
    misconception(
        "scale_on_the_shortcut",
        hint="Which of the two terms is scaled, x or the branch?",
        severity="slip",
        edits=[
            edit("y = x + self.scale * self.branch(x)", "y = self.scale * x + self.branch(x)"),
        ],
    ),
    misconception(
        "stride_in_the_first_1x1",
        hint="In the form that libraries have, the stride of a bottleneck stands in the 3x3 convolution.",
        severity="slip",
        edits=[
            edit("nn.Conv2d(c_in, inner, 1, bias=False)", "nn.Conv2d(c_in, inner, 1, stride, bias=False)"),
            edit(
                "nn.Conv2d(inner, inner, 3, stride, 1, groups=groups, bias=False)",
                "nn.Conv2d(inner, inner, 3, 1, 1, groups=groups, bias=False)",
            ),
        ],
    ),
    misconception(
        "stride_in_the_second_convolution",
        hint="Which of the 3x3 convolutions of a basic block has the stride?",
        severity="slip",
        edits=[
            edit(
                "nn.Conv2d(c_in, width, 3, stride, 1, bias=False)",
                "nn.Conv2d(c_in, width, 3, 1, 1, bias=False)",
            ),
            edit(
                "nn.Conv2d(width, width, 3, 1, 1, bias=False)",
                "nn.Conv2d(width, width, 3, stride, 1, bias=False)",
            ),
        ],
    ),
    misconception(
        "zeros_before",
        hint="The channels of zeros stand after x's own: which side does your padding fill?",
        severity="slip",
        edits=[
            edit("(0, 0, 0, 0, 0, self.more)", "(0, 0, 0, 0, self.more, 0)"),
        ],
    ),
    misconception(
        "bottleneck_of_expansion_one",
        hint="How many times its width does a bottleneck put out, and where does a network read that?",
        severity="slip",
        edits=[
            edit("expansion = 4", "expansion = 1"),
        ],
    ),
    misconception(
        "bottleneck_ends_narrow",
        hint="To how many channels does the last 1x1 convolution go: to the width, or to four times as many?",
        severity="partial",
        edits=[
            edit(
                "inner, c_out = width * base_width // 64 * groups, 4 * width",
                "inner, c_out = width * base_width // 64 * groups, width",
            ),
        ],
    ),
    misconception(
        "branch_hidden_in_a_list",
        hint="Does PyTorch find a module that is kept in a Python list?",
        severity="slip",
        edits=[
            edit(
                "self.branch, self.scale, self.relu = branch, scale, relu",
                "self.branch, self.scale, self.relu = [branch], scale, relu",
            ),
            edit("self.branch(x)", "self.branch[0](x)"),
        ],
    ),
    misconception(
        "sum_written_into_the_input",
        hint="Whose tensor does an in-place sum change?",
        severity="slip",
        edits=[
            edit("y = x + self.scale * self.branch(x)", "y = x.add_(self.scale * self.branch(x))"),
        ],
    ),
    misconception(
        "four_times_the_inner_width",
        hint="Four times which width does a bottleneck put out: `width`, or the inner one?",
        severity="slip",
        edits=[
            edit(
                "inner, c_out = width * base_width // 64 * groups, 4 * width",
                """
                inner = width * base_width // 64 * groups
                c_out = 4 * inner
                """,
            ),
        ],
    ),
    misconception(
        "middle_relu_missing",
        hint="A bottleneck has three ReLUs: how many has yours?",
        severity="slip",
        edits=[
            edit("y = F.relu(self.bn2(self.conv2(y)))", "y = self.bn2(self.conv2(y))"),
        ],
    ),
    misconception(
        "zeros_on_both_sides",
        hint="All channels of zeros stand after x's own: where are yours?",
        severity="slip",
        edits=[
            edit("(0, 0, 0, 0, 0, self.more)", "(0, 0, 0, 0, self.more // 2, self.more - self.more // 2)"),
        ],
    ),
    misconception(
        "projection_with_bias",
        hint="A batch norm stands after the projection's convolution: has that convolution a bias?",
        severity="slip",
        edits=[
            edit("nn.Conv2d(c_in, width, 1, stride, bias=False)", "nn.Conv2d(c_in, width, 1, stride)"),
            edit("nn.Conv2d(c_in, c_out, 1, stride, bias=False)", "nn.Conv2d(c_in, c_out, 1, stride)"),
        ],
    ),
    misconception(
        "relu_before_and_after_the_sum",
        hint="Your branch ends in a ReLU: can it make a value smaller?",
        severity="slip",
        edits=[
            edit(
                "residual = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))",
                "residual = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))",
            ),
        ],
    ),
    misconception(
        "scale_in_training_only",
        hint="The scale belongs to the sum: is it there in evaluation too?",
        severity="slip",
        edits=[
            edit("self.scale * self.branch(x)", "(self.scale if self.training else 1.0) * self.branch(x)"),
        ],
    ),
]
