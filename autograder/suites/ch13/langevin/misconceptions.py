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
        edits=[edit("step * gradient.detach()", "step * gradient.detach().clamp(-0.5, 0.5)")],
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
]
