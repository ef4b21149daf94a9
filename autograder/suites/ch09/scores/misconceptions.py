"""Wrong solutions of `scores` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "general_transposed",
        hint="Query on the left, key on the right: which axis of W meets the query?",
        severity="slip",
        base="einsums",
        edits=[edit("nmd,dk,nlk->nml", "nmd,kd,nlk->nml")],
    ),
    misconception(
        "scores_divided_by_the_root",
        hint="The scores are asked for as they are: do you scale them?",
        severity="slip",
        edits=[edit("return q @ k.transpose(1, 2)", "return q @ k.transpose(1, 2) / q.shape[2] ** 0.5")],
    ),
    misconception(
        "softmax_already",
        hint="Scores become weights later: what do you return?",
        severity="serious",
        edits=[
            edit("return q @ k.transpose(1, 2)", "return (q @ k.transpose(1, 2)).softmax(dim=2)"),
            edit("return q @ w @ k.transpose(1, 2)", "return (q @ w @ k.transpose(1, 2)).softmax(dim=2)"),
            edit("return hidden @ u", "return (hidden @ u).softmax(dim=2)"),
        ],
    ),
    misconception(
        "tanh_of_each_part",
        hint="The tanh stands around the sum of both projections: around what does yours stand?",
        severity="slip",
        edits=[
            edit(
                "torch.tanh((q @ w_q.T)[:, :, None] + (k @ w_k.T)[:, None])",
                "torch.tanh(q @ w_q.T)[:, :, None] + torch.tanh(k @ w_k.T)[:, None]",
            )
        ],
    ),
    misconception(
        "tanh_forgotten",
        hint="Without a nonlinearity the query adds the same to all keys: where is the tanh?",
        severity="slip",
        edits=[
            edit(
                "torch.tanh((q @ w_q.T)[:, :, None] + (k @ w_k.T)[:, None])",
                "(q @ w_q.T)[:, :, None] + (k @ w_k.T)[:, None]",
            )
        ],
    ),
    misconception(
        "hidden_units_averaged",
        hint="The vector u says what each hidden unit counts: where do you multiply by it?",
        severity="slip",
        edits=[edit("return hidden @ u", "return hidden.mean(dim=3)")],
    ),
    misconception(
        "same_place_only",
        hint="Every query meets every key: does yours meet only the key at its own place?",
        severity="serious",
        edits=[
            edit(
                "return q @ k.transpose(1, 2)",
                "return (q[:, : k.shape[1]] * k[:, : q.shape[1]]).sum(2, keepdim=True).expand(-1, -1, k.shape[1])",
            ),
            edit(
                "return q @ w @ k.transpose(1, 2)",
                "return ((q @ w)[:, : k.shape[1]] * k[:, : q.shape[1]]).sum(2, keepdim=True).expand(-1, -1, k.shape[1])",
            ),
            edit("return hidden @ u", "return (hidden @ u)[:, :, :1].expand(-1, -1, k.shape[1])"),
        ],
    ),
    misconception(
        "keys_of_another_example",
        hint="A query scores the keys of its own example: what does reshaping do to the batch axis?",
        severity="slip",
        edits=[edit("return q @ k.transpose(1, 2)", "return q @ k.flip(0).transpose(1, 2)")],
    ),
    misconception(
        "keys_and_queries_swapped",
        hint="Rows are queries and columns are keys: which are your rows?",
        severity="serious",
        edits=[
            edit("return q @ k.transpose(1, 2)", "return k @ q.transpose(1, 2)"),
            edit("return q @ w @ k.transpose(1, 2)", "return k @ w.T @ q.transpose(1, 2)"),
            edit("return hidden @ u", "return (hidden @ u).transpose(1, 2)"),
        ],
    ),
    misconception(
        "every_pair_projected",
        hint="A projection is made once for each query and once for each key: for how many do you count it?",
        severity="slip",
        edits=[
            edit(
                "hidden * (queries * query_width + keys * key_width + queries * keys)",
                "hidden * queries * keys * (query_width + key_width + 1)",
            )
        ],
    ),
    misconception(
        "vector_not_counted",
        hint="The additive score has two matrices and a vector: which of them do you count?",
        severity="slip",
        edits=[
            edit(
                "hidden * query_width + hidden * key_width + hidden",
                "hidden * query_width + hidden * key_width",
            )
        ],
    ),
]
