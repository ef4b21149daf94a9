"""Wrong solutions of `partition_function` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "pairs_counted_twice",
        hint="In s J s each pair stands twice: what brings it back to once?",
        severity="slip",
        edits=[edit("-0.5 * ((s @ J) * s).sum(-1)", "-((s @ J) * s).sum(-1)")],
    ),
    misconception(
        "field_halved_too",
        hint="Each pair stands twice in the double sum; how often does each field stand in its own?",
        severity="slip",
        edits=[edit("- s @ b", "- 0.5 * s @ b")],
    ),
    misconception(
        "energy_sign",
        hint="Spins with a positive coupling like to agree: is the energy low where they do?",
        severity="slip",
        edits=[edit("-0.5 * ((s @ J) * s).sum(-1) - s @ b", "0.5 * ((s @ J) * s).sum(-1) + s @ b")],
    ),
    misconception(
        "plus_energy_in_the_exponent",
        hint="Low energy means high probability: which sign stands before E in the exponent?",
        severity="serious",
        edits=[
            edit(
                "return torch.logsumexp(-energies / temperature, 0)",
                "return torch.logsumexp(energies / temperature, 0)",
            ),
            edit(
                "return -energies / temperature - torch.logsumexp(-energies / temperature, 0)",
                "return energies / temperature - torch.logsumexp(energies / temperature, 0)",
            ),
            edit("torch.softmax(-energies / temperature, 0)", "torch.softmax(energies / temperature, 0)"),
        ],
    ),
    misconception(
        "exponentials_summed_bare",
        hint="The exponential of a huge number is infinite: what can be taken out of the sum before?",
        severity="slip",
        edits=[
            edit(
                "return torch.logsumexp(-energies / temperature, 0)",
                "return torch.exp(-energies / temperature).sum().log()",
            ),
            edit(
                "return -energies / temperature - torch.logsumexp(-energies / temperature, 0)",
                "return -energies / temperature - torch.exp(-energies / temperature).sum().log()",
            ),
        ],
    ),
    misconception(
        "temperature_multiplies",
        hint="In the heat all states become equally likely: does your temperature make energies smaller or larger?",
        severity="slip",
        edits=[
            edit(
                "return torch.logsumexp(-energies / temperature, 0)",
                "return torch.logsumexp(-energies * temperature, 0)",
            ),
            edit(
                "return -energies / temperature - torch.logsumexp(-energies / temperature, 0)",
                "return -energies * temperature - torch.logsumexp(-energies * temperature, 0)",
            ),
            edit("torch.softmax(-energies / temperature, 0)", "torch.softmax(-energies * temperature, 0)"),
        ],
    ),
    misconception(
        "probabilities_without_z",
        hint="Do your probabilities sum to 1? Energies alone say how often compared with what.",
        severity="partial",
        edits=[
            edit(
                "return -energies / temperature - torch.logsumexp(-energies / temperature, 0)",
                "return -energies / temperature",
            ),
            edit("torch.softmax(-energies / temperature, 0)", "torch.exp(-energies / temperature)"),
        ],
    ),
    misconception(
        "mean_over_states",
        hint="The model visits some states more often than others: with what is each value weighed?",
        severity="slip",
        edits=[edit("(p.view(-1, *[1] * (values.dim() - 1)) * values).sum(0)", "values.mean(0)")],
    ),
    misconception(
        "first_unit_fastest",
        hint="In 01 the last unit is up: which digit changes fastest as one counts?",
        severity="slip",
        edits=[edit("torch.arange(n - 1, -1, -1)", "torch.arange(n)")],
    ),
    misconception(
        "float64_probabilities",
        hint="float32 in, float32 out: where does a float64 number enter?",
        severity="slip",
        edits=[
            edit(
                "return -energies / temperature - torch.logsumexp(-energies / temperature, 0)",
                "return (-energies / temperature - torch.logsumexp(-energies / temperature, 0)).double()",
            ),
        ],
    ),
    misconception(
        "mean_without_gradient",
        hint="A mean under the model depends on the energies: does its gradient reach them?",
        severity="slip",
        edits=[
            edit(
                "torch.softmax(-energies / temperature, 0)",
                "torch.softmax(-energies / temperature, 0).detach()",
            ),
        ],
    ),
    misconception(
        "log_z_without_temperature",
        hint="The temperature divides each energy, also those inside of Z.",
        severity="slip",
        edits=[
            edit(
                "return torch.logsumexp(-energies / temperature, 0)",
                "return torch.logsumexp(-energies, 0)",
            ),
        ],
    ),
    misconception(
        "temperature_outside_z",
        hint="The temperature divides each energy, also those inside of Z.",
        severity="slip",
        edits=[
            edit(
                "return -energies / temperature - torch.logsumexp(-energies / temperature, 0)",
                "return -energies / temperature - torch.logsumexp(-energies, 0)",
            ),
        ],
    ),
    misconception(
        "mean_without_temperature",
        hint="At which temperature is your mean taken: does it reach the probabilities?",
        severity="slip",
        edits=[
            edit(
                "torch.softmax(-energies / temperature, 0)",
                "torch.softmax(-energies, 0)",
            ),
        ],
    ),
    misconception(
        "low_is_minus_one",
        hint="The lower value may be any number: is it -1 in your table whatever low says?",
        severity="slip",
        edits=[
            edit(
                "return bits.double() * (1 - low) + low",
                "return (2 * bits - 1).double() if low else bits.double()",
            ),
        ],
    ),
    misconception(
        "first_energy_taken_out",
        hint="Which energy must be taken out of the sum so that no exponential is too large: the first, or the lowest?",
        severity="slip",
        edits=[
            edit(
                "return torch.logsumexp(-energies / temperature, 0)",
                """
                first = energies[0]
                return torch.exp(-(energies - first) / temperature).sum().log() - first / temperature
                """,
            )
        ],
    ),
    misconception(
        "epsilon_in_the_logarithm",
        hint="An impossible state has the log-probability minus infinity: what do you add before the logarithm?",
        severity="slip",
        edits=[
            edit(
                "return -energies / temperature - torch.logsumexp(-energies / temperature, 0)",
                "return torch.log(torch.softmax(-energies / temperature, 0) + 1e-12)",
            )
        ],
    ),
    misconception(
        "low_by_its_sign",
        hint="The lower value may be any number: do you look at its sign alone?",
        severity="slip",
        edits=[
            edit(
                "return bits.double() * (1 - low) + low",
                "return bits.double() * 2 - 1 if low < 0 else bits.double()",
            )
        ],
    ),
    misconception(
        "one_axis_of_spins",
        hint="Spins may have any number of axes before the last: how many does yours allow?",
        severity="slip",
        edits=[
            edit(
                "return -0.5 * ((s @ J) * s).sum(-1) - s @ b",
                """
                if s.dim() == 1:
                    return -0.5 * (s @ J @ s) - s @ b
                return -0.5 * torch.einsum("ni,ij,nj->n", s, J, s) - s @ b
                """,
            )
        ],
    ),
]
