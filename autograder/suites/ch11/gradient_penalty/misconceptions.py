"""Wrong solutions of `gradient_penalty` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "graph_not_kept",
        hint="The penalty is printed and changes. Does its gradient reach the critic's parameters?",
        severity="partial",
        edits=[edit("create_graph=True", "create_graph=False")],
    ),
    misconception(
        "first_sample_only",
        hint="Whose score do you differentiate: the first sample's, or everybody's?",
        severity="partial",
        edits=[edit("scores = critic(x).sum()", "scores = critic(x)[0].sum()")],
    ),
    misconception(
        "norm_of_the_whole_batch",
        hint="Each sample has a slope of its own: over which axes is your norm?",
        severity="partial",
        edits=[
            edit("torch.linalg.vector_norm(gradient.flatten(1), dim=1)", "torch.linalg.vector_norm(gradient)")
        ],
    ),
    misconception(
        "norm_over_the_first_axis_of_an_image",
        hint="A sample may be an image: is your norm over all its values?",
        severity="slip",
        edits=[
            edit(
                "torch.linalg.vector_norm(gradient.flatten(1), dim=1)",
                "torch.linalg.vector_norm(gradient, dim=1)",
            )
        ],
    ),
    misconception(
        "squared_norm",
        hint="The slope is the norm, not its square.",
        severity="partial",
        edits=[
            edit(
                "torch.linalg.vector_norm(gradient.flatten(1), dim=1) - 1",
                "gradient.flatten(1).square().sum(1) - 1",
            )
        ],
    ),
    misconception(
        "charged_for_any_slope",
        hint="The best critic has a slope of 1, not of 0.",
        severity="serious",
        edits=[
            edit(
                "torch.linalg.vector_norm(gradient.flatten(1), dim=1) - 1",
                "torch.linalg.vector_norm(gradient.flatten(1), dim=1)",
            )
        ],
    ),
    misconception(
        "root_of_zero",
        hint="The square root has an infinite slope at 0. What is the gradient of your norm where the critic is flat?",
        severity="slip",
        edits=[
            edit(
                "torch.linalg.vector_norm(gradient.flatten(1), dim=1)",
                "gradient.flatten(1).square().sum(1).sqrt()",
            )
        ],
    ),
    misconception(
        "one_share_for_the_batch",
        hint="Does each sample have a random number of its own?",
        severity="slip",
        edits=[edit("shape = (len(real),) + (1,) * (real.dim() - 1)", "shape = (1,) * real.dim()")],
    ),
    misconception(
        "a_share_for_each_value",
        hint="Your points fill a box. Do they lie on the line between the two samples?",
        severity="slip",
        edits=[edit("shape = (len(real),) + (1,) * (real.dim() - 1)", "shape = real.shape")],
    ),
    misconception(
        "normal_shares",
        hint="The share of the way is between 0 and 1, each as likely.",
        severity="slip",
        edits=[edit("torch.rand(shape", "torch.randn(shape")],
    ),
    misconception(
        "graph_to_the_generator",
        hint="The penalty charges the critic. Whose graph hangs on your points?",
        severity="slip",
        edits=[
            edit("(epsilon * real + (1 - epsilon) * fake).detach()", "epsilon * real + (1 - epsilon) * fake")
        ],
    ),
    misconception(
        "one_sided_ignored",
        hint="What does one_sided change in your code?",
        severity="slip",
        edits=[edit("if one_sided:", "if False:")],
    ),
    misconception(
        "one_sided_the_wrong_way",
        hint="One-sided: is a slope of 3 charged, or one of 0.3?",
        severity="slip",
        edits=[edit("excess = F.relu(excess)", "excess = F.relu(-excess)")],
    ),
    misconception(
        "gradients_switched_off",
        hint="Where gradients are switched off nothing is recorded: what switches them on for a moment?",
        severity="slip",
        edits=[edit("with torch.enable_grad():", "if True:")],
    ),
    misconception(
        "unused_input_not_foreseen",
        hint="What does the derivative of a constant give in your code: 0, or an error?",
        severity="slip",
        edits=[edit("critic(x).sum() + 0 * x.sum()", "critic(x).sum()")],
    ),
    misconception(
        "scaled_in_place_of_cut",
        hint="Cut: a weight inside the bounds stays what it is.",
        severity="slip",
        edits=[edit("parameter.clamp_(-c, c)", "parameter.mul_(c / parameter.abs().max())")],
    ),
    misconception(
        "clipped_copy",
        hint="Is it the network's own parameter that your line changes?",
        severity="slip",
        edits=[edit("parameter.clamp_(-c, c)", "parameter.clamp(-c, c)")],
    ),
    misconception(
        "cut_from_above_only",
        hint="There are two bounds.",
        severity="slip",
        edits=[edit("parameter.clamp_(-c, c)", "parameter.clamp_(max=c)")],
    ),
    misconception(
        "mean_slope_compared",
        hint="Is the slope of each sample compared with 1, or the mean of all slopes? Slopes of 0 and of 2 have the mean 1.",
        severity="partial",
        edits=[
            edit(
                "torch.linalg.vector_norm(gradient.flatten(1), dim=1) - 1",
                "torch.linalg.vector_norm(gradient.flatten(1), dim=1).mean() - 1",
            ),
        ],
    ),
    misconception(
        "mean_excess_cut",
        hint="One-sided: is each sample's excess cut at 0, or the mean of all?",
        severity="slip",
        edits=[
            edit(
                "            excess = F.relu(excess)",
                "            excess = excess if excess.mean() > 0 else 0 * excess",
            ),
        ],
    ),
    misconception(
        "generator_ignored",
        hint="Which generator draws your shares: the one that was handed in?",
        severity="slip",
        edits=[
            edit(
                "torch.rand(shape, generator=random, dtype=real.dtype)",
                "torch.rand(shape, dtype=real.dtype)",
            ),
        ],
    ),
    misconception(
        "gradients_clipped",
        hint="What is cut here: the parameters, or their gradients?",
        severity="slip",
        edits=[
            edit(
                """
                for parameter in network.parameters():
                    parameter.clamp_(-c, c)
                """,
                "nn.utils.clip_grad_value_(network.parameters(), c)",
            ),
        ],
    ),
    misconception(
        "frozen_parameters_not_cut",
        hint="Every parameter is cut: those too that take no gradients?",
        severity="slip",
        edits=[
            edit(
                """
                for parameter in network.parameters():
                    parameter.clamp_(-c, c)
                """,
                """
                for parameter in network.parameters():
                    if parameter.requires_grad:
                        parameter.clamp_(-c, c)
                """,
            ),
        ],
    ),
    misconception(
        "gradients_left_in_the_critic",
        hint="`backward` leaves gradients in everything that the scores depend on. Whose do you need?",
        severity="slip",
        edits=[
            edit(
                "(gradient,) = torch.autograd.grad(scores, x, create_graph=True)",
                """
                scores.backward(create_graph=True)
                gradient = x.grad
                """,
            ),
        ],
    ),
    misconception(
        "small_number_under_the_root",
        hint="A small number under the root changes every slope a little. What does a flat critic pay?",
        severity="slip",
        edits=[
            edit(
                "torch.linalg.vector_norm(gradient.flatten(1), dim=1) - 1",
                "(1e-8 + gradient.flatten(1).square().sum(1)).sqrt() - 1",
            ),
        ],
    ),
]
