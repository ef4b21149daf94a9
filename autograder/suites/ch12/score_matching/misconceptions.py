"""Wrong solutions of `score_matching` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "roots_along_the_batch"

MISCONCEPTIONS = [
    misconception(
        "dsm_clean_points",
        hint="The score is wanted at the noised points.",
        severity="slip",
        edits=[edit("score = score_model(x + sigma * noise, sigma)", "score = score_model(x, sigma)")],
    ),
    misconception(
        "dsm_mean_over_dimensions",
        hint="Sum over the dimensions of a sample, average over the samples.",
        severity="slip",
        edits=[edit("0.5 * sigma**2 * error.flatten(1).sum(dim=1).mean", "0.5 * sigma**2 * error.mean")],
    ),
    misconception(
        "dsm_target_sign",
        hint="The blurred data's score leads back against the noise: what is added, what subtracted?",
        severity="slip",
        edits=[edit("error = (score + noise / sigma) ** 2", "error = (score - noise / sigma) ** 2")],
    ),
    misconception(
        "dsm_unweighted",
        hint="Without the factor sigma squared the smallest noise level would outweigh all others.",
        severity="slip",
        edits=[edit("sigma**2 * error", "error")],
    ),
    misconception(
        "kl_minus_one_forgotten",
        hint="Equal distributions have divergence 0.",
        severity="slip",
        edits=[edit("torch.exp(-log_var2) - 1", "torch.exp(-log_var2)")],
    ),
    misconception(
        "kl_standard_deviations",
        hint="The arguments are logarithms of variances, not of standard deviations.",
        severity="slip",
        edits=[
            edit("log_var1 - log_var2", "2 * (log_var1 - log_var2)"),
            edit(
                "return 0.5 * (log_var2 - log_var1 + ratio + (mean1 - mean2) ** 2 * torch.exp(-log_var2) - 1)",
                "return 0.5 * (log_var2 - log_var1 + ratio + (mean1 - mean2) ** 2 * torch.exp(-2 * log_var2) - 1)",
            ),
        ],
    ),
    misconception(
        "kl_swapped",
        hint="The divergence has a direction: under which distribution is the expectation?",
        severity="slip",
        edits=[edit("mean1, log_var1, mean2, log_var2", "mean2, log_var2, mean1, log_var1")],
    ),
    misconception(
        "kl_variance_detached",
        hint="The divergence is differentiable in the variances too.",
        severity="slip",
        edits=[edit("torch.exp(log_var1 - log_var2)", "torch.exp(log_var1 - log_var2).detach()")],
    ),
    misconception(
        "score_bounded",
        hint="Where there is little noise the score is steep: what does a small number added below the fraction do to it?",
        severity="slip",
        edits=[edit("along((1 - alpha_bar).sqrt(), t, eps)", "(along(1 - alpha_bar, t, eps) + 1e-3) ** 0.5")],
    ),
    misconception(
        "score_root_forgotten",
        hint="The score of a normal distribution is the deviation over the variance: noise is already in units of sigma.",
        severity="slip",
        edits=[
            edit(
                "return -eps / along((1 - alpha_bar).sqrt(), t, eps)",
                "return -eps / along(1 - alpha_bar, t, eps)",
            )
        ],
    ),
    misconception(
        "score_sign",
        hint="The score points to where data are denser, against the noise.",
        severity="slip",
        edits=[edit("-eps / along", "eps / along")],
    ),
    misconception(
        "step_of_first_sample",
        hint="Each sample of the batch has a step of its own.",
        severity="partial",
        edits=[
            edit(
                "return values[t].reshape(-1, *[1] * (x.dim() - 1)).to(x.dtype)",
                "return values[t[:1].expand(len(t))].reshape(-1, *[1] * (x.dim() - 1)).to(x.dtype)",
            )
        ],
    ),
    misconception(
        "v_weights_swapped",
        hint="In v the noise has the weight that x0 has in x_t.",
        severity="slip",
        edits=[
            edit(
                "alpha_bar.sqrt(), t, x0) * noise - along((1 - alpha_bar)",
                "(1 - alpha_bar).sqrt(), t, x0) * noise - along(alpha_bar",
            )
        ],
    ),
    misconception(
        "vlb_beta_variance",
        hint="Both distributions have the posterior variance, not beta.",
        severity="slip",
        edits=[edit("betas * (1 - before) / (1 - alpha_bar)", "betas")],
    ),
    misconception(
        "vlb_compares_noise",
        hint="The divergence compares x_{t-1}'s two means; a squared error of the noise has another weight.",
        severity="slip",
        edits=[
            edit(
                """
                predicted = (x_t - noise_level * eps_pred) / along(alpha_bar.sqrt(), t, x0)
                weight = along(before.sqrt() * betas / (1 - alpha_bar), t, x0)
                """,
                "noise = (x_t - along(alpha_bar.sqrt(), t, x0) * x0) / noise_level",
            ),
            edit("weight * (x0 - predicted)", "noise - eps_pred"),
        ],
    ),
    misconception(
        "vlb_mean_over_dimensions",
        hint="Independent dimensions' divergences add up.",
        severity="slip",
        edits=[
            edit(
                "(weight * (x0 - predicted)) ** 2 / (2 * variance)).flatten(1).sum(dim",
                "(weight * (x0 - predicted)) ** 2 / (2 * variance)).flatten(1).mean(dim",
            )
        ],
    ),
    misconception(
        "vlb_previous_alpha_bar",
        hint="Index t - 1 belongs to alpha-bar before the step, t to the one after.",
        severity="slip",
        edits=[
            edit(
                """
                noise_level = along((1 - alpha_bar).sqrt(), t, x0)
                predicted = (x_t - noise_level * eps_pred) / along(alpha_bar.sqrt(), t, x0)
                """,
                "predicted = (x_t - along((1 - before).sqrt(), t, x0) * eps_pred) / along(before.sqrt(), t, x0)",
            ),
        ],
    ),
    misconception(
        "x0_from_v_as_from_eps",
        hint="v is no noise prediction: nothing has to be divided.",
        severity="slip",
        edits=[
            edit(
                "along(alpha_bar.sqrt(), t, x_t) * x_t - along((1 - alpha_bar).sqrt(), t, x_t) * v",
                "(x_t - along((1 - alpha_bar).sqrt(), t, x_t) * v) / along(alpha_bar.sqrt(), t, x_t)",
            )
        ],
    ),
    misconception(
        "dsm_last_axis",
        hint="A sample is an image: over which of its axes do you sum?",
        severity="slip",
        edits=[
            edit(
                "error.flatten(1).sum(dim=1).mean",
                "error.sum(dim=-1).mean",
            ),
        ],
    ),
    misconception(
        "kl_half_of_the_logarithms_alone",
        hint="The factor one half stands before the whole bracket: what does yours multiply?",
        severity="slip",
        edits=[
            edit(
                "return 0.5 * (log_var2 - log_var1 + ratio + (mean1 - mean2) ** 2 * torch.exp(-log_var2) - 1)",
                "return 0.5 * (log_var2 - log_var1) + ratio + (mean1 - mean2) ** 2 * torch.exp(-log_var2) - 1",
            ),
        ],
    ),
    misconception(
        "vlb_detached",
        hint="The bound is a loss: does a gradient reach the prediction?",
        severity="slip",
        edits=[
            edit(
                "weight * (x0 - predicted)",
                "weight * (x0 - predicted.detach())",
            ),
        ],
    ),
    misconception(
        "v_sign",
        hint="v is the noise's share minus the data's: which sign has yours?",
        severity="slip",
        edits=[
            edit(
                "along(alpha_bar.sqrt(), t, x0) * noise - along((1 - alpha_bar).sqrt(), t, x0) * x0",
                "along((1 - alpha_bar).sqrt(), t, x0) * x0 - along(alpha_bar.sqrt(), t, x0) * noise",
            ),
            edit(
                "along(alpha_bar.sqrt(), t, x_t) * x_t - along",
                "along(alpha_bar.sqrt(), t, x_t) * x_t + along",
            ),
        ],
    ),
    misconception(
        "score_floor",
        hint="Where there is little noise the score is steep: does a smallest variance hold it back?",
        severity="slip",
        edits=[
            edit(
                "along((1 - alpha_bar).sqrt(), t, eps)",
                "along((1 - alpha_bar).clamp(min=0.01).sqrt(), t, eps)",
            ),
        ],
    ),
    misconception(
        "dsm_first_axis",
        hint="A sample may be an image: over which of its axes do you sum, and over which do you average?",
        severity="slip",
        edits=[edit("error.flatten(1).sum(dim=1).mean()", "error.sum(dim=1).mean()")],
    ),
    misconception(
        "kl_logarithms_kept_in_range",
        hint="Variances as small as exp(-20) are common: what becomes of such a logarithm in your code?",
        severity="slip",
        edits=[
            edit(
                "ratio = torch.exp(log_var1 - log_var2)",
                """
                log_var1, log_var2 = log_var1.clamp(-10, 10), log_var2.clamp(-10, 10)
                ratio = torch.exp(log_var1 - log_var2)
                """,
            )
        ],
    ),
    misconception(
        "kl_small_number_added",
        hint="How large is the smallest variance here beside the number that you add to it?",
        severity="slip",
        edits=[
            edit(
                "ratio = torch.exp(log_var1 - log_var2)",
                "variance = torch.exp(log_var2) + 1e-8\nratio = torch.exp(log_var1) / variance",
            ),
            edit("(mean1 - mean2) ** 2 * torch.exp(-log_var2)", "(mean1 - mean2) ** 2 / variance"),
        ],
    ),
    misconception(
        "vlb_data_kept_in_range",
        hint="The bound takes the prediction as it is: what do you do to the x0 that it implies?",
        severity="slip",
        edits=[
            edit(
                "predicted = (x_t - noise_level * eps_pred) / along(alpha_bar.sqrt(), t, x0)",
                "predicted = ((x_t - noise_level * eps_pred) / along(alpha_bar.sqrt(), t, x0)).clamp(-1, 1)",
            )
        ],
    ),
    misconception(
        "vlb_state_detached",
        hint="Gradients reach every tensor that goes in: does one reach x_t?",
        severity="slip",
        edits=[edit("predicted = (x_t - noise_level", "predicted = (x_t.detach() - noise_level")],
    ),
    misconception(
        "v_noise_detached",
        hint="Gradients reach every tensor that goes in: does one reach the noise in v_target?",
        severity="slip",
        edits=[
            edit(
                "along(alpha_bar.sqrt(), t, x0) * noise -",
                "along(alpha_bar.sqrt(), t, x0) * noise.detach() -",
            )
        ],
    ),
    misconception(
        "kl_in_the_shape_of_the_first_mean",
        hint="The arguments broadcast: which shape has the result where the first mean is the smallest of them?",
        severity="slip",
        edits=[
            edit(
                "return 0.5 * (log_var2 - log_var1 + ratio + (mean1 - mean2) ** 2 * torch.exp(-log_var2) - 1)",
                """
                result = torch.zeros_like(mean1)
                result += 0.5 * (log_var2 - log_var1 + ratio + (mean1 - mean2) ** 2 * torch.exp(-log_var2) - 1)
                return result
                """,
            )
        ],
    ),
]
