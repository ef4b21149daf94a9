"""Wrong solutions of `multi_head` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"
SPLIT = "layer(x).unflatten(2, (self.heads, -1)).transpose(1, 2)"
MERGE = "(weights @ v).transpose(1, 2).flatten(2)"

MISCONCEPTIONS = [
    misconception(
        "heads_are_pieces_of_time",
        hint="A head is a part of the width: is yours a part of the sequence, because of a view without a transpose?",
        severity="serious",
        edits=[edit(SPLIT, "layer(x).reshape(len(x), self.heads, x.shape[1], -1)")],
    ),
    misconception(
        "merged_without_transpose",
        hint="Before the heads are put side by side, which two axes must change places?",
        severity="serious",
        edits=[edit(MERGE, "(weights @ v).reshape(*query.shape)")],
    ),
    misconception(
        "heads_interleaved",
        hint="The first head has the first D/H numbers: does yours have every H-th?",
        severity="partial",
        edits=[
            edit(SPLIT, "layer(x).unflatten(2, (-1, self.heads)).permute(0, 3, 1, 2)"),
            edit(MERGE, "(weights @ v).permute(0, 2, 3, 1).flatten(2)"),
        ],
    ),
    misconception(
        "scaled_by_the_whole_width",
        hint="A head's dot products are sums of D/H terms: the root of which width do you take?",
        severity="partial",
        edits=[edit("/ q.shape[3] ** 0.5", "/ query.shape[2] ** 0.5")],
    ),
    misconception(
        "not_scaled",
        hint="What are a head's scores divided by?",
        severity="partial",
        edits=[edit(" / q.shape[3] ** 0.5", "")],
    ),
    misconception(
        "scaled_by_width_not_root",
        hint="Scores grow like the root of the width: by what do you divide?",
        severity="partial",
        edits=[edit("/ q.shape[3] ** 0.5", "/ q.shape[3]")],
    ),
    misconception(
        "softmax_over_queries",
        hint="In (N, H, M, L), which axis are the keys?",
        severity="serious",
        edits=[
            edit("weights = scores.softmax(dim=3)", "weights = scores.softmax(dim=2)"),
            edit("-torch.inf).softmax(dim=3)", "-torch.inf).softmax(dim=2).nan_to_num(0.0)"),
        ],
    ),
    misconception(
        "softmax_over_heads_and_keys",
        hint="Each head distributes the weight 1: do all your heads share one?",
        severity="serious",
        edits=[
            edit(
                "weights = scores.softmax(dim=3)",
                "weights = scores.transpose(1, 2).flatten(2).softmax(2).unflatten(2, (self.heads, -1)).transpose(1, 2)",
            ),
            edit(
                "-torch.inf).softmax(dim=3)",
                "-torch.inf).transpose(1, 2).flatten(2).softmax(2).unflatten(2, (self.heads, -1)).transpose(1, 2)",
            ),
        ],
    ),
    misconception(
        "mask_inverted",
        hint="True means here that a query may look: what does your mask hide?",
        severity="partial",
        edits=[edit("~mask & somewhere", "mask & somewhere")],
    ),
    misconception(
        "mask_after_softmax",
        hint="When weights are set to 0 after the softmax, what does the rest of the row sum to?",
        severity="partial",
        edits=[
            edit(
                "weights = scores.masked_fill(~mask & somewhere, -torch.inf).softmax(dim=3) * somewhere",
                "weights = scores.softmax(dim=3) * mask",
            )
        ],
    ),
    misconception(
        "mask_without_an_axis_for_heads",
        hint="Scores are (N, H, M, L) and a mask is (N, M, L): with which of the axes does its first one meet?",
        severity="slip",
        edits=[edit("mask if mask.dim() == 2 else mask[:, None]", "mask")],
    ),
    misconception(
        "closed_rows_are_nan",
        hint="A query that may look nowhere has a row of minus infinities: what is its softmax?",
        severity="slip",
        edits=[
            edit(
                "~mask & somewhere, -torch.inf).softmax(dim=3) * somewhere",
                "~mask, -torch.inf).softmax(dim=3)",
            ),
        ],
    ),
    misconception(
        "weights_averaged",
        hint="Weights are returned head by head: do you average them, as PyTorch's layer does if nobody says otherwise?",
        severity="partial",
        edits=[
            edit(
                "return self.output((weights @ v).transpose(1, 2).flatten(2)), weights",
                "return self.output((weights @ v).transpose(1, 2).flatten(2)), weights.mean(1, keepdim=True).expand_as(weights)",
            )
        ],
    ),
    misconception(
        "last_layer_left_out",
        hint="The heads' answers go through one more layer: where do you call it?",
        severity="serious",
        edits=[
            edit(
                "return self.output((weights @ v).transpose(1, 2).flatten(2)), weights",
                "return (weights @ v).transpose(1, 2).flatten(2), weights",
            )
        ],
    ),
    misconception(
        "keys_and_values_change_places",
        hint="Weights come from queries and keys, and the mean is of values: which of the two do you project with which layer?",
        severity="serious",
        edits=[edit("(self.key, key), (self.value, value)", "(self.value, value), (self.key, key)")],
    ),
    misconception(
        "bias_ignored",
        hint="bias is an argument: which of the four layers are told?",
        severity="slip",
        edits=[
            edit("self.output = nn.Linear(width, width, bias=bias)", "self.output = nn.Linear(width, width)"),
        ],
    ),
    misconception(
        "one_small_projection_for_all_heads",
        hint="Each head has projections of its own: how many numbers do your query's weights have?",
        severity="serious",
        cell="""
        class MultiHeadAttention(nn.Module):
            def __init__(self, width, heads, key_width=None, value_width=None, bias=True):
                super().__init__()
                if width % heads:
                    raise ValueError(width)
                self.heads, part = heads, width // heads
                self.query = nn.Linear(part, part, bias=bias)
                self.key = nn.Linear((key_width or width) // heads, part, bias=bias)
                self.value = nn.Linear((value_width or width) // heads, part, bias=bias)
                self.output = nn.Linear(width, width, bias=bias)

            def forward(self, query, key, value, mask=None):
                q, k, v = (
                    layer(x.unflatten(2, (self.heads, -1))).transpose(1, 2)
                    for layer, x in ((self.query, query), (self.key, key), (self.value, value))
                )
                scores = q @ k.transpose(2, 3) / q.shape[3] ** 0.5
                if mask is not None:
                    mask = mask if mask.dim() == 2 else mask[:, None]
                    scores = scores.masked_fill(~mask, -1e9)
                weights = scores.softmax(3)
                return self.output((weights @ v).transpose(1, 2).flatten(2)), weights
        """,
    ),
    misconception(
        "mask_of_the_first_example",
        hint="A mask (N, M, L) has one page for each example. Which of them do you use?",
        severity="partial",
        edits=[
            edit("mask if mask.dim() == 2 else mask[:, None]", "mask if mask.dim() == 2 else mask[0]"),
        ],
    ),
    misconception(
        "mask_repeated_in_the_wrong_order",
        hint="Heads folded into the batch stand side by side for one example. In which order does repeat put the pages of the mask?",
        severity="partial",
        edits=[
            edit(
                "mask = mask if mask.dim() == 2 else mask[:, None]",
                "mask = mask if mask.dim() == 2 else mask.repeat(self.heads, 1, 1).unflatten(0, (-1, self.heads))",
            ),
        ],
    ),
    misconception(
        "mask_remembered",
        hint="A call without a mask may look everywhere. Whose mask does yours use?",
        severity="slip",
        edits=[
            edit(
                "scores = q @ k.transpose(2, 3) / q.shape[3] ** 0.5",
                """
                scores = q @ k.transpose(2, 3) / q.shape[3] ** 0.5
                if mask is not None:
                    self.mask = mask
                mask = getattr(self, "mask", None)
                """,
            ),
        ],
    ),
    misconception(
        "closed_output_emptied",
        hint="A query that looks nowhere has heads of 0. What does the last layer make of zeros?",
        severity="slip",
        edits=[
            edit(
                "return self.output((weights @ v).transpose(1, 2).flatten(2)), weights",
                """
                found = self.output((weights @ v).transpose(1, 2).flatten(2))
                if mask is not None:
                    found = found * weights.sum(dim=(1, 3))[:, :, None].ne(0)
                return found, weights
                """,
            ),
        ],
    ),
    misconception(
        "closed_weights_returned_full",
        hint="A query that looks nowhere has weights of 0. Are those that you return the ones that you use?",
        severity="slip",
        edits=[
            edit(
                "weights = scores.masked_fill(~mask & somewhere, -torch.inf).softmax(dim=3) * somewhere",
                "weights = scores.masked_fill(~mask & somewhere, -torch.inf).softmax(dim=3)",
            ),
            edit(
                "return self.output((weights @ v).transpose(1, 2).flatten(2)), weights",
                """
                kept = weights if mask is None else weights * somewhere
                return self.output((kept @ v).transpose(1, 2).flatten(2)), weights
                """,
            ),
        ],
    ),
    misconception(
        "nan_mended_afterwards",
        hint="The forward pass is clean: which gradient meets the NaN that was there before you mended it?",
        severity="slip",
        edits=[
            edit(
                "weights = scores.masked_fill(~mask & somewhere, -torch.inf).softmax(dim=3) * somewhere",
                """
                weights = (scores + torch.zeros(mask.shape, dtype=scores.dtype).masked_fill(~mask, -torch.inf)).softmax(dim=3)
                weights = weights.nan_to_num(0.0)
                """,
            ),
        ],
    ),
    misconception(
        "filled_with_a_small_number",
        hint="Can a real score be lower than the number that you fill in?",
        severity="slip",
        edits=[
            edit("~mask & somewhere, -torch.inf)", "~mask & somewhere, -1e4)"),
        ],
    ),
    misconception(
        "dropout_added",
        hint="The layer has no dropout. What do two calls with the same input give in training mode?",
        severity="partial",
        edits=[
            edit(
                "(weights @ v).transpose(1, 2).flatten(2)), weights",
                "(F.dropout(weights, 0.1, self.training) @ v).transpose(1, 2).flatten(2)), weights",
            ),
        ],
    ),
    misconception(
        "values_from_the_keys",
        hint="Values have their own argument. From which one do you make them?",
        severity="partial",
        edits=[
            edit(
                "(self.value, value))",
                "(self.value, value if self.value.in_features != self.key.in_features else key))",
            ),
        ],
    ),
    misconception(
        "value_width_of_the_keys",
        hint="A value_width that is not given is the width of the layer. Of what is it yours?",
        severity="slip",
        edits=[
            edit("width if value_width is None else value_width", "value_width or key_width or width"),
        ],
    ),
    misconception(
        "softmax_over_heads",
        hint="Each head distributes the weight 1 among the keys. Which axis of (N, H, M, L) do you sum over?",
        severity="serious",
        edits=[
            edit("weights = scores.softmax(dim=3)", "weights = scores.softmax(dim=1)"),
            edit("-torch.inf).softmax(dim=3)", "-torch.inf).softmax(dim=1).nan_to_num(0.0)"),
        ],
    ),
    misconception(
        "heads_in_float32",
        hint="A layer of float64 calculates in float64. Which dtype have the tensors that you fill?",
        severity="slip",
        edits=[
            edit(
                "return self.output((weights @ v).transpose(1, 2).flatten(2)), weights",
                "return self.output((weights @ v).float().to(query.dtype).transpose(1, 2).flatten(2)), weights.float()",
            ),
        ],
    ),
    misconception(
        "width_not_refused",
        hint="A width that cannot be shared out is a ValueError. What does your layer do with 7 and 2?",
        severity="slip",
        edits=[
            edit(
                'raise ValueError(f"a width of {width} cannot be shared out among {heads} heads")',
                "raise AssertionError",
            ),
        ],
    ),
]
