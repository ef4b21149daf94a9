"""Wrong solutions of `gibbs` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "all_units_at_once",
        hint="Does each spin see the newest values of the others, or all of them the old state?",
        severity="serious",
        edits=[
            edit(
                """
                s = s.clone()
                for i in range(len(b)):
                    up = spin_up_probability(s, i, J, b, temperature)
                    u = torch.rand(len(s), generator=generator, dtype=s.dtype)
                    s[:, i] = torch.where(u < up, 1.0, -1.0).to(s.dtype)
                return s
                """,
                """
                up = torch.sigmoid(2 * (s @ J + b) / temperature)
                u = torch.rand(s.shape, generator=generator, dtype=s.dtype)
                return torch.where(u < up, 1.0, -1.0).to(s.dtype)
                """,
            )
        ],
    ),
    misconception(
        "factor_two_of_the_alphabet",
        hint="From -1 to +1 are two steps: by how much do the two energies differ?",
        severity="partial",
        edits=[
            edit(
                "torch.sigmoid(2 * (s @ J[i] + b[i]) / temperature)",
                "torch.sigmoid((s @ J[i] + b[i]) / temperature)",
            )
        ],
    ),
    misconception(
        "field_not_doubled",
        hint="Turning the spin changes the field's term by 2 b as well.",
        severity="partial",
        edits=[edit("2 * (s @ J[i] + b[i])", "(2 * (s @ J[i]) + b[i])")],
    ),
    misconception(
        "last_neighbour_lost",
        hint="All other spins pull at spin i: is one of them left out?",
        severity="partial",
        edits=[edit("s @ J[i] + b[i]", "s[:, :-1] @ J[i, :-1] + b[i]")],
    ),
    misconception(
        "temperature_ignored",
        hint="What does the temperature do in your probability?",
        severity="slip",
        edits=[edit("2 * (s @ J[i] + b[i]) / temperature", "2 * (s @ J[i] + b[i])")],
    ),
    misconception(
        "temperature_not_passed_on",
        hint="The chain has a temperature: do its sweeps know it?",
        severity="slip",
        edits=[
            edit(
                "s = gibbs_sweep(s, J, b, temperature, generator)",
                "s = gibbs_sweep(s, J, b, generator=generator)",
            )
        ],
    ),
    misconception(
        "one_draw_for_all_chains",
        hint="Each chain needs a uniform number of its own.",
        severity="partial",
        edits=[edit("torch.rand(len(s), generator", "torch.rand(1, generator")],
    ),
    misconception(
        "most_likely_value",
        hint="A sampler draws: if the probability is 0.8, how often shall the spin be down?",
        severity="serious",
        edits=[edit("torch.where(u < up, 1.0, -1.0)", "torch.where(up > 0.5, 1.0, -1.0)")],
    ),
    misconception(
        "lattice_reset_every_sweep",
        hint="Each sweep starts where the last one ended: where does yours start?",
        severity="partial",
        edits=[
            edit(
                """
                s = gibbs_sweep(s, J, b, temperature, generator)
                states.append(s)
                """,
                "states.append(gibbs_sweep(s, J, b, temperature, generator))",
            )
        ],
    ),
    misconception(
        "start_recorded",
        hint="The record holds the states after the sweeps: is the start one of them?",
        severity="slip",
        edits=[
            edit(
                """
                s = gibbs_sweep(s, J, b, temperature, generator)
                states.append(s)
                """,
                """
                states.append(s)
                s = gibbs_sweep(s, J, b, temperature, generator)
                """,
            )
        ],
    ),
    misconception(
        "zeros_and_ones",
        hint="A spin that is down is -1: what do you write into the state?",
        severity="serious",
        edits=[edit("torch.where(u < up, 1.0, -1.0)", "torch.where(u < up, 1.0, 0.0)")],
    ),
    misconception(
        "generator_not_used",
        hint="A seed must repeat a run: do all draws come from the generator that was handed in?",
        severity="slip",
        edits=[
            edit(
                "u = torch.rand(len(s), generator=generator, dtype=s.dtype)",
                "u = torch.rand(len(s), dtype=s.dtype)",
            ),
        ],
    ),
    misconception(
        "probabilities_cut_off",
        hint="A probability of exactly 0 or 1 is obeyed: do you cut it off?",
        severity="slip",
        edits=[
            edit(
                "torch.where(u < up, 1.0, -1.0)",
                "torch.where(u < up.clamp(0.01, 0.99), 1.0, -1.0)",
            ),
        ],
    ),
    misconception(
        "last_unit_first",
        hint="A sweep goes from spin 0 to spin n - 1: where does yours begin?",
        severity="partial",
        edits=[
            edit(
                "for i in range(len(b)):",
                "for i in reversed(range(len(b))):",
            ),
        ],
    ),
    misconception(
        "units_in_random_order",
        hint="The order of a sweep is 0, 1, ..., n - 1: which spin does yours take first?",
        severity="partial",
        edits=[
            edit(
                "for i in range(len(b)):",
                "for i in torch.randperm(len(b), generator=generator).tolist():",
            ),
        ],
    ),
    misconception(
        "last_unit_left_out",
        hint="Each spin is redrawn once: does your loop reach the last one?",
        severity="serious",
        edits=[
            edit(
                "for i in range(len(b)):",
                "for i in range(len(b) - 1):",
            ),
        ],
    ),
    misconception(
        "even_units_then_odd_ones",
        hint="A checkerboard serves lattices; here any two spins may be coupled: which order is asked for?",
        severity="partial",
        edits=[
            edit(
                """
                for i in range(len(b)):
                    up = spin_up_probability(s, i, J, b, temperature)
                    u = torch.rand(len(s), generator=generator, dtype=s.dtype)
                    s[:, i] = torch.where(u < up, 1.0, -1.0).to(s.dtype)
                """,
                """
                for parity in (0, 1):
                    up = torch.sigmoid(2 * (s @ J + b) / temperature)[:, parity::2]
                    u = torch.rand(up.shape, generator=generator, dtype=s.dtype)
                    s[:, parity::2] = torch.where(u < up, 1.0, -1.0).to(s.dtype)
                """,
            ),
        ],
    ),
    misconception(
        "one_draw_for_all_units",
        hint="Each spin of a chain needs a uniform number of its own: where do you draw it?",
        severity="partial",
        edits=[
            edit(
                """
                for i in range(len(b)):
                    up = spin_up_probability(s, i, J, b, temperature)
                    u = torch.rand(len(s), generator=generator, dtype=s.dtype)
                    s[:, i] = torch.where(u < up, 1.0, -1.0).to(s.dtype)
                """,
                """
                u = torch.rand(len(s), generator=generator, dtype=s.dtype)
                for i in range(len(b)):
                    up = spin_up_probability(s, i, J, b, temperature)
                    s[:, i] = torch.where(u < up, 1.0, -1.0).to(s.dtype)
                """,
            ),
        ],
    ),
    misconception(
        "flip_accepted_as_metropolis_does",
        hint="A spin is drawn anew from its conditional: do you draw its value, or whether it flips?",
        severity="partial",
        edits=[
            edit(
                """
                for i in range(len(b)):
                    up = spin_up_probability(s, i, J, b, temperature)
                    u = torch.rand(len(s), generator=generator, dtype=s.dtype)
                    s[:, i] = torch.where(u < up, 1.0, -1.0).to(s.dtype)
                """,
                """
                for i in range(len(b)):
                    flip = torch.exp(-2 * s[:, i] * (s @ J[i] + b[i]) / temperature)
                    u = torch.rand(len(s), generator=generator, dtype=s.dtype)
                    s[:, i] = torch.where(u < flip, -s[:, i], s[:, i])
                """,
            ),
        ],
    ),
    misconception(
        "one_tensor_recorded",
        hint="The record needs the state of each sweep: does it hold copies, or one tensor many times?",
        severity="slip",
        edits=[
            edit(
                "states = []",
                """
                states = []
                s = s.clone()
                """,
            ),
            edit(
                "s = gibbs_sweep(s, J, b, temperature, generator)",
                "s[:] = gibbs_sweep(s, J, b, temperature, generator)",
            ),
        ],
    ),
    misconception(
        "sweep_at_temperature_one",
        hint="A sweep has a temperature: do the probabilities that it draws with know it?",
        severity="slip",
        edits=[
            edit(
                "up = spin_up_probability(s, i, J, b, temperature)",
                "up = spin_up_probability(s, i, J, b)",
            )
        ],
    ),
    misconception(
        "own_generator_for_none",
        hint="Without a generator the global one draws: which seed decides about your draws then?",
        severity="slip",
        edits=[
            edit(
                "s = s.clone()",
                """
                s = s.clone()
                if generator is None:
                    generator = torch.Generator().manual_seed(0)
                """,
            )
        ],
    ),
    misconception(
        "seeded_anew_in_each_sweep",
        hint="Draws differ from sweep to sweep: does your generator begin again in each?",
        severity="partial",
        edits=[
            edit(
                "s = gibbs_sweep(s, J, b, temperature, generator)",
                """
                own = None if generator is None else torch.Generator().manual_seed(generator.initial_seed())
                s = gibbs_sweep(s, J, b, temperature, own)
                """,
            )
        ],
    ),
]
