"""Wrong solutions of `nce` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "normaliser_fixed_at_zero",
        hint="The loss has a parameter for log Z: where does it enter?",
        severity="serious",
        edits=[
            edit("g_data = -energy(x_data) - log_z -", "g_data = -energy(x_data) - 0 * log_z -"),
            edit("g_noise = -energy(x_noise) - log_z -", "g_noise = -energy(x_noise) - 0 * log_z -"),
        ],
    ),
    misconception(
        "noise_density_averaged",
        hint="Independent dimensions' log-densities add up: sum or mean?",
        severity="slip",
        edits=[edit("0.5 * math.log(2 * math.pi)).sum(1)", "0.5 * math.log(2 * math.pi)).mean(1)")],
    ),
    misconception(
        "constant_of_the_normal_forgotten",
        hint="The noise's density must be exact, its constant too: it decides about log Z.",
        severity="slip",
        edits=[edit(" - 0.5 * math.log(2 * math.pi)).sum(1)", ").sum(1)")],
    ),
    misconception(
        "width_not_in_the_density",
        hint="A wider density is lower: where is log of the width?",
        severity="slip",
        edits=[edit(" - std.log() - 0.5", " - 0.5")],
    ),
    misconception(
        "ratio_missing_in_the_odds",
        hint="With twice as many noise points a point is data less often: where is nu in G?",
        severity="slip",
        edits=[
            edit(
                "g_data = -energy(x_data) - log_z - log_noise(x_data) - math.log(nu)",
                "g_data = -energy(x_data) - log_z - log_noise(x_data)",
            ),
            edit(
                "g_noise = -energy(x_noise) - log_z - log_noise(x_noise) - math.log(nu)",
                "g_noise = -energy(x_noise) - log_z - log_noise(x_noise)",
            ),
        ],
    ),
    misconception(
        "ratio_missing_before_the_noise",
        hint="There are nu noise points for each data point: is the noise's mean weighed so?",
        severity="slip",
        edits=[edit("+ nu * F.softplus(g_noise).mean()", "+ F.softplus(g_noise).mean()")],
    ),
    misconception(
        "classes_exchanged",
        hint="The loss must fall where the model gives data a high density.",
        severity="serious",
        edits=[
            edit(
                "F.softplus(-g_data).mean() + nu * F.softplus(g_noise).mean()",
                "F.softplus(g_data).mean() + nu * F.softplus(-g_noise).mean()",
            )
        ],
    ),
    misconception(
        "energy_sign",
        hint="log p is minus the energy, minus log Z.",
        severity="serious",
        edits=[
            edit("g_data = -energy(x_data) - log_z", "g_data = energy(x_data) - log_z"),
            edit("g_noise = -energy(x_noise) - log_z", "g_noise = energy(x_noise) - log_z"),
        ],
    ),
    misconception(
        "log_z_added",
        hint="A larger Z makes everything less likely: is log Z subtracted?",
        severity="partial",
        edits=[
            edit("g_data = -energy(x_data) - log_z", "g_data = -energy(x_data) + log_z"),
            edit("g_noise = -energy(x_noise) - log_z", "g_noise = -energy(x_noise) + log_z"),
        ],
    ),
    misconception(
        "noise_density_left_out",
        hint="How likely is the point as noise? Without that no odds can be formed.",
        severity="serious",
        edits=[
            edit("- log_z - log_noise(x_data) - math", "- log_z - 0 * log_noise(x_data) - math"),
            edit("- log_z - log_noise(x_noise) - math", "- log_z - 0 * log_noise(x_noise) - math"),
        ],
    ),
    misconception(
        "logarithm_of_the_sigmoid_bare",
        hint="The sigmoid of -1000 is 0, and its logarithm infinite.",
        severity="slip",
        edits=[
            edit(
                "F.softplus(-g_data).mean() + nu * F.softplus(g_noise).mean()",
                "-torch.sigmoid(g_data).log().mean() - nu * (1 - torch.sigmoid(g_noise)).log().mean()",
            )
        ],
    ),
    misconception(
        "float64_loss",
        hint="float32 in, float32 out: where does a float64 number enter?",
        severity="slip",
        edits=[
            edit(
                "return F.softplus(-g_data).mean() + nu * F.softplus(g_noise).mean()",
                "return (F.softplus(-g_data).mean() + nu * F.softplus(g_noise).mean()).double()",
            ),
        ],
    ),
    misconception(
        "variance_for_the_width",
        hint="std is a width, not its square: by what do you divide the square?",
        severity="slip",
        edits=[
            edit(
                "((x - mean) / std) ** 2",
                "(x - mean) ** 2 / std",
            ),
        ],
    ),
    misconception(
        "whole_ratio",
        hint="nu need not be whole: which division do you use?",
        severity="slip",
        edits=[
            edit(
                "nu = len(x_noise) / len(x_data)",
                "nu = max(1, len(x_noise) // len(x_data))",
            ),
        ],
    ),
    misconception(
        "log_z_without_gradient",
        hint="log Z is learned too: does its gradient pass?",
        severity="slip",
        edits=[
            edit(
                "g_data = -energy(x_data) - log_z -",
                """
                log_z = log_z.detach() + 0 * log_z
                g_data = -energy(x_data) - log_z -
                """,
            ),
        ],
    ),
    misconception(
        "constant_once",
        hint="Each dimension has its factor of 2 pi: how often is it in your sum?",
        severity="slip",
        edits=[
            edit(
                "- std.log() - 0.5 * math.log(2 * math.pi)).sum(1)",
                "- std.log()).sum(1) - 0.5 * math.log(2 * math.pi)",
            ),
        ],
    ),
    misconception(
        "mean_over_both_batches",
        hint="The data's mean, plus nu times the noise's: what does one mean over all points divide by?",
        severity="partial",
        edits=[
            edit(
                "return F.softplus(-g_data).mean() + nu * F.softplus(g_noise).mean()",
                "return torch.cat([F.softplus(-g_data), F.softplus(g_noise)]).mean()",
            ),
        ],
    ),
    misconception(
        "constant_by_the_samples",
        hint="Each dimension has its factor of 2 pi: do you count dimensions, or samples?",
        severity="slip",
        edits=[
            edit(
                "return (-0.5 * ((x - mean) / std) ** 2 - std.log() - 0.5 * math.log(2 * math.pi)).sum(1)",
                "return (-0.5 * ((x - mean) / std) ** 2 - std.log()).sum(1) - 0.5 * len(x) * math.log(2 * math.pi)",
            )
        ],
    ),
    misconception(
        "log_of_the_mean_width",
        hint="Each dimension has a width of its own: of which width do you take the logarithm?",
        severity="slip",
        edits=[edit("- std.log() -", "- std.mean().log() -")],
    ),
    misconception(
        "ratio_upside_down",
        hint="nu is the number of noise points over that of the data: which one do you divide by?",
        severity="slip",
        edits=[edit("nu = len(x_noise) / len(x_data)", "nu = len(x_data) / len(x_noise)")],
    ),
]
