"""Wrong solutions of `train_rbm` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "always_restarted",
        hint="Persistent chains keep their states: where are they when the next update begins?",
        severity="partial",
        edits=[edit("v = batch if chain is None or not persistent else chain", "v = batch")],
    ),
    misconception(
        "never_restarted",
        hint="With persistent=False the chains begin at the batch in each update.",
        severity="slip",
        edits=[edit("if chain is None or not persistent else", "if chain is None else")],
    ),
    misconception(
        "chains_begin_at_noise",
        hint="Where do the chains stand in the first update?",
        severity="slip",
        edits=[
            edit(
                "chain = None",
                "chain = torch.bernoulli(torch.full((batch_size, data.shape[1]), 0.5, dtype=data.dtype), generator=generator)",
            )
        ],
    ),
    misconception(
        "phases_swapped",
        hint="After training, is the data's probability higher or lower than before?",
        severity="serious",
        edits=[
            edit("weight = weight - rate", "weight = weight + rate"),
            edit("a = a - rate", "a = a + rate"),
            edit("c = c - rate", "c = c + rate"),
        ],
    ),
    misconception(
        "rate_constant",
        hint="The rate falls linearly, update by update.",
        severity="slip",
        edits=[edit("lr * (1 - update / n_updates) / batch_size", "lr / batch_size")],
    ),
    misconception(
        "weight_summed_biases_averaged",
        hint="All three gradients are means over the batch.",
        severity="partial",
        edits=[edit("weight = weight - rate * (", "weight = weight - rate * batch_size * (")],
    ),
    misconception(
        "gradients_summed",
        hint="Twice the batch must not mean twice the step: sum or mean?",
        severity="partial",
        edits=[edit("lr * (1 - update / n_updates) / batch_size", "lr * (1 - update / n_updates)")],
    ),
    misconception(
        "stale_hidden_units",
        hint="The chain's statistics pair its last visible state with hidden probabilities: computed from which state?",
        severity="slip",
        edits=[
            edit("chain = v", "chain, h_stale = v, h"),
            edit(
                "torch.sigmoid(batch @ weight + c), torch.sigmoid(chain @ weight + c)",
                "torch.sigmoid(batch @ weight + c), h_stale",
            ),
        ],
    ),
    misconception(
        "hidden_samples_of_the_data",
        hint="The data's hidden units enter by their probabilities: do you draw them?",
        severity="slip",
        edits=[
            edit(
                "h_data, h_chain = torch.sigmoid(batch @ weight + c), torch",
                "h_data, h_chain = torch.bernoulli(torch.sigmoid(batch @ weight + c), generator=generator), torch",
            )
        ],
    ),
    misconception(
        "visible_bias_not_learned",
        hint="Three parameters learn: which one does not move?",
        severity="partial",
        edits=[edit("a = a - rate * (chain - batch).sum(0)", "a = a - 0 * (chain - batch).sum(0)")],
    ),
    misconception(
        "one_batch_for_all_updates",
        hint="Each update draws a new batch.",
        severity="slip",
        edits=[
            edit(
                """
                for update in range(n_updates):
                    batch = data[torch.randint(len(data), (batch_size,), generator=generator)]
                """,
                """
                batch = data[torch.randint(len(data), (batch_size,), generator=generator)]
                for update in range(n_updates):
                """,
            )
        ],
    ),
    misconception(
        "one_step_whatever_k",
        hint="How many steps does a chain make when k is 10?",
        severity="slip",
        edits=[edit("for _ in range(k):", "for _ in range(1):")],
    ),
    misconception(
        "weight_decay",
        hint="Nothing but the gradient acts on the parameters.",
        severity="partial",
        edits=[
            edit(
                "weight = weight - rate * (chain.T @ h_chain - batch.T @ h_data)",
                "weight = 0.999 * weight - rate * (chain.T @ h_chain - batch.T @ h_data)",
            )
        ],
    ),
    misconception(
        "generator_not_used",
        hint="A seed must repeat a run: do all draws come from the generator that was handed in?",
        severity="slip",
        edits=[
            edit(
                "v = torch.bernoulli(torch.sigmoid(h @ weight.T + a), generator=generator)",
                "v = torch.bernoulli(torch.sigmoid(h @ weight.T + a))",
            ),
        ],
    ),
]
