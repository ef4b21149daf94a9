"""Wrong solutions of `phases` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "uniform_negative_phase",
        hint="The negative phase is a mean under the model: are all states equally likely under it?",
        severity="partial",
        edits=[
            edit(
                "p = torch.softmax(0.5 * ((states @ J) * states).sum(1) + states @ b, 0)",
                "p = torch.full((2**n,), 2.0**-n, dtype=J.dtype)",
            )
        ],
    ),
    misconception(
        "coupling_not_halved",
        hint="Each entry of J stands with the factor one half in the energy.",
        severity="slip",
        edits=[edit("return 0.5 * (model_J - data_J)", "return (model_J - data_J)")],
    ),
    misconception(
        "gradient_through_the_samples",
        hint="Samples are constants: does your graph end where they begin?",
        severity="slip",
        edits=[edit("energy(x_model.detach())", "energy(x_model)")],
    ),
    misconception(
        "data_detached_too",
        hint="Only the samples are constants; data may come from a network that learns.",
        severity="slip",
        edits=[
            edit(
                "energy(x_data), energy(x_model.detach())",
                "energy(x_data.detach()), energy(x_model.detach())",
            )
        ],
    ),
    misconception(
        "penalty_of_the_difference",
        hint="alpha prices each energy's square, not the square of their difference.",
        severity="slip",
        edits=[
            edit(
                "penalty = (positive**2).mean() + (negative**2).mean()",
                "penalty = (positive.mean() - negative.mean()) ** 2",
            )
        ],
    ),
    misconception(
        "penalty_on_data_alone",
        hint="The price holds for the energies of the samples too.",
        severity="slip",
        edits=[
            edit("penalty = (positive**2).mean() + (negative**2).mean()", "penalty = (positive**2).mean()")
        ],
    ),
    misconception(
        "exponentials_bare",
        hint="The exponential of a large energy is infinite; softmax takes the largest out first.",
        severity="slip",
        edits=[
            edit(
                "p = torch.softmax(0.5 * ((states @ J) * states).sum(1) + states @ b, 0)",
                """
                p = torch.exp(0.5 * ((states @ J) * states).sum(1) + states @ b)
                p = p / p.sum()
                """,
            )
        ],
    ),
    misconception(
        "energy_sample_by_sample",
        hint="The energy takes a whole batch: how often do you call it?",
        severity="slip",
        edits=[
            edit(
                "positive, negative = energy(x_data), energy(x_model.detach())",
                "positive = torch.cat([energy(row[None]) for row in x_data])\nnegative = energy(x_model.detach())",
            ),
        ],
    ),
    misconception(
        "states_always_float64",
        hint="float32 in, float32 out: where does a float64 number enter?",
        severity="slip",
        edits=[
            edit(
                "states = bits.to(J.dtype) * 2 - 1",
                "J, b, data = J.double(), b.double(), data.double()\nstates = bits.double() * 2 - 1",
            ),
        ],
    ),
    misconception(
        "gradient_sign",
        hint="Descending must lower the energy of the data: which phase is added, which subtracted?",
        severity="partial",
        edits=[
            edit(
                "return 0.5 * (model_J - data_J), model_b - data_b",
                "return 0.5 * (data_J - model_J), data_b - model_b",
            ),
        ],
    ),
    misconception(
        "loss_sign",
        hint="Descending must lower the energy of the data: which phase is added, which subtracted?",
        severity="partial",
        edits=[
            edit(
                "return positive.mean() - negative.mean()",
                "return negative.mean() - positive.mean()",
            ),
        ],
    ),
    misconception(
        "gradient_without_negative_phase",
        hint="log Z depends on the parameters too: what keeps the energy from sinking everywhere?",
        severity="partial",
        edits=[
            edit(
                "return 0.5 * (model_J - data_J), model_b - data_b",
                "return -0.5 * data_J, -data_b",
            ),
        ],
    ),
    misconception(
        "loss_without_negative_phase",
        hint="log Z depends on the parameters too: what keeps the energy from sinking everywhere?",
        severity="partial",
        edits=[
            edit(
                "return positive.mean() - negative.mean()",
                "return positive.mean()",
            ),
        ],
    ),
    misconception(
        "sums_in_the_gradient",
        hint="With three data and five samples the phases must still balance: sum or mean?",
        severity="partial",
        edits=[
            edit(
                "data.T @ data / len(data), data.mean(0)",
                "data.T @ data, data.sum(0)",
            ),
        ],
    ),
    misconception(
        "sums_in_the_loss",
        hint="With three data and five samples the phases must still balance: sum or mean?",
        severity="partial",
        edits=[
            edit(
                "return positive.mean() - negative.mean()",
                "return positive.sum() - negative.sum()",
            ),
        ],
    ),
    misconception(
        "means_taken_out",
        hint="The gradient in J has the mean of s s: do you take the product of two means off it?",
        severity="slip",
        edits=[
            edit(
                "return 0.5 * (model_J - data_J)",
                """
                model_J = model_J - torch.outer(model_b, model_b)
                data_J = data_J - torch.outer(data_b, data_b)
                return 0.5 * (model_J - data_J)
                """,
            ),
        ],
    ),
    misconception(
        "fields_not_in_the_model",
        hint="With which energy do you weigh the states: are the fields in it?",
        severity="partial",
        edits=[
            edit(
                "* states).sum(1) + states @ b, 0)",
                "* states).sum(1), 0)",
            ),
        ],
    ),
    misconception(
        "one_batch_cut_in_half",
        hint="Data and samples may differ in number: where does your batch change from one to the other?",
        severity="partial",
        edits=[
            edit(
                "positive, negative = energy(x_data), energy(x_model.detach())",
                "positive, negative = energy(torch.cat([x_data, x_model.detach()])).chunk(2)",
            ),
        ],
    ),
    misconception(
        "samples_energies_without_graph",
        hint="The samples are constants, their energies are not: do the parameters get both phases?",
        severity="slip",
        edits=[
            edit(
                "energy(x_model.detach())",
                "energy(x_model).detach()",
            ),
        ],
    ),
    misconception(
        "penalty_of_the_means",
        hint="alpha prices the mean of the squares: do you square before the mean, or after?",
        severity="slip",
        edits=[
            edit(
                "penalty = (positive**2).mean() + (negative**2).mean()",
                "penalty = positive.mean() ** 2 + negative.mean() ** 2",
            ),
        ],
    ),
]
