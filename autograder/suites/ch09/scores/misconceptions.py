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
        severity="partial",
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
    misconception(
        "general_matrix_turned",
        hint="W stands between query and key, (D, K). With which of its axes does your query meet it?",
        severity="slip",
        edits=[
            edit("return q @ w @ k.transpose(1, 2)", "return (k @ w @ q.transpose(1, 2)).transpose(1, 2)"),
        ],
    ),
    misconception(
        "dot_with_a_softmax",
        hint="Scores become weights later. What do your dot scores of a query sum to?",
        severity="slip",
        edits=[
            edit("return q @ k.transpose(1, 2)", "return (q @ k.transpose(1, 2)).softmax(dim=2)"),
        ],
    ),
    misconception(
        "dot_of_unit_vectors",
        hint="A dot product grows with the length of both vectors. Does yours?",
        severity="slip",
        edits=[
            edit(
                "return q @ k.transpose(1, 2)",
                "return F.normalize(q, dim=2) @ F.normalize(k, dim=2).transpose(1, 2)",
            ),
        ],
    ),
    misconception(
        "dot_keys_reshaped",
        hint="A view into (N, D, L) keeps the order of the numbers in memory. Are the columns of yours still keys?",
        severity="slip",
        edits=[
            edit("return q @ k.transpose(1, 2)", "return q @ k.reshape(len(k), k.shape[2], k.shape[1])"),
        ],
    ),
    misconception(
        "dot_keys_of_the_first_example",
        hint="Each example has keys of its own. Whose keys do your queries meet in the second example?",
        severity="slip",
        edits=[
            edit("return q @ k.transpose(1, 2)", "return q @ k[:1].transpose(1, 2)"),
        ],
    ),
    misconception(
        "dot_written_into_float32",
        hint="Results have the dtype of the input. Which dtype has the tensor that you fill?",
        severity="slip",
        edits=[
            edit("return q @ k.transpose(1, 2)", "return (q @ k.transpose(1, 2)).float()"),
        ],
    ),
    misconception(
        "last_query_asks_for_all",
        hint="Every query has a row of scores. Are your additive scores the same in all rows?",
        severity="slip",
        edits=[
            edit(
                "hidden = torch.tanh((q @ w_q.T)[:, :, None] + (k @ w_k.T)[:, None])",
                "hidden = torch.tanh((q[:, -1:] @ w_q.T).expand(-1, q.shape[1], -1)[:, :, None] + (k @ w_k.T)[:, None])",
            ),
        ],
    ),
    misconception(
        "sigmoid_for_tanh",
        hint="The hidden units are between -1 and 1. Between which numbers are yours?",
        severity="slip",
        edits=[
            edit(
                "hidden = torch.tanh((q @ w_q.T)[:, :, None] + (k @ w_k.T)[:, None])",
                "hidden = torch.sigmoid((q @ w_q.T)[:, :, None] + (k @ w_k.T)[:, None])",
            ),
        ],
    ),
    misconception(
        "tanh_around_the_score",
        hint="u counts the hidden units after the tanh. Can your additive scores be larger than 1?",
        severity="slip",
        edits=[
            edit(
                "hidden = torch.tanh((q @ w_q.T)[:, :, None] + (k @ w_k.T)[:, None])",
                "hidden = (q @ w_q.T)[:, :, None] + (k @ w_k.T)[:, None]",
            ),
            edit("return hidden @ u", "return torch.tanh(hidden @ u)"),
        ],
    ),
    misconception(
        "axes_of_size_one_lost",
        hint="A squeeze without a number removes every axis of size 1. What becomes of a batch of one?",
        severity="slip",
        edits=[
            edit("return hidden @ u", "return (hidden @ u).squeeze()"),
        ],
    ),
    misconception(
        "general_cost_of_the_cheaper_side",
        hint="The rule projects the queries. Do you count the projection of keys where that is cheaper?",
        severity="slip",
        edits=[
            edit(
                "queries * query_width * key_width + queries * keys * key_width",
                "min(queries * query_width * key_width + queries * keys * key_width, keys * query_width * key_width + queries * keys * query_width)",
            ),
        ],
    ),
    misconception(
        "general_cost_in_the_wrong_width",
        hint="After the projection a query has the width of a key. How long are the two vectors of each product?",
        severity="slip",
        edits=[
            edit(
                "queries * query_width * key_width + queries * keys * key_width",
                "queries * query_width * key_width + queries * keys * query_width",
            ),
        ],
    ),
    misconception(
        "general_cost_projects_every_pair",
        hint="Each query is projected once. How often do you count its projection?",
        severity="slip",
        edits=[
            edit(
                "queries * query_width * key_width + queries * keys * key_width",
                "queries * keys * query_width * key_width + queries * keys * key_width",
            ),
        ],
    ),
    misconception(
        "additive_cost_counts_the_tanh",
        hint="A tanh is free by the rules of the text. How many multiplications does your pair cost?",
        severity="slip",
        edits=[
            edit("keys * key_width + queries * keys)", "keys * key_width + 2 * queries * keys)"),
        ],
    ),
    misconception(
        "additive_cost_of_one_width",
        hint="Queries and keys may have different widths. Which of the two do you use for W_k?",
        severity="slip",
        edits=[
            edit("hidden * query_width + hidden * key_width + hidden", "2 * hidden * query_width + hidden"),
            edit(
                "hidden * (queries * query_width + keys * key_width",
                "hidden * (queries * query_width + keys * query_width",
            ),
        ],
    ),
    misconception(
        "additive_cost_widths_swapped",
        hint="A query is projected from its own width. With which width do you count its projection?",
        severity="slip",
        edits=[
            edit(
                "hidden * (queries * query_width + keys * key_width",
                "hidden * (queries * key_width + keys * query_width",
            ),
        ],
    ),
    misconception(
        "other_kinds_return",
        hint="A kind that does not exist is a ValueError. What does your score_cost do with it?",
        severity="slip",
        edits=[
            edit('raise ValueError(f"kind is dot, general or additive, not {kind!r}")', "return 0, 0"),
        ],
    ),
    misconception(
        "kind_within_a_text",
        hint='Is "add" in "dot general additive"? What does `in` ask of two texts?',
        severity="slip",
        edits=[
            edit(
                'if kind == "additive":',
                'if kind in "dot general additive":',
            ),
        ],
    ),
]
