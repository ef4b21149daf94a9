"""Wrong solutions of `hopfield` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "diagonal_kept",
        hint="With a diagonal each unit votes for itself: what stands on yours?",
        severity="slip",
        edits=[edit("return weight - torch.diag(weight.diagonal())", "return weight")],
    ),
    misconception(
        "divided_by_patterns",
        hint="The docstring divides by the number of units: what do you divide by?",
        severity="slip",
        edits=[edit("patterns.T @ patterns / patterns.shape[1]", "patterns.T @ patterns / len(patterns)")],
    ),
    misconception(
        "last_pattern_only",
        hint="How many patterns are in your weights?",
        severity="slip",
        edits=[
            edit(
                "weight = patterns.T @ patterns / patterns.shape[1]",
                "weight = torch.outer(patterns[-1], patterns[-1]) / patterns.shape[1]",
            )
        ],
    ),
    misconception(
        "all_units_at_once",
        hint="Does a unit see the new values of the units before it? All at once, the energy can rise.",
        severity="partial",
        edits=[
            edit(
                """
                for i in range(s.shape[1]):
                    field = s @ weight[i]
                    s[:, i] = torch.where(field == 0, s[:, i], field.sign())
                """,
                """
                field = s @ weight
                s = torch.where(field == 0, s, field.sign())
                """,
            )
        ],
    ),
    misconception(
        "sign_of_zero",
        hint="The sign of 0 is 0, which is no spin: what shall the unit do?",
        severity="slip",
        edits=[edit("torch.where(field == 0, s[:, i], field.sign())", "field.sign()")],
    ),
    misconception(
        "ties_go_up",
        hint="Where the field is exactly 0 the unit keeps its value.",
        severity="slip",
        edits=[
            edit(
                "torch.where(field == 0, s[:, i], field.sign())",
                "torch.where(field >= 0, 1.0, -1.0).to(s.dtype)",
            )
        ],
    ),
    misconception(
        "energy_sign",
        hint="Patterns are valleys: is your energy low there?",
        severity="slip",
        edits=[edit("return -0.5 * ((s @ weight) * s).sum(1)", "return 0.5 * ((s @ weight) * s).sum(1)")],
    ),
    misconception(
        "pairs_counted_twice",
        hint="In s W s each pair stands twice.",
        severity="slip",
        edits=[edit("return -0.5 * ((s @ weight) * s).sum(1)", "return -((s @ weight) * s).sum(1)")],
    ),
    misconception(
        "softmax_over_the_queries",
        hint="For each query the weights of the patterns sum to 1: along which axis?",
        severity="slip",
        edits=[
            edit("torch.softmax(beta * query @ patterns.T, 1)", "torch.softmax(beta * query @ patterns.T, 0)")
        ],
    ),
    misconception(
        "beta_forgotten",
        hint="How sharp is your softmax, and who decides it?",
        severity="slip",
        edits=[
            edit("torch.softmax(beta * query @ patterns.T, 1)", "torch.softmax(query @ patterns.T, 1)"),
        ],
    ),
    misconception(
        "squared_length_without_half",
        hint="Half of the query's squared length: is the half there?",
        severity="slip",
        edits=[edit("/ beta + 0.5 * (query**2).sum(1)", "/ beta + (query**2).sum(1)")],
    ),
    misconception(
        "energy_not_divided_by_beta",
        hint="The logarithm is divided by beta.",
        severity="slip",
        edits=[
            edit(
                "-torch.logsumexp(beta * query @ patterns.T, 1) / beta",
                "-torch.logsumexp(beta * query @ patterns.T, 1)",
            )
        ],
    ),
    misconception(
        "one_sweep_whatever_is_asked",
        hint="How many sweeps does the caller ask for?",
        severity="slip",
        edits=[
            edit(
                "for _ in range(sweeps):",
                "for _ in range(1):",
            ),
        ],
    ),
    misconception(
        "one_field_for_the_batch",
        hint="Each row has a field of its own: over what do you average?",
        severity="slip",
        edits=[
            edit(
                "field = s @ weight[i]",
                "field = (s @ weight[i]).mean().expand(len(s))",
            ),
        ],
    ),
    misconception(
        "step_without_gradient",
        hint="A modern step may stand inside of a network: does its gradient reach query and patterns?",
        severity="slip",
        edits=[
            edit(
                "return torch.softmax(beta * query @ patterns.T, 1) @ patterns",
                "return torch.softmax(beta * query @ patterns.T, 1).detach() @ patterns",
            ),
        ],
    ),
    misconception(
        "float64_weights",
        hint="float32 in, float32 out: where does a float64 number enter?",
        severity="slip",
        edits=[
            edit(
                "weight = patterns.T @ patterns / patterns.shape[1]",
                "weight = (patterns.T @ patterns / patterns.shape[1]).double()",
            ),
        ],
    ),
    misconception(
        "against_the_field",
        hint="The energy must not rise: does a unit take the sign of its field, or the opposite one?",
        severity="slip",
        edits=[
            edit(
                "s[:, i] = torch.where(field == 0, s[:, i], field.sign())",
                "s[:, i] = torch.where(field == 0, s[:, i], -field.sign())",
            ),
        ],
    ),
    misconception(
        "last_unit_left_out",
        hint="Units 0 to n - 1 are updated: does your loop reach the last one?",
        severity="slip",
        edits=[
            edit(
                "for i in range(s.shape[1]):",
                "for i in range(s.shape[1] - 1):",
            ),
        ],
    ),
    misconception(
        "units_in_random_order",
        hint="The card's order is 0, 1, ..., n - 1: which unit does your sweep take first?",
        severity="partial",
        edits=[
            edit(
                "for i in range(s.shape[1]):",
                "for i in torch.randperm(s.shape[1]).tolist():",
            ),
        ],
    ),
    misconception(
        "order_turned_in_each_sweep",
        hint="Each sweep goes from unit 0 to unit n - 1: does your second one?",
        severity="slip",
        edits=[
            edit(
                "for _ in range(sweeps):",
                "for sweep in range(sweeps):",
            ),
            edit(
                "for i in range(s.shape[1]):",
                "for i in range(s.shape[1])[:: 1 if sweep % 2 == 0 else -1]:",
            ),
        ],
    ),
    misconception(
        "until_nothing_moves",
        hint="The caller says how many sweeps: do you stop there, or go on until all units rest?",
        severity="slip",
        edits=[
            edit(
                "for _ in range(sweeps):",
                "for _ in range(200):",
            ),
        ],
    ),
    misconception(
        "mean_taken_out_of_the_patterns",
        hint="Patterns are multiplied as they are: do you take something out of them first?",
        severity="slip",
        edits=[
            edit(
                "weight = patterns.T @ patterns / patterns.shape[1]",
                """
                centred = patterns - patterns.mean()
                weight = centred.T @ centred / patterns.shape[1]
                """,
            ),
        ],
    ),
    misconception(
        "divided_by_the_root_of_d",
        hint="beta alone is the scale here: does your softmax divide by the root of d as well?",
        severity="slip",
        edits=[
            edit(
                "torch.softmax(beta * query @ patterns.T, 1)",
                "torch.softmax(beta * query @ patterns.T / query.shape[1] ** 0.5, 1)",
            ),
        ],
    ),
    misconception(
        "constants_of_the_paper",
        hint="The docstring's energy has two terms: which constants do you add to them?",
        severity="slip",
        edits=[
            edit(
                "/ beta + 0.5 * (query**2).sum(1)",
                "/ beta + 0.5 * (query**2).sum(1) + math.log(len(patterns)) / beta + 0.5 * (patterns**2).sum(1).max()",
            ),
        ],
    ),
    misconception(
        "exponentials_bare",
        hint="At a large beta an exponential is infinite: logsumexp takes the largest out first.",
        severity="slip",
        edits=[
            edit(
                "-torch.logsumexp(beta * query @ patterns.T, 1) / beta",
                "-torch.exp(beta * query @ patterns.T).sum(1).log() / beta",
            ),
        ],
    ),
    misconception(
        "root_of_d_in_step_and_energy",
        hint="beta alone is the scale here: do you divide by the root of d as well?",
        severity="slip",
        edits=[
            edit(
                "torch.softmax(beta * query @ patterns.T, 1)",
                "torch.softmax(beta * query @ patterns.T / query.shape[1] ** 0.5, 1)",
            ),
            edit(
                "-torch.logsumexp(beta * query @ patterns.T, 1)",
                "-torch.logsumexp(beta * query @ patterns.T / query.shape[1] ** 0.5, 1)",
            ),
        ],
    ),
    misconception(
        "softmax_by_hand",
        hint="At a large beta an exponential is infinite: what does your softmax divide by what then?",
        severity="slip",
        edits=[
            edit(
                "return torch.softmax(beta * query @ patterns.T, 1) @ patterns",
                """
                weights = torch.exp(beta * query @ patterns.T)
                return weights / weights.sum(1, keepdim=True) @ patterns
                """,
            ),
        ],
    ),
]
