"""Wrong solutions of `scaled_dot_product` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"
OPEN = "weights = scores.masked_fill(~(mask | ~somewhere), -torch.inf).softmax(dim=-1)"

MISCONCEPTIONS = [
    misconception(
        "softmax_over_queries",
        hint="Each query shares the weight 1 out among the keys: which axis of the scores are the keys?",
        severity="serious",
        edits=[
            edit("return scores.softmax(dim=-1)", "return scores.softmax(dim=-2)"),
            edit("-torch.inf).softmax(dim=-1)", "-torch.inf).softmax(dim=-2).nan_to_num(0.0)"),
        ],
    ),
    misconception(
        "softmax_over_axis_one",
        hint="How many leading axes may there be, and which number has the keys' axis then?",
        severity="serious",
        edits=[
            edit("return scores.softmax(dim=-1)", "return scores.softmax(dim=1)"),
            edit("-torch.inf).softmax(dim=-1)", "-torch.inf).softmax(dim=1).nan_to_num(0.0)"),
        ],
    ),
    misconception(
        "mask_after_softmax",
        hint="When weights are set to 0 after the softmax, what does the rest of the row sum to?",
        severity="serious",
        edits=[
            edit(OPEN, "weights = scores.softmax(dim=-1) * mask"),
        ],
    ),
    misconception(
        "mask_multiplied_into_scores",
        hint="A score of 0 is not no weight: what does exp make of it?",
        severity="serious",
        edits=[edit(OPEN, "weights = (scores * mask).softmax(dim=-1)")],
    ),
    misconception(
        "mask_inverted",
        hint="True means that the query may look: which places do you fill?",
        severity="serious",
        edits=[edit("~(mask | ~somewhere)", "mask & somewhere")],
    ),
    misconception(
        "mask_constant_too_weak",
        hint="Can a real score be lower than your constant, or a masked one so high that the constant does not hide it?",
        severity="slip",
        edits=[edit(OPEN, "weights = (scores - 1e4 * ~(mask | ~somewhere)).softmax(dim=-1)")],
    ),
    misconception(
        "filled_with_a_small_number",
        hint="Can a real score be lower than the number that you fill in?",
        severity="slip",
        edits=[edit("~(mask | ~somewhere), -torch.inf)", "~(mask | ~somewhere), -1e4)")],
    ),
    misconception(
        "closed_rows_are_nan",
        hint="A query that may look nowhere has a row of minus infinities: what is its softmax?",
        severity="slip",
        edits=[
            edit("~(mask | ~somewhere)", "~mask"),
            edit("return weights.masked_fill(~somewhere, 0.0)", "return weights"),
        ],
    ),
    misconception(
        "nan_mended_afterwards",
        hint="The forward pass is clean: which gradient meets the NaN that was there before you mended it?",
        severity="slip",
        edits=[
            edit(
                OPEN,
                """
                hidden = torch.zeros(mask.shape, dtype=scores.dtype).masked_fill(~mask, -torch.inf)
                weights = (scores + hidden).softmax(dim=-1)
                """,
            ),
            edit("return weights.masked_fill(~somewhere, 0.0)", "return weights.nan_to_num(0.0)"),
        ],
    ),
    misconception(
        "closed_rows_look_everywhere",
        hint="A query that may look nowhere has weights of 0: are yours the same for all keys?",
        severity="slip",
        edits=[edit("return weights.masked_fill(~somewhere, 0.0)", "return weights")],
    ),
    misconception(
        "scale_without_root",
        hint="Scores of independent numbers grow like the root of the width: by what do you divide?",
        severity="partial",
        edits=[edit("scale = q.shape[-1] ** -0.5", "scale = 1 / q.shape[-1]")],
    ),
    misconception(
        "not_scaled",
        hint="What is the scale if none is given?",
        severity="partial",
        edits=[edit("scale = q.shape[-1] ** -0.5", "scale = 1.0")],
    ),
    misconception(
        "scale_of_the_values",
        hint="The dot products are sums of D terms: whose width do you take?",
        severity="partial",
        edits=[edit("scale = q.shape[-1] ** -0.5", "scale = v.shape[-1] ** -0.5")],
    ),
    misconception(
        "scale_by_the_number_of_keys",
        hint="The dot products are sums of D terms: do you take the width, or the number of keys?",
        severity="partial",
        edits=[edit("scale = q.shape[-1] ** -0.5", "scale = k.shape[-2] ** -0.5")],
    ),
    misconception(
        "scale_of_zero_ignored",
        hint="A scale of 0 is a number. What does `if not scale` or `scale or ...` make of it?",
        severity="slip",
        edits=[edit("if scale is None:", "if not scale:")],
    ),
    misconception(
        "scale_ignored",
        hint="scale is an argument: where do you use it?",
        severity="slip",
        edits=[edit("if scale is None:", "if True:")],
    ),
    misconception(
        "masked_row_for_all_examples",
        hint="A mask may have fewer axes than the scores, and each of those that it has counts: do you use only its first row?",
        severity="partial",
        edits=[
            edit(
                "somewhere = mask.any(dim=-1, keepdim=True)",
                """
                mask = mask[..., :1, :]
                somewhere = mask.any(dim=-1, keepdim=True)
                """,
            )
        ],
    ),
    misconception(
        "weights_cut_off",
        hint="The queries and keys learn through the weights: do you detach them?",
        severity="slip",
        edits=[edit("return weights @ v, weights", "return weights.detach() @ v, weights.detach()")],
    ),
]
