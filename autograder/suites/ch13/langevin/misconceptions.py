"""Wrong solutions of `langevin` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "no_noise",
        hint="Going down alone ends at the bottom of a valley: what makes it sampling?",
        severity="serious",
        edits=[edit(" + math.sqrt(2 * step * temperature) * noise", "")],
    ),
    misconception(
        "noise_without_root",
        hint="Variances add from step to step: does the noise grow with the step or with its root?",
        severity="partial",
        edits=[edit("math.sqrt(2 * step * temperature)", "2 * step * temperature")],
    ),
    misconception(
        "noise_without_two",
        hint="With drift step * gradient, the noise has the variance 2 * step * T. Is the 2 there?",
        severity="partial",
        edits=[edit("math.sqrt(2 * step * temperature)", "math.sqrt(step * temperature)")],
    ),
    misconception(
        "noise_of_constant_size",
        hint="Does your noise become smaller when the step does?",
        severity="partial",
        edits=[edit("math.sqrt(2 * step * temperature) * noise", "math.sqrt(temperature) * 0.005 * noise")],
    ),
    misconception(
        "uphill",
        hint="Low energy is likely: which way does your drift go?",
        severity="serious",
        edits=[edit("x.detach() - step * gradient.detach()", "x.detach() + step * gradient.detach()")],
    ),
    misconception(
        "mean_energy",
        hint="Should a chain move slower when others run beside it? Sum the energies or average them?",
        severity="partial",
        edits=[edit("energy(at).sum()", "energy(at).mean()")],
    ),
    misconception(
        "half_the_drift",
        hint="The docstring's drift is step * gradient, without a half.",
        severity="partial",
        edits=[edit("- step * gradient.detach()", "- 0.5 * step * gradient.detach()")],
    ),
    misconception(
        "temperature_outside_the_root",
        hint="T times the variance is the root of T times the standard deviation.",
        severity="slip",
        edits=[edit("math.sqrt(2 * step * temperature)", "math.sqrt(2 * step) * temperature")],
    ),
    misconception(
        "temperature_on_the_drift",
        hint="The temperature is in the noise; where does it change your drift?",
        severity="partial",
        edits=[
            edit(
                "step * gradient.detach() + math.sqrt(2 * step * temperature) * noise",
                "step * temperature * gradient.detach() + math.sqrt(2 * step) * noise",
            )
        ],
    ),
    misconception(
        "gradients_left_in_parameters",
        hint="backward fills every .grad below it, the network's too: how do you ask for one gradient only?",
        severity="slip",
        edits=[
            edit(
                "(gradient,) = torch.autograd.grad(energy(at).sum(), at)",
                """
                energy(at).sum().backward()
                gradient = at.grad
                """,
            )
        ],
    ),
    misconception(
        "grad_mode_off_forgotten",
        hint="Where gradients are switched off, nothing is recorded: what switches them on for a moment?",
        severity="slip",
        edits=[edit("with torch.enable_grad():", "if True:")],
    ),
    misconception(
        "graph_left_on_states",
        hint="Do the new states still hang on the old ones' graph?",
        severity="slip",
        edits=[edit("return x.detach() - step * gradient.detach()", "return x - step * gradient.detach()")],
    ),
    misconception(
        "one_noise_for_all",
        hint="Each sample needs noise of its own.",
        severity="partial",
        edits=[edit("torch.randn(x.shape, generator", "torch.randn(x.shape[1:], generator")],
    ),
    misconception(
        "gradient_clipped",
        hint="Nothing shall be cut off: what happens to a steep slope in your code?",
        severity="partial",
        edits=[edit("step * gradient.detach()", "step * gradient.detach().clamp(-0.03, 0.03)")],
    ),
    misconception(
        "generator_not_used",
        hint="A seed must repeat a run: do all draws come from the generator that was handed in?",
        severity="slip",
        edits=[
            edit(
                "torch.randn(x.shape, generator=generator, dtype=x.dtype)",
                "torch.randn(x.shape, dtype=x.dtype)",
            ),
        ],
    ),
    misconception(
        "one_noise_for_a_sample",
        hint="Each number of each sample has noise of its own: how many numbers do you draw for a sample?",
        severity="slip",
        edits=[
            edit(
                "torch.randn(x.shape, generator",
                "torch.randn(len(x), *[1] * (x.dim() - 1), generator",
            ),
        ],
    ),
    misconception(
        "half_step_convention",
        hint="Papers write step / 2 and the root of step; the docstring writes step and the root of 2 step.",
        severity="serious",
        edits=[
            edit(
                "return x.detach() - step * gradient.detach() + math.sqrt(2 * step * temperature) * noise",
                "return x.detach() - 0.5 * step * gradient.detach() + math.sqrt(step * temperature) * noise",
            ),
        ],
    ),
    misconception(
        "noise_before_the_gradient",
        hint="At which point is the gradient taken: at x, or at x with noise?",
        severity="partial",
        edits=[
            edit(
                "at = x.detach().requires_grad_()",
                """
                noise = torch.randn(x.shape, generator=generator, dtype=x.dtype)
                x = x.detach() + math.sqrt(2 * step * temperature) * noise
                at = x.detach().requires_grad_()
                """,
            ),
            edit(
                """
                noise = torch.randn(x.shape, generator=generator, dtype=x.dtype)
                return x.detach() - step * gradient.detach() + math.sqrt(2 * step * temperature) * noise
                """,
                "return x.detach() - step * gradient.detach()",
            ),
        ],
    ),
    misconception(
        "last_step_without_noise",
        hint="All n steps are Langevin steps: has the last one its noise?",
        severity="slip",
        edits=[
            edit(
                "for _ in range(n_steps):",
                "for i in range(n_steps):",
            ),
            edit(
                "x = langevin_step(x, energy, step, temperature, generator)",
                "x = langevin_step(x, energy, step, temperature if i < n_steps - 1 else 0.0, generator)",
            ),
        ],
    ),
    misconception(
        "temperature_not_passed_on",
        hint="The chain has a temperature: do its steps know it?",
        severity="slip",
        edits=[
            edit(
                "x = langevin_step(x, energy, step, temperature, generator)",
                "x = langevin_step(x, energy, step, generator=generator)",
            ),
        ],
    ),
    misconception(
        "states_clamped",
        hint="Nothing shall be cut off: what does your chain do with states far out?",
        severity="slip",
        edits=[
            edit(
                "x = langevin_step(x, energy, step, temperature, generator)",
                "x = langevin_step(x, energy, step, temperature, generator).clamp(-100, 100)",
            )
        ],
    ),
    misconception(
        "one_noise_for_all_steps",
        hint="Each step of a chain has noise of its own: how often does yours draw?",
        severity="partial",
        edits=[
            edit(
                """
                x = x.detach()
                for _ in range(n_steps):
                    x = langevin_step(x, energy, step, temperature, generator)
                """,
                """
                x = x.detach()
                noise = torch.randn(x.shape, generator=generator, dtype=x.dtype)
                for _ in range(n_steps):
                    x = langevin_step(x, energy, step, 0.0) + math.sqrt(2 * step * temperature) * noise
                """,
            )
        ],
    ),
    misconception(
        "step_that_shrinks",
        hint="All steps of a chain have the size that was asked for: does yours change on the way?",
        severity="partial",
        edits=[
            edit(
                "x = langevin_step(x, energy, step, temperature, generator)",
                """
                x = langevin_step(x, energy, step, temperature, generator)
                step = 0.99 * step
                """,
            )
        ],
    ),
]
