"""Wrong solutions of `exact_likelihood` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "always_the_hidden_side",
        hint="Which layer has fewer units? Count the states that you list.",
        severity="slip",
        edits=[
            edit(
                """
                if len(visible_bias) < len(hidden_bias):
                    weight, visible_bias, hidden_bias = weight.T, hidden_bias, visible_bias
                """,
                "",
            )
        ],
    ),
    misconception(
        "larger_side",
        hint="You enumerate the larger layer: turn the comparison round.",
        severity="slip",
        edits=[edit("if len(visible_bias) < len(hidden_bias):", "if len(visible_bias) > len(hidden_bias):")],
    ),
    misconception(
        "bias_of_the_listed_layer_forgotten",
        hint="The units that you list have fields of their own: where does their bias enter?",
        severity="partial",
        edits=[
            edit(
                "return torch.logsumexp(h @ hidden_bias + F.softplus(h @ weight.T + visible_bias).sum(1), 0)",
                "return torch.logsumexp(F.softplus(h @ weight.T + visible_bias).sum(1), 0)",
            )
        ],
    ),
    misconception(
        "z_forgotten",
        hint="Do the probabilities of all visible states sum to 1?",
        severity="partial",
        edits=[
            edit(
                "return unnormalised - rbm_log_partition(weight, visible_bias, hidden_bias)",
                "return unnormalised",
            )
        ],
    ),
    misconception(
        "z_added",
        hint="A larger Z makes each state less likely: added or subtracted?",
        severity="partial",
        edits=[edit("return unnormalised - rbm_log_partition", "return unnormalised + rbm_log_partition")],
    ),
    misconception(
        "z_of_the_batch",
        hint="Z sums over all states, not over those at hand.",
        severity="partial",
        edits=[
            edit(
                "return unnormalised - rbm_log_partition(weight, visible_bias, hidden_bias)",
                "return unnormalised - torch.logsumexp(unnormalised, 0)",
            )
        ],
    ),
    misconception(
        "best_hidden_state",
        hint="The other layer is summed away, not set to its best state: softplus or relu?",
        severity="partial",
        edits=[
            edit("F.softplus(h @ weight.T + visible_bias)", "F.relu(h @ weight.T + visible_bias)"),
            edit("F.softplus(v @ weight + hidden_bias)", "F.relu(v @ weight + hidden_bias)"),
        ],
    ),
    misconception(
        "exponentials_bare",
        hint="Exponentials of hundreds are infinite: logsumexp takes the largest out first.",
        severity="slip",
        edits=[
            edit(
                "return torch.logsumexp(h @ hidden_bias + F.softplus(h @ weight.T + visible_bias).sum(1), 0)",
                "return torch.exp(h @ hidden_bias + F.softplus(h @ weight.T + visible_bias).sum(1)).sum().log()",
            )
        ],
    ),
    misconception(
        "log_z_detached",
        hint="Z depends on the parameters: does its gradient reach them?",
        severity="slip",
        edits=[
            edit(
                "return unnormalised - rbm_log_partition(weight, visible_bias, hidden_bias)",
                "return unnormalised - rbm_log_partition(weight, visible_bias, hidden_bias).detach()",
            )
        ],
    ),
    misconception(
        "size_not_checked",
        hint="Two to the power of 21 states: what shall happen then?",
        severity="slip",
        edits=[edit("if n > 20:", "if n > 24:")],
    ),
    misconception(
        "either_layer_refused",
        hint="Both layers must be too large: what do you do with 21 units against 2?",
        severity="slip",
        edits=[
            edit(
                "n = len(hidden_bias)",
                """
                n = max(len(visible_bias), len(hidden_bias))
                if n > 20:
                    raise ValueError
                n = len(hidden_bias)
                """,
            ),
        ],
    ),
    misconception(
        "bits_for_nats",
        hint="In nats or in bits: which logarithm is yours?",
        severity="partial",
        edits=[
            edit(
                "return unnormalised - rbm_log_partition(weight, visible_bias, hidden_bias)",
                "return (unnormalised - rbm_log_partition(weight, visible_bias, hidden_bias)) / math.log(2)",
            ),
        ],
    ),
    misconception(
        "biases_not_exchanged",
        hint="With the layers exchanged, which bias belongs to which?",
        severity="partial",
        edits=[
            edit(
                "weight, visible_bias, hidden_bias = weight.T, hidden_bias, visible_bias",
                "weight, visible_bias = weight.T, hidden_bias",
            ),
        ],
    ),
    misconception(
        "product_before_the_logarithm",
        hint="A product over the units of a layer may be too large for any number: where do you take its logarithm?",
        severity="slip",
        edits=[
            edit(
                "F.softplus(h @ weight.T + visible_bias).sum(1)",
                "(1 + torch.exp(h @ weight.T + visible_bias)).prod(1).log()",
            )
        ],
    ),
]
