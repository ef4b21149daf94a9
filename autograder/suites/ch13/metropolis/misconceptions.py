"""Wrong solutions of `metropolis` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "always_accepted",
        hint="A step that is never refused is the plain Langevin step, bias and all.",
        severity="serious",
        edits=[
            edit(
                "accepted = torch.rand(len(x), generator=generator, dtype=x.dtype).log() < log_a",
                "accepted = torch.ones(len(x), dtype=torch.bool)",
            )
        ],
    ),
    misconception(
        "proposal_taken_as_symmetric",
        hint="Going down is proposed more readily than going up: which factor of the ratio makes up for it?",
        severity="partial",
        edits=[
            edit(
                """
                log_a = log_a + log_proposal(x, proposed, gradient_new, step, temperature)
                log_a = log_a - log_proposal(proposed, x, gradient, step, temperature)
                """,
                "",
            )
        ],
    ),
    misconception(
        "proposal_ratio_inverted",
        hint="The way back stands in the numerator: is that what you add?",
        severity="partial",
        edits=[
            edit("log_a = log_a + log_proposal(x, proposed", "log_a = log_a - log_proposal(x, proposed"),
            edit("log_a = log_a - log_proposal(proposed, x", "log_a = log_a + log_proposal(proposed, x"),
        ],
    ),
    misconception(
        "old_gradient_on_the_way_back",
        hint="The way back starts at the new state: whose gradient is its drift?",
        severity="partial",
        edits=[edit("log_proposal(x, proposed, gradient_new,", "log_proposal(x, proposed, gradient,")],
    ),
    misconception(
        "energy_ratio_inverted",
        hint="Going to a lower energy must be welcome: which energy is subtracted from which?",
        severity="serious",
        edits=[edit("log_a = (e - e_new) / temperature", "log_a = (e_new - e) / temperature")],
    ),
    misconception(
        "point_with_itself",
        hint="Two energies, of two points: are yours different?",
        severity="partial",
        edits=[edit("log_a = (e - e_new) / temperature", "log_a = (e_new - e_new) / temperature")],
    ),
    misconception(
        "logarithm_to_base_ten",
        hint="The ratio is a natural logarithm: is that of the uniform number one too?",
        severity="partial",
        edits=[edit("dtype=x.dtype).log() < log_a", "dtype=x.dtype).log10() < log_a")],
    ),
    misconception(
        "densities_not_logarithms",
        hint="A uniform number is compared with the ratio, its logarithm with the ratio's logarithm.",
        severity="partial",
        edits=[edit("dtype=x.dtype).log() < log_a", "dtype=x.dtype) < log_a")],
    ),
    misconception(
        "temperature_missing_in_the_energies",
        hint="The model is exp(-E / T): where is T in the energies' ratio?",
        severity="slip",
        edits=[edit("log_a = (e - e_new) / temperature", "log_a = e - e_new")],
    ),
    misconception(
        "one_decision_for_all",
        hint="Each chain throws a die of its own.",
        severity="partial",
        edits=[edit("torch.rand(len(x), generator", "torch.rand(1, generator")],
    ),
    misconception(
        "better_only",
        hint="A step uphill is accepted with some probability, not never.",
        severity="partial",
        edits=[
            edit(
                "accepted = torch.rand(len(x), generator=generator, dtype=x.dtype).log() < log_a",
                "accepted = log_a > 0",
            )
        ],
    ),
    misconception(
        "distance_averaged",
        hint="Independent directions' log-densities add up: sum or mean over a sample?",
        severity="slip",
        edits=[edit("** 2).flatten(1).sum(1) / (4", "** 2).flatten(1).mean(1) / (4")],
    ),
    misconception(
        "generator_not_used",
        hint="A seed must repeat a run: do all draws come from the generator that was handed in?",
        severity="slip",
        edits=[
            edit(
                "noise = torch.randn(x.shape, generator=generator, dtype=x.dtype)",
                "noise = torch.randn(x.shape, dtype=x.dtype)",
            ),
        ],
    ),
    misconception(
        "gradients_left_in_parameters",
        hint="backward fills every .grad below it, the network's too: how do you ask for one gradient only?",
        severity="slip",
        edits=[
            edit(
                "(gradient,) = torch.autograd.grad(e.sum(), x)",
                "e.sum().backward()\ngradient = x.grad",
            ),
        ],
    ),
    misconception(
        "acceptance_of_barker",
        hint="A proposal is accepted with probability min(1, a): is it a sigmoid in your code?",
        severity="slip",
        edits=[
            edit(
                "accepted = torch.rand(len(x), generator=generator, dtype=x.dtype).log() < log_a",
                "accepted = torch.rand(len(x), generator=generator, dtype=x.dtype) < torch.sigmoid(log_a)",
            ),
        ],
    ),
    misconception(
        "temperature_missing_in_the_proposal",
        hint="The noise grows with the temperature: does the proposal's density know it?",
        severity="slip",
        edits=[
            edit(
                "/ (4 * step * temperature)",
                "/ (4 * step)",
            ),
        ],
    ),
    misconception(
        "temperature_missing_in_the_noise",
        hint="A hot chain makes larger steps: where is T in your noise?",
        severity="slip",
        edits=[
            edit(
                "math.sqrt(2 * step * temperature)",
                "math.sqrt(2 * step)",
            ),
        ],
    ),
    misconception(
        "temperature_not_handed_on",
        hint="log_proposal has a temperature: which one do your two densities have?",
        severity="slip",
        edits=[
            edit(
                "log_proposal(x, proposed, gradient_new, step, temperature)",
                "log_proposal(x, proposed, gradient_new, step)",
            ),
            edit(
                "log_proposal(proposed, x, gradient, step, temperature)",
                "log_proposal(proposed, x, gradient, step)",
            ),
        ],
    ),
    misconception(
        "temperature_outside_the_root",
        hint="T times the variance is the root of T times the standard deviation: where does T stand in your noise?",
        severity="slip",
        edits=[
            edit("math.sqrt(2 * step * temperature) * noise", "math.sqrt(2 * step) * temperature * noise")
        ],
    ),
    misconception(
        "half_step_convention",
        hint="Papers write step / 2 and the root of step; here it is step and the root of 2 step: which is yours?",
        severity="partial",
        edits=[
            edit(
                "return -((x_to - x_from + step * gradient) ** 2).flatten(1).sum(1) / (4 * step * temperature)",
                "return -((x_to - x_from + step / 2 * gradient) ** 2).flatten(1).sum(1) / (2 * step * temperature)",
            ),
            edit(
                "proposed = x - step * gradient + math.sqrt(2 * step * temperature) * noise",
                "proposed = x - step / 2 * gradient + math.sqrt(step * temperature) * noise",
            ),
        ],
    ),
    misconception(
        "ratio_of_the_whole_batch",
        hint="Each chain is accepted or refused by its own ratio: over what do you sum yours?",
        severity="partial",
        edits=[
            edit(
                "accepted = torch.rand(len(x), generator=generator, dtype=x.dtype).log() < log_a",
                "accepted = (torch.rand(1, generator=generator, dtype=x.dtype).log() < log_a.sum()).expand(len(x))",
            )
        ],
    ),
    misconception(
        "die_of_the_global_generator",
        hint="A seed must repeat a run: do the uniform numbers, too, come from the generator that was handed in?",
        severity="slip",
        edits=[
            edit(
                "torch.rand(len(x), generator=generator, dtype=x.dtype).log() < log_a",
                "torch.rand(len(x), dtype=x.dtype).log() < log_a",
            )
        ],
    ),
]
