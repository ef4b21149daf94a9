"""Wrong solutions of `bound_gap` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"
END = "return torch.logsumexp(log_w, 0) - math.log(K)"

MISCONCEPTIONS = [
    misconception(
        "logarithm_inside_the_mean",
        hint="The weights are averaged before the logarithm is taken. What do you average?",
        severity="partial",
        edits=[edit(END, "return log_w.mean(0)")],
    ),
    misconception(
        "log_k_forgotten",
        hint="A log-sum-exp is the logarithm of a sum. What makes a mean of it?",
        severity="slip",
        edits=[edit(END, "return torch.logsumexp(log_w, 0)")],
    ),
    misconception(
        "sign_turned_before_the_sum",
        hint="Which of the weights should dominate the mean: the largest, or the smallest?",
        severity="partial",
        edits=[edit(END, "return -(torch.logsumexp(-log_w, 0) - math.log(K))")],
    ),
    misconception(
        "weights_in_plain_numbers",
        hint="exp(-5000) is 0 in floating point. How does one average such numbers?",
        severity="slip",
        edits=[edit(END, "return log_w.exp().mean(0).log()")],
    ),
    misconception(
        "posterior_forgotten",
        hint="Draws come from the encoder: which density divides the weight?",
        severity="partial",
        edits=[edit(" - normal_log_density(z, mu, logvar)", "")],
    ),
    misconception(
        "prior_forgotten",
        hint="The weight is p(x | z) times p(z), over q: is the prior in yours?",
        severity="partial",
        edits=[
            edit(
                "log_w = log_pixels + normal_log_density(z, nothing, nothing) - normal_log_density(z, mu, logvar)",
                "log_w = log_pixels - normal_log_density(z, mu, logvar)",
            )
        ],
    ),
    misconception(
        "closed_divergence_in_the_weight",
        hint="The closed form of the divergence is a mean over z. Does a weight of a single draw contain a mean?",
        severity="partial",
        edits=[
            edit(
                "log_w = log_pixels + normal_log_density(z, nothing, nothing) - normal_log_density(z, mu, logvar)",
                "log_w = log_pixels - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)",
            )
        ],
    ),
    misconception(
        "logvar_used_as_std",
        hint="`logvar` is the logarithm of the variance: by what must the noise be multiplied?",
        severity="slip",
        edits=[edit("z = mu + torch.exp(logvar / 2) * noise", "z = mu + torch.exp(logvar) * noise")],
    ),
    misconception(
        "same_draws_for_all_data",
        hint="Each data point has draws of its own: which shape does the noise have?",
        severity="slip",
        edits=[
            edit(
                "noise = torch.randn((K, *mu.shape), generator=generator, dtype=mu.dtype)",
                "noise = torch.randn((K, 1, mu.shape[1]), generator=generator, dtype=mu.dtype)",
            )
        ],
    ),
    misconception(
        "summed_over_the_data",
        hint="The draws are averaged, the data points are not: which axis is which?",
        severity="partial",
        edits=[edit(END, "return (torch.logsumexp(log_w, 1) - math.log(len(x))).mean().expand(len(x))")],
    ),
    misconception(
        "area_forgotten",
        hint="An integral is a sum times the area of a cell.",
        severity="slip",
        edits=[edit("return torch.stack(rows) + log_area", "return torch.stack(rows)")],
    ),
    misconception(
        "length_for_area",
        hint="The plane has two dimensions: what is the area of a cell?",
        severity="slip",
        edits=[edit("log_area = 2 * math.log(", "log_area = math.log(")],
    ),
    misconception(
        "cells_counted_as_places",
        hint="Between 101 places there are 100 distances.",
        severity="slip",
        edits=[edit("(2 * limit / (points - 1))", "(2 * limit / points)")],
    ),
    misconception(
        "grid_without_the_prior",
        hint="The integrand is p(z) p(x | z): is the prior in yours?",
        severity="partial",
        edits=[
            edit(
                "torch.logsumexp(log_prior + normal_log_density(one, images, log_variance), 0)",
                "torch.logsumexp(normal_log_density(one, images, log_variance), 0)",
            )
        ],
    ),
    misconception(
        "draws_detached",
        hint="The bound shall train the encoder too: do gradients go through the draws?",
        severity="slip",
        edits=[
            edit(
                "z = mu + torch.exp(logvar / 2) * noise", "z = (mu + torch.exp(logvar / 2) * noise).detach()"
            )
        ],
    ),
    misconception(
        "constant_of_the_density_left_out",
        hint="A density integrates to 1. Does yours, without its constant?",
        severity="partial",
        edits=[edit("+ logvar + math.log(2 * math.pi)).sum(-1)", "+ logvar).sum(-1)")],
    ),
    misconception(
        "logvar_summed_by_itself",
        hint="The three broadcast, over the last axis too. How often does a log-variance of shape (1,) count in three dimensions?",
        severity="slip",
        edits=[
            edit(
                "return -0.5 * ((z - mu) ** 2 * torch.exp(-logvar) + logvar + math.log(2 * math.pi)).sum(-1)",
                "return -0.5 * (((z - mu) ** 2 * torch.exp(-logvar) + math.log(2 * math.pi)).sum(-1) + logvar.sum(-1))",
            ),
        ],
    ),
    misconception(
        "generator_ignored",
        hint="Which generator draws your latents: the one that was handed in?",
        severity="slip",
        edits=[
            edit(
                "noise = torch.randn((K, *mu.shape), generator=generator, dtype=mu.dtype)",
                "noise = torch.randn((K, *mu.shape), dtype=mu.dtype)",
            ),
        ],
    ),
    misconception(
        "grid_in_single_precision",
        hint="The data may be float64. In which precision are your places?",
        severity="slip",
        edits=[
            edit(
                "line = torch.linspace(-limit, limit, points, dtype=x.dtype)",
                "line = torch.linspace(-limit, limit, points)",
            ),
        ],
    ),
    misconception(
        "grid_underflows",
        hint="Far from all images every term of your sum is 0 in floating point. What is the logarithm then?",
        severity="slip",
        edits=[
            edit(
                "rows = [torch.logsumexp(log_prior + normal_log_density(one, images, log_variance), 0) for one in x]",
                "rows = [(log_prior + normal_log_density(one, images, log_variance)).exp().sum().log() for one in x]",
            ),
        ],
    ),
    misconception(
        "last_place_left_out",
        hint="Both ends belong to the grid. Does yours reach the upper one?",
        severity="slip",
        edits=[
            edit(
                "line = torch.linspace(-limit, limit, points, dtype=x.dtype)",
                "line = -limit + 2 * limit / (points - 1) * torch.arange(points - 1, dtype=x.dtype)",
            ),
        ],
    ),
    misconception(
        "constant_of_the_prior_left_out",
        hint="The prior's density integrates to 1. Does yours on the grid, without its constant?",
        severity="partial",
        edits=[
            edit(
                "rows = [torch.logsumexp(log_prior + normal_log_density(one, images, log_variance), 0) for one in x]",
                """
                log_prior = -0.5 * (z**2).sum(1)
                rows = [torch.logsumexp(log_prior + normal_log_density(one, images, log_variance), 0) for one in x]
                """,
            ),
        ],
    ),
    misconception(
        "posterior_cut_off",
        hint="The bound's gradient in the encoder runs through the density of the draw too. Is it cut off in yours?",
        severity="slip",
        edits=[
            edit(
                "log_w = log_pixels + normal_log_density(z, nothing, nothing) - normal_log_density(z, mu, logvar)",
                "log_w = log_pixels + normal_log_density(z, nothing, nothing) - normal_log_density(z, mu.detach(), logvar.detach())",
            ),
        ],
    ),
    misconception(
        "weighted_mean_of_logarithms",
        hint="The logarithm of a mean of weights is asked for. What does a mean of logarithms, weighted, give?",
        severity="slip",
        edits=[
            edit(
                "return torch.logsumexp(log_w, 0) - math.log(K)",
                "return (torch.softmax(log_w, 0).detach() * log_w).sum(0)",
            ),
        ],
    ),
    misconception(
        "trapezoids",
        hint="Each place stands for the area of a whole cell. Which places count half in yours?",
        severity="slip",
        edits=[
            edit(
                "rows = [torch.logsumexp(log_prior + normal_log_density(one, images, log_variance), 0) for one in x]",
                """
                rim = torch.where(line.abs() == limit, 0.5, 1.0).to(x.dtype)
                log_prior = log_prior + torch.outer(rim, rim).flatten().log()
                rows = [torch.logsumexp(log_prior + normal_log_density(one, images, log_variance), 0) for one in x]
                """,
            ),
        ],
    ),
    misconception(
        "draws_and_data_exchanged",
        hint="Over which axis do you take the log-sum-exp: over the draws, or over the data points?",
        severity="partial",
        edits=[
            edit(
                "return torch.logsumexp(log_w, 0) - math.log(K)",
                "return (torch.logsumexp(log_w, 1, keepdim=True) - math.log(K)).mean(0).expand(len(x))",
            ),
        ],
    ),
]
