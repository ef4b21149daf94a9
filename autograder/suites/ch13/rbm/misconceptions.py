"""Wrong solutions of `rbm` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "energy_sign",
        hint="Units that are coupled positively like to be on together: is the energy low then?",
        severity="slip",
        edits=[
            edit(
                "-((v @ weight) * h).sum(-1) - v @ visible_bias - h @ hidden_bias",
                "((v @ weight) * h).sum(-1) + v @ visible_bias + h @ hidden_bias",
            )
        ],
    ),
    misconception(
        "biases_swapped",
        hint="Which bias belongs to the layer whose probabilities you compute?",
        severity="serious",
        edits=[
            edit("- v @ visible_bias - h @ hidden_bias", "- v @ hidden_bias - h @ visible_bias"),
            edit("torch.sigmoid(v @ weight + hidden_bias)", "torch.sigmoid(v @ weight + visible_bias)"),
            edit("torch.sigmoid(h @ weight.T + visible_bias)", "torch.sigmoid(h @ weight.T + hidden_bias)"),
        ],
    ),
    misconception(
        "biases_forgotten_in_conditionals",
        hint="A unit has a field of its own, whatever the other layer does.",
        severity="partial",
        edits=[
            edit("torch.sigmoid(v @ weight + hidden_bias)", "torch.sigmoid(v @ weight)"),
            edit("torch.sigmoid(h @ weight.T + visible_bias)", "torch.sigmoid(h @ weight.T)"),
        ],
    ),
    misconception(
        "factor_two_of_spins",
        hint="The 2 belongs to spins of -1 and +1; how far apart are 0 and 1?",
        severity="partial",
        edits=[
            edit("torch.sigmoid(v @ weight + hidden_bias)", "torch.sigmoid(2 * (v @ weight + hidden_bias))"),
            edit(
                "torch.sigmoid(h @ weight.T + visible_bias)",
                "torch.sigmoid(2 * (h @ weight.T + visible_bias))",
            ),
        ],
    ),
    misconception(
        "hidden_bias_outside_the_softplus",
        hint="A hidden unit that is off does not have its field: where does its bias belong?",
        severity="slip",
        edits=[
            edit(
                "F.softplus(v @ weight + hidden_bias).sum(-1)",
                "F.softplus(v @ weight).sum(-1) - hidden_bias.sum()",
            )
        ],
    ),
    misconception(
        "visible_bias_in_the_softplus",
        hint="Only what is summed away stands in the softplus: the visible units are given.",
        severity="slip",
        edits=[
            edit(
                "return -(v @ visible_bias) - F.softplus", "return -F.softplus(v @ visible_bias) - F.softplus"
            )
        ],
    ),
    misconception(
        "free_energy_sign",
        hint="A state that more hidden states support is more likely: does your free energy fall?",
        severity="slip",
        edits=[edit("return -(v @ visible_bias) - F.softplus", "return (v @ visible_bias) + F.softplus")],
    ),
    misconception(
        "best_hidden_state_only",
        hint="The free energy sums over all hidden states; the best one alone is only the largest term.",
        severity="slip",
        edits=[edit("F.softplus(v @ weight + hidden_bias)", "F.relu(v @ weight + hidden_bias)")],
    ),
    misconception(
        "mean_field_energy",
        hint="The energy at the hidden probabilities is not the free energy: what of the hidden units' entropy?",
        severity="slip",
        edits=[
            edit(
                "return -(v @ visible_bias) - F.softplus(v @ weight + hidden_bias).sum(-1)",
                """
                u = v @ weight + hidden_bias
                return -(v @ visible_bias) - (torch.sigmoid(u) * u).sum(-1)
                """,
            )
        ],
    ),
    misconception(
        "exponentials_bare",
        hint="The exponential of a large field is infinite; the logarithm comes too late.",
        severity="slip",
        edits=[
            edit("F.softplus(v @ weight + hidden_bias)", "torch.log(1 + torch.exp(v @ weight + hidden_bias))")
        ],
    ),
    misconception(
        "samples_for_probabilities",
        hint="Asked for is the probability, not a draw.",
        severity="partial",
        edits=[
            edit(
                "return torch.sigmoid(v @ weight + hidden_bias)",
                "return torch.bernoulli(torch.sigmoid(v @ weight + hidden_bias))",
            ),
            edit(
                "return torch.sigmoid(h @ weight.T + visible_bias)",
                "return torch.bernoulli(torch.sigmoid(h @ weight.T + visible_bias))",
            ),
        ],
    ),
    misconception(
        "float64_free_energy",
        hint="float32 in, float32 out: where does a float64 number enter?",
        severity="slip",
        edits=[
            edit(
                "return -(v @ visible_bias) - F.softplus(v @ weight + hidden_bias).sum(-1)",
                "return (-(v @ visible_bias) - F.softplus(v @ weight + hidden_bias).sum(-1)).double()",
            ),
        ],
    ),
    misconception(
        "grey_pixels_rounded",
        hint="Visible states may be probabilities: do you round them?",
        severity="slip",
        edits=[
            edit(
                "return torch.sigmoid(v @ weight + hidden_bias)",
                "return torch.sigmoid((v > 0.5).to(v.dtype) @ weight + hidden_bias)",
            ),
        ],
    ),
    misconception(
        "exponential_over_one_plus",
        hint="Infinity over infinity is not a number: what does your sigmoid give for a field of 1000?",
        severity="slip",
        edits=[
            edit(
                "return torch.sigmoid(v @ weight + hidden_bias)",
                """
                field = torch.exp(v @ weight + hidden_bias)
                return field / (1 + field)
                """,
            ),
        ],
    ),
    misconception(
        "gaussian_visible_units",
        hint="These visible units are 0 or 1: how does their bias enter the energy, and how for normal ones?",
        severity="slip",
        edits=[
            edit(
                "-(v @ visible_bias) - F.softplus",
                "0.5 * ((v - visible_bias) ** 2).sum(-1) - F.softplus",
            ),
        ],
    ),
    misconception(
        "two_of_the_spins",
        hint="From 0 to 1 is one step, from -1 to 1 are two: which is it here?",
        severity="slip",
        edits=[
            edit(
                "return torch.sigmoid(v @ weight + hidden_bias)",
                "return torch.sigmoid(2 * (v @ weight + hidden_bias))",
            ),
        ],
    ),
    misconception(
        "axis_of_a_batch",
        hint="One state alone and a batch of batches: which axis is the last?",
        severity="slip",
        edits=[
            edit(
                "F.softplus(v @ weight + hidden_bias).sum(-1)",
                "F.softplus(v @ weight + hidden_bias).sum(1)",
            ),
        ],
    ),
    misconception(
        "biases_with_the_other_sign",
        hint="A positive bias makes its unit likely: which sign has it in the energy?",
        severity="slip",
        edits=[
            edit(
                "* h).sum(-1) - v @ visible_bias - h @ hidden_bias",
                "* h).sum(-1) + v @ visible_bias + h @ hidden_bias",
            ),
        ],
    ),
    misconception(
        "sigmoid_of_a_bare_exponential",
        hint="The exponential of a huge field is infinite: what becomes of the gradient of your own sigmoid there?",
        severity="slip",
        edits=[
            edit(
                "return torch.sigmoid(v @ weight + hidden_bias)",
                "return 1 / (1 + torch.exp(-(v @ weight + hidden_bias)))",
            ),
        ],
    ),
]
