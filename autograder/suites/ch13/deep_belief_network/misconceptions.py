"""Wrong solutions of `deep_belief_network` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "second_layer_sees_raw_input",
        hint="On which layer shall the second machine be trained?",
        severity="partial",
        edits=[edit("data = torch.sigmoid(data @ weight + hidden_bias)", "")],
    ),
    misconception(
        "draws_for_probabilities",
        hint="The next machine's data are probabilities here: do you draw?",
        severity="slip",
        edits=[
            edit(
                "data = torch.sigmoid(data @ weight + hidden_bias)",
                "data = torch.bernoulli(torch.sigmoid(data @ weight + hidden_bias))",
            )
        ],
    ),
    misconception(
        "fields_for_probabilities",
        hint="A layer's data lie between 0 and 1: what is missing after the field?",
        severity="slip",
        edits=[
            edit("data = torch.sigmoid(data @ weight + hidden_bias)", "data = data @ weight + hidden_bias")
        ],
    ),
    misconception(
        "biases_not_exchanged",
        hint="The layer that was hidden is visible now: whose bias comes first?",
        severity="slip",
        edits=[
            edit(
                "return weight.T.clone(), hidden_bias.clone(), visible_bias.clone()",
                "return weight.T.clone(), visible_bias.clone(), hidden_bias.clone()",
            )
        ],
    ),
    misconception(
        "entropy_forgotten",
        hint="A bound has an entropy in it: where is minus log q?",
        severity="partial",
        edits=[edit("terms = log_likelihood + log_prior - log_q", "terms = log_likelihood + log_prior")],
    ),
    misconception(
        "entropy_sign",
        hint="Is log q added or subtracted?",
        severity="partial",
        edits=[
            edit("terms = log_likelihood + log_prior - log_q", "terms = log_likelihood + log_prior + log_q")
        ],
    ),
    misconception(
        "prior_forgotten",
        hint="What does the machine above say about the hidden states?",
        severity="partial",
        edits=[
            edit(
                "terms = log_likelihood + log_prior - log_q", "terms = log_likelihood - log_q + 0 * log_prior"
            )
        ],
    ),
    misconception(
        "log_of_the_mean",
        hint="The bound is the mean under q of three logarithms: which mean do you take, and under which q?",
        severity="partial",
        edits=[
            edit(
                "return torch.where(q > 0, q * terms, torch.zeros_like(q)).sum(1)",
                "return torch.logsumexp(log_likelihood + log_prior, 1)",
            )
        ],
    ),
    misconception(
        "zero_times_infinity",
        hint="0 times minus infinity is NaN: what shall 0 log 0 be?",
        severity="slip",
        edits=[
            edit(
                "F.logsigmoid(up) @ states.T + F.logsigmoid(-up) @ (1 - states).T",
                "torch.sigmoid(up).log() @ states.T + torch.sigmoid(-up).log() @ (1 - states).T",
            ),
            edit("torch.where(q > 0, q * terms, torch.zeros_like(q)).sum(1)", "(q * terms).sum(1)"),
        ],
    ),
    misconception(
        "prior_without_gradient",
        hint="The bound is there to be raised by the prior: does its gradient reach the prior?",
        severity="slip",
        edits=[
            edit(
                "terms = log_likelihood + log_prior - log_q",
                "terms = log_likelihood + log_prior.detach() - log_q",
            ),
        ],
    ),
    misconception(
        "float64_bound",
        hint="float32 in, float32 out: where does a float64 number enter?",
        severity="slip",
        edits=[
            edit(
                "q = log_q.exp()",
                "q = log_q.double().exp()",
            ),
        ],
    ),
    misconception(
        "forbidden_states_left_out",
        hint="A state that q reaches and the prior forbids has the term minus infinity: do you leave it out?",
        severity="slip",
        base="reference",
        edits=[edit("torch.where(q > 0,", "torch.where((q > 0) & log_prior.isfinite(),")],
    ),
    misconception(
        "probabilities_cut_off",
        hint="Fields may be as strong as a probability of exactly 0: do you cut probabilities off?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "up, down = v @ weight + hidden_bias, states @ weight.T + visible_bias",
                """
                up = (v @ weight + hidden_bias).clamp(-16, 16)
                down = (states @ weight.T + visible_bias).clamp(-16, 16)
                """,
            )
        ],
    ),
    misconception(
        "states_listed_anew",
        hint="The prior's numbers belong to the states that are handed in: in which order are those that you sum over?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "up, down = v @ weight + hidden_bias, states @ weight.T + visible_bias",
                """
                n = len(hidden_bias)
                states = (torch.arange(2**n)[:, None] // 2 ** torch.arange(n - 1, -1, -1) % 2).to(v.dtype)
                up, down = v @ weight + hidden_bias, states @ weight.T + visible_bias
                """,
            )
        ],
    ),
    misconception(
        "reshaped_for_transposed",
        hint="With the layers exchanged, entry (j, i) is the old (i, j): is it after a reshape?",
        severity="slip",
        base="reference",
        edits=[edit("weight.T.clone()", "weight.reshape(weight.shape[1], weight.shape[0])")],
    ),
]
