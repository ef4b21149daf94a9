"""Wrong solutions of `lenet5` that students write, each an edit of a right one."""

from autograder.testing import after, edit, misconception

BASE = "named_stages"

MISCONCEPTIONS = [
    misconception(
        "c5_keeps_its_axes",
        hint="C5 is 120 numbers for each image: which axes are left over after its convolution?",
        severity="slip",
        edits=[
            edit("c5 = torch.tanh(self.c5(s4)).flatten(1)", "c5 = torch.tanh(self.c5(s4))"),
            edit("f6 = torch.tanh(self.f6(c5))", "f6 = torch.tanh(self.f6(c5.flatten(1)))"),
        ],
    ),
    misconception(
        "convolution_without_bias",
        hint="Count a layer's parameters by hand: does each output channel have a bias?",
        severity="slip",
        edits=[edit("self.c5 = nn.Conv2d(16, 120, 5)", "self.c5 = nn.Conv2d(16, 120, 5, bias=False)")],
    ),
    misconception(
        "layer_made_in_forward",
        hint="A layer that is made at each call starts from new random weights: when are layers made?",
        severity="serious",
        edits=[
            edit("self.f6 = nn.Linear(120, 84)", ""),
            edit("f6 = torch.tanh(self.f6(c5))", "f6 = torch.tanh(nn.Linear(120, 84)(c5))"),
        ],
    ),
    misconception(
        "layer_not_used",
        hint="Every parameter should get a gradient: is every layer on the way from the image to the logits?",
        severity="partial",
        edits=[edit("f6 = torch.tanh(self.f6(c5))", "f6 = torch.tanh(c5[:, :84])")],
    ),
    misconception(
        "layers_in_a_list",
        hint="How does a module learn of its layers' parameters? A plain list keeps them to itself.",
        severity="partial",
        edits=[
            edit("self.f6 = nn.Linear(120, 84)", "self.dense = [nn.Linear(120, 84)]"),
            edit("f6 = torch.tanh(self.f6(c5))", "f6 = torch.tanh(self.dense[0](c5))"),
        ],
    ),
    misconception(
        "max_pooling",
        hint="How did LeNet-5 subsample in 1998: by the largest value, or by the mean?",
        severity="partial",
        edits=[
            edit("self.s2 = nn.AvgPool2d(2)", "self.s2 = nn.MaxPool2d(2)"),
            edit("self.s4 = nn.AvgPool2d(2)", "self.s4 = nn.MaxPool2d(2)"),
        ],
    ),
    misconception(
        "num_classes_ignored",
        hint="How many logits does a network for 26 letters have?",
        severity="slip",
        edits=[edit("self.output = nn.Linear(84, num_classes)", "self.output = nn.Linear(84, 10)")],
    ),
    misconception(
        "padded_convolutions",
        hint="A 5x5 kernel on 32x32 pixels leaves 28x28: how much padding is that?",
        severity="partial",
        edits=[
            edit("self.c1 = nn.Conv2d(1, 6, 5)", "self.c1 = nn.Conv2d(1, 6, 5, padding=2)"),
            edit("self.c3 = nn.Conv2d(6, 16, 5)", "self.c3 = nn.Conv2d(6, 16, 5, padding=2)"),
            edit("self.c5 = nn.Conv2d(16, 120, 5)", "self.c5 = nn.Conv2d(16, 120, 8)"),
        ],
    ),
    misconception(
        "relu",
        hint="Which nonlinearity does the exercise name? ReLU became common years later.",
        severity="slip",
        edits=[
            edit("c1 = torch.tanh(self.c1(x))", "c1 = torch.relu(self.c1(x))"),
            edit("c3 = torch.tanh(self.c3(s2))", "c3 = torch.relu(self.c3(s2))"),
            edit("torch.tanh(self.c5(s4))", "torch.relu(self.c5(s4))"),
            edit("f6 = torch.tanh(self.f6(c5))", "f6 = torch.relu(self.f6(c5))"),
        ],
    ),
    misconception(
        "softmax_at_the_end",
        hint="The network puts out logits: who applies the softmax?",
        severity="slip",
        edits=[edit("output = self.output(f6)", "output = self.output(f6).softmax(1)")],
    ),
    misconception(
        "stages_detached",
        hint="The stages are also what forward computes with: can gradients pass through them?",
        severity="slip",
        edits=[edit("s4 = self.s4(c3)", "s4 = self.s4(c3.detach())")],
    ),
    misconception(
        "stages_without_tanh",
        hint="A stage is shown after its tanh: what do you put into the dictionary?",
        severity="slip",
        edits=[edit('c1, "s2": s2, "c3": c3', 'self.c1(x), "s2": s2, "c3": self.c3(s2)')],
    ),
    misconception(
        "tanh_after_pooling",
        hint="Where does the tanh stand, before the average or after it?",
        severity="partial",
        edits=[
            edit(
                """
                c1 = torch.tanh(self.c1(x))
                s2 = self.s2(c1)
                c3 = torch.tanh(self.c3(s2))
                s4 = self.s4(c3)
                """,
                """
                c1 = self.c1(x)
                s2 = torch.tanh(self.s2(c1))
                c3 = self.c3(s2)
                s4 = torch.tanh(self.s4(c3))
                """,
            ),
        ],
    ),
    misconception(
        "tanh_at_the_end",
        hint="Logits may have any size: which stages have a tanh, and which has none?",
        severity="slip",
        edits=[edit("output = self.output(f6)", "output = torch.tanh(self.output(f6))")],
    ),
    misconception(
        "same_seed_for_every_network",
        hint="Two networks that you make one after the other: do they begin with the same weights? Who drew them?",
        severity="slip",
        edits=[edit("self.c1 = nn.Conv2d(1, 6, 5)", "torch.manual_seed(0)\nself.c1 = nn.Conv2d(1, 6, 5)")],
    ),
    misconception(
        "dropout_added",
        hint="The network of 1998 has no dropout: what does yours drop?",
        severity="partial",
        edits=[
            edit(
                "output = self.output(f6)",
                "output = self.output(nn.functional.dropout(f6, 0.5, self.training))",
            ),
        ],
    ),
    misconception(
        "batch_axis_squeezed",
        hint="A batch of one image is a batch: which axes does squeeze() remove?",
        severity="slip",
        edits=[
            edit(
                "c5 = torch.tanh(self.c5(s4)).flatten(1)",
                "c5 = torch.tanh(self.c5(s4)).squeeze()",
            ),
        ],
    ),
    misconception(
        "normalised_over_the_batch",
        hint="Each image is classified by itself: what of it depends on the others of its batch?",
        severity="partial",
        edits=[
            edit(
                "output = self.output(f6)",
                "output = self.output((f6 - f6.mean(0)) / (f6.var(0, unbiased=False) + 1e-5).sqrt() if len(x) > 1 else f6)",
            ),
        ],
    ),
    misconception(
        "tanh_after_the_second_pooling",
        hint="The activation stands between a convolution and its pooling: where is yours?",
        severity="slip",
        edits=[
            edit(
                "c3 = torch.tanh(self.c3(s2))",
                "c3 = self.c3(s2)",
            ),
            edit(
                "s4 = self.s4(c3)",
                "s4 = torch.tanh(self.s4(c3))",
            ),
        ],
    ),
    misconception(
        "biases_of_zero",
        hint="PyTorch draws a layer's biases at random, as its weights: where do yours begin?",
        severity="slip",
        edits=[
            after(
                "self.output = nn.Linear(84, num_classes)",
                """
                for layer in (self.c1, self.c3, self.c5, self.f6, self.output):
                    nn.init.zeros_(layer.bias)
                """,
            )
        ],
    ),
    misconception(
        "dropout_in_forward",
        hint="The network of 1998 has no dropout: what does your forward drop?",
        severity="partial",
        edits=[
            edit(
                'return self.stages(x)["output"]',
                'return self.output(nn.functional.dropout(self.stages(x)["f6"], 0.5, self.training))',
            ),
        ],
    ),
    misconception(
        "f6_without_tanh",
        hint="Which of the stages have a tanh: is F6 one of them?",
        severity="slip",
        edits=[edit("f6 = torch.tanh(self.f6(c5))", "f6 = self.f6(c5)")],
    ),
    misconception(
        "relu_after_c5",
        hint="Which nonlinearity does the exercise name for C5?",
        severity="slip",
        edits=[edit("torch.tanh(self.c5(s4))", "torch.relu(self.c5(s4))")],
    ),
    misconception(
        "image_normalised",
        hint="C1 reads the images as they come: what do you do to them first, and with whose mean?",
        severity="partial",
        edits=[after("def stages(self, x):", "    x = (x - x.mean()) / (x.std() + 1e-6)")],
    ),
]
