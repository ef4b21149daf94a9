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
    misconception(
        "chains_hold_probabilities",
        hint="The chain's visible units are 0 or 1: what do you keep after the last step?",
        severity="slip",
        edits=[
            edit(
                "v = torch.bernoulli(torch.sigmoid(h @ weight.T + a), generator=generator)",
                """
                v = torch.sigmoid(h @ weight.T + a)
                if _ < k - 1:
                    v = torch.bernoulli(v, generator=generator)
                """,
            ),
        ],
    ),
    misconception(
        "rate_by_passes",
        hint="The rate falls in every update: does yours wait for a whole pass over the data?",
        severity="slip",
        edits=[
            edit(
                "rate = lr * (1 - update / n_updates) / batch_size",
                """
                per_pass = max(1, len(data) // batch_size)
                rate = lr * (1 - update // per_pass * per_pass / n_updates) / batch_size
                """,
            ),
        ],
    ),
    misconception(
        "rate_of_the_next_update",
        hint="Update 0 has the full rate `lr`: with which number do you begin to count?",
        severity="partial",
        edits=[
            edit(
                "lr * (1 - update / n_updates) / batch_size",
                "lr * (1 - (update + 1) / n_updates) / batch_size",
            )
        ],
    ),
    misconception(
        "rate_zero_in_the_last_update",
        hint="The last of n updates still has a rate of lr / n: which rate has yours?",
        severity="slip",
        edits=[
            edit(
                "lr * (1 - update / n_updates) / batch_size",
                "lr * (1 - update / max(1, n_updates - 1)) / batch_size",
            )
        ],
    ),
    misconception(
        "hidden_bias_after_the_weight",
        hint="All three gradients belong to the parameters before the update: which weight does your hidden bias see?",
        severity="slip",
        edits=[
            edit(
                "c = c - rate * (h_chain - h_data).sum(0)",
                "c = c - rate * (torch.sigmoid(chain @ weight + c) - torch.sigmoid(batch @ weight + c)).sum(0)",
            )
        ],
    ),
    misconception(
        "momentum",
        hint="Each parameter moves by minus rate times gradient: do earlier gradients act in yours?",
        severity="slip",
        edits=[
            edit("chain = None", "chain, inertia = None, torch.zeros_like(weight)"),
            edit(
                "weight = weight - rate * (chain.T @ h_chain - batch.T @ h_data)",
                """
                inertia = 0.5 * inertia - rate * (chain.T @ h_chain - batch.T @ h_data)
                weight = weight + inertia
                """,
            ),
        ],
    ),
    misconception(
        "weight_decay_in_the_gradient",
        hint="Nothing but the gradient acts on the parameters: does the weight itself act in yours?",
        severity="slip",
        edits=[
            edit(
                "weight = weight - rate * (chain.T @ h_chain - batch.T @ h_data)",
                "weight = weight - rate * (chain.T @ h_chain - batch.T @ h_data + batch_size * 2e-4 * weight)",
            )
        ],
    ),
    misconception(
        "batches_in_order",
        hint="Rows are drawn at random, with replacement: do yours come in the order of the data?",
        severity="slip",
        edits=[
            edit(
                "batch = data[torch.randint(len(data), (batch_size,), generator=generator)]",
                "batch = data[torch.arange(update * batch_size, (update + 1) * batch_size) % len(data)]",
            )
        ],
    ),
    misconception(
        "batches_without_replacement",
        hint="With replacement a row may come twice into a batch: can it in yours?",
        severity="slip",
        edits=[
            edit(
                "batch = data[torch.randint(len(data), (batch_size,), generator=generator)]",
                """
                rounds = batch_size // len(data) + 1
                orders = [torch.randperm(len(data), generator=generator) for _ in range(rounds)]
                batch = data[torch.cat(orders)[:batch_size]]
                """,
            )
        ],
    ),
    misconception(
        "data_phase_of_other_rows",
        hint="The data's statistics are those of the batch that was drawn: of which rows are yours?",
        severity="slip",
        edits=[
            edit(
                "chain = v",
                """
                chain = v
                batch = data[torch.arange(batch_size) % len(data)]
                """,
            )
        ],
    ),
    misconception(
        "parameters_overwritten",
        hint="The parameters that were handed in stay as they are: into which tensors do you write?",
        severity="slip",
        edits=[
            edit("weight, a, c = (p.clone() for p in parameters)", "weight, a, c = parameters"),
            edit("weight = weight - rate * (", "weight -= rate * ("),
            edit("a = a - rate * (", "a -= rate * ("),
            edit("c = c - rate * (", "c -= rate * ("),
        ],
    ),
]
