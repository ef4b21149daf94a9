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
]
