"""Wrong solutions of `batch_norm` that students write, each an edit of a right one."""

from autograder.testing import after, edit, misconception

BASE = "replaced_buffers"

MISCONCEPTIONS = [
    misconception(
        "batch_of_one_refused",
        hint="One image still has H x W values per channel: is there nothing to take a variance of?",
        severity="slip",
        edits=[edit("if count == 1:", "if len(x) < 2:")],
    ),
    misconception(
        "batch_statistics_in_evaluation",
        hint="In evaluation one image's output must not depend on the others: which statistics do you normalise by then?",
        severity="partial",
        edits=[
            edit(
                "def forward(self, x):",
                """
                def forward(self, x):
                    mean = x.mean((0, 2, 3))
                    var = x.var((0, 2, 3), unbiased=False)
                """,
            ),
            edit(
                """
                mean = x.mean((0, 2, 3))
                var = x.var((0, 2, 3), unbiased=False)
                unbiased = var * count / (count - 1)
                """,
                "unbiased = var * count / (count - 1)",
            ),
            edit("else:", ""),
            edit("mean, var = self.running_mean, self.running_var", ""),
        ],
    ),
    misconception(
        "biased_running_variance",
        hint="The running variance estimates the variance of all data from a sample: which divisor makes that estimate unbiased?",
        severity="slip",
        edits=[edit("unbiased = var * count / (count - 1)", "unbiased = var")],
    ),
    misconception(
        "divides_by_variance",
        hint="Dividing by which number gives a variable spread 1, its variance or its standard deviation?",
        severity="serious",
        edits=[edit("torch.sqrt", "")],
    ),
    misconception(
        "eps_outside_root",
        hint="eps guards the root and what is divided by it: is it added before the root is taken, or after?",
        severity="slip",
        edits=[edit("1)) / torch.sqrt(var.view(1, -1, 1, 1", "1)) / (torch.sqrt(var.view(1, -1, 1, 1)")],
    ),
    misconception(
        "evaluation_updates_running_statistics",
        hint="When does a batch count towards the running statistics: in training, in evaluation, or both?",
        severity="slip",
        edits=[
            after(
                "mean, var = self.running_mean, self.running_var",
                """
                self.running_mean = (1 - self.momentum) * mean + self.momentum * x.detach().mean((0, 2, 3))
                self.running_var = (1 - self.momentum) * var + self.momentum * x.detach().var((0, 2, 3))
                """,
            ),
        ],
    ),
    misconception(
        "evaluation_without_gradient",
        hint="Evaluation mode changes the statistics that are used: does it also stop gradients from reaching the image?",
        severity="slip",
        edits=[after("mean, var = self.running_mean, self.running_var", "x = x.detach()")],
    ),
    misconception(
        "mean_square_less_squared_mean",
        hint="Two large numbers that are nearly equal are subtracted: how many digits of the variance are left?",
        severity="slip",
        edits=[
            edit(
                "var = x.var((0, 2, 3), unbiased=False)",
                "var = ((x * x).mean((0, 2, 3)) - mean**2).clamp(min=0)",
            )
        ],
    ),
    misconception(
        "momentum_swapped",
        hint="Is `momentum` the share of the new batch, or the share of the past that is kept?",
        severity="slip",
        edits=[
            edit(
                "(1 - self.momentum) * self.running_mean + self.momentum",
                "self.momentum * self.running_mean + (1 - self.momentum)",
            ),
            edit(
                "(1 - self.momentum) * self.running_var + self.momentum",
                "self.momentum * self.running_var + (1 - self.momentum)",
            ),
        ],
    ),
    misconception(
        "one_value_accepted",
        hint="What is the variance of a single number, and what can be normalised by it?",
        severity="slip",
        edits=[
            edit("if count == 1:", ""),
            edit('raise ValueError("one value per channel has no variance")', ""),
            edit("unbiased = var * count / (count - 1)", "unbiased = var * count / max(count - 1, 1)"),
        ],
    ),
    misconception(
        "running_statistics_are_parameters",
        hint="Are the running statistics learned by gradient descent, or only recorded?",
        severity="slip",
        edits=[
            edit(
                'self.register_buffer("running_mean", torch.zeros(num_features))',
                "self.running_mean = nn.Parameter(torch.zeros(num_features))",
            ),
            edit(
                'self.register_buffer("running_var", torch.ones(num_features))',
                "self.running_var = nn.Parameter(torch.ones(num_features))",
            ),
            edit(
                "self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean",
                "self.running_mean.copy_((1 - self.momentum) * self.running_mean + self.momentum * mean)",
            ),
            edit(
                "self.running_var = (1 - self.momentum) * self.running_var + self.momentum * unbiased",
                "self.running_var.copy_((1 - self.momentum) * self.running_var + self.momentum * unbiased)",
            ),
        ],
    ),
    misconception(
        "running_statistics_carry_graph",
        hint="The running statistics are a record, no part of the model that learns: what does autograd still remember of them?",
        severity="slip",
        edits=[
            edit(
                """
                with torch.no_grad():
                    self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                    self.running_var = (1 - self.momentum) * self.running_var + self.momentum * unbiased
                """,
                """
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * unbiased
                """,
            ),
        ],
    ),
    misconception(
        "running_statistics_not_buffers",
        hint="A saved model must remember its running statistics: how does a module know that a tensor belongs to its state?",
        severity="slip",
        edits=[
            edit(
                'self.register_buffer("running_mean", torch.zeros(num_features))',
                "self.running_mean = torch.zeros(num_features)",
            ),
            edit(
                'self.register_buffer("running_var", torch.ones(num_features))',
                "self.running_var = torch.ones(num_features)",
            ),
        ],
    ),
    misconception(
        "running_statistics_replaced",
        hint="The running statistics average over many batches: what is left in yours of the batch before the last?",
        severity="partial",
        edits=[
            edit(
                "self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean",
                "self.running_mean = mean",
            ),
            edit(
                "self.running_var = (1 - self.momentum) * self.running_var + self.momentum * unbiased",
                "self.running_var = unbiased",
            ),
        ],
    ),
    misconception(
        "scalar_weight_and_bias",
        hint="Every channel has a scale and a shift of its own: how many numbers are weight and bias?",
        severity="serious",
        edits=[
            edit(
                "self.weight = nn.Parameter(torch.ones(num_features))",
                "self.weight = nn.Parameter(torch.ones(1))",
            ),
            edit(
                "self.bias = nn.Parameter(torch.zeros(num_features))",
                "self.bias = nn.Parameter(torch.zeros(1))",
            ),
        ],
    ),
    misconception(
        "statistics_detached",
        hint="In training each output depends on every pixel through the mean and the variance: does your gradient know that?",
        severity="slip",
        edits=[
            edit("mean = x.mean((0, 2, 3))", "mean = x.detach().mean((0, 2, 3))"),
            edit("var = x.var((0, 2, 3), unbiased=False)", "var = x.detach().var((0, 2, 3), unbiased=False)"),
        ],
    ),
    misconception(
        "statistics_over_batch_only",
        hint="A channel is one feature wherever it is seen: over which axes are its mean and variance taken?",
        severity="serious",
        edits=[
            edit("mean = x.mean((0, 2, 3))", "mean = x.mean(0)  # (C, H, W)"),
            edit("var = x.var((0, 2, 3), unbiased=False)", "var = x.var(0, unbiased=False)"),
            edit(
                """
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * unbiased
                """,
                """
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean.mean(
                    (1, 2)
                )
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * unbiased.mean(
                    (1, 2)
                )
                """,
            ),
            edit(
                "self.running_mean, self.running_var",
                "self.running_mean[:, None, None], self.running_var[:, None, None]",
            ),
            edit("mean.view(1, -1, 1, 1)) / torch.sqrt(var.view(1, -1, 1, 1)", "mean) / torch.sqrt(var"),
        ],
    ),
    misconception(
        "statistics_per_image",
        hint="Batch normalisation shares its statistics across the batch: over which axes are mean and variance taken?",
        severity="serious",
        edits=[
            edit("mean = x.mean((0, 2, 3))", "mean = x.mean((2, 3))"),
            edit("var = x.var((0, 2, 3), unbiased=False)", "var = x.var((2, 3), unbiased=False)"),
            edit("self.momentum * mean", "self.momentum * mean.mean(0)"),
            edit("self.momentum * unbiased", "self.momentum * unbiased.mean(0)"),
            edit(
                "normalised = (x - mean.view(1, -1, 1, 1)) / torch.sqrt(var.view(1, -1, 1, 1) + self.eps)",
                """
                normalised = (x - mean.view(-1, x.shape[1], 1, 1)) / torch.sqrt(
                    var.view(-1, x.shape[1], 1, 1) + self.eps
                )
                """,
            ),
        ],
    ),
    misconception(
        "unbiased_variance_in_output",
        hint="The batch is normalised to variance 1 over its own values: is that sum of squares divided by m or by m - 1?",
        severity="slip",
        edits=[
            edit(
                """
                var = x.var((0, 2, 3), unbiased=False)
                unbiased = var * count / (count - 1)
                """,
                "var = unbiased = x.var((0, 2, 3))",
            ),
        ],
    ),
    misconception(
        "first_batch_taken_whole",
        hint="The running statistics begin at 0 and 1: which share of them does the first batch replace?",
        severity="slip",
        edits=[
            edit(
                """
                with torch.no_grad():
                    self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                    self.running_var = (1 - self.momentum) * self.running_var + self.momentum * unbiased
                """,
                """
                with torch.no_grad():
                    if not self.running_mean.any():
                        self.running_mean, self.running_var = mean.detach(), unbiased.detach()
                    self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                    self.running_var = (1 - self.momentum) * self.running_var + self.momentum * unbiased
                """,
            )
        ],
    ),
    misconception(
        "refused_in_evaluation",
        hint="In evaluation nothing is computed from the batch: what is there to refuse?",
        severity="slip",
        edits=[
            edit(
                "if self.training:",
                """
                if x.numel() // x.shape[1] == 1:
                    raise ValueError("one value per channel has no variance")
                if self.training:
                """,
            ),
        ],
    ),
    misconception(
        "mode_read_from_autograd",
        hint="Training and evaluation are told by self.training: what has autograd to do with it?",
        severity="partial",
        edits=[
            edit(
                "if self.training:",
                "if torch.is_grad_enabled():",
            ),
        ],
    ),
    misconception(
        "evaluation_scale_kept",
        hint="After a first evaluation the statistics may move on, or be loaded: what does your layer use from then on?",
        severity="slip",
        edits=[
            after("self.eps, self.momentum = eps, momentum", "self.kept = None"),
            edit(
                "mean, var = self.running_mean, self.running_var",
                """
                if self.kept is None:
                    self.kept = self.running_var.clone()
                mean, var = self.running_mean, self.kept
                """,
            ),
        ],
    ),
    misconception(
        "evaluation_without_autograd",
        hint="Evaluation mode changes which statistics are used: who says that x, weight and bias get no gradients then?",
        severity="slip",
        edits=[
            edit(
                "return self.weight.view(1, -1, 1, 1) * normalised + self.bias.view(1, -1, 1, 1)",
                """
                output = self.weight.view(1, -1, 1, 1) * normalised + self.bias.view(1, -1, 1, 1)
                return output if self.training else output.detach()
                """,
            ),
        ],
    ),
    misconception(
        "statistics_over_channels",
        hint="Each channel has one mean for the whole batch: over which axes is the mean that you subtract?",
        severity="partial",
        edits=[
            edit(
                "normalised = (x - mean.view(1, -1, 1, 1)) / torch.sqrt(var.view(1, -1, 1, 1) + self.eps)",
                """
                mean, var = mean.view(1, -1, 1, 1), var.view(1, -1, 1, 1)
                if self.training:
                    mean, var = x.mean((1, 2, 3), keepdim=True), x.var((1, 2, 3), keepdim=True, unbiased=False)
                normalised = (x - mean) / torch.sqrt(var + self.eps)
                """,
            ),
        ],
    ),
    misconception(
        "statistics_stay_without_autograd",
        hint="In training mode every batch counts in the running statistics: does one under no_grad, too?",
        severity="slip",
        edits=[
            edit("with torch.no_grad():", "if torch.is_grad_enabled():"),
            edit("self.momentum * mean", "self.momentum * mean.detach()"),
            edit("self.momentum * unbiased", "self.momentum * unbiased.detach()"),
        ],
    ),
]
