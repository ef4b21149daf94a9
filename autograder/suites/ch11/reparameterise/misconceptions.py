"""Wrong solutions of `reparameterise` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"
NOISE = "noise = torch.randn(mu.shape, generator=generator, dtype=mu.dtype)"

MISCONCEPTIONS = [
    misconception(
        "logvar_used_as_std",
        hint="`logvar` is the logarithm of the variance. By what must the noise be multiplied?",
        severity="slip",
        edits=[edit("return mu + torch.exp(logvar / 2) * noise", "return mu + torch.exp(logvar) * noise")],
    ),
    misconception(
        "logvar_not_exponentiated",
        hint="A log-variance may be negative; a spread may not. Which function leads from the one to the other?",
        severity="slip",
        edits=[edit("return mu + torch.exp(logvar / 2) * noise", "return mu + logvar.abs().sqrt() * noise")],
    ),
    misconception(
        "draw_without_a_gradient",
        hint="Does a gradient find its way from the draw back to mean and log-variance?",
        severity="slip",
        edits=[
            edit(
                "return mu + torch.exp(logvar / 2) * noise",
                "return (mu + torch.exp(logvar / 2) * noise).detach()",
            )
        ],
    ),
    misconception(
        "drawn_with_normal",
        hint="`torch.normal` returns numbers: do gradients reach the log-variance through it?",
        severity="slip",
        edits=[
            edit(
                "return mu + torch.exp(logvar / 2) * noise",
                "return mu + (torch.normal(torch.zeros_like(mu), torch.exp(logvar / 2).detach(), generator=generator))",
            )
        ],
    ),
    misconception(
        "noise_shared_by_rows",
        hint="Each row has noise of its own: which shape does yours have?",
        severity="slip",
        edits=[edit(NOISE, "noise = torch.randn(mu.shape[-1], generator=generator, dtype=mu.dtype)")],
    ),
    misconception(
        "uniform_noise",
        hint="`torch.rand` is not `torch.randn`.",
        severity="slip",
        edits=[edit(NOISE, "noise = torch.rand(mu.shape, generator=generator, dtype=mu.dtype)")],
    ),
    misconception(
        "kl_takes_logvar_as_sigma",
        hint="The formula has the variance in it: what is `logvar` to the variance?",
        severity="slip",
        edits=[
            edit(
                "return 0.5 * (ratio.exp() + (mu - m) ** 2 * torch.exp(-log_s2) - 1 - ratio).sum(-1)",
                "return 0.5 * (ratio**2 + (mu - m) ** 2 * torch.exp(-log_s2) - 1 - ratio).sum(-1)",
            )
        ],
    ),
    misconception(
        "kl_sign_flipped",
        hint="A divergence is never negative. Is yours?",
        severity="slip",
        edits=[
            edit(
                "return 0.5 * (ratio.exp() + (mu - m) ** 2 * torch.exp(-log_s2) - 1 - ratio).sum(-1)",
                "return -0.5 * (ratio.exp() + (mu - m) ** 2 * torch.exp(-log_s2) - 1 - ratio).sum(-1)",
            )
        ],
    ),
    misconception(
        "kl_summed_to_one_number",
        hint="Each row has a divergence of its own: which axis do you sum over?",
        severity="slip",
        edits=[edit("- 1 - ratio).sum(-1)", "- 1 - ratio).sum()")],
    ),
    misconception(
        "kl_averaged_over_latents",
        hint="Divergences of independent dimensions add: is yours a sum, or a mean?",
        severity="slip",
        edits=[edit("- 1 - ratio).sum(-1)", "- 1 - ratio).mean(-1)")],
    ),
    misconception(
        "prior_and_posterior_exchanged",
        hint="The divergence is not symmetric: which of the two is the first?",
        severity="slip",
        edits=[
            edit(
                "return 0.5 * (ratio.exp() + (mu - m) ** 2 * torch.exp(-log_s2) - 1 - ratio).sum(-1)",
                "return 0.5 * (torch.exp(-ratio) + (mu - m) ** 2 * torch.exp(-logvar) - 1 + ratio).sum(-1)",
            )
        ],
    ),
    misconception(
        "prior_variance_forgotten_under_the_square",
        hint="A distance of means counts in units of the prior's standard deviation.",
        severity="slip",
        edits=[edit("(mu - m) ** 2 * torch.exp(-log_s2)", "(mu - m) ** 2")],
    ),
    misconception(
        "half_forgotten_in_the_path",
        hint="The standard deviation is exp(logvar / 2): what is its derivative in logvar?",
        severity="slip",
        edits=[edit("return slope, 0.5 * slope * spread", "return slope, slope * spread")],
    ),
    misconception(
        "score_over_the_noise_alone",
        hint="The derivative of the log-density in the mean is (z - mu) / sigma**2. In terms of the noise?",
        severity="slip",
        edits=[edit("return value * noise / sigma,", "return value * noise,")],
    ),
    misconception(
        "score_is_pathwise",
        hint="The score function needs no derivative of f: what does yours do for a step function?",
        severity="slip",
        edits=[
            edit(
                """
                with torch.no_grad():
                    noise = torch.randn(K, len(mu), generator=generator, dtype=mu.dtype)
                    sigma = torch.exp(logvar / 2)
                    value = f(mu + sigma * noise)[:, None] - baseline
                    return value * noise / sigma, value * 0.5 * (noise**2 - 1)
                """,
                """
                return pathwise_gradients(f, mu, logvar, K, generator)
                """,
            )
        ],
    ),
    misconception(
        "baseline_added",
        hint="A baseline is what one expects: is it added to the value, or taken from it?",
        severity="slip",
        edits=[edit("[:, None] - baseline", "[:, None] + baseline")],
    ),
    misconception(
        "minus_one_forgotten",
        hint="The mean of the score is 0. Is yours?",
        severity="slip",
        edits=[edit("0.5 * (noise**2 - 1)", "0.5 * noise**2")],
    ),
    misconception(
        "gradients_left_in_f",
        hint="`backward` leaves gradients in everything that f depends on. Which one gradient do you need?",
        severity="slip",
        edits=[
            edit(
                "(slope,) = torch.autograd.grad(f(z).sum(), z)",
                """
                f(z).sum().backward()
                slope = z.grad
                """,
            ),
        ],
    ),
    misconception(
        "baseline_not_used",
        hint="What does `baseline` change in your code?",
        severity="slip",
        edits=[
            edit(
                "[:, None] - baseline",
                "[:, None]",
            ),
        ],
    ),
    misconception(
        "logvar_clamped",
        hint="A clamp changes the spread, and has no gradient outside its bounds. What does yours make of a log-variance of -60?",
        severity="slip",
        edits=[
            edit(
                "return mu + torch.exp(logvar / 2) * noise",
                "return mu + torch.exp(logvar.clamp(-10, 10) / 2) * noise",
            ),
            edit(
                "ratio = logvar - log_s2",
                "ratio = logvar.clamp(-10, 10) - log_s2",
            ),
        ],
    ),
    misconception(
        "half_forgotten_in_both",
        hint="The parameter is `logvar`, twice the logarithm of the standard deviation. Where does the factor one half stand in your two estimators?",
        severity="slip",
        edits=[
            edit(
                "return slope, 0.5 * slope * spread",
                "return slope, slope * spread",
            ),
            edit(
                "return value * noise / sigma, value * 0.5 * (noise**2 - 1)",
                "return value * noise / sigma, value * (noise**2 - 1)",
            ),
        ],
    ),
    misconception(
        "small_number_in_the_logarithm",
        hint="The logarithm of the variance is handed to you. Is log(variance + a small number) the same for a narrow distribution?",
        severity="slip",
        edits=[
            edit(
                "return 0.5 * (ratio.exp() + (mu - m) ** 2 * torch.exp(-log_s2) - 1 - ratio).sum(-1)",
                "return 0.5 * (ratio.exp() + (mu - m) ** 2 * torch.exp(-log_s2) - 1 - torch.log(logvar.exp() + 1e-8) + torch.log(log_s2.exp() + 1e-8)).sum(-1)",
            ),
        ],
    ),
    misconception(
        "kl_takes_logvar_for_log_sigma",
        hint="`logvar` is already the logarithm of the variance, not of the standard deviation: is anything doubled in your divergence?",
        severity="slip",
        edits=[
            edit(
                "ratio = logvar - log_s2",
                """
                logvar, log_s2 = 2 * logvar, 2 * log_s2
                ratio = logvar - log_s2
                """,
            ),
        ],
    ),
    misconception(
        "mean_in_each_row",
        hint="One estimate for each draw is asked for: what stands in your rows?",
        severity="slip",
        edits=[
            edit(
                "return slope, 0.5 * slope * spread",
                "return slope.mean(0).expand(K, -1), (0.5 * slope * spread).mean(0).expand(K, -1)",
            ),
            edit(
                "return value * noise / sigma, value * 0.5 * (noise**2 - 1)",
                "return (value * noise / sigma).mean(0).expand(K, -1), (value * 0.5 * (noise**2 - 1)).mean(0).expand(K, -1)",
            ),
        ],
    ),
    misconception(
        "gradients_switched_off",
        hint="Where gradients are switched off nothing is recorded: what switches them on for a moment?",
        severity="slip",
        edits=[
            edit(
                "with torch.enable_grad():",
                "if True:",
            ),
        ],
    ),
    misconception(
        "one_number_for_a_row",
        hint="Each value of a row has noise of its own: how many numbers do you draw for a row?",
        severity="slip",
        edits=[
            edit(
                "noise = torch.randn(mu.shape, generator=generator, dtype=mu.dtype)",
                "noise = torch.randn((*mu.shape[:-1], 1), generator=generator, dtype=mu.dtype)",
            ),
        ],
    ),
    misconception(
        "own_mean_taken_away",
        hint="Which number is taken from the values of f: the baseline alone, or their own mean too?",
        severity="slip",
        edits=[
            edit(
                "value = f(mu + sigma * noise)[:, None] - baseline",
                """
                value = f(mu + sigma * noise)[:, None] - baseline
                value = value - value.mean()
                """,
            ),
        ],
    ),
    misconception(
        "prior_only_if_both",
        hint="A prior's mean and its log-variance may be given each by itself. What does your code do with one of them alone?",
        severity="slip",
        edits=[
            edit(
                "m = torch.zeros_like(mu) if prior_mu is None else prior_mu",
                "m = torch.zeros_like(mu) if prior_mu is None or prior_logvar is None else prior_mu",
            ),
            edit(
                "log_s2 = torch.zeros_like(logvar) if prior_logvar is None else prior_logvar",
                "log_s2 = torch.zeros_like(logvar) if prior_mu is None or prior_logvar is None else prior_logvar",
            ),
        ],
    ),
    misconception(
        "generator_ignored",
        hint="Which generator draws your noise: the one that was handed in?",
        severity="slip",
        edits=[
            edit(
                "noise = torch.randn(mu.shape, generator=generator, dtype=mu.dtype)",
                "noise = torch.randn_like(mu)",
            ),
        ],
    ),
    misconception(
        "estimates_keep_a_graph",
        hint="The estimates are numbers: does a graph to mean and log-variance still hang on yours?",
        severity="slip",
        edits=[
            edit(
                "with torch.no_grad():",
                "if True:",
            ),
        ],
    ),
    misconception(
        "path_added_to_the_score",
        hint="The score function takes the draws as fixed numbers. Does a gradient in your code also run through the draw into f?",
        severity="slip",
        edits=[
            edit(
                """
                with torch.no_grad():
                    noise = torch.randn(K, len(mu), generator=generator, dtype=mu.dtype)
                    sigma = torch.exp(logvar / 2)
                    value = f(mu + sigma * noise)[:, None] - baseline
                    return value * noise / sigma, value * 0.5 * (noise**2 - 1)
                """,
                """
                noise = torch.randn(K, len(mu), generator=generator, dtype=mu.dtype)
                m = mu.detach().expand(K, -1).clone().requires_grad_()
                l = logvar.detach().expand(K, -1).clone().requires_grad_()
                with torch.enable_grad():
                    z = m + torch.exp(l / 2) * noise
                    log_q = -0.5 * ((z - m) ** 2 * torch.exp(-l) + l).sum(1)
                    return torch.autograd.grad(((f(z) - baseline) * log_q).sum(), (m, l))
                """,
            ),
        ],
    ),
]
